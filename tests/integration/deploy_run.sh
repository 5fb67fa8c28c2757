#!/usr/bin/env bash
# The webhook installed in a real API server as webhook/deploy's pages say, command by command, and run
# as a container would be: the image's root, read-only, with the stored Deployment's user, arguments and
# volumes. This script is the kubelet, and the Service's proxy.
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Debian's packages are fetched while there still is a network.
if [ -z "${IMAGE_ROOT:-}" ]; then
    [ "$(id -u)" = 0 ] || {
        echo "skip - only root can run a container's root"
        echo "0 passed, 0 failed"
        exit 0
    }
    IMAGE_ROOT=$(mktemp -d) || exit 2
    export IMAGE_ROOT
    chmod 0755 "$IMAGE_ROOT"
    "$here/../../webhook/deploy/image-root" "${BUILD:-$here/../../build}/gmsa-webhook" "$IMAGE_ROOT/root" || exit 2
fi
# shellcheck source=tests/kube/lib.sh
. "$here/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$here/lib.sh"
at_exit 'rm -rf -- "$IMAGE_ROOT"'

deploy=$ROOT/webhook/deploy
start_kube
if ! sysctl -qw net.ipv4.ip_unprivileged_port_start=0 2>/dev/null ||
    ! unshare --mount mount --bind "$WORK" "$WORK" 2>/dev/null; then
    skip "the image's root" "this machine allows no namespaces"
    finish
fi

# --- The pages' commands -------------------------------------------------------------------------

# follow PAGE NAME [SED-SCRIPT]: runs the commands under `<!-- tested: NAME -->`, in $WORK/hands.
mkdir "$WORK/hands"
follow() {
    awk -v mark="<!-- tested: $2 -->" '$0 == mark { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next }
        inside' "$deploy/$1" | sed "${3:-}" >"$WORK/commands"
    [ -s "$WORK/commands" ] || {
        fail "$1 has the commands for $2"
        finish
    }
    run env -C "$WORK/hands" KUBECONFIG="$KUBE/admin.conf" PATH="$KUBE/bin:$BUILD:$PATH" \
        bash -euo pipefail "$WORK/commands"
    expect_exit "$1: $2" 0
}
kubectl() { "${admin[@]}" "$@"; }

# --- A kubelet -----------------------------------------------------------------------------------

