#!/usr/bin/env bash
# `credspec new` out of a live directory: a real domain controller, every way of signing in, accounts
# that are refused and accounts that are warned of. Without a directory: credspec_cli.sh.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

credspec=$BUILD/credspec
keytab=$SAMBA/etc/node1.keytab
ca=$SAMBA/private/tls/ca.pem
cd "$WORK" || exit 2
secret='gmsa-reader!Passw0rd'
printf '%s\n' "$secret" >password
as_reader=(--domain contoso.test --user gmsa-reader --password-file password)
export KRB5CCNAME=FILE:$WORK/nobody.ccache

# new ARGUMENT...: the command in its usual place.
new() { run "$credspec" new "$@"; }

# expect_refusal WHAT CODE TEXT: the last run ended with CODE, said TEXT, and wrote no spec.
expect_refusal() {
    expect_exit "$1: exit code $2" "$2"
    expect_error "$1: says why" "$3"
    expect_stdout "$1: nothing is written" /dev/null
}

# --- The values ----------------------------------------------------------------------------------

# What the database of the domain controller itself says.
directory /usr/bin/ldbsearch --configfile=/dc/etc/smb.conf -H /dc/private/sam.ldb -s base \
    -b DC=contoso,DC=test objectSid objectGUID >facts 2>/dev/null
sid=$(sed -n 's/^objectSid: //p' facts)
guid=$(sed -n 's/^objectGUID: //p' facts)
"$credspec" new --offline --account webapp01 --dns-name contoso.test --netbios-name CONTOSO --sid "$sid" \
    --guid "$guid" >expected.json || exit 2

new --account webapp01 "${as_reader[@]}"
expect_exit "a user with a password gets a spec" 0
expect_stdout "which has the domain's own values" expected.json
check "and nothing is to be said of it" test -z "$errors"
new --account 'CONTOSO\webapp01$' "${as_reader[@]}" --out spec.json
expect_exit "into a file" 0
expect_same "the same" expected.json spec.json
check "which all may read" test "$(stat -c %a spec.json)" = 644
run "$credspec" lint --strict spec.json
expect_exit "lint has no objections" 0
new --account WEBAPP01 "${as_reader[@]}"
expect_stdout "the name is written as the directory has it" expected.json

new --account webapp01 "${as_reader[@]}" --as resource --run-as-user-name 'NT AUTHORITY\SYSTEM'
expect_output "a resource" "kind: GMSACredentialSpec"
expect_output "which is called like the account" "name: webapp01"
new --account webapp01 "${as_reader[@]}" --as resource --name shop
expect_output "or as the user says" "name: shop"

vault='{CCC2A336-D7F3-4818-A213-272B7924213E}'
input='ObjectId=5d0f8b4c-8f0e-4d0a-9a53-6b3f0f5a7c11;SecretUri=https://contoso.vault.azure.net/secrets/reader'
new --account webapp01 "${as_reader[@]}" --plugin-guid "$vault" --plugin-input "$input"
# shellcheck disable=SC2016  # jq expands it
check "the plug-in's block" jq -e --arg guid "$vault" --arg input "$input" \
    '.ActiveDirectoryConfig.HostAccountConfig ==
    {"PortableCcgVersion":"1","PluginGUID":$guid,"PluginInput":$input}' .stdout

# --- Signing in ----------------------------------------------------------------------------------

new --account webapp01 --keytab "$keytab"
expect_stdout "a keytab, which also says which domain" expected.json
new --account webapp01 --keytab "$keytab" --principal 'node1$@CONTOSO.TEST'
expect_stdout "and one of its principals" expected.json
new --account webapp01@contoso.test --user gmsa-reader@contoso.test --password-file - <password
expect_stdout "a password on standard input; the account says which domain" expected.json
echo 'search contoso.test' >>/etc/resolv.conf
printf '%s' "$secret" >password.bare
new --account webapp01 --user gmsa-reader --password-file password.bare
expect_stdout "the machine's own domain; no line end" expected.json
new --account webapp01 "${as_reader[@]}" --server 127.0.0.10
expect_stdout "a given domain controller" expected.json
: >no-dns
mount --bind no-dns /etc/resolv.conf
new --account webapp01 "${as_reader[@]}" --server 127.0.0.10
expect_stdout "for which no DNS is needed" expected.json
umount /etc/resolv.conf
new --account webapp01 "${as_reader[@]}" --tls-ca "$ca"
expect_stdout "inside TLS, port 636" expected.json
new --account webapp01 "${as_reader[@]}" --tls starttls --tls-ca "$ca"
expect_stdout "inside TLS, port 389" expected.json

