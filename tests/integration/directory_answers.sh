#!/usr/bin/env bash
# What a domain controller answers to whom, on which kind of connection: first as an LDAP client sees
# it, which is what lib/directory relies on, then what lib/directory makes of it.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

# --- LDAP clients --------------------------------------------------------------------------------

export LDAPTLS_CACERT=$SAMBA/private/tls/ca.pem
server=dc1.contoso.test

# as PRINCIPAL COMMAND...: with a ticket of a user, whose password is known, or of a computer.
as() {
    local principal=$1 cache=$WORK/$1.cache
    shift
    if [ ! -e "$cache" ]; then
        if [ -e "$SAMBA/etc/${principal%$}.keytab" ]; then
            KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c "$cache" -kt "$SAMBA/etc/${principal%$}.keytab" \
                "$principal"
        else
            KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c "$cache" "$principal" \
                <<<"$principal!Passw0rd" >/dev/null
        fi || return 1
    fi
    KRB5_CONFIG=$SAMBA/krb5.conf KRB5CCNAME=$cache run "$@"
}

gssapi=("$CLIENTS/ldapsearch" -N -Q -Y GSSAPI)
simple() { echo "$CLIENTS/ldapsearch" -x -D "$1@CONTOSO.TEST" -w "$1!Passw0rd"; }
# shellcheck disable=SC2054  # commas of a distinguished name
question=(-LLL -b DC=contoso,DC=test '(sAMAccountName=webapp01$)' msDS-ManagedPassword)

expect_password() {
    expect_exit "$1" 0
    expect_output "$1: the password comes along" "msDS-ManagedPassword:: "
}
expect_without() {
    expect_exit "$1" 0
    expect_output "$1: the account is found" "dn: CN=webapp01,"
    no_output "$1: the password is left out" "msDS-ManagedPassword:"
}
expect_refusal() {
    expect_exit "$1" "$2"
    expect_error "$1: the reason" "$3"
    no_output "$1: no password" "msDS-ManagedPassword::"
}

for principal in gmsa-reader 'node1$' grp-reader 'node2$'; do
    as "$principal" "${gssapi[@]}" -H "ldap://$server" "${question[@]}"
    expect_password "sealed, as $principal"
    as "$principal" "$CLIENTS/ldapsearch" -N -Q -Y GSS-SPNEGO -H "ldap://$server" "${question[@]}"
    expect_password "sealed by GSS-SPNEGO, as $principal"
done
as gmsa-other "${gssapi[@]}" -H "ldap://$server" "${question[@]}"
expect_without "sealed, as one who may not"

for principal in gmsa-reader gmsa-other; do
    as "$principal" "${gssapi[@]}" -O maxssf=1 -H "ldap://$server" "${question[@]}"
    expect_refusal "signed only, as $principal" 1 "operational_search_post_process failed"
done
as gmsa-reader "${gssapi[@]}" -O maxssf=0 -H "ldap://$server" "${question[@]}"
expect_refusal "no layer" 8 "Sign or Seal are required"

# shellcheck disable=SC2046  # several arguments
{
    run $(simple gmsa-reader) -H "ldap://$server" "${question[@]}"
    expect_refusal "a password in clear text" 8 "Transport encryption required"
    run $(simple gmsa-reader) -ZZ -H "ldap://$server" "${question[@]}"
    expect_password "a password over StartTLS"
    run $(simple gmsa-reader) -H "ldaps://$server" "${question[@]}"
    expect_password "a password over LDAPS"
    run $(simple gmsa-other) -H "ldaps://$server" "${question[@]}"
    expect_without "a password over LDAPS, as one who may not"
}

as gmsa-reader "${gssapi[@]}" -H "ldaps://$server" "${question[@]}"
expect_refusal "sealed inside TLS" 49 "data 35b"
as gmsa-reader "${gssapi[@]}" -ZZ -H "ldap://$server" "${question[@]}"
expect_refusal "sealed inside StartTLS" 49 "data 35b"
as gmsa-reader env LDAPSASL_CBINDING=tls-endpoint "${gssapi[@]}" -O maxssf=0 -H "ldaps://$server" \
    "${question[@]}"
expect_password "Kerberos without a layer, bound to TLS"
as gmsa-reader env LDAPSASL_CBINDING=tls-unique "${gssapi[@]}" -O maxssf=0 -H "ldaps://$server" \
    "${question[@]}"
expect_refusal "Kerberos bound to TLS another way" 49 "data 35b"

run "$CLIENTS/ldapsearch" -x -H "ldap://$server" "${question[@]}"
expect_refusal "anonymous" 1 "Operation unavailable without authentication"
run "$CLIENTS/ldapsearch" -x -H "ldap://$server" -LLL -s base -b '' defaultNamingContext
expect_output "anonymous may ask for the server's own facts" "DC=contoso,DC=test"

as gmsa-reader "${gssapi[@]}" -H "ldap://$server" -LLL -b DC=contoso,DC=test '(sAMAccountName=none$)' \
    msDS-ManagedPassword
expect_exit "an account that is not there" 0
no_output "nothing is found" "dn: "
as gmsa-reader "${gssapi[@]}" -H "ldap://$server" -LLL -b DC=contoso,DC=test '(sAMAccountName=webapp01$)' '*'
expect_without "the password must be asked for by name"

# --- A controller that asks for less -------------------------------------------------------------

weak() {
    "$ROOT/tests/samba/down" "$SAMBA"
    mv "$SAMBA" "$WORK/strong"
    start_samba --set 'ldap server require strong auth = no'
}
weak
# shellcheck disable=SC2046  # several arguments
for principal in gmsa-reader gmsa-other; do
    run $(simple "$principal") -H "ldap://$server" "${question[@]}"
    expect_refusal "clear text where it is allowed, as $principal" 1 "operational_search_post_process failed"
    as "$principal" "${gssapi[@]}" -O maxssf=0 -H "ldap://$server" "${question[@]}"
    expect_refusal "no layer where it is allowed, as $principal" 1 "operational_search_post_process failed"
done
as gmsa-reader "${gssapi[@]}" -H "ldaps://$server" "${question[@]}"
expect_refusal "sealed inside TLS is never allowed" 53 "Sign or Seal are not allowed if TLS is used"
finish
