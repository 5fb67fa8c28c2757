#!/usr/bin/env bash
# gmsa-webhook serve --self-managed-certs: replicas that make, renew and follow their certificates in a real
# API server, with the permissions that webhook/deploy gives them, while pods are created through it.
#
# The API server asks replica a for mutation and replica b for validation, so every pod needs both.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/webhook.sh
. "$(dirname "$0")/../kube/webhook.sh"

# --- Replicas ------------------------------------------------------------------------------------

free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}
declare -A process port health_port
for replica in a b c; do
    port[$replica]=$(free_port)
    health_port[$replica]=$(free_port)
done

# start REPLICA OPTION...: its log is $WORK/REPLICA.log, which begins anew.
start() {
    local replica=$1
    shift
    "$BUILD/gmsa-webhook" serve --kubeconfig "$KUBE/webhook.conf" --self-managed-certs \
        --tls-name 127.0.0.1 --listen "127.0.0.1:${port[$replica]}" --workers 2 \
        --health-listen "127.0.0.1:${health_port[$replica]}" --shutdown-delay 0s --log-format json \
        "$@" 2>"$WORK/$replica.log" &
    process[$replica]=$!
}
# end REPLICA: in good order. crash REPLICA: not.
end() {
    kill -TERM "${process[$1]}"
    wait "${process[$1]}"
    status=$? ran="gmsa-webhook $1" output='' errors=$(tail -n 20 "$WORK/$1.log")
    unset "process[$1]"
    expect_exit "replica $1 stops in good order" 0
}
crash() {
    kill -KILL "${process[$1]}"
    wait "${process[$1]}" 2>/dev/null
    unset "process[$1]"
}
at_exit 'for replica in "${!process[@]}"; do crash "$replica"; done'
says() { jq -r .message "$WORK/$1.log" | grep -qxF -- "$2"; }
# count REPLICA TEXT: how often it said so.
count() { jq -r .message "$WORK/$1.log" | grep -cxF -- "$2"; }
said_more() { [ "$(count "$1" "$2")" -gt "$3" ]; }
is_ready() { curl -sf --max-time 5 "http://127.0.0.1:${health_port[$1]}/readyz" >/dev/null; }
readyz() { curl -s --max-time 5 "http://127.0.0.1:${health_port[$1]}/readyz"; }
readyz_says() { readyz "$1" | grep -qF -- "$2"; }
# metric REPLICA NAME: its value.
metric() { curl -s --max-time 5 "http://127.0.0.1:${health_port[$1]}/metrics" | sed -n "s/^$2 //p"; }
leads() { [ "$(metric "$1" gmsa_certificates_leader)" = 1 ]; }
# steps NAME: how often a or b did that.
steps() { echo $(($(steps_of a "$1") + $(steps_of b "$1"))); }
steps_of() { metric "$1" "gmsa_certificates_steps_total{step=\"$2\"}"; }
# either COMMAND ARGUMENT: `COMMAND REPLICA ARGUMENT` holds for a or b, whichever leads.
either() { "$1" a "$2" || "$1" b "$2"; }
complains() { jq -r 'select(.level == "error").error' "$WORK/$1.log" | grep -qF -- "$2"; }
# leader NAME...: which of them leads.
leader() { for replica in "$@"; do leads "$replica" && echo "$replica"; done; }
has_one_leader() { [ "$(leader "$@" | wc -l)" = 1 ]; }
serial() { openssl s_client -connect "127.0.0.1:${port[$1]}" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
serves_other() { local now && now=$(serial "$1") && [ -n "$now" ] && [ "$now" != "$2" ]; }

# as_admin METHOD PATH [CURL OPTION...]: sets code; the answer is in $WORK/admin.out.
as_admin() {
    local method=$1 path=$2
    shift 2
    code=$(curl -s --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/admin.crt" \
        --key "$KUBE/pki/admin.key" -o "$WORK/admin.out" -w '%{http_code}' -X "$method" \
        -H "Content-Type: application/$([ "$method" = PATCH ] && echo merge-patch+)json" \
        "$@" "$server$path")
}
secret=/api/v1/namespaces/gmsa-webhook/secrets/gmsa-webhook-certificates
lease=/apis/coordination.k8s.io/v1/namespaces/gmsa-webhook/leases/gmsa-webhook-certificates
registrations=/apis/admissionregistration.k8s.io/v1
secret_of() {
    as_admin GET "$secret"
    jq -r "$1" "$WORK/admin.out"
}
# bundle KIND: the authorities in a configuration.
bundle() {
    as_admin GET "$registrations/${1}webhookconfigurations/gmsa-webhook"
    jq -r '.webhooks[].clientConfig.caBundle // "" | @base64d' "$WORK/admin.out"
}
# authorities: how many certificates stand in the validating configuration's first webhook.
authorities() {
    as_admin GET "$registrations/validatingwebhookconfigurations/gmsa-webhook"
    jq -r '.webhooks[0].clientConfig.caBundle // "" | @base64d' "$WORK/admin.out" | grep -c BEGIN
}
has_bundle() { [ -n "$(bundle mutating)" ] && [ -n "$(bundle validating)" ]; }

# --- The cluster ---------------------------------------------------------------------------------

"${admin[@]}" apply -f "$ROOT/credspec/crd.yaml" -f "$data/shop.yaml" >/dev/null || exit 2
"${admin[@]}" wait --for=condition=Established --timeout=30s crd/gmsacredentialspecs.windows.k8s.io >/dev/null
sed '/^---$/,$d' "$ROOT/webhook/deploy/parts/core/namespace.yaml" >"$WORK/namespace.yaml"
"${admin[@]}" apply -f "$WORK/namespace.yaml" -f "$ROOT/webhook/deploy/parts/core/service-account.yaml" >/dev/null
token=$("${admin[@]}" create --raw /api/v1/namespaces/gmsa-webhook/serviceaccounts/gmsa-webhook/token -f - \
    <<<'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":7200}}' |
    jq -r .status.token)
cat >"$KUBE/webhook.conf" <<END
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "$server", certificate-authority: "$KUBE/pki/ca.crt"}}]
users: [{name: webhook, user: {token: "$token"}}]
contexts: [{name: test, context: {cluster: test, user: webhook, namespace: gmsa-webhook}}]
END
jq -n --slurpfile spec <("$BUILD/credspec" convert --to json "$WORK/webapp01.yaml" 2>/dev/null) \
    '{apiVersion: "windows.k8s.io/v1", kind: "GMSACredentialSpec", metadata: {name: "webapp01"}, credspec: $spec[0]}' \
    >"$WORK/spec.json"
