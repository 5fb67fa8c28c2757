#!/usr/bin/env bash
# Speed and memory of `gmsa-webhook review` over 10,000 pods, against `jq -c .` over the same files in
# the same run. jq only reads and prints them; memory must not depend on the number of files.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$root/build}
files=${FILES:-10000}
runs=${RUNS:-5}
cluster=$root/samples/webhook/cluster
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# make_folder FOLDER COUNT: pods that differ in name.
make_folder() {
    mkdir "$1"
    awk -v folder="$1" -v count="$2" '
        { text = text $0 "\n" }
        END {
            for (i = 1; i <= count; i++) {
                one = text
                sub(/"allowed"/, sprintf("\"pod-%05d\"", i), one)
                file = sprintf("%s/pod-%05d.json", folder, i)
                printf "%s", one >file
                close(file)
            }
        }' "$work/pod.json"
}


reviewer=("$BUILD/gmsa-webhook" review --manifests "$cluster" --output json)

# measure COMMAND...: prints seconds and peak memory in KiB; the command must succeed.
measure() {
    /usr/bin/time -f '%e %M' -o "$work/time" "$@" >"$work/out"
    cat "$work/time"
}

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

"${reviewer[@]}" "$root/samples/webhook/pods/allowed.yaml" | jq 'del(
    .spec.securityContext.windowsOptions.gmsaCredentialSpec,
    .spec.securityContext.windowsOptions.runAsUserName)' >"$work/pod.json"
make_folder "$work/few" 100
make_folder "$work/many" "$files"
# Both read every file once before anything is timed.
measure "${reviewer[@]}" "$work/many" >/dev/null
measure jq -c . "$work"/many/*.json >/dev/null
for ((i = 0; i < runs; i++)); do
    measure "${reviewer[@]}" "$work/many" >>"$work/review"
    measure jq -c . "$work"/many/*.json >>"$work/jq"
done
few=$(measure "${reviewer[@]}" "$work/few" | cut -d' ' -f2)
many=$(cut -d' ' -f2 "$work/review" | median)
review=$(cut -d' ' -f1 "$work/review" | median)
jq=$(cut -d' ' -f1 "$work/jq" | median)

echo "$files pods, median of $runs alternating runs"
awk -v review="$review" -v jq="$jq" -v few="$few" -v many="$many" -v files="$files" 'BEGIN {
    printf "  gmsa-webhook review  %.2f s, %d pods/s\n", review, files / review
    printf "  jq -c .              %.2f s: ratio %.2f\n", jq, review / jq
    printf "  peak memory          %d KiB for 100 files, %d KiB for %d: ratio %.2f (goal: about 1)\n",
        few, many, files, many / few
}'
