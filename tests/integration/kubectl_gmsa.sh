#!/usr/bin/env bash
# kubectl gmsa against a real API server: through kubectl and directly, as an admin and as users who may
# not do much. No webhook is registered, so pods can be what they would not be admitted as.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube

data=$ROOT/tests/data/kube
plugin=$BUILD/kubectl-gmsa
export KUBECONFIG=$KUBE/admin.conf PATH=$BUILD:$KUBE/bin:$PATH
server=$(sed -n 's/.*server: "\([^"]*\)".*/\1/p' "$KUBE/admin.conf")

# --- What there is -------------------------------------------------------------------------------

# api METHOD PATH [CURL OPTION...]: as admin, much faster than kubectl. Prints the answer.
api() {
    local method=$1 path=$2
    shift 2
    curl -sf --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/admin.crt" \
        --key "$KUBE/pki/admin.key" -X "$method" \
        -H "Content-Type: application/$([ "$method" = PATCH ] && echo merge-patch+)json" "$@" \
        "$server$path"
}
specs=/apis/windows.k8s.io/v1/gmsacredentialspecs
patch_spec() { api PATCH "$specs/$1" -d "$2" >/dev/null; }

# spec NAME ACCOUNT [REST]: a manifest.
spec() {
    cat <<END
---
apiVersion: windows.k8s.io/v1
kind: GMSACredentialSpec
metadata: {name: $1}
credspec:
  CmsPlugins: [ActiveDirectory]
  DomainJoinConfig: {Sid: S-1-5-21-3623811015-3361044348-30300820, MachineAccountName: $2,
    Guid: 3f6bb0b1-7f4e-4b0c-8d53-9a1c7c2d5e01, DnsTreeName: contoso.com, DnsName: contoso.com, NetBiosName: CONTOSO}
  ActiveDirectoryConfig:
    GroupManagedServiceAccounts: [{Name: $2, Scope: contoso.com}, {Name: $2, Scope: CONTOSO}]
${3:-}
END
}
# use NAME SUBJECT [SPEC]: a RoleBinding in shop to a ClusterRole with `use` on the spec, or on all.
use() {
    cat <<END
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-$1}
rules: [{apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [use]${3:+, resourceNames: [$3]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: use-$1, namespace: shop}
subjects: [$2]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: use-$1}
END
}
web='{kind: ServiceAccount, name: webapp, namespace: shop}'
mkdir "$WORK/manifests"
cp "$data/shop.yaml" "$WORK/manifests/"
{
    spec web WebApp01
    spec listed Listed 'allowedRunAsUserNames: [NT AUTHORITY\SYSTEM]'
    spec doomed Doomed
    spec fragile Fragile
    spec revoked Revoked
    spec penguin Penguin
} >"$WORK/manifests/specs.yaml"
{
    use web "$web" web
    use revoked "$web" revoked
    use others "$web"
} >"$WORK/manifests/rbac.yaml"

"$BUILD/gmsa-webhook" keygen "$WORK/keys" >/dev/null || exit 2
# pod NAME FILTER: in shop, of webapp, changed by a jq filter, as the webhook would store it.
pod() {
    jq -n --arg name "$1" '
        def windows(spec): .spec.securityContext.windowsOptions.gmsaCredentialSpecName = spec |
            .spec.nodeSelector = {"kubernetes.io/os": "windows"};
        {apiVersion: "v1", kind: "Pod", metadata: {name: $name, namespace: "shop"},
            spec: {serviceAccountName: "webapp", containers: [{name: "app", image: "x"}]}} |'"$2" >"$WORK/pod.json"
}
store() {
    "$BUILD/gmsa-webhook" review -m "$WORK/manifests" -o json --linux-grant-key "$WORK/keys" \
        --cluster-name test "$WORK/pod.json" 2>/dev/null >"$WORK/stored.json" &&
        api POST /api/v1/namespaces/shop/pods -d "@$WORK/stored.json" >/dev/null
}
store_raw() { api POST /api/v1/namespaces/shop/pods -d "@$WORK/pod.json" >/dev/null; }

