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

# --- The webhook as a user of the API server -----------------------------------------------------

# user NAME: a kubeconfig of that user, $KUBE/NAME.conf.
user() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$KUBE/pki/$1.key" \
        -out "$KUBE/pki/$1.csr" -subj "/CN=$1" 2>/dev/null &&
        openssl x509 -req -in "$KUBE/pki/$1.csr" -CA "$KUBE/pki/ca.crt" -CAkey "$KUBE/pki/ca.key" \
            -CAcreateserial -days 2 -out "$KUBE/pki/$1.crt" \
            -extfile <(echo extendedKeyUsage=clientAuth) 2>/dev/null &&
        sed "s|/dev\\.|/$1.|g; s|\"dev\"|\"$1\"|g" "$KUBE/dev.conf" >"$KUBE/$1.conf"
}
user gmsa-webhook && user peer || exit 2

# serve_cluster OPTION...: like serve, with the cluster behind it.
as=gmsa-webhook
serve_cluster() {
    [ -z "$pid" ] || stop
    "$BUILD/gmsa-webhook" serve --kubeconfig "$KUBE/$as.conf" --state-dir "$state" \
        --listen "$listen" --health-listen 127.0.0.1:0 --shutdown-delay 0s --log-format json \
        "$@" 2>"$WORK/webhook.log" &
    pid=$!
    if ! wait_for 20 logged ready; then
        fail "the webhook starts"
        details <"$WORK/webhook.log"
        finish
    fi
    listen=$(jq -r 'select(.message == "ready").listen' "$WORK/webhook.log")
    url=https://$listen
    health=http://$(jq -r 'select(.message == "ready").health' "$WORK/webhook.log")
}
is_ready() { curl -sf --max-time 5 "$health/readyz" >"$WORK/readyz"; }
# metric NAME: its value.
metric() { curl -s --max-time 5 "$health/metrics" | sed -n "s/^$1 //p"; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
calls() {
    curl -s --max-time 5 "$health/metrics" |
        awk -v method="method=\"$1\"" '/^rest_client_requests_total/ && index($0, method) { n += $2 } END { print n + 0 }'
}

# as_admin METHOD PATH [CURL OPTION...]: sets code; much faster than kubectl.
as_admin() {
    local method=$1 path=$2
    shift 2
    code=$(curl -s --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/admin.crt" \
        --key "$KUBE/pki/admin.key" -o "$WORK/admin.out" -w '%{http_code}' -X "$method" \
        -H "Content-Type: application/$([ "$method" = PATCH ] && echo merge-patch+)json" \
        "$@" "$server$path")
}
bindings=/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings
# bind SPEC [ACCOUNT], unbind SPEC
bind() {
    as_admin POST "$bindings" -d "$(jq -nc --arg spec "$1" --arg account "${2:-webapp}" '{
        apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding",
        metadata: {name: ("use-" + $spec)},
        subjects: [{kind: "ServiceAccount", name: $account, namespace: "shop"}],
        roleRef: {kind: "ClusterRole", name: ("use-" + $spec), apiGroup: "rbac.authorization.k8s.io"}}')"
    [ "$code" = 201 ]
}
unbind() {
    as_admin DELETE "$bindings/use-$1"
    [ "$code" = 200 ]
}
specs=/apis/windows.k8s.io/v1/gmsacredentialspecs
"$BUILD/credspec" convert --to json "$WORK/webapp01.yaml" >"$WORK/spec.json" 2>/dev/null
# spec NAME FILTER: the object, changed by a jq filter.
spec() {
    jq -c --arg name "$1" '{apiVersion: "windows.k8s.io/v1", kind: "GMSACredentialSpec",
        metadata: {name: $name}, credspec: .} |'"${2:-.}" "$WORK/spec.json"
}
put_spec() {
    as_admin POST "$specs" -d "$(spec "$@")"
    [ "$code" = 201 ]
}
patch_spec() {
    as_admin PATCH "$specs/$1" -d "$2"
    [ "$code" = 200 ]
}
cat >"$WORK/cluster.yaml" <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gmsa-webhook}
rules:
  - {apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [get, list, watch]}
  - {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [list, watch]}
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [roles, rolebindings, clusterroles, clusterrolebindings]
    verbs: [list, watch]
  - {apiGroups: [authorization.k8s.io], resources: [localsubjectaccessreviews], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: gmsa-webhook}
