# shellcheck shell=bash
# For integration scripts that need a real domain controller. A script begins with
#
#   #!/usr/bin/env bash
#   set -u -o pipefail
#   # shellcheck source=tests/samba/lib.sh
#   . "$(dirname "$0")/../samba/lib.sh"
#   # shellcheck source=tests/integration/lib.sh
#   . "$(dirname "$0")/lib.sh"
#   start_samba
#
# The script is run in a network of its own, with only loopback in it, and with an /etc of its own:
# there is no krb5.conf, names of the domain are known to its DNS server alone, and no address has a
# name. That takes root.
#
# It gets from here:
#   SAMBA            what tests/samba/up made: keytabs, certificates, logs
#   CLIENTS          the folder with kinit, ldapsearch and the like
#   directory        runs a program in the private root, DIR as /dc: directory /usr/bin/ldbsearch ...

# What must be fetched is fetched while there still is a network.
if [ -z "${SAMBA_PROGRAMS:-}" ]; then
    if [ "$(id -u)" != 0 ]; then
        echo "skip - $(basename "$0"): Samba needs root"
        exit 0
    fi
    SAMBA_PROGRAMS=$("$(dirname "${BASH_SOURCE[0]}")/build") || exit 2
    export SAMBA_PROGRAMS
    exec unshare --net --mount "$(dirname "${BASH_SOURCE[0]}")/private" "$0" "$@"
fi
# shellcheck disable=SC2034  # it is for the scripts
CLIENTS=$SAMBA_PROGRAMS/bin

directory() { "$ROOT/tests/samba/in" "$SAMBA" "$@"; }

# start_samba [OPTION]...: starts the domain controller; it is stopped when the script ends. Ends the
# script when that fails.
# shellcheck disable=SC2120  # most scripts need no option
start_samba() {
    SAMBA=$WORK/samba
    at_exit "\"$ROOT/tests/samba/down\" \"$SAMBA\""
    "$ROOT/tests/samba/up" "$SAMBA" "$@" || exit 2
    cat "$SAMBA/hosts" >/etc/hosts
    cat "$SAMBA/resolv.conf" >/etc/resolv.conf
}

# roll ACCOUNT COMMAND..., dns COMMAND...: see tests/samba/roll and tests/samba/dns.
roll() { directory /usr/bin/python3 /tests/roll "$@" 2>"$WORK/roll.log"; }
dns() { directory /usr/bin/python3 /tests/dns "$@"; }

# start_relay ADDRESS [PORT]... [hang=N]: a second address of the domain controller, with all its
# services or some, see tests/samba/relay, until stop_relay or the script's end. 127.0.0.20 is that of dc2.contoso.test. `relay` is the
# process itself, so not by the function, which would leave a shell between.
start_relay() {
    "$ROOT/tests/samba/in" "$SAMBA" /usr/bin/python3 /tests/relay "$1" 127.0.0.10 "${@:2}" >"$WORK/relay.log" 2>&1 &
    relay=$!
    at_exit stop_relay
    wait_for 10 grep -q ready "$WORK/relay.log"
}
# shellcheck disable=SC2317  # also called by name, at the end
stop_relay() {
    kill -KILL "$relay" 2>/dev/null
    wait "$relay" 2>/dev/null
}

# black_hole NETWORK/BITS: packets to it vanish, as with a firewall or a machine that is off. Nobody is
# asked for the address of the next machine, which would end in "No route to host".
black_hole() {
    ip link add hole type veth peer name nowhere &&
        ip addr add "$1" dev hole && ip link set hole arp off up && ip link set nowhere up
}

# other_clock OFFSET COMMAND...: with the clock moved, as in +3600s.
other_clock() {
    local offset=$1
    shift
    LD_PRELOAD=$SAMBA_PROGRAMS/root/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 \
        FAKETIME=$offset FAKETIME_DONT_FAKE_MONOTONIC=1 "$@"
}