run kubectl gmsa list
expect_exit "without the definition of credential specs there is no list" 2
expect_error "and it says what is missing" 'apply their definition, credspec/crd.yaml'
kubectl apply -f "$ROOT/credspec/crd.yaml" -f "$WORK/manifests/shop.yaml" -f "$WORK/manifests/rbac.yaml" >/dev/null
kubectl wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io >/dev/null
have_specs() { kubectl apply -f "$WORK/manifests/specs.yaml"; }
check "credential specs" wait_for 20 have_specs

# --- A cluster where everything is right ----------------------------------------------------------

for name in web doomed fragile revoked; do
    pod "$name-1" "windows(\"$name\")"
    check "a pod of $name" store
done
pod listed-1 'windows("listed") | .spec.securityContext.windowsOptions.runAsUserName = "nt authority\\system"'
check "a pod with a user name that is allowed" store
pod plain '.'
check "a pod without a gMSA" store_raw
pod penguin-1 '.metadata.annotations["gmsa-identity.dev/credential-spec"] = "penguin"'
check "a Linux pod" store
check "the public keys in the cluster" kubectl create namespace gmsa-webhook
mkdir "$WORK/public" && cp "$WORK"/keys/*.pub "$WORK/public/"
check "as webhook/deploy says" kubectl -n gmsa-webhook create configmap gmsa-grants \
    --from-literal=cluster-name=test --from-file="$WORK/public"

run kubectl plugin list
expect_output "kubectl finds the plug-in" "$BUILD/kubectl-gmsa"
run kubectl gmsa list
expect_exit "kubectl gmsa list" 0
expect_output "has a title" 'SPEC     ACCOUNT   DOMAIN       FINDINGS  PODS  USED BY'
expect_output "names account, domain and who uses it" 'web      WebApp01  contoso.com  none      1     shop/webapp (1)'
run kubectl gmsa list -o wide
expect_output "wide: the users that are allowed" 'shop/webapp (1)  (none)       NT AUTHORITY\SYSTEM'
run kubectl gmsa list -o json --context test --kubeconfig "$KUBE/admin.conf"
check "json: every spec with its uses" jq -e '.podsKnown and (.specs | length == 6) and
    (.specs[] | select(.name == "penguin").usedBy == [{namespace: "shop", serviceAccount: "webapp", windowsPods: 0, linuxPods: 1}]) and
    (.specs[] | select(.name == "listed").allowedRunAsUserNames == ["NT AUTHORITY\\SYSTEM"]) and
    all(.specs[]; .valid and .exists and .errors == 0)' "$WORK/.stdout"
run kubectl gmsa list -o yaml
expect_output "yaml" '- name: web'
run kubectl gmsa list -n default
expect_output "the pods of one namespace alone" 'web      WebApp01  contoso.com  none      0'

run kubectl gmsa audit -A
expect_exit "nothing is found where all is right" 0
expect_error "the summary" '0 findings in 7 pods, 6 with a gMSA'
run kubectl gmsa audit
expect_error "without -A it is the context's namespace" '0 findings in 0 pods'
run kubectl gmsa audit -n shop -o json
check "json of an audit" jq -e '.complete and .findings == [] and .pods == 7 and .podsWithIdentity == 6' "$WORK/.stdout"

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

patch_spec web '{"credspec":{"DomainJoinConfig":{"MachineAccountName":"Other"},"ActiveDirectoryConfig":{
    "GroupManagedServiceAccounts":[{"Name":"Other","Scope":"contoso.com"},{"Name":"Other","Scope":"CONTOSO"}]}}}'
patch_spec listed '{"allowedRunAsUserNames":["ContainerAdministrator"]}'
patch_spec fragile '{"credspec":{"DomainJoinConfig":{"MachineAccountName":"Third"}}}'
api DELETE "$specs/doomed" >/dev/null
api DELETE /apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/use-revoked >/dev/null
kubectl apply -f - >/dev/null <<END
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-others}
rules: [{apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [use], resourceNames: [listed, doomed, fragile, penguin]}]
END
# Past the webhook, or from before it.
pod forged '.spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec = "{}"'
check "contents without a name" store_raw
pod early 'windows("penguin")'
check "a name without contents" store_raw
annotation='.metadata.annotations["gmsa-identity.dev/credential-spec"] = "penguin"'
pod ungranted "$annotation"
check "a Linux pod without a grant" store_raw
pod copied "$annotation | .metadata.annotations[\"gmsa-identity.dev/grant\"] = \"$(api GET /api/v1/namespaces/shop/pods/penguin-1 |
    jq -r '.metadata.annotations["gmsa-identity.dev/grant"]')\" | .spec.serviceAccountName = \"nobody\""
check "and one with the grant of another" store_raw
pod signed "$annotation | .metadata.annotations[\"gmsa-identity.dev/grant\"] = \"0000000000000000.e30.AAAA\""
check "and one with a signature of nobody" store_raw

# finding POD: its reasons in one line.
finding() { jq -r --arg pod "$1" '[.findings[] | select(.pod == $pod).reason] | join(" ")' "$WORK/audit.json"; }
revoked() { [ "$(kubectl gmsa audit -n shop -o json 2>/dev/null | tee "$WORK/audit.json" | jq '[.findings[] | select(.pod == "revoked-1")] | length')" = 1 ]; }
check "a revoked permission is found" wait_for 20 revoked
run kubectl gmsa audit -A -o json
expect_exit "findings: exit code 1" 1
cp "$WORK/.stdout" "$WORK/audit.json"
# expect_finding WHAT POD REASONS
expect_finding() {
    local found
    found=$(finding "$2")
    if [ "$found" = "$3" ]; then pass "$1"; else fail "$1 (found: $found)"; fi
}
expect_finding "a spec that was changed" web-1 contents-differ
expect_finding "a user name that is allowed no longer" listed-1 user-name-not-allowed
expect_finding "a spec that is not valid any more" fragile-1 spec-invalid
expect_finding "a spec that is gone" doomed-1 spec-not-found
expect_finding "a service account that lost use" revoked-1 not-authorised
expect_finding "contents without a name" forged contents-without-name
expect_finding "a name without contents" early contents-missing
expect_finding "no grant" ungranted grant-missing
expect_finding "a copied grant, of an account that may not" copied 'grant-differs not-authorised'
expect_finding "a grant of nobody" signed grant-differs
expect_finding "and nothing else" plain ''
expect_finding "nor here" penguin-1 ''
run kubectl gmsa audit -n shop
expect_output "the table" 'shop       revoked-1  webapp           not-authorised         service account "shop/webapp" may not "use"'
expect_error "the summary counts" '11 findings in 12 pods, 11 with a gMSA'
run kubectl gmsa audit -n shop -o yaml
expect_output "yaml of an audit" 'reason: contents-differ'

run kubectl gmsa audit -n shop --webhook-namespace elsewhere
expect_exit "without public keys the answer is not complete" 2
expect_error "and says why" 'the grant of 4 Linux pods is not verified: GET /api/v1/namespaces/elsewhere/configmaps/gmsa-grants: 404'
run kubectl gmsa audit -n shop --webhook-namespace elsewhere --grant-public-key "$WORK/public" --cluster-name test
expect_exit "with a folder of public keys it is" 1
run kubectl gmsa audit -n shop --grant-public-key "$WORK/public" --cluster-name other -o json
check "of another cluster the grants do not verify" jq -e '[.findings[] | select(.reason == "grant-differs")] | length == 3' "$WORK/.stdout"

run kubectl gmsa list -o json
check "the list tells of specs that do not exist, and of invalid ones" jq -e '
    (.specs[] | select(.name == "doomed") | .exists == false and .pods == 1) and
    (.specs[] | select(.name == "fragile") | .valid == false and .errors > 0 and (.findings[0].code | startswith("CS")))' "$WORK/.stdout"
run kubectl gmsa list
expect_output "in the table, too" 'does not exist'

# --- Why -----------------------------------------------------------------------------------------

run kubectl gmsa why web-1 -n shop
expect_exit "a pod of a spec that was changed could be created anew" 0
expect_output "but is not what it would be" 'The running pod is not what would be created today:'
expect_output "says how" 'contents-differ      pod: gmsaCredentialSpec contents are not, or no longer, those of'
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
expect_error "says what to do" 'ask about its workload (deployment/NAME) or a file (-f)'
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
expect_output "in its step" "API server's rules   refused (422 invalid)"
cat "$WORK/pod.json" "$WORK/stored.json" >"$WORK/two.json"
run kubectl gmsa why -n shop -f "$WORK/two.json" -f "$ROOT/samples/webhook/deployment.yaml"
expect_output "several objects are counted" ' admitted, '
kubectl get deployment stuck -n shop -o json >"$WORK/stuck.json"
run kubectl gmsa why -f - <"$WORK/stuck.json"
expect_output "a file from standard input" 'Deployment "stuck" in namespace shop'

# --- Who can, and what the API server says --------------------------------------------------------

kubectl create namespace other >/dev/null
kubectl apply -f - >/dev/null <<'END'
apiVersion: v1
kind: ServiceAccount
metadata: {name: batch, namespace: other}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: webapp, namespace: other}
END
sa_other='{kind: ServiceAccount, name: batch, namespace: other}'
rb() { # NAME NAMESPACE SUBJECT KIND ROLE
    echo "---"
    echo "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: $1, namespace: $2}, subjects: [$3], roleRef: {apiGroup: rbac.authorization.k8s.io, kind: $4, name: $5}}"
}
crb() { # NAME SUBJECT ROLE
    echo "---"
    echo "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: $1}, subjects: [$2], roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: $3}}"
}
role() { # KIND METADATA RULES [REST]
    echo "---"
    echo "{apiVersion: rbac.authorization.k8s.io/v1, kind: $1, metadata: {$2}, rules: [$3]${4:-}}"
}
group() { echo "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"$1\"}"; }
use_rule='apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [use]'
{
    role ClusterRole 'name: t-star' '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'
    role ClusterRole 'name: t-names' "{$use_rule, resourceNames: [web, ghost]}"
    role ClusterRole 'name: t-star-name' "{$use_rule, resourceNames: ['*']}"
    role ClusterRole 'name: t-wrong-verb' '{apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [get, list]}'
    role ClusterRole 'name: t-wrong-group' '{apiGroups: [""], resources: [gmsacredentialspecs], verbs: [use]}'
    role ClusterRole 'name: t-part, labels: {sum: up}' "{$use_rule}"
    # No controller runs here: nobody has filled it.
    role ClusterRole 'name: t-empty-sum' '' ', aggregationRule: {clusterRoleSelectors: [{matchLabels: {sum: up}}]}'
    role ClusterRole 'name: t-sum' "{$use_rule, resourceNames: [listed]}" ', aggregationRule: {clusterRoleSelectors: [{matchLabels: {sum: up}}]}'
    role Role 'name: t-local, namespace: other' "{$use_rule, resourceNames: [penguin]}"
    rb t-star shop '{kind: ServiceAccount, name: default, namespace: shop}' ClusterRole t-star
    rb t-cross shop "$sa_other" ClusterRole t-part
    rb t-local other "$sa_other" Role t-local
    rb t-missing other "$sa_other" Role nowhere
    rb t-verb other "$sa_other" ClusterRole t-wrong-verb
    rb t-group other "$sa_other" ClusterRole t-wrong-group
    rb t-empty-sum other "$sa_other" ClusterRole t-empty-sum
    rb t-star-name other "$sa_other" ClusterRole t-star-name
    rb t-sum other '{kind: ServiceAccount, name: webapp, namespace: other}' ClusterRole t-sum
    rb t-accounts other "$(group system:serviceaccounts:other)" ClusterRole t-names
    rb t-elsewhere other "$(group system:serviceaccounts:shop)" ClusterRole t-part
    rb t-authenticated other "$(group system:authenticated)" ClusterRole t-part
    rb t-user shop '{kind: User, apiGroup: rbac.authorization.k8s.io, name: "system:serviceaccount:shop:nobody"}' ClusterRole t-names
    crb t-cluster '{kind: ServiceAccount, name: webapp, namespace: other}' t-names
    crb t-jane '{kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}' t-star
} >"$WORK/table.yaml"
run kubectl apply -f "$WORK/table.yaml"
expect_exit "a table of permissions" 0

# answers_of SPEC: "NAMESPACE/ACCOUNT SPEC yes|no" for every service account, of the API server.
accounts='shop/default shop/webapp shop/nobody other/batch other/webapp other/none'
ask_api() {
    local account namespace user
    for account in $accounts; do
        namespace=${account%/*}
        user="system:serviceaccount:$namespace:${account#*/}"
        jq -nc --arg namespace "$namespace" --arg spec "$1" --arg user "$user" '{
            apiVersion: "authorization.k8s.io/v1", kind: "LocalSubjectAccessReview", metadata: {$namespace},
            spec: {$user, groups: ["system:serviceaccounts", "system:serviceaccounts:" + $namespace],
                resourceAttributes: {verb: "use", group: "windows.k8s.io", version: "v1", resource: "gmsacredentialspecs", name: $spec, $namespace}}}' |
            api POST "/apis/authorization.k8s.io/v1/namespaces/$namespace/localsubjectaccessreviews" -d @- |
            jq -r --arg account "$account" --arg spec "$1" '"\($account) \($spec) \(if .status.allowed then "yes" else "no" end)"'
    done
}
# The same of who-can: whoever has an effective permission of their own, or through a group of known accounts.
ask_who_can() {
    local account
    kubectl gmsa who-can "$1" -o json 2>/dev/null >"$WORK/who.json"
    for account in $accounts; do
        jq -r --arg account "$account" --arg spec "$1" '
            ($account / "/") as $a | [.specs[0].subjects[] | select(.effective) |
                select((.kind == "ServiceAccount" and .namespace == $a[0] and .name == $a[1]) or
                    (.kind == "Group" and (.name == "system:serviceaccounts:" + $a[0] or .name == "system:serviceaccounts")) ) |
                select(.allNamespaces or .inNamespace == $a[0])] |
            "\($account) \($spec) \(if length > 0 then "yes" else "no" end)"' "$WORK/who.json"
    done
}
for name in web listed penguin ghost; do
    ask_api "$name"
