# Redis: authwright-redis. Tests that kill a server start their own.

redis_start() {
    install_if_missing redis-server redis-server
    redis-server --version
    local port
    port=$(free_port)
    mkdir -p "$scratch/redis"
    export AUTHWRIGHT_REDIS_SOCKET="$scratch/redis/socket"
    export AUTHWRIGHT_REDIS_URL="redis://127.0.0.1:$port"
    redis-server --port "$port" --bind 127.0.0.1 --unixsocket "$AUTHWRIGHT_REDIS_SOCKET" --save '' --appendonly no \
        --dir "$scratch/redis" >"$scratch/redis/log" 2>&1 &
    redis_pid=$!
    for _ in $(seq 100); do
        [ -S "$AUTHWRIGHT_REDIS_SOCKET" ] && redis-cli -p "$port" ping >/dev/null 2>&1 && return
        sleep 0.1
    done
    cat "$scratch/redis/log" >&2
    return 1
}

redis_test() {
    TMPDIR=$scratch cargo test -p authwright-redis --features interop,tls --test interop -- &&
        interop_tests fleet kills
}

redis_stop() {
    local pid file
    # The tests' own servers are ended by the tests; these are what a killed test left behind, stopped ones included.
    for file in "$scratch"/authwright-redis-*/pid; do
        [ -f "$file" ] && pid=$(cat "$file") && [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null || true
    done
    [ -n "${redis_pid:-}" ] || return 0
    kill "$redis_pid" 2>/dev/null || true
    wait "$redis_pid" 2>/dev/null || true
    redis_pid=
}
