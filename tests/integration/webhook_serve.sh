#!/usr/bin/env bash
# gmsa-webhook serve --standalone, with real clients.
set -u -o pipefail
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

webhook=$BUILD/gmsa-webhook
reviews=$ROOT/tests/data/reviews
manifests=$WORK/manifests
state=$WORK/state
mkdir "$manifests"
cp "$ROOT/tests/data/reviews/manifests.yaml" "$manifests/base.yaml"

# --- Starting and asking -------------------------------------------------------------------------

# start NAME OPTION...: starts a server on ports of the system's choice and waits until it is ready.
# Sets url, health and pid; the log is $WORK/NAME.log. The server is stopped when the script ends.
start() {
    local name=$1
    shift
    log=$WORK/$name.log
    "$webhook" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --log-format json "$@" \
        2>"$log" &
    pid=$!
    at_exit "kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null"
    wait_for 20 logged ready || {
        fail "$name starts"
        details <"$log"
        finish
    }
    url=https://$(jq -r 'select(.message == "ready").listen' "$log")
    health=http://$(jq -r 'select(.message == "ready").health' "$log")
}

# logged MESSAGE [COUNT]: the message was logged at least COUNT (1) times.
logged() { [ "$(jq -r .message "$log" 2>/dev/null | grep -cxF -- "$1")" -ge "${2:-1}" ]; }

# get URL...: the body goes to the last run's output, with the HTTP status on a line of its own.
get() { run curl -s --max-time 20 --cacert "$state/ca.crt" -w '\n%{http_code}\n' "$@"; }

# post PATH FILE [CURL OPTION...]: the same for an AdmissionReview.
post() {
    local path=$1 file=$2
    shift 2
    get -H 'Content-Type: application/json' --data-binary "@$file" "$@" "$url$path?timeout=10s"
}

# answer FILTER: what jq makes of the last answer.
answer() { head -n 1 "$WORK/.stdout" | jq -r "$1"; }

# expect_answer WHAT FILTER TEXT
expect_answer() {
    local said
    said=$(answer "$2")
    if [ "$said" = "$3" ]; then
        pass "$1"
    else
        fail "$1 (said: $said)"
        show_run
    fi
}

expect_status() { expect_answer_status "$(tail -n 1 "$WORK/.stdout")" "$@"; }
expect_answer_status() {
    if [ "$1" = "$3" ]; then
        pass "$2"
    else
        fail "$2 (HTTP status $1, expected $3)"
        show_run
    fi
}

# --- The endpoints -------------------------------------------------------------------------------

start plain --standalone "$manifests" --state-dir "$state"

gmsa=$reviews/mutate-create-pod-8k-gmsa-v1.20.json
post /mutate "$gmsa"
expect_status "a pod with a gMSA is answered" 200
expect_answer "it is allowed" .response.allowed true
expect_answer "the answer carries the request's uid" .response.uid "$(jq -r .request.uid "$gmsa")"
answer .response.patch | base64 -d >"$WORK/patch.json"
check "the patch adds the canonical contents" jq -e --slurpfile spec \
    <("$BUILD/credspec" convert --to json "$ROOT/tests/data/reviews/manifests.yaml") \
    'any(.[]; .path == "/spec/securityContext/windowsOptions/gmsaCredentialSpec" and
     (.value | fromjson) == $spec[0])' "$WORK/patch.json"

jq '.request.object.spec.serviceAccountName = "nobody"' "$gmsa" >"$WORK/nobody.json"
post /mutate "$WORK/nobody.json"
expect_answer "a service account without the permission is refused" \
    '"\(.response.allowed) \(.response.status.code)"' 'false 403'

jq '.request.object.spec.initContainers[0].securityContext.windowsOptions.gmsaCredentialSpec = "{}"' \
    "$gmsa" >"$WORK/forged.json"
post /validate "$WORK/forged.json"
expect_answer "forged contents in an init container are refused" \
    '"\(.response.allowed) \(.response.status.code)"' 'false 422'

post /mutate "$reviews/mutate-create-pod-8k-plain-v1.20.json"
expect_answer "a pod without a gMSA passes untouched" \
    '"\(.response.allowed) \(.response.patch)"' 'true null'

post /validate-credspec "$reviews/validate-create-gmsacredentialspec-v1.36.json"
expect_status "a GMSACredentialSpec is answered" 200
post /warn "$reviews/validate-create-deployment-v1.36.json"
expect_answer "a workload is never refused" .response.allowed true