done >"$WORK/asked"
for name in web listed penguin ghost; do
    ask_who_can "$name"
done >"$WORK/computed"
expect_same "who-can says what the API server says, of $(wc -l <"$WORK/asked") questions" "$WORK/asked" "$WORK/computed"
check "of which some are yes and some no" [ "$(cut -d ' ' -f 3 "$WORK/asked" | sort | uniq -c | wc -l)" = 2 ]
run kubectl gmsa who-can listed
expect_exit "somebody may" 0
expect_output "with the binding" 'RoleBinding other/t-sum  '
expect_output "in the table" 'SUBJECT'
expect_output "what has no effect is said" 'no effect: no pod runs as a user'
run kubectl gmsa who-can -n other -o json
check "of one namespace" jq -e '[.specs[].subjects[].inNamespace] | unique - [null] == ["other"]' "$WORK/.stdout"
check "of all specs" jq -e '[.specs[].name] == ["fragile", "listed", "penguin", "revoked", "web"]' "$WORK/.stdout"
run kubectl gmsa who-can ghost
expect_error "a spec that does not exist" 'the cluster has no credential spec "ghost"'
run kubectl gmsa who-can -o html
expect_output "the page" '<!DOCTYPE html>'
run kubectl gmsa who-can 'A b'
expect_error "no name" '"A b" is no name of a credential spec'

