#!/usr/bin/env bash
# Nothing secret outlives its use: after the whole way from a gMSA to its tickets neither the process's
# memory, its arguments and environment, what it printed nor any file has the password or a key. That
# the search finds them is shown by the same process while it needs them.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

secrets=(/usr/bin/python3 "$ROOT/tests/samba/secrets")
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
blob_of previous05 >"$SAMBA/blob"
directory /usr/bin/samba-tool domain exportkeytab /dc/previous05.keytab --principal='previous05$' \
    --configfile /dc/etc/smb.conf -H /dc/private/sam.ldb >/dev/null 2>&1
{
    echo "password $(tail -c +17 "$SAMBA/blob" | head -c 256 | hex)"
    echo "previous-password $(tail -c +275 "$SAMBA/blob" | head -c 256 | hex)"
    for name in password:17 previous-password:275; do
        # A lone surrogate becomes U+FFFD, as lib/directory does it.
        echo "${name%:*}-in-UTF-8 $(tail -c "+${name#*:}" "$SAMBA/blob" | head -c 256 | /usr/bin/python3 -c '
import sys
sys.stdout.buffer.write(sys.stdin.buffer.read().decode("utf-16-le", "replace").encode())' | hex)"
    done
    keys_of "$SAMBA/previous05.keytab" key
    keys_of "$SAMBA/etc/node1.keytab" reader-key
    echo "reader-password $(hex <"$WORK/password")"
} >"$SAMBA/list"
check "the secrets are known" "${secrets[@]}" learn "$SAMBA/secrets" <"$SAMBA/list"
check "they are 2 passwords in 2 forms, the keys and what the readers have" \
    test "$(find "$SAMBA/secrets" -type f | wc -l)" -ge 11

# --- Looking ------------------------------------------------------------------------------------

# Everything that a program might write to is empty before.
mkdir "$WORK/home" "$WORK/temporary"
cd "$WORK/home" || exit 2
# Leaks are looked for elsewhere: that does not work in a debugger.
environment=(env HOME="$WORK/home" TMPDIR="$WORK/temporary" ASAN_OPTIONS=detect_leaks=0)

# in_debugger STOP COMMAND...: runs it until there, then looks through it.
in_debugger() {
    local stop=$1
    shift
    RUN_SECONDS=120 run "${environment[@]}" gdb -nx -q -batch -iex 'set debuginfod enabled off' \
        -iex 'set breakpoint pending on' -ex "$stop" -ex run \
        -ex "python import subprocess; print(subprocess.run(['${secrets[0]}', '${secrets[1]}', 'process', '$SAMBA/secrets', str(gdb.selected_inferior().pid)], stdout=subprocess.PIPE, text=True).stdout)" \
        -ex kill --args "$@"
}

# examine NAME COMMAND...: it must succeed, and leave nothing.
examine() {
    local name=$1
    shift
    in_debugger 'catch syscall exit_group' "$@"
    expect_output "$name: the memory at its end is searched" "regions searched"
    no_output "$name: nothing secret is left there" "found "
    cp "$WORK/.stdout" "$WORK/.stderr" "$SAMBA/"
    check "$name: nothing secret is printed" "${secrets[@]}" files "$SAMBA/secrets" "$SAMBA/.stdout" "$SAMBA/.stderr"

    run "${environment[@]}" strace -f -qq -o "$SAMBA/trace" -e trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat,execve,memfd_create,add_key,keyctl "$@"
    expect_exit "$name: it works" 0
    grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(|rename|link|mknod|add_key|keyctl' "$SAMBA/trace" |
        grep -v -E '/dev/(null|tty)|"/proc/self/' >"$SAMBA/written"
    check "$name: it writes to no file" test ! -s "$SAMBA/written" || details <"$SAMBA/written"
    check "$name: it starts no program" test "$(grep -c execve "$SAMBA/trace")" = 1
    check "$name: no file is left" test -z "$(find "$WORK/home" "$WORK/temporary" -mindepth 1)"
}

by_keytab=("$BUILD/tests/gmsa_probe" domain=contoso.test "keytab=$SAMBA/etc/node1.keytab")
by_password=("$BUILD/tests/gmsa_probe" domain=contoso.test user=gmsa-reader "password_file=$WORK/password")

in_debugger 'break tickets_from_keys' "${by_keytab[@]}" ticket 'previous05$'
expect_output "control: while it is needed the password is found" "found password (raw)"
expect_output "control: so are the keys" "found key-aes256-cts-hmac-sha1-96"
in_debugger 'break tickets_from_password' "${by_password[@]}" ticket 'previous05$'
expect_output "control: so is the reader's password" "found reader-password"

examine "with a keytab" "${by_keytab[@]}" sign-in 'previous05$'
examine "with a password" "${by_password[@]}" sign-in 'previous05$'
examine "with a password inside TLS" "${by_password[@]}" "tls_ca=$SAMBA/private/tls/ca.pem" sign-in 'previous05$'
finish