run "${admin[@]}" create -f "$WORK/spec.json"
"${admin[@]}" apply -f - >/dev/null <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: use-webapp01}
rules: [{apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], resourceNames: [webapp01], verbs: [use]}]
END
"${admin[@]}" create rolebinding -n shop use-webapp01 --clusterrole=use-webapp01 --serviceaccount=shop:webapp >/dev/null

# Without a caBundle, as webhook/deploy has them.
entry() {
    jq -nc --arg name "$1.$name" --arg url "https://127.0.0.1:$2$3" --argjson rule "$4" '{
        name: $name, clientConfig: {url: $url}, rules: [$rule], failurePolicy: "Fail", matchPolicy: "Equivalent",
        sideEffects: "None", timeoutSeconds: 10, admissionReviewVersions: ["v1"]}'
}
{
    entry mutate "${port[a]}" /mutate "$(rule '' v1 CREATE pods)"
    entry validate "${port[b]}" /validate "$(rule '' v1 'CREATE UPDATE' pods)"
    entry credspec "${port[b]}" /validate-credspec "$(rule windows.k8s.io v1 'CREATE UPDATE' gmsacredentialspecs)"
} | jq -s '{apiVersion: "admissionregistration.k8s.io/v1", metadata: {name: "gmsa-webhook"}} |
    {kind: "List", apiVersion: "v1", items: [
        . + {kind: "MutatingWebhookConfiguration", webhooks: $hooks[:1]},
        . + {kind: "ValidatingWebhookConfiguration", webhooks: $hooks[1:]}]}' \
    --slurpfile hooks /dev/stdin >"$WORK/register.json"
run "${admin[@]}" apply -f "$WORK/register.json"
expect_exit "the webhook is registered without a caBundle" 0

# --- Load: pods are created until `rest`, and everything that fails is written down ----------------

