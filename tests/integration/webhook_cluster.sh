#!/usr/bin/env bash
# gmsa-webhook serve in a cluster: credential specs and permissions come from a real API server, which
# calls the webhook for what the user dev does.
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

# --- Begin ---------------------------------------------------------------------------------------

third='.credspec.DomainJoinConfig.MachineAccountName = "Third"'
begin_cluster web api ghost broken
check "a broken spec, from before the webhook" put_spec broken "$third"
begin_webhook --workers 2
allowed "a pod whose service account may use the spec" first "$web"
expect_text "has its contents" WebApp01 \
    stored_pod first '.spec.securityContext.windowsOptions.gmsaCredentialSpec | fromjson |
        .DomainJoinConfig.MachineAccountName'
refused "a service account that may not" 'service account "shop/nobody" is not authorised' \
    "$web | .spec.serviceAccountName = \"nobody\""
expect_code "with 403" 403
refused "a spec that does not exist, in the same words" 'is not authorised to "use" GMSACredentialSpec "none"' \
    'top.gmsaCredentialSpecName = "none"'

# --- Specs come, change and go -------------------------------------------------------------------

check "who may use what does not exist" bind ghost
refused "is told so" '"ghost" does not exist' 'top.gmsaCredentialSpecName = "ghost"'
check "permission comes before the spec" bind api
late='top.gmsaCredentialSpecName = "api"'
count=0
for i in {1..10}; do
    put_spec api || continue
    pod "at-once-$i" "$late"
    create
    [ "$code" = 201 ] && count=$((count + 1))
    as_admin DELETE "$specs/api"
done
expect_text "a new spec can be used at once, 10 times" 10 echo "$count"

pod together "$late"
{ spec api && cat "$WORK/pod.json"; } | jq -s '{apiVersion: "v1", kind: "List", items: .}' >"$WORK/both.json"
run "${admin[@]}" apply --validate=false -f "$WORK/both.json"
expect_exit "kubectl apply takes a spec and a pod that uses it, in one file" 0
as_admin DELETE "$specs/api"

check "a spec is changed" patch_spec web '{"credspec":{"DomainJoinConfig":{"MachineAccountName":"Other"},
    "ActiveDirectoryConfig":{"GroupManagedServiceAccounts":[
    {"Name":"Other","Scope":"contoso.com"},{"Name":"Other","Scope":"CONTOSO"}]}}}'
account_of() {
    create dry-run
    jq -r '.spec.securityContext.windowsOptions.gmsaCredentialSpec | fromjson |
        .DomainJoinConfig.MachineAccountName' "$WORK/.stdout" 2>/dev/null
}
pod changed "$web"
is_account() { [ "$(account_of)" = "$1" ]; }
check "and pods get the new contents" wait_for 2 is_account Other
check "a broken spec is known" bind broken
refused "and refused with its first finding" '"Third" is not listed with Scope' \
    'top.gmsaCredentialSpecName = "broken"'
expect_code "with 422" 422
check "no other can be made" as_admin POST "$specs" -d "$(spec other "$third")"
expect_text "thanks to the webhook" 422 echo "$code"
pod gone "$web"
check "a spec is deleted" as_admin DELETE "$specs/web"
check "and does not exist" wait_for 2 answers '"web" does not exist'
check "it is made again" put_spec web
check "and can be used" wait_for 3 answers 201

# --- Answers that are kept -----------------------------------------------------------------------

pod cached "$web"
check "a while after the last event nothing is asked any more" wait_for 20 cached
check "the cache is used" [ "$(metric gmsa_authorization_cache_hits_total)" -gt 0 ]
check "the API server is known to be there" metric_is gmsa_api_up 1

# client-go's name and labels, which dashboards know.
check "calls are counted as client-go counts them" sh -c "curl -s '$health/metrics' | grep -qF \
    'rest_client_requests_total{code=\"201\",method=\"POST\",host=\"${server#https://}\"}'"

# --- The definition of the existing webhook, applied over ours -----------------------------------

check "a spec with an allow-list" patch_spec web '{"allowedRunAsUserNames":["NT AUTHORITY\\SYSTEM"]}'
listed="$web | top.runAsUserName"
pod unlisted "$listed = \"ContainerUser\""
check "refuses other users" wait_for 3 answers 'not one that GMSACredentialSpec "web" allows'
run "${admin[@]}" apply -f "$data/peer-crd.yaml"
expect_exit "the other definition" 0
check "drops the list: such pods are refused still" wait_for 20 answers \
    'CustomResourceDefinition has dropped its allowedRunAsUserNames'
