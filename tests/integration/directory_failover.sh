#!/usr/bin/env bash
# Domain controllers that are away, silent or half there, on a machine without krb5.conf and with
# nothing in reverse DNS.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

identity=("keytab=$SAMBA/etc/node1.keytab")
# A controller gets a little longer than by default: this machine may be busy.
probe=("$BUILD/tests/gmsa_probe" domain=contoso.test attempt=4000 "${identity[@]}")

check "this machine has no krb5.conf" test ! -e /etc/krb5.conf
check "the controller's address has no name" sh -c '! getent hosts 127.0.0.10'

# expect_controller WHAT HOST: a ticket was got, with the help of that one.
expect_controller() {
    expect_exit "$1" 0
    expect_output "$1: by way of $2" "at $2.contoso.test"
}

run "${probe[@]}" ticket 'webapp01$'
expect_controller "with one controller" dc1
run "${probe[@]}" sign-in 'webapp01$'
expect_output "the gMSA signs in at the controller" 'CONTOSO\webapp01$ with 256 bits'

start_relay 127.0.0.20
dns servers dc2:0 dc1:10
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the controller of the better priority" dc2
stop_relay
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the first one is down" dc1

start_relay 127.0.0.20
kill -STOP "$relay"
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the first one accepts connections and says nothing" dc1
stop_relay

start_relay 127.0.0.20 389
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the first one has no KDC" dc1
ldap_relay=$relay
start_relay 127.0.0.20 88
kill -STOP "$relay"
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the first one's KDC accepts connections and says nothing" dc1
stop_relay
relay=$ldap_relay
stop_relay

# --- A controller that hangs behind the sign-in -----------------------------------------------------
# Each call ends by itself within the time that one answer, or all of them, may take.

# expect_hung WHAT BEFORE: it ended before the script's own patience did, failed, and says at what.
expect_hung() {
    expect_exit "$1" 1
    expect_output "$1: the reason" "error unavailable: $2dc2.contoso.test: search: no answer in time"
}
start_relay 127.0.0.20 hang=1
run "${probe[@]}" ticket 'webapp01$'
expect_hung "it hangs in its answer with the managed password" 'password of webapp01$: '
stop_relay
# The domain's facts are three questions.
asking=("$BUILD/tests/directory_probe" domain=contoso.test "${identity[@]}")
start_relay 127.0.0.20 hang=4
run "${asking[@]}" operation=300000 timeout=8000 password 'webapp01$'
expect_hung "one answer may take longer than all may" 'password of webapp01$: '
stop_relay
start_relay 127.0.0.20 hang=3
run "${asking[@]}" operation=4000 password 'webapp01$'
expect_output "it hangs earlier, and is passed over" "passed over dc2.contoso.test: unavailable: dc2.contoso.test: search: no answer in time"
expect_output "the next one has the password" "password of 290 bytes"
stop_relay

black_hole 10.9.0.1/24
dns address dc3 10.9.0.3
dns servers dc3:0 dc1:10
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the first one is a black hole" dc1

dns servers dc3:0 dc2:0
run "${probe[@]}" ticket 'webapp01$'
expect_exit "none is there" 1
expect_output "it is nobody's fault here" "error unavailable"
expect_output "the reason of the one" "dc2.contoso.test: 127.0.0.20, port 389: Connection refused"
expect_output "the reason of the other" "dc3.contoso.test: 10.9.0.3, port 389: no answer in time"

dns servers
run "${probe[@]}" ticket 'webapp01$'
expect_output "DNS knows no controllers" "error not-found"
expect_output "it says what DNS was asked" "_ldap._tcp.dc._msdcs.contoso.test"
run "${probe[@]}" server=dc1.contoso.test ticket 'webapp01$'
expect_controller "a server that is named" dc1
run "${probe[@]}" server=127.0.0.10 ticket 'webapp01$'
expect_controller "an address that is named" dc1
run "$BUILD/tests/gmsa_probe" server=127.0.0.10 "${identity[@]}" ticket 'webapp01$'
expect_controller "the domain is the server's" dc1
dns servers dc1:0

