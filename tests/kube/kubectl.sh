# shellcheck shell=bash
# For integration scripts of `kubectl gmsa`: a cluster with specs and pods, and what happens to it.
# Sourced after start_kube. It gets from here:
#   plugin        the program kubectl-gmsa, which kubectl finds in PATH
#   KUBECONFIG    of the cluster admin
#   server        the API server's URL
# No webhook is registered, so pods can be what they would not be admitted as.

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
# pod NAME FILTER: writes $WORK/pod.json, in shop, of webapp, changed by a jq filter.
pod() {
    jq -n --arg name "$1" '
        def windows(spec): .spec.securityContext.windowsOptions.gmsaCredentialSpecName = spec |
            .spec.nodeSelector = {"kubernetes.io/os": "windows"};
        {apiVersion: "v1", kind: "Pod", metadata: {name: $name, namespace: "shop"},
            spec: {serviceAccountName: "webapp", containers: [{name: "app", image: "x"}]}} |'"$2" >"$WORK/pod.json"
}
# store: creates it as the webhook would store it. store_raw: as it is.
store() {
    "$BUILD/gmsa-webhook" review -m "$WORK/manifests" -o json --linux-grant-key "$WORK/keys" \
        --cluster-name test "$WORK/pod.json" 2>/dev/null >"$WORK/stored.json" &&
        api POST /api/v1/namespaces/shop/pods -d "@$WORK/stored.json" >/dev/null
}
store_raw() { api POST /api/v1/namespaces/shop/pods -d "@$WORK/pod.json" >/dev/null; }

# define_specs: the definition, a namespace, permissions and credential specs.
have_specs() { kubectl apply -f "$WORK/manifests/specs.yaml"; }
define_specs() {
    kubectl apply -f "$ROOT/credspec/crd.yaml" -f "$WORK/manifests/shop.yaml" -f "$WORK/manifests/rbac.yaml" >/dev/null
    kubectl wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io >/dev/null
    check "credential specs" wait_for 20 have_specs
}

# --- What happens to it --------------------------------------------------------------------------

# create_pods: of every spec one, as the webhook would admit them; and the public keys for nodes.
create_pods() {
    local name
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
}

# change_cluster: specs change, permissions go, and pods come past the webhook.
change_cluster() {
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
    local annotation='.metadata.annotations["gmsa-identity.dev/credential-spec"] = "penguin"'
    pod forged '.spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec = "{}"'
    check "contents without a name" store_raw
    pod early 'windows("penguin")'
    check "a name without contents" store_raw
    pod ungranted "$annotation"
    check "a Linux pod without a grant" store_raw
    pod copied "$annotation | .metadata.annotations[\"gmsa-identity.dev/grant\"] = \"$(api GET /api/v1/namespaces/shop/pods/penguin-1 |
        jq -r '.metadata.annotations["gmsa-identity.dev/grant"]')\" | .spec.serviceAccountName = \"nobody\""
    check "and one with the grant of another" store_raw
    pod signed "$annotation | .metadata.annotations[\"gmsa-identity.dev/grant\"] = \"0000000000000000.e30.AAAA\""
    check "and one with a signature of nobody" store_raw
}
