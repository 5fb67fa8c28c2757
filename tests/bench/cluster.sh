#!/usr/bin/env bash
# gMSA pods created through a real API server: with our webhook, with two that give a fixed verdict, and with
# none. `fixed` allows and changes nothing: what two calls and TLS cost. `patch` answers our patch to every
# pod: the ceiling for a webhook that injects a spec, since the API server then has to apply it and to store
# a larger pod. Each has a namespace of its own. All are measured in the same run, in an order that changes:
# who comes behind the busiest pays for its garbage. The medians are printed.
#
#   ROUNDS     turns (5)
#   COUNTS     pods a measurement, one after the other ("200 2000")
#   CONNECTIONS  ("8 128")
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
start_kube >/dev/null
# shellcheck source=tests/kube/webhook.sh
. "$(dirname "$0")/../kube/webhook.sh"
# shellcheck source=tests/kube/cluster.sh
. "$(dirname "$0")/../kube/cluster.sh"

# quietly COMMAND...: must succeed.
quietly() {
    "$@" >"$WORK/said" 2>&1 || {
        echo "failed: $*" && cat "$WORK/said"
        exit 1
    }
}

# --- Four namespaces -----------------------------------------------------------------------------

use_roles web >"$WORK/roles.yaml"
quietly "${admin[@]}" apply -f "$ROOT/credspec/crd.yaml" -f "$data/cluster.yaml" -f "$WORK/roles.yaml"
quietly "${admin[@]}" wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io
quietly wait_for 20 put_spec web
whats='ours patch fixed none'
for what in $whats; do
    jq -nc --arg what "$what" '{apiVersion: "v1", metadata: {namespace: $what}} as $in | {apiVersion: "v1", kind: "List", items: [
        {apiVersion: "v1", kind: "Namespace", metadata: {name: $what, labels: {webhook: $what}}},
        $in + {kind: "ServiceAccount", metadata: {name: "webapp", namespace: $what}, automountServiceAccountToken: false},
        $in + {apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata: {name: "web", namespace: $what},
            subjects: [{kind: "ServiceAccount", name: "webapp", namespace: $what}],
            roleRef: {kind: "ClusterRole", name: "use-web", apiGroup: "rbac.authorization.k8s.io"}}]}' >"$WORK/namespace.json"
    quietly "${admin[@]}" create -f "$WORK/namespace.json"
done
# The recorded pod of 8.7 KB.
jq -c '.request.object | del(.metadata.managedFields, .metadata.uid, .metadata.creationTimestamp, .metadata.namespace, .status) |
    .metadata.name = "%s" | .spec.serviceAccountName = "webapp" | .spec.serviceAccount = "webapp" |
    .spec.securityContext.windowsOptions.gmsaCredentialSpecName = "web"' \
    "$ROOT/tests/data/reviews/mutate-create-pod-8k-gmsa-v1.20.json" >"$WORK/pod.template"

# --- Three webhooks ------------------------------------------------------------------------------

serve_cluster >/dev/null
our_url=$url
# Sets verdict_pid and verdict_url.
begin_verdict() {
    local port=$((20000 + RANDOM % 10000))
    "$BUILD/bench/fixed_verdict" "$port" "$state/tls.crt" "$state/tls.key" "$@" >/dev/null 2>&1 &
    verdict_pid=$!
    at_exit "kill $verdict_pid 2>/dev/null"
    verdict_url=https://127.0.0.1:$port
}
# our_patch: what we answer to such a pod, in base64.
our_patch() {
    jq -c '.request.name as $name | .request.namespace = "ours" | .request.object = ($pod[0] | .metadata.name = $name)' \
        --slurpfile pod "$WORK/pod.template" "$ROOT/tests/data/reviews/mutate-create-pod-8k-gmsa-v1.20.json" |
        curl -s --max-time 5 --cacert "$state/ca.crt" -H 'Content-Type: application/json' -d @- "$our_url/mutate" |
        jq -er .response.patch >"$WORK/our_patch"
}
quietly wait_for 30 our_patch
begin_verdict
fixed=$verdict_pid fixed_url=$verdict_url
begin_verdict "$(cat "$WORK/our_patch")"
patch=$verdict_pid patch_url=$verdict_url
# registration WHAT URL
registration() {
    url=$2
    {
        hook mutate /mutate "$state/ca.crt" "$(rule '' v1 CREATE pods)" | jq '.reinvocationPolicy = "IfNeeded"'
        hook validate /validate "$state/ca.crt" "$(rule '' v1 'CREATE UPDATE' 'pods pods/ephemeralcontainers')"
    } | jq -c '.name = $what + "." + .name | .namespaceSelector = {matchLabels: {webhook: $what}}' --arg what "$1" |
        jq -s '{apiVersion: "admissionregistration.k8s.io/v1", metadata: {name: $what}} | {kind: "List", apiVersion: "v1", items: [
            . + {kind: "MutatingWebhookConfiguration", webhooks: $hooks[:1]},
            . + {kind: "ValidatingWebhookConfiguration", webhooks: $hooks[1:]}]}' --arg what "$1" --slurpfile hooks /dev/stdin
}
registration ours "$our_url" >"$WORK/ours.json"
registration fixed "$fixed_url" >"$WORK/fixed.json"
registration patch "$patch_url" >"$WORK/patch.json"
quietly "${admin[@]}" apply -f "$WORK/ours.json" -f "$WORK/fixed.json" -f "$WORK/patch.json"

