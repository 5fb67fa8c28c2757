#!/usr/bin/env bash
# The CustomResourceDefinition credspec/crd.yaml on a real API server.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

credspec=$BUILD/credspec
data=$ROOT/tests/data/kube
crd=crd/gmsacredentialspecs.windows.k8s.io
start_kube

# as_json FILE: its GMSACredentialSpec objects as kubectl reads them, one a line, keys sorted.
as_json() {
    "${admin[@]}" create --dry-run=client --validate=false -o json -f "$1" |
        jq -Sc 'if .kind == "List" then .items[] else . end | select(.kind == "GMSACredentialSpec")'
}

# expect_stored FILE: every GMSACredentialSpec of the file is stored as it stands there.
expect_stored() {
    local name object
    while read -r object; do
        name=$(jq -r .metadata.name <<<"$object")
        jq -Sc '.apiVersion = "windows.k8s.io/v1"' <<<"$object" >"$WORK/given"
        stored "gmsacredentialspec/$name" >"$WORK/kept"
        expect_same "$name is stored as it was given" "$WORK/given" "$WORK/kept"
    done < <(as_json "$1")
}

# --- In place of another tool's definition -------------------------------------------------------

# Helm creates definitions, so kubectl does not know what was applied before.
run "${admin[@]}" create -f "$data/peer-crd.yaml"
expect_exit "another tool's definition" 0
run "${admin[@]}" wait --for=condition=Established --timeout=30s "$crd"
run "${admin[@]}" create -f "$data/peer-objects.yaml"
expect_exit "with objects of its users" 0
stored gmsacredentialspecs >"$WORK/before"

run "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml"
expect_exit "ours can be applied over it" 0
run "${admin[@]}" wait --for=condition=Established --timeout=30s "$crd"
expect_exit "and is established" 0
run "${admin[@]}" get "$crd" -o json
check "the API server finds nothing wrong with it" jq -e '.status.conditions |
    all(.[]; .status == (if .type == "NonStructuralSchema" then "False" else "True" end))' \
    "$WORK/.stdout"

# The short name is new in our definition: once it is served, all of it is.
check "the short name works" wait_for 30 "${admin[@]}" get gmsa
stored gmsacredentialspecs >"$WORK/after"
expect_same "the objects stay as they were" "$WORK/before" "$WORK/after"
expect_stored "$data/peer-objects.yaml"
run "${admin[@]}" apply -f "$data/peer-objects.yaml"
expect_exit "they can be applied again" 0
run "${admin[@]}" get gmsacredentialspecs -o yaml
cp "$WORK/.stdout" "$WORK/peers.yaml"
run "$credspec" lint --quiet "$WORK/peers.yaml"
expect_exit "and lint finds no error in what is stored" 0

run "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml"
expect_output "applied again, ours changes nothing" unchanged

# --- What users see ------------------------------------------------------------------------------

run "${admin[@]}" apply -f "$ROOT/samples/credential-specs/domain-joined.yaml"
expect_exit "a sample is accepted" 0
run "${admin[@]}" get gmsa webapp01
check "kubectl get prints columns" grep -qE '^NAME +ACCOUNT +DOMAIN +RUN-AS +AGE$' "$WORK/.stdout"
check "with the account, domain and user" grep -qE \
    '^webapp01 +WebApp01 +emea\.contoso\.com +NT AUTHORITY\\NETWORK SERVICE +[0-9]+s$' "$WORK/.stdout"

# kubectl explain reads the OpenAPI document, which the API server makes anew a little later.
explained() { "${admin[@]}" explain "$1" | grep -qF "$2"; }
check "kubectl explain describes the object" \
    wait_for 30 explained gmsacredentialspec 'It holds no password'
run "${admin[@]}" explain gmsacredentialspecs.credspec
expect_output "and its credspec" "compact JSON with sorted keys"
# The fields in it are only in OpenAPI v3, which this version of Kubernetes does not have: v2 cannot say
# that an object has further fields than those described, so the API server leaves them out.
run "${admin[@]}" explain --api-version=windows.k8s.io/v1alpha1 gmsacredentialspecs.runAsUserName
expect_output "in the old version too" "Default user name"

