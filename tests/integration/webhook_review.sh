#!/usr/bin/env bash
# `gmsa-webhook review`, `who-can` and `keygen` over the samples and over what breaks them.
set -u -o pipefail
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

webhook=$BUILD/gmsa-webhook
golden=$ROOT/tests/integration/webhook_review
# The same file names in the output wherever the tree lies.
cd "$ROOT" || exit 2
cluster=samples/webhook/cluster
pods=samples/webhook/pods

# --- The samples, pod by pod ---------------------------------------------------------------------

for case in allowed init-container; do
    run "$webhook" review -m $cluster -o yaml $pods/$case.yaml
    expect_exit "$case is allowed" 0
    expect_golden "$case as it would be stored" "$golden/$case.yaml"
done

run "$webhook" review -m $cluster -o text $pods/allowed.yaml
expect_golden "what changes in a pod" "$golden/allowed.txt"
run "$webhook" review -m $cluster -o json $pods/allowed.yaml
expect_golden "JSON" "$golden/allowed.json"
check "JSON is read by others" jq -e '.spec.securityContext.windowsOptions.runAsUserName' "$golden/allowed.json"

refused() { # CASE CODE-AND-REASON
    run "$webhook" review -m $cluster $pods/"$1".yaml
    expect_exit "$1 is refused" 1
    expect_error "$1: the reason is $2" "$pods/$1.yaml: pod \"$1\": refused ($2): "
    check "$1: nothing is printed as stored" test -z "$output"
}
refused not-permitted "403 not-authorised"
refused forged "422 contents-differ"
refused init-container-forged "422 contents-without-name"
refused wrong-user-name "422 user-name-not-allowed"
refused linux "422 grant-key-missing"

# What is stored is admitted again, and unchanged.
"$webhook" review -m $cluster -o yaml $pods/init-container.yaml >"$WORK/stored.yaml"
run "$webhook" review -m $cluster -o text "$WORK/stored.yaml"
expect_output "a stored pod is left as it is" "allowed, unchanged"

# --- Workloads -----------------------------------------------------------------------------------

run "$webhook" review -m $cluster -o text samples/webhook/deployment.yaml
expect_exit "the pods of a Deployment are allowed" 0
expect_golden "what changes in its pods" "$golden/deployment.txt"
run "$webhook" review -m $cluster -o yaml samples/webhook/deployment.yaml
check "the workload itself stays as it is" test -z "$(grep 'gmsaCredentialSpec:' <<<"$output")"
expect_output "and is printed" "kind: Deployment"

workload() { # KIND API-VERSION INDENTATION-BEFORE-TEMPLATE
    printf 'apiVersion: %s\nkind: %s\nmetadata: {name: w, namespace: shop}\n' "$2" "$1"
    printf '%stemplate:\n' "$3"
    sed "s/^/$(tail -n 1 <<<"$3" | tr -cd ' ')  /" <<'TEMPLATE'
spec:
  containers:
    - name: a
      securityContext:
        windowsOptions:
          gmsaCredentialSpecName: shop-web
TEMPLATE
}
spec=$'spec:\n  '
for kind in apps/v1/Deployment apps/v1/StatefulSet apps/v1/DaemonSet apps/v1/ReplicaSet batch/v1/Job \
    v1/ReplicationController; do
    workload "${kind##*/}" "${kind%/*}" "$spec" >"$WORK/workload.yaml"
    run "$webhook" review -m $cluster "$WORK/workload.yaml"
    expect_error "${kind##*/} is judged" "${kind##*/} \"w\": refused (403 not-authorised)"
done
workload CronJob batch/v1 $'spec:\n  jobTemplate:\n    spec:\n      ' >"$WORK/workload.yaml"
run "$webhook" review -m $cluster "$WORK/workload.yaml"
expect_error "CronJob is judged" "CronJob \"w\": refused (403 not-authorised)"
workload PodTemplate v1 "" >"$WORK/workload.yaml"
run "$webhook" review -m $cluster "$WORK/workload.yaml"
expect_error "PodTemplate is judged" "PodTemplate \"w\": refused (403 not-authorised)"

# --- Updates, recorded reviews, namespaces, requesters -------------------------------------------

debug=samples/webhook/debug
run "$webhook" review -m $cluster --subresource ephemeralcontainers --old $debug/before.yaml \
    $debug/named.yaml
expect_exit "an ephemeral container that names a spec" 0
expect_golden "an ephemeral container as it would be stored" "$golden/ephemeral.yaml"
run "$webhook" review -m $cluster --subresource ephemeralcontainers --old $debug/before.yaml \
    $debug/forged.yaml
expect_exit "an ephemeral container with contents alone" 1
expect_error "its reason" 'pod "debugged": refused (422 contents-without-name)'
run "$webhook" review -m $cluster --old $debug/before.yaml $pods/allowed.yaml
expect_exit "--old of another pod" 2
expect_error "says so" "--old holds another pod"

