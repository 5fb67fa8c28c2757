# shellcheck shell=bash
# Shared functions of the integration scripts. A script begins with
#
#   #!/usr/bin/env bash
#   set -u -o pipefail
#   # shellcheck source=tests/integration/lib.sh
#   . "$(dirname "$0")/lib.sh"
#
# and ends with `finish`. In between it runs programs and says what it expects:
#
#   run "$BUILD/credspec" lint good.json
#   expect_exit "a good spec passes" 0
#   expect_output "the summary is printed" "1 file"
#
# It gets from here:
#   ROOT    the top of the source tree
#   BUILD   the folder with the programs (from the environment; default ROOT/build)
#   WORK    an own empty folder, removed at the end, which other users may enter
#   status, output, errors   exit code, standard output and standard error of the last `run`
#
# Every check prints one line, "ok - ..." or "not ok - ...", with details behind "# ". The last
# line is "N passed, M failed"; the script exits 1 when M is not 0. Setting UPDATE_GOLDEN=1 makes
# expect_golden write the expected files anew: read the difference before you commit it.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "${BUILD:-$ROOT/build}" && pwd) || exit 2
WORK=$(mktemp -d) || exit 2
chmod 0755 "$WORK"

status=0
output=
errors=
passed=0
failed=0
exit_commands=()

# Programs must not behave differently on somebody's machine, nor wait for a keyboard.
exec </dev/null
export LC_ALL=C.UTF-8 NO_COLOR=1
unset "${!GMSA_@}" "${!CREDSPEC_@}"

run_exit_commands() {
    local i
    for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
        eval "${exit_commands[i]}"
    done
    # A test may have taken the permissions of a folder away.
    chmod -R u+rwX "$WORK" 2>/dev/null
    rm -rf -- "$WORK"
}
trap run_exit_commands EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# at_exit COMMAND: evaluates it when the script ends, the latest first.
at_exit() {
    exit_commands+=("$1")
}

# details: prints standard input indented, at most 40 lines.
details() {
    head -n 40 | sed 's/^/#   /'
}

# pass WHAT, fail WHAT, skip WHAT WHY: one check's line.
pass() {
    passed=$((passed + 1))
    echo "ok - $1"
}
fail() {
    failed=$((failed + 1))
    echo "not ok - $1"
}
skip() {
    echo "skip - $1: $2"
}

# check WHAT COMMAND...: the command must succeed; what it prints is shown when it does not.
check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then
        pass "$what"
    else
        fail "$what"
        echo "#   command: $*"
        details <<<"$said"
    fi
}

# run COMMAND...: runs it for the expect_ functions below, for at most RUN_SECONDS (60). Standard
# input is empty unless redirected.
run() {
    timeout "${RUN_SECONDS:-60}" "$@" >"$WORK/.stdout" 2>"$WORK/.stderr"
    status=$?
    ran="$*"
    # The texts, for messages and substring checks, in which bash drops NUL bytes; the files stay exact.
    { output=$(<"$WORK/.stdout") && errors=$(<"$WORK/.stderr"); } 2>/dev/null
}

show_run() {
    echo "#   command: $ran"
    echo "#   exit code: $status"
    [ -z "$output" ] || { echo "#   standard output:" && details <<<"$output"; }
    [ -z "$errors" ] || { echo "#   standard error:" && details <<<"$errors"; }
}

# expect_exit WHAT CODE: the last run ended with that exit code.
expect_exit() {
    if [ "$status" = "$2" ]; then
        pass "$1"
    else
        fail "$1 (exit code $status, expected $2)"
        show_run
    fi
}

# expect_output WHAT TEXT, expect_error WHAT TEXT: the text occurs in standard output, standard
# error. no_output WHAT TEXT: it does not occur in either.
expect_output() {
    if [[ $output == *"$2"* ]]; then
        pass "$1"
    else
        fail "$1 (standard output lacks: $2)"
        show_run
    fi
}
expect_error() {
    if [[ $errors == *"$2"* ]]; then
        pass "$1"
    else
        fail "$1 (standard error lacks: $2)"
        show_run
    fi
}
no_output() {
    if [[ $output != *"$2"* && $errors != *"$2"* ]]; then
        pass "$1"
    else
        fail "$1 (printed: $2)"
        show_run
    fi
}

# expect_same WHAT EXPECTED ACTUAL: two files are equal byte for byte.
expect_same() {
    if cmp -s -- "$2" "$3"; then
        pass "$1"
    else
        fail "$1"
        diff -u -- "$2" "$3" | details
    fi
}

# expect_stdout WHAT FILE: standard output of the last run is that file.
expect_stdout() {
    expect_same "$1" "$2" "$WORK/.stdout"
}

# expect_golden WHAT FILE: the same with a committed file that UPDATE_GOLDEN=1 rewrites.
expect_golden() {
    if [ "${UPDATE_GOLDEN:-}" = 1 ]; then
        cp -- "$WORK/.stdout" "$2"
    fi
    expect_stdout "$1" "$2"
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails when it never does. Its output is
# dropped. What takes long is asked for less often: asking takes time from what is waited for.
wait_for() {
    local end=$((SECONDS + $1)) pause=5
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep "0.$((pause / 10))$((pause % 10))"
        pause=$((pause * 5 / 4 < 40 ? pause * 5 / 4 : 40))
    done
}

# run "${as_nobody[@]}" PROGRAM...: without root's power to read and write everything; as the
# present user where that is not root. The program must lie where `nobody` can reach it: see
# reachable.
as_nobody=(env)
# shellcheck disable=SC2034  # it is for the scripts
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# reachable PROGRAM: prints the path of a copy in WORK, for the user nobody.
reachable() {
    mkdir -p "$WORK/.programs"
    cp -- "$1" "$WORK/.programs/" && echo "$WORK/.programs/$(basename "$1")"
}

# finish: the closing line; ends the script.
finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}