# mount_objects KIND NAME FOLDER: brings a Secret or ConfigMap into a folder as the kubelet does: all at
# once, by a symbolic link that is replaced. Files are for the group.
mount_objects() {
    local new object key
    new=$(mktemp -d "$3/..data-XXXXXX") || return
    object=$(kubectl get "$1" -n gmsa-webhook "$2" -o json) || return
    while read -r key; do
        jq -rj --arg key "$key" 'if .kind == "Secret" then .data[$key] | @base64d else .data[$key] end' \
            <<<"$object" >"$new/$key"
        [ -L "$3/$key" ] || ln -s "..data/$key" "$3/$key"
    done < <(jq -r '.data | keys[]' <<<"$object")
    chmod 0755 "$new"
    chgrp 65532 "$new"/* && chmod 0440 "$new"/*
    ln -sfn "$(basename "$new")" "$3/..data_tmp" && mv -T "$3/..data_tmp" "$3/..data"
    for key in "$3"/*; do [ -e "$key" ] || rm "$key"; done
}

# volumes FOLDER: every volume of the stored Deployment, each in a folder of that one.
volumes() {
    local name kind object
    while read -r name kind object; do
        mkdir -p "$1/$name" && mount_objects "$kind" "$object" "$1/$name" || return
    done < <(kubectl get deployment -n gmsa-webhook gmsa-webhook -o json | jq -r '.spec.template.spec.volumes[]? |
        "\(.name) " + (if .secret then "secret \(.secret.secretName)" else "configmap \(.configMap.name)" end)')
}

# container NAME LISTEN HEALTH: starts a replica. Its log is $WORK/NAME.log, its volumes $WORK/NAME. Sets pid.
container() {
    local name=$1 mounts=() args=() user
    mkdir -p "$WORK/$name/volumes" "$WORK/$name/account"
    volumes "$WORK/$name/volumes" || return
    kubectl get deployment -n gmsa-webhook gmsa-webhook -o json | jq '.spec.template.spec' >"$WORK/$name/spec.json"
    cp "$KUBE/pki/ca.crt" "$WORK/$name/account/ca.crt"
    printf gmsa-webhook >"$WORK/$name/account/namespace"
    kubectl create --raw /api/v1/namespaces/gmsa-webhook/serviceaccounts/gmsa-webhook/token -f - \
        <<<'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}' |
        jq -rj .status.token >"$WORK/$name/account/token"
    mapfile -t mounts < <(jq -r '.containers[0].volumeMounts[]? | .name, .mountPath' "$WORK/$name/spec.json")
    # The one reference that there is: $(CLUSTER_NAME), of a ConfigMap.
    CLUSTER_NAME=$(kubectl get configmap -n gmsa-webhook gmsa-grants -o 'jsonpath={.data.cluster-name}' 2>/dev/null)
    mapfile -t args < <(jq -r --arg cluster "$CLUSTER_NAME" '.containers[0].args[] |
        sub("[$][(]CLUSTER_NAME[)]"; $cluster)' "$WORK/$name/spec.json")
    user=$(jq -r '.securityContext | "\(.runAsUser):\(.runAsGroup)"' "$WORK/$name/spec.json")
    env -i PATH="$PATH" ASAN_OPTIONS="${ASAN_OPTIONS:-}" KUBERNETES_SERVICE_HOST=127.0.0.1 \
        KUBERNETES_SERVICE_PORT="${server##*:}" unshare --mount bash -euc '
        root=$1 work=$2 user=$3 count=$4
        shift 4
        mount --bind "$root" "$root"
        mount --bind /proc "$root/proc"
        mount --bind "$work/account" "$root/run/secrets/kubernetes.io/serviceaccount"
        while [ "$count" -gt 0 ]; do
            mount --bind "$work/volumes/$1" "$root$2"
            shift 2
            count=$((count - 2))
        done
        mount -o remount,bind,ro "$root"
        exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" /usr/bin/gmsa-webhook "$@"
    ' container "$IMAGE_ROOT/root" "$WORK/$name" "$user" ${#mounts[@]} "${mounts[@]}" "${args[@]}" \
        "--listen=$2" "--health-listen=$3" --shutdown-delay=0s 2>"$WORK/$name.log" &
    pid=$!
    running+=("$pid")
    ready_at "$3"
}
running=()
at_exit 'kill -KILL "${running[@]}" 2>/dev/null; wait 2>/dev/null'
is_ready() { curl -sf --max-time 5 "http://$1/readyz"; }
ready_at() {
    if wait_for 30 is_ready "$1"; then
        pass "$name is ready"
    else
        fail "$name is ready"
        details <"$WORK/$name.log"
        finish
    fi
}
# logged NAME MESSAGE: it was logged.
logged() { jq -r .message "$WORK/$1.log" | grep -qxF -- "$2"; }
server=$(sed -n 's/.*server: "\([^"]*\)".*/\1/p' "$KUBE/admin.conf")
server=${server%/}

# --- Installing ----------------------------------------------------------------------------------

follow README.md certificate
run env KUBECTL="$KUBE/bin/kubectl" CACHE="$WORK" "$deploy/render" "$WORK/hands/build/manifests" \
    registry.example.com/gmsa-webhook:0.1.0 "$WORK/hands/ca.crt"
expect_exit "the manifests are rendered" 0
# No controller rolls anything out here, and 1.20 takes before-1.21 alone.
ln -s "$ROOT/samples" "$WORK/hands/samples"
follow README.md apply 's/base/before-1.21/; /rollout/d'
run "${admin[@]}" apply -f "$ROOT/tests/data/kube/shop.yaml"

# The first replica stands at the Service's own address, for want of a proxy; the second beside it.
address=$(kubectl get service -n gmsa-webhook gmsa-webhook -o 'jsonpath={.spec.clusterIP}')
ip address add "$address/32" dev lo
container one "$address:443" 127.0.0.1:8080
first=$pid

# --- How it runs ---------------------------------------------------------------------------------

# process FIELD: of the first replica.
process() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$first/status" | tr '[:space:]' ' '; }
expect_text() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1 (expected: $2)"
        details <<<"$3"
    fi
}
expect_text "it runs as the user of the Deployment" '65532 65532 65532 65532 ' "$(process Uid)"
expect_text "of one group" '65532 65532 65532 65532 ' "$(process Gid)"
expect_text "with no capability" '0000000000000000 ' "$(process CapEff)"
expect_text "which it cannot get back" '1 ' "$(process NoNewPrivs)"
run touch "/proc/$first/root/tmp/x"
expect_error "its root is read-only" "Read-only file system"
check "the image holds the licences of what is in it" bash -c '
    cut -d " " -f 1 "$0/usr/share/packages" | while read -r package; do
        [ -s "$0/usr/share/doc/$package/copyright" ] || exit 1
    done' "$IMAGE_ROOT/root"

