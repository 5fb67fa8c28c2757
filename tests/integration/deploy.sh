#!/usr/bin/env bash
# webhook/deploy: what the manifests say, whoever renders them, and that a real API server takes them.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

deploy=$ROOT/webhook/deploy
image=registry.example.com/gmsa-webhook:1.2.3
subject=system:serviceaccount:gmsa-webhook:gmsa-webhook
start_kube
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/ca.key" \
    -out "$WORK/ca.crt" -days 2 -subj /CN=test-ca 2>/dev/null

# as_json FILE: YAML of any kinds as JSON, one object a line, keys sorted. Nothing is asked of a server.
as_json() {
    "$KUBE/bin/kubectl" annotate --local -o json -f "$1" none- 2>/dev/null |
        jq -Sc 'if .kind == "List" then .items[] else . end'
}

# says WHAT FILTER: that jq filter, over every object of every overlay, is true of each. A line is
# {"overlay": NAME, "object": {...}}.
says() { check "$1" jq -es "all(.[]; $2)" "$WORK/all.json"; }

# --- Rendering -----------------------------------------------------------------------------------

# render KUBECTL FOLDER: all overlays by that kubectl; FOLDER.json gets what says() reads.
render() {
    local file
    run env KUBECTL="$1" CACHE="$WORK" "$deploy/render" "$2" "$image" "$WORK/ca.crt"
    expect_exit "the manifests are rendered by $1" 0
    for file in "$2"/*/install.yaml; do
        as_json "$file" | jq -c --arg overlay "$(basename "$(dirname "$file")")" '{$overlay, object: .}'
    done >"$2.json"
}
render "$KUBE/bin/kubectl" "$WORK/all"
sort "$WORK/all.json" >"$WORK/all.sorted"
newer=$(command -v kubectl || true)
if [ -n "$newer" ] && ! cmp -s "$newer" "$KUBE/bin/kubectl"; then
    render "$newer" "$WORK/newer"
    sort "$WORK/newer.json" >"$WORK/newer.sorted"
    expect_same "another kubectl, $("$newer" version --client 2>/dev/null | head -n 1), renders the same" \
        "$WORK/all.sorted" "$WORK/newer.sorted"
else
    skip "another kubectl renders the same" "there is no other"
fi

for folder in "$deploy/base" "$deploy"/overlays/*/; do
    name=$(basename "$folder")
    check "$name has objects" jq -es --arg name "$name" \
        'map(select(.overlay == $name)) | length > 10' "$WORK/all.json"
    check "the README names $name" grep -qF -- "\`$name\`" "$deploy/README.md"
done

run env KUBECTL="$KUBE/bin/kubectl" "$deploy/render" "$WORK/wrong" "$image" "$WORK/ca.key"
expect_exit "a key in place of the certificate is refused" 1
cat "$WORK/ca.crt" "$WORK/ca.key" >"$WORK/both.pem"
run env KUBECTL="$KUBE/bin/kubectl" "$deploy/render" "$WORK/wrong" "$image" "$WORK/both.pem"
expect_exit "and so is a key beside it" 1
run env KUBECTL="$KUBE/bin/kubectl" "$deploy/render" "$WORK/wrong" "x: y"
expect_exit "and what is no image's name" 1

# --- The webhook configurations ------------------------------------------------------------------

data=$ROOT/tests/data/kube
expect_text() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1"
        diff <(echo "$2") <(echo "$3") | details
    fi
}
digest() { grep -v '^#' "$1" | sha256sum | cut -c 1-64; }
expect_text "the conditions are those that were tried on 1.36.2" \
    7198420952082c0f99d927eb174ea788fb1f3f03b1e72a86eb557c8d3e54edd1 "$(digest "$data/match-conditions.yaml")"
expect_text "and the policy is" \
    c2e872e6c914a9a6e73fabfb85bc98552776bc89875b219b3c6e4c6b673f6977 "$(digest "$data/use-policy.yaml")"