printf 'nameserver 10.9.0.4\nnameserver 127.0.0.10\n' >/etc/resolv.conf
run "${probe[@]}" ticket 'webapp01$'
expect_controller "the first name server is a black hole" dc1
printf 'nameserver 10.9.0.4\n' >/etc/resolv.conf
run "${probe[@]}" timeout=8000 ticket 'webapp01$'
expect_output "no name server answers" "error unavailable"
printf 'nameserver 127.0.0.10\n' >/etc/resolv.conf

# What a machine's own krb5.conf says of the realm does not lead us astray.
cat >/etc/krb5.conf <<END
[libdefaults]
	default_realm = OTHER.TEST
	rdns = true
	dns_canonicalize_hostname = true
[realms]
	CONTOSO.TEST = {
		kdc = 10.9.0.5
	}
END
run "${probe[@]}" ticket 'webapp01$'
expect_controller "a krb5.conf with another KDC" dc1
run "${probe[@]}" sign-in 'webapp01$'
expect_exit "it signs in with such a krb5.conf" 0
run "$BUILD/tests/gmsa_probe" server=127.0.0.10 "${identity[@]}" ticket 'webapp01$'
expect_controller "a krb5.conf with another KDC, and a server by address" dc1

# --- What a krb5.conf of the user's says beside that counts ----------------------------------------

KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c "$WORK/tickets" -kt "$SAMBA/etc/node2.keytab" 'node2$'
cat >"$WORK/own.conf" <<END
[libdefaults]
	default_ccache_name = FILE:$WORK/tickets
END
caller=("$BUILD/tests/directory_probe" domain=contoso.test)
run env KRB5_CONFIG="$WORK/own.conf" "${caller[@]}" sign-in
expect_output "the cache that KRB5_CONFIG's file names is the caller's" 'signed in as node2$@CONTOSO.TEST'
run env KRB5CCNAME="FILE:$WORK/tickets" "${caller[@]}" sign-in
expect_output "so is KRB5CCNAME's" 'known as u:CONTOSO\node2$, strength good'
run "${caller[@]}" ccache="FILE:$WORK/tickets" sign-in
expect_output "or one that is named" 'known as u:CONTOSO\node2$, strength good'
run env KRB5CCNAME="FILE:$WORK/tickets" "${probe[@]}" ticket 'webapp01$'
expect_controller "tickets of ours do not go there" dc1
expect_output "KRB5CCNAME stays as it is" "KRB5CCNAME is FILE:$WORK/tickets"
check "and what it names, too" test "$("$CLIENTS/klist" -c "$WORK/tickets" | grep -c 'node2\$@')" = 1
run "${probe[@]}" ticket 'webapp01$'
no_output "and unset where it was" "KRB5CCNAME"

printf '[libdefaults]\n\tpermitted_enctypes = arcfour-hmac\n\tallow_weak_crypto = true\n' >"$WORK/own.conf"
run env KRB5_CONFIG="$WORK/own.conf" "${caller[@]}" user=gmsa-reader 'password=gmsa-reader!Passw0rd' sign-in
expect_output "a connection that would be sealed with less than 128 bits is refused" 'bits only: let the domain controllers have AES keys'
dns address alias 127.0.0.10
run "${probe[@]}" server=alias.contoso.test ticket 'webapp01$'
expect_output "a name that is no service principal" "error not-found: ticket for ldap/alias.contoso.test: no account has this service principal name"
expect_output "has its remedy" "setspn -S"

# --- Clocks, threads -------------------------------------------------------------------------------

for offset in +3600s -3600s; do
    ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 other_clock "$offset" run "${probe[@]}" ticket 'webapp01$'
    expect_controller "a clock that is off by $offset" dc1
done

start_relay 127.0.0.20 389
dns servers dc2:5 dc1:10
printf 'gmsa-reader!Passw0rd' >"$WORK/password"
run "$BUILD/tests/gmsa_probe" domain=contoso.test attempt=15000 user=gmsa-reader "password_file=$WORK/password" \
    threads many-0{0..7} webapp01 previous05 many-1{0..3}
expect_exit "threads do not disturb each other" 0
expect_output "each gets its tickets" "42 tickets by 14 threads"
finish
