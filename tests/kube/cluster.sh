# shellcheck shell=bash
# For integration scripts with gmsa-webhook that takes specs and permissions from the API server.
# Sourced after tests/kube/webhook.sh. It gets from here:
#   gmsa-webhook, peer    users, with what data/kube/cluster.yaml permits
#   etcd                  etcd's URL
#   health                URL of the webhook's /readyz and /metrics

user() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$KUBE/pki/$1.key" \
        -out "$KUBE/pki/$1.csr" -subj "/CN=$1" 2>/dev/null &&
        openssl x509 -req -in "$KUBE/pki/$1.csr" -CA "$KUBE/pki/ca.crt" -CAkey "$KUBE/pki/ca.key" \
            -CAcreateserial -days 2 -out "$KUBE/pki/$1.crt" \
            -extfile <(echo extendedKeyUsage=clientAuth) 2>/dev/null &&
        sed "s|/dev\\.|/$1.|g; s|\"dev\"|\"$1\"|g" "$KUBE/dev.conf" >"$KUBE/$1.conf"
}
user gmsa-webhook && user peer || exit 2
etcd=$(cat "$KUBE/etcd.url")

# --- The webhook ---------------------------------------------------------------------------------

# serve_cluster OPTION...: like serve, with the cluster behind it, as the user $as or with the
# kubeconfig $kubeconfig.
as=gmsa-webhook
kubeconfig=
serve_cluster() {
    [ -z "$pid" ] || stop
    : >"$log" # or what the one before said there could be read until the new one has opened it
    "$BUILD/gmsa-webhook" serve --kubeconfig "${kubeconfig:-$KUBE/$as.conf}" --state-dir "$state" \
        --listen "$listen" --health-listen 127.0.0.1:0 --shutdown-delay 0s --log-format json \
        "$@" 2>"$log" &
    pid=$!
    if ! wait_for 60 logged ready; then
        fail "the webhook starts"
        details <"$log"
        finish
    fi
    listen=$(jq -r 'select(.message == "ready").listen' "$log")
    url=https://$listen
    health=http://$(jq -r 'select(.message == "ready").health' "$log")
}
is_ready() { curl -sf --max-time 5 "$health/readyz" >"$WORK/readyz"; }
# metric NAME: its value.
metric() { curl -s --max-time 5 "$health/metrics" | sed -n "s/^$1 //p"; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
# calls METHOD: how many calls of that kind the webhook has made.
calls() {
    curl -s --max-time 5 "$health/metrics" |
        awk -v method="method=\"$1\"" '/^rest_client_requests_total/ && index($0, method) { n += $2 } END { print n + 0 }'
}

# review ENDPOINT [SUFFIX]: $WORK/pod.json as the API server sends it, asked of the webhook itself. Sets
# verdict: "allowed", or code and message of a refusal.
review() {
    jq -c '{apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {uid: "u",
        kind: {group: "", version: "v1", kind: "Pod"}, name: .metadata.name, namespace: "shop",
        resource: {group: "", version: "v1", resource: "pods"}, operation: "CREATE",
        userInfo: {username: "dev", groups: ["developers"]}, object: .}}' "$WORK/pod.json" |
        curl -s --max-time 20 --cacert "$state/ca.crt" -H 'Content-Type: application/json' \
            -d @- "$url$1?timeout=2s" >"$WORK/verdict${2:-}"
    verdict=$(jq -r '.response | if .allowed then "allowed" else "\(.status.code) \(.status.message)" end' \
        "$WORK/verdict${2:-}")
}
mutates() { review /mutate && [[ $verdict == $1* ]]; }

# cached: creating $WORK/pod.json for show is allowed, and nobody is asked. For waiting until answers
# are kept.
cached() {
    local before
    before=$(calls POST)
    create dry-run
    [ "$code" = 201 ] && [ "$(calls POST)" = "$before" ]
}

# --- Specs and permissions -----------------------------------------------------------------------

