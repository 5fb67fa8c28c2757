# shellcheck shell=bash
# For integration scripts with gmsa-webhook behind a real API server: starting it, registering it,
# asking as the user dev. Sourced after tests/kube/lib.sh and tests/integration/lib.sh, once the API
# server runs. It gets from here:
#   manifests, state  the folders with what the webhook knows and with its certificates
#   WORK/canonical    the text that pods get for the credential spec webapp01
#   code, errors      HTTP status and message of the last answer

data=$ROOT/tests/data/kube
manifests=$WORK/manifests
state=$WORK/state
name=gmsa-identity.dev
cp -r "$data/manifests" "$manifests"
cp "$data/shop.yaml" "$manifests/" # so that the folder is never empty
"$BUILD/gmsa-webhook" keygen "$WORK/grants" >/dev/null || exit 2
sed '/^---$/,$d' "$manifests/specs.yaml" >"$WORK/webapp01.yaml"
# Compact, keys sorted, and escaped as Go's encoding/json does.
"$BUILD/credspec" convert --to json "$WORK/webapp01.yaml" 2>/dev/null | jq -Scj . |
    sed 's/</\\u003c/g; s/>/\\u003e/g; s/&/\\u0026/g' >"$WORK/canonical"

# --- The webhook and its registration ------------------------------------------------------------

# serve OPTION...: starts the webhook in place of the one that runs, at the same port, with its log in
# the file $log. Sets url.
log=$WORK/webhook.log
pid=
listen=127.0.0.1:0
serve() {
    [ -z "$pid" ] || stop
    : >"$log" # or what the one before said there could be read until the new one has opened it
    "$BUILD/gmsa-webhook" serve --standalone "$manifests" --state-dir "$state" --listen "$listen" \
        --health-listen 127.0.0.1:0 --shutdown-delay 0s --log-format json \
        --linux-grant-key "$WORK/grants" --cluster-name test "$@" 2>"$log" &
    pid=$!
    if ! wait_for 60 logged ready; then
        fail "the webhook starts"
        details <"$log"
        finish
    fi
    listen=$(jq -r 'select(.message == "ready").listen' "$log")
    url=https://$listen
}
# stop: with the sanitizers the exit code tells of leaks, too.
stop() {
    kill -TERM "$pid"
    wait "$pid"
    status=$? ran=gmsa-webhook output='' errors=$(tail -n 20 "$log") pid=
    expect_exit "the webhook stops in good order" 0
}
at_exit '[ -z "$pid" ] || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null'
logged() { jq -r .message "$log" | grep -qxF -- "$1"; }

# hook NAME PATH CA RULE: one webhook of a configuration, in JSON.
hook() {
    jq -nc --arg name "$1.$name" --arg url "$url$2" --rawfile ca "$3" --argjson rule "$4" '{
        name: $name, clientConfig: {url: $url, caBundle: ($ca | @base64)}, rules: [$rule],
        failurePolicy: "Fail", matchPolicy: "Equivalent", sideEffects: "None", timeoutSeconds: 5,
        admissionReviewVersions: ["v1"]}'
}

# rule GROUP VERSIONS OPERATIONS RESOURCES: with the lists as words.
rule() {
    jq -nc --arg group "$1" --arg versions "$2" --arg operations "$3" --arg resources "$4" '{
        apiGroups: [$group], apiVersions: ($versions / " "), operations: ($operations / " "),
        resources: ($resources / " ")}'
}

# register CA: both configurations; the webhooks' certificates are of that authority.
register() {
    local both='CREATE UPDATE'
    {
        hook mutate /mutate "$1" "$(rule '' v1 CREATE pods)" | jq '.reinvocationPolicy = "IfNeeded"'
        hook validate /validate "$1" "$(rule '' v1 "$both" 'pods pods/ephemeralcontainers')"
        hook credspec /validate-credspec "$1" "$(rule windows.k8s.io v1 "$both" gmsacredentialspecs)"
        hook deployments /warn "$1" "$(rule apps v1 "$both" deployments)"
        hook cronjobs /warn "$1" "$(rule batch 'v1 v1beta1' "$both" 'jobs cronjobs')"
        hook too-wide /validate "$1" "$(rule '' v1 "$both" configmaps)"
    } | jq -s '{apiVersion: "admissionregistration.k8s.io/v1", metadata: {name: "gmsa"}} |
        {kind: "List", apiVersion: "v1", items: [
            . + {kind: "MutatingWebhookConfiguration", webhooks: $hooks[:1]},
            . + {kind: "ValidatingWebhookConfiguration", webhooks: $hooks[1:]}]}' \
        --slurpfile hooks /dev/stdin >"$WORK/register.json"
    run "${admin[@]}" apply -f "$WORK/register.json"
    expect_exit "${2:-the webhook is registered}" 0
}

