# oidc-provider, the OpenID-certified server: every grant, client authentication and kind of token that it has.
#
# What is on, and what it does not do, is in oidc_provider/server.mjs; what a person does in its forms, in drive.mjs.

oidc_provider_start() {
    install_if_missing node nodejs
    install_if_missing npm npm
    install_if_missing openssl openssl
    node -e 'process.exit(URL.parse && require("crypto").hash ? 0 : 1)' || {
        echo "oidc-provider needs a newer Node.js, as 20.20 or 22 LTS: $(command -v node) is $(node --version)" >&2
        return 1
    }
    local dir=$scratch/oidc_provider ports port
    cp -R "$here/oidc_provider" "$dir"
    npm ci --prefix "$dir"
    node -p '`oidc-provider ${require(process.argv[1]).version}, Node.js ${process.version}`' \
        "$dir/node_modules/oidc-provider/package.json"
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/es256.pem"
    openssl genpkey -quiet -algorithm ED25519 -out "$dir/eddsa.pem"
    openssl genpkey -quiet -algorithm RSA -out "$dir/rs256.pem"
    openssl genpkey -quiet -algorithm RSA -out "$dir/ps256.pem"
    export AUTHWRIGHT_OIDC="$dir/server.json"
    ports=("$(free_port)" "$(free_port)" "$(free_port)")
    # Responses do not say why; its log does.
    DEBUG=oidc-provider:error node "$dir/server.mjs" "$dir" "${ports[@]}" >"$dir/log" 2>&1 &
    oidc_provider_pid=$!
    for port in "${ports[@]}"; do await_port "$port" "$oidc_provider_pid" "$dir/log"; done
    node "$dir/drive.mjs" "$AUTHWRIGHT_OIDC"
}

oidc_provider_test() { interop_tests oidc_provider; }

oidc_provider_stop() {
    stop "${oidc_provider_pid:-}"
    oidc_provider_pid=
}