# as_admin METHOD PATH [CURL OPTION...]: sets code; much faster than kubectl.
as_admin() {
    local method=$1 path=$2
    shift 2
    code=$(curl -s --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/admin.crt" \
        --key "$KUBE/pki/admin.key" -o "$WORK/admin.out" -w '%{http_code}' -X "$method" \
        -H "Content-Type: application/$([ "$method" = PATCH ] && echo merge-patch+)json" \
        "$@" "$server$path")
}
bindings=/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings
# bind SPEC [ACCOUNT], unbind SPEC
bind() {
    as_admin POST "$bindings" -d "$(jq -nc --arg spec "$1" --arg account "${2:-webapp}" '{
        apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding",
        metadata: {name: ("use-" + $spec)},
        subjects: [{kind: "ServiceAccount", name: $account, namespace: "shop"}],
        roleRef: {kind: "ClusterRole", name: ("use-" + $spec), apiGroup: "rbac.authorization.k8s.io"}}')"
    [ "$code" = 201 ]
}
unbind() {
    as_admin DELETE "$bindings/use-$1"
    [ "$code" = 200 ]
}
specs=/apis/windows.k8s.io/v1/gmsacredentialspecs
"$BUILD/credspec" convert --to json "$WORK/webapp01.yaml" >"$WORK/spec.json" 2>/dev/null
# spec NAME FILTER: the object, changed by a jq filter.
spec() {
    jq -c --arg name "$1" '{apiVersion: "windows.k8s.io/v1", kind: "GMSACredentialSpec",
        metadata: {name: $name}, credspec: .} |'"${2:-.}" "$WORK/spec.json"
}
put_spec() {
    as_admin POST "$specs" -d "$(spec "$@")"
    [ "$code" = 201 ]
}
patch_spec() {
    as_admin PATCH "$specs/$1" -d "$2"
    [ "$code" = 200 ]
}
# account FILTER: a jq filter that gives a spec that account.
account='def account(name): .credspec.DomainJoinConfig.MachineAccountName = name |
    .credspec.ActiveDirectoryConfig.GroupManagedServiceAccounts |= map(.Name = name);'

# use_roles SPEC...: a ClusterRole use-SPEC for each.
use_roles() {
    local name
    for name; do
        cat <<END
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-$name}
rules:
  - {apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [use], resourceNames: [$name]}
END
    done
}

# begin_cluster SPEC...: the definition, a namespace, its users, roles for these specs, and the spec
# web, which the service account webapp may use.
begin_cluster() {
    use_roles "$@" >"$WORK/roles.yaml"
    run "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml" -f "$data/shop.yaml" -f "$data/cluster.yaml" \
        -f "$WORK/roles.yaml"
    expect_exit "the definition, roles, a namespace and its users" 0
    run "${admin[@]}" wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io
    check "a spec" wait_for 20 put_spec web
    check "which the service account may use" bind web
}

# begin_webhook OPTION...: serves, and the API server asks it.
begin_webhook() {
    serve_cluster "$@"
    check "ready once the specs are known" wait_for 20 is_ready
    register "$state/ca.crt"
    pod refused "$alone | main.gmsaCredentialSpec = \"{}\""
    check "the API server asks the webhook" wait_for 30 answers "does not name the GMSACredentialSpec"
}
web='top.gmsaCredentialSpecName = "web"'

# --- The API server and its store ----------------------------------------------------------------

# stop_apiserver, start_apiserver: the same one again, in its folder.
stop_apiserver() {
    local apiserver
    apiserver=$(cat "$KUBE/apiserver.pid")
    mapfile -d '' -t apiserver_command <"/proc/$apiserver/cmdline"
    kill -KILL "$apiserver"
    while [ -d "/proc/$apiserver" ]; do sleep 0.02; done
}
start_apiserver() {
    (
        cd "$KUBE" || exit 2
        setsid nohup "${apiserver_command[@]}" >>apiserver.log 2>&1 </dev/null &
        echo $! >apiserver.pid
    )
}
serving() { as_admin GET /readyz && [ "$code" = 200 ]; }

# compact_etcd: etcd forgets everything but the present.
compact_etcd() {
    local revision
    revision=$(curl -s --max-time 20 "$etcd/v3/kv/range" -d '{"key":"AA==","keys_only":true}' | jq -r .header.revision)
    curl -sf --max-time 20 "$etcd/v3/kv/compaction" -d "{\"revision\":\"$revision\",\"physical\":true}"
}

# store_objects FILTER: that jq program's objects, [KEY, OBJECT] each, go straight into etcd below
# /registry/, by the hundred: many times as fast as through the API server, which takes JSON from there,
# too. Fails when one of them exists.
store_objects() {
    jq -nc "def id(i): \"00000000-0000-4000-8000-\" + (1000000000000 + i | tostring | .[1:]);
        def stored(key; i): [key, .metadata += {uid: id(i), creationTimestamp: \"2026-01-01T00:00:00Z\"}]; $1" |
        jq -nc '[inputs | {request_put: {key: ("/registry/" + .[0] | @base64), value: (.[1] | tojson | @base64)}}] |
            range(0; length; 100) as $at | {success: .[$at:$at + 100]}' >"$WORK/transactions"
    split -l 1 -a 4 "$WORK/transactions" "$WORK/transaction."
    find "$WORK" -maxdepth 1 -name 'transaction.*' |
        sed "s|.*|next\nurl = $etcd/v3/kv/txn\ndata = \"@&\"\noutput = $WORK/transaction.out|" |
        curl -sf --max-time 60 -Z --parallel-max 8 --config -
    local result=$?
    rm -f "$WORK"/transaction*
    return $result
}
