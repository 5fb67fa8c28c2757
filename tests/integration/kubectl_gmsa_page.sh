#!/usr/bin/env bash
# The page of kubectl gmsa shows what it prints: every command on it is run, as somebody who has the
# permissions that the page names and no more. UPDATE_GOLDEN=1 writes the page anew.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/kubectl.sh
. "$(dirname "$0")/../kube/kubectl.sh"

page=$ROOT/webhook/kubectl/README.md
samples=$ROOT/samples/webhook
rm -r "$WORK/manifests"
cp -r "$samples/cluster" "$WORK/manifests"

# --- The cluster of the page ---------------------------------------------------------------------

check "definition, permissions, the auditor's role" kubectl apply -f "$ROOT/credspec/crd.yaml" \
    -f "$samples/cluster/permissions.yaml" -f "$samples/auditor.yaml"
kubectl wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io >/dev/null
have_specs() { kubectl apply -f "$samples/cluster/credential-specs.yaml"; }
check "credential specs" wait_for 20 have_specs
sed '1,/^---/d; s/shop-reports$/payroll/; s/ShopReports/Payroll/; s/Sid: .*/&-1104/' \
    "$samples/cluster/credential-specs.yaml" >"$WORK/payroll.yaml"
check "one that would never work" kubectl apply -f "$WORK/payroll.yaml"
# No controller puts the role together here.
kubectl patch clusterrole use-shop --type=merge -p '{"rules": [{"apiGroups": ["windows.k8s.io"],
    "resources": ["gmsacredentialspecs"], "resourceNames": ["shop-web", "shop-reports"], "verbs": ["use"]}]}' >/dev/null
kubectl apply -f - >/dev/null <<'END'
apiVersion: v1
kind: ServiceAccount
metadata: {name: import, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: import, namespace: shop}
spec:
  selector: {matchLabels: {app: import}}
  template:
    metadata: {labels: {app: import}}
    spec:
      serviceAccountName: import
      securityContext: {windowsOptions: {gmsaCredentialSpecName: shop-reports}}
      containers: [{name: import, image: "registry.example.com/shop/import:1.0"}]
END

# running NAME FILE [SED-SCRIPT]: a pod out of a file of the samples, as the webhook stores it.
running() {
    # The API server of the test knows no spec.os.
    sed "s/^  name: .*/  name: $1/; s/^  os:/  nodeSelector:/; s/^    name: windows/    kubernetes.io\/os: windows/
        s/^    name: linux/    kubernetes.io\/os: linux/; ${3:-}" "$2" >"$WORK/pod.yaml"
    "$BUILD/gmsa-webhook" review -m "$WORK/manifests" -o json --linux-grant-key "$WORK/keys" --cluster-name prod \
        "$WORK/pod.yaml" 2>"$WORK/review.log" >"$WORK/stored.json" &&
        api POST /api/v1/namespaces/shop/pods -d "@$WORK/stored.json" >/dev/null
}
for account in default webapp reports import; do
    kubectl patch serviceaccount -n shop $account -p '{"automountServiceAccountToken": false}' >/dev/null
done
check "a pod" running web-6f4d8c7b9-9fqvn "$samples/pods/allowed.yaml"
check "a Linux pod" running reports-28361-h7k2p "$samples/pods/linux.yaml"
cat >"$WORK/manifests/import.yaml" <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: import-uses-shop-reports, namespace: shop}
subjects: [{kind: ServiceAccount, name: import, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: use-shop-reports}
END
check "a pod whose account lost its permission since" running import-5b6c9-x2v4d "$samples/pods/linux.yaml" \
    's/serviceAccountName: .*/serviceAccountName: import/'
sed -i 's/ShopWeb/ShopFront/' "$WORK/manifests/credential-specs.yaml"
check "a pod from before its spec changed" running web-6f4d8c7b9-2xkzq "$samples/pods/allowed.yaml"
check "the webhook's namespace" kubectl create namespace gmsa-webhook
mkdir "$WORK/public" && cp "$WORK"/keys/*.pub "$WORK/public/"
check "with the public keys" kubectl -n gmsa-webhook create configmap gmsa-grants \
    --from-literal=cluster-name=prod --from-file="$WORK/public"

# --- The page ------------------------------------------------------------------------------------

kubectl create clusterrolebinding carol --clusterrole=gmsa-auditor --user=carol >/dev/null
sed 's/client-key: "[^"]*"/&, as: carol/' "$KUBE/admin.conf" >"$KUBE/carol.conf"
carol=(kubectl --kubeconfig "$KUBE/carol.conf" -n shop)
is_auditor() { "${carol[@]}" get pods && ! "${carol[@]}" get secrets; }
check "carol is an auditor, and no more" wait_for 20 is_auditor

# with_answers: the page, the answer of each command being what it prints now.
with_answers() {
    local line answering=
    while IFS= read -r line; do
        case $line in
        '```'*)

            answering=
            ;;
        '$ '*)
            printf '%s\n' "$line"
            KUBECONFIG=$KUBE/carol.conf bash -c "${line#\$ }" </dev/null 2>&1
            answering=1
            ;;
        esac
        [ -n "$answering" ] || printf '%s\n' "$line"
    done
}
cd "$ROOT" || exit 2
with_answers <"$page" >"$WORK/page.md"
[ "${UPDATE_GOLDEN:-}" != 1 ] || cp "$WORK/page.md" "$page"
expect_same "the page shows what is printed" "$page" "$WORK/page.md"
check "of every command" [ "$(grep -oE '^\$ kubectl gmsa (list|who-can|why|audit)' "$page" | sort -u | wc -l)" = 4 ]

finish