# --- Pods ----------------------------------------------------------------------------------------

# pod NAME FILTER: writes $WORK/pod.json: of the service account webapp, with webapp01, changed by a jq filter.
pod() {
    jq -n --arg name "$1" '{apiVersion: "v1", kind: "Pod", metadata: {name: $name, namespace: "shop"}, spec: {
        serviceAccountName: "webapp", nodeSelector: {"kubernetes.io/os": "windows"},
        securityContext: {windowsOptions: {gmsaCredentialSpecName: "webapp01"}},
        containers: [{name: "app", image: "x"}]}} |'"$2" >"$WORK/pod.json"
}
# created: the user dev creates it. refused TEXT: that is refused with that text.
created() {
    "${dev[@]}" create --validate=false -f "$WORK/pod.json" 2>&1
}
refused() {
    local said
    said=$(created) && return 1
    [[ $said == *"$1"* ]] || { echo "$said" && false; }
}
stored_pod() { kubectl get pod -n shop "$1" -o json | jq -r "$2"; }

follow README.md permission
pod permitted .
check "a pod whose service account may use the spec is admitted" wait_for 20 created
expect_text "and has the contents" WebApp01 "$(stored_pod permitted \
    '.spec.securityContext.windowsOptions.gmsaCredentialSpec | fromjson.DomainJoinConfig.MachineAccountName')"
pod nobody '.spec.serviceAccountName = "nobody"'
check "one whose service account may not is refused" refused 'service account "shop/nobody" is not authorised'
pod forged 'del(.spec.securityContext) | .spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec = "{}"'
check "forged contents are refused" refused "does not name the GMSACredentialSpec"
pod forged '.metadata.namespace = "gmsa-webhook" | del(.spec.serviceAccountName)'
run "${dev[@]}" create --validate=false -f "$WORK/pod.json"
expect_error "before 1.28 the webhook's namespace is exempt: RBAC must guard it" "forbidden"
jq '.credspec.DomainJoinConfig.Sid += "-1104" | .metadata = {name: "wrong"}' \
    <(kubectl get gmsacredentialspec webapp01 -o json) >"$WORK/wrong.json"
run "${admin[@]}" create -f "$WORK/wrong.json"
expect_error "a wrong credential spec is refused" CS023
pod web '.spec.serviceAccountName = "nobody"'
jq '{apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "web", namespace: "shop"}, spec: {
    selector: {matchLabels: {app: "web"}}, template: {metadata: {labels: {app: "web"}}, spec}}}' \
    "$WORK/pod.json" >"$WORK/workload.json"
run "${dev[@]}" create --validate=false -f "$WORK/workload.json"
expect_exit "a workload is stored" 0
expect_error "with a warning" 'Warning: '

# Every metric that an alert looks at is one that the server has.
run curl -s http://127.0.0.1:8080/metrics
grep -oE '(gmsa|controller_runtime|certwatcher)_[a-z_]+' "$deploy/parts/prometheus/alerts.yaml" |
    sed 's/_bucket$//' | sort -u >"$WORK/watched"
while read -r metric; do
    expect_output "the alerts' $metric is there" "# TYPE $metric "
done <"$WORK/watched"

complaints() { jq -c 'select(.level | IN("warning", "error"))' "$WORK/one.log"; }
expect_text "the webhook lacks no permission: it complains of nothing" '' "$(complaints)"

# --- A new certificate ---------------------------------------------------------------------------

serial() { openssl x509 -noout -serial; }
serves() {
    [ "$(openssl s_client -connect "$address:443" </dev/null 2>/dev/null | serial)" = "$(serial <"$1")" ]
}
follow README.md certificate '1,2d'
follow README.md renew
volumes "$WORK/one/volumes"
check "a renewed certificate is taken up without a restart" wait_for 20 serves "$WORK/hands/tls.crt"
pod renewed .
check "and the API server trusts it" created