get "$url/info"
expect_answer "/info tells the version" '.name' gmsa-webhook
get "$url/health"
expect_status "/health has no content" 204

# --- Wrong requests ------------------------------------------------------------------------------

get "$url/nothing"
expect_status "an unknown path is 404" 404
get "$url/mutate"
expect_status "GET /mutate is 405" 405
get -H 'Content-Type: text/plain' --data-binary "@$gmsa" "$url/mutate"
expect_status "another type is 415" 415
get -H 'Content-Type: Application/JSON; charset=utf-8' --data-binary "@$gmsa" "$url/mutate"
expect_status "the type's letter case and parameters do not matter" 200
printf '{"kind":' >"$WORK/cut.json"
post /mutate "$WORK/cut.json"
expect_status "a malformed review is 400" 400
expect_answer "and says what is wrong, in JSON" 'has("error")' true
jq '.apiVersion = "admission.k8s.io/v1beta1"' "$gmsa" >"$WORK/v1beta1.json"
post /mutate "$WORK/v1beta1.json"
expect_status "an old version of the review is 400" 400
jq '.request.uid = ""' "$gmsa" >"$WORK/uid.json"
post /mutate "$WORK/uid.json"
expect_status "an empty uid is 400" 400
head -c 9000000 /dev/zero | tr '\0' ' ' >"$WORK/large.json"
post /mutate "$WORK/large.json"
expect_status "a body over the limit is 413" 413

# --- The operator's side -------------------------------------------------------------------------

get "$health/livez"
expect_status "/livez" 200
get "$health/readyz"
expect_status "/readyz" 200
get "$health/metrics"
for metric in \
    'controller_runtime_webhook_requests_total{webhook="mutate",code="200"}' \
    'controller_runtime_webhook_requests_total{webhook="mutate",code="400"}' \
    'controller_runtime_webhook_latency_seconds_bucket{webhook="validate",le="+Inf"}' \
    'controller_runtime_webhook_requests_in_flight{webhook="mutate"} 0' \
    'gmsa_decisions_total{endpoint="mutate",operation="CREATE",result="refused"' \
    'gmsa_specs{state="usable"} 1' \
    'gmsa_certificate_expiry_timestamp_seconds 1' \
    'certwatcher_read_certificate_total 1' \
    'gmsa_authorization_cache_hits_total'; do
    expect_output "/metrics has $metric" "$metric"
done

# Every metric that the sample dashboard draws is one that the server has.
jq -r '.. | .expr? // empty' "$ROOT/samples/grafana/gmsa-webhook.json" |
    grep -oE '(gmsa|controller_runtime|certwatcher)_[a-z_]+' | sed 's/_bucket$//' | sort -u \
        >"$WORK/drawn"
while read -r metric; do
    expect_output "the dashboard's $metric is there" "# TYPE $metric "
done <"$WORK/drawn"

check "every log line is a JSON object" jq -e . "$log"
check "a decision's line tells who, what and why" jq -es \
    'any(.[]; .message == "refused" and .namespace == "shop" and .serviceAccount == "nobody" and
     .credentialSpecs == "webapp01" and .code == 403 and has("reason") and has("uid") and has("ms"))' "$log"
run cat "$log"
no_output "no environment value of a pod is logged" value-of-option

# --- Changing manifests --------------------------------------------------------------------------

# decided FILE CODE: /mutate answers that review with that code ("200" when allowed).
decided() {
    post /mutate "$1"
    [ "$(answer '.response | if .allowed then 200 else .status.code end')" = "$2" ]
}

jq '.request.object.spec.securityContext.windowsOptions.gmsaCredentialSpecName = "second"' "$gmsa" \
    >"$WORK/second.json"
check "a spec that nobody may use is refused" decided "$WORK/second.json" 403
sed 's/webapp01/second/g' "$ROOT/tests/data/reviews/manifests.yaml" >"$manifests/second.yaml"
check "a new manifest takes effect" wait_for 10 decided "$WORK/second.json" 200
printf 'kind: [unclosed\n' >"$manifests/second.yaml"
check "a broken one is reported" wait_for 10 logged 'manifests are no good; the last good ones stay'
check "and the last good state stays" decided "$WORK/second.json" 200
stale() { get "$health/metrics" && grep -qx "gmsa_specs_stale $1" "$WORK/.stdout"; }
check "which /metrics says" wait_for 10 stale 1
rm "$manifests/second.yaml"
check "a removed one takes effect" wait_for 10 decided "$WORK/second.json" 403
check "and nothing is stale any more" wait_for 10 stale 0

