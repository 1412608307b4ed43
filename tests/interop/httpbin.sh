# httpbin: Basic, Bearer, and Digest with MD5, SHA-256 and SHA-512, `auth` and `auth-int`.

httpbin_start() {
    install_if_missing curl curl
    install_if_missing python3 python3
    python3 -c 'import ensurepip' 2>/dev/null || install_if_missing ensurepip python3-venv
    # In a folder that outlives the run, so that the next one is quick; another list makes another folder.
    local dir=$scratch/httpbin port venv
    venv=${XDG_CACHE_HOME:-$HOME/.cache}/authwright-interop/httpbin-$(cksum <"$here/httpbin.txt" | cut -d' ' -f1)
    [ -x "$venv/bin/gunicorn" ] || {
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/httpbin.txt" || { rm -rf "$venv"; return 1; }
    }
    mkdir -p "$dir"
    port=$(free_port)
    export AUTHWRIGHT_HTTPBIN_URL="http://127.0.0.1:$port"
    export AUTHWRIGHT_HTTPBIN_LOG="$dir/access.log"
    PYTHONDONTWRITEBYTECODE=1 "$venv/bin/gunicorn" --chdir "$here" --bind "127.0.0.1:$port" --threads 8 \
        --worker-tmp-dir "$dir" --access-logfile "$dir/access.log" \
        --access-logformat '%(m)s %(U)s?%(q)s %(s)s "%({authorization}i)s"' httpbin_app:app >"$dir/log" 2>&1 &
    httpbin_pid=$!
    await_port "$port" "$httpbin_pid" "$dir/log"
    local algorithm
    expect 200 --user sam:s3cret "$AUTHWRIGHT_HTTPBIN_URL/basic-auth/sam/s3cret"
    expect 401 --user sam:wrong "$AUTHWRIGHT_HTTPBIN_URL/basic-auth/sam/s3cret"
    # curl knows neither SHA-512 nor how to hash a body for auth-int.
    for algorithm in MD5 SHA-256; do
        expect 200 --digest --user sam:s3cret "$AUTHWRIGHT_HTTPBIN_URL/digest-auth/auth/sam/s3cret/$algorithm?a=b"
        expect 401 --digest --user sam:wrong "$AUTHWRIGHT_HTTPBIN_URL/digest-auth/auth/sam/s3cret/$algorithm?a=b"
        expect 200 --digest --user sam:s3cret --data x=y --header 'Content-Type: text/plain' \
            "$AUTHWRIGHT_HTTPBIN_URL/digest-auth/auth/sam/s3cret/$algorithm"
        expect 200 --digest --user sam:s3cret "$AUTHWRIGHT_HTTPBIN_URL/digest-auth/auth-int/sam/s3cret/$algorithm"
    done
}

httpbin_test() { interop_tests httpbin; }

httpbin_stop() {
    stop "${httpbin_pid:-}"
    httpbin_pid=
}
