#!/usr/bin/env bash
# gmsa-webhook serve --standalone behind a real API server, which calls it for what the user dev does.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/webhook.sh
. "$(dirname "$0")/../kube/webhook.sh"

# --- Begin ---------------------------------------------------------------------------------------

serve
run "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml" -f "$data/shop.yaml"
expect_exit "the definition, a namespace and its users" 0
run "${admin[@]}" wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io
register "$state/ca.crt"
pod refused "$alone | main.gmsaCredentialSpec = \"{}\""
check "the API server asks the webhook" wait_for 30 answers "does not name the GMSACredentialSpec"

# --- What is stored ------------------------------------------------------------------------------

contents=.spec.securityContext.windowsOptions.gmsaCredentialSpec
allowed "a pod whose service account may use the spec" permitted
stored_pod permitted "$contents" >"$WORK/stored"
expect_same "is stored with the canonical contents" "$WORK/canonical" "$WORK/stored"
expect_text "and the spec's default user" 'NT AUTHORITY\NETWORK SERVICE' \
    stored_pod permitted .spec.securityContext.windowsOptions.runAsUserName
allowed "contents with the same meaning" reformatted 'top.gmsaCredentialSpec = ($text | fromjson | tojson)'
stored_pod reformatted "$contents" >"$WORK/stored"
expect_same "are stored as the canonical ones" "$WORK/canonical" "$WORK/stored"
allowed "specs of an init container and of a container" places \
    "$alone | init.gmsaCredentialSpecName = \"webapp01\" | main.gmsaCredentialSpecName = \"webapp01\" |
     main.runAsUserName = \"nt authority\\\\system\""
for place in initContainers containers; do
    stored_pod places ".spec.${place}[0].securityContext.windowsOptions.gmsaCredentialSpec" \
        >"$WORK/stored"
    expect_same "fill the contents of .spec.$place" "$WORK/canonical" "$WORK/stored"
done
expect_text "and leave a user that is set" 'nt authority\system' \
    stored_pod places .spec.containers[0].securityContext.windowsOptions.runAsUserName
allowed "a pod without a gMSA" plain "$alone"
allowed "a pod with generateName" _ '.metadata |= (.generateName = "made-" | del(.name))'
made=$(jq -r .metadata.name "$WORK/.stdout")
stored_pod "$made" "$contents" >"$WORK/stored"
expect_same "is stored with contents" "$WORK/canonical" "$WORK/stored"
pod for-show .
create dry-run
jq -j "$contents" "$WORK/.stdout" >"$WORK/stored"
expect_same "a dry run shows the contents" "$WORK/canonical" "$WORK/stored"
ask GET "$pods/for-show"
expect_code "and stores nothing" 404

# --- Who may not ---------------------------------------------------------------------------------

denied='service account "shop/nobody" is not authorised to "use" GMSACredentialSpec'
nobody='.spec.serviceAccountName = "nobody"'
refused "a service account that may not" "$denied \"webapp01\"; bind a role" "$nobody"
expect_code "with 403" 403
create dry-run
expect_refusal "the same in a dry run" "$denied"
refused "a spec that does not exist, in the same words" "$denied \"secret\"; bind a role" \
    "$nobody | top.gmsaCredentialSpecName = \"secret\""
refused "the default service account, when none is named" 'service account "shop/default"' \
    'del(.spec.serviceAccountName)'
refused "a missing spec, told to whom may use it" '"missing" does not exist' \
    'top.gmsaCredentialSpecName = "missing"'
expect_code "with 404" 404
refused "a user that the spec does not allow" 'not one that GMSACredentialSpec "webapp01" allows' \
    'top.runAsUserName = "ContainerAdministrator"'
refused "such a user in a container that inherits the gMSA" 'not one that GMSACredentialSpec' \
    'main.runAsUserName = "ContainerAdministrator"'

# What a person sees. kubectl of this version only says that "the request is invalid" where a webhook
# answers with 422 and no causes.
pod refused "$nobody"
run "${dev[@]}" create --validate=false -f "$WORK/pod.json"
expect_exit "kubectl fails" 1
expect_error "and tells who refused" \
    "Error from server (Forbidden): error when creating \"$WORK/pod.json\": admission webhook \"mutate.$name\""
expect_error "and why" "denied the request: pod: $denied"
pod refused 'del(top.gmsaCredentialSpecName) | top.gmsaCredentialSpec = $text'
run "${dev[@]}" create --validate=false -f "$WORK/pod.json"
expect_exit "kubectl fails with a malformed pod" 1
expect_error "and tells why" \
    'The Pod "refused" is invalid: spec: pod: has gmsaCredentialSpec contents, but does not name'

# --- What got past the existing webhook ----------------------------------------------------------

