#!/usr/bin/env bash
# gmsa-webhook serve as a pod does it, with a service account's token, which is replaced while it runs, as
# the kubelet does before a token ends.
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

# --- Tokens --------------------------------------------------------------------------------------
# A token that is bound to a Secret ends when that is deleted, so no test waits for hours. The API server
# knows a token for up to ten seconds longer.

account=/api/v1/namespaces/shop/serviceaccounts/gmsa-webhook/token
secrets=/api/v1/namespaces/shop/secrets
volume=$WORK/account
mkdir "$volume"

# new_token NUMBER: brings a token into the volume as the kubelet does: by a link that is replaced.
new_token() {
    as_admin POST "$secrets" -d "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"token-$1\"}}"
    as_admin POST "$account" -d "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{
        \"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"name\":\"token-$1\"}}}"
    [ "$code" = 201 ] || return
    mkdir "$volume/..$1"
    jq -rj .status.token "$WORK/admin.out" | tee "$WORK/token-$1" >"$volume/..$1/token"
    ln -sfn "..$1" "$volume/..data_tmp" && mv -T "$volume/..data_tmp" "$volume/..data"
}
# end_token NUMBER, ended NUMBER: the API server takes it no more.
end_token() { as_admin DELETE "$secrets/token-$1"; }
ended() {
    [ "$(curl -s --max-time 5 --cacert "$KUBE/pki/ca.crt" -o "$WORK/with-token" -w '%{http_code}' \
        -H "Authorization: Bearer $(cat "$WORK/token-$1")" "$server/api")" = 401 ]
}

begin_cluster web later last
run "${admin[@]}" create serviceaccount -n shop gmsa-webhook
run "${admin[@]}" create clusterrolebinding webhook-account --clusterrole=gmsa-webhook \
    --serviceaccount=shop:gmsa-webhook
expect_exit "the webhook's service account has its permissions" 0
check "and a token" new_token 1
ln -s ..data/token "$volume/token"
sed "s|user: {.*}|user: {tokenFile: \"$volume/token\"}}|" "$KUBE/dev.conf" >"$WORK/token.conf"
kubeconfig=$WORK/token.conf
# Every pod is asked about.
begin_webhook --workers 2 --authorization-cache-ttl 0
allowed "a pod is admitted" first "$web"

# --- Replaced in time ----------------------------------------------------------------------------

for i in 2 3; do
    check "token $i takes the place of the one before" new_token $i
    end_token $((i - 1))
    check "which ends" wait_for 60 ended $((i - 1))
    asked=$(calls POST)
    # Both workers.
    count=0
    for j in {1..10}; do
        pod "with-$i-$j" "$web"
        create
        [ "$code" = 201 ] && count=$((count + 1))
    done
    expect_text "and pods are admitted, 10 times" 10 echo "$count"
    check "each after a question with the new token" [ "$(calls POST)" -ge $((asked + 20)) ]
done
expect_text "not one call was refused" '' sh -c "curl -s '$health/metrics' | grep '^rest_client_requests_total.*401'"

# The watches were opened with the first token, and the API server leaves them open. When they are opened
# anew it is with the one of then.
stop_apiserver
start_apiserver
check "the API server is started anew" wait_for 60 serving
pod web "$web"
check "pods are admitted" wait_for 40 answers 201
check "the webhook watches with the new token: a new spec" put_spec later
known() { metric_is 'gmsa_specs{state="usable"}' "$1"; }
check "is known" wait_for 40 known 2

# --- Too late ------------------------------------------------------------------------------------

end_token 3
check "a token ends and there is no new one" wait_for 60 ended 3
pod late "$web"
check "pods are refused as unavailable" wait_for 20 answers 'cannot find out now whether'
create
expect_code "with 503, not as forbidden" 503
no_output "and without a word of where the API server is" "${server##*/}"
check "it is not restarted for that: it stays ready" is_ready
check "a new token comes" new_token 4
check "and pods are admitted again" wait_for 20 answers 201
check "one more spec" put_spec last
check "is known, too" wait_for 40 known 3
stop
for i in 1 2 3 4; do
    check "token $i stands in no log" sh -c "! grep -qF -f '$WORK/token-$i' '$log'"
done
finish
