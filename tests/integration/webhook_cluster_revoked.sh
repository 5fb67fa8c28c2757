#!/usr/bin/env bash
# Permissions end: a pod created a second after its binding was deleted is refused, 150 times in a row.
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

# Fifty service accounts at a time, each with a binding of its own. Their answers are kept, all bindings
# are deleted at once while pods are created all the while, which tempts the webhook into keeping
# what the API server's own authoriser has not learned yet; a second later nobody may be admitted.
accounts=50
rounds=3

begin_cluster web
begin_webhook --workers 2

# pod_of NUMBER: a pod of that account.
for i in $(seq $accounts); do
    pod "pod-$i" "$web | .spec.serviceAccountName = \"account-$i\""
    mv "$WORK/pod.json" "$WORK/pod-$i.json"
done
jq -nc --argjson accounts $accounts '{apiVersion: "v1", kind: "List", items: [range(1; $accounts + 1) as $i | {
    apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding",
    metadata: {name: "account-\($i)", namespace: "shop", labels: {revoke: "me"}},
    subjects: [{kind: "ServiceAccount", name: "account-\($i)", namespace: "shop"}],
    roleRef: {kind: "ClusterRole", name: "use-web", apiGroup: "rbac.authorization.k8s.io"}}]}' >"$WORK/bindings.json"

jq '.items |= map({apiVersion: "v1", kind: "ServiceAccount", metadata: {name: .metadata.name, namespace: "shop"},
    automountServiceAccountToken: false})' "$WORK/bindings.json" >"$WORK/accounts.json"
run "${admin[@]}" create -f "$WORK/accounts.json"
expect_exit "$accounts service accounts" 0

# create_all: every pod once, for show, some at a time; prints a line each, when it is answered: "HTTP-STATUS NUMBER".
for i in $(seq $accounts); do
    [ "$i" = 1 ] || echo next
    cat <<END
url = "$server$pods?dryRun=All&fieldManager=$i"
cacert = "$KUBE/pki/ca.crt"
cert = "$KUBE/pki/dev.crt"
key = "$KUBE/pki/dev.key"
header = "Content-Type: application/json"
data = "@$WORK/pod-$i.json"
max-time = 20
no-progress-meter
output = "$WORK/answer-$i"
write-out = "%{http_code} $i\n"
END
done >"$WORK/all.curl"
create_all() { stdbuf -oL curl -Z --parallel-max 6 --config "$WORK/all.curl"; }
# count STATUS: how many lines of standard input have it.
count() { grep -c "^$1 " || true; }

all_cached() {
    local before
    before=$(calls POST)
    [ "$(create_all | count 201)" = "$accounts" ] && [ "$(calls POST)" = "$before" ]
}
stamped() { while read -r line; do echo "${EPOCHREALTIME/./} $line"; done; }
tempt() { until [ -e "$WORK/enough" ]; do create_all; done | stamped >"$WORK/tempted"; }

refused=0
for round in $(seq $rounds); do
    run "${admin[@]}" create -f "$WORK/bindings.json"
    expect_exit "round $round: $accounts service accounts may use the spec" 0
    check "and every answer is kept" wait_for 60 all_cached
    rm -f "$WORK/enough"
    tempt & tempter=$!
    wait_for 20 [ -s "$WORK/tempted" ]
    as_admin DELETE "$bindings?labelSelector=revoke%3Dme"
    deleted=${EPOCHREALTIME/./}
    expect_text "all bindings are deleted" 200 echo "$code"
    while [ "${EPOCHREALTIME/./}" -lt $((deleted + 1000000)) ]; do :; done
    create_all >"$WORK/after"
    touch "$WORK/enough"
    wait $tempter
    count=$(count 403 <"$WORK/after")
    refused=$((refused + count))
    expect_text "a second later every pod is refused" "$accounts" echo "$count"
    expect_text "by the webhook" $accounts sh -c "grep -l 'is not authorised to' '$WORK'/answer-* | wc -l"
    awk -v deleted="$deleted" '$2 == 201 && $1 > last { last = $1 } $1 <= deleted { before++ } { all++ } END {
        printf "# the last \"allowed\" came %.1f ms after the deletion was answered; %d answers before it, %d after\n",
            (last - deleted) / 1000, before, all - before }' "$WORK/tempted"
done
expect_text "times in a row a pod created a second later was refused" $((accounts * rounds)) echo "$refused"
finish
