#!/usr/bin/env bash
# kubectl gmsa why: would a pod be admitted now, and which rule refuses it?
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/kubectl.sh
. "$(dirname "$0")/../kube/kubectl.sh"

define_specs
create_pods

# --- A cluster where everything is right ----------------------------------------------------------

run kubectl gmsa why web-1 -n shop
expect_exit "why: a pod that would be admitted" 0
expect_output "says so" 'pod "web-1" in namespace shop: would be admitted'
expect_output "who answered" 'may be used (LocalSubjectAccessReview); valid, account WebApp01 of contoso.com'
expect_output "that it is what it should be" 'The running pod is what would be created today.'
run kubectl gmsa why penguin-1 -n shop
expect_exit "a Linux pod is judged" 0
expect_output "without the signature" 'judged without its signature'
expect_output "but that of the running pod is verified" 'The running pod is what would be created today.'
run kubectl gmsa why plain -n shop
expect_output "a pod without a gMSA" 'none: the pod has no gMSA'

# --- Changes -------------------------------------------------------------------------------------

change_cluster
revoked() { ! kubectl gmsa why revoked-1 -n shop; }
check "a revoked permission is noticed" wait_for 20 revoked
run kubectl gmsa why web-1 -n shop
expect_exit "a pod of a spec that was changed could be created anew" 0
expect_output "but is not what it would be" 'The running pod is not what would be created today:'
expect_output "says how" 'contents-differ       pod: gmsaCredentialSpec contents are not, or no longer, those of'
run kubectl gmsa why revoked-1 -n shop -o json
expect_exit "a pod that would be refused" 1
check "json names step, code and reason" jq -e '.objects[0] | .admitted == false and .step == "mutate" and .code == 403 and
    .reason == "not-authorised" and .specs[0].permission == "denied" and .specs[0].permissionBy == "LocalSubjectAccessReview"' "$WORK/.stdout"
run kubectl gmsa why doomed-1 -n shop
expect_output "the spec is gone" 'refused (404 spec-not-found)'
run kubectl gmsa why fragile-1 -n shop
expect_output "the spec is not valid" 'refused (422 spec-invalid)'
run kubectl gmsa why listed-1 -n shop
expect_output "the user name is not allowed" 'refused (422 user-name-not-allowed)'
expect_output "which may have been a default" "may be the spec's default of the time"
run kubectl gmsa why forged -n shop
expect_output "forged contents are refused" 'refused (422 contents-without-name)'
run kubectl gmsa why nobody-knows -n shop
expect_exit "a pod that is not there" 2
expect_error "says where it looked" 'there is no Pod "nobody-knows" in namespace shop (-n names another)'
expect_error "and what to do" 'ask about its workload (deployment/NAME) or a file (-f)'
run kubectl gmsa why deploy/nobody-knows -n shop
expect_error "nor a workload" 'there is no Deployment "nobody-knows" in namespace shop (-n names another)'
run kubectl gmsa why -n shop
expect_error "no pod at all" 'which pod?'
run kubectl gmsa why web-1 -f "$WORK/pod.json"
expect_error "too much" 'give either a pod of the cluster or -f FILE'
run kubectl gmsa why secret/x
expect_error "a kind that makes no pods" 'knows pods and workloads'

kubectl apply -f - >/dev/null <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: stuck, namespace: shop}
spec:
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      serviceAccountName: nobody
      securityContext: {windowsOptions: {gmsaCredentialSpecName: web}}
      containers: [{name: app, image: x}]
END
run kubectl gmsa why deploy/stuck -n shop
expect_exit "a Deployment whose pods are refused" 1
expect_output "says why" 'Deployment "stuck" in namespace shop: its pods would be refused'
expect_output "in the webhook's words" 'service account "shop/nobody" is not authorised to "use" GMSACredentialSpec "web"'
pod rules 'windows("penguin") | .spec.os.name = "linux"'
run kubectl gmsa why -f "$WORK/pod.json"
expect_output "the rule of the API server that refuses is told" 'windows options cannot be set for a linux pod'
expect_output "in its step" "API server's rules    refused (422 invalid)"
cat "$WORK/pod.json" "$WORK/stored.json" >"$WORK/two.json"
run kubectl gmsa why -n shop -f "$WORK/two.json" -f "$ROOT/samples/webhook/deployment.yaml"
expect_output "several objects are counted" ' admitted, '
kubectl get deployment stuck -n shop -o json >"$WORK/stuck.json"
run kubectl gmsa why -f - <"$WORK/stuck.json"
expect_output "a file from standard input" 'Deployment "stuck" in namespace shop'

finish
