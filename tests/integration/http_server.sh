#!/usr/bin/env bash
# The HTTP server of lib/http, by way of tests/integration/echo_server.c, with real clients: curl,
# openssl s_client and wrk. What goes over the wire byte for byte is tests/unit/test_http_server.c.
set -u -o pipefail
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$WORK" || exit 2

# start_server NAME=VALUE...: sets server (process id), address and port.
start_server() {
    : >address
    "$BUILD/tests/echo_server" listen=127.0.0.1:0 "$@" >address 2>log &
    server=$!
    at_exit "kill $server 2>/dev/null"
    wait_for 20 test -s address || { fail "the server starts"; details <log; finish; }
    address=$(cat address)
    port=${address##*:}
}

# stop_server WHAT: it ends by itself, with exit code 0; the sanitizers have nothing to say.
stop_server() {
    kill -TERM "$server"
    wait "$server"
    status=$?
    ran="echo_server" output='' errors=$(cat log)
    expect_exit "$1" 0
}

# make_certificate NAME SUBJECT [CA]: NAME.crt and NAME.key, self-signed or by that CA.
make_certificate() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" &&
        openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr" &&
        if [ $# -eq 3 ]; then
            openssl x509 -req -in "$1.csr" -CA "$3.crt" -CAkey "$3.key" -days 30 -out "$1.crt" \
                -set_serial "0x$(openssl rand -hex 12)" \
                -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
        else
            openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 30 -out "$1.crt" \
                -extfile <(printf 'basicConstraints=critical,CA:TRUE\n')
        fi
} 2>>openssl.log

make_certificate ca "test authority" || { cat openssl.log; exit 2; }
make_certificate other "another authority"
make_certificate tls localhost ca
make_certificate client client ca
make_certificate stranger client other
head -c 9400 /dev/zero | tr '\0' a >review
head -c 50000000 /dev/zero >fifty
head -c 3000000 /dev/urandom >three

# ask ARGUMENTS...: one request with curl; the last is a path.
ask() {
    local path=${*: -1}
    run curl -sS --max-time 20 --cacert ca.crt "${@:1:$#-1}" "https://127.0.0.1:$port$path"
}
# expect_status WHAT STATUS ARGUMENTS...
expect_status() {
    local what=$1 wanted=$2
    shift 2
    ask -o answer -w '%{http_code}' "$@"
    if [ "$output" = "$wanted" ]; then pass "$what"; else fail "$what ($output)" && show_run; fi
}
# statistic NAME: a number of the server's, seen over TLS.
statistic() {
    curl -sS --max-time 20 --cacert ca.crt "https://127.0.0.1:$port/statistics" |
        sed -n "s/^$1 //p"
}
statistic_is() { [ "$(statistic "$1")" = "$2" ]; }
json='Content-Type: application/json'

# --- What clients get ----------------------------------------------------------------------------

# Limits that a busy machine stays below where it should.
start_server cert=tls.crt key=tls.key workers=2 request=3000 handshake=3000 quiet=200

expect_status "a review is answered" 200 -H "$json" --data-binary @review /verdict
expect_status "with parameters and other letter case" 200 \
    -H 'content-type: Application/JSON; charset=utf-8' --data-binary @review /verdict
expect_status "wrong type" 415 -H 'Content-Type: text/plain' --data-binary @review /verdict
expect_status "no type" 415 -H 'Content-Type:' --data-binary @review /verdict
expect_status "unknown path" 404 /nothing
expect_status "wrong method" 405 -D head -X DELETE /verdict
check "Allow names the right one" grep -qix $'allow: POST\r' head
expect_status "50 MB, announced" 413 --data-binary @fifty /echo
expect_status "50 MB, sent without asking" 413 -H 'Expect:' --data-binary @fifty /echo
expect_status "50 MB in chunks" 413 -H 'Transfer-Encoding: chunked' --data-binary @fifty /echo
expect_status "3 MB" 200 --data-binary @three /echo
expect_same "comes back" three answer
expect_status "3 MB in chunks" 200 -H 'Transfer-Encoding: chunked' --data-binary @three /echo
expect_same "comes back too" three answer
expect_status "a later answer" 200 --data-binary @review '/later?30'
check "knows the body still" grep -qx '9400 bytes, 0 lines' answer
expect_status "HEAD" 200 -I /statistics
run curl -sS "http://127.0.0.1:$port/"
expect_output "HTTP without TLS is told what to do" "use https://"

# --- TLS -----------------------------------------------------------------------------------------

# handshake ARGUMENTS...: with openssl s_client.
handshake() {
    run openssl s_client -connect "127.0.0.1:$port" -CAfile ca.crt -verify_return_error "$@"
}
handshake -tls1_3
expect_exit "TLS 1.3" 0
handshake -tls1_2 -cipher 'ECDHE+AESGCM:@SECLEVEL=0'
expect_exit "TLS 1.2" 0
handshake -tls1_1 -cipher 'ALL:@SECLEVEL=0'
expect_exit "TLS 1.1 is refused" 1
handshake -tls1_2 -cipher 'AES128-SHA:ECDHE-ECDSA-AES128-SHA:AES128-GCM-SHA256'
expect_exit "ciphers without AEAD or forward secrecy are refused" 1
handshake -tls1_3 -alpn h2,http/1.1
expect_output "HTTP/1.1 is chosen" "ALPN protocol: http/1.1"

# What is not HTTP, over TLS.
speak() { timeout 20 openssl s_client -connect "127.0.0.1:$port" -quiet -ign_eof 2>/dev/null; }
for text in 'GET / HTTP/1.1\n\n' 'GARBAGE\r\n\r\n' 'GET / HTTP/1.1\r\n\r\n' '\0\0\0' \
    'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n' \
    'GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n'; do
    answer=$(printf '%b' "$text" | speak | tr -d '\0')
    case $answer in
    "HTTP/1.1 400 "*) pass "malformed: ${text:0:40}" ;;
    *) fail "malformed: ${text:0:40} ($answer)" ;;
    esac