subjects: [{kind: User, name: gmsa-webhook, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: gmsa-webhook, apiGroup: rbac.authorization.k8s.io}
---
# What the existing webhook may do.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: peer}
rules:
  - {apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [get, use]}
  - {apiGroups: [authorization.k8s.io], resources: [localsubjectaccessreviews], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: peer}
subjects: [{kind: User, name: peer, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: peer, apiGroup: rbac.authorization.k8s.io}
END
for name_of_spec in web api late ghost broken; do
    cat >>"$WORK/cluster.yaml" <<END
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-$name_of_spec}
rules:
  - {apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [use], resourceNames: [$name_of_spec]}
END
done

# --- Begin ---------------------------------------------------------------------------------------

run "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml" -f "$data/shop.yaml" -f "$WORK/cluster.yaml"
expect_exit "the definition, roles, a namespace and its users" 0
run "${admin[@]}" wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io
check "a spec" wait_for 20 put_spec web
check "which the service account may use" bind web
third='.credspec.DomainJoinConfig.MachineAccountName = "Third"'
check "a broken one, from before the webhook" put_spec broken "$third"
serve_cluster
check "ready once the specs are known" wait_for 20 is_ready
register "$state/ca.crt"
web='top.gmsaCredentialSpecName = "web"'
pod refused "$alone | main.gmsaCredentialSpec = \"{}\""
check "the API server asks the webhook" wait_for 30 answers "does not name the GMSACredentialSpec"
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

# --- Permissions come and go ---------------------------------------------------------------------

# The answer is cached again before each: five seconds after the last event.
pod revoked "$web"
late_ones=0
for i in {1..10}; do
    unbind web
    create dry-run
    [ "$code" = 403 ] || late_ones=$((late_ones + 1))
    bind web
    check_again=0
    until create dry-run && [ "$code" = 201 ]; do
        check_again=$((check_again + 1))
        [ "$check_again" -lt 50 ] || break
    done
done
echo "# answered \"allowed\" right after the binding was deleted: $late_ones of 10 times"
check "it is not the cache that lags" [ "$late_ones" -le 10 ]
revoked=0
for i in {1..3}; do
    unbind web
    end=$((SECONDS + 1))
    while [ "$SECONDS" -lt "$end" ]; do :; done
    create dry-run
    [ "$code" = 403 ] && revoked=$((revoked + 1))
    bind web
done
expect_text "a second later it is always refused" 3 echo "$revoked"

# --- Answers that are kept -----------------------------------------------------------------------

pod cached "$web"
cached() {
    local before
    before=$(calls POST)
    create dry-run
    [ "$code" = 201 ] && [ "$(calls POST)" = "$before" ]
}
check "a while after the last event nothing is asked any more" wait_for 20 cached
check "the cache is used" [ "$(metric gmsa_authorization_cache_hits_total)" -gt 0 ]
check "the API server is known to be there" metric_is gmsa_api_up 1

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
run "${admin[@]}" replace -f "$ROOT/credspec/crd.yaml"
expect_exit "with our definition" 0
check "pods are admitted again" wait_for 30 answers 201
pod unlisted "$listed = \"ContainerUser\""
check "and the list counts" answers 'not one that GMSACredentialSpec "web" allows'
patch_spec web '{"allowedRunAsUserNames":null}'
pod free "$listed = \"ContainerUser\""
check "until somebody takes it away" wait_for 3 answers 201

# --- The API server goes away and comes back -----------------------------------------------------

# review ENDPOINT [SUFFIX]: $WORK/pod.json as the API server sends it, asked of the webhook itself. Sets
# verdict: "allowed", or code and message of a refusal.
review() {
    jq -c '{apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {uid: "u",
        kind: {group: "", version: "v1", kind: "Pod"}, name: .metadata.name, namespace: "shop",
        resource: {group: "", version: "v1", resource: "pods"}, operation: "CREATE",
        userInfo: {username: "dev", groups: ["developers"]}, object: .}}' "$WORK/pod.json" |
        curl -s --max-time 20 --cacert "$state/ca.crt" -H 'Content-Type: application/json' \
            -d @- "$url$1?timeout=2s" >"$WORK/verdict${2:-}"
    verdict=$(jq -r '.response | if .allowed then "allowed" else "\(.status.code) \(.status.message)" end' \
        "$WORK/verdict${2:-}")
}
mutates() { review /mutate && [[ $verdict == $1* ]]; }