nameless='does not name the GMSACredentialSpec they come from'
different='contents differ from GMSACredentialSpec "webapp01"'
evil='($text | sub("WebApp01"; "DomainAdmin"))'
refused "contents without a name, pod" "pod: has gmsaCredentialSpec contents, but $nameless" \
    'del(top.gmsaCredentialSpecName) | top.gmsaCredentialSpec = $text'
refused "contents without a name, container" "$nameless" "$alone | main.gmsaCredentialSpec = \$text"
refused "contents without a name, init container" "init container \"prepare\": has" \
    "$alone | init.gmsaCredentialSpec = $evil"
refused "contents without a name in a container of a pod with one" "$nameless" \
    "main.gmsaCredentialSpec = $evil"
refused "a spec in an init container alone, not permitted" "$denied" \
    "$nobody | $alone | init.gmsaCredentialSpecName = \"webapp01\""
refused "other contents, pod" "$different" "top.gmsaCredentialSpec = $evil"
refused "other contents, init container" "$different" \
    "init = {gmsaCredentialSpecName: \"webapp01\", gmsaCredentialSpec: $evil}"
refused "a key twice, the wrong value first" "$different" \
    'top.gmsaCredentialSpec = "{\"DomainJoinConfig\":{\"MachineAccountName\":\"DomainAdmin\"}," + $text[1:]'
refused "a key twice, the wrong value last" "$different" \
    'top.gmsaCredentialSpec = $text[:-1] + ",\"DomainJoinConfig\":{\"MachineAccountName\":\"DomainAdmin\"}}"'
refused "text behind the end" "$different" 'top.gmsaCredentialSpec = $text + "{}"'
refused "the letter case of another parser" "$different" \
    'top.gmsaCredentialSpec = ($text | sub("DomainJoinConfig"; "domainjoinconfig"))'
refused "an empty spec object" 'GMSACredentialSpec "empty" is not valid' 'top.gmsaCredentialSpecName = "empty"'
for wrong in '' ../x a/b 'webapp01?x=1' WebApp01; do
    refused "the spec name '$wrong'" "gmsaCredentialSpecName: Invalid value" \
        "top.gmsaCredentialSpecName = \"$wrong\""
done
refused "an ephemeral container from the beginning" "$nameless" \
    "$alone | .spec.ephemeralContainers = [{name: \"debug\", image: \"x\",
     securityContext: {windowsOptions: {gmsaCredentialSpec: $evil}}}]"
run "${admin[@]}" label namespace shop windows.k8s.io/disabled=true
expect_exit "the namespace gets the label that exempts it from the existing webhook" 0
refused "contents without a name, all the same" "$nameless" \
    "del(top.gmsaCredentialSpecName) | top.gmsaCredentialSpec = \$text"
refused "a service account that may not, all the same" "$denied" "$nobody"
run "${admin[@]}" label namespace shop windows.k8s.io/disabled-
pod made "$nobody"
run "${admin[@]}" create --as=system:serviceaccount:kube-system:replicaset-controller --validate=false -f "$WORK/pod.json"
expect_error "a controller that makes a Deployment's pods is told the same" "$denied"
run "${admin[@]}" create --validate=false -f "$WORK/pod.json"
expect_error "and a cluster admin" "$denied"
refused "a mirror pod" mirror '.metadata.annotations["kubernetes.io/config.mirror"] = "x"'

# --- Pods that exist -----------------------------------------------------------------------------

# change WHAT POD PATCH, no_change WHAT TEXT POD PATCH: what becomes of a patch.
change() {
    patch "$2" "$3"
    expect_code "$1" 200
}
no_change() {
    patch "$3" "$4"
    expect_refusal "$1" "$2"
}
identity='{"spec":{"securityContext":{"windowsOptions":'
no_change "another spec in an existing pod" "may not change fields" permitted \
    "$identity{\"gmsaCredentialSpecName\":\"empty\"}}}}"
no_change "none any more" "may not change fields" permitted "${identity}null}}}"
no_change "other contents" "may not change fields" permitted "$identity{\"gmsaCredentialSpec\":\"{}\"}}}}"
annotate='{"metadata":{"annotations":'
no_change "one of our annotations added" "cannot be added, changed or removed" plain \
    "$annotate{\"$name/credential-spec\":\"webapp01\"}}}"
no_change "a forged grant added" "cannot be added, changed or removed" plain \
    "$annotate{\"$name/grant\":\"x\"}}}"

# --- Linux ---------------------------------------------------------------------------------------

allowed "a Linux pod that names a spec, with a forged grant" linux \
    "$annotated | .metadata.annotations[\"$name/grant\"] = \"x.y.z\""