sed 's|windows.k8s.io/v1$|windows.k8s.io/v1alpha1|; s/name: webapp01$/name: by-old-version/' \
    "$ROOT/samples/credential-specs/domain-joined.yaml" >"$WORK/old.yaml"
run "${admin[@]}" apply -f "$WORK/old.yaml"
expect_exit "v1alpha1 is served" 0
expect_error "with a warning that it is old" \
    "Warning: windows.k8s.io/v1alpha1 GMSACredentialSpec is deprecated"
expect_stored "$WORK/old.yaml"

# --- Everything is kept --------------------------------------------------------------------------

for file in "$ROOT"/samples/credential-specs/*.yaml; do
    run "${admin[@]}" apply -f "$file"
    expect_exit "$(basename "$file") is accepted" 0
    expect_stored "$file"
done
"$credspec" convert --to resource --name converted \
    "$ROOT/samples/credential-specs/domain-joined.json" >"$WORK/converted.yaml" 2>/dev/null
run "${admin[@]}" apply -f "$WORK/converted.yaml"
expect_exit "what credspec convert writes is accepted" 0
expect_stored "$WORK/converted.yaml"

# A schema that drops what it does not know would hide these mistakes.
as_json "$ROOT/samples/credential-specs/domain-joined.yaml" | jq '.metadata.name = "letter-case" |
    .credspec.DomainJoinConfig |= (.SID = .Sid | del(.Sid)) |
    .credspec.cmsplugins = .credspec.CmsPlugins | del(.credspec.CmsPlugins) |
    .credspec.ActiveDirectoryConfig.GroupManagedServiceAccounts[0] |= (.name = .Name | del(.Name)) |
    .credspec.ActiveDirectoryConfig.HostAccountConfig = {pluginGuid: "{}"}' >"$WORK/case.json"
run "${admin[@]}" apply -f "$WORK/case.json"
expect_exit "wrong letter case is stored" 0
expect_stored "$WORK/case.json"
run "${admin[@]}" get gmsa letter-case -o yaml
cp "$WORK/.stdout" "$WORK/stored.yaml"
run "$credspec" lint "$WORK/stored.yaml"
expect_exit "so that lint can refuse it" 1
for field in SID cmsplugins name pluginGuid; do
    expect_output "and name the field $field" "$field"
done

# --- Types are checked ---------------------------------------------------------------------------

# refused WHERE JQ-FILTER: the sample changed by the filter is refused, and the message names where.
refused() {
    as_json "$ROOT/samples/credential-specs/host-account.yaml" |
        jq ".metadata.name = \"wrong-type\" | $2" >"$WORK/wrong.json"
    run "${admin[@]}" create --validate=false -f "$WORK/wrong.json"
    expect_exit "a wrong type of $1 is refused" 1
    expect_error "and the message names it" "$1: Invalid value:"
}
domain=credspec.DomainJoinConfig
directory=credspec.ActiveDirectoryConfig
refused credspec '.credspec = "{}"'
refused credspec.CmsPlugins '.credspec.CmsPlugins = "ActiveDirectory"'
refused $domain '.credspec.DomainJoinConfig = []'
refused $domain.Sid '.credspec.DomainJoinConfig.Sid = 5'
refused $domain.Guid '.credspec.DomainJoinConfig.Guid = {}'
refused $directory.GroupManagedServiceAccounts \
    '.credspec.ActiveDirectoryConfig.GroupManagedServiceAccounts = {}'
refused $directory.HostAccountConfig.PortableCcgVersion \
    '.credspec.ActiveDirectoryConfig.HostAccountConfig.PortableCcgVersion = 1'
refused runAsUserName '.runAsUserName = 1'
refused allowedRunAsUserNames '.allowedRunAsUserNames = "ContainerUser"'

finish
