#!/usr/bin/env bash
# kubectl gmsa list and audit, through kubectl: where all is right, after changes, and of many pods.
set -u -o pipefail
# shellcheck source=tests/kube/lib.sh
. "$(dirname "$0")/../kube/lib.sh"
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
start_kube
# shellcheck source=tests/kube/kubectl.sh
. "$(dirname "$0")/../kube/kubectl.sh"

run kubectl gmsa list
expect_exit "without the definition of credential specs there is no list" 2
expect_error "and it says what is missing" 'apply their definition, credspec/crd.yaml'
define_specs

# --- A cluster where everything is right ----------------------------------------------------------

create_pods
run kubectl plugin list
expect_output "kubectl finds the plug-in" "$BUILD/kubectl-gmsa"
run kubectl gmsa list
expect_exit "kubectl gmsa list" 0
expect_output "has a title" 'SPEC     ACCOUNT   DOMAIN       FINDINGS  PODS  USED BY'
expect_output "names account, domain and who uses it" 'web      WebApp01  contoso.com  none      1     shop/webapp (1)'
run kubectl gmsa list -o wide
expect_output "wide: the users that are allowed" 'shop/webapp (1)  (none)       NT AUTHORITY\SYSTEM'
run kubectl gmsa list -o json --context test --kubeconfig "$KUBE/admin.conf"
check "json: every spec with its uses" jq -e '.podsKnown and (.specs | length == 6) and
    (.specs[] | select(.name == "penguin").usedBy == [{namespace: "shop", serviceAccount: "webapp", windowsPods: 0, linuxPods: 1}]) and
    (.specs[] | select(.name == "listed").allowedRunAsUserNames == ["NT AUTHORITY\\SYSTEM"]) and
    all(.specs[]; .valid and .exists and .errors == 0)' "$WORK/.stdout"
run kubectl gmsa list -o yaml
expect_output "yaml" '- name: web'
run kubectl gmsa list -n default
expect_output "the pods of one namespace alone" 'web      WebApp01  contoso.com  none      0'

run kubectl gmsa audit -A
expect_exit "nothing is found where all is right" 0
expect_error "the summary" '0 findings in 7 pods of all namespaces, 6 with a gMSA'
run kubectl gmsa audit
expect_error "without -A it is the context's namespace" '0 findings in 0 pods of namespace default, 0 with a gMSA'
run kubectl gmsa audit -n sohp
expect_exit "a namespace that is mistyped is no clean one" 2
expect_error "and it says so" 'there is no namespace "sohp"'
run kubectl gmsa list -n sohp
expect_exit "nor has it pods to count" 2
run kubectl gmsa audit -n shop -o json
check "json of an audit" jq -e '.complete and .findings == [] and .pods == 7 and .podsWithIdentity == 6' "$WORK/.stdout"

# --- Changes -------------------------------------------------------------------------------------

change_cluster
# finding POD: its reasons in one line.
finding() { jq -r --arg pod "$1" '[.findings[] | select(.pod == $pod).reason] | join(" ")' "$WORK/audit.json"; }
revoked() { [ "$(kubectl gmsa audit -n shop -o json 2>/dev/null | tee "$WORK/audit.json" | jq '[.findings[] | select(.pod == "revoked-1")] | length')" = 1 ]; }
check "a revoked permission is found" wait_for 20 revoked
run kubectl gmsa audit -A -o json
expect_exit "findings: exit code 1" 1
cp "$WORK/.stdout" "$WORK/audit.json"
# expect_finding WHAT POD REASONS
expect_finding() {
    local found
    found=$(finding "$2")
    if [ "$found" = "$3" ]; then pass "$1"; else fail "$1 (found: $found)"; fi
}
expect_finding "a spec that was changed" web-1 contents-differ
expect_finding "a user name that is allowed no longer" listed-1 user-name-not-allowed
expect_finding "a spec that is not valid any more" fragile-1 spec-invalid
expect_finding "a spec that is gone" doomed-1 spec-not-found
expect_finding "a service account that lost use" revoked-1 not-authorised
expect_finding "contents without a name" forged contents-without-name
expect_finding "a name without contents" early contents-missing
expect_finding "no grant" ungranted grant-missing
expect_finding "a copied grant, of an account that may not" copied 'grant-differs not-authorised'
expect_finding "a grant of nobody" signed grant-differs
expect_finding "and nothing else" plain ''
expect_finding "nor here" penguin-1 ''
run kubectl gmsa audit -n shop
expect_output "the table" 'shop       revoked-1  webapp           not-authorised         service account "shop/webapp" may not "use"'
expect_error "the summary counts" '11 findings in 12 pods of namespace shop, 11 with a gMSA'
run kubectl gmsa audit -n shop -o yaml
expect_output "yaml of an audit" 'reason: contents-differ'

