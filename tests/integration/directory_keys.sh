#!/usr/bin/env bash
# Keys that lib/directory derives, against those that the domain controller has: bit for bit, for
# sixty random passwords and for names of every kind.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

probe=("$BUILD/tests/gmsa_probe" domain=contoso.test "keytab=$SAMBA/etc/node1.keytab")
printf 'gmsa-reader!Passw0rd' >"$WORK/password"
by_user=("$BUILD/tests/gmsa_probe" domain=contoso.test user=gmsa-reader "password_file=$WORK/password")
all=0x1c

# keys FILE: "VERSION PRINCIPAL TYPE KEY" of a keytab, sorted.
keys() { "$CLIENTS/klist" -K -e -k "$1" | sed -n 's/^ *\([0-9]\+\) \(.*\) (\(.*\)) *(0x\(.*\))/\1 \2 \3 \4/p' | sort; }

# expect_keys WHAT COUNT ACCOUNT...: our keytabs of the accounts have so many keys, each the controller's.
expect_keys() {
    local what=$1 count=$2 account
    shift 2
    for account in "$@"; do keys "$WORK/ours/$account.keytab"; done | sort >"$WORK/ours/keys"
    comm -13 "$WORK/theirs" "$WORK/ours/keys" >"$WORK/ours/only"
    if [ "$(wc -l <"$WORK/ours/keys")" = "$count" ] && [ ! -s "$WORK/ours/only" ]; then
        pass "$what"
    else
        fail "$what ($(wc -l <"$WORK/ours/keys") keys, expected $count; those that are not the controller's:)"
        details <"$WORK/ours/only"
    fi
}

export_keys() {
    rm -f "$SAMBA/all.keytab"
    directory /usr/bin/samba-tool domain exportkeytab /dc/all.keytab --configfile /dc/etc/smb.conf \
        -H /dc/private/sam.ldb >/dev/null 2>"$WORK/export.log" || cat "$WORK/export.log"
    keys "$SAMBA/all.keytab" >"$WORK/theirs"
}

mkdir "$WORK/ours"
export_keys
many=(many-{00..59})
run "${by_user[@]}" "types=$all" keytab "$WORK/ours" "${many[@]}"
expect_exit "keytabs of sixty gMSAs are written" 0
expect_keys "all their 180 keys are the controller's" 180 "${many[@]}"

named=(webapp01 fifteen-chars15 rc4only06 noetypes10 disabled04)
run "${probe[@]}" "types=$all" keytab "$WORK/ours" "${named[@]}" previous05
expect_exit "keytabs of others are written" 0
expect_keys "keys of a long name, of RC4 alone, of a disabled account" 15 "${named[@]}"

# Samba forgets the keys of before: those of the previous password are the ones that it had then.
expect_version() {
    local name=$1 keys
    keys=$("$CLIENTS/klist" -k "$WORK/ours/$name.keytab" | grep -c "^ *$2 ")
    if [ "$keys" = 3 ]; then pass "$3"; else fail "$3 ($keys keys of version $2)"; fi
}
expect_version previous05 3 "the current password's keys have its version"
expect_version previous05 2 "the previous password's have the one before"

# ticket_of CACHE: a ticket for the account itself, by which a service would be asked.
ticket_of() {
    KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kinit" -c "$1" -kt "$SAMBA/etc/node2.keytab" 'node2$' &&
        KRB5_CONFIG=$SAMBA/krb5.conf "$CLIENTS/kvno" -q -c "$1" 'rolling11$'
}

roll rolling11 begin 2
ticket_of "$WORK/cache-before"
export_keys
cp "$WORK/theirs" "$WORK/before"
roll rolling11 roll
export_keys
sort -u "$WORK/before" "$WORK/theirs" -o "$WORK/theirs"
run "${probe[@]}" "types=$all" keytab "$WORK/ours" rolling11
expect_exit "a keytab behind a roll-over is written" 0
expect_keys "it has the controller's keys of before and after, with their versions" 6 rolling11

ticket_of "$WORK/cache-after"
for when in before after; do
    KRB5_CONFIG=$SAMBA/krb5.conf run "$CLIENTS/kvno" -c "$WORK/cache-$when" -k "$WORK/ours/rolling11.keytab" \
        'rolling11$'
    expect_exit "a service opens a ticket of $when with it" 0
    expect_output "the ticket of $when really needs its keys" "keytab entry valid"
done
finish
