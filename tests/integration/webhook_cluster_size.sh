#!/usr/bin/env bash
# gmsa-webhook serve in a cluster with 5,000 credential specs and 20,000 role bindings: how much memory it
# takes. The sanitizers take many times as much, so this script alone tests the program as it is shipped:
# $RELEASE, the folder of the plain build. Start-up time is printed, not judged.
set -u -o pipefail
BUILD=${RELEASE:-$(dirname "$0")/../../build}
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/webhook.sh
. "$(dirname "$0")/../kube/webhook.sh"
# shellcheck source=tests/kube/cluster.sh
. "$(dirname "$0")/../kube/cluster.sh"

spec_count=5000
binding_count=20000
limit=16384 # KiB

# --- The cluster ---------------------------------------------------------------------------------

begin_cluster web
check "$spec_count specs" store_objects "
    $(spec web | jq -c 'del(.metadata)') as \$spec | range(1; $spec_count) as \$i | \$spec +
    {metadata: {name: \"spec-\(\$i)\", generation: 1}} | stored(\"windows.k8s.io/gmsacredentialspecs/spec-\(\$i)\"; \$i)"
check "$binding_count role bindings" store_objects "
    range(1; $binding_count) as \$i | {
        apiVersion: \"rbac.authorization.k8s.io/v1\", kind: \"RoleBinding\",
        metadata: {name: \"binding-\(\$i)\", namespace: \"shop\"},
        subjects: [range(4) | {kind: \"ServiceAccount\", name: \"account-\(\$i)-\(.)\", namespace: \"shop\"}],
        roleRef: {kind: \"ClusterRole\", name: \"use-web\", apiGroup: \"rbac.authorization.k8s.io\"}} |
    stored(\"rolebindings/shop/binding-\(\$i)\"; 100000 + \$i)"
counted() {
    as_admin GET "$specs?limit=1" && jq -e ".metadata.remainingItemCount == $spec_count - 1" "$WORK/admin.out" &&
        as_admin GET "$bindings?limit=1" && jq -e ".metadata.remainingItemCount > $binding_count - 2" "$WORK/admin.out"
}
check "are in the cluster" wait_for 20 counted

# --- Memory --------------------------------------------------------------------------------------

# memory WHAT: at its highest so far.
memory() {
    local high now
    high=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
    now=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
    echo "# $1: at most $high KiB, now $now KiB"
    check "$1 it takes at most 16 MB" [ "$high" -le $limit ]
}
known() { metric_is 'gmsa_specs{state="usable"}' "$1"; }

began=${EPOCHREALTIME/./}
serve_cluster
check "ready" wait_for 120 is_ready
echo "# ready $(((${EPOCHREALTIME/./} - began) / 1000)) ms after its start"
check "every spec is known" wait_for 20 known $spec_count
register "$state/ca.crt"
pod cached "$web"
check "and permissions are watched: answers are kept" wait_for 60 cached
memory "with $spec_count specs and $binding_count role bindings"

refusals=0
for i in {1..20}; do
    pod "pod-$i" "top.gmsaCredentialSpecName = \"spec-$i\""
    create dry-run
    [ "$code" = 403 ] && refusals=$((refusals + 1))
done
expect_text "pods that may not use these specs are refused" 20 echo "$refusals"

# Everything is listed anew beside what is known, as after a long outage.
stop_apiserver
check "etcd forgets" compact_etcd
began=${EPOCHREALTIME/./}
relists=$(grep -c '"watching again"' "$log")
start_apiserver
watches_again() { [ "$(grep -c '"watching again"' "$log")" -ge $((relists + 6)) ]; }
check "all six watches are in sync again" wait_for 90 watches_again
echo "# $(((${EPOCHREALTIME/./} - began) / 1000)) ms after the API server was started"
check "every spec is known" known $spec_count
pod cached "$web"
check "answers are kept again" wait_for 60 cached
memory "having listed it all anew"
stop
finish
