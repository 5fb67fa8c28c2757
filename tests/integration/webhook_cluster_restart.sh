#!/usr/bin/env bash
# gmsa-webhook serve under load while the API server is started anew: pods whose answer is kept pass all the
# while, nobody gets a wrong answer, and when it is back it is not run over.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/webhook.sh
. "$(dirname "$0")/../kube/webhook.sh"
# shellcheck source=tests/kube/cluster.sh
. "$(dirname "$0")/../kube/cluster.sh"

begin_cluster web late
run "${admin[@]}" create rolebinding -n shop second --clusterrole=use-web --serviceaccount=shop:second
expect_exit "another service account may use it, too" 0
# Long enough that no answer ends by its age here.
begin_webhook --workers 2 --authorization-cache-ttl 1h --log-level debug

# --- Load ----------------------------------------------------------------------------------------
# Straight to the webhook: pods of a service account that may, of one that may and is not known yet, and of one
# that may not. Each is a review in a file, sent again and again, on new connections, which both workers get.

# body NAME ACCOUNT
body() {
    pod "$1" "$web | .spec.serviceAccountName = \"$2\""
    jq -c '{apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {uid: "u",
        kind: {group: "", version: "v1", kind: "Pod"}, name: .metadata.name, namespace: "shop",
        resource: {group: "", version: "v1", resource: "pods"}, operation: "CREATE",
        userInfo: {username: "dev", groups: ["developers"]}, object: .}}' "$WORK/pod.json" >"$WORK/body-$1"
}
body known webapp
body second second
body forbidden nobody
# send BODY: prints "allowed", or the code of the refusal, whose words go to refusals.
send() {
    curl -s --max-time 20 --cacert "$state/ca.crt" -H 'Content-Type: application/json' -d "@$WORK/body-$1" \
        "$url/mutate?timeout=3s" |
        tee >(jq -r --arg what "$1" '.response | select(.allowed | not) | "\($what): \(.status.message)"' >>"$WORK/refusals") |
        sed -E 's/.*"allowed":true.*/allowed/; s/.*"code":([0-9]+).*/\1/'
}
load() { until [ -e "$WORK/enough" ]; do send "$1"; done >"$WORK/load.$1.$2"; }
load_pids=()
start_load() {
    rm -f "$WORK/enough"
    : >"$WORK/refusals"
    load known 1 & load_pids=($!)
    load known 2 & load_pids+=($!)
    load second 1 & load_pids+=($!)
    load forbidden 1 & load_pids+=($!)
}
stop_load() {
    touch "$WORK/enough"
    wait "${load_pids[@]}"
    for what in known second forbidden; do
        sort "$WORK/load.$what".? | uniq -c | sed "s/^ */# $what: /"
    done
    jq -r 'select(.message == "permissions may have changed") | "# \(.time) \(.resource) \(.how)"' "$log" | tail -n 8
    sed -E 's/127\.0\.0\.1:[0-9]+|after [0-9]+ ms/…/g' "$WORK/refusals" | sort | uniq -c | sed 's/^ */#   /'
}
sent() { cat "$WORK"/load.*.? | wc -l; }
# crowd BODY COUNT: that many at once, so that every worker gets some, whatever connections the API server
# keeps open to one of them. crowd_allowed: how many of the last ones were.
crowd() {
    local i
    rm -f "$WORK"/crowd-*
    for i in $(seq "$2"); do
        [ "$i" = 1 ] || echo next
        cat <<END
url = "$url/mutate?timeout=30s"
cacert = "$state/ca.crt"
header = "Content-Type: application/json"
data = "@$WORK/body-$1"
max-time = 60
no-progress-meter
output = "$WORK/crowd-$i"
END
    done >"$WORK/crowd.curl"
    curl -Z --parallel-immediate --parallel-max "$2" --config "$WORK/crowd.curl"
}
crowd_allowed() { cat "$WORK"/crowd-* | grep -o '"allowed":true' | wc -l; }
# asks_nobody: twenty pods, and no question.
asks_nobody() {
    local before
    before=$(calls POST)
    crowd known 20
    [ "$(crowd_allowed)" = 20 ] && [ "$(calls POST)" = "$before" ]
}
# in_sync_again: all four watches of RBAC have gone on since the API server was stopped.
in_sync_again() {
    [ "$(grep '"watching again"' "$log" | grep -cE '"(cluster)?role(binding)?s"')" -ge $((4 * round)) ]
}
# api_count RESOURCE VERBS: how many calls the API server has counted since it was started.
api_count() {
    as_admin GET /metrics
    awk -v resource="resource=\"$1\"" -v verbs="verb=\"($2)\"" '/^apiserver_request_total/ &&
        index($0, resource) && $0 ~ verbs { n += $2 } END { print n + 0 }' "$WORK/admin.out"
}