# --- Users who may not do everything -------------------------------------------------------------

export KUBECONFIG=$KUBE/dev.conf
run kubectl gmsa list
expect_exit "dev may not list specs" 2
expect_error "and reads which permission that takes" 'you need the permission to list gmsacredentialspecs in the whole cluster: a cluster admin can give it with "kubectl create clusterrole NAME --verb=list --resource=gmsacredentialspecs.windows.k8s.io"'
run kubectl gmsa audit -n shop
expect_error "nor audit" 'you need the permission to list gmsacredentialspecs'
run kubectl gmsa who-can web
expect_error "nor read bindings" 'you need the permission to list clusterroles in the whole cluster'
run kubectl gmsa why web-1 -n shop
expect_exit "why cannot tell" 2
expect_output "and says what it needs" 'you need the permission to create localsubjectaccessreviews in namespace shop'
expect_output "or else" 'nor can it be computed:'
run kubectl gmsa why web-1 -n other
expect_error "a pod that may not be read" 'you need the permission to get pods in namespace other: a cluster admin can give it with "kubectl create role -n other NAME --verb=get --resource=pods"'

export KUBECONFIG=$KUBE/admin.conf
kubectl create clusterrole spec-reader --verb=get,list --resource=gmsacredentialspecs.windows.k8s.io >/dev/null
kubectl create clusterrolebinding spec-reader --clusterrole=spec-reader --group=developers >/dev/null
kubectl create role reviewer -n shop --verb=create --resource=localsubjectaccessreviews.authorization.k8s.io >/dev/null
kubectl create rolebinding reviewer -n shop --role=reviewer --user=dev >/dev/null
export KUBECONFIG=$KUBE/dev.conf
by() { kubectl gmsa why web-1 -n shop | grep -qF "may be used ($1)"; }
check "with reviews alone dev is answered" wait_for 20 by LocalSubjectAccessReview
run kubectl gmsa audit -n shop
expect_exit "and can audit the namespace; but not its grants" 2
expect_error "whose keys dev may not read" 'you need the permission to get configmaps in namespace gmsa-webhook'
expect_output "by asking" 'not-authorised'
run kubectl gmsa list
expect_exit "a list without pods of the cluster" 0
expect_error "says that" 'who uses them is not known: GET /api/v1/pods: 403'
run kubectl gmsa list -n shop
no_output "those of a namespace are known" 'not known'

