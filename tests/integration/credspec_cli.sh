#!/usr/bin/env bash
# The command `credspec` as a user runs it: every command, every exit code, bad input of all kinds.
set -u -o pipefail
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

credspec=$BUILD/credspec
samples=$ROOT/samples/credential-specs
golden=$ROOT/tests/integration/golden
spec=$samples/domain-joined.json
domain=(--dns-name emea.contoso.com --netbios-name EMEA --forest contoso.com
    --sid S-1-5-21-1987540392-1215364810-3376921054 --guid 7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3)
vault='{CCC2A336-D7F3-4818-A213-272B7924213E}'
vault_input='ObjectId=5d0f8b4c-8f0e-4d0a-9a53-6b3f0f5a7c11;SecretUri=https://contoso.vault.azure.net/secrets/gmsa-reader'
cd "$WORK" || exit 2

# --- The samples ---------------------------------------------------------------------------------

run "$credspec" lint --strict "$samples"
expect_exit "the samples are correct, warnings included" 0
expect_error "objects of other kinds in the folder are skipped and counted" \
    "5 files, 4 specs: 0 errors, 0 warnings; 4 other objects skipped"

cd "$ROOT/samples/mistakes" || exit 2
run "$credspec" lint .
cd "$WORK" || exit 2
expect_golden "lint says of the mistakes what lint.txt says" "$ROOT/samples/mistakes/lint.txt"
cp .stdout mistakes.txt
expect_exit "the mistakes are errors" 1
for file in "$ROOT"/samples/mistakes/*.{json,yaml}; do
    name=$(basename "$file")
    check "lint has something to say of $name" grep -q "^\(\./\)\?$name:" mistakes.txt
    check "the page on mistakes explains $name" grep -qF "$name" "$ROOT/samples/mistakes/README.md"
done
while read -r code; do
    run "$credspec" rules "$code"
    expect_exit "rules explains $code" 0
done < <(grep -o '\[CS[0-9]*\]$' mistakes.txt | tr -d '[]' | sort -u)

# --- lint ----------------------------------------------------------------------------------------

run "$credspec" lint "$spec"
expect_exit "a correct spec: 0" 0
expect_stdout "and nothing on standard output" /dev/null
expect_error "the summary" "1 file, 1 spec: 0 errors, 0 warnings"

run "$credspec" lint --quiet "$spec"
no_output "--quiet leaves the summary out" "file"

run "$credspec" lint <"$spec" -
expect_exit "standard input is read" 0

warning=$ROOT/samples/mistakes/no-kerberos-scope.json
run "$credspec" lint "$warning"
expect_exit "warnings alone: 0" 0
run "$credspec" lint --strict "$warning"
expect_exit "warnings with --strict: 1" 1

run "$credspec" lint --output json "$ROOT/samples/mistakes" "$spec" "$WORK/no-such-file"
expect_exit "JSON output has the same exit codes" 2
check "JSON output is one object" jq -es 'length == 1' .stdout
check "its counts are those of its findings" jq -e '
    .errors == ([.findings[] | select(.severity == "error")] | length) and
    .warnings == ([.findings[] | select(.severity == "warning")] | length) and
    .unreadable == 1 and .files > 20' .stdout
check "each finding has all its members" jq -e '[.findings[] | select(
    (.file | type) != "string" or .line < 1 or .column < 1 or
    (.code | test("^CS[0-9]{3}$") | not) or (.rule | length) == 0 or (.pointer | type) != "string" or
    (.message | length) == 0 or (has("hint") | not))] == []' .stdout
run "$credspec" lint --output json "$spec"
check "JSON output without findings" jq -e '.findings == [] and .specs == 1' .stdout

run "$credspec" lint "$WORK/no-such-file" "$ROOT/samples/mistakes/sid-of-the-account.json"
expect_exit "a file that is missing: 2" 2
expect_error "it is named" "no-such-file"

# As in the log of a build, where both streams are one.
"$credspec" lint "$ROOT/samples/mistakes/sid-of-the-account.json" "$WORK/no-such-file" \
    "$warning" >both.txt 2>&1
check "findings, errors and the summary stand in the order in which they came" \
    test "$(grep -oE '\[CS[0-9]+\]|No such file|^3 files|^2 files' both.txt | tr '\n' ' ')" = \
    '[CS023] No such file [CS045] 2 files '
expect_output "the files behind it are checked all the same" "sid-of-the-account.json:"

# --- Bad input -----------------------------------------------------------------------------------

# expect_refusal WHAT CODE TEXT: the last run ended with CODE and said TEXT somewhere.
expect_refusal() {
    expect_exit "$1: exit code $2" "$2"
    output+=$'\n'$errors
    expect_output "$1: says why" "$3"
}

: >empty.json
run "$credspec" lint empty.json
expect_refusal "an empty file" 1 "empty.json: error: the file holds no document"
run "$credspec" lint /dev/null
expect_refusal "/dev/null" 1 "/dev/null: error: the file holds no document"
mkdir folder && run "$credspec" lint folder
expect_refusal "an empty folder" 2 "folder holds no"
run "$credspec" lint
expect_refusal "no operand" 2 "lint"
echo '{"name": "package"}' >other.json
run "$credspec" lint other.json
expect_refusal "a file with something else" 2 "neither a credential spec nor a Kubernetes object"

truncate -s 100M large.json
run "$credspec" lint large.json
expect_refusal "a file of 100 MB" 2 "large.json"
head -c 4096 /dev/urandom >random.json
run "$credspec" lint random.json
expect_refusal "binary data" 1 "random.json"
cp "$credspec" program.yaml
run "$credspec" show program.yaml
expect_refusal "a program" 2 "program.yaml"
for encoding in UTF-16 UTF-16LE UTF-16BE; do
    iconv -f UTF-8 -t "$encoding" "$spec" >"$encoding.json"
    run "$credspec" lint "$encoding.json"
    expect_refusal "$encoding" 1 "UTF-16"
    expect_output "$encoding: says what to do" "UTF-8"
done
{ printf '\xef\xbb\xbf' && cat "$spec"; } >bom.json
run "$credspec" lint bom.json
expect_exit "a UTF-8 byte order mark is skipped" 0
sed 's/$/\r/' "$spec" >crlf.json
run "$credspec" lint crlf.json
expect_exit "CRLF in JSON" 0
sed 's/$/\r/' "$samples/domain-joined.yaml" >crlf.yaml
run "$credspec" lint crlf.yaml
expect_exit "CRLF in YAML" 0
{ head -c 40 "$spec" && printf '\0' && tail -c +41 "$spec"; } >nul.json
run "$credspec" lint nul.json
expect_refusal "NUL bytes" 1 "nul.json"
{ cat "$spec" && printf '\0'; } >nul-behind.json
run "$credspec" lint nul-behind.json
expect_refusal "a NUL byte behind the end" 1 "nul-behind.json"
printf '{"CmsPlugins":%s1%s}' "$(printf '[%.0s' {1..5000})" "$(printf ']%.0s' {1..5000})" >deep.json
run "$credspec" lint deep.json
expect_refusal "deep nesting" 1 "deep.json"
{
    printf 'a: &a [x,x,x,x,x,x,x,x,x]\n'
    for i in b c d e f g h i; do
        printf '%s: &%s [*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s]\n' "$i" "$i" "${last:=a}" "$last" "$last" "$last" \
            "$last" "$last" "$last" "$last" "$last"
        last=$i
    done
} >bomb.yaml
run "$credspec" lint bomb.yaml
expect_refusal "an alias bomb" 1 "bomb.yaml"
sed '/^credspec:/,$d' "$samples/domain-joined.yaml" >string.yaml
echo 'credspec: "string"' >>string.yaml
run "$credspec" lint string.yaml
expect_refusal "credspec: \"string\"" 1 "string.yaml:"
run "$credspec" convert --to json --force string.yaml
expect_exit "which even --force cannot convert" 1
printf 'apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\nmetadata: {name: "a\\e[31mb"}\ncredspec: {"\\e[2JX": 1}\n' >escape.yaml
run "$credspec" lint escape.yaml
expect_exit "control characters in names are errors" 1
no_output "and do not reach the terminal" $'\e'
run "$credspec" show escape.yaml
no_output "show keeps them from it, too" $'\e'
run "$credspec" lint $'no\e[31mfile'
no_output "as do messages on files" $'\e'

mkfifo pipe
cat "$spec" >pipe &
run "$credspec" lint pipe
expect_exit "a FIFO is read" 0
wait

program=$(reachable "$credspec")
mkdir secret mixed
cp "$spec" secret/
cp "$spec" mixed/a.json
cp "$spec" mixed/b.json
cp "$ROOT/samples/mistakes/sid-of-the-account.json" mixed/c.json
chmod 0755 mixed
chmod 0644 mixed/*.json
chmod 0 secret mixed/b.json
run "${as_nobody[@]}" "$program" lint "$WORK/secret"
expect_refusal "a folder without permission" 2 "ermission denied"
run "${as_nobody[@]}" "$program" lint "$WORK/mixed"
expect_refusal "a file without permission" 2 "b.json"
expect_output "the others of its folder are checked" "c.json:"

# --- Output that cannot be written ---------------------------------------------------------------

for command in "lint $ROOT/samples/mistakes/sid-of-the-account.json" "lint -o json $spec" "show $spec" \
    "rules" "convert --to json $spec" "--help" "manual" "new --offline --account WebApp01 ${domain[*]}"; do
    # shellcheck disable=SC2086  # the words of the command
    "$credspec" $command >/dev/full 2>full.txt
    code=$?
    check "a full disk is an error: ${command%% *}" test "$code" = 2
    check "and it is said: ${command%% *}" test -s full.txt
done

# --- new -----------------------------------------------------------------------------------------

new=("$credspec" new --offline --account WebApp01 "${domain[@]}")
run "${new[@]}"
expect_exit "new writes a spec" 0
expect_stdout "as in the samples" "$spec"
run "$credspec" new --offline --account 'WebApp01$' "${domain[@]}"
expect_stdout "the \$ of a sAMAccountName is taken off" "$spec"

run "${new[@]}" --additional-account BillingJobs --additional-account Archive@contoso.com
expect_exit "additional accounts" 0
check "each with its domain" jq -e '.ActiveDirectoryConfig.GroupManagedServiceAccounts[2:] ==
    [{"Name":"BillingJobs","Scope":"emea.contoso.com"},{"Name":"Archive","Scope":"contoso.com"}]' .stdout

run "${new[@]}" --plugin-guid "$vault" --plugin-input "$vault_input"
# shellcheck disable=SC2016  # jq expands it
check "the plug-in's block" jq -e --arg guid "$vault" --arg input "$vault_input" \
    '.ActiveDirectoryConfig.HostAccountConfig ==
    {"PortableCcgVersion":"1","PluginGUID":$guid,"PluginInput":$input}' .stdout

run "${new[@]}" --as resource --run-as-user-name 'NT AUTHORITY\SYSTEM'
expect_golden "a resource, named after the account" "$golden/new-resource.yaml"
cp .stdout new.yaml
run "$credspec" lint --strict - <new.yaml
expect_exit "which lint accepts" 0
run "${new[@]}" --as resource --name shop.web-1
expect_output "a name of the user's" "name: shop.web-1"
run "$credspec" new --offline --account Web_App "${domain[@]}" --as resource
expect_output "a name made valid" "name: web-app"

run "$credspec" new --offline --account WebApp01 "${domain[@]}" --sid S-1-5-21-1-2-3-1107
expect_refusal "a value that lint refuses" 1 "--sid: error:"
expect_stdout "nothing is written" /dev/null
run "${new[@]}" --out refused.json --guid '{7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3}'
expect_refusal "the same into a file" 1 "--guid: error:"
check "the file is not there" test ! -e refused.json
run "${new[@]}" --plugin-guid "$vault" --plugin-input "emea:reader:Passw0rd!"
expect_exit "a password as plug-in input" 1
no_output "is not repeated" "Passw0rd"

run "$credspec" new --account WebApp01 "${domain[@]}"
expect_refusal "values of the domain without --offline" 2 "--dns-name needs --offline"
run "$credspec" new --offline --account WebApp01 --dns-name contoso.com
expect_refusal "missing values" 2 "--netbios-name, --sid, --guid"
run "${new[@]}" --plugin-guid "$vault"
expect_refusal "a plug-in without input" 2 "--plugin-input"
run "${new[@]}" --plugin-input x
expect_refusal "an input without plug-in" 2 "--plugin-guid"
run "${new[@]}" --name x
expect_refusal "--name for a bare spec" 2 "--as resource"
run "${new[@]}" --run-as-user-name x
expect_refusal "--run-as-user-name for a bare spec" 2 "--as resource"
run "${new[@]}" --as resource --name Web_App
expect_refusal "a name Kubernetes refuses" 2 "RFC 1123"

umask 077
run "${new[@]}" --out new.json
expect_exit "--out writes a file" 0
expect_same "with the same text" "$spec" new.json
check "that all may read, whatever the umask" test "$(stat -c %a new.json)" = 644
umask 022
echo old >old.json
run "${new[@]}" --out old.json
expect_refusal "an existing file" 2 "--force"
check "is kept" grep -qx old old.json
run "${new[@]}" --out old.json --force
expect_exit "--force replaces it" 0
check "as a whole" cmp -s "$spec" old.json
run "${new[@]}" --out missing/new.json
expect_refusal "--out into a missing folder" 2 "missing/new.json"
run "${new[@]}" --out pipe --force
expect_refusal "--out to a FIFO" 2 "no regular file"
check "which is a FIFO still" test -p pipe
ln -s new.json link.json
run "${new[@]}" --out link.json --force
expect_refusal "--out to a symbolic link" 2 "no regular file"
run "${new[@]}" --out folder --force
expect_refusal "--out to a folder" 2 "no regular file"
mkdir read-only && chmod 0555 read-only
run "${as_nobody[@]}" "$program" "${new[@]:1}" --out "$WORK/read-only/new.json"
expect_refusal "--out into a read-only folder" 2 "read-only/new.json"
check "no temporary file is left anywhere" test -z "$(find . -name '*.json.*' -o -name '.*.json*' | head -n 1)"

# --- convert -------------------------------------------------------------------------------------

run "$credspec" convert --to resource "$spec"
expect_golden "a bare spec to a resource" "$golden/convert-resource.yaml"
cp .stdout resource.yaml
run "$credspec" convert --to json resource.yaml
expect_stdout "and back" "$spec"
run "$credspec" convert --to yaml "$spec"
expect_golden "to YAML" "$golden/convert-spec.yaml"
cp .stdout spec.yaml
run "$credspec" convert --to json - <spec.yaml
expect_stdout "and back from standard input" "$spec"
run "$credspec" convert --to resource --name other "$samples/domain-joined.yaml"
expect_output "a resource gets another name" "name: other"
expect_output "and keeps its user names" "allowedRunAsUserNames:"
run "$credspec" convert --to json "$samples/domain-joined.yaml"
expect_error "what a bare spec cannot hold is said" "runAsUserName is left out"
jq '{apiVersion: "windows.k8s.io/v1alpha1", kind: "GMSACredentialSpec", metadata: {name: "webapp01",
    uid: "1-2", resourceVersion: "7", managedFields: [], labels: {team: "web"}, annotations:
    {"kubectl.kubernetes.io/last-applied-configuration": "{}", note: "kept"}}, credspec: .}' "$spec" >live.json
run "$credspec" convert --to resource live.json
expect_golden "a resource out of a cluster" "$golden/convert-live.yaml"
run "$credspec" convert --to json "$ROOT/samples/mistakes/sid-of-the-account.json"
expect_refusal "a spec with errors" 1 "--force"
run "$credspec" convert --to json --force "$ROOT/samples/mistakes/sid-of-the-account.json"
expect_exit "with --force: still 1" 1
expect_stdout "but converted" "$ROOT/samples/mistakes/sid-of-the-account.json"
run "$credspec" convert "$spec"
expect_refusal "without --to" 2 "--to"
run "$credspec" convert --to jsn "$spec"
expect_refusal "to something else" 2 "json"
run "$credspec" convert --to json --name x "$spec"
expect_refusal "--name without --to resource" 2 "--to resource"
cat "$samples/domain-joined.yaml" <(echo ---) "$samples/host-account.yaml" >two.yaml
run "$credspec" convert --to json two.yaml
expect_refusal "two specs in a file" 2 "holds 2 credential specs"
run "$credspec" convert --to json "$samples/rbac.yaml"
expect_refusal "no spec in a file" 2 "holds no credential spec"
run "$credspec" convert --to json "$ROOT/samples/mistakes/comma-at-the-end.json"
expect_refusal "broken JSON" 2 "comma-at-the-end.json:12:"

# --- show ----------------------------------------------------------------------------------------

cd "$samples" || exit 2
run "$credspec" show .
cd "$WORK" || exit 2
expect_golden "show prints what is in the samples" "$golden/show.txt"
expect_exit "and ends with 0" 0
run "$credspec" show "$ROOT/samples/mistakes/sid-of-the-account.json"
expect_refusal "show of a spec with errors" 1 "1 error"
run "$credspec" show "$ROOT/samples/mistakes/plug-in-input-with-password.yaml"
no_output "show does not show a password" "Passw0rd"
run "$credspec" show no-such-file
expect_refusal "show of a missing file" 2 "no-such-file"

# --- rules ---------------------------------------------------------------------------------------

run "$credspec" rules
expect_exit "rules lists" 0
run "$credspec" rules --output json
check "as JSON, too" jq -e 'length > 10 and all(.[]; (.code | test("^CS[0-9]{3}$")) and
    (.severity == "error" or .severity == "warning") and (.why | length) > 20)' .stdout
code=$(jq -r '.[3].code' .stdout)
name=$(jq -r '.[3].name' .stdout)
run "$credspec" rules "${code,,}"
expect_output "a code in lower case" "$code"
run "$credspec" rules "$name"
expect_output "a rule's name" "$code"
run "$credspec" rules CS999
expect_refusal "a rule that does not exist" 2 "CS999"

# --- install -------------------------------------------------------------------------------------

umask 077
run "$credspec" install --dir specs "$samples/domain-joined.yaml"
expect_exit "install makes the folder and writes" 0
expect_output "it says where" "installed specs/webapp01.json"
expect_output "and how Docker is told" 'docker run --security-opt "credentialspec=file://webapp01.json"'
umask 022
check "the folder's mode" test "$(stat -c %a specs)" = 755
check "the file's mode" test "$(stat -c %a specs/webapp01.json)" = 644
printf '%s' "$(jq -cS . "$spec")" >canonical.json
expect_same "the text is canonical" canonical.json specs/webapp01.json
run "$credspec" install --dir specs "$samples/domain-joined.yaml"
expect_output "a second time changes nothing" "unchanged"
run "$credspec" install --dir specs "$spec"
expect_output "a bare spec keeps its file's name" "specs/domain-joined.json"
echo '{}' >specs/webapp01.json
run "$credspec" install --dir specs "$samples/domain-joined.yaml"
expect_output "an older one is replaced" "replaced specs/webapp01.json"
expect_same "as a whole" canonical.json specs/webapp01.json
run "$credspec" install --dir specs - <"$spec"
expect_output "from standard input: named after the account" "specs/webapp01.json"
run "$credspec" install --dir no/such/folder "$spec"
expect_refusal "a folder in a missing folder" 2 "the folder above it does not exist"
run "$credspec" install --dir old.json "$spec"
expect_refusal "a folder that is none" 2 "is no folder"
run "$credspec" install --dir specs "$ROOT/samples/mistakes/sid-of-the-account.json"
expect_refusal "a spec with errors" 1 "nothing installed"
check "was not written" test ! -e specs/sid-of-the-account.json
sed 's|name: webapp01|name: ../webapp01|' "$samples/domain-joined.yaml" >traversal.yaml
run "$credspec" install --dir specs traversal.yaml
check "a name with a path in it is refused" test "$status" != 0
check "and nothing is written outside" test ! -e webapp01.json
cp "$spec" _.json
run "$credspec" install --dir specs _.json
expect_refusal "a file whose name makes none" 2 "the spec's name"
run "${as_nobody[@]}" "$program" install --dir "$WORK/read-only" "$samples/domain-joined.yaml" </dev/null
check "a read-only folder is an error" test "$status" = 2

# --- Calls ---------------------------------------------------------------------------------------

run "$credspec"
expect_exit "no command: 2" 2
run "$credspec" lnit
expect_refusal "a slip in a command" 2 "lint"
run "$credspec" lint --stict "$spec"
expect_refusal "a slip in a flag" 2 "--strict"
run "$credspec" lint --output xml "$spec"
expect_refusal "a wrong choice" 2 "json"
run "$credspec" convert --to json
expect_refusal "a missing operand" 2 "FILE"
run "$credspec" --version
expect_output "--version" "credspec "
for command in lint new convert show rules install doctor; do
    run "$credspec" "$command" --help
    expect_exit "$command --help" 0
    expect_output "$command --help has examples" "credspec $command"
done
run "$credspec" manual
expect_output "the manual names every exit code" "1 errors were found"
run "$credspec" completion bash
cp .stdout completion.bash
# complete_words WORD...: what is offered for the last word, as bash calls the function for it.
complete_words() {
    bash -u -c '
        source completion.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _credspec "$1" "${*: -1}" "${*: -2:1}"
        printf "%s\n" "${COMPREPLY[@]}"' bash credspec "$@" | paste -sd' '
}
expect_words() {
    check "completion of: credspec ${*:2}" test "$(complete_words "${@:2}")" = "$1"
}
expect_words "lint" l
expect_words "install" help i
expect_words "bash" completion ""
expect_words "" lint ""
expect_words "" new --out ""
expect_words "--output" lint --o
expect_words "--plugin-guid --plugin-input" new --offline --plugin
expect_words "text json" lint --output ""
expect_words "json" lint --output j
expect_words "text json" lint --output =
expect_words "json" lint --output = j
expect_words "text json" rules -o ""
expect_words "--password-file" doctor --pass
expect_words "ldaps starttls" new --tls ""

# --- Start-up ------------------------------------------------------------------------------------
# Kerberos, LDAP, DNS and TLS are loaded by the commands that talk to a directory, not at the start.

linked() { readelf -d "$BUILD/credspec" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'; }
heavy() { linked | grep -E '^lib(krb5|gssapi|ldap|lber|sasl|cares|ssl|crypto)'; }
check "the program links libyaml" eval "linked | grep -q '^libyaml'"
check "and nothing that a directory needs" eval '! heavy'

finish