creator() {
    local code
    while [ ! -e "$WORK/rest" ]; do
        code=$(curl -s --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/dev.crt" --key "$KUBE/pki/dev.key" \
            -H 'Content-Type: application/json' -d "@$WORK/load.json" -o "$WORK/answer.$1" -w '%{http_code}' "$server$pods")
        if [ "$code" = 201 ]; then
            echo x >>"$WORK/created"
        else
            { echo "$code" && jq -r .message "$WORK/answer.$1"; } >>"$WORK/failures" 2>&1
        fi
        sleep 0.02 # the pace of the load
    done
}
# milliseconds: a clock.
milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }
# New connections to both replicas, by what a configuration held a moment ago: API servers keep theirs
# open, and would not notice. What took as long as the trust delay may be out of date, and does not count.
prober() {
    local began replica result
    while [ ! -e "$WORK/rest" ]; do
        for replica in a b; do
            began=$(milliseconds)
            bundle_to "$WORK/probe.pem"
            curl -s --max-time 30 --cacert "$WORK/probe.pem" -o /dev/null "https://127.0.0.1:${port[$replica]}/info"
            result=$?
            if [ "$result" = 0 ]; then
                echo x >>"$WORK/probed"
            elif [ $(($(milliseconds) - began)) -lt 900 ]; then
                echo "replica $replica is not trusted by the bundle (curl: $result): $(readyz $replica)" >>"$WORK/failures"
            fi
        done
        sleep 0.1 # the pace of the load
    done
}
bundle_to() {
    curl -s --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/admin.crt" --key "$KUBE/pki/admin.key" \
        "$server$registrations/validatingwebhookconfigurations/gmsa-webhook" |
        jq -r '.webhooks[0].clientConfig.caBundle // "" | @base64d' >"$1"
}
load() {
    pod load 'del(.metadata.name) | .metadata.generateName = "load-"'
    cp "$WORK/pod.json" "$WORK/load.json"
    rm -f "$WORK/rest"
    : >"$WORK/failures"
    : >"$WORK/created"
    : >"$WORK/probed"
    loaders=()
    for i in 1 2; do
        creator $i &
        loaders+=($!)
    done
    prober &
    loaders+=($!)
}
at_exit 'touch "$WORK/rest"; wait "${loaders[@]}"'
loaders=()
# rest WHAT: ends the load; nothing of it has failed.
rest() {
    touch "$WORK/rest"
    wait "${loaders[@]}"
    if [ -s "$WORK/created" ] && [ -s "$WORK/probed" ] && [ ! -s "$WORK/failures" ]; then
        pass "$1: $(wc -l <"$WORK/created") pods and $(wc -l <"$WORK/probed") connections, none failed"
    else
        fail "$1: $(wc -l <"$WORK/created") pods, $(wc -l <"$WORK/failures") failures"
        sort "$WORK/failures" | uniq -c | details
        for replica in a b; do tail -n 8 "$WORK/$replica.log" | details; done
    fi
}

# --- Without any permission ----------------------------------------------------------------------

# Whoever is gone is replaced after 3 s.
quick=(--self-managed-lease-duration 3s)
start c "${quick[@]}"
check "without permission the log names what is missing: the Secret" wait_for 20 complains c 'cannot list resource "secrets"'
check "the Lease" wait_for 20 complains c 'cannot get resource "leases"'
for kind in mutating validating; do
    check "the ${kind}webhookconfigurations" wait_for 20 complains c "cannot list resource \"${kind}webhookconfigurations\""
done
check "/readyz fails" eval '! is_ready c'
check "and says why" readyz_says c "[-]certificate failed: there is none yet"
check "with what is missing" readyz_says c 'cannot list resource "secrets"'
end c
run "${admin[@]}" apply -f "$ROOT/webhook/deploy/overlays/self-managed-certs/permissions.yaml"
expect_exit "the roles of the overlay are applied" 0

# --- Two replicas at once, and rotations under load ----------------------------------------------