export KUBECONFIG=$KUBE/admin.conf
kubectl delete rolebinding reviewer -n shop >/dev/null
kubectl create clusterrole rbac-reader --verb=list --resource=roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io,clusterroles.rbac.authorization.k8s.io,clusterrolebindings.rbac.authorization.k8s.io >/dev/null
kubectl create clusterrolebinding rbac-reader --clusterrole=rbac-reader --user=dev >/dev/null
export KUBECONFIG=$KUBE/dev.conf
check "with RBAC alone it is computed" wait_for 20 by RBAC
run kubectl gmsa why revoked-1 -n shop
expect_output "refusals, too" 'may not be used (RBAC)'
run kubectl gmsa who-can web -n shop
expect_exit "who-can without service accounts" 0
expect_error "says so" 'groups are listed without their service accounts'
export KUBECONFIG=$KUBE/admin.conf
run kubectl gmsa list --as mary --as-group nobodies
expect_error "--as asks as another" 'User "mary" cannot list'
run kubectl gmsa list --as mary --as-group developers
expect_exit "and --as-group as one of a group" 0
run kubectl gmsa list --as-group developers
expect_error "which needs a user" '--as-group needs --as'

# --- Reaching the cluster ------------------------------------------------------------------------

run kubectl gmsa list --context nowhere
expect_exit "a context that is not there" 2
expect_error "is said" '"nowhere"'
run env KUBECONFIG="$WORK/none" kubectl-gmsa list
expect_error "a kubeconfig that is not there" "$WORK/none"
sed 's|server: "[^"]*"|server: "https://127.0.0.1:1"|' "$KUBE/admin.conf" >"$WORK/away.conf"
run "$plugin" list --kubeconfig "$WORK/away.conf"
expect_exit "an API server that is away" 2
expect_error "is said" '127.0.0.1:1'
run "$plugin" audit --kubeconfig "$WORK/away.conf"
expect_exit "an audit cannot tell" 2
run "$plugin" why web-1 --kubeconfig "$WORK/away.conf"
expect_exit "nor why" 2
run "$plugin" list --kubeconfig "$KUBE/admin.conf" --request-timeout 1ms
expect_error "a time limit" 'timed out'
run "$plugin" audit -n 'A b'
expect_error "no namespace" 'namespace "A b"'
run "$plugin" audt
expect_error "a wrong command" 'See "kubectl gmsa --help".'

