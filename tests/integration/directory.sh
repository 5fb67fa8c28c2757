#!/usr/bin/env bash
# lib/directory against a real domain controller: finding it, signing in, and what it tells. There is
# no krb5.conf here, names are known to DNS alone, and no address has a name.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

probe() { run "$BUILD/tests/directory_probe" "$@"; }
reader=(domain=contoso.test user=gmsa-reader 'password=gmsa-reader!Passw0rd')
authority=$SAMBA/private/tls/ca.pem

# first LINE: standard output of the last run begins with it.
expect_first() {
    if [ "$(head -n 1 <<<"$output")" = "$2" ]; then
        pass "$1"
    else
        fail "$1 (the first line is not: $2)"
        show_run
    fi
}

# --- DNS -----------------------------------------------------------------------------------------

probe services _ldap._tcp.dc._msdcs.contoso.test
expect_output "service records are found" 'dc1.contoso.test:389 priority 0'
probe services _ldap._tcp.dc._msdcs.fabrikam.test
expect_output "a domain that the name server knows nothing of" \
    'error unavailable: no name server answers about _ldap._tcp.dc._msdcs.fabrikam.test'
probe services _none._tcp.contoso.test
expect_output "a name without service records is not found" \
    'error not-found: DNS has no service records for _none._tcp.contoso.test'
dns servers dc3:30 dc2:20 dc1:10
probe services _ldap._tcp.dc._msdcs.contoso.test
expect_stdout "they come by priority" <(printf '%s.contoso.test:389 priority %s weight 100\n' dc1 10 dc2 20 dc3 30)
probe addresses dc1.contoso.test
expect_stdout "a host has an address" <(echo 127.0.0.10)
probe addresses localhost
expect_output "/etc/hosts counts" 127.0.0.1
probe addresses dc9.contoso.test
expect_output "a host without one is not found" 'error not-found: DNS has no addresses for dc9.contoso.test'
probe servers=127.0.0.66 timeout=3000 addresses dc1.contoso.test
expect_output "without a name server it is not known" 'error unavailable: no name server'
probe servers=127.0.0.66,127.0.0.10 addresses dc1.contoso.test
expect_stdout "the next name server is asked" <(echo 127.0.0.10)
black_hole 10.9.9.1/24
probe servers=10.9.9.9 timeout=300 services _ldap._tcp.dc._msdcs.contoso.test
expect_output "a name server in a black hole costs the deadline and no more" \
    'error unavailable: no name server answered in time'

# --- Which domain controller ---------------------------------------------------------------------

located='located dc1.contoso.test at 127.0.0.10 of contoso.test in site Default-First-Site-Name'
dns servers dc1:0
probe domain=contoso.test locate 1
expect_stdout "the domain controller is found by DNS" <(echo "$located")
probe domain=CONTOSO.Test locate 1
expect_stdout "whatever the case of the domain's name" <(echo "$located")
probe server=dc1.contoso.test locate 1
expect_stdout "a given server tells its domain" <(echo "$located")
probe server=127.0.0.10 locate 1
expect_stdout "a server given by address tells its name" <(echo "$located")
probe domain=fabrikam.test server=dc1.contoso.test locate 1
expect_output "a server of another domain is refused" 'error not-found: dc1.contoso.test: it '
probe domain=fabrikam.test locate 1
expect_output "an unknown domain is not found" 'about _ldap._tcp.dc._msdcs.fabrikam.test'
probe domain=sub.contoso.test locate 1
expect_output "nor is one that is not there" 'error not-found: DNS has no service records for _ldap._tcp.dc._msdcs.sub.contoso.test'

dns address dc3 127.0.0.77
dns servers dc3:0 dc1:10
probe domain=contoso.test locate 2
expect_output "a server that is down is passed over" \
    'passed over dc3.contoso.test: unavailable: dc3.contoso.test: 127.0.0.77, port 389: Connection refused'
expect_stdout "once, and then avoided" <(grep 'passed over' <<<"$output" && echo "$located" && echo "$located")
dns address dc4 10.9.9.9
dns servers dc4:0 dc1:10
probe domain=contoso.test attempt=3000 locate 1
expect_first "so is one in a black hole" \
    'passed over dc4.contoso.test: unavailable: dc4.contoso.test: 10.9.9.9, port 389: no answer in time'
