#!/usr/bin/env bash
# lib/kube against a real API server: calls, lists, watches, and what can happen to them.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube

# probe ARGUMENT...: kube_probe as the admin.
probe() { run "$BUILD/tests/kube_probe" "kubeconfig=$KUBE/admin.conf" "$@"; }

# background NAME ARGUMENT...: starts kube_probe, which prints to $WORK/NAME.log. Sets pid.
background() {
    local name=$1
    shift
    "$BUILD/tests/kube_probe" "$@" >"$WORK/$name.log" 2>"$WORK/$name.errors" &
    pid=$!
    at_exit "kill $pid 2>/dev/null"
}

# watching NAME ARGUMENT...: starts a watch of the default namespace's configmaps and waits until
# it is in sync.
watching() {
    local name=$1
    shift
    background "$name" "kubeconfig=$KUBE/admin.conf" "$@" watch configmaps default
    wait_for 20 has "$name" 'synced by a list'
}

# has NAME LINE [COUNT]: lines of a log that begin so, at least COUNT (1).
has() { [ "$(grep -c -- "^$2" "$WORK/$1.log")" -ge "${3:-1}" ]; }

# ended NAME: ends that program with SIGTERM and checks that it ended well, with nothing leaked.
ended() {
    kill "$pid"
    wait "$pid"
    local code=$?
    if [ "$code" = 0 ] && [ ! -s "$WORK/$1.errors" ]; then
        pass "$1: the program ends in good order"
    else
        fail "$1: the program ends in good order (exit code $code)"
        details <"$WORK/$1.errors"
    fi
}

# replay NAME: the objects that a watch has said are there, sorted.
replay() {
    awk '
        $1 == "begun" { delete listed }
        $1 == "listed" { listed[$2] }
        /^synced by a list/ { delete known; for (name in listed) known[name] }
        $1 == "added" || $1 == "modified" { known[$2] }
        $1 == "deleted" { delete known[$2] }
        END { for (name in known) print name }' "$WORK/$1.log" | sort
}

# truth: the objects that are there, sorted.
truth() { "${admin[@]}" get configmaps -o name | sed 's|.*/||' | sort; }

agrees() { [ "$(replay "$1")" = "$(truth)" ]; }

# in_sync WHAT NAME: the watch has told of everything.
in_sync() {
    if wait_for 20 agrees "$2"; then
        pass "$1"
    else
        fail "$1"
        diff <(truth) <(replay "$2") | details
        details <"$WORK/$2.log"
    fi
}

# expect_log WHAT NAME LINE [COUNT]
expect_log() {
    if wait_for 20 has "$2" "$3" "${4:-1}"; then
        pass "$1"
    else
        fail "$1 (the log lacks: $3)"
        details <"$WORK/$2.log"
    fi
}

# never_log WHAT NAME LINE
never_log() {
    if has "$2" "$3"; then
        fail "$1 (the log has: $3)"
        details <"$WORK/$2.log"
    else
        pass "$1"
    fi
}

# kept_alive: on every connection of that program the kernel will ask within 30 seconds of silence whether
# the API server is still there.
kept_alive() {
    ss --no-header --tcp --numeric --options --processes state established >"$WORK/sockets"
    grep "pid=$pid," "$WORK/sockets" >"$WORK/connections" &&
        ! grep -vE 'timer:\(keepalive,([12]?[0-9]|30)sec,|timer:\(keepalive,[0-9.]+ms,' "$WORK/connections"
}
expect_kept_alive() {
    if wait_for 20 kept_alive; then
        pass "$1"
    else
        fail "$1"
        details <"$WORK/connections"
    fi
}

# --- Calls ---------------------------------------------------------------------------------------

probe create configmaps default - '{"metadata":{"name":"one"},"data":{"a":"1"}}'
expect_exit "an object is created" 0
probe get configmaps default one
expect_output "it is read" '"data":{"a":"1"}'
probe merge configmaps default one '{"data":{"b":"2"}}'
expect_output "a merge patch is applied" '"data":{"a":"1","b":"2"}'
probe patch configmaps default one '[{"op":"remove","path":"/data/a"}]'
expect_output "a JSON patch is applied" '"data":{"b":"2"}'
version=$("${admin[@]}" get configmap one -o jsonpath='{.metadata.resourceVersion}')
update="{\"metadata\":{\"name\":\"one\",\"resourceVersion\":\"$version\"},\"data\":{\"c\":\"3\"}}"
probe update configmaps default one "$update"
expect_output "an update is made" '"data":{"c":"3"}'
probe update configmaps default one "$update"
expect_output "an update of an older version is refused" 'reason Conflict'
expect_output "as the caller's fault" 'error input: PUT /api/v1/namespaces/default/configmaps/one: 409 Conflict:'
probe update configmaps default one '{"metadata":{"name":"one"}}'
expect_output "an update without a version is not sent" 'must carry metadata.resourceVersion'
probe create configmaps default - '{"metadata":{"name":"No"}}'
expect_output "an invalid object is the caller's fault" 'error input: POST /api/v1/namespaces/default/configmaps: 422 Invalid:'
probe delete configmaps default one
expect_exit "an object is deleted" 0
probe get configmaps default one
expect_output "what is not there is not found" \
    'error not-found: GET /api/v1/namespaces/default/configmaps/one: 404 NotFound: configmaps "one" not found'
