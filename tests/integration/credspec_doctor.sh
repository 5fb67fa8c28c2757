#!/usr/bin/env bash
# `credspec doctor` against a real domain controller: the healthy chain, then every stage broken on
# purpose. Each must be named, with a true reason, a next step and its own exit code; what does not
# depend on it is judged all the same. At the end everything that was printed is searched for secrets.
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
for account in gmsa-reader gmsa-other grp-reader user-disabled user-expired; do
    printf '%s!Passw0rd\n' "$account" >"password.$account"
done
export KRB5CCNAME=FILE:$WORK/nobody.ccache
"$credspec" new --account webapp01 --keytab "$keytab" --out webapp01.json || exit 2
# spec_of ACCOUNT: the spec for another account of the domain, in ACCOUNT.json.
spec_of() { sed "s/webapp01/$1/" webapp01.json >"$1.json"; }

# --- Looking at what it says ---------------------------------------------------------------------

# doctor ARGUMENT...: what it prints is kept for the end.
: >everything
doctor() {
    run "$credspec" doctor "$@"
    cat .stdout .stderr >>everything
}
by_keytab=(--keytab "$keytab")
by_user=(--user gmsa-reader --password-file password.gmsa-reader)
stages=(spec dns reach clock sign-in domain account password keys ticket service bind)

# of STAGE: what the last run says of it, its next steps included.
of() { sed -n "/^[^ ]* $1 /,/^[^ ]/{/^[^ ]* $1 /p;/^    /p}" .stdout; }
# says STATUS STAGE TEXT...: its line begins with the status, and all of the texts are said there.
says() {
    local status=$1 stage=$2 said text
    shift 2
    said=$(of "$stage")
    [[ $said == "$status $stage "* ]] || return 1
    for text in "$@"; do [[ $said == *"$text"* ]] || return 1; done
}
expect_stage() {
    local what=$1
    shift
    if says "$@"; then pass "$what"; else
        fail "$what (expected of $2: $1 ${*:3})"
        show_run
    fi
}
# expect_broken WHAT STAGE REASON NEXT: the first failed stage is this one, which the exit code says,
# too; the ones before it are well.
expect_broken() {
    local what=$1 stage=$2 code=10 before
    for before in "${stages[@]}"; do
        [ "$before" != "$stage" ] || break
        says ✓ "$before" || says '!' "$before" || fail "$what: $before is not well"
        code=$((code + 1))
    done
    expect_exit "$what: exit code $code" "$code"
    expect_stage "$what: the reason and the next step" ✗ "$stage" "$3" "$4"
    expect_error "$what: the verdict" "The first thing to mend: $stage (exit code $code)"
}
expect_works() {
    expect_exit "$1" 0
    check "$1: no stage is missing" test "$(grep -c '^[✓!] ' .stdout)" = "${2:-12}"
}

# --- The healthy chain ---------------------------------------------------------------------------

doctor webapp01.json "${by_keytab[@]}"
expect_works "a host's keytab"
check "twelve stages in their order" test "$(awk '{ printf "%s ", $2 }' .stdout)" = "${stages[*]} "
check "and nothing else" test "$(grep -cvE '^✓ [a-z-]+ +[0-9]+ ms  [^ ]' .stdout)" = 0
expect_error "the verdict" "It works"
expect_stage "who signed in" ✓ sign-in 'as node1$@CONTOSO.TEST, sealed by Kerberos with 256 bits'
expect_stage "who may read the password" ✓ password 'node1$@CONTOSO.TEST may read it; those who may: ' \
    'CONTOSO\gmsa-reader' 'group CONTOSO\gmsa-hosts'
expect_stage "whom the gMSA is known as" ✓ bind 'signed in at dc1.contoso.test as CONTOSO\webapp01$'
doctor webapp01.json "${by_user[@]}"
expect_works "a user with a password"
doctor webapp01.json "${by_user[@]}" --tls-ca "$ca"
expect_works "a password inside TLS"
expect_stage "which is said" ✓ sign-in "inside TLS"
KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c reader.ccache gmsa-reader@CONTOSO.TEST <password.gmsa-reader >/dev/null
KRB5CCNAME=FILE:$WORK/reader.ccache doctor webapp01.json
expect_works "the caller's own ticket"
doctor webapp01.json "${by_keytab[@]}" --server dc1.contoso.test
expect_stage "a given server" ✓ dns "not asked: --server dc1.contoso.test"
"$credspec" convert --to resource webapp01.json >resource.yaml
doctor - "${by_keytab[@]}" <resource.yaml
expect_works "a cluster resource on standard input"
spec_of previous05
doctor previous05.json "${by_keytab[@]}"
expect_stage "a previous password" ✓ keys "there is a previous password"