# --- Measuring -----------------------------------------------------------------------------------

# cpu PID: what its threads have run so far, in microseconds.
cpu() { cat "/proc/$1/task"/*/schedstat | awk '{ sum += $1 } END { printf "%d", sum / 1000 }'; }
peak() { awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

# waited WHAT: "SECONDS CALLS", what the API server has waited for the webhook so far.
waited() {
    as_admin GET /metrics
    awk -v name="name=\"$1." 'index($0, name) && /^apiserver_admission_webhook_admission_duration_seconds_sum/ { seconds += $2 }
        index($0, name) && /^apiserver_admission_webhook_admission_duration_seconds_count/ { calls += $2 }
        END { print seconds + 0, calls + 0 }' "$WORK/admin.out"
}

# measure WHAT COUNT CONNECTIONS: prints "WHAT COUNT CONNECTIONS SECONDS P50 P99 CREATED OTHERS CPU WAITED CALLS".
number=0
measure() {
    local process=$$ cpu_before waited_before
    case $1 in
    ours) process=$pid ;;
    fixed) process=$fixed ;;
    patch) process=$patch ;;
    esac
    waited_before=$(waited "$1")
    cpu_before=$(cpu "$process")
    number=$((number + 1))
    result=$("$BUILD/bench/create_pods" "$KUBE/admin.conf" "$1" "pod-$number" "$2" "$3" <"$WORK/pod.template" 2>>"$WORK/others")
    echo "$1 $2 $3 $result $(($(cpu "$process") - cpu_before)) $waited_before $(waited "$1")" |
        awk '{ print $1, $2, $3, $4, $5, $6, $7, $8, $9, $12 - $10, $13 - $11 }'
}

# Until both are called, and what must be asked once is.
warm() { measure "$1" 200 8 | awk '{ exit !($7 == 200) }' && [ "$(cpu "$2")" -gt $((${3:-0} + 20000)) ]; }
quietly wait_for 30 warm ours "$pid" "$(cpu "$pid")"
quietly wait_for 30 warm fixed "$fixed" "$(cpu "$fixed")"
quietly wait_for 30 warm patch "$patch" "$(cpu "$patch")"
quietly measure none 200 8
: >"$WORK/others"
for _ in $(seq "${ROUNDS:-5}"); do
    for connections in ${CONNECTIONS:-8 128}; do
        for count in ${COUNTS:-200 2000}; do
            for what in $(tr ' ' '\n' <<<"$whats" | shuf); do measure "$what" "$count" "$connections"; done
        done
    done
done >"$WORK/results"

awk '
    # The median of what was added under a name.
    function add(name, value) { values[name, ++counts[name]] = value }
    function median(name,   n, i, j, x) {
        n = counts[name]
        for (i = 2; i <= n; i++) {
            x = values[name, i]
            for (j = i - 1; j > 0 && values[name, j] > x; j--) values[name, j + 1] = values[name, j]
            values[name, j + 1] = x
        }
        return (values[name, int((n + 1) / 2)] + values[name, int(n / 2) + 1]) / 2
    }
    { key = $2 " " $3; if (!(key in seen)) { seen[key]; keys[++n] = key }
      all = $1 " " key; refused[all] += $8
      add(all " rate", $2 / $4); add(all " p50", $5); add(all " p99", $6); add(all " cpu", $9 / $2)
      add(all " call", $11 ? 1000 * $10 / $11 : 0) }
    END {
        printf "%-7s %6s %6s %8s %8s %8s %8s %8s %11s %8s %8s %11s\n", "webhook", "pods", "conns", "pods/s", "p50 ms", "p99 ms",
            "refused", "call ms", "CPU us/pod", "x fixed", "x patch", "CPU x fixed"
        for (i = 1; i <= n; i++) for (w = 1; w <= 4; w++) {
            what = w == 1 ? "none" : w == 2 ? "fixed" : w == 3 ? "patch" : "ours"
            all = what " " keys[i]; fixed = "fixed " keys[i]; patch = "patch " keys[i]
            split(keys[i], part, " ")
            rate = median(all " rate"); each = median(all " cpu")
            printf "%-7s %6d %6d %8.0f %8.1f %8.1f %8d %8s %11s %8.2f %8.2f %11s\n", what, part[1], part[2], rate,
                median(all " p50"), median(all " p99"), refused[all], w == 1 ? "-" : sprintf("%.1f", median(all " call")),
                w == 1 ? "-" : sprintf("%.0f", each), rate / median(fixed " rate"), rate / median(patch " rate"),
                w == 4 ? sprintf("%.2f", each / median(fixed " cpu")) : "-"
        }
    }' "$WORK/results"
sort "$WORK/others" | uniq -c | sort -rn | head -n 5
echo "peak memory: ours $(peak "$pid") MB, fixed $(peak "$fixed") MB; what a pod costs us is one /mutate and one /validate"