done

# --- Those who stall -----------------------------------------------------------------------------

# Not a byte, and half a record: what a handshake would begin with.
stalled=()
for ((i = 0; i < 250; i++)); do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port" && stalled+=("$fd")
    [ $((i % 2)) = 0 ] || printf '\x16\x03\x01\x02\x00\x01' >&"$fd"
done
check "250 stalled handshakes are held" test "$(statistic connections)" -gt 200
expect_status "a review is answered all the same" 200 -H "$json" --data-binary @review /verdict
check "their time is limited" wait_for 20 statistic_is connections 1
for fd in "${stalled[@]}"; do exec {fd}>&-; done

# curl, half-way: a body that takes longer than a request may.
ask -o answer -w '%{http_code}' --limit-rate 4k --data-binary @three /echo
no_output "a slow body is not waited for" 200
check "it is counted" test "$(statistic timed_out)" -ge 251
expect_status "a request that nobody answers ends with its client" 000 --max-time 1 \
    --data-binary @review '/later?never'
check "its handler is told" wait_for 20 statistic_is cancelled 1
check "nothing is left behind" wait_for 20 statistic_is connections 1
check "no memory either" statistic_is body_memory 0
stop_server "it ends"

# The same without TLS, where half a head can be sent by hand.
start_server request=300 quiet=100
stalled=()
for ((i = 0; i < 250; i++)); do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port" && stalled+=("$fd")
    printf 'POST /echo HTTP/1.1\r\nHost: h\r\nContent-Le' >&"$fd"
done
timed_out=0
for fd in "${stalled[@]}"; do
    IFS= read -r -t 20 -u "$fd" line && [[ $line == "HTTP/1.1 408 "* ]] && timed_out=$((timed_out + 1))
    exec {fd}>&-
done
check "250 half heads are answered 408 ($timed_out)" test "$timed_out" = 250
stop_server "it ends"

# --- Client certificates -------------------------------------------------------------------------

start_server cert=tls.crt key=tls.key client_ca=ca.crt quiet=100
expect_status "a client of the CA" 200 --cert client.crt --key client.key /statistics
expect_status "one without a certificate" 000 /statistics
expect_status "a large answer" 200 --cert client.crt --key client.key '/large?20000000'
check "is whole" test "$(wc -c <answer)" = 20000000
expect_status "one of another CA" 000 --cert stranger.crt --key stranger.key /statistics
stop_server "it ends"

# --- Rotation under load -------------------------------------------------------------------------

serial_of() { openssl x509 -noout -serial; }
served() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | serial_of; }
serves_new() { [ "$(served)" = "$(serial_of <"${1:-next}.crt")" ]; }

# Made before there is load, which would make it slow.
PAIRS=20
for ((i = 0; i < PAIRS; i++)); do make_certificate "pair$i" localhost ca; done