"$credspec" new --account webapp01 --additional-account many-01 --additional-account secret02 "${by_keytab[@]}" \
    --out several.json 2>/dev/null
doctor several.json "${by_user[@]}"
expect_exit "several accounts: each is examined" 17
expect_output "the first one" $'\nwebapp01:\n✓ account'
expect_output "the second" $'\nmany-01:\n! account'
expect_output "the third, which is the broken one" $'\nsecret02:\n! account'
check "well, well and broken" test "$(grep '^[^ ]* password ' .stdout | grep -o '^.' | tr -d '\n')" = "✓✓✗"

LC_ALL=C doctor webapp01.json "${by_keytab[@]}"
check "a locale without such characters gets words" test "$(grep -c '^ok   ' .stdout)" = 12
doctor webapp01.json "${by_keytab[@]}" --json
check "JSON is a list of stages" jq -e --args '
    [.[].stage] == $ARGS.positional and all(.[]; .status == "ok" and .milliseconds >= 0 and .hint == null)
    and ([.[] | select(.account == "webapp01").stage] == $ARGS.positional[6:])' "${stages[@]}" <.stdout
check "and nothing besides" test ! -s .stderr

# --- The spec ------------------------------------------------------------------------------------

sed 's/S-1-5-21-/S-1-5-22-/' webapp01.json >bad.json
doctor bad.json "${by_keytab[@]}"
expect_broken "a spec with an error" spec "bad.json: 1 error" "is not a domain's SID"
expect_stage "the domain is compared all the same" ✗ domain "Sid is" "but the domain's is"
expect_stage "the account is examined all the same" ✓ bind "CONTOSO"
doctor bad.json "${by_keytab[@]}" --output json
expect_exit "JSON: the same exit code" 10
check "JSON: the next step" jq -e '.[0].status == "failed" and (.[0].hint | contains("S-1-5-21"))' .stdout
sed 's/"DnsName"[^,]*,//; s/"DnsTreeName"/"Other"/' webapp01.json >nameless.json
doctor nameless.json "${by_keytab[@]}"
expect_exit "a spec without a domain" 10
check "the rest is skipped" test "$(grep -c '^– .*the spec names no domain' .stdout)" = 11
doctor missing.json "${by_keytab[@]}"
expect_exit "no such file" 2
echo 'kind: Pod' >pod.yaml
doctor pod.yaml "${by_keytab[@]}"
expect_exit "no credential spec" 2

# --- DNS -----------------------------------------------------------------------------------------

dns servers
doctor webapp01.json "${by_keytab[@]}"
expect_broken "DNS knows no controllers" dns "no service records for _ldap._tcp.dc._msdcs.contoso.test" \
    "dig SRV _ldap._tcp.dc._msdcs.contoso.test"
check "all others are skipped" test "$(grep -c '^– ' .stdout)" = 10
doctor webapp01.json "${by_keytab[@]}" --server dc1.contoso.test
expect_works "with --server it works"
dns servers dc1:0
sed 's/contoso\.test/fabrikam.test/' webapp01.json >elsewhere.json
doctor elsewhere.json "${by_keytab[@]}"
expect_exit "a domain that is not there" 11
printf 'nameserver 127.0.0.66\n' >/etc/resolv.conf
doctor webapp01.json "${by_keytab[@]}" --timeout 5s
expect_broken "no name server answers" dns "no name server answers" "/etc/resolv.conf"
cat "$SAMBA/resolv.conf" >/etc/resolv.conf

# --- A domain controller -------------------------------------------------------------------------