# --- Certificates of its own ---------------------------------------------------------------------
# The change of a running installation as the page says it: as before, 1.20 takes the Deployment alone, with the
# roles. Its volumes are the Deployment's: there are none.

as_deployment() { sed -n '/^kind: Deployment$/,/^---$/p' "$1" | sed '1i apiVersion: apps/v1' | sed '/^---$/d'; }
# The registrations that an overlay with certificates of its own brings: without a caBundle.
sed '/^ *caBundle:/d' "$WORK/hands/build/manifests/before-1.21/install.yaml" >"$WORK/without-bundle.yaml"
as_deployment "$WORK/hands/build/manifests/self-managed-certs/install.yaml" >"$WORK/self-managed.yaml"
run "${admin[@]}" apply -f "$WORK/self-managed.yaml" -f "$deploy/overlays/self-managed-certs/permissions.yaml"
expect_exit "the overlay for certificates of its own" 0
kill -TERM "$first"
wait "$first"
expect_text "the webhook stops in good order" 0 "$?"
container own "$address:443" 127.0.0.1:8080
first=$pid
expect_text "no volume is mounted" 0 "$(find "$WORK/own/volumes" -mindepth 1 | wc -l)"
pod own .
check "it makes a certificate that the API server trusts, and pods are admitted" created
follow README.md authorities
expect_output "the configurations hold its authority" "self-made certificate authority"
bundles() { kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration gmsa-webhook -o json |
    jq -c '[.items[].webhooks[].clientConfig.caBundle]'; }
before=$(bundles)
run "${admin[@]}" apply -f "$WORK/without-bundle.yaml"
expect_exit "the registrations are applied without a caBundle" 0
puts_right() { [ "$(bundles)" = "$before" ]; }
check "which the webhook puts right" wait_for 20 puts_right
run "${admin[@]}" apply -f "$WORK/without-bundle.yaml"
expect_text "and once more, which leaves alone what it wrote" "$before" "$(bundles)"
pod again .
check "pods are admitted" wait_for 20 created
expect_text "it complains of nothing but of what was taken away" '' "$(jq -c 'select(.level | IN("warning", "error")) |
    select(.message != "the certificate is not trusted any more")' "$WORK/own.log")"
# Back to a certificate from the outside.
kill -TERM "$first"
wait "$first"
expect_text "it stops in good order" 0 "$?"
run "${admin[@]}" apply -f "$WORK/hands/build/manifests/before-1.21/install.yaml"
expect_exit "a certificate from files again" 0

# --- Grants, and a new key for two replicas ------------------------------------------------------

follow README.md grant-keys
as_deployment "$WORK/hands/build/manifests/linux/install.yaml" >"$WORK/linux.yaml"
run "${admin[@]}" apply -f "$WORK/linux.yaml"
expect_exit "the overlay for Linux pods" 0
container one "$address:443" 127.0.0.1:8080
container two 127.0.0.2:8443 127.0.0.2:8080
linux='.metadata.annotations["gmsa-identity.dev/credential-spec"] = "webapp01" | del(.spec.securityContext) |
    .spec.nodeSelector["kubernetes.io/os"] = "linux"'
key_of() { stored_pod "$1" '.metadata.annotations["gmsa-identity.dev/grant"] | split(".")[0]'; }
# two_accepts POD: the second replica's /validate accepts what the first one wrote.
two_accepts() {
    kubectl get pod -n shop "$1" -o json | jq '{apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {
        uid: "1", operation: "CREATE", namespace: "shop", name: .metadata.name, object: .,
        kind: {group: "", version: "v1", kind: "Pod"}, resource: {group: "", version: "v1", resource: "pods"},
        userInfo: {username: "dev"}, oldObject: null, dryRun: false}}' |
        curl -s --max-time 20 --cacert "$WORK/hands/ca.crt" -H 'Content-Type: application/json' --data-binary @- \
            --connect-to "gmsa-webhook.gmsa-webhook.svc:443:127.0.0.2:8443" \
            "https://gmsa-webhook.gmsa-webhook.svc/validate?timeout=10s" >"$WORK/answer"
    jq -e .response.allowed "$WORK/answer" >/dev/null || { cat "$WORK/answer" && false; }
}
pod linux "$linux"
check "a Linux pod gets a grant" created
before=$(key_of linux)
expect_text "for this cluster" prod "$(stored_pod linux '.metadata.annotations["gmsa-identity.dev/grant"] |
    split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "==="[:(4 - length % 4) % 4] | @base64d | fromjson.cluster')"