# stop_apiserver, start_apiserver: the same one again, in its folder.
stop_apiserver() {
    local apiserver
    apiserver=$(cat "$KUBE/apiserver.pid")
    mapfile -d '' -t apiserver_command <"/proc/$apiserver/cmdline"
    kill -KILL "$apiserver"
    while [ -d "/proc/$apiserver" ]; do sleep 0.02; done
}
start_apiserver() {
    (
        cd "$KUBE" || exit 2
        setsid nohup "${apiserver_command[@]}" >>apiserver.log 2>&1 </dev/null &
        echo $! >apiserver.pid
    )
}
serving() { as_admin GET /readyz && [ "$code" = 200 ]; }

# Each worker keeps its own answers.
serve_cluster --workers 1
pod away "$web"
check "an answer is kept" wait_for 20 cached
stop_apiserver
review /mutate
expect_text "without the API server a kept answer counts" allowed echo "$verdict"
pod away "$web | .spec.serviceAccountName = \"other\""
review /mutate
check "what is not known is refused as unavailable" [ "${verdict%% *}" = 503 ]
check "in words that help" grep -q 'cannot find out now whether .* did not answer.*; try again' "$WORK/verdict"
check "which do not tell addresses" sh -c "! grep -q 127.0.0.1 '$WORK/verdict'"
pod away "$web"
check "a kept answer ends with its age" wait_for 40 mutates 503
check "the metric shows it" wait_for 20 metric_is gmsa_api_up 0
check "it stays ready" is_ready
check "and says what is wrong" grep -q '^\[!\]api-server does not answer' "$WORK/readyz"

# Under load: whatever comes meanwhile is allowed or unavailable, and never forbidden.
load() {
    until [ -e "$WORK/enough" ]; do
        review /mutate ".$1"
        echo "${verdict%% *}"
    done >"$WORK/load.$1"
}
load 1 & load_pids=$!
load 2 & load_pids+=" $!"
start_apiserver
check "the API server comes back" wait_for 60 serving
check "and pods are admitted without a restart" wait_for 40 mutates allowed
check "the metric shows that too" wait_for 40 metric_is gmsa_api_up 1
stop_apiserver
start_apiserver
check "again, at once" wait_for 60 serving
check "pods are admitted" wait_for 40 mutates allowed
touch "$WORK/enough"
# shellcheck disable=SC2086  # two numbers
wait $load_pids
sort "$WORK"/load.* | uniq -c | sed 's/^/# /'
check "meanwhile none was forbidden" sh -c "! cat '$WORK'/load.* | grep -vxE 'allowed|503'"
pod back "$web"
check "the API server asks the webhook again" wait_for 30 answers 201
check "watches go on: a new spec" put_spec late
bind late
pod late 'top.gmsaCredentialSpecName = "late"'
check "can be used" wait_for 2 answers 201
pod revoked "$web"
unbind web
check "and permissions end" wait_for 2 answers 'is not authorised'
bind web

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
