//! What Redis refuses, and what becomes of it: the fault, whether to try again, and nothing that the server sent.

use std::time::Duration;

use authwright_core::{Error, Fault, TokenStore, store::StoreKey};

use crate::fake::{Fake, Then};

fn answered(sign_in: &'static str, command: &'static str) -> Error {
    let fake = Fake::new(move |_, words| {
        Then::Say(if words[0] == "AUTH" { sign_in } else { command }.to_owned() + "\r\n")
    });
    let store = fake.store();
    let error = store.load(&StoreKey::new("login")).unwrap_err();
    let shown = format!("{error} {error:?} {store:?}");
    assert!(shown.contains(&format!("127.0.0.1:{}", fake.port)), "{shown}");
    for canary in ["hunter2", "sam", "said-by-the-server"] {
        assert!(!shown.contains(canary), "{canary}: {shown}");
    }
    error
}

#[test]
fn a_refused_password_is_the_credentials_fault() {
    for answer in [
        "-WRONGPASS invalid username-password pair said-by-the-server",
        "-ERR invalid password said-by-the-server",
        "-ERR AUTH <password> called without any password configured said-by-the-server",
        "-NOAUTH said-by-the-server",
    ] {
        let error = answered(answer, "+OK");
        assert_eq!(error.fault(), Fault::Credential, "{answer}: {error}");
        assert!(error.is_login_required() && !error.is_transient());
    }
    let error = answered("+OK", "-NOAUTH Authentication required said-by-the-server.");
    assert_eq!(error.fault(), Fault::Credential);
}

#[test]
fn what_passes_is_transient() {
    for answer in [
        "-ERR max number of clients reached said-by-the-server",
        "-LOADING said-by-the-server",
        "-READONLY said-by-the-server",
        "-CLUSTERDOWN said-by-the-server",
        "-MASTERDOWN said-by-the-server",
        "-TRYAGAIN said-by-the-server",
        "-BUSY said-by-the-server",
    ] {
        for error in [answered("+OK", answer), answered(answer, "+OK")] {
            assert_eq!(error.fault(), Fault::Store, "{answer}: {error}");
            assert!(error.is_transient(), "{answer}: {error}");
        }
    }
}

#[test]
fn what_somebody_has_to_mend_is_not() {
    for (answer, hint) in [
        ("-NOPERM said-by-the-server", "ACL"),
        ("-MOVED 3999 said-by-the-server:6381", "Cluster"),
        ("-CROSSSLOT said-by-the-server", "Cluster"),
        ("-DENIED said-by-the-server", "protected mode"),
        ("-WRONGTYPE said-by-the-server", "another prefix"),
        ("-OOM said-by-the-server", "maxmemory"),
        ("-ERR unknown command said-by-the-server", "Redis 5"),
        ("-MISCONF said-by-the-server", "(MISCONF)"),
        ("-said-by-the-server is no code", "refused a command"),
        ("-\u{1b}[31mRED said-by-the-server", "refused a command"),
    ] {
        let error = answered("+OK", answer);
        assert_eq!(error.fault(), Fault::Store, "{answer}: {error}");
        assert!(!error.is_transient() && error.to_string().contains(hint), "{answer}: {error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
}

#[test]
fn another_kind_of_server_is_told() {
    for answer in ["HTTP/1.1 400 said-by-the-server", ":3", "*2\r\n$1\r\na\r\n$1\r\nb"] {
        let error = answered("+OK", answer);
        assert_eq!(error.fault(), Fault::Server, "{answer}: {error}");
    }
}

#[test]
fn a_guard_that_cannot_unlock_does_not_hang_or_panic() {
    let fake = Fake::new(|_, words| match words {
        [auth, ..] if auth == "AUTH" => Then::Say("+OK\r\n".to_owned()),
        [_, script, ..] if script.contains("'SET'") => Then::Say("$1\r\n7\r\n".to_owned()),
        _ => Then::HangUp,
    });
    let guard = fake.store().lock(&StoreKey::new("login"), Duration::ZERO).unwrap();
    let shown = format!("{guard:?}");
    assert_eq!(shown, format!("Guard(login in redis at 127.0.0.1:{})", fake.port));
    drop(guard);
}
