# The Secret Service of a desktop: authwright-store's keyring, in a session of its own.

secret-service_start() {
    install_if_missing gnome-keyring-daemon gnome-keyring
    install_if_missing dbus-run-session dbus
    gnome-keyring-daemon --version 2>/dev/null | head -1
    # Built before the session begins, so that the keyring is not kept waiting.
    cargo test --quiet -p authwright-store --features interop --test secret_service --no-run
}

secret-service_test() {
    mkdir -p "$scratch/session"
    # A keyring of its own, unlocked with a password that nobody needs to know.
    XDG_DATA_HOME="$scratch/session" XDG_RUNTIME_DIR="$scratch/session" dbus-run-session -- bash -c '
        printf throw-away | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        cargo test -p authwright-store --features interop --test secret_service --'
}

secret-service_stop() { :; }
