#!/usr/bin/env bash
# What a domain controller answers to whom, on which kind of connection, row by row: as an LDAP client
# sees it, which is what lib/directory relies on, and what lib/directory makes of it. Ways that it does
# not go are gone by refusal_probe, which leaves the answers to it.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

# --- Asking --------------------------------------------------------------------------------------

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

# ours PRINCIPAL [NAME=VALUE]... COMMAND ARGUMENT: the library's own way.
ours() {
    local principal=$1 identity=("user=$1" "password=$1!Passw0rd")
    shift
    [[ $principal != *$ ]] || identity=("keytab=$SAMBA/etc/${principal%$}.keytab")
    run "$BUILD/tests/directory_probe" domain=contoso.test "${identity[@]}" "$@"
}
inside_tls=("tls_ca=$LDAPTLS_CACERT")

# forced PRINCIPAL [NAME=VALUE]...: another way, see refusal_probe.c. Cyrus SASL leaks where it makes no layer.
forced() {
    local principal=$1
    shift
    as "$principal" env ASAN_OPTIONS=detect_leaks=0 "$BUILD/tests/refusal_probe" "$@" "$server" webapp01
}
by_password() { echo "user=$1@CONTOSO.TEST" "password=$1!Passw0rd"; }

# What a client is told.
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

# What lib/directory says of it.
expect_read() { expect_output "$1: the library has it" "password of 290 bytes"; }
expect_told() {
    expect_output "$1: the library says what it means" "$2"
    no_output "$1: the library has no password" "password of 290 bytes"
}
may_not="error denied: $server: whoever is signed in may not read the password of webapp01: add the account"
sealed_only="error denied: password of webapp01: $server: search: the server hands it out over a sealed connection only"
wants_layer="error input: $server: sign-in: the server wants the connection signed and sealed, or inside TLS"
wants_binding="error input: $server: sign-in: the server demands channel binding"
wants_sign_in="error denied: password of webapp01: $server: search: the server tells this only to those who have signed in"
wants_one="error input: $server: sign-in: the server takes Kerberos or TLS, not one inside the other"

# --- Kerberos ------------------------------------------------------------------------------------

# Sealed: a user, a computer, and by a group a user and a computer.
for principal in gmsa-reader 'node1$' grp-reader 'node2$'; do
    as "$principal" "${gssapi[@]}" -H "ldap://$server" "${question[@]}"
    expect_password "sealed, as $principal"
    as "$principal" "$CLIENTS/ldapsearch" -N -Q -Y GSS-SPNEGO -H "ldap://$server" "${question[@]}"
    expect_password "sealed by GSS-SPNEGO, as $principal"
    ours "$principal" password webapp01
    expect_read "sealed, as $principal"
done
# Sealed, not permitted: the entry without the attribute, which is no error.
as gmsa-other "${gssapi[@]}" -H "ldap://$server" "${question[@]}"
expect_without "sealed, as one who may not"
ours gmsa-other password webapp01
expect_told "sealed, as one who may not" "$may_not"

# Signed, not sealed: the whole search fails, for everybody.
for principal in gmsa-reader gmsa-other; do
    as "$principal" "${gssapi[@]}" -O maxssf=1 -H "ldap://$server" "${question[@]}"
    expect_refusal "signed only, as $principal" 1 "operational_search_post_process failed"
    forced "$principal" layer=1
    expect_told "signed only, as $principal" "$sealed_only"
done
# Neither.
as gmsa-reader "${gssapi[@]}" -O maxssf=0 -H "ldap://$server" "${question[@]}"
expect_refusal "no layer" 8 "Sign or Seal are required"
forced gmsa-reader layer=0
expect_told "no layer" "$wants_layer"

# --- Passwords -----------------------------------------------------------------------------------

# shellcheck disable=SC2046  # several arguments
{
    # In clear text. The library does not send one: directory.sh.
    run $(simple gmsa-reader) -H "ldap://$server" "${question[@]}"
    expect_refusal "a password in clear text" 8 "Transport encryption required"
    forced gmsa-reader $(by_password gmsa-reader)
    expect_told "a password in clear text" "$wants_layer"

    # Inside TLS, permitted and not.
    run $(simple gmsa-reader) -ZZ -H "ldap://$server" "${question[@]}"
    expect_password "a password over StartTLS"
    ours gmsa-reader security=starttls "${inside_tls[@]}" password webapp01
    expect_read "a password over StartTLS"
    run $(simple gmsa-reader) -H "ldaps://$server" "${question[@]}"
    expect_password "a password over LDAPS"
    ours gmsa-reader security=ldaps "${inside_tls[@]}" password webapp01
    expect_read "a password over LDAPS"
    run $(simple gmsa-other) -H "ldaps://$server" "${question[@]}"
    expect_without "a password over LDAPS, as one who may not"
    for security in ldaps starttls; do
        ours gmsa-other "security=$security" "${inside_tls[@]}" password webapp01
        expect_told "a password over $security, as one who may not" "$may_not"
    done
}

# --- Kerberos inside TLS -------------------------------------------------------------------------