grant=$(stored_pod linux ".metadata.annotations[\"$name/grant\"]")
decode() { cut -d . -f "$1" <<<"$grant" | jq -Rj 'gsub("-"; "+") | gsub("_"; "/") |
    . + "==="[:(4 - length % 4) % 4]' | base64 -d; }
decode 2 >"$WORK/payload"
decode 3 >"$WORK/signature"
{ printf '%s/grant/v1\0' "$name" && cat "$WORK/payload"; } >"$WORK/signed"
check "has a grant of our key in its place" openssl pkeyutl -verify -pubin -rawin \
    -inkey "$(echo "$WORK"/grants/*.pub)" -in "$WORK/signed" -sigfile "$WORK/signature"
check "for this service account, container and spec" jq -e --rawfile text "$WORK/canonical" \
    '.cluster == "test" and .namespace == "shop" and .serviceAccount == "webapp" and
     .containers == {"*": "webapp01"} and .specs.webapp01 == ($text | fromjson)' "$WORK/payload"
refused "a Linux pod whose service account may not" "$denied" "$annotated | $nobody"
refused "a Windows pod that names a spec by annotation" "only Linux pods" \
    ".metadata.annotations[\"$name/credential-spec\"] = \"webapp01\""
refused "an annotation that is misspelt" "did you mean" \
    "$linux | .metadata.annotations[\"$name/credential-spek\"] = \"webapp01\""
no_change "a changed annotation" "cannot be added, changed or removed" linux \
    "$annotate{\"$name/credential-spec\":\"empty\"}}}"
no_change "a grant taken away" "cannot be added, changed or removed" linux "$annotate{\"$name/grant\":null}}}"
change "a label of such a pod can change" linux '{"metadata":{"labels":{"tier":"web"}}}'

# --- A spec that goes away under a running pod ---------------------------------------------------

allowed "a pod on a node, with a finalizer" running \
    '.spec.nodeName = "node-1" | .metadata.finalizers = ["example.com/wait"]'
rm "$manifests/binding.yaml"
pod refused .
check "the binding is gone" wait_for 10 answers "is not authorised"
mv "$manifests/specs.yaml" "$WORK/specs.yaml"
cp "$data/manifests/binding.yaml" "$manifests/"
check "the spec is gone" wait_for 10 answers "does not exist"
rm "$manifests/binding.yaml"
check "both are gone" wait_for 10 answers "is not authorised"
run "${dev[@]}" label pod -n shop running tier=web
expect_exit "the running pod can be labelled" 0
run "${dev[@]}" delete pod -n shop running --wait=false
expect_exit "deleted" 0
change "relieved of its finalizer" running '{"metadata":{"finalizers":null}}'
ask DELETE "$pods/running?gracePeriodSeconds=0"
ask GET "$pods/running"
expect_code "and is gone when the node says so" 404
cp "$data/manifests/binding.yaml" "$manifests/"
mv "$WORK/specs.yaml" "$manifests/"
check "what comes back takes effect" wait_for 10 answers 201

# --- Specs, workloads, other things --------------------------------------------------------------

jq -n --slurpfile spec <("$BUILD/credspec" convert --to json "$WORK/webapp01.yaml" 2>/dev/null) \
    '{apiVersion: "windows.k8s.io/v1", kind: "GMSACredentialSpec", metadata: {name: "webapp01"},
      credspec: $spec[0]}' >"$WORK/spec.json"
run "${admin[@]}" create -f "$WORK/spec.json"
expect_exit "a good credential spec is stored" 0
spec_refused() {
    jq "$3" "$WORK/spec.json" >"$WORK/wrong.json"
    run "${admin[@]}" apply --validate=false -f "$WORK/wrong.json"
    expect_exit "a credential spec with $1 is refused" 1
    expect_error "and the finding is shown" "$2"
}
spec_refused "the account's SID" '[CS0' '.metadata.name = "sid" | .credspec.DomainJoinConfig.Sid += "-1104"'
spec_refused "a field in wrong letter case" SID \
    '.metadata.name = "case" | .credspec.DomainJoinConfig |= (.SID = .Sid | del(.Sid))'
spec_refused "a mistake, in the old version" '[CS0' \
    '.metadata.name = "old" | .apiVersion = "windows.k8s.io/v1alpha1" | .credspec.DomainJoinConfig.Guid = "x"'
spec_refused "a mistake that an update brings" '[CS0' '.credspec.CmsPlugins = []'
jq '.metadata.name = "example" |
    .credspec.DomainJoinConfig.Sid = "S-1-5-21-2126449477-2524075714-3094792973"' \
    "$WORK/spec.json" >"$WORK/example.json"
run "${admin[@]}" create -f "$WORK/example.json"
expect_exit "one with a warning is stored" 0
expect_error "and kubectl shows the warning" "Warning: "
expect_error "with its code" CS014