export KRB5CCNAME=FILE:$WORK/reader.ccache
KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" gmsa-reader@CONTOSO.TEST <password >/dev/null || exit 2
new --account webapp01
expect_stdout "the caller's own ticket says all" expected.json
KRB5_CONFIG=$SAMBA/krb5.conf new --account webapp01
expect_stdout "with a krb5.conf, too" expected.json

cp "$keytab" node1.keytab
chmod 0644 node1.keytab
program=$(reachable "$credspec")
run "${as_nobody[@]}" "$program" new --account webapp01 --keytab "$WORK/node1.keytab"
expect_stdout "a user without privileges" expected.json
export KRB5CCNAME=FILE:$WORK/nobody.ccache

# --- A password that is typed --------------------------------------------------------------------

# type_password TYPED COMMAND: runs a shell command on a terminal of its own, types when it asks, and
# leaves what the terminal showed in `screen`.
type_password() {
    rm -f keys screen
    mkfifo keys
    # A shell that starts something in the background lets it ignore the keyboard's signals.
    timeout 60 env --default-signal=INT,QUIT script --quiet --return --flush --command "$2" screen \
        <keys >/dev/null 2>&1 &
    local terminal=$!
    exec 7>keys
    wait_for 20 grep -q 'Password of gmsa-reader' screen || echo "never asked" >>screen
    printf '%b' "$1" >&7
    wait "$terminal"
    status=$?
    exec 7>&-
    ran=$2
    output=$(tr -d '\0' <screen)
    errors=
}

typing="$credspec new --account webapp01 --domain contoso.test --user gmsa-reader --out typed.json --force"
type_password "$secret\n" "$typing"
expect_exit "a password is asked for on the terminal" 0
expect_output "by the user's name" "Password of gmsa-reader: "
no_output "and is not shown" "$secret"
expect_same "the spec is written" expected.json typed.json
type_password "wrong\n" "$typing"
expect_exit "a wrong one: 3" 3
type_password "\n" "$typing"
expect_exit "none: 2" 2
expect_output "which is said" "there is no password"
type_password '\003' "sh -c 'trap : INT; $typing; echo ended with \$?; stty -a'"
expect_output "Ctrl-C ends it as a signal does" "ended with 130"
check "and the terminal shows again what is typed" grep -qw -- 'echo' <(tr ' ' '\n' <screen)
type_password '\032' "sh -mc '$typing; echo stopped with \$?; stty -a; kill -KILL %1'"
expect_output "Ctrl-Z stops it" "stopped with 148"
check "and the terminal shows again what is typed, too" grep -qx -- 'echo' <(tr -d '\r;' <screen | tr ' ' '\n')
run setsid "$credspec" new --account webapp01 --domain contoso.test --user gmsa-reader
expect_refusal "no terminal" 2 "--password-file"

# --- Accounts that no container can use ----------------------------------------------------------

while IFS='|' read -r account says; do
    new --account "$account" "${as_reader[@]}"
    expect_refusal "$account" 1 "$says"
done <<'END'
webap01|has no account webap01; did you mean webapp01?
nothing-like-it|has no account nothing-like-it
gmsa-reader|is a user account, not a gMSA: name a gMSA
node1|is a computer account, not a gMSA: name the gMSA
gmsa-hosts|is a group, not a gMSA
standalone08|is a standalone Managed Service Account (sMSA), not a gMSA
disabled04|disabled04$ is disabled: Set-ADServiceAccount -Identity disabled04 -Enabled $true
webapp01@fabrikam.test|
END
new --account 'web*' "${as_reader[@]}"
expect_exit "a name that is none" 1
new --account webapp01 --additional-account disabled04 "${as_reader[@]}"
expect_refusal "a disabled additional account" 1 "disabled04$ is disabled"
new --account disabled04 "${as_reader[@]}" --out refused.json
check "no file is made of a refused one, nor half of it" test -z "$(find . -maxdepth 1 -name '*refused*')"
new --account webapp01 --additional-account many-99 "${as_reader[@]}"
expect_refusal "a missing additional account" 1 "has no account many-99"

