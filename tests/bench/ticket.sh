#!/usr/bin/env bash
# From a cold start to a TGT of a gMSA: lib/directory in one process, against the chain kinit,
# ldapsearch, a decoder and kinit in the same run. The chain is spared the search for a domain
# controller: its krb5.conf names the KDC. Prints seconds, the ratio, round trips and processes.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
start_samba
runs=${RUNS:-30}

account='webapp01$'
keytab=$SAMBA/etc/node1.keytab
password=$WORK/password
printf 'gmsa-reader!Passw0rd' >"$password"
export KRB5_CONFIG=$SAMBA/krb5.conf

read_password() {
    KRB5CCNAME=$WORK/reader "$CLIENTS/ldapsearch" -N -Q -Y GSSAPI -LLL -o ldif-wrap=no -H ldap://dc1.contoso.test \
        -b DC=contoso,DC=test "(sAMAccountName=$account)" msDS-ManagedPassword
}
behind_reader() {
    read_password >"$WORK/ldif" &&
        "$BUILD/bench/ticket" decode contoso.test "$account" "$WORK/gmsa.keytab" <"$WORK/ldif" &&
        "$CLIENTS/kinit" -c "$WORK/gmsa" -kt "$WORK/gmsa.keytab" "$account"
}
chain_keytab() { "$CLIENTS/kinit" -c "$WORK/reader" -kt "$keytab" 'node1$' && behind_reader; }
chain_password() { "$CLIENTS/kinit" -c "$WORK/reader" gmsa-reader <"$password" && behind_reader; }
# Ours gets by without a krb5.conf.
ours_keytab() { env -u KRB5_CONFIG "$BUILD/bench/ticket" once contoso.test "$account" "$keytab"; }
ours_password() { env -u KRB5_CONFIG "$BUILD/bench/ticket" once contoso.test "$account" gmsa-reader "$password"; }

# measure COMMAND: "SECONDS CPU-SECONDS", without what the domain controller spends; it must succeed.
measure() {
    local TIMEFORMAT='%R %U %S'
    { time "$1" >"$WORK/out" 2>&1 || touch "$WORK/failed"; } 2>"$WORK/time"
    if [ -e "$WORK/failed" ]; then
        echo "failed: $1" >&2
        head -n 5 "$WORK/out" >&2
        exit 1
    fi
    awk '{ print $1, $2 + $3 }' "$WORK/time"
}
# median FILE COLUMN
median() { sort -n -k "$2,$2" "$1" | awk -v column="$2" '{ value[NR] = $column } END { print value[int((NR + 1) / 2)] }'; }

# counts COMMAND: "ROUND-TRIPS PROCESSES". A round trip is a TCP connection, or something received
# behind something sent, whatever the number of packets.
counts() {
    export -f "${1?}" read_password behind_reader
    export WORK CLIENTS BUILD SAMBA account keytab password
    strace -f -yy -qq -o "$WORK/trace" -e trace=network,read,write,readv,writev,execve bash -c "$1" >/dev/null 2>&1
    awk '
        / execve\(.* = 0$/ && !/\/(bash|env)"/ { processes++ }
        /connect\([0-9]+<TCP/ { trips++ }
        /(sendto|sendmsg|sendmmsg|write|writev)\([0-9]+<(TCP|UDP)/ && !/ = -1/ { sent[$1] = 1 }
        /(recvfrom|recvmsg|recvmmsg|read|readv)\([0-9]+<(TCP|UDP)/ && !/ = (-1|0$)/ && sent[$1] {
            trips++
            sent[$1] = 0
        }
        END { print trips, processes }' "$WORK/trace"
}

# compare READER WHAT
compare() {
    local who times=() trips=() processes=()
    for who in ours chain; do
        "${who}_$1" >/dev/null 2>&1
        read -r trips[${#trips[@]}] processes[${#processes[@]}] < <(counts "${who}_$1")
        : >"$WORK/$who.times"
    done
    for ((i = 0; i < runs; i++)); do
        measure "ours_$1" >>"$WORK/ours.times"
        measure "chain_$1" >>"$WORK/chain.times"
    done
    for who in ours chain; do
        times+=("$(median "$WORK/$who.times" 1)" "$(median "$WORK/$who.times" 2)")
    done
    awk -v reader="$2" -v times="${times[*]}" -v trips="${trips[*]}" -v processes="${processes[*]}" '
        BEGIN {
            split(times, time, " ")
            split(trips, trip, " ")
            split(processes, process, " ")
            printf "  %-20s %8s %8s %12s %10s\n", reader, "ms", "CPU ms", "round trips", "processes"
            printf "    lib/directory      %8.0f %8.0f %12d %10d\n", time[1] * 1000, time[2] * 1000, trip[1], process[1]
            printf "    chain              %8.0f %8.0f %12d %10d\n", time[3] * 1000, time[4] * 1000, trip[2], process[2]
            printf "    ratio              %8.1f %8.1f   (goal: at least 5)\n", time[3] / time[1], time[4] / (time[2] ? time[2] : 0.001)
        }'
}

# The least that this takes: DNS for the service and the host, two connections, the LDAP ping, a TGT and
# a service ticket of the reader, the sign-in, the password, the TGT. A password costs one more: before
# it has named the salt, the KDC can be proved nothing.
echo "A cold start to a TGT of $account, median of $runs alternating runs. The domain controller's own"
echo "time is in both. Needed: 10 round trips with a keytab, 11 with a password; one process."
compare keytab "a computer's keytab"
compare password "a user's password"