expect_output "and the next is taken" "$located"
start_relay 127.0.0.20
dns servers dc2:0 dc1:10
probe domain=contoso.test locate 1
expect_output "a second domain controller answers" 'located dc2.contoso.test at 127.0.0.20'
kill -STOP "$relay"
probe domain=contoso.test attempt=3000 locate 1
expect_first "one that accepts connections and says nothing is passed over, too" \
    'passed over dc2.contoso.test: unavailable: dc2.contoso.test: search: no answer in time'
expect_output "for the next" "$located"
kill -CONT "$relay"
dns servers dc3:0 dc4:0
probe domain=contoso.test attempt=3000 locate 1
expect_output "when none answers, each one's reason is told" 'error unavailable: no domain controller of contoso.test will do:'
expect_output "that of the one" '127.0.0.77, port 389: Connection refused'
expect_output "and that of the other" '10.9.9.9, port 389: no answer in time'

# Our addresses belong to another site than dc1's.
printf '%s\n' 'dn: CN=Branch,CN=Sites,CN=Configuration,DC=contoso,DC=test' 'objectClass: site' '' \
    'dn: CN=127.0.0.0/8,CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=test' 'objectClass: subnet' \
    'siteObject: CN=Branch,CN=Sites,CN=Configuration,DC=contoso,DC=test' >"$SAMBA/site.ldif"
directory /usr/bin/ldbadd -H /dc/private/sam.ldb /dc/site.ldif >/dev/null 2>&1
dns servers dc1:0
probe domain=contoso.test locate 1
expect_output "a site without domain controllers changes nothing" "$located"
dns site Branch dc2:0
probe domain=contoso.test locate 1
expect_output "a domain controller of our own site is preferred" 'located dc2.contoso.test at 127.0.0.20'
dns site Branch dc3:0
probe domain=contoso.test locate 1
expect_output "where it answers" "$located"
dns site Branch

# --- Signing in ----------------------------------------------------------------------------------

probe "${reader[@]}" sign-in
expect_output "a user signs in by Kerberos" \
    'signed in as gmsa-reader@CONTOSO.TEST, known as u:CONTOSO\gmsa-reader, strength good'
expect_output "the domain's names are told" 'domain contoso.test forest contoso.test netbios CONTOSO'
object=$(directory /usr/bin/ldbsearch -H /dc/private/sam.ldb -s base -b DC=contoso,DC=test objectSid objectGUID 2>/dev/null)
sid=$(sed -n 's/^objectSid: //p' <<<"$object")
guid=$(sed -n 's/^objectGUID: //p' <<<"$object")
expect_output "its SID and GUID" "sid $sid guid $guid level 7 host dc1.contoso.test"
expect_output "and its clock" 'clock agrees'
probe domain=contoso.test "keytab=$SAMBA/etc/node1.keytab" sign-in
expect_output "a computer signs in with its keytab" 'signed in as node1$@CONTOSO.TEST, known as u:CONTOSO\node1$'
probe "keytab=$SAMBA/etc/node1.keytab" sign-in
expect_output "whose realm says which domain" 'signed in as node1$@CONTOSO.TEST'
probe user='CONTOSO\gmsa-reader' 'password=gmsa-reader!Passw0rd' domain=contoso.test sign-in
expect_output "a user may be named with the NetBIOS name" 'known as u:CONTOSO\gmsa-reader'
probe user=gmsa-reader@contoso.test 'password=gmsa-reader!Passw0rd' sign-in
expect_output "or with the domain" 'known as u:CONTOSO\gmsa-reader'
probe user='OTHER\gmsa-reader' 'password=gmsa-reader!Passw0rd' domain=contoso.test sign-in
expect_output "not with another one" 'error input: OTHER\gmsa-reader: the domain OTHER is not the one that is asked'
probe "${reader[@]}" server=127.0.0.10 sign-in
expect_output "a server given by address serves as well" 'known as u:CONTOSO\gmsa-reader, strength good'
probe user=gmsa-reader 'password=gmsa-reader!Passw0rd' server=127.0.0.10 sign-in
expect_output "and tells the domain" 'signed in as gmsa-reader@CONTOSO.TEST'
printf 'search contoso.test\n' >>/etc/resolv.conf
probe user=gmsa-reader 'password=gmsa-reader!Passw0rd' sign-in
expect_output "else the machine's search domain is it" 'signed in as gmsa-reader@CONTOSO.TEST'
cat "$SAMBA/resolv.conf" >/etc/resolv.conf

