#!/usr/bin/env bash
# Nothing secret outlives its use: after the whole way from a gMSA to its tickets neither the process's
# memory, its arguments and environment, what it printed nor any file has the password or a key. That
# the search finds them is shown by a process that keeps them on purpose.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

printf 'gmsa-reader!Passw0rd' >"$WORK/password"

# --- What to look for ----------------------------------------------------------------------------
# The passwords and keys as other programs see them. previous05 has two passwords.

KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c "$WORK/cache" -kt "$SAMBA/etc/node2.keytab" 'node2$'
blob_of() {
    KRB5_CONFIG=$SAMBA/krb5.conf KRB5CCNAME=$WORK/cache "$CLIENTS/ldapsearch" -N -Q -Y GSSAPI -LLL -o ldif-wrap=no \
        -H ldap://dc1.contoso.test -b DC=contoso,DC=test "(sAMAccountName=$1\$)" msDS-ManagedPassword |
        sed -n 's/^msDS-ManagedPassword:: //p' | base64 -d
}
hex() { od -An -v -tx1 | tr -d ' \n'; }
keys_of() { "$CLIENTS/klist" -K -e -k "$1" | sed -n "s/^ *\([0-9]*\) \(.*\) (\(.*\)) *(0x\(.*\))/$2-\3-\1 \4/p"; }
# A lone surrogate becomes U+FFFD, as lib/directory does it.
to_utf8() {
    /usr/bin/python3 -c '
import sys
sys.stdout.buffer.write(sys.stdin.buffer.read().decode("utf-16-le", "replace").encode())'
}
blob_of previous05 >"$SAMBA/blob"
directory /usr/bin/samba-tool domain exportkeytab /dc/previous05.keytab --principal='previous05$' \
    --configfile /dc/etc/smb.conf -H /dc/private/sam.ldb >/dev/null 2>&1
{
    for name in password:17 previous-password:275; do
        tail -c "+${name#*:}" "$SAMBA/blob" | head -c 256 >"$SAMBA/password"
        echo "${name%:*} $(hex <"$SAMBA/password")"
        echo "${name%:*}-as-UTF-8 $(to_utf8 <"$SAMBA/password" | hex)"
    done
    # Of its third password, that before the previous one, nobody is told.
    keys_of "$SAMBA/previous05.keytab" key | grep -v -e '-1 '
    keys_of "$SAMBA/etc/node1.keytab" reader-key
    echo "reader-password $(hex <"$WORK/password")"
} >"$SAMBA/list"
rm "$SAMBA/password" "$SAMBA/blob"
check "the two passwords in two forms, the account's keys and the reader's are known" \
    test "$(grep -c -E '^[^ ]+ [0-9a-f]{32,}$' "$SAMBA/list")" = 14

# --- Looking ------------------------------------------------------------------------------------

search=("$BUILD/tests/secret_search" "$SAMBA/list")
# Everything that a program might write to is empty before.
mkdir "$WORK/home" "$WORK/temporary"
cd "$WORK/home" || exit 2
mkfifo "$SAMBA/go-on"
# What is kept on purpose is no leak; and leaks are not looked for in a program that is traced.
environment=(env HOME="$WORK/home" TMPDIR="$WORK/temporary" ASAN_OPTIONS=detect_leaks=0)
by_keytab=("$BUILD/tests/gmsa_probe" domain=contoso.test "keytab=$SAMBA/etc/node1.keytab")
by_password=("$BUILD/tests/gmsa_probe" domain=contoso.test user=gmsa-reader "password_file=$WORK/password")

# search_behind COMMAND...: runs it until all is done and released, then looks through its memory.
# What the command said is in $SAMBA/said.
search_behind() {
    "${environment[@]}" "$1" pause=yes "${@:2}" <"$SAMBA/go-on" >"$SAMBA/said" 2>&1 &
    local pid=$!
    exec 3>"$SAMBA/go-on"
    wait_for 60 grep -q -x "done" "$SAMBA/said" || details <"$SAMBA/said"
    run "${search[@]}" process "$pid"
    exec 3>&-
    wait "$pid" || fail "it ended with $?"
}

# examine NAME TEXT COMMAND...: it must succeed and say that, and leave nothing.
examine() {
    local name=$1 text=$2
    shift 2
    search_behind "$@"
    expect_exit "$name: nothing secret is left in memory" 0
    expect_output "$name: it was searched" " pieces looked for in "
    check "$name: it went all the way" grep -q -F "$text" "$SAMBA/said"
    check "$name: nothing secret is printed" "${search[@]}" files "$SAMBA/said"

    run "${environment[@]}" strace -f -qq -o "$SAMBA/trace" -e trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat,execve,memfd_create,add_key,keyctl "$@"
    expect_exit "$name: it works" 0
    grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(|rename|link|mknod|add_key|keyctl' "$SAMBA/trace" |
        grep -v -E '/dev/(null|tty)|"/proc/self/' >"$SAMBA/written"
    check "$name: it writes to no file" test ! -s "$SAMBA/written" || details <"$SAMBA/written"
    check "$name: it starts no program" test "$(grep -c execve "$SAMBA/trace")" = 1
    check "$name: no file is left" test -z "$(find "$WORK/home" "$WORK/temporary" -mindepth 1)"
}

# The search can find everything that it looks for.
: >"$SAMBA/found"
for reader in by_keytab by_password; do
    declare -n command=$reader
    search_behind "${command[@]}" types=0x1c keep 'previous05$'
    expect_exit "control: what is kept on purpose is found ($reader)" 1
    sed -n 's/^found \([^ ]*\) .*/\1/p' "$WORK/.stdout" >>"$SAMBA/found"
done
check "control: everything is found" diff <(cut -d ' ' -f 1 "$SAMBA/list" | sort -u) <(sort -u "$SAMBA/found")

examine "with a keytab" 'CONTOSO\previous05$ with 256 bits' "${by_keytab[@]}" sign-in 'previous05$'
examine "with a password" 'CONTOSO\previous05$ with 256 bits' "${by_password[@]}" sign-in 'previous05$'
examine "with a password inside TLS" 'current as previous05$@CONTOSO.TEST' "${by_password[@]}" \
    "tls_ca=$SAMBA/private/tls/ca.pem" ticket 'previous05$'
finish