# An admin by a credential plug-in, and one that hangs.
cat >"$WORK/credential" <<END
#!/bin/sh
[ "\$1" = hang ] && exec sleep 1000
jq -n --rawfile crt "$KUBE/pki/admin.crt" --rawfile key "$KUBE/pki/admin.key" '{
    apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential",
    status: {clientCertificateData: \$crt, clientKeyData: \$key}}'
END
chmod +x "$WORK/credential"
exec_config() { # ARGUMENT
    cat <<END
apiVersion: v1
kind: Config
current-context: exec
clusters: [{name: test, cluster: {server: "$server", certificate-authority: "$KUBE/pki/ca.crt"}}]
users: [{name: exec, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: "$WORK/credential", args: [$1], interactiveMode: Never}}}]
contexts: [{name: exec, context: {cluster: test, user: exec, namespace: shop}}]
END
}
exec_config run >"$WORK/exec.conf"
run "$plugin" why web-1 --kubeconfig "$WORK/exec.conf"
expect_exit "a credential plug-in, and the context's namespace" 0
sed -i 's|credential"|absent"|' "$WORK/exec.conf"
run "$plugin" list --kubeconfig "$WORK/exec.conf"
expect_error "one that is not there" "cannot run $WORK/absent"

# --- Many pods -----------------------------------------------------------------------------------

