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
probe=("$BUILD/tests/gmsa_probe" domain=contoso.test "${identity[@]}")

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
expect_exit "the first one has no KDC" 0
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
finish
