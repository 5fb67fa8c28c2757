# shellcheck shell=bash
# For integration scripts that need a real API server. A script begins with
#
#   #!/usr/bin/env bash
#   set -u -o pipefail
#   # shellcheck source=tests/kube/lib.sh
#   . "$(dirname "$0")/../kube/lib.sh"
#   # shellcheck source=tests/integration/lib.sh
#   . "$(dirname "$0")/lib.sh"
#   start_kube
#
# Where this machine allows it, the script is run in a network of its own, with only loopback in it.
#
# It gets from here:
#   admin, dev        kubectl as cluster-admin, as the user dev, in arrays: run "${admin[@]}" get pods
#   KUBE              what tests/kube/up made: kubeconfig files, certificates, logs

# What must be fetched is fetched while there still is a network.
if [ -z "${KUBE_PROGRAMS:-}" ]; then
    KUBE_PROGRAMS=$("$(dirname "${BASH_SOURCE[0]}")/build") || exit 2
    export KUBE_PROGRAMS
    if unshare --net ip link set lo up 2>/dev/null; then
        # shellcheck disable=SC2016  # the inner shell expands it
        exec unshare --net sh -c 'ip link set lo up && exec "$0" "$@"' "$0" "$@"
    fi
fi

# start_kube: starts the API server; it is stopped when the script ends. Ends the script when that
# fails.
start_kube() {
    KUBE=$WORK/kube
    at_exit "\"$ROOT/tests/kube/down\" \"$KUBE\""
    "$ROOT/tests/kube/up" "$KUBE" || exit 2
    admin=("$KUBE/bin/kubectl" "--kubeconfig=$KUBE/admin.conf" "--cache-dir=$KUBE/cache")
    # shellcheck disable=SC2034  # it is for the scripts
    dev=("$KUBE/bin/kubectl" "--kubeconfig=$KUBE/dev.conf" "--cache-dir=$KUBE/cache-dev")
}

# stored WHAT...: the object as the API server stores it, as compact JSON with sorted keys and
# without what the API server itself writes.
stored() {
    "${admin[@]}" get -o json "$@" | jq -Sc 'del(.metadata.creationTimestamp, .metadata.generation,
        .metadata.managedFields, .metadata.resourceVersion, .metadata.uid, .metadata.selfLink,
        .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]) |
        if .metadata.annotations == {} then del(.metadata.annotations) else . end'
}