"$webhook" review -m $cluster -o yaml $pods/init-container.yaml >"$WORK/old.yaml"
sed 's/SpecName: shop-reports/SpecName: shop-web/' "$WORK/old.yaml" >"$WORK/changed.yaml"
run "$webhook" review -m $cluster --old "$WORK/old.yaml" "$WORK/changed.yaml"
expect_error "an identity that changes is refused by the validation" "refused (422 identity-changed)"
run "$webhook" review -m $cluster --old "$WORK/old.yaml" "$WORK/old.yaml"
expect_exit "one that stays is not looked at" 0

sed '/os:/,+1d' $pods/allowed.yaml >"$WORK/no-os.yaml"
run "$webhook" review -m $cluster "$WORK/no-os.yaml"
expect_exit "a warning refuses nothing" 0
check "and is said once" test "$(grep -c warning: <<<"$errors")" = 1

cat >"$WORK/bare.yaml" <<'POD'
apiVersion: v1
kind: Pod
metadata: {generateName: web-}
spec:
  os: {name: windows}
  serviceAccountName: webapp
  containers:
    - name: a
      securityContext: {windowsOptions: {gmsaCredentialSpecName: shop-web}}
POD
run "$webhook" review -m $cluster "$WORK/bare.yaml"
expect_error "without a namespace it is default" 'pod "web-*": refused (403 not-authorised)'
run "$webhook" review -m $cluster --namespace shop "$WORK/bare.yaml"
expect_exit "--namespace fills a missing one" 0
run "$webhook" review -m $cluster --namespace other $pods/allowed.yaml
expect_exit "and replaces none" 0
run "$webhook" review -m $cluster --user admin --group system:masters $pods/not-permitted.yaml
expect_exit "who sends a pod does not matter" 1

jq -n --argjson pod "$("$webhook" review -m $cluster -o json $pods/allowed.yaml)" '{
    apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview",
    request: {uid: "u-1", kind: {group: "", version: "v1", kind: "Pod"},
        resource: {group: "", version: "v1", resource: "pods"}, name: "allowed",
        namespace: "shop", operation: "CREATE", userInfo: {username: "dev"}, object: $pod}}' \
    >"$WORK/review.json"
run "$webhook" review -m $cluster -o text "$WORK/review.json"
expect_output "a recorded review" 'pod "allowed": allowed, unchanged'
jq '.request.namespace = "other"' "$WORK/review.json" >"$WORK/review-other.json"
run "$webhook" review -m $cluster --user dev "$WORK/review-other.json"
expect_error "whose object lies in another namespace" "refused (400 "
jq '.request.subResource = "status"' "$WORK/review.json" >"$WORK/review-status.json"
run "$webhook" review -m $cluster "$WORK/review-status.json"
expect_exit "that is not the webhook's business" 0
check "is warned of once" test "$(grep -c warning: <<<"$errors")" = 1
jq 'del(.request.uid)' "$WORK/review.json" >"$WORK/review-none.json"
run "$webhook" review -m $cluster "$WORK/review-none.json"
expect_error "that is none" "refused (400 malformed-request)"

# --- The API server's own rules ------------------------------------------------------------------

sed 's/NT AUTHORITY.SYSTEM/a\\b\\c/' $pods/init-container.yaml >"$WORK/bad-user.yaml"
sed 's/shop-web/shop-reports/' "$WORK/bad-user.yaml" >"$WORK/bad-user2.yaml"
run "$webhook" review -m $cluster "$WORK/bad-user2.yaml"
expect_exit "a user name that the API server refuses" 1
expect_error "with a reason" "refused (422 "
sed 's/name: windows/name: linux/; /windowsOptions/,+1d; /securityContext/d' $pods/allowed.yaml |
    sed '/^spec:/a\  securityContext: {windowsOptions: {runAsUserName: ContainerUser}}' >"$WORK/os.yaml"
run "$webhook" review -m $cluster "$WORK/os.yaml"
expect_error "Windows options of a Linux pod" \
    'refused (422 invalid): Pod "allowed" is invalid: spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'

# --- Linux ---------------------------------------------------------------------------------------

run "$webhook" keygen "$WORK/keys"
expect_exit "keygen makes a key" 0
key=$output
check "only its owner may read it" test "$(stat -c %a "$key")" = 600
check "the public half lies beside it" test -s "${key%.key}.pub"
for keys in "$WORK/keys" "$key"; do
    run "$webhook" review -m $cluster --linux-grant-key "$keys" --cluster-name test $pods/linux.yaml
    expect_exit "a Linux pod with a key" 0
    expect_output "has a grant" "gmsa-identity.dev/grant: "
done
echo "$output" >"$WORK/granted.yaml"
run "$webhook" review -m $cluster --linux-grant-key "$WORK/keys" --cluster-name test -o text \
    "$WORK/granted.yaml"
expect_output "a grant of the same key is left as it is" "allowed, unchanged"
run "$webhook" keygen "$WORK/none/at/all"
expect_exit "keygen in a place that cannot be" 2
run "$webhook" review -m $cluster --linux-grant-key "$WORK/none" $pods/linux.yaml
expect_exit "a key that is not there" 2
expect_error "and says so" "$WORK/none: No such file or directory"

printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: odd}\nspec: {containers: none}\n' >"$WORK/odd.yaml"
run "$webhook" review -m $cluster "$WORK/odd.yaml"
expect_exit "a malformed pod is refused" 1
expect_error "by its field" 'refused (400 malformed-request): spec.containers: expected an array'

# --- Wrong calls and unreadable files ------------------------------------------------------------

for call in "-m $WORK/none $pods/allowed.yaml" "-m $cluster $WORK/none" \
    "-m $cluster --old $WORK/none $pods/allowed.yaml"; do
    # shellcheck disable=SC2086 # the words of a call
    run "$webhook" review $call
    expect_exit "review $call" 2
    check "names the missing file once" test "$(grep -o "$WORK/none" <<<"$errors" | wc -l)" = 1
done
run "$webhook" review $pods/allowed.yaml
expect_exit "without --manifests" 2
expect_error "says what is missing" "--manifests is missing"
run "$webhook" review -m $cluster --subresource ephemeralcontainers $pods/allowed.yaml
expect_exit "--subresource without --old" 2
run "$webhook" review -m $cluster --namespace Shop $pods/allowed.yaml
expect_exit "a wrong namespace" 2
run "$webhook" review -m $cluster --default-run-as-user-name 'a\b\c' $pods/allowed.yaml
expect_exit "a wrong default user" 2
run "$webhook" review -m $cluster $cluster
expect_exit "nothing to review" 2
expect_error "says so" "nothing to review"
run "$webhook" review -m $cluster "$WORK/none.yaml"
expect_exit "a file that is not there" 2
printf 'kind: [\n' >"$WORK/broken.yaml"
run "$webhook" review -m $cluster "$WORK/broken.yaml" $pods/allowed.yaml
expect_exit "a broken file" 2
expect_error "is named with the place" "$WORK/broken.yaml:2:"
expect_output "and the others are reviewed" "name: allowed"
run "$webhook" review -m $cluster -m $cluster/credential-specs.yaml $pods/allowed.yaml
expect_exit "a spec that is there twice" 2
expect_error "is named with both places" \
    "$cluster/credential-specs.yaml:2:1: error: credential spec \"shop-web\" is there twice: also at $cluster/credential-specs.yaml:2:1"
printf 'metadata: {name: "\\e[2J\\u202e"}\napiVersion: v1\nkind: Pod\nspec: {os: {name: x}}\n' >"$WORK/hostile.yaml"
run "$webhook" review -m $cluster -o text "$WORK/hostile.yaml"
no_output "a hostile name does not reach the terminal" $'\e'
expect_error "but is shown" '\x1b[2J\u202e'
cp $pods/allowed.yaml "$WORK/"$'\e[2J.yaml'
run "$webhook" review -m $cluster -o text "$WORK/"$'\e[2J.yaml'
no_output "nor does a hostile file name" $'\e'

# --- Many pods -----------------------------------------------------------------------------------

# Memory must not grow with the number of pods: 2,000 take hardly more than 20. (The address
# sanitizer keeps freed memory back; a little of it is enough.)
memory_of() { # FOLDER: peak memory in KiB
    ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64 /usr/bin/time -f %M \
        "$webhook" review -m $cluster -o text "$1" 2>&1 >/dev/null | tail -n 1
}
mkdir "$WORK/few" "$WORK/many"
for i in {1..20}; do cp $pods/allowed.yaml "$WORK/few/pod-$i.yaml"; done
for i in {1..2000}; do cp $pods/allowed.yaml "$WORK/many/pod-$i.yaml"; done
few=$(memory_of "$WORK/few")
many=$(memory_of "$WORK/many")
check "memory does not grow with the number of pods ($few KiB, $many KiB)" \
    test "$many" -lt $((few + 4096))

# --- who-can -------------------------------------------------------------------------------------

run "$webhook" who-can shop-web -m $cluster
expect_exit "somebody may use it" 0
expect_golden "the table" "$golden/who-can.txt"
run "$webhook" who-can -m $cluster -o json
expect_golden "JSON of all specs" "$golden/who-can.json"
run "$webhook" who-can -m $cluster -o html
expect_golden "the page" "$golden/who-can.html"
run "$webhook" who-can gone -m $cluster
expect_exit "nobody may use what is not granted" 1
expect_error "a spec that is not there is said" "the manifests hold no credential spec \"gone\""
run "$webhook" who-can shop-web
expect_exit "who-can without --manifests" 2
cat >"$WORK/markup.yaml" <<'RBAC'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: markup}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: "<script>&\"'\e"}]
RBAC
run "$webhook" who-can -m $cluster -m "$WORK/markup.yaml" -o html
no_output "names cannot bring markup into the page" "<script>"
expect_output "but are shown" '&lt;script&gt;&amp;'
run "$webhook" who-can -m $cluster -m "$WORK/markup.yaml"
no_output "nor control characters into the table" $'\e'

finish
