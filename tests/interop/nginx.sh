# nginx: Basic, in two realms, with a second port that a redirect leads to.
#
# Digest is not here: nginx has none of its own, and Debian packages no module for it.

nginx_start() {
    install_if_missing nginx nginx
    install_if_missing curl curl
    nginx -v
    local dir=$scratch/nginx port other
    port=$(free_port) other=$(free_port)
    mkdir -p "$dir"
    export AUTHWRIGHT_NGINX_URL="http://127.0.0.1:$port"
    export AUTHWRIGHT_NGINX_OTHER_URL="http://127.0.0.1:$other"
    export AUTHWRIGHT_NGINX_LOG="$dir/access.log"

    # One of each kind that nginx reads: MD5 crypt, salted SHA-1 is left out, SHA-1, plain text.
    {
        echo "sam:$(openssl passwd -apr1 'pa:ss wörd')"
        echo "Jürgen:{SHA}$(printf 'grün' | openssl dgst -sha1 -binary | openssl base64)"
        echo "nobody:{PLAIN}"
    } >"$dir/orders"
    echo "keeper:{PLAIN}north" >"$dir/stock"

    cat >"$dir/conf" <<CONF
daemon off;
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log;
events { worker_connections 128; }
http {
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    log_format seen '\$server_port \$request_method \$request_uri \$status "\$http_authorization"';
    access_log $dir/access.log seen;
    server {
        listen 127.0.0.1:$port;
        location / { return 200 open; }
        location /orders/ {
            auth_basic "Orders";
            auth_basic_user_file $dir/orders;
            proxy_set_header Accept-Encoding "";
            proxy_pass http://unix:$dir/inner;
        }
        location /stock/ {
            auth_basic "Stock";
            auth_basic_user_file $dir/stock;
            proxy_pass http://unix:$dir/inner;
        }
    }
    server {
        listen 127.0.0.1:$other;
        location / { return 200 elsewhere; }
    }
    # Behind the login, so that nginx checks it before it answers.
    server {
        listen unix:$dir/inner;
        access_log off;
        location / { return 200 "\$request_method \$request_uri \$content_length"; }
        location /orders/away { return 307 http://127.0.0.1:$other/landing?\$args; }
        location /orders/across { return 302 http://127.0.0.1:$port/stock/; }
    }
}
CONF
    # To a file: nginx says once more there what it finds wrong before it has read where its log is.
    nginx -c "$dir/conf" -e "$dir/error.log" >"$dir/log" 2>&1 &
    nginx_pid=$!
    await_port "$port" "$nginx_pid" "$dir/error.log"
    expect 200 --user 'sam:pa:ss wörd' "$AUTHWRIGHT_NGINX_URL/orders/1"
    expect 200 --user 'Jürgen:grün' "$AUTHWRIGHT_NGINX_URL/orders/1"
    expect 200 --user 'nobody:' "$AUTHWRIGHT_NGINX_URL/orders/1"
    expect 401 --user 'keeper:north' "$AUTHWRIGHT_NGINX_URL/orders/1"
}

nginx_test() { interop_tests nginx; }

nginx_stop() {
    stop "${nginx_pid:-}"
    nginx_pid=
}
