#!/usr/bin/env bash
# gmsa-webhook serve while the API server is away, comes back, and has forgotten what was.
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

begin_cluster web late gone
check "another spec that may be used" put_spec gone
bind gone
# Each worker keeps its own answers.
begin_webhook --workers 1 --authorization-cache-ttl 30s

# --- Away ----------------------------------------------------------------------------------------

pod away "$web"
check "an answer is kept" wait_for 20 cached
stop_apiserver
review /mutate
expect_text "without the API server a kept answer counts" allowed echo "$verdict"
pod away "$web | .spec.serviceAccountName = \"other\""
review /mutate
check "what is not known is refused as unavailable" [ "${verdict%% *}" = 503 ]
check "in words that help" grep -q 'cannot find out now whether .* did not answer.*; try again' "$WORK/verdict"
check "which do not tell addresses" sh -c "! grep -q 127.0.0.1 '$WORK/verdict'"
pod away "$web"
check "a kept answer ends with its age" wait_for 60 mutates 503
check "the metric shows it" wait_for 20 metric_is gmsa_api_up 0
check "it stays ready" is_ready
check "and says what is wrong" grep -q '^\[!\]api-server does not answer' "$WORK/readyz"
check "watches do not ask in haste: $(calls GET) calls so far" [ "$(calls GET)" -le 80 ]

# --- Back, twice, under load ---------------------------------------------------------------------

# Whatever comes meanwhile is allowed or unavailable, and never forbidden.
load() {
    until [ -e "$WORK/enough" ]; do
        review /mutate ".$1"
        echo "${verdict%% *}"
    done >"$WORK/load.$1"
}
# The same through the API server, which may be away or not ready itself. run() writes to WORK.
load_api_server() {
    local top=$WORK
    WORK=$top/api
    mkdir "$WORK"
    cp "$top/pod.json" "$WORK"
    until [ -e "$top/enough" ]; do
        create dry-run
        echo "$code $errors"
    done >"$top/through"
}
load 1 & load_pids=$!
load 2 & load_pids+=" $!"
load_api_server & load_pids+=" $!"
posts=$(calls POST)
start_apiserver
check "the API server comes back" wait_for 60 serving
check "and pods are admitted without a restart" wait_for 40 mutates allowed
check "the metric shows that too" wait_for 40 metric_is gmsa_api_up 1
stop_apiserver
start_apiserver
check "again, at once" wait_for 60 serving
check "pods are admitted" wait_for 40 mutates allowed
touch "$WORK/enough"
# shellcheck disable=SC2086  # numbers
wait $load_pids
sort "$WORK"/load.? | uniq -c | sed 's/^/# of the webhook:         /'
cut -d ' ' -f 1 "$WORK/through" | sort | uniq -c | sed 's/^/# of the API server:      /'
check "meanwhile none was forbidden" sh -c "! cat '$WORK'/load.? | grep -vxE 'allowed|503'"
check "nor through the API server" sh -c "! grep -F 'is not authorised' '$WORK/through'"
echo "# questions asked meanwhile: $(($(calls POST) - posts))"

pod back "$web"
check "the API server asks the webhook again" wait_for 30 answers 201
check "watches go on: a new spec" put_spec late
bind late
pod late 'top.gmsaCredentialSpecName = "late"'
check "can be used" wait_for 2 answers 201
pod revoked "$web"
unbind web
is_refused() {
    create dry-run
    [ "$code" != 201 ]
}
check "and permissions end" wait_for 2 is_refused
check "which is told in so many words once refusals are believed again" wait_for 20 answers 'is not authorised'
bind web

# --- etcd forgets --------------------------------------------------------------------------------
# While nobody can tell the webhook, a spec and a binding go, and what led to it is compacted away: the
# versions that its watches would go on from are gone (410).

# removed KEY: straight from etcd.
removed() {
    curl -sf --max-time 20 "$etcd/v3/kv/deleterange" -d "{\"key\":\"$(printf %s "/registry/$1" | base64 -w 0)\"}" |
        jq -e '.deleted == "1"'
}
pod gone 'top.gmsaCredentialSpecName = "gone"'
check "a spec that will go is usable" wait_for 10 answers 201
pod web "$web"
check "an answer about web is kept, once the watches of RBAC are in sync" wait_for 60 cached
stop_apiserver
check "a spec is removed" removed windows.k8s.io/gmsacredentialspecs/gone
check "a binding is removed" removed rolebindings/shop/use-web
check "etcd forgets" compact_etcd
relists=$(grep -c '"watching again"' "$WORK/webhook.log")
start_apiserver
check "the API server is back" wait_for 60 serving
watches_again() { [ "$(grep -c '"watching again"' "$WORK/webhook.log")" -ge $((relists + 6)) ]; }
check "all six watches are in sync again" wait_for 60 watches_again
pod gone 'top.gmsaCredentialSpecName = "gone"'
check "the spec is gone for the webhook, too" wait_for 20 answers '"gone" does not exist'
pod web "$web"
check "and the permission is" wait_for 5 is_refused
check "and said to be" wait_for 20 answers 'is not authorised'
check "etcd's compaction is what was met" grep -q 410 "$WORK/webhook.log"
finish
