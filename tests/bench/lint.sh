#!/usr/bin/env bash
# Speed and memory of `credspec lint` over 10,000 resources, against `jq -c .` over the same files
# in the same run. jq only reads and prints them; lint is to be no slower, and its memory must not
# depend on the number of files.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$root/build}
files=${FILES:-10000}
runs=${RUNS:-5}
credspec=$BUILD/credspec
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# make_folder FOLDER COUNT: resources that differ in name and account.
make_folder() {
    mkdir "$1"
    jq '{apiVersion: "windows.k8s.io/v1", kind: "GMSACredentialSpec", metadata: {name: "NAME"}, credspec: .}' \
        "$root/samples/credential-specs/domain-joined.json" >"$work/template"
    awk -v folder="$1" -v count="$2" '
        { text = text $0 "\n" }
        END {
            for (i = 1; i <= count; i++) {
                one = text
                gsub(/"NAME"/, sprintf("\"app-%05d\"", i), one)
                gsub(/WebApp01/, sprintf("WebApp%05d", i), one)
                file = sprintf("%s/app-%05d.json", folder, i)
                printf "%s", one >file
                close(file)
            }
        }' "$work/template"
}

# measure COMMAND...: prints seconds and peak memory in KiB; the command must succeed.
measure() {
    /usr/bin/time -f '%e %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || {
        echo "failed: ${*:0:4}" >&2
        head -n 5 "$work/err" >&2
        exit 1
    }
    cat "$work/time"
}

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

make_folder "$work/few" 100
make_folder "$work/many" "$files"
# Both read every file once before anything is timed.
measure "$credspec" lint "$work/many" >/dev/null
measure jq -c . "$work"/many/*.json >/dev/null
for ((i = 0; i < runs; i++)); do
    measure "$credspec" lint "$work/many" >>"$work/lint"
    measure jq -c . "$work"/many/*.json >>"$work/jq"
done
few=$(measure "$credspec" lint "$work/few" | cut -d' ' -f2)
many=$(cut -d' ' -f2 "$work/lint" | median)
lint=$(cut -d' ' -f1 "$work/lint" | median)
jq=$(cut -d' ' -f1 "$work/jq" | median)

echo "$files resources, median of $runs alternating runs"
awk -v lint="$lint" -v jq="$jq" -v few="$few" -v many="$many" -v files="$files" 'BEGIN {
    printf "  credspec lint   %.2f s\n  jq -c .         %.2f s\n", lint, jq
    printf "  ratio           %.2f (goal: at most 1)\n", lint / jq
    printf "  peak memory     %d KiB for 100 files, %d KiB for %d: ratio %.2f (goal: about 1)\n",
        few, many, files, many / few
}'
