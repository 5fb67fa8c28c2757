#!/usr/bin/env bash
# A gMSA's password is rolled over while tickets are asked for all the time: none is refused. Then the
# minutes around the expiry, when the controller's answer and its KDC differ.
set -u -o pipefail
# shellcheck source=tests/samba/lib.sh
. "$(dirname "$0")/../samba/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_samba

probe=("$BUILD/tests/gmsa_probe" domain=contoso.test "keytab=$SAMBA/etc/node1.keytab")

# --- Rolled over under way -----------------------------------------------------------------------

roll rolling11 begin 2
mkfifo "$WORK/go-on"
"${probe[@]}" loop 'rolling11$' <"$WORK/go-on" >"$WORK/loop" 2>&1 &
loop=$!
exec 3>"$WORK/go-on"
check "tickets are given out" wait_for 20 grep -qE 'begun|error' "$WORK/loop"
for _ in 1 2 3 4 5; do
    roll rolling11 roll || fail "the password was not rolled over"
done
exec 3>&-
wait "$loop"
status=$?
output=$(cat "$WORK/loop")
errors=
ran="gmsa_probe loop"
expect_exit "the loop ran to its end" 0
no_output "none of the requests failed" "failed"
expect_output "there were some" " with the current password"

run "${probe[@]}" ticket 'previous05$'
expect_output "with a previous password the current one counts" "current as previous05\$@CONTOSO.TEST"

# --- Around the expiry ---------------------------------------------------------------------------
# The controller's clock stands two minutes before the end of the password's last window. Clients
# keep the real time: their requests follow the KDC's.

"$ROOT/tests/samba/down" "$SAMBA"
mv "$SAMBA" "$WORK/earlier"
start_samba --clock +0
roll rolling11 begin 1
read -r _ left < <(roll rolling11 show)

# controller_at SECONDS: its clock stands so long before (-) or behind (+) the expiry.
controller_at() { printf '%+d\n' $((left + $1)) >"$SAMBA/clock"; }
# The clock is read again within a second.
controller_shows() {
    local shown
    shown=$("$CLIENTS/ldapsearch" -x -LLL -H ldap://127.0.0.10 -s base -b '' currentTime |
        sed -n 's/^currentTime: \(.\{8\}\)\(..\)\(..\)\(..\).*/\1 \2:\3:\4/p')
    [ "$(($(date -u -d "$shown" +%s) - $(date +%s) - left - $1))" -ge -2 ]
}

for at in -120 +60 +400; do
    controller_at "$at"
    wait_for 10 controller_shows "$at"
    run "${probe[@]}" ticket 'rolling11$'
    case $at in
    -*) expect_output "just before the expiry the previous password opens" "previous as" ;;
    *) expect_output "${at#+} seconds behind it the current one does" "current as" ;;
    esac
done
finish