kubectl create namespace many >/dev/null
kubectl apply -f - >/dev/null <<'END'
apiVersion: v1
kind: ServiceAccount
metadata: {name: webapp, namespace: many}
automountServiceAccountToken: false
END
use web "${web/namespace: shop/namespace: many}" web | sed 's/namespace: shop/namespace: many/' | kubectl apply -f - >/dev/null
api GET /api/v1/namespaces/shop/pods/web-1 | jq -c '{apiVersion: "v1", kind: "Pod", spec,
    metadata: {generateName: "web-", namespace: "many"}}' >"$WORK/many.json"
# many COUNT: so many pods with the contents of "web" as they were, over a few connections.
many() {
    local i
    for ((i = 0; i < $1; i++)); do
        printf '%s\n' next "url = $server/api/v1/namespaces/many/pods" "data = @$WORK/many.json" output=/dev/null \
            "header = Content-Type: application/json" "cacert = $KUBE/pki/ca.crt" "cert = $KUBE/pki/admin.crt" \
            "key = $KUBE/pki/admin.key"
    done | tail -n +2 >"$WORK/many.curl"
    curl -sf --no-progress-meter -Z --parallel-max 16 -K "$WORK/many.curl" 2>/dev/null
}
# audit_many: prints peak memory in KiB. (The address sanitizer keeps freed memory back; a little is enough.)
audit_many() {
    ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64 /usr/bin/time -f %M -o "$WORK/memory" \
        "$plugin" audit -n many -o json >"$WORK/many.out" 2>/dev/null
    tail -n 1 "$WORK/memory"
}
many 100
few=$(audit_many)
check "100 pods are audited" jq -e '.pods == 100 and (.findings | length == 100)' "$WORK/many.out"
many 1900
begin=${EPOCHREALTIME/./}
much=$(audit_many)
echo "# audit of 2,000 pods: $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
check "2,000 pods are audited" jq -e '.pods == 2000 and (.findings | length == 2000) and .complete' "$WORK/many.out"
check "and hardly need more memory ($few KiB, $much KiB)" [ "$much" -lt $((few + 20000)) ]
run kubectl gmsa list -o json
check "and counted" jq -e '.specs[] | select(.name == "web") | .pods == 2001' "$WORK/.stdout"

finish