# --- A certificate of our own that is due --------------------------------------------------------

served() {
    openssl s_client -connect "${url#https://}" </dev/null 2>/dev/null | openssl x509 -noout -serial
}
before=$(served)
rm "$state/tls.crt"
kill -HUP "$pid"
renewed() { local now && now=$(served) && [ -n "$now" ] && [ "$now" != "$before" ]; }
check "is made anew while it serves, and taken" wait_for 10 renewed
check "by the same authority" decided "$gmsa" 200

mv "$manifests/base.yaml" "$WORK/base.yaml"
check "an emptied folder takes every permission away" wait_for 10 decided "$gmsa" 403
mv "$WORK/base.yaml" "$manifests/base.yaml"
check "and they come back with the file" wait_for 10 decided "$gmsa" 200

# --- Shutdown ------------------------------------------------------------------------------------

kill -TERM "$pid"
readiness() { get "$health/readyz" && [ "$(tail -n 1 "$WORK/.stdout")" = "$1" ]; }
check "readiness fails after SIGTERM" wait_for 4 readiness 503
check "and serving goes on" decided "$gmsa" 200
kill -TERM "$pid" # cuts the delay short
wait "$pid"
expect_answer_status "$?" "then it exits 0" 0

# --- The peer's environment, the client's certificate, grants ------------------------------------

port=$((20000 + RANDOM % 20000))
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/client.key" \
    -out "$WORK/client.crt" -days 1 -subj /CN=apiserver 2>/dev/null
"$webhook" keygen "$WORK/grants" >/dev/null 2>"$WORK/keygen.err" || details <"$WORK/keygen.err"
export HTTPS_PORT=$port TLS_CRT=$state/tls.crt TLS_KEY=$state/tls.key RANDOM_HOSTNAME=true \
    LOG_LEVEL=debug QPS=30.0 BURST=50
start peer --standalone "$manifests" --client-ca "$WORK/client.crt" \
    --linux-grant-key "$WORK/grants" --cluster-name test --shutdown-delay 0s
unset HTTPS_PORT TLS_CRT TLS_KEY RANDOM_HOSTNAME LOG_LEVEL QPS BURST
url=https://127.0.0.1:$port

post /mutate "$gmsa"
[ "$status" -ne 0 ]
expect_answer_status "$?" "without a client certificate nobody is served" 0
identity=(--cert "$WORK/client.crt" --key "$WORK/client.key")
post /mutate "$gmsa" "${identity[@]}"
expect_answer "with one it is, on the port of HTTPS_PORT" .response.allowed true
answer .response.patch | base64 -d >"$WORK/patch.json"
check "RANDOM_HOSTNAME gives a hostname" jq -e \
    'any(.[]; .path == "/spec/hostname" and (.value | test("^[a-z][a-z0-9-]{0,14}$")))' "$WORK/patch.json"
post /mutate "$reviews/mutate-create-pod-8k-plain-v1.20.json" "${identity[@]}"
check "LOG_LEVEL=debug logs pods without a gMSA" jq -es 'any(.[]; .level == "debug")' "$log"

linux=$reviews/mutate-create-pod-linux-annotation-v1.36.json
jq '.request.namespace = "shop" | del(.request.object.metadata.namespace) |
    .request.object.spec.serviceAccountName = "webapp"' "$linux" >"$WORK/linux.json"
