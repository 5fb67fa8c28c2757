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
without_configuration() {
    unset KRB5_CONFIG
    exec "$@"
}
ours_keytab() { (without_configuration "$BUILD/bench/ticket" 1 contoso.test "$account" "$keytab"); }
ours_password() { (without_configuration "$BUILD/bench/ticket" 1 contoso.test "$account" gmsa-reader "$password"); }

# controller_cpu: nanoseconds that the domain controller, one process, has run.
controller_cpu() { cat "/proc/$controller/task"/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
controller=$(cat "$SAMBA/run/samba.pid")

# measure COMMAND: "SECONDS CPU CONTROLLER REST": how long it took, what it and the controller have computed
# meanwhile, and how long it took without the latter; all in seconds. It must succeed.
measure() {
    local TIMEFORMAT='%R %U %S' before
    before=$(controller_cpu)
    { time "$1" >"$WORK/out" 2>&1 || touch "$WORK/failed"; } 2>"$WORK/time"
    if [ -e "$WORK/failed" ]; then
        echo "failed: $1" >&2
        head -n 5 "$WORK/out" >&2
        exit 1
    fi
    awk -v spent=$(($(controller_cpu) - before)) '{ print $1, $2 + $3, spent / 1e9, $1 - spent / 1e9 }' "$WORK/time"
}
# median FILE COLUMN
median() { sort -n -k "$2,$2" "$1" | awk -v column="$2" '{ value[NR] = $column } END { print value[int((NR + 1) / 2)] }'; }

# more READER: what one more costs in a process that has made one, in the form of measure().
more=20
more() {
    local once often
    once=$(measure "ours_$1")
    often=$(measure "often_$1")
    awk -v more=$more '{ for (i = 1; i <= 4; i++) printf "%s ", ($(i + 4) - $i) / more; print "" }' <<<"$once $often"
}
often_keytab() { (without_configuration "$BUILD/bench/ticket" $((1 + more)) contoso.test "$account" "$keytab"); }
often_password() {
    (without_configuration "$BUILD/bench/ticket" $((1 + more)) contoso.test "$account" gmsa-reader "$password")
}

# counts COMMAND: "ROUND-TRIPS PROCESSES". A round trip is a TCP connection, or something received
# behind something sent, whatever the number of packets.
counts() {
    export -f "${1?}" read_password behind_reader without_configuration
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
    local who column times=() trips=() processes=()
    for who in ours chain; do
        "${who}_$1" >/dev/null 2>&1
        read -r trips[${#trips[@]}] processes[${#processes[@]}] < <(counts "${who}_$1")
        : >"$WORK/$who.times"
    done
    for ((i = 0; i < runs; i++)); do
        measure "ours_$1" >>"$WORK/ours.times"
        measure "chain_$1" >>"$WORK/chain.times"
    done
    for ((i = 0; i < 5; i++)); do more "$1"; done >"$WORK/more.times"
    for who in ours chain more; do
        for column in 1 2 3 4; do times+=("$(median "$WORK/$who.times" "$column")"); done
    done
    awk -v reader="$2" -v times="${times[*]}" -v trips="${trips[*]}" -v processes="${processes[*]}" '
        BEGIN {
            split(times, time, " ")
            split(trips, trip, " ")
            split(processes, process, " ")
            printf "  %-18s %8s %14s %11s %8s %12s %10s\n", reader, "ms", "controller ms", "without it", "CPU ms", "round trips", "processes"
            row("lib/directory", 1)
            row("one more", 3)
            row("chain", 2)
            ratio("lib/directory", 1)
            ratio("one more", 3)
        }
        function ratio(name, i) {
            printf "    %-16s %8.1f %14.1f %11.1f %8.1f\n", "x " name, time[5] / time[4 * i - 3], time[7] / time[4 * i - 1],
                time[8] / time[4 * i], time[6] / time[4 * i - 2]
        }
        function row(name, i) {
            printf "    %-16s %8.0f %14.0f %11.0f %8.0f %12s %10s\n", name, time[4 * i - 3] * 1000, time[4 * i - 1] * 1000,
                time[4 * i] * 1000, time[4 * i - 2] * 1000, i < 3 ? trip[i] : "", i < 3 ? process[i] : ""
        }'
}

# The least that this takes: DNS for the service and the host, two connections, the LDAP ping, a TGT and
# a service ticket of the reader, the sign-in, the password, the TGT. A password costs one more: before
# it has named the salt, the KDC can be proved nothing.
echo "A cold start to a TGT of $account, median of $runs alternating runs. What the domain controller computes"
echo "is in both. Needed: 10 round trips with a keytab, 11 with a password; one process. \"One more\": all of it again"
echo "in a process that has done it."
compare keytab "a computer's keytab"
compare password "a user's password"