# --- Pods ----------------------------------------------------------------------------------------

# pod NAME FILTER [BASE]: writes $WORK/pod.json: a pod of the service account webapp whose pod-wide
# spec is webapp01, changed by a jq filter. In it, top, init and main are paths of the
# windowsOptions, and $text is the canonical text.
pod() {
    jq -n --arg name "$1" --rawfile text "$WORK/canonical" '
        def top: .spec.securityContext.windowsOptions;
        def main: .spec.containers[0].securityContext.windowsOptions;
        def init: .spec.initContainers[0].securityContext.windowsOptions;
        {apiVersion: "v1", kind: "Pod", metadata: {name: $name, namespace: "shop"}, spec: {
            serviceAccountName: "webapp", nodeSelector: {"kubernetes.io/os": "windows"},
            securityContext: {windowsOptions: {gmsaCredentialSpecName: "webapp01"}},
            initContainers: [{name: "prepare", image: "x"}],
            containers: [{name: "app", image: "x"}]}} |'"$2" >"$WORK/pod.json"
}
alone='del(.spec.securityContext)' # without the pod-wide spec
linux="$alone | .spec.nodeSelector[\"kubernetes.io/os\"] = \"linux\""
annotated="$linux | .metadata.annotations[\"$name/credential-spec\"] = \"webapp01\""

# ask METHOD PATH [CURL OPTION...]: the user dev asks the API server, without kubectl, which takes long.
# Sets code, the HTTP status; output is the answer, errors its message.
ask() {
    local method=$1 path=$2
    shift 2
    run curl -s --max-time 30 --cacert "$KUBE/pki/ca.crt" --cert "$KUBE/pki/dev.crt" \
        --key "$KUBE/pki/dev.key" -w '%{stderr}%{http_code}' -X "$method" "$@" "$server$path"
    code=$errors
    errors=$(jq -r 'if .kind == "Status" then .message else empty end' "$WORK/.stdout")
}
server=$(sed -n 's/.*server: "\([^"]*\)".*/\1/p' "$KUBE/dev.conf")
pods=/api/v1/namespaces/shop/pods

# create [DRY-RUN]: that pod.
create() { ask POST "$pods${1:+?dryRun=All}" -H 'Content-Type: application/json' -d "@$WORK/pod.json"; }

# patch POD MERGE-PATCH
patch() { ask PATCH "$pods/$1" -H 'Content-Type: application/merge-patch+json' -d "$2"; }

# expect_code WHAT CODE: of the last answer. expect_refusal WHAT TEXT: it is no, and its message
# has that text.
expect_code() {
    if [ "$code" = "$2" ]; then
        pass "$1"
    else
        fail "$1 (HTTP status $code)"
        echo "#   $errors"
    fi
}
expect_refusal() {
    if [ "$code" -ge 400 ] && [[ $errors == *"$2"* ]]; then
        pass "refused: $1"
    else
        fail "refused: $1 (HTTP status $code, expected: $2)"
        echo "#   $errors"
    fi
}

# allowed WHAT NAME [FILTER], refused WHAT TEXT FILTER: what becomes of a pod.
allowed() {
    pod "$2" "${3:-.}"
    create
    expect_code "$1" 201
}
refused() {
    pod refused "$3"
    create
    expect_refusal "$1" "$2"
}

# answers TEXT: creating that pod for show says TEXT, or is allowed where TEXT is 201. For waiting
# until a change takes effect.
answers() {
    create dry-run
    [[ "$code $errors" == *"$1"* ]]
}

# stored_pod POD FILTER: of the stored pod, without a newline.
stored_pod() {
    ask GET "$pods/$1"
    jq -j "$2" "$WORK/.stdout"
}

# expect_text WHAT TEXT COMMAND...: the command prints exactly that.
expect_text() {
    local what=$1 text=$2 said
    shift 2
    said=$("$@" 2>&1)
    if [ "$said" = "$text" ]; then
        pass "$what"
    else
        fail "$what (expected: $text)"
        details <<<"$said"
    fi
}
