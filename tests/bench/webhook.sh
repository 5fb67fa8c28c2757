#!/usr/bin/env bash
# The webhook against nginx, which answers a fixed reply to the same requests over TLS: requests a
# second, latency, CPU a request, peak memory. Both serve the same ECDSA P-256 certificate on this
# machine's processors, keep-alive, one after the other in the same run.
#
#   SECONDS_EACH   length of one measurement (3)
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
SECONDS_EACH=${SECONDS_EACH:-3}
WORK=$(mktemp -d)
pids=()
stop() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait
    rm -rf "$WORK"
}
trap stop EXIT

port=$((20000 + RANDOM % 10000))
health=$((port + 1))
nginx_port=$((port + 2))
reviews=$ROOT/tests/data/reviews

# --- The two servers -----------------------------------------------------------------------------

# start_webhook: leaves the milliseconds from its start to its first answer in `first_answer`; that
# includes the start of curl, at least once.
start_webhook() {
    local began
    began=$(date +%s%N)
    "$BUILD/gmsa-webhook" serve --standalone "$ROOT/tests/data/reviews/manifests.yaml" \
        --state-dir "$WORK/state" --listen "127.0.0.1:$port" --health-listen "127.0.0.1:$health" \
        --log-level error --shutdown-delay 0s 2>"$WORK/webhook.log" &
    webhook=$!
    pids+=("$webhook")
    until curl -s -o "$WORK/first" --cacert "$WORK/state/ca.crt" "https://127.0.0.1:$port/info"; do
        kill -0 "$webhook" || { cat "$WORK/webhook.log" && exit 1; }
    done
    first_answer=$((($(date +%s%N) - began) / 1000000))
}

start_nginx() {
    local body
    # As long as a real answer without a patch.
    body='{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"00000000-0000-0000-0000-000000000000","allowed":true}}'
    cat >"$WORK/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $WORK/nginx.pid; error_log $WORK/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k;
  client_body_temp_path $WORK; proxy_temp_path $WORK; fastcgi_temp_path $WORK;
  uwsgi_temp_path $WORK; scgi_temp_path $WORK;
  server {
    listen 127.0.0.1:$nginx_port ssl; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $WORK/state/tls.crt; ssl_certificate_key $WORK/state/tls.key;
    location / { default_type application/json; return 200 '$body'; }
  }
}
CONF
    nginx -c "$WORK/nginx.conf" &
    nginx=$!
    pids+=("$nginx")
    until curl -sk -o /dev/null "https://127.0.0.1:$nginx_port/"; do kill -0 "$nginx"; done
}

# --- Measuring -----------------------------------------------------------------------------------

processes() {
    echo "$1"
    pgrep -P "$1" || true
}

# CPU of a process and its children so far, in microseconds.
cpu() {
    local pid ticks=0 fields
    for pid in $(processes "$1"); do
        read -ra fields < <(sed 's/.*) //' "/proc/$pid/stat")
        ticks=$((ticks + fields[11] + fields[12]))
    done
    echo $((ticks * 1000000 / $(getconf CLK_TCK)))
}

# Peak resident memory of a process and its children, in MB.
peak() {
    local pid
    for pid in $(processes "$1"); do grep VmHWM "/proc/$pid/status"; done |
        awk '{ sum += $2 } END { printf "%.1f", sum / 1024 }'
}

# measure NAME PID URL BODY CONNECTIONS: prints a row; leaves CPU a request in `each`.
measure() {
    local before after result requests rate p50 p99 refused errors
    before=$(cpu "$2")
    result=$(wrk -t1 -c"$5" -d"${SECONDS_EACH}s" --latency -s "$ROOT/tests/bench/post.lua" "$3" \
        -- "$4" | sed -n 's/^RESULT //p')
    after=$(cpu "$2")
    read -r requests rate p50 p99 refused errors <<<"$result"
    each=$(awk "BEGIN { printf \"%.1f\", ($after - $before) / $requests }")
    local ratio=''
    [ -z "${reference:-}" ] || ratio=$(awk "BEGIN { printf \"%.1f\", $each / $reference }")
    printf '%-34s %5s %9s %9s %9s %9s %7s\n' "$1" "$5" "$rate" "$p50" "$p99" "$each" "$ratio"
    [ "$refused" -eq 0 ] && [ "$errors" -eq 0 ] ||
        echo "  !! $refused answers were not 'allowed', $errors errors on sockets"
}

start_webhook
with_certificate=$first_answer
kill "$webhook" && wait "$webhook"
start_webhook
start_nginx
base=https://127.0.0.1:$port
# Validation sees the pod with the contents in place.
validate=$WORK/validate.json
spec=$("$BUILD/credspec" convert --to json "$ROOT/tests/data/reviews/manifests.yaml" 2>/dev/null |
    jq -cSj .)
jq -c --arg spec "$spec" '.request.object.spec.securityContext.windowsOptions.gmsaCredentialSpec = $spec' \
    "$reviews/validate-create-pod-8k-gmsa-v1.20.json" >"$validate"

printf '%-34s %5s %9s %9s %9s %9s %7s\n' what conns req/s 'p50 ms' 'p99 ms' 'CPU us' 'x nginx'
for connections in 1 8 64; do
    reference=
    measure 'nginx, fixed reply' "$nginx" "https://127.0.0.1:$nginx_port/mutate" \
        "$reviews/mutate-create-pod-8k-plain-v1.20.json" "$connections"
    reference=$each
    measure 'mutate, pod without a gMSA' "$webhook" "$base/mutate?timeout=10s" \
        "$reviews/mutate-create-pod-8k-plain-v1.20.json" "$connections"
    measure 'mutate, pod with a gMSA' "$webhook" "$base/mutate?timeout=10s" \
        "$reviews/mutate-create-pod-8k-gmsa-v1.20.json" "$connections"
    measure 'validate, pod with a gMSA' "$webhook" "$base/validate?timeout=10s" "$validate" \
        "$connections"
done
echo "peak memory: webhook $(peak "$webhook") MB, nginx $(peak "$nginx") MB"
echo "first answer $first_answer ms after the start, $with_certificate ms where it had to make its certificate first (curl's own start included)"