# --- Away and back, three times ------------------------------------------------------------------

for round in 1 2 3; do
    check "round $round: the answer is kept by every worker" wait_for 40 asks_nobody
    start_load
    wait_for 20 [ -s "$WORK/load.known.2" ]
    gets=$(calls GET)
    posts=$(calls POST)
    stop_apiserver
    down=$(sent)
    enough_sent() { [ "$(sent)" -ge $((down + 20)) ]; }
    check "pods come while the API server is away" wait_for 60 enough_sent
    start_apiserver
    check "it is back" wait_for 60 serving
    body_known() { [ "$(send second)" = allowed ]; }
    check "and who must be asked about is admitted" wait_for 40 body_known
    back=$(sent)
    enough_back() { [ "$(sent)" -ge $((back + 40)) ]; }
    check "pods go on coming" wait_for 60 enough_back
    stop_load
    check "a pod whose answer was kept passed each time" sh -c "! cat '$WORK'/load.known.? | grep -vx allowed"
    check "one that had to be asked about was admitted or asked to try again" \
        sh -c "! cat '$WORK'/load.second.? | grep -vxE 'allowed|503'"
    check "one that may not was never admitted" sh -c "! cat '$WORK'/load.forbidden.? | grep -vxE '403|503'"

    # Nothing is asked twice, and watches begin where they were or list once.
    posts=$(($(calls POST) - posts))
    gets=$(($(calls GET) - gets))
    api_posts=$(api_count localsubjectaccessreviews 'CREATE|POST')
    echo "# $(sent) pods, $posts questions about them, $api_posts of them since it is back; $gets calls of the watches"
    # All RBAC was listed anew, and nothing had changed.
    check "what is known of permissions is up to date again" wait_for 60 in_sync_again
    check "and the answer counts without being asked for anew" asks_nobody
    check "at most one question a pod" [ "$posts" -le "$(($(sent) + 40))" ]
    check "credential specs are listed at most once" [ "$(api_count gmsacredentialspecs LIST)" -le 1 ]
    check "and watched by few calls" [ "$(api_count gmsacredentialspecs WATCH)" -le 3 ]
    check "as is all else" [ "$gets" -le 150 ]
done

check "refusals of a server that has only just come back were not believed" \
    grep -q 'has only just come back and may not know every permission yet' "$WORK/refusals"

# --- A crowd at a server that hangs --------------------------------------------------------------

check "the answer is kept again" wait_for 40 asks_nobody
run "${admin[@]}" create rolebinding -n shop crowd --clusterrole=use-web --serviceaccount=shop:crowd
check "and once more after a change" wait_for 40 asks_nobody
body crowd crowd
count=60
posts=$(calls POST)
kill -STOP "$(cat "$KUBE/apiserver.pid")"
crowd crowd $count &
crowd_pid=$!
all_in() { metric_is 'controller_runtime_webhook_requests_in_flight{webhook="mutate"}' "$count"; }
check "$count pods of one service account wait for a server that hangs" wait_for 20 all_in
check "while kept answers count" [ "$(send known)" = allowed ]
kill -CONT "$(cat "$KUBE/apiserver.pid")"
wait $crowd_pid
expect_text "all are admitted when it goes on" $count crowd_allowed
posts=$(($(calls POST) - posts))
check "with one question a worker: $posts" [ "$posts" -le 2 ]

check "watches go on: a new spec" put_spec late
bind late
pod late 'top.gmsaCredentialSpecName = "late"'
check "can be used" wait_for 5 answers 201
stop
finish
