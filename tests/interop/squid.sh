# Squid: a proxy that asks for Basic, one that asks for Digest, one that takes either. What is behind it, the tests bring.

squid_start() {
    install_if_missing squid squid
    install_if_missing curl curl
    squid -v | head -1
    local dir=$scratch/squid basic digest both
    basic=$(free_port) digest=$(free_port) both=$(free_port)
    mkdir -p "$dir"
    # It writes as the user it becomes.
    chmod 777 "$dir"
    export AUTHWRIGHT_SQUID_BASIC="127.0.0.1:$basic"
    export AUTHWRIGHT_SQUID_DIGEST="127.0.0.1:$digest"
    export AUTHWRIGHT_SQUID_BOTH="127.0.0.1:$both"
    export AUTHWRIGHT_SQUID_LOG="$dir/access.log"

    echo "sam:$(openssl passwd -apr1 's3cret')" >"$dir/passwords"
    echo "sam:Proxy:$(printf 'sam:Proxy:s3cret' | md5sum | cut -d' ' -f1)" >"$dir/digests"

    cat >"$dir/conf" <<CONF
http_port 127.0.0.1:$basic name=basic
http_port 127.0.0.1:$digest name=digest
http_port 127.0.0.1:$both name=both
visible_hostname proxy.test
pid_filename none
pinger_enable off
cache deny all
coredump_dir $dir
cache_log $dir/cache.log
logformat seen %lp %rm %ru %>Hs %un "%{Proxy-Authorization}>h"
access_log stdio:$dir/access.log seen
shutdown_lifetime 0 seconds

auth_param basic program /usr/lib/squid/basic_ncsa_auth $dir/passwords
auth_param basic children 1 startup=1
auth_param basic realm Proxy
auth_param digest program /usr/lib/squid/digest_file_auth -c $dir/digests
auth_param digest children 1 startup=1
auth_param digest realm Proxy
auth_param digest nonce_max_count 5
auth_param digest check_nonce_count on

acl on_basic myportname basic
acl on_digest myportname digest
auth_schemes basic on_basic
auth_schemes digest on_digest
auth_schemes digest,basic all

acl signed_in proxy_auth REQUIRED
http_access allow signed_in
http_access deny all
CONF
    squid -N -f "$dir/conf" >"$dir/log" 2>&1 &
    squid_pid=$!
    await_port "$basic" "$squid_pid" "$dir/log" || { cat "$dir/cache.log" >&2; return 1; }
    # Nobody listens on the first port: 503 is the word of a proxy that would have gone there.
    local nowhere=http://127.0.0.1:9/
    expect 407 --proxy "$AUTHWRIGHT_SQUID_BASIC" "$nowhere"
    expect 407 --proxy "$AUTHWRIGHT_SQUID_BASIC" --proxy-user sam:wrong "$nowhere"
    expect 503 --proxy "$AUTHWRIGHT_SQUID_BASIC" --proxy-user sam:s3cret "$nowhere"
    expect 407 --proxy "$AUTHWRIGHT_SQUID_DIGEST" --proxy-digest --proxy-user sam:wrong "$nowhere"
    expect 503 --proxy "$AUTHWRIGHT_SQUID_DIGEST" --proxy-digest --proxy-user sam:s3cret "$nowhere"
    expect 503 --proxy "$AUTHWRIGHT_SQUID_BOTH" --proxy-anyauth --proxy-user sam:s3cret "$nowhere"
}

squid_test() { interop_tests squid; }

squid_stop() {
    stop "${squid_pid:-}"
    squid_pid=
}