run kubectl gmsa audit -n shop --webhook-namespace elsewhere
expect_exit "without public keys the answer is not complete" 2
expect_error "and says why" 'the grant of 4 Linux pods is not verified: GET /api/v1/namespaces/elsewhere/configmaps/gmsa-grants: 404'
run kubectl gmsa audit -n shop --webhook-namespace elsewhere --grant-public-key "$WORK/public" --cluster-name test
expect_exit "with a folder of public keys it is" 1
run kubectl gmsa audit -n shop --grant-public-key "$WORK/public" --cluster-name other -o json
check "of another cluster the grants do not verify" jq -e '[.findings[] | select(.reason == "grant-differs")] | length == 3' "$WORK/.stdout"

run kubectl gmsa list -o json
check "the list tells of specs that do not exist, and of invalid ones" jq -e '
    (.specs[] | select(.name == "doomed") | .exists == false and .pods == 1) and
    (.specs[] | select(.name == "fragile") | .valid == false and .errors > 0 and (.findings[0].code | startswith("CS")))' "$WORK/.stdout"
run kubectl gmsa list
expect_output "in the table, too" 'does not exist'

# --- Many pods -----------------------------------------------------------------------------------

kubectl create namespace many >/dev/null
kubectl apply -f - >/dev/null <<'END'
apiVersion: v1
kind: ServiceAccount
metadata: {name: webapp, namespace: many}
automountServiceAccountToken: false
END
use web "${web/namespace: shop/namespace: many}" web | sed 's/namespace: shop/namespace: many/' | kubectl apply -f - >/dev/null
api GET /api/v1/namespaces/shop/pods/web-1 | jq -c '{apiVersion: "v1", kind: "Pod", spec,
    metadata: {namespace: "many"}}' >"$WORK/many.json"
# many COUNT: so many pods with the contents of "web" as they were, over a few connections. What the API
# server did not take is sent once more.
many() {
    jq -r --arg url "$server/api/v1/namespaces/many/pods" --arg pki "$KUBE/pki" --argjson count "$1" '
        def option(key; value): "\(key) = \(value | tojson)";
        . as $pod | range($count) | . as $i | "next", option("url"; $url), option("output"; "/dev/null"),
            option("data"; $pod | .metadata.name = "web-\($i)" | tojson),
            option("header"; "Content-Type: application/json"), option("cacert"; $pki + "/ca.crt"),
            option("cert"; $pki + "/admin.crt"), option("key"; $pki + "/admin.key"),
            option("write-out"; "%{http_code}\\n")' "$WORK/many.json" | tail -n +2 >"$WORK/many.curl"
    wait_for 120 are_many "$1"
}
are_many() {
    curl -s --no-progress-meter -Z --parallel-max 16 -K "$WORK/many.curl" >"$WORK/many.codes"
    [ "$(grep -c -x -e 201 -e 409 "$WORK/many.codes")" = "$1" ]
}
# audit_many: prints peak memory in KiB. (The address sanitizer keeps freed memory back; a little is enough.)
audit_many() {
    ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64 /usr/bin/time -f %M -o "$WORK/memory" \
        "$plugin" audit -n many -o json >"$WORK/many.out" 2>/dev/null
    tail -n 1 "$WORK/memory"
}
check "100 pods" many 100
few=$(audit_many)
check "100 pods are audited" jq -e '.pods == 100 and (.findings | length == 100)' "$WORK/many.out"
check "2,000 pods" many 2000
begin=${EPOCHREALTIME/./}
much=$(audit_many)
echo "# audit of 2,000 pods: $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
check "2,000 pods are audited" jq -e '.pods == 2000 and (.findings | length == 2000) and .complete' "$WORK/many.out"
check "and hardly need more memory ($few KiB, $much KiB)" [ "$much" -lt $((few + 20000)) ]
run kubectl gmsa list -o json
check "and counted" jq -e '.specs[] | select(.name == "web") | .pods == 2001' "$WORK/.stdout"

finish