dns servers dc3:0 dc4:0 dc1:10
probe "${reader[@]}" attempt=3000 sign-in
expect_output "with the first ones down, too" 'known as u:CONTOSO\gmsa-reader'
dns servers dc1:0
probe domain=contoso.test user=gmsa-reader password=wrong sign-in
expect_output "a wrong password is refused by the KDC" 'stage ticket failed'
expect_output "and said so" 'error denied: tickets of gmsa-reader@CONTOSO.TEST:'
probe domain=contoso.test ccache=FILE:/nowhere sign-in
expect_output "without a ticket nobody signs in" 'stage ticket failed'
expect_output "which is said, too" 'error not-found:'
probe domain=contoso.test user=gmsa-reader sign-in
expect_output "nor without a password" 'error input: the password of gmsa-reader is empty'

# A relay of LDAP alone: the ticket cannot be had there.
stop_relay
start_relay 127.0.0.20 389
dns servers dc2:0 dc1:10
probe "${reader[@]}" sign-in
expect_output "a domain controller whose KDC is away is passed over" 'passed over dc2.contoso.test: unavailable:'
expect_output "and the next signs us in" 'known as u:CONTOSO\gmsa-reader'
stop_relay
dns servers dc1:0

# --- Inside TLS ----------------------------------------------------------------------------------

for security in ldaps starttls; do
    tls=("${reader[@]}" "security=$security")
    probe "${tls[@]}" "tls_ca=$authority" sign-in
    expect_output "$security: a user signs in with a password" \
        'signed in as gmsa-reader@contoso.test, known as u:CONTOSO\gmsa-reader, strength good'
    probe "${tls[@]}" "tls_ca=$authority" password webapp01
    expect_output "$security: a password is read" 'password of 290 bytes'
    probe "${tls[@]}" sign-in
    expect_output "$security: an unknown authority is refused" \
        "error denied: dc1.contoso.test: the server's certificate is not accepted:"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/other.key" \
        -out "$WORK/other.crt" -days 2 -subj '/CN=contoso.test test CA' 2>/dev/null
    probe "${tls[@]}" "tls_ca=$WORK/other.crt" sign-in
    expect_output "$security: another authority is refused" \
        "error denied: dc1.contoso.test: the server's certificate is not accepted:"
    LDAPTLS_REQCERT=never probe "${tls[@]}" sign-in
    expect_output "$security: whatever LDAPTLS_REQCERT says" "error denied: dc1.contoso.test: the server's certificate"
    printf '127.0.0.1 localhost\n127.0.0.10 wrong.contoso.test\n' >/etc/hosts
    probe "${tls[@]}" "tls_ca=$authority" server=wrong.contoso.test sign-in
    expect_output "$security: a certificate for another name is refused" 'is not accepted: hostname mismatch'
    cat "$SAMBA/hosts" >/etc/hosts
    probe "${tls[@]}" "tls_ca=$authority" server=127.0.0.10 sign-in
    expect_output "$security: a certificate may be for an address" 'strength good'
    probe "${tls[@]}" "tls_ca=$WORK/nothing" sign-in
    expect_output "$security: a file of authorities that is not there" "error input: dc1.contoso.test: $WORK/nothing:"
    probe domain=contoso.test user=gmsa-reader password=wrong "security=$security" "tls_ca=$authority" sign-in
    expect_output "$security: a wrong password is refused" \
        'error denied: dc1.contoso.test: sign-in: the user name or the password is wrong (80090308:'
    probe domain=contoso.test "keytab=$SAMBA/etc/node1.keytab" "security=$security" sign-in
    expect_output "$security: Kerberos is not used inside TLS" 'error input: inside TLS only a user with a password'
