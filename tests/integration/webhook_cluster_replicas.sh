#!/usr/bin/env bash
# Two replicas of the webhook whose caches differ by a moment: one fills a pod in, the other judges it.
# Neither must refuse what is right.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/webhook.sh
. "$(dirname "$0")/../kube/webhook.sh"
# shellcheck source=tests/kube/cluster.sh
. "$(dirname "$0")/../kube/cluster.sh"

# --- Two replicas --------------------------------------------------------------------------------
# `quick` talks to the API server itself. The watches of `slow` go through a relay and hang, while
# connections that it opens later work: it stays at what it knew then.

begin_cluster web late
"$ROOT/tests/kube/relay" "${server##*:}" >"$WORK/relay.port" &
relay=$!
at_exit '{ kill "$relay" && wait "$relay"; } 2>/dev/null'
wait_for 20 [ -s "$WORK/relay.port" ]

# replica NAME: the one that functions are about. It gets from start_replica: url_of, health_of, pid_of.
declare -A url_of health_of pid_of
replica() { log=$WORK/$1.log pid=${pid_of[$1]:-} url=${url_of[$1]} health=${health_of[$1]}; }
start_replica() {
    log=$WORK/$1.log pid=${pid_of[$1]:-} listen=${url_of[$1]:-127.0.0.1:0} listen=${listen#https://}
    serve_cluster --workers 1
    pid_of[$1]=$pid url_of[$1]=$url health_of[$1]=$health
    check "the replica $1 is ready" wait_for 20 is_ready
}
at_exit 'kill -KILL "${pid_of[@]}" 2>/dev/null'
start_replica quick
sed "s|:${server##*:}|:$(cat "$WORK/relay.port")|" "$KUBE/gmsa-webhook.conf" >"$WORK/relay.conf"
kubeconfig=$WORK/relay.conf

# start_slow: anew, up to date; and its watches hang. A watch that is quiet for 90 seconds is opened anew, and
# that one would work, so this is done again and again.
spec_count=1
specs_known() { metric_is 'gmsa_specs{state="usable"}' "$spec_count"; }
start_slow() {
    kill -USR2 "$relay"
    start_replica slow
    put_spec "mark-$((spec_count++))"
    check "and its watches are open" wait_for 20 specs_known
    kill -USR1 "$relay"
}

# fills WHO ACCOUNT: that replica gives the pod this account.
fills() {
    replica "$1"
    review /mutate
    [ "$(jq -r '.response.patch | @base64d | fromjson | map(.value | strings | fromjson? |
        .DomainJoinConfig.MachineAccountName // empty) | first' "$WORK/verdict")" = "$2" ]
}
# register_replicas MUTATING VALIDATING
register_replicas() {
    url=${url_of[$1]} && hook mutate /mutate "$state/ca.crt" "$(rule '' v1 CREATE pods)" >"$WORK/mutating"
    url=${url_of[$2]} && hook validate /validate "$state/ca.crt" "$(rule '' v1 'CREATE UPDATE' pods)" >"$WORK/validating"
    jq -n --slurpfile mutating "$WORK/mutating" --slurpfile validating "$WORK/validating" '
        {apiVersion: "admissionregistration.k8s.io/v1", metadata: {name: "gmsa"}} | {kind: "List", apiVersion: "v1", items: [
            . + {kind: "MutatingWebhookConfiguration", webhooks: $mutating},
            . + {kind: "ValidatingWebhookConfiguration", webhooks: $validating}]}' >"$WORK/replicas.json"
    run "${admin[@]}" apply -f "$WORK/replicas.json"
    expect_exit "$1 fills pods in, $2 judges them" 0
    pod unregistered 'top.gmsaCredentialSpec = "{}"'
}
# change_account NAME: of the spec web.
change_account() {
    patch_spec web "{\"credspec\":{\"DomainJoinConfig\":{\"MachineAccountName\":\"$1\"},
        \"ActiveDirectoryConfig\":{\"GroupManagedServiceAccounts\":[
        {\"Name\":\"$1\",\"Scope\":\"contoso.com\"},{\"Name\":\"$1\",\"Scope\":\"CONTOSO\"}]}}}"
}

start_slow
register_replicas quick slow
check "the API server asks them" wait_for 30 answers "denied the request"

# --- The one that judges is behind ---------------------------------------------------------------

admitted=0
behind=0
known=WebApp01
for batch in {1..5}; do
    [ "$batch" = 1 ] || start_slow
    for i in {1..4}; do
        change_account "Quick$batch$i"
        pod "changed-$batch-$i" "$web"
        wait_for 5 fills quick "Quick$batch$i"
        replica slow
        before=$(calls GET)
        create
        [ "$code" = 201 ] && [ "$(calls GET)" -gt "$before" ] && admitted=$((admitted + 1))
        # It judged by what it asked for, not by what it knows.
        fills slow "$known" && behind=$((behind + 1))
    done
    known=Quick$batch$i
done
expect_text "of 20 pods whose spec has just changed, that many are admitted after one more look" 20 echo "$admitted"
expect_text "by a replica that has not seen the change, as often" 20 echo "$behind"
expect_text "the stored pod has what the spec says now" Quick54 \
    stored_pod changed-5-4 '.spec.securityContext.windowsOptions.gmsaCredentialSpec | fromjson |
        .DomainJoinConfig.MachineAccountName'

start_slow
late='top.gmsaCredentialSpecName = "late"'
check "permission comes before a spec" bind late
pod late "$late"
replica slow
review /mutate
expect_text "which a replica has asked for in vain" '404 pod' echo "${verdict%%:*}"
put_spec late && spec_count=$((spec_count + 1))
create
expect_code "when it is there, the pod is admitted at once" 201

allow='{"allowedRunAsUserNames":["NT AUTHORITY\\SYSTEM"],"runAsUserName":"NT AUTHORITY\\SYSTEM"}'
patch_spec web "$allow"
allowed_user() { replica quick && review /mutate && [[ $verdict == 422* ]]; }
pod other-user "$web | top.runAsUserName = \"ContainerUser\""
check "a user is not allowed any more" wait_for 5 allowed_user
refused "by either" 'not one that GMSACredentialSpec "web" allows' "$web | top.runAsUserName = \"ContainerUser\""
check "until the list is taken away" patch_spec web '{"allowedRunAsUserNames":null,"runAsUserName":null}'

# --- The one that fills in is behind -------------------------------------------------------------

start_slow
change_account Later
pod unregistered "$web"
check "a spec changes" wait_for 5 fills quick Later
register_replicas slow quick
pod unregistered "$web"
check "contents that changed during admission are refused, and to try again is the advice" \
    wait_for 30 answers "where the spec changed during admission, try again"
create
expect_refusal "as contents that differ" 'contents differ from GMSACredentialSpec "web"'
expect_code "with 422" 422
as_admin DELETE "$specs/web"
gone() { ! fills quick Later; }
check "a spec is deleted" wait_for 5 gone
refused "its pods, which the other fills in still" '"web" does not exist' "$web"
check "it is made again" put_spec web "$account account(\"$known\")"
pod again "$web"
check "as it was when the slow one saw it: its pods are admitted" wait_for 5 answers 201

# --- Together again ------------------------------------------------------------------------------

change_account Together
kill -USR2 "$relay"
pod together "$web"
check "what hung goes on, and nothing was missed" wait_for 20 fills slow Together
check "then both agree" wait_for 5 answers 201
for name in quick slow; do
    replica $name
    stop
    unset "pid_of[$name]"
done
finish