workload() {
    run "${dev[@]}" create --validate=false -f "$WORK/workload.json"
    expect_exit "$1 whose pods will be refused is stored" 0
    expect_error "with a warning" "Warning: "
    expect_error "that says why" "$denied"
}
pod _ "$nobody"
jq '{apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "web", namespace: "shop"}, spec: {
    selector: {matchLabels: {app: "web"}}, template: {metadata: {labels: {app: "web"}}, spec}}}' \
    "$WORK/pod.json" >"$WORK/workload.json"
workload "a Deployment"
jq '{apiVersion: "batch/v1beta1", kind: "CronJob", metadata: {name: "web", namespace: "shop"}, spec: {
    schedule: "0 * * * *", jobTemplate: {spec: {template: {spec: (.spec + {restartPolicy: "Never"})}}}}}' \
    "$WORK/pod.json" >"$WORK/workload.json"
workload "a CronJob"
run "${admin[@]}" create configmap -n shop settings --from-literal=a=b
expect_exit "a rule that is too wide blocks nothing" 0
expect_error "but is warned of" "Warning: "

# --- Certificates --------------------------------------------------------------------------------

# new_certificate AUTHORITY: swaps in a new certificate for 127.0.0.1, signed by that one.
mkdir "$WORK/tls"
new_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/tls/new.key" \
        -out "$WORK/tls/new.csr" -subj /CN=gmsa-webhook 2>/dev/null
    openssl x509 -req -in "$WORK/tls/new.csr" -CA "$1.crt" -CAkey "$1.key" -days 1 -CAcreateserial \
        -extfile <(echo subjectAltName=IP:127.0.0.1) -out "$WORK/tls/new.crt" 2>/dev/null
    mv "$WORK/tls/new.key" "$WORK/tls/tls.key"
    mv "$WORK/tls/new.crt" "$WORK/tls/tls.crt"
}
serial() { openssl x509 -noout -serial; }
serves_new() {
    [ "$(openssl s_client -connect "$listen" </dev/null 2>/dev/null | serial)" = \
        "$(serial <"$WORK/tls/tls.crt")" ]
}
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" \
        -days 1 -subj "/CN=$(basename "$1")" 2>/dev/null
}
authority "$WORK/first"
authority "$WORK/second"
cat "$WORK/first.crt" "$WORK/second.crt" >"$WORK/both.crt"
new_certificate "$WORK/first"
serve --tls-cert "$WORK/tls/tls.crt" --tls-key "$WORK/tls/tls.key"
register "$WORK/both.crt" "the webhook is registered with two authorities"
pod refused .
check "and serves with a certificate of one" wait_for 10 answers 201

# Lists of pods, some at a time, so that connections are opened all the while.
for list in 1 2 3 4; do
    pod "many-$list" .
    jq '. as $pod | {apiVersion: "v1", kind: "List", items: [range(40) as $i |
        $pod | .metadata.name += "-\($i)"]}' "$WORK/pod.json" >"$WORK/many-$list.json"
    "${dev[@]}" create --validate=false -f "$WORK/many-$list.json" >"$WORK/many-$list.log" 2>&1 &
    creating[list]=$!
done
for authority in first second second; do
    new_certificate "$WORK/$authority"
    check "a new certificate of the $authority authority is taken up" wait_for 10 serves_new
done
result=0
for list in 1 2 3 4; do wait "${creating[list]}" || result=1; done
check "no pod created meanwhile failed" [ "$result" = 0 ]
[ "$result" = 0 ] || cat "$WORK"/many-*.log | grep -v ' created$' | details
expect_text "all are stored with contents" 160 eval "${dev[*]} get pods -n shop -o json |
    jq '[.items[] | select(.metadata.name | startswith(\"many-\")) |
        select($contents | length > 0)] | length'"

# The API server shows its client certificate.
serve --tls-cert "$WORK/tls/tls.crt" --tls-key "$WORK/tls/tls.key" --client-ca "$KUBE/pki/ca.crt"
allowed "with --client-ca the API server still gets in" client
run curl -s --cacert "$WORK/both.crt" -d '{}' "$url/mutate"
check "and nobody else does" [ "$status" -ne 0 ]

# --- Without the mutating webhook ----------------------------------------------------------------

"${admin[@]}" delete mutatingwebhookconfiguration gmsa >/dev/null
pod unfilled .
check "a pod that was not filled in is refused, and told why" \
    wait_for 10 answers "the mutating webhook did not run"
refused "other contents, by validation alone" "$different" "top.gmsaCredentialSpec = $evil"
refused "a service account that may not, by validation alone" "$denied" \
    "$nobody | top.gmsaCredentialSpec = \$text"
refused "a forged grant, by validation alone" "$name/grant" \
    "$annotated | .metadata.annotations[\"$name/grant\"] = \"x.y.z\""
stop
refused "everything, when the webhook is down" "failed calling webhook \"validate.$name\"" "$alone"

finish
