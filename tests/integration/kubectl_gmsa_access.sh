#!/usr/bin/env bash
# kubectl gmsa who-can, which must say what the API server says; and kubectl gmsa of users who may not do
# much, and where the cluster cannot be reached.
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
change_cluster

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
expect_error "and reads which permission that takes" 'you may not list gmsacredentialspecs in the whole cluster; a cluster admin can permit it with "kubectl create clusterrole NAME --verb=list --resource=gmsacredentialspecs.windows.k8s.io"'
run kubectl gmsa audit -n shop
expect_error "nor audit" 'you may not list gmsacredentialspecs'
run kubectl gmsa who-can web
expect_error "nor read bindings" 'you may not list clusterroles in the whole cluster'
run kubectl gmsa why web-1 -n shop
expect_exit "why cannot tell" 2
expect_output "and says what it needs" 'you may not create localsubjectaccessreviews in namespace shop'
expect_output "or else" 'nor can it be computed:'
expect_output "and for the spec, at once" 'spec web could not be read: you may not get gmsacredentialspecs in the whole cluster'
run kubectl gmsa why web-1 -n other
expect_error "a pod that may not be read" 'you may not get pods in namespace other; a cluster admin can permit it with "kubectl create role -n other NAME --verb=get --resource=pods"'

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
expect_error "whose keys dev may not read" 'you may not get configmaps in namespace gmsa-webhook'
expect_output "by asking" 'not-authorised'
run kubectl gmsa audit -A
expect_exit "but not the cluster" 2
expect_error "and reads how to go on" 'you may not list pods in the whole cluster; name a namespace with -n, or a cluster admin'
run kubectl gmsa list
expect_exit "a list without pods of the cluster" 0
expect_error "says that" 'who uses them is not known: you may not list pods in the whole cluster; name a namespace with -n, or'
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

finish