check "the other replica accepts it" two_accepts linux

follow README.md publish
for replica in one two; do
    volumes "$WORK/$replica/volumes"
    check "replica $replica takes the public key up" wait_for 20 logged $replica "grant keys reloaded"
done
pod published "$linux"
check "a pod is admitted" created
expect_text "still with the old key" "$before" "$(key_of published)"
follow README.md sign
volumes "$WORK/one/volumes"
# signs_anew: a pod is created, its grant has a new key, and its name is in $WORK/signed.
signs_anew() {
    local name=signed-$RANDOM
    pod "$name" "$linux"
    echo "$name" >"$WORK/signed"
    created && [ "$(key_of "$name")" != "$before" ]
}
check "the replica that has the private key signs with it" wait_for 20 signs_anew
check "the other one, which has not, accepts that" two_accepts "$(cat "$WORK/signed")"
check "and the old key's grants" two_accepts linux
follow README.md grants
expect_output "pods with old grants can be found" "shop/linux $before"
follow README.md retire "s/^old=.*/old=$before/"
for replica in one two; do volumes "$WORK/$replica/volumes"; done
two_refuses() { ! two_accepts "$1" && jq -e '.response.status.code == 422' "$WORK/answer"; }
check "a retired key's grants are refused" wait_for 20 two_refuses linux
check "those of the new one are accepted" two_accepts "$(cat "$WORK/signed")"

# --- Who is answered -----------------------------------------------------------------------------

cp "$KUBE/pki/ca.crt" "$WORK/hands/client-ca.crt"
follow README.md client-ca
as_deployment "$WORK/hands/build/manifests/client-ca/install.yaml" >"$WORK/client-ca.yaml"
run "${admin[@]}" apply -f "$WORK/client-ca.yaml"
expect_exit "the overlay for client certificates" 0
container three 127.0.0.3:8443 127.0.0.3:8080
three() {
    run curl -s --max-time 20 --cacert "$WORK/hands/ca.crt" "$@" -o "$WORK/answer" -w '%{http_code}' \
        --connect-to "gmsa-webhook.gmsa-webhook.svc:443:127.0.0.3:8443" https://gmsa-webhook.gmsa-webhook.svc/info
}
three
check "nobody without a certificate is answered" [ "$status" != 0 ]
three --cert "$KUBE/pki/webhook-client.crt" --key "$KUBE/pki/webhook-client.key"
expect_output "the API server's is" 200
# The last three that were started: one, two, three.
kill -TERM "${running[-3]}" && wait "${running[-3]}"
container one "$address:443" 127.0.0.1:8080
pod certified .
check "which it shows, told so by the samples" created

# --- Migration -----------------------------------------------------------------------------------

follow MIGRATION.md exempt
expect_output "pods with a gMSA are found" shop/permitted
follow MIGRATION.md offline
expect_output "who may use what is seen offline" webapp-uses-webapp01
follow MIGRATION.md audit 's/.*/& || [ $? = 1 ]/'
expect_output "what would be refused is found" grant-differs
no_output "and nothing else" permitted
follow MIGRATION.md definition
expect_output "our definition is recognised" ours
# The other tool's definition over ours, and ours again.
run "${admin[@]}" apply -f "$ROOT/tests/data/kube/peer-crd.yaml"
run "${admin[@]}" get crd gmsacredentialspecs.windows.k8s.io -o yaml
no_output "the other definition is told from it" allowedRunAsUserNames
lacks() { curl -s http://127.0.0.2:8080/metrics | grep -qx "gmsa_definition_lacks_fields $1"; }
check "the webhook sees that, too, with its own permissions" wait_for 20 lacks 1
run "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml"
expect_exit "ours is put back" 0
check "which the webhook sees" wait_for 20 lacks 0
# No controller empties a namespace here.
follow MIGRATION.md back 's/\(delete namespace.*\)/\1 --wait=false/'
run "${admin[@]}" get gmsacredentialspec webapp01
expect_exit "the credential specs stay" 0
run "${admin[@]}" get clusterrole,clusterrolebinding -o name
no_output "our roles are gone" gmsa-

finish