dns servers dc2:0
doctor webapp01.json "${by_keytab[@]}"
expect_broken "port 389 closed" reach "127.0.0.20, port 389: Connection refused" "ports 389, 88 and 53"
black_hole 10.9.0.1/24
dns address dc3 10.9.0.3
dns servers dc3:0
doctor webapp01.json "${by_keytab[@]}"
expect_broken "a black hole" reach "10.9.0.3, port 389: no answer in time" "firewalls"
dns servers dc3:0 dc1:10
doctor webapp01.json "${by_keytab[@]}"
expect_works "a black hole and another controller"
expect_stage "the black hole is told of" '!' reach "dc1.contoso.test (127.0.0.10)" "dc3.contoso.test: 10.9.0.3"
dns servers dc2:0
start_relay 127.0.0.20 389
doctor webapp01.json "${by_keytab[@]}"
expect_broken "port 88 closed" reach "answers LDAP, but not on TCP port 88" "open TCP port 88"
expect_stage "what anybody may ask is compared" '!' domain "NetBIOS name CONTOSO"
stop_relay
start_relay 127.0.0.20 389 88
doctor webapp01.json "${by_keytab[@]}"
expect_works "port 53 closed"
expect_stage "which is a warning" '!' reach "TCP port 53 (DNS) does not answer"
stop_relay
dns servers dc1:0
doctor webapp01.json "${by_keytab[@]}" --server 127.0.0.99
expect_broken "a server that is none" reach "127.0.0.99" "--server tries another"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj '/CN=other' \
    -keyout other.key -out other.pem 2>/dev/null
doctor webapp01.json "${by_user[@]}" --tls-ca other.pem
expect_broken "a certificate of somebody else" reach "certificate is not accepted" "--tls-ca FILE names the authority"

# --- The clock -----------------------------------------------------------------------------------

# doctor_at OFFSET: as doctor, the clock moved. The sanitizers want to be loaded first, and are not.
doctor_at() {
    other_clock "$1" run env ASAN_OPTIONS=verify_asan_link_order=0 "$credspec" doctor "${@:2}"
    cat .stdout .stderr >>everything
}
doctor_at +3600s webapp01.json "${by_keytab[@]}"
expect_broken "an hour ahead" clock "this machine's clock is 3600 seconds ahead of" "NTP"
doctor_at -3600s webapp01.json "${by_keytab[@]}"
expect_broken "an hour behind" clock "seconds behind the domain controller's" "chronyc tracking"
doctor_at +200s webapp01.json "${by_keytab[@]}"
expect_works "200 seconds ahead"
expect_stage "which is a warning" '!' clock "200 seconds ahead"

# --- Signing in ----------------------------------------------------------------------------------

echo 'Wr0ng!Passw0rd' >password.wrong
doctor webapp01.json --user gmsa-reader --password-file password.wrong
expect_broken "a wrong password" sign-in "the KDC refuses the password" "kinit gmsa-reader"
expect_stage "what anybody may ask is compared" '!' domain "its SID is told only to who has signed in"
check "the rest is skipped" test "$(grep -c '^– .*nobody has signed in' .stdout)" = 6
doctor webapp01.json --user gmsa-reader --password-file password.wrong --tls-ca "$ca"
expect_broken "a wrong password inside TLS" sign-in "password is wrong" "kinit gmsa-reader"
doctor webapp01.json
expect_broken "no ticket" sign-in "there are no Kerberos tickets" "--keytab and --user do without"
doctor webapp01.json --user nobody-like-that --password-file password.wrong
expect_broken "no such user" sign-in "no such account" "kinit nobody-like-that"
doctor webapp01.json --user user-disabled --password-file password.user-disabled
expect_broken "a disabled user" sign-in "disabled" "enable it"
doctor webapp01.json --user user-expired --password-file password.user-expired
expect_broken "an expired password" sign-in "the password has expired" "change the account's password"
doctor webapp01.json --keytab "$WORK/missing.keytab"
expect_broken "no keytab" sign-in "missing.keytab" "klist -kt"
doctor webapp01.json "${by_keytab[@]}" --principal 'node9$@CONTOSO.TEST'
expect_broken "a keytab without the principal" sign-in 'node9$' "klist -kt $keytab"

# --- The domain ----------------------------------------------------------------------------------

while IFS='|' read -r field change; do
    sed "$change" webapp01.json >other.json
    doctor other.json "${by_keytab[@]}"
    expect_exit "a wrong $field" 15
    expect_stage "a wrong $field is told" ✗ domain "$field is \"" "but the domain's is \"" \
        "credspec new --account webapp01 --domain contoso.test"
    expect_stage "a wrong $field: the account is examined all the same" ✓ bind 'CONTOSO\webapp01$'
