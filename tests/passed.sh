# shellcheck shell=bash
# What passed is remembered in the cache by a key made of all its parts, so that it need not be run again
# before one of them changes. Sourced by tests/run.
#
# Parts are the programs under test, as bytes; the script with what it sources; what is installed; and all
# that a test may read in the tree, whether it does or not. Documents count where a script names one.

remembered=${CACHE:-$HOME/.cache/gmsa}/passed

passed_before() { [ -z "${RERUN:-}" ] && [ -e "$remembered/$1" ]; }
passed_now() { mkdir -p "$remembered" && : >"$remembered/$1"; }

# look_around: before the first key. Sets SURROUNDINGS and DOCUMENTS, for the processes of the tests, too.
look_around() {
    local files
    files=$(find . \( -path ./build -o -path ./.git -o -name compile_commands.json \) -prune -o -type f -print | sort)
    SURROUNDINGS=$({
        grep -vE '\.(c|h|md)$|^\./tests/(fuzz|bench|integration/[^/]*\.sh)' <<<"$files" | xargs -d '\n' sha256sum
        cat /var/lib/dpkg/status
        uname -r
        id -u
    } | sha256sum)
    DOCUMENTS=$(grep '\.md$' <<<"$files" | xargs -d '\n' sha256sum | sha256sum)
    export SURROUNDINGS DOCUMENTS
    if [ -d "$remembered" ]; then find "$remembered" -type f -mtime +30 -delete; fi
}

# key_of TEXT FILE...: of what depends on the surroundings, that text and these.
key_of() {
    { printf '%s\n' "$SURROUNDINGS" "$1" && cat "${@:2}"; } | sha256sum | cut -d ' ' -f 1
}

# sourced_by SCRIPT: the files that it sources.
sourced_by() { sed -n 's/^# shellcheck source=//p' "$1"; }

# programs_of FILE...: those in BUILD that the scripts name outside of comments; all of them, of RELEASE too,
# where a script hands such a folder on.
programs_of() {
    local text program
    text=$(grep -hv '^ *#' "$@")
    for program in "$BUILD"/* "$BUILD"/tests/* "$RELEASE"/*; do
        if ! [[ -f $program && -x $program ]]; then continue; fi
        if grep -qwF -- "${program##*/}" <<<"$text" || grep -qE '\$\{?(BUILD|RELEASE)\}?([^/}:A-Z]|$)' <<<"$text"; then
            echo "$program"
        fi
    done
}

key_of_script() {
    local parts programs documents=''
    mapfile -t parts < <(echo "$1" && sourced_by "$1")
    mapfile -t programs < <(programs_of "${parts[@]}")
    if grep -q '\.md\b' "$1"; then documents=$DOCUMENTS; fi
    key_of "$documents" "${parts[@]}" "${programs[@]}"
}