# Certificates of seconds: a third of a life is what a change may take. How much that is, the machine says.
began=$(milliseconds)
for i in 1 2 3 4 5 6 7 8 9 10; do as_admin GET "$lease"; done
third=$((4 + ($(milliseconds) - began) / 150))
third=$((third < 20 ? third : 20))
short=("${quick[@]}" --self-managed-ca-life $((3 * third))s --self-managed-cert-life $((9 * third / 4))s
    --self-managed-trust-delay 1s)
start a "${short[@]}"
start b "${short[@]}"
check "both become ready" wait_for 60 eval 'is_ready a && is_ready b'
check "one of them leads" wait_for 20 has_one_leader a b
made=$(($(count a "made a certificate authority") + $(count b "made a certificate authority")))
check "one authority was made ($made)" [ "$made" = 1 ]
same_serial() { [ "$(serial a)" = "$(serial b)" ]; }
check "both serve the same certificate" wait_for 10 same_serial
check "the configurations hold its authority" has_bundle
pod first .
create
expect_code "a pod is admitted" 201
check "the Secret is marked as ours" [ "$(secret_of '.metadata.annotations["gmsa-identity.dev/certificates"]')" = v1 ]
check "a metric says when the certificate ends" [ "$(metric a gmsa_certificate_expiry_timestamp_seconds)" -gt "$(date +%s)" ]

load
promoted=$(steps promote) renewed=$(steps renew)
rotated() { [ "$(steps promote)" -ge $((promoted + 5)) ] && [ "$(steps renew)" -ge $((renewed + 3)) ]; }
check "certificates are renewed, of new authorities too" wait_for $((20 * third)) rotated
rest "eight rotations and more, five of them with a new authority"
for replica in a b; do
    check "replica $replica served them all" [ "$(count $replica "serving with a certificate of the Secret")" -ge 8 ]
done
check "authorities that have ended leave the bundle" [ "$(authorities)" -le 3 ]
no_complaints() { ! jq -e 'select(.level | IN("error", "warning"))' "$WORK/$1.log"; }
check "nothing is complained of" eval 'no_complaints a && no_complaints b'
# waited MILLISECONDS: between the last time that a bundle was written and each promotion.
waited() {
    jq -es --argjson least "$1" 'def ms: (.[:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);
        sort_by(.time) | reduce .[] as $line ({last: 0, good: true, count: 0};
            if $line.message == "the bundle of authorities is written" then .last = ($line.time | ms)
            elif $line.step? == "promote" then
                .count += 1 | .good = (.good and ($line.time | ms) - .last >= $least)
            else . end) | .good and .count >= 5' "$WORK/a.log" "$WORK/b.log"
}
check "no certificate was served before its authority stood everywhere for the trust delay" waited 1000

# A leader that stops in good order gives the lease back: nobody waits until it would end.
first=$(leader a b | head -n 1)
first=${first:-a}
other=$([ "$first" = a ] && echo b || echo a)
end "$first"
check "the other one leads at once" wait_for 8 leads "$other"
end "$other"

# --- A leader that is killed ---------------------------------------------------------------------
# Replica c leads, and serves no pods: a and b do. Long lives: what happens is made to happen.

# What is done in the middle of a change-over must be done within the delay.
slow=("${quick[@]}" --self-managed-trust-delay $((third / 2 + 1))s)
# lead_by_c: c leads, a and b serve.
lead_by_c() {
    for replica in "${!process[@]}"; do end "$replica"; done
    start c "${slow[@]}"
    check "replica c leads" wait_for 30 leads c
    check "it is ready" wait_for 40 is_ready c
    start a "${slow[@]}"
    start b "${slow[@]}"
    check "so are the others" wait_for 40 eval 'is_ready a && is_ready b'
}
both_serve_other() { serves_other a "$before" && serves_other b "$before"; }
delete_secret() {
    as_admin DELETE "$secret"
    [ "$code" = 200 ]
}

# With certificates of seconds this would be a race.
check "the Secret is deleted" delete_secret
start c "${slow[@]}"
check "a replica makes another one" wait_for 40 said_more c "every configuration trusts the certificate" 0
lead_by_c
before=$(serial a)
load
crash c
check "another one leads after a leader was killed" wait_for 60 has_one_leader a b
rest "a killed leader"
check "which changes nothing" [ "$(serial a)" = "$before" ]