pod listed "$listed = \"NT AUTHORITY\\\\SYSTEM\""
check "all pods of the spec are" answers 'CustomResourceDefinition has dropped'
is_ready
check "readiness says why" grep -q '^\[!\]definition lacks' "$WORK/readyz"
check "and a metric" metric_is gmsa_definition_lacks_fields 1
check "and the log" grep -q 'CustomResourceDefinition lacks runAsUserName and allowedRunAsUserNames' "$log"
run "${admin[@]}" replace -f "$ROOT/credspec/crd.yaml"
expect_exit "with our definition" 0
check "pods are admitted again" wait_for 30 answers 201
pod unlisted "$listed = \"ContainerUser\""
check "and the list counts" answers 'not one that GMSACredentialSpec "web" allows'
patch_spec web '{"allowedRunAsUserNames":null}'
pod free "$listed = \"ContainerUser\""
check "until somebody takes it away" wait_for 3 answers 201

# --- Who creates the pod -------------------------------------------------------------------------

serve_cluster --check-requesting-user
check "ready with --check-requesting-user" wait_for 20 is_ready
pod person "$web"
check "a person must be permitted too" wait_for 5 answers 'the user who sends the request is not authorised'
as_admin POST "$bindings" -d '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
    "metadata":{"name":"developers-use-web"},
    "subjects":[{"kind":"Group","name":"developers","apiGroup":"rbac.authorization.k8s.io"}],
    "roleRef":{"kind":"ClusterRole","name":"use-web","apiGroup":"rbac.authorization.k8s.io"}}'
check "and then may" wait_for 5 answers 201
as_admin DELETE "$bindings/developers-use-web"
check "and then may not" wait_for 5 answers 'the user who sends the request'
serve_cluster --check-requesting-user --controller-user dev
check "a controller need not" wait_for 20 answers 201

# --- Calls are bounded ---------------------------------------------------------------------------

# As the existing webhook takes them, too: from the environment.
export QPS=0.01 BURST=1
serve_cluster --workers 1 --authorization-cache-ttl 0
unset QPS BURST
check "ready with QPS and BURST" wait_for 20 is_ready
pod bounded "$web"
review /mutate
expect_text "with one call in a hundred seconds a pod is admitted" allowed echo "$verdict"
review /mutate
expect_text "the next is refused as unavailable, at once" 503 echo "${verdict%% *}"

# --- What the existing webhook may do is enough --------------------------------------------------

as=peer
serve_cluster
check "ready with the peer's permissions" wait_for 20 is_ready
pod peer "$web"
check "pods are admitted" wait_for 20 answers 201
check "the log says it once for specs" \
    wait_for 20 logged "credential specs may not be listed and watched: each is asked for by its name"
check "and once for RBAC" wait_for 20 logged \
    "RBAC may not be listed and watched: who may use a credential spec is asked for each time"
denied_lines() { grep -c 'may not be listed and watched' "$WORK/webhook.log"; }
expect_text "in two lines" 2 denied_lines
before=$(calls POST)
create dry-run
create dry-run
check "each pod is asked for" [ "$(calls POST)" -ge $((before + 4)) ]
unbind web
check "permissions end at once" wait_for 2 answers 'is not authorised'
bind web
check "and begin" wait_for 2 answers 201
as_admin DELETE "$specs/web"
check "a deleted spec is gone" answers '"web" does not exist'

# --- Wrong calls ---------------------------------------------------------------------------------

stop
sed 's|user: {.*}|user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: "true"}}|' \
    "$KUBE/dev.conf" >"$WORK/exec.conf"
run "$BUILD/gmsa-webhook" serve --kubeconfig "$WORK/exec.conf" --state-dir "$state"
expect_exit "a kubeconfig with a credential plug-in" 2
expect_error "is refused" exec
run "$BUILD/gmsa-webhook" serve --kubeconfig "$WORK/none.conf" --state-dir "$state"
expect_exit "a kubeconfig that is not there" 2
run "$BUILD/gmsa-webhook" serve --kubeconfig "$KUBE/dev.conf" --context none --state-dir "$state"
expect_exit "a context that is not there" 2
run "$BUILD/gmsa-webhook" serve --kubeconfig "$KUBE/dev.conf" --standalone "$manifests"
expect_exit "a cluster and manifests" 2
run "$BUILD/gmsa-webhook" serve --kubeconfig "$KUBE/dev.conf" --linux-grant-key "$WORK/grants"
expect_exit "grants without the cluster's name" 2
expect_error "is told why" --cluster-name
run "$BUILD/gmsa-webhook" serve --kubeconfig "$KUBE/dev.conf" --controller-user x
expect_exit "--controller-user alone" 2

finish