# Three ways in which pair number $2 takes the place of another: by renaming, by writing over it, by
# a swapped link.
replace_pair() {
    cp "pair$2.crt" next.crt.tmp && cp "pair$2.key" next.key.tmp
    case $1 in
    rename) mv next.key.tmp live/tls.key && mv next.crt.tmp live/tls.crt ;;
    overwrite) cat next.key.tmp >live/tls.key && cat next.crt.tmp >live/tls.crt ;;
    link)
        mkdir "secret/..$2" && cp next.crt.tmp "secret/..$2/tls.crt" &&
            cp next.key.tmp "secret/..$2/tls.key" && ln -sfn "..$2" secret/..tmp &&
            mv -T secret/..tmp secret/..data
        ;;
    esac
}

# New connections one after another, until told to stop; every one must succeed.
reconnect() {
    local count=0
    while [ ! -e stop ]; do
        curl -sS --max-time 20 --cacert ca.crt -o /dev/null -H "$json" --data-binary @review \
            "https://127.0.0.1:$port/verdict" >>reconnect.log 2>&1 || echo "failed: $?" >>reconnect.log
        count=$((count + 1))
        sleep 0.01
    done
    echo "$count" >reconnect.count
}

cat >post.lua <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("review")
wrk.body = file:read("*a")
file:close()
if os.getenv("CLOSE") then wrk.headers["Connection"] = "close" end
-- Milliseconds between requests: load that leaves the others their time.
if os.getenv("PAUSE") then delay = function() return tonumber(os.getenv("PAUSE")) end end
LUA

# wrk_says WHAT: nothing but answers with 200. Refused connections are none of the server's faults.
wrk_says() {
    local errors
    errors=$(sed -n 's/.*Socket errors: connect [0-9]*, //p' wrk.log | grep -v 'read 0, write 0, timeout 0')
    if grep -q 'requests in' wrk.log && ! grep -q 'Non-2xx' wrk.log && [ -z "$errors" ]; then
        pass "$1 ($(sed -n 's/^ *\([0-9]* requests\) in.*/\1/p' wrk.log))"
    else
        fail "$1" && details <wrk.log
    fi
}

rotate() { # FOLDER WAYS...
    local folder=$1 i way fresh=0
    local -a ways=("${@:2}")
    rm -f stop reconnect.log reconnect.count
    start_server cert="$folder/tls.crt" key="$folder/tls.key" workers=2 quiet=100
    PAUSE=5 wrk -t1 -c8 -d120s -s post.lua "https://127.0.0.1:$port/verdict" >wrk.log 2>&1 &
    local load=$!
    at_exit "kill $load 2>/dev/null; touch $WORK/stop"
    reconnect &
    local loop=$!
    for ((i = 0; i < PAIRS; i++)); do
        way=${ways[i % ${#ways[@]}]}
        replace_pair "$way" "$i"
        wait_for 20 serves_new "pair$i" && fresh=$((fresh + 1))
    done
    kill -INT "$load" && wait "$load"
    touch stop && wait "$loop"
    check "$PAIRS new pairs by ${ways[*]} are served ($fresh)" test "$fresh" = "$PAIRS"
    wrk_says "no request of open connections fails meanwhile"
    check "none of $(cat reconnect.count) new connections fails" test ! -s reconnect.log
    details <reconnect.log
    stop_server "it ends"
}

mkdir live secret secret/..first
cp tls.crt tls.key live/ && cp tls.crt tls.key secret/..first/
ln -s ..first secret/..data && ln -s ..data/tls.crt secret/tls.crt && ln -s ..data/tls.key secret/tls.key
rotate live rename overwrite
rotate secret link

start_server cert=live/tls.crt key=live/tls.key quiet=100
before=$(served)
head -c 100 tls.crt >live/tls.crt
check "a half-written certificate is noticed" wait_for 20 grep -q 'last good one stays' log
check "the old one stays" test "$(served)" = "$before"
check "and is told in numbers" wait_for 5 statistic_is certificate_errors 1
cp tls.crt live/ && cp tls.key live/
cp live/tls.crt next.crt
check "a good one takes its place" wait_for 20 serves_new
stop_server "it ends"

# --- The end under load --------------------------------------------------------------------------

for close in '' 1; do
    for round in 1 2 3; do
        start_server cert=tls.crt key=tls.key workers=2 quiet=300
        CLOSE=$close wrk -t1 -c32 -d3s -s post.lua "https://127.0.0.1:$port/verdict" >wrk.log 2>&1 &
        load=$!
        wait_for 20 sh -c "[ \$(curl -sk https://127.0.0.1:$port/statistics | sed -n 's/^status_200 //p') -gt 100 ]"
        stop_server "round $round: SIGTERM under load${close:+ of new connections}"
        kill -INT "$load" 2>/dev/null
        wait "$load"
        wrk_says "nothing that was accepted is lost"
    done
done

finish