# Of any strength, without channel binding. The library does not try it.
as gmsa-reader "${gssapi[@]}" -H "ldaps://$server" "${question[@]}"
expect_refusal "sealed inside TLS" 49 "data 35b"
as gmsa-reader "${gssapi[@]}" -ZZ -H "ldap://$server" "${question[@]}"
expect_refusal "sealed inside StartTLS" 49 "data 35b"
for security in ldaps starttls; do
    for layer in 0 1 256; do
        forced gmsa-reader "security=$security" "${inside_tls[@]}" "layer=$layer"
        expect_told "a layer of $layer inside $security" "$wants_binding"
    done
    ours 'node1$' "security=$security" "${inside_tls[@]}" password webapp01
    expect_told "Kerberos inside $security" "error input: inside TLS only a user with a password can sign in"
done
# With channel binding, which the library has no use for: clients only.
as gmsa-reader env LDAPSASL_CBINDING=tls-endpoint "${gssapi[@]}" -O maxssf=0 -H "ldaps://$server" \
    "${question[@]}"
expect_password "Kerberos without a layer, bound to TLS"
as gmsa-reader env LDAPSASL_CBINDING=tls-unique "${gssapi[@]}" -O maxssf=0 -H "ldaps://$server" \
    "${question[@]}"
expect_refusal "Kerberos bound to TLS another way" 49 "data 35b"

# --- Nobody, nothing -----------------------------------------------------------------------------

# Anonymous: the server's own facts alone, by which the library finds it.
run "$CLIENTS/ldapsearch" -x -H "ldap://$server" "${question[@]}"
expect_refusal "anonymous" 1 "Operation unavailable without authentication"
for security in none ldaps starttls; do
    forced gmsa-reader "security=$security" "${inside_tls[@]}"
    expect_told "anonymous, TLS: $security" "$wants_sign_in"
done
run "$CLIENTS/ldapsearch" -x -H "ldap://$server" -LLL -s base -b '' defaultNamingContext
expect_output "anonymous may ask for the server's own facts" "DC=contoso,DC=test"
ours gmsa-reader locate 1
expect_output "the library does" "located $server at 127.0.0.10 of contoso.test"

# No such account: nothing is found, which is no error either.
as gmsa-reader "${gssapi[@]}" -H "ldap://$server" -LLL -b DC=contoso,DC=test '(sAMAccountName=none$)' \
    msDS-ManagedPassword
expect_exit "an account that is not there" 0
no_output "nothing is found" "dn: "
ours gmsa-reader password none
expect_told "an account that is not there" "error not-found: $server: the domain contoso.test has no gMSA none"
# "*" does not mean this attribute.
as gmsa-reader "${gssapi[@]}" -H "ldap://$server" -LLL -b DC=contoso,DC=test '(sAMAccountName=webapp01$)' '*'
expect_without "the password must be asked for by name"

# --- A controller that asks for less -------------------------------------------------------------

weak() {
    "$ROOT/tests/samba/down" "$SAMBA"
    mv "$SAMBA" "$WORK/strong"
    start_samba --set 'ldap server require strong auth = no'
}
weak
# Neither password nor Kerberos is sealed: the whole search fails, for everybody.
# shellcheck disable=SC2046  # several arguments
for principal in gmsa-reader gmsa-other; do
    run $(simple "$principal") -H "ldap://$server" "${question[@]}"
    expect_refusal "clear text where it is allowed, as $principal" 1 "operational_search_post_process failed"
    forced "$principal" $(by_password "$principal")
    expect_told "clear text where it is allowed, as $principal" "$sealed_only"
    as "$principal" "${gssapi[@]}" -O maxssf=0 -H "ldap://$server" "${question[@]}"
    expect_refusal "no layer where it is allowed, as $principal" 1 "operational_search_post_process failed"
    forced "$principal" layer=0
    expect_told "no layer where it is allowed, as $principal" "$sealed_only"
done
# Here a wrong password in clear text is told to be one, and still the library sends none.
forced gmsa-reader user=gmsa-reader@CONTOSO.TEST password=wrong
expect_told "a wrong password" "error denied: $server: sign-in: the user name or the password is wrong"
ours gmsa-reader "server=$server" unsealed webapp01
expect_output "the library sends no password in clear text" \
    "sign-in by password without TLS: internal: $server: sign-in: a password is sent inside TLS only"
# A layer inside TLS.
as gmsa-reader "${gssapi[@]}" -H "ldaps://$server" "${question[@]}"
expect_refusal "sealed inside TLS is never allowed" 53 "Sign or Seal are not allowed if TLS is used"
for security in ldaps starttls; do
    forced gmsa-reader "security=$security" "${inside_tls[@]}" layer=256
    expect_told "sealed inside $security is never allowed" "$wants_one"
done
# What the library does by itself is the same as ever: sealed.
ours gmsa-reader sign-in
expect_output "the library seals all the same" 'known as u:CONTOSO\gmsa-reader, strength good'
ours 'node1$' password webapp01
expect_read "sealed"
run "$BUILD/credspec" new --account webapp01 --keytab "$SAMBA/etc/node1.keytab" --out "$WORK/webapp01.json"
expect_exit "credspec new works" 0
run "$BUILD/credspec" doctor "$WORK/webapp01.json" --keytab "$SAMBA/etc/node1.keytab"
expect_exit "credspec doctor, too" 0
expect_output "sealed" "sealed by Kerberos with 256 bits"
finish
