# lighttpd: Digest as RFC 7616 has it, with SHA-256 and SHA-512-256, several algorithms at once, hashed and non-ASCII names.

lighttpd_start() {
    install_if_missing lighttpd lighttpd
    install_if_missing curl curl
    lighttpd -v
    local dir=$scratch/lighttpd port area
    port=$(free_port)
    export AUTHWRIGHT_LIGHTTPD_URL="http://127.0.0.1:$port"
    for area in md5 sha-256 sha-512-256 several hashed; do
        mkdir -p "$dir/pages/$area"
        # Its log comes late, so each page says what arrived.
        cat >"$dir/pages/$area/page" <<'CGI'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n%s %s\n' "$REQUEST_METHOD" "$HTTP_AUTHORIZATION"
exec cat
CGI
        chmod 755 "$dir/pages/$area/page"
    done

    # One file for each area: it tells the hashes in a file apart by their length alone.
    lighttpd_user md5 sam md5
    lighttpd_user sha-256 sam sha256
    lighttpd_user sha-256 Jürgen sha256
    lighttpd_user sha-512-256 sam sha512-256
    lighttpd_user several sam md5
    lighttpd_user several sam sha256
    lighttpd_user hashed Jürgen sha256 ":$(printf 'Jürgen:hashed' | lighttpd_hash sha256)"

    cat >"$dir/conf" <<CONF
server.modules = ("mod_auth", "mod_authn_file", "mod_cgi")
server.document-root = "$dir/pages"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$dir/error.log"
cgi.assign = ("" => "")
auth.backend = "htdigest"
CONF
    lighttpd_area md5 MD5 disable
    lighttpd_area sha-256 SHA-256 disable
    lighttpd_area sha-512-256 SHA-512-256 disable
    lighttpd_area several 'MD5|SHA-256' disable
    lighttpd_area hashed SHA-256 enable

    lighttpd -D -f "$dir/conf" >"$dir/log" 2>&1 &
    lighttpd_pid=$!
    await_port "$port" "$lighttpd_pid" "$dir/log"
    # Debian 12's curl calls a SHA-256 SHA-512-256, so that area is left to the tests.
    for area in md5 sha-256 several; do
        expect 200 --digest --user sam:s3cret "$AUTHWRIGHT_LIGHTTPD_URL/$area/page?a=b"
        expect 401 --digest --user sam:wrong "$AUTHWRIGHT_LIGHTTPD_URL/$area/page?a=b"
    done
    expect 200 --digest --user Jürgen:s3cret "$AUTHWRIGHT_LIGHTTPD_URL/hashed/page?a=b"
}

lighttpd_hash() { openssl dgst "-$1" | sed 's/.* //'; }

# lighttpd_user AREA NAME HASH [SUFFIX]
lighttpd_user() {
    echo "$2:$1:$(printf '%s' "$2:$1:s3cret" | lighttpd_hash "$3")${4:-}" >>"$scratch/lighttpd/users-$1"
}

# lighttpd_area AREA ALGORITHMS USERHASH
lighttpd_area() {
    cat >>"$scratch/lighttpd/conf" <<CONF
\$HTTP["url"] =^ "/$1/" {
    auth.backend.htdigest.userfile = "$scratch/lighttpd/users-$1"
    auth.require = ("" => ("method" => "digest", "realm" => "$1", "require" => "valid-user", "algorithm" => "$2", "userhash" => "$3"))
}
CONF
}

lighttpd_test() { interop_tests lighttpd; }

lighttpd_stop() {
    stop "${lighttpd_pid:-}"
    lighttpd_pid=
}