# --- Warnings ------------------------------------------------------------------------------------

while IFS='|' read -r account says; do
    new --account "$account" "${as_reader[@]}" --as resource
    expect_exit "$account is written" 0
    expect_error "with a warning" "$says"
    expect_output "and nothing is missing" "MachineAccountName: $account"
done <<'END'
nobody03|warning: nobody may read the password of nobody03$
rc4only06|warning: rc4only06$ has no encryption type of AES (msDS-SupportedEncryptionTypes is 4: RC4)
noetypes10|warning: noetypes10$ has no encryption types (msDS-SupportedEncryptionTypes is not set)
nospn09|warning: nospn09$ has no service principal names
END

new --account webapp01 --additional-account many-01 --additional-account 'CONTOSO\many-02' \
    --additional-account many-03@CONTOSO.test "${as_reader[@]}"
expect_exit "additional accounts" 0
check "all of this domain" jq -e '.ActiveDirectoryConfig.GroupManagedServiceAccounts[2:] == [
    {"Name":"many-01","Scope":"contoso.test"},{"Name":"many-02","Scope":"contoso.test"},
    {"Name":"many-03","Scope":"contoso.test"}]' .stdout
new --account webapp01 --additional-account archive@fabrikam.test "${as_reader[@]}"
expect_refusal "one of a domain that is not there" 3 "archive@fabrikam.test"

# --- The directory does not answer ---------------------------------------------------------------

printf 'wrong\n' >wrong
new --account webapp01 --domain contoso.test --user gmsa-reader --password-file wrong
expect_refusal "a wrong password" 3 "the KDC refuses the password"
no_output "which is not repeated" "wrong"
new --account webapp01 --domain contoso.test --user gmsa-reader --password-file wrong --tls-ca "$ca"
expect_refusal "a wrong password inside TLS" 3 "password"
new --account webapp01 --domain contoso.test
expect_refusal "no ticket" 3 "kinit"
new --account webapp01 --domain fabrikam.test --keytab "$keytab"
expect_refusal "an unknown domain" 3 "fabrikam.test"
new --account webapp01 "${as_reader[@]}" --server 127.0.0.99
expect_refusal "a machine that is no domain controller" 3 "127.0.0.99"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj '/CN=other' \
    -keyout other.key -out other.pem 2>/dev/null
new --account webapp01 "${as_reader[@]}" --tls-ca other.pem
expect_refusal "a certificate of somebody else" 3 "certificate is not accepted"
black_hole 10.9.9.1/24
new --account webapp01 "${as_reader[@]}" --server 10.9.9.9 --timeout 1s
expect_refusal "a black hole, with a time limit" 3 "10.9.9.9"

# --- Wrong calls ---------------------------------------------------------------------------------

# expect_usage TEXT ARGUMENT...: exit code 2, and TEXT is said.
expect_usage() {
    local says=$1
    shift
    new "$@"
    expect_refusal "new $*" 2 "$says"
}
expect_usage "--account is missing" "${as_reader[@]}"
expect_usage "--sid needs --offline" --account webapp01 --sid "$sid" "${as_reader[@]}"
expect_usage "--forest needs --offline" --account webapp01 --forest contoso.test
expect_usage "--user asks a directory" --offline --account webapp01 --user gmsa-reader
expect_usage "--domain asks a directory" --offline --account webapp01 --domain contoso.test
expect_usage "only one of them" --account webapp01 --user u --keytab "$keytab"
expect_usage "--tls-ca needs --user" --account webapp01 --tls-ca "$ca"
expect_usage "no-such-file" --account webapp01 --user u --password-file no-such-file
expect_usage "there is no password" --account webapp01 --user u --password-file /dev/null
expect_usage "unknown option --password; did you mean --password-file?" --account webapp01 --user u --password "$secret"
no_output "a password among the arguments is not repeated" "$secret"
expect_usage "unknown option --password;" --account webapp01 --user u --password="$secret"
no_output "a password among the arguments is not repeated" "$secret"
expect_usage "unknown value" --account webapp01 --user u --tls tls13

finish