done <<'END'
Sid|s/S-1-5-21-[0-9]*/S-1-5-21-1/
Guid|s/"Guid": "[0-9a-f]*-/"Guid": "01234567-/
NetBiosName|s/"CONTOSO"/"FABRIKAM"/
DnsTreeName|s/"DnsTreeName": "[^"]*"/"DnsTreeName": "fabrikam.test"/
END

# --- The account ---------------------------------------------------------------------------------

# expect_account ACCOUNT REASON NEXT: the account's stage fails.
expect_account() {
    spec_of "$1"
    doctor "$1.json" "${by_keytab[@]}"
    expect_broken "$1" account "$2" "$3"
}
expect_account webap01 "has no account webap01" "is webapp01 meant?"
expect_account nothing-like-it "has no account" "Get-ADServiceAccount"
expect_account gmsa-reader "is a user account, not a gMSA" "New-ADServiceAccount"
expect_account node1 "is a computer account, not a gMSA" "name the gMSA"
expect_account disabled04 'disabled04$ is disabled' "Enabled \$true"
expect_stage "a disabled one: the password can be read all the same" ✓ password "may read it"
expect_stage "a disabled one: no ticket" ✗ ticket "disabled"
jq '.ActiveDirectoryConfig.GroupManagedServiceAccounts += [{Name: "archive", Scope: "fabrikam.test"}]' webapp01.json >scope.json
doctor scope.json "${by_keytab[@]}"
expect_exit "an account of a domain that is not there" 16
expect_output "it has a heading" $'\narchive@fabrikam.test:\n✗ account'
expect_output "it says what a scope is" "the Scope of an account is its domain: contoso.test or CONTOSO"

spec_of rc4only06
doctor rc4only06.json "${by_keytab[@]}"
expect_works "RC4 alone"
expect_stage "which is a warning" '!' account "encryption types RC4" "KerberosEncryptionType AES128,AES256"
expect_stage "RC4 keys are made" ✓ keys "RC4"
expect_error "it says that there are warnings" "It works, with warnings"
spec_of nospn09
doctor nospn09.json "${by_keytab[@]}"
expect_stage "no service principal names" '!' account "0 service principal names" "setspn -S"

# --- Its password --------------------------------------------------------------------------------

doctor webapp01.json --user gmsa-other --password-file password.gmsa-other
expect_broken "one who may not read it" password 'gmsa-other@CONTOSO.TEST may not read the password of webapp01$' \
    'those who may: CONTOSO\gmsa-reader, CONTOSO\node1$, group CONTOSO\gmsa-hosts'
expect_stage "and how to permit it" ✗ password "Set-ADServiceAccount -Identity webapp01 -Principals" \
    "with gmsa-other@CONTOSO.TEST in the group"
check "the rest is skipped" test "$(grep -c '^– .*the password is not known' .stdout)" = 4
spec_of nobody03
doctor nobody03.json "${by_keytab[@]}"
expect_broken "one that nobody may read" password "may not read" "those who may: nobody"
doctor webapp01.json --user grp-reader --password-file password.grp-reader
expect_works "a member of a permitted group"
# A ticket that is older than the membership.
KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c other.ccache gmsa-other@CONTOSO.TEST <password.gmsa-other >/dev/null
KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kvno" -q -c other.ccache ldap/dc1.contoso.test
directory /usr/bin/samba-tool group addmembers gmsa-hosts gmsa-other --configfile=/dc/etc/smb.conf \
    -H /dc/private/sam.ldb >/dev/null 2>&1
KRB5CCNAME=FILE:$WORK/other.ccache doctor webapp01.json
expect_broken "a ticket of before the membership" password "may not read" "its ticket is older than that: sign in anew"
doctor webapp01.json --user gmsa-other --password-file password.gmsa-other
expect_works "a ticket of now"

# --- Its keys and tickets ------------------------------------------------------------------------

OPENSSL_MODULES=$WORK doctor rc4only06.json "${by_keytab[@]}"
expect_broken "no MD4 for keys of RC4" keys "legacy provider" "use AES instead"