done
probe server=dc1.contoso.test user=gmsa-reader 'password=gmsa-reader!Passw0rd' unsealed webapp01
expect_output "nothing secret is asked for in clear text" \
    'password before the sign-in: internal: password of webapp01: dc1.contoso.test: search: secrets are read by a sealed'
expect_output "nor sent" 'sign-in by password without TLS: internal: dc1.contoso.test: sign-in: a password is sent inside TLS only'

# --- Accounts ------------------------------------------------------------------------------------

probe "${reader[@]}" account webapp01
expect_output "a gMSA is found" 'account webapp01$ is a group Managed Service Account (gMSA), enabled, sid '"$sid-"
expect_output "with its facts" 'host webapp01.contoso.test version 1 types 28 interval 30'
expect_output "its service principals" 'principal http/webapp.contoso.test'
expect_output "and who may read its password: a user" 'reader CONTOSO\gmsa-reader, a user account'
expect_output "a computer" 'reader CONTOSO\node1$, a computer account'
expect_output "a group" 'reader CONTOSO\gmsa-hosts, a group'
expect_output "we may" 'gmsa-reader may read it'
for name in 'webapp01$' 'CONTOSO\webapp01' webapp01@contoso.test WEBAPP01; do
    probe "${reader[@]}" account "$name"
    expect_output "it is found as $name" 'account webapp01$ is a group Managed Service Account'
done
probe domain=contoso.test user=grp-reader 'password=grp-reader!Passw0rd' account webapp01
expect_output "a member of the group may" 'grp-reader may read it'
probe domain=contoso.test user=gmsa-other 'password=gmsa-other!Passw0rd' account webapp01
expect_output "others may not" 'gmsa-other may not read it'
probe "${reader[@]}" account secret02
expect_output "the administrator has a name" 'reader CONTOSO\Administrator, a user account'
expect_output "but we may not" 'gmsa-reader may not read it'
probe "${reader[@]}" account disabled04
expect_output "a disabled gMSA" 'account disabled04$ is a group Managed Service Account (gMSA), disabled'
probe "${reader[@]}" account gmsa-reader
expect_output "a user" 'account gmsa-reader is a user account, enabled'
probe "${reader[@]}" account node1
expect_output "a computer" 'account node1$ is a computer account, enabled'
probe "${reader[@]}" account gmsa-hosts
expect_output "a group" 'account gmsa-hosts is a group'
probe "${reader[@]}" account standalone08
expect_output "a standalone account" 'account standalone08$ is a standalone Managed Service Account (sMSA)'
probe "${reader[@]}" account nosuch
expect_output "one that is not there" 'error not-found: the domain contoso.test has no account nosuch'
probe "${reader[@]}" account 'web*'
expect_output "a name is no pattern" 'error input: "web*" is no account'
probe "${reader[@]}" account webapp01@fabrikam.test
expect_output "nor is one of another domain looked for here" \
    'error input: webapp01 is an account of fabrikam.test, not of contoso.test'
probe "${reader[@]}" many '(objectClass=msDS-GroupManagedServiceAccount)'
count=$(directory /usr/bin/ldbsearch -H /dc/private/sam.ldb '(objectClass=msDS-GroupManagedServiceAccount)' dn 2>/dev/null | grep -c ^dn:)
expect_output "all entries come" "found $count"
probe "${reader[@]}" many '(objectClass='
expect_output "a broken filter is not sent" 'error '

# --- Passwords -----------------------------------------------------------------------------------

probe "${reader[@]}" password webapp01
expect_output "a password is read" 'password of 290 bytes'
probe "${reader[@]}" password previous05
expect_output "with the previous one" 'password of 548 bytes'
probe domain=contoso.test "keytab=$SAMBA/etc/node2.keytab" password webapp01
expect_output "by a computer through its group" 'password of 290 bytes'
probe "${reader[@]}" password secret02
expect_output "not by others" 'error denied: dc1.contoso.test: whoever is signed in may not read the password of secret02'
probe "${reader[@]}" password nosuch
expect_output "none is no refusal" 'error not-found: dc1.contoso.test: the domain contoso.test has no gMSA nosuch'
probe "${reader[@]}" password node1
expect_output "a computer is no gMSA" 'error not-found: dc1.contoso.test: the domain contoso.test has no gMSA node1'

finish
