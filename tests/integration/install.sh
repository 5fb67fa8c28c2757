#!/usr/bin/env bash
# make install: every program with its manual and completion; kubectl finds its plug-in there.
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Debian's kubectl is fetched while there still is a network.
KUBE_PROGRAMS=$("$here/../kube/build") || exit 2
# shellcheck source=tests/integration/lib.sh
. "$here/lib.sh"

[ -e "$BUILD/flags" ] || {
    skip "make install" "$BUILD was not made by make"
    finish
}
case $BUILD in
*/build) variant= ;;
*) variant=$(basename "$BUILD") ;;
esac
# What is built already is installed; nothing else may be needed.
run make -C "$ROOT" ${variant:+VARIANT="$variant"} BUILD="$BUILD" install DESTDIR="$WORK/root" PREFIX=/usr
expect_exit "make install" 0
bin=$WORK/root/usr/bin
man=$WORK/root/usr/share/man/man1
completions=$WORK/root/usr/share/bash-completion/completions

programs=$(sed -n 's/^PROGRAMS := //p' "$ROOT/Makefile")
check "there are programs" [ -n "$programs" ]
for program in $programs; do
    run "$bin/$program" --version
    expect_output "$program runs" "$program $(sed -n 's/^VERSION := //p' "$ROOT/Makefile")"
    check "$program has a manual" grep -q "^\.TH ${program^^} 1 " "$man/$program.1"
    if command -v groff >/dev/null; then
        run groff -man -ww -Tutf8 -z "$man/$program.1"
        check "which groff has nothing to say about" [ "$status$errors" = 0 ]
    fi
    while read -r command; do
        run "$bin/$program" "$command" --help
        check "$program $command --help has examples" grep -q '^Examples:$' "$WORK/.stdout"
        check "the manual has it, too" grep -qF "$command" "$man/$program.1"
    done < <("$bin/$program" --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z-]*\) .*/\1/p' | grep -vx -e completion -e manual)
    check "$program has a completion for bash" bash -n "$completions/$program"
    check "which is for that program" grep -q "^complete .* $program\$" "$completions/$program"
done

# --- kubectl -------------------------------------------------------------------------------------

export PATH=$bin:$KUBE_PROGRAMS:$PATH
run kubectl plugin list
expect_output "kubectl finds its plug-in" "$bin/kubectl-gmsa"
run kubectl gmsa --help
expect_exit "kubectl gmsa --help" 0
expect_output "says how it is called" 'Usage: kubectl gmsa COMMAND'
run kubectl gmsa why --help
expect_output "so do its commands" 'Usage: kubectl gmsa why '

# offers EXPECTED WORD...: what is offered for the last word.
offers() {
    run kubectl_complete-gmsa "${@:2}"
    check "completion of: kubectl gmsa ${*:2}" [ "$(paste -sd' ' "$WORK/.stdout")" = "$1" ]
}
offers "who-can why :0" wh
offers "--as --as-group :0" list --as
offers "table json yaml :0" audit -o ""
offers ":0" why -f ""

# A kubectl that completes plug-ins asks the same.
newer=$(PATH=${PATH#*:*:} command -v kubectl || true)
if [ -n "$newer" ] && "$newer" __complete gmsa wh 2>/dev/null | grep -q '^:'; then
    run "$newer" __complete gmsa wh
    expect_output "kubectl itself completes it" $'who-can\nwhy\n:0'
else
    skip "kubectl itself completes it" "there is none that can"
fi

finish