# key_of: the key id in the grant that /mutate writes.
grant() {
    post /mutate "$WORK/linux.json" "${identity[@]}"
    answer .response.patch | base64 -d | jq -r '.[].value | if type == "object" then
        .["gmsa-identity.dev/grant"] else . end | select(. != null)' | tail -n 1
}
first=$(grant)
[ -n "$first" ]
expect_answer_status "$?" "a Linux pod gets a grant" 0
"$webhook" keygen "$WORK/grants" >/dev/null 2>&1
new_key() { local now && now=$(grant) && [ -n "$now" ] && [ "$now" != "$first" ]; }
check "a new key signs, without a restart" wait_for 10 new_key
rm -f "$WORK"/grants/*.key
check "a folder without a key is reported" wait_for 10 logged 'grant keys are no good; the last good ones stay'
check "and the last good keys stay" new_key
kill -TERM "$pid"
wait "$pid"
expect_answer_status "$?" "without a delay SIGTERM ends it" 0

# --- A certificate that ends ---------------------------------------------------------------------
# Of a file, as cert-manager's is: nobody here can renew it.

# certificate FIRST LAST: live.crt, by our authority, valid from and to so many seconds from now. Sets ends.
live=$WORK/live
cat >"$WORK/authority.conf" <<END
[ca]
default_ca = authority
[authority]
database = $WORK/issued
new_certs_dir = $WORK
rand_serial = yes
unique_subject = no
default_md = sha256
policy = policy
[policy]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1
END
: >"$WORK/issued"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$live.key" -out "$live.csr" -subj /CN=live 2>/dev/null
certificate() {
    local now
    now=$(date +%s)
    ends=$((now + $2))
    openssl ca -batch -notext -config "$WORK/authority.conf" -extensions names -cert "$state/ca.crt" \
        -keyfile "$state/ca.key" -in "$live.csr" -out "$live.new" -startdate "$(utc $((now + $1)))" \
        -enddate "$(utc "$ends")" 2>"$WORK/openssl.log" && mv "$live.new" "$live.crt" && return
    fail "a certificate is made"
    details <"$WORK/openssl.log"
}
utc() { date -u -d "@$1" +%Y%m%d%H%M%SZ; }

# expect_readiness WHAT CODE LINE: of /readyz.
expect_readiness() {
    wait_for 20 readiness "$2"
    expect_status "$1" "$2"
    expect_output "$1: /readyz has the line" "$3"
}
# served_until SECOND: the certificate that is served ends then.
served_until() { get "$health/metrics" && grep -qx "gmsa_certificate_expiry_timestamp_seconds $1" "$WORK/.stdout"; }

certificate -20 -10
start expired --standalone "$manifests" --tls-cert "$live.crt" --tls-key "$live.key" --shutdown-delay 0s
expect_readiness "with a certificate that has expired nobody is ready" 503 '[-]certificate failed: expired'
check "which the log says" logged 'the certificate has expired; clients will refuse it until there is a new one'
get "$health/livez"
expect_status "it lives: a restart would not help" 200
get -S "$url/info"
expect_error "clients refuse it" 'certificate has expired'

certificate -10 10
check "one that ends soon is taken" wait_for 10 served_until "$ends"
get "$health/readyz"
[ "$(tail -n 1 "$WORK/.stdout")" = 200 ] || [ "$(date +%s)" -ge "$ends" ]
expect_answer_status $? "it makes the server ready, as long as it is valid" 0
expect_readiness "when it has expired, while it is served, nobody is ready" 503 '[-]certificate failed: expired'
check "not before" [ "$(date +%s)" -ge "$ends" ]
certificate -10 3600
expect_readiness "a new one makes it ready again" 200 '[+]certificate ok'
post /mutate "$gmsa"
expect_answer "and serves" .response.allowed true
kill -TERM "$pid"
wait "$pid"
expect_answer_status "$?" "it ends in good order" 0

# --- Wrong calls ---------------------------------------------------------------------------------

run env -u KUBECONFIG -u KUBERNETES_SERVICE_HOST HOME="$WORK" "$webhook" serve
expect_exit "without manifests and without a cluster it does not start" 2
expect_error "and says what to give" "--standalone PATH"
run "$webhook" serve --standalone "$WORK/missing" --state-dir "$state"
expect_exit "with missing manifests it does not start" 2
run "$webhook" serve --standalone "$manifests" --tls-cert "$state/tls.crt"
expect_exit "a certificate without its key is a wrong call" 2
run "$webhook" serve --standalone "$manifests" --tls-cert "$state/tls.crt" --tls-key "$WORK/client.key"
expect_exit "a certificate with another's key is refused" 2
run "$webhook" serve --standalone "$manifests" --default-run-as-user-name 'a\b\c'
expect_exit "a default user name that Kubernetes refuses is a wrong call" 2
run "$webhook" serve --standalone "$manifests" --log-level loud
expect_exit "an unknown log level is a wrong call" 2

# --- A machine with a name that DNS does not allow -----------------------------------------------

if unshare --uts test -w /proc/sys/kernel/hostname 2>/dev/null; then
    plain=$webhook
    webhook=$WORK/named
    # shellcheck disable=SC2016  # the inner shell expands it
    printf '#!/bin/sh\nexec unshare --uts sh -c '\''echo my_host >/proc/sys/kernel/hostname && exec "$0" "$@"'\'' %s "$@"\n' \
        "$plain" >"$webhook" && chmod +x "$webhook"
    start named --standalone "$manifests" --state-dir "$WORK/other"
    pass "it is left out of our own certificate"
    webhook=$plain
else
    skip "a name that DNS does not allow" "needs a UTS namespace"
fi

finish