# modify DN ATTRIBUTE VALUE...: replaces it in the controller's database; no value deletes it.
modify() {
    { printf 'dn: %s\nchangetype: modify\nreplace: %s\n' "$1" "$2" && printf "$2: %s\n" "${@:3}"; } |
        directory /usr/bin/ldbmodify --configfile=/dc/etc/smb.conf -H /dc/private/sam.ldb >/dev/null 2>&1
}
webapp01='CN=webapp01,CN=Managed Service Accounts,DC=contoso,DC=test'
controller='CN=DC1,OU=Domain Controllers,DC=contoso,DC=test'
modify "$webapp01" accountExpires 116444736000000000 || fail "the account was not changed"
doctor webapp01.json "${by_keytab[@]}"
expect_broken "an expired account" ticket "disabled, locked or expired" "enable it"
modify "$webapp01" accountExpires 0 || fail "the account was not changed"

modify "$controller" servicePrincipalName HOST/DC1 || fail "the controller was not changed"
doctor webapp01.json "${by_user[@]}" --tls-ca "$ca"
expect_broken "no service principal name" service "no account has this service principal name, ldap/dc1.contoso.test" \
    "setspn -S"
modify "$controller" servicePrincipalName HOST/DC1 ldap/dc1.contoso.test ldap/dc2.contoso.test ||
    fail "the controller was not changed"

start_relay 127.0.0.20 636 88
dns servers dc2:0
doctor webapp01.json "${by_user[@]}" --tls-ca "$ca"
expect_broken "port 389 closed, with TLS" bind "127.0.0.20, port 389: Connection refused" "TCP port 389"
stop_relay
dns servers dc1:0

# --- A domain controller that stops answering -----------------------------------------------------

# In the answer to which question after the sign-in: three are for the domain's facts, then the account, those
# who may read its password, and the password.
while IFS='|' read -r questions stage reason skipped; do
    start_relay 127.0.0.20 "hang=$questions"
    dns servers dc2:0
    doctor webapp01.json "${by_keytab[@]}" --timeout 6s
    expect_broken "it hangs in answer $questions" "$stage" "${reason}dc2.contoso.test: search: no answer in time" \
        "another domain controller with --server"
    expect_output "it hangs in answer $questions: the rest is skipped, and why" "$skipped"
    stop_relay
done <<'END'
3|domain||the domain's facts are not known
4|account||there is no gMSA to go on with
5|account|the names of those who may read the password of webapp01$: |there is no gMSA to go on with
6|password|password of webapp01$: |the password is not known
END
dns servers dc1:0

# --- Wrong calls ---------------------------------------------------------------------------------

doctor
expect_exit "no spec" 2
doctor webapp01.json --user u --keytab "$keytab"
expect_exit "two ways of signing in" 2
doctor - --user u --password-file - <resource.yaml
expect_exit "standard input twice" 2
run "$credspec" doctor --help
expect_output "--help has examples" "credspec doctor webapp01.json --keytab"
"$credspec" manual >manual.txt
for ((i = 0; i < ${#stages[@]}; i++)); do
    check "--help and the manual have the exit code of ${stages[i]}" test "$(cat .stdout manual.txt |
        sed 's/\\//g' | grep -c "^ *$((10 + i)) ${stages[i]}: ")" = 2
done

# --- Secrets -------------------------------------------------------------------------------------

directory /usr/bin/samba-tool domain exportkeytab /dc/all.keytab --configfile /dc/etc/smb.conf \
    -H /dc/private/sam.ldb >/dev/null 2>&1
{
    for file in "$SAMBA/all.keytab" "$keytab"; do
        "$CLIENTS/klist" -K -k "$file" | sed -n 's/.*(0x\([0-9a-f]*\)).*/\1/p'
    done | tr a-f A-F | while read -r key; do
        # A beginning is enough, in hexadecimal and in base64.
        echo "${key:0:16}"
        basenc -d --base16 <<<"${key:0:24}" | base64
    done
    cat password.*
} | sort -u >secrets
check "secrets are known" test "$(wc -l <secrets)" -gt 300
check "control: they would be found" grep -q -i -F -f secrets <(echo "a key: $(shuf -n 1 secrets)")
check "much was printed" test "$(wc -l <everything)" -gt 500
check "none of it is secret" sh -c '! grep -i -F -f secrets everything'
finish
