# Apache httpd: Basic, and Digest with MD5 in every way its mod_auth_digest has.
#
# What that module names and does not do: in its configuration `auth-int`, MD5-sess and the absence of qop (RFC 2069) are
# refused; SHA-256 it does not know.

apache_start() {
    # Without the package that adds a service to the machine.
    install_if_missing apache2 apache2-bin
    install_if_missing curl curl
    apache2 -v | head -1
    local dir=$scratch/apache port other modules=/usr/lib/apache2/modules
    port=$(free_port) other=$(free_port)
    mkdir -p "$dir/run"
    chmod 777 "$dir/run"
    export AUTHWRIGHT_APACHE_URL="http://127.0.0.1:$port"
    export AUTHWRIGHT_APACHE_OTHER_URL="http://127.0.0.1:$other"
    export AUTHWRIGHT_APACHE_LOG="$dir/access.log"

    echo "sam:$(openssl passwd -apr1 's3cret')" >"$dir/basic"
    apache_digest_user sam Digest 's3cret'
    apache_digest_user sam Stock 's3cret'
    apache_digest_user 'o"hara \ co' Digest 's3cret'

    # Says what arrived, and keeps the body as it came. It redirects too: httpd's own redirects come before the login.
    cat >"$dir/echo" <<CGI
#!/bin/sh
# Reads the body first: httpd gives up a request whose script does not.
away() { cat >/dev/null; printf 'Status: 307\r\nLocation: %s\r\n\r\n' "\$1"; exit; }
case \$REQUEST_URI in
*/away*) away "http://127.0.0.1:$other/landing?\$QUERY_STRING" ;;
*/here*) away /digest/landing ;;
esac
printf 'Content-Type: text/plain\r\n\r\n%s %s %s ' "\$REMOTE_USER" "\$REQUEST_METHOD" "\$REQUEST_URI"
exec cat
CGI
    chmod 755 "$dir/echo"

    cat >"$dir/conf" <<CONF
ServerRoot $dir
ServerName 127.0.0.1
PidFile $dir/pid
DefaultRuntimeDir $dir/run
ErrorLog $dir/error.log
LogFormat "%{local}p %m %U%q %>s \"%{Authorization}i\" \"%{Authentication-Info}o\"" seen
CustomLog $dir/access.log seen
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule alias_module $modules/mod_alias.so
LoadModule cgid_module $modules/mod_cgid.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authn_file_module $modules/mod_authn_file.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule auth_basic_module $modules/mod_auth_basic.so
LoadModule auth_digest_module $modules/mod_auth_digest.so
User www-data
Group www-data
StartServers 1
ScriptSock $dir/run/cgi
Listen 127.0.0.1:$port
Listen 127.0.0.1:$other

<Directory />
    Require all granted
</Directory>
ScriptAliasMatch ^/ $dir/echo

<Location /basic/>
    AuthType Basic
    AuthName Basic
    AuthUserFile $dir/basic
    Require valid-user
</Location>
<Location /digest/>
    AuthType Digest
    AuthName Digest
    AuthUserFile $dir/digest
    Require valid-user
</Location>
# Answers with the next nonce each time: it does so in the last 30 seconds of one.
<Location /next/>
    AuthType Digest
    AuthName Digest
    AuthDigestNonceLifetime 25
    AuthUserFile $dir/digest
    Require valid-user
</Location>
# Finds a nonce stale after a second.
<Location /short/>
    AuthType Digest
    AuthName Digest
    AuthDigestNonceLifetime 1
    AuthUserFile $dir/digest
    Require valid-user
</Location>
# A nonce is good for one request.
<Location /once/>
    AuthType Digest
    AuthName Digest
    AuthDigestNonceLifetime 0
    AuthUserFile $dir/digest
    Require valid-user
</Location>
# Refuses a count that is not the next one.
<Location /counted/>
    AuthType Digest
    AuthName Digest
    AuthDigestNcCheck On
    AuthUserFile $dir/digest
    Require valid-user
</Location>
# Two places that share a protection space. (Quotes in a realm httpd sends right, and then compares its own escaped form
# with the one without: no client can answer that.)
<LocationMatch "^/(north|south)/">
    AuthType Digest
    AuthName Stock
    AuthDigestDomain /north/ /south/
    AuthUserFile $dir/digest
    Require valid-user
</LocationMatch>
CONF
    apache2 -f "$dir/conf" -DFOREGROUND >"$dir/log" 2>&1 &
    apache_pid=$!
    await_port "$port" "$apache_pid" "$dir/log" || { cat "$dir/error.log" >&2; return 1; }
    local area
    expect 200 --user sam:s3cret "$AUTHWRIGHT_APACHE_URL/basic/"
    expect 401 --user sam:wrong "$AUTHWRIGHT_APACHE_URL/basic/"
    for area in digest next short once counted north; do
        expect 200 --digest --user sam:s3cret "$AUTHWRIGHT_APACHE_URL/$area/?a=b"
        expect 401 --digest --user sam:wrong "$AUTHWRIGHT_APACHE_URL/$area/?a=b"
    done
}

# apache_digest_user NAME REALM PASSWORD
apache_digest_user() {
    printf '%s:%s:%s\n' "$1" "$2" "$(printf '%s' "$1:$2:$3" | md5sum | cut -d' ' -f1)" >>"$scratch/apache/digest"
}

apache_test() { interop_tests apache; }

apache_stop() {
    stop "${apache_pid:-}"
    apache_pid=
}