probe get configmaps default ..
expect_output "a name cannot lead elsewhere" 'error input: GET'
run "$BUILD/tests/kube_probe" "kubeconfig=$KUBE/dev.conf" get configmaps default one
expect_output "what is not permitted is denied, with the reason" \
    'error denied: GET /api/v1/namespaces/default/configmaps/one: 403 Forbidden: configmaps "one" is forbidden: User "dev" cannot get'
expect_output "the reason is told apart" 'reason Forbidden'
probe limit=100 get namespaces - default
expect_output "an answer that is too large is refused" 'the answer is larger than 100 bytes'
probe qps=20 burst=5 count=40 timeout=500 flood namespaces - default
expect_output "calls within the limit are made" 'times 200'
expect_output "what cannot be sent in time fails at once" 'unavailable: GET /api/v1/namespaces/default: more calls'
probe count=300 flood namespaces - default
expect_output "calls wait for their turn, cancelled ones do not count" '300 times 200'

# --- Who we are, and to whom we speak ------------------------------------------------------------

# variant NAME SED-EXPRESSION: a changed copy of the admin's kubeconfig.
variant() { sed "$2" "$KUBE/admin.conf" >"$WORK/$1.conf"; }
probe_as() { run "$BUILD/tests/kube_probe" "kubeconfig=$WORK/$1.conf" get namespaces - default; }

variant name 's|certificate-authority:|tls-server-name: kubernetes.default.svc, &|'
probe_as name
expect_exit "a certificate is checked for tls-server-name" 0
variant wrong_name 's|certificate-authority:|tls-server-name: kubernetes.example, &|'
probe_as wrong_name
expect_output "another name is refused" 'error protocol: GET /api/v1/namespaces/default: no answer from 127.0.0.1'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/other.key" \
    -out "$WORK/other.crt" -days 2 -subj /CN=test-ca 2>/dev/null
variant other "s|certificate-authority: \"[^\"]*\"|certificate-authority: $WORK/other.crt|"
probe_as other
expect_output "another authority is refused" 'error protocol: GET'
authority=$(base64 -w 0 "$KUBE/pki/ca.crt")
variant inline "s|certificate-authority: \"[^\"]*\"|certificate-authority-data: $authority|
    s|client-certificate: \"[^\"]*\"|client-certificate-data: $(base64 -w 0 "$KUBE/pki/admin.crt")|
    s|client-key: \"[^\"]*\"|client-key-data: $(base64 -w 0 "$KUBE/pki/admin.key")|"
probe_as inline
expect_exit "inline data serve as well" 0
other=$(base64 -w 0 "$WORK/other.crt")
variant inline_other "s|certificate-authority: \"[^\"]*\"|certificate-authority-data: $other|"
probe_as inline_other
expect_output "another inline authority is refused" 'error protocol: GET'
variant as_dev 's|client-key:|as: dev, as-groups: [developers], &|'
probe_as as_dev
expect_output "impersonation is honoured" 'User "dev" cannot get'

"${admin[@]}" create serviceaccount probe >/dev/null
"${admin[@]}" create clusterrolebinding probe --clusterrole=cluster-admin \
    --serviceaccount=default:probe >/dev/null
echo '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}' >"$WORK/request"
new_token() {
    "${admin[@]}" create --raw /api/v1/namespaces/default/serviceaccounts/probe/token \
        -f "$WORK/request" | jq -r .status.token >"$WORK/token.new"
}
rotate() { mv "$WORK/token.new" "$WORK/token"; }
variant token 's|{client-certificate:.*|{tokenFile: token}}|'
echo not-a-token >"$WORK/token"
background token "kubeconfig=$WORK/token.conf" poll namespaces - default
expect_log "a bad token is refused" token 'status 401'
expect_log "as denied" token 'error denied: GET /api/v1/namespaces/default: 401 Unauthorized'
new_token && rotate
expect_log "a rotated token is used" token 'status 200'
expect_kept_alive "a connection of calls is kept alive"
echo worse-than-before >"$WORK/token.new" && rotate
expect_log "each time" token 'status 401' 2
: >"$WORK/token.new" && rotate
new_token && rotate
expect_log "also after an empty one" token 'status 200' 2
kill "$pid"