# both_stand: those that are adopted and the next authority, in the configuration that was written.
both_stand() {
    as_admin GET "$secret"
    jq -rj '.data | (.["adopted-ca.crt"], .["next-ca.crt"]) | @base64d' "$WORK/admin.out" >"$WORK/both.pem"
    [ "$(grep -c BEGIN "$WORK/both.pem")" -ge 2 ] && [ "$(bundle mutating)" = "$(cat "$WORK/both.pem")" ]
}
for moment in "made a certificate authority" "the bundle of authorities is written"; do
    lead_by_c
    before=$(serial a)
    load
    times=$(count c "$moment")
    check "the Secret is deleted" delete_secret
    check "replica c: $moment" wait_for 20 said_more c "$moment" "$times"
    crash c
    [[ $moment == made* ]] || check "the old and the new authority are trusted" both_stand
    check "it is killed, and another one finishes the change-over" wait_for 90 both_serve_other
    rest "a leader that was killed when it had \"$moment\""
done

# --- A lease that is somebody else's ---------------------------------------------------------------

present=$(leader a b)
held='{"spec": {"holderIdentity": "somebody", "leaseDurationSeconds": 3600}}'
# Where the present holder has renewed it in between it is taken again.
stolen() {
    as_admin PATCH "$lease" -d "$held"
    ! leads "$present"
}
check "a leader whose lease was taken stops" wait_for 20 stolen
start c "${slow[@]}"
check "a replica that comes while nobody leads is ready with what there is" wait_for 20 is_ready c
check "it serves the same certificate" [ "$(serial c)" = "$(serial a)" ]
check "and nobody leads" [ -z "$(leader a b c)" ]
end c
as_admin DELETE "$lease"
check "a lease that was deleted is taken anew" wait_for 20 has_one_leader a b

# --- What others do to the Secret and the configurations ------------------------------------------

present=$(leader a b)
before=$(serial a)
load
check "the Secret is deleted" delete_secret
check "everything is made anew" wait_for 40 both_serve_other
rest "a deleted Secret"
check "the log says so" says "$present" "the certificates' Secret is gone; whoever leads makes it anew"

before=$(serial a)
load
as_admin PATCH "$secret" -d '{"data":{"ca.crt":"eA=="}}'
check "a damaged Secret is made anew" wait_for 40 both_serve_other
rest "a damaged Secret"
# shellcheck disable=SC2034  # read by eval
damaged="the certificates' Secret is damaged; whoever leads makes it anew"
check "every replica says that it is" eval 'says a "$damaged" && says b "$damaged"'

# unmark VALUE: of our annotation.
unmark() { as_admin PATCH "$secret" -d "{\"metadata\":{\"annotations\":{\"gmsa-identity.dev/certificates\":$1}}}"; }
unmark null
foreign="the certificates' Secret is somebody else's"
check "a Secret without our mark is somebody else's" wait_for 20 says "$present" "$foreign"
as_admin PATCH "$secret" -d '{"data":{"tls.crt":"eA=="}}'
version=$(secret_of .metadata.resourceVersion)
pod foreign .
create
expect_code "pods are admitted meanwhile" 201
run curl -s "http://127.0.0.1:${health_port[$present]}/readyz"
expect_output "by replicas that are ready" "[+]certificate-trust ok"
check "and it is not written" [ "$(secret_of .metadata.resourceVersion)" = "$version" ]
before=$(serial a)
unmark '"v1"'
check "with the mark it is ours again" wait_for 40 both_serve_other

run "${admin[@]}" apply -f "$WORK/register.json"
expect_exit "the registration is applied once more" 0
check "which leaves what the webhook wrote" has_bundle
run "${admin[@]}" replace -f "$WORK/register.json"
expect_exit "it is replaced, without a caBundle" 0
check "which is put right" wait_for 20 has_bundle
pod replaced .
check "and pods are admitted" wait_for 20 answers 201
run "${admin[@]}" delete mutatingwebhookconfiguration,validatingwebhookconfiguration gmsa-webhook
expect_exit "it is deleted" 0
run "${admin[@]}" apply -f "$WORK/register.json"
expect_exit "and applied" 0
check "which is put right, too" wait_for 20 has_bundle
check "and pods are admitted" wait_for 20 answers 201

# --- A conversion --------------------------------------------------------------------------------
# Our definition has none. Whoever adds one must permit the webhook to write there.