{ printf 'apiVersion: v1\nkind: Conditions\nmetadata: {name: x}\n' && cat "$data/match-conditions.yaml"; } \
    >"$WORK/conditions.yaml"
as_json "$WORK/conditions.yaml" | jq .matchConditions >"$WORK/conditions.json"
old='(.overlay | IN("before-1.28", "before-1.21"))'
check "mutate and validate have exactly them in every overlay for 1.28 and later" jq -es --slurpfile tried "$WORK/conditions.json" "
    map(select($old | not).object.webhooks[]? | select(.name | test(\"^(mutate|validate)[.]gmsa\")) |
        .matchConditions) | length >= 18 and all(. == \$tried[0])" "$WORK/all.json"
as_json "$data/use-policy.yaml" >"$WORK/policy.json"
check "the policy's overlays have exactly the policy" jq -es --slurpfile tried "$WORK/policy.json" '
    map(.object | select(.kind | test("^ValidatingAdmissionPolicy"))) |
    length == 4 and all(IN($tried[]))' "$WORK/all.json"

says "no namespace and no object is exempt from 1.28 on" "$old or ([.object.webhooks[]? |
    has(\"namespaceSelector\") or has(\"objectSelector\")] | any | not)"
says "before, the webhook's own namespace alone is, and only for pods" "($old | not) or
    ([.object.webhooks[]? | select(has(\"namespaceSelector\") or has(\"objectSelector\"))] | all(.[];
        (.name | test(\"^(mutate|validate)[.]gmsa\")) and (has(\"objectSelector\") | not) and
        .namespaceSelector == {matchExpressions: [{key: \"kubernetes.io/metadata.name\",
            operator: \"NotIn\", values: [\"gmsa-webhook\"]}]}))"
says "and there are no conditions" "($old | not) or ([.object.webhooks[]? | has(\"matchConditions\")] | any | not)"
says "every registration for warnings has conditions of its own from 1.28 on" "$old or
    ([.object.webhooks[]? | select(.name | startswith(\"warn\"))] | all(.[]; (.matchConditions | length) == 2))"
says "the authority stands in every registration, unless cert-manager or the webhook writes it" '
    .object.webhooks == null or (.overlay | IN("cert-manager", "combined", "self-managed-certs")) as $manager |
    [.object.webhooks[].clientConfig | has("caBundle")] | if $manager then any | not else all end'
says "it is the one given" '[.object.webhooks[]?.clientConfig.caBundle // empty | @base64d] |
    all(.[]; . == '"$(jq -Rs . "$WORK/ca.crt")"')'

# What stands in every overlay, in one line a webhook.
jq -r 'select(.object.webhooks) | .object.webhooks[] | [.name, .clientConfig.service.path, .failurePolicy,
    "\(.timeoutSeconds)s", .matchPolicy, .sideEffects, .reinvocationPolicy // "-",
    (.admissionReviewVersions | join(",")), (.rules[] | (.operations | join("+")) + ":" +
    (.apiGroups | join(",")) + "/" + (.apiVersions | join(",")) + "/" + (.resources | join(",")) + ":" + .scope)] |
    join(" ")' "$WORK/all.json" | sort -u >"$WORK/registrations"
cat >"$WORK/expected" <<'END'
mutate.gmsa-identity.dev /mutate Fail 5s Equivalent None IfNeeded v1 CREATE:/v1/pods:Namespaced UPDATE:/v1/pods/ephemeralcontainers:Namespaced
validate-credspec.gmsa-identity.dev /validate-credspec Fail 5s Equivalent None - v1 CREATE+UPDATE:windows.k8s.io/v1/gmsacredentialspecs:Cluster
validate.gmsa-identity.dev /validate Fail 5s Equivalent None - v1 CREATE+UPDATE:/v1/pods:Namespaced UPDATE:/v1/pods/ephemeralcontainers:Namespaced
warn-cronjobs.gmsa-identity.dev /warn Ignore 1s Equivalent None - v1 CREATE+UPDATE:batch/v1,v1beta1/cronjobs:Namespaced
warn-podtemplates.gmsa-identity.dev /warn Ignore 1s Equivalent None - v1 CREATE+UPDATE:/v1/podtemplates:Namespaced
warn.gmsa-identity.dev /warn Ignore 1s Equivalent None - v1 CREATE+UPDATE:apps/v1/deployments,statefulsets,daemonsets,replicasets:Namespaced CREATE+UPDATE:batch/v1/jobs:Namespaced CREATE+UPDATE:/v1/replicationcontrollers:Namespaced
END
expect_same "the registrations are the same everywhere, and as designed" "$WORK/expected" "$WORK/registrations"

# --- Permissions ---------------------------------------------------------------------------------

says "no role has a wildcard" '[.object.rules? // [] | .. | strings] | index("*") | not'
expect_text "one role alone has the verb use, and it names a spec" \
    'gmsa-credentialspec-use-template ["name-of-one-credential-spec"]' "$(jq -r '.object |
        select(.kind | IN("Role", "ClusterRole")) | select([.rules[].verbs[]] | index("use")) |
        "\(.metadata.name) \([.rules[].resourceNames[]?] | tojson)"' "$WORK/all.json" | sort -u)"
expect_text "one role alone is aggregated to another, in its own overlay" \
    'viewer gmsa-credentialspec-viewer-aggregated aggregate-to-view' "$(jq -r '.overlay as $overlay | .object |
        select(.kind == "ClusterRole") | .metadata as $m | $m.labels | keys[] |
        select(startswith("rbac.authorization.k8s.io/")) |
        "\($overlay) \($m.name) \(ltrimstr("rbac.authorization.k8s.io/"))"' "$WORK/all.json")"
# bindings OVERLAY-FILTER: who is bound to what in those overlays.
bindings() {
    jq -r "select(.overlay | $1).object | select(.kind | test(\"RoleBinding$\")) | \"\\(.kind) \\(.roleRef.name) \" +
        (.subjects | map(\"\\(.namespace)/\\(.name)\") | join(\",\"))" "$WORK/all.json" | sort -u
}
expect_text "one binding alone is made, of the webhook to its role" 'ClusterRoleBinding gmsa-webhook gmsa-webhook/gmsa-webhook' \
    "$(bindings '. != "self-managed-certs"')"
expect_text "and two more where it makes its certificates" 'ClusterRoleBinding gmsa-webhook gmsa-webhook/gmsa-webhook
ClusterRoleBinding gmsa-webhook-certificates gmsa-webhook/gmsa-webhook
RoleBinding gmsa-webhook-certificates gmsa-webhook/gmsa-webhook' "$(bindings '. == "self-managed-certs"')"
expect_text "which bind it to names, except where it creates something in its own namespace" \
    'Role leases create
Role secrets create' "$(jq -r '.object | select(.metadata.name == "gmsa-webhook-certificates" and .rules) | .kind as $kind |
        .rules[] | select(has("resourceNames") | not) | "\($kind) \(.resources | join(",")) \(.verbs | join(","))"' \
        "$WORK/all.json" | sort -u)"

# --- The Deployment ------------------------------------------------------------------------------

pod='.object.kind != "Deployment" or (.object.spec.template.spec |'
says "runs as somebody who is not root" "$pod .securityContext |
    .runAsNonRoot and .runAsUser > 0 and .runAsGroup > 0)"
says "with a read-only root, no privilege and no capability" "$pod .containers + (.initContainers // []) | length == 1 and
    all(.[].securityContext; .readOnlyRootFilesystem and .allowPrivilegeEscalation == false and
        .capabilities == {drop: [\"ALL\"]} and (has(\"privileged\") or has(\"runAsUser\") | not)))"
says "with the runtime's seccomp profile" "$pod .securityContext.seccompProfile.type == \"RuntimeDefault\")"
says "with limits, probes and a priority" "$pod .priorityClassName == \"system-cluster-critical\" and
    all(.containers[]; .resources.limits.memory and .resources.requests.memory and .livenessProbe.httpGet and
        .readinessProbe.httpGet))"
says "of the image that was asked for" "$pod .containers[0].image == \"$image\")"
says "spread over nodes and zones, twice" '.object.kind != "Deployment" or (.object.spec |
    .replicas == 2 and .template.spec.affinity.podAntiAffinity and .template.spec.topologySpreadConstraints)'
says "on the node's network in one overlay alone" '.object.kind != "Deployment" or
    (.overlay == "host-network") == (.object.spec.template.spec.hostNetwork == true)'
expect_text "the image's user is the pod's" \
    "$(jq -r '.object | select(.kind == "Deployment").spec.template.spec.securityContext |
        "USER \(.runAsUser):\(.runAsGroup)"' "$WORK/all.json" | sort -u)" "$(grep '^USER ' "$deploy/Dockerfile")"
"$BUILD/gmsa-webhook" serve --help >"$WORK/help" 2>&1
while read -r option; do
    check "serve knows $option" grep -qF -- "$option" "$WORK/help"
done < <(jq -r '.object | select(.kind == "Deployment").spec.template.spec.containers[].args[] |
    select(startswith("--")) | sub("=.*"; "")' "$WORK/all.json" | sort -u)
says "on port 8443, but on the node's network" '.object.kind != "Deployment" or
    (.overlay == "host-network") as $host | [.object.spec.template.spec.containers[0].ports[] | "\(.name) \(.containerPort)"] ==
    if $host then ["https 10270", "health 10271"] else ["https 8443", "health 8080"] end'
says "with room for a rollout, and an end in good order" '.object.kind != "Deployment" or
    .object.spec.template.spec.terminationGracePeriodSeconds > 25'
check "every overlay has all that an installation needs" jq -es '
    ["ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Deployment", "MutatingWebhookConfiguration",
        "Namespace", "PodDisruptionBudget", "ResourceQuota", "Service", "ServiceAccount",
        "ValidatingWebhookConfiguration"] as $needed |
    group_by(.overlay) | length > 10 and all(.[]; ($needed - map(.object.kind)) == [])' "$WORK/all.json"
expect_text "what an overlay adds is what it says" 'cert-manager Certificate Issuer
combined Certificate Issuer NetworkPolicy PrometheusRule ServiceMonitor ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
network-policy NetworkPolicy
prometheus PrometheusRule ServiceMonitor
self-managed-certs Role RoleBinding
use-policy ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding' "$(jq -rs 'map(select(.overlay == "base").object.kind) as $base |
    group_by(.overlay)[] | .[0].overlay as $overlay | ((map(.object.kind) | unique) - $base) |
    select(length > 0) | "\($overlay) \(join(" "))"' "$WORK/all.json")"
says "the budget keeps one replica" '.object.kind != "PodDisruptionBudget" or .object.spec.minAvailable == 1'
says "the policy admits addresses to the webhook, and the monitoring to its metrics" '.object.kind != "NetworkPolicy" or
    (.object.spec | .policyTypes == ["Ingress"] and (.ingress | length == 2 and
        (.[0] | .ports == [{port: 8443, protocol: "TCP"}] and all(.from[]; keys == ["ipBlock"])) and
        (.[1] | .ports == [{port: 8080, protocol: "TCP"}] and .from == [{namespaceSelector: {matchLabels: {
            "kubernetes.io/metadata.name": "monitoring"}}}])))'
says "services, budget and policy select the Deployment's pods" '
    (.object.spec | if .podSelector then .podSelector.matchLabels elif .minAvailable then .selector.matchLabels
     else .selector end) as $labels | .object.kind as $kind |
    ($kind | IN("Service", "PodDisruptionBudget", "NetworkPolicy") | not) or
    $labels == {"app.kubernetes.io/name": "gmsa-webhook"}'
says "services lead to ports that there are" '.object.kind != "Service" or
    all(.object.spec.ports[]; .targetPort | IN("https", "health"))'

# What it loads at its start comes along in the image: nothing of the directory's libraries may.
check "the webhook links no library of the directory" bash -c '
    ! readelf -d "$0" | grep -E "NEEDED.*lib(ldap|lber|sasl2|krb5|gssapi|k5crypto|com_err|cares|curl)"' "$BUILD/gmsa-webhook"

# --- On a real API server ------------------------------------------------------------------------

# of OVERLAY FILTER: its objects as a list.
of() { jq -s --arg overlay "$1" 'map(select(.overlay == $overlay).object | select('"$2"')) |
    {apiVersion: "v1", kind: "List", items: .}' "$WORK/all.json"; }

# 1.20 takes the whole of its overlay, its own checks of fields included.
run "${admin[@]}" apply -f "$WORK/all/before-1.21/install.yaml"
expect_exit "before-1.21 is installed by kubectl apply" 0
run "${admin[@]}" apply -f "$WORK/all/before-1.21/install.yaml"
expect_exit "and once more" 0
check "nothing changes by that" bash -c '! grep -v "unchanged\$" "$0" | grep -v "^poddisruptionbudget"' "$WORK/.stdout"

# The others hold something that is too new: that apart, all is accepted. Conditions are dropped.
unknown='(.apiVersion | test("^(cert-manager[.]io|monitoring[.]coreos[.]com)/")) or
    .apiVersion == "policy/v1" or (.kind | startswith("ValidatingAdmissionPolicy"))'
for folder in "$WORK"/all/*/; do
    name=$(basename "$folder")
    of "$name" "($unknown) | not" >"$WORK/known.json"
    run "${admin[@]}" apply --dry-run=server --validate=false -f "$WORK/known.json"
    expect_exit "$name is accepted, but for what 1.20 does not know" 0
done
of host-network '.kind == "Deployment"' >"$WORK/deployment.json"
run "${admin[@]}" apply -f "$WORK/deployment.json" --dry-run=server
expect_exit "host-network's Deployment is accepted with all its fields known" 0

# --- What the webhook may do ---------------------------------------------------------------------

# can YES|NO WORD...: kubectl auth can-i, as the webhook.
can() {
    local expected=$1
    shift
    expect_text "$expected: the webhook can $*" "$expected" \
        "$("${admin[@]}" --as="$subject" auth can-i "$@" 2>/dev/null)"
}
for verb in get list watch; do
    can yes $verb gmsacredentialspecs.windows.k8s.io
    can yes $verb customresourcedefinitions.apiextensions.k8s.io/gmsacredentialspecs.windows.k8s.io
    can no $verb customresourcedefinitions.apiextensions.k8s.io
    can no $verb secrets --all-namespaces
    can no $verb configmaps --namespace gmsa-webhook
    can no $verb pods --all-namespaces
done
for resource in roles rolebindings clusterroles clusterrolebindings; do
    can yes list $resource.rbac.authorization.k8s.io --all-namespaces
    can yes watch $resource.rbac.authorization.k8s.io --all-namespaces
    can no create $resource.rbac.authorization.k8s.io --all-namespaces
done
can yes create localsubjectaccessreviews.authorization.k8s.io --namespace shop
for verb in use create update patch delete; do can no $verb gmsacredentialspecs.windows.k8s.io; done
can no create pods --namespace gmsa-webhook
can no update validatingwebhookconfigurations.admissionregistration.k8s.io
one='/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldSelector=metadata.name%3D'
run "${admin[@]}" --as="$subject" get --raw "${one}gmsacredentialspecs.windows.k8s.io"
expect_exit "it can list its own definition" 0
run "${admin[@]}" --as="$subject" get --raw "${one}others.example.com"
expect_exit "and no other" 1

# With the overlay in which it makes its certificates: one Secret, one Lease, its own configurations.
for kind in Role RoleBinding ClusterRole ClusterRoleBinding; do
    of self-managed-certs ".kind == \"$kind\" and .metadata.name == \"gmsa-webhook-certificates\"" >"$WORK/role.json"
    "${admin[@]}" apply -f "$WORK/role.json" >/dev/null
done
for verb in get list watch patch; do
    can yes $verb secrets/gmsa-webhook-certificates --namespace gmsa-webhook
    can no $verb secrets/gmsa-grant-keys --namespace gmsa-webhook
    can no $verb secrets/gmsa-webhook-certificates --namespace shop
done
for verb in get patch; do
    can yes $verb leases.coordination.k8s.io/gmsa-webhook-certificates --namespace gmsa-webhook
    can no $verb leases.coordination.k8s.io/others --namespace gmsa-webhook
done
for resource in secrets leases.coordination.k8s.io; do
    can yes create $resource --namespace gmsa-webhook
    can no create $resource --namespace kube-system
    can no delete $resource --namespace gmsa-webhook
done
for kind in mutating validating; do
    for verb in list watch patch; do
        can yes $verb ${kind}webhookconfigurations.admissionregistration.k8s.io/gmsa-webhook
        can no $verb ${kind}webhookconfigurations.admissionregistration.k8s.io/others
    done
    can no delete ${kind}webhookconfigurations.admissionregistration.k8s.io/gmsa-webhook
done
can no patch customresourcedefinitions.apiextensions.k8s.io/gmsacredentialspecs.windows.k8s.io

# --- From nothing, before 1.28 -------------------------------------------------------------------
# The webhook is away; nothing listens at the Service's address, so that every call fails.

run "${admin[@]}" apply -f "$data/shop.yaml"
jq -n '{apiVersion: "v1", kind: "Pod", metadata: {name: "plain", namespace: "shop"},
    spec: {containers: [{name: "app", image: "x"}]}}' >"$WORK/plain.json"
refused_elsewhere() {
    ! "${admin[@]}" create --dry-run=server -f "$WORK/plain.json" >"$WORK/said" 2>&1 &&
        grep -q 'failed calling webhook "mutate.gmsa-identity.dev"' "$WORK/said"
}
check "with the webhook away, before 1.28, no pod starts elsewhere" wait_for 30 refused_elsewhere

# Controllers would give the service account a token and the quota a status. None runs here.
jq -n --arg uid "$("${admin[@]}" get serviceaccount -n gmsa-webhook gmsa-webhook -o 'jsonpath={.metadata.uid}')" '{
    apiVersion: "v1", kind: "Secret", metadata: {name: "token", namespace: "gmsa-webhook", annotations: {
        "kubernetes.io/service-account.name": "gmsa-webhook", "kubernetes.io/service-account.uid": $uid}},
    type: "kubernetes.io/service-account-token", data: {token: ("x" | @base64)}}' >"$WORK/token.json"
"${admin[@]}" create -f "$WORK/token.json" >/dev/null
"${admin[@]}" patch serviceaccount -n gmsa-webhook gmsa-webhook -p '{"secrets":[{"name":"token"}]}' >/dev/null
"${admin[@]}" get resourcequota -n gmsa-webhook gmsa-webhook -o json |
    jq '.status = {hard: .spec.hard, used: {pods: "0"}}' >"$WORK/quota.json"
"${admin[@]}" replace --raw /api/v1/namespaces/gmsa-webhook/resourcequotas/gmsa-webhook/status \
    -f "$WORK/quota.json" >/dev/null
of before-1.21 '.kind == "Deployment"' | jq '.items[0].spec.template |
    {apiVersion: "v1", kind: "Pod", metadata: (.metadata + {name: "gmsa-webhook-0", namespace: "gmsa-webhook"}),
     spec}' >"$WORK/own.json"
own_starts() { "${admin[@]}" create -f "$WORK/own.json"; }
check "the webhook's own pod does" wait_for 20 own_starts

finish