# --- Lists ---------------------------------------------------------------------------------------

for i in $(seq 25); do
    printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m-%s"},"data":{"a":"%s"}}\n' "$i" "$i"
done >"$WORK/many.json"
"${admin[@]}" create -f "$WORK/many.json" >/dev/null
probe page=4 list configmaps default
expect_output "a list comes page by page" '25 objects'
sed -n 's/^listed \(.*\) with data/\1/p' "$WORK/.stdout" | sort >"$WORK/listed"
truth >"$WORK/truth"
expect_same "with every object once" "$WORK/truth" "$WORK/listed"
probe metadata=1 page=10 list configmaps default
expect_output "metadata alone can be listed" '25 objects'
no_output "without what they belong to" 'with data'
probe object_limit=100 list configmaps default
expect_output "an object that is too large is refused" 'an object is larger than 100 bytes'

# --- Watches -------------------------------------------------------------------------------------

watching plain page=10 lifetime=1000
expect_log "a watch lists what is there" plain 'listed m-25'
"${admin[@]}" create configmap new >/dev/null
expect_log "it tells of a new object" plain 'added new'
"${admin[@]}" patch configmap new -p '{"data":{"a":"b"}}' >/dev/null
expect_log "of a changed one" plain 'modified new with data'
"${admin[@]}" delete configmap new >/dev/null
expect_log "of a deleted one" plain 'deleted new'
# The server ends it after one to two seconds: it goes on from where it was.
for i in $(seq 12); do
    "${admin[@]}" create configmap "during-$i" >/dev/null
    sleep 0.3
done
in_sync "nothing is missed while watches end and begin" plain
never_log "which is nothing to speak of" plain 'lost'
if has plain 'begun' 2; then fail "nor is anything listed again"; else pass "nor is anything listed again"; fi
ended plain

watching metadata metadata=1
expect_kept_alive "a watch's connection is kept alive"
"${admin[@]}" patch configmap m-1 -p '{"data":{"a":"changed"}}' >/dev/null
expect_log "metadata alone can be watched" metadata 'modified m-1$'
ended metadata

# --- The API server goes away --------------------------------------------------------------------

server=$(cat "$KUBE/apiserver.pid")
mapfile -d '' -t server_command <"/proc/$server/cmdline"
stop_server() {
    kill -KILL "$server"
    while kill -0 "$server" 2>/dev/null; do sleep 0.02; done
}
start_server() {
    (cd "$KUBE" && exec setsid nohup "${server_command[@]}" >>apiserver.log 2>&1 </dev/null) &
    server=$!
    disown "$server"
    echo "$server" >"$KUBE/apiserver.pid"
    wait_for 60 "${admin[@]}" get --raw /readyz
}
etcd=$(cat "$KUBE/etcd.url")

watching restart
stop_server
expect_log "a watch says that it is out of sync" restart \
    'lost unavailable: GET /api/v1/namespaces/default/configmaps: no answer from'
probe get configmaps default m-1
expect_output "a call says that nobody answers" 'error unavailable: GET'
start_server
"${admin[@]}" delete configmap m-2 >/dev/null
"${admin[@]}" create configmap after-restart >/dev/null
in_sync "after a restart of the API server a watch catches up" restart
"${admin[@]}" create configmap after-that >/dev/null
expect_log "and goes on" restart 'added after-that'

# etcd forgets what the watch would go on from, while nobody can tell it.
stop_server
put='{"key":"L3Rlc3Q=","value":"eA=="}'
for _ in 1 2 3; do
    revision=$(curl -s "$etcd/v3/kv/put" -d "$put" | jq -r .header.revision)
done
check "etcd is compacted" curl -sf "$etcd/v3/kv/compaction" -d "{\"revision\":\"$revision\",\"physical\":true}"
start_server
"${admin[@]}" delete configmap m-3 >/dev/null
expect_log "a version that the server has forgotten is an error" restart 'lost unavailable: .*410'
in_sync "after it everything is listed anew" restart
ended restart

watching hung quiet=1000 connect_timeout=1000
kill -STOP "$server"
# In words that depend on whether a connection from before was free.
expect_log "a server that hangs is noticed" hung 'lost unavailable: .*\(no\|waiting for an\) answer from'
probe timeout=1000 get configmaps default m-1
expect_output "a call to it ends in time" 'timed out waiting for an answer from 127.0.0.1'
kill -CONT "$server"
wait_for 20 "${admin[@]}" get --raw /readyz
"${admin[@]}" create configmap after-hang >/dev/null
in_sync "a watch catches up with a server that hung" hung
ended hung

finish