definition=/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gmsacredentialspecs.windows.k8s.io
conversion='{"spec": {"conversion": {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"],
    "clientConfig": {"service": {"namespace": "gmsa-webhook", "name": "gmsa-webhook", "path": "/convert"}}}}}}'
present=$(leader a b)
as_admin PATCH "$definition" -d "$conversion"
check "the definition gets a conversion by our Service" [ "$code" = 200 ]
check "the log names the permission" wait_for 60 either complains 'cannot patch resource "customresourcedefinitions"'
check "/readyz does, too, and stays good" eval 'readyz_says "$present" "[!]certificate-trust CustomResourceDefinition" && is_ready "$present"'
run "${admin[@]}" create clusterrole patch-definition --verb=patch --resource=customresourcedefinitions \
    --resource-name=gmsacredentialspecs.windows.k8s.io
"${admin[@]}" create clusterrolebinding patch-definition --clusterrole=patch-definition \
    --serviceaccount=gmsa-webhook:gmsa-webhook >/dev/null
converts() {
    as_admin GET "$definition"
    [ "$(jq -r '.spec.conversion.webhook.clientConfig.caBundle // "" | @base64d' "$WORK/admin.out")" = "$(bundle mutating)" ]
}
check "with it the authority stands there" wait_for 60 converts
as_admin PATCH "$definition" -d '{"spec": {"conversion": {"strategy": "None", "webhook": null}}}'

# --- Without permission --------------------------------------------------------------------------

role=/apis/rbac.authorization.k8s.io/v1/namespaces/gmsa-webhook/roles/gmsa-webhook-certificates
as_admin GET "$role"
cp "$WORK/admin.out" "$WORK/role.json"
# without_patch RESOURCE: the role.
without_patch() {
    as_admin PATCH "$role" -d "$(jq --arg resource "$1" '{rules: (.rules |
        map(if .resources == [$resource] then .verbs -= ["patch"] else . end))}' "$WORK/role.json")"
}
without_patch secrets
before=$(serial a)
as_admin PATCH "$secret" -d '{"data":{"ca.crt":"eA=="}}'
check "the log names the verb that is missing" wait_for 60 either complains 'cannot patch resource "secrets"'
counted() { [ "$(metric "$1" "gmsa_certificates_failures_total{step=\"$2\"}")" -ge 1 ]; }
check "a metric counts it" either counted make-anew
without_patch leases
check "and for the lease" wait_for 60 either complains 'cannot patch resource "leases"'
pod denied .
create
expect_code "what is served goes on" 201
as_admin PATCH "$role" -d "$(jq '{rules}' "$WORK/role.json")"
check "with the permission it goes on by itself" wait_for 90 both_serve_other

# --- Options -------------------------------------------------------------------------------------

wrong() {
    local what=$1 text=$2
    shift 2
    run "$BUILD/gmsa-webhook" serve --self-managed-certs --kubeconfig "$KUBE/webhook.conf" "$@"
    expect_exit "refused: $what" 2
    expect_error "which says why" "$text"
}
wrong "files" "does not go with --tls-cert" --tls-cert x --tls-key y
wrong "a folder of state" "does not go with --state-dir" --state-dir "$WORK/state"
wrong "a life shorter than the change-over" "at least three times" --self-managed-ca-life 1m --self-managed-cert-life 50s
wrong "a certificate that ends before a leader is replaced" "at least three times" --self-managed-cert-life 40s
wrong "a lease of less than a second" "whole seconds" --self-managed-lease-duration 3500ms
wrong "a certificate that outlives its authority" "at most --self-managed-ca-life" --self-managed-cert-life 9000h
run "$BUILD/gmsa-webhook" serve --self-managed-certs --standalone "$manifests"
expect_error "refused: no cluster" "does not go with --standalone"
sed 's/, namespace: gmsa-webhook//' "$KUBE/webhook.conf" >"$KUBE/nowhere.conf"
run "$BUILD/gmsa-webhook" serve --self-managed-certs --kubeconfig "$KUBE/nowhere.conf" --listen 127.0.0.1:0 \
    --health-listen 127.0.0.1:0
expect_error "refused: no namespace" "names no namespace"

end a
end b
finish
