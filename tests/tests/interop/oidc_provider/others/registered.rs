//! Clients that register themselves (RFC 7591), each by what it is: once, whatever comes after.

use authwright_core::{Auth, Fault, Tokens};
use authwright_oauth2::{Ask, NewClient, PrivateKey, Registration, Session};
use serde_json::Value;

use super::{
    super::{
        bench::{Bench, HINT, OVER, Shelf},
        leaks::{note, note_key},
        referee::{CALLBACK, Kind},
        registrar::{initial_token, last_post, posts, ways},
    },
    Row, says,
};
use crate::client::Failure;

pub(super) const ROWS: [Row; 7] = [
    ("registers itself: a command line tool, without a secret; a login by a listener, renewals", tool),
    ("registers itself: a web application, client_secret_basic; consent, renewals", web),
    ("registers itself: client_secret_post", in_body),
    ("registers itself: private_key_jwt, with the public key in jwks", by_key),
    ("registers itself: a service, client_credentials", service),
    ("registers itself with an initial access token, bound to DPoP; without one, and with another", initial),
    ("what the server has changed is used: a secret nobody asked for, and less scope", changed),
];

const SCOPE: &str = "openid offline_access read";
const LOOPBACK: &str = "http://127.0.0.1/callback";

pub(super) fn native() -> NewClient {
    NewClient::new("Acme CLI").redirect_uri(LOOPBACK).scope(SCOPE)
}

pub(super) fn shop() -> NewClient {
    NewClient::new("Shop").redirect_uri(CALLBACK).scope(SCOPE)
}

pub(super) fn billing() -> NewClient {
    NewClient::new("Billing").grant_type("client_credentials").scope("read")
}

fn tool(bench: &Bench) {
    let given = lives(bench, Kind::Bearer, &native().software("acme-cli", "1.0"), "none", by_listener);
    assert!(given["client_secret"].is_null(), "it has none");
}

fn web(bench: &Bench) {
    lives(bench, Kind::Bearer, &shop().contact("shop@acme.example"), "basic", with_consent);
}

fn in_body(bench: &Bench) {
    let client = native().token_endpoint_auth_method("client_secret_post");
    lives(bench, Kind::Bearer, &client, "post", by_listener);
}

fn by_key(bench: &Bench) {
    for key in [PrivateKey::generate().key_id("a"), PrivateKey::generate_ed25519()] {
        note_key(&key.to_record().unwrap());
        let given = lives(bench, Kind::Bearer, &native().key(key), "jwt", by_listener);
        assert!(given["client_secret"].is_null(), "it has none");
    }
}

fn service(bench: &Bench) {
    for (method, way) in [("client_secret_basic", "basic"), ("client_secret_post", "post")] {
        let client = billing().token_endpoint_auth_method(method);
        let (shelf, before) = (Shelf::default(), posts());
        let begin = || {
            let app = obtain(bench, Kind::Bearer, &client, &shelf).unwrap();
            Tokens::new(app.client_credentials()).unwrap()
        };
        let tokens = begin();
        let given = last_post()["answer"].clone();
        serves(bench, Kind::Bearer, &tokens, &given, None);
        let first = bench.token(&tokens).unwrap();
        bench.watch.advance(OVER);
        serves(bench, Kind::Bearer, &tokens, &given, None);
        assert!(first.expose() != bench.token(&tokens).unwrap().expose(), "it was got anew");
        serves(bench, Kind::Bearer, &begin(), &given, None);
        assert_eq!(posts(), before + 1, "it has registered once");
        is_only(way, &given);
    }
}

fn initial(bench: &Bench) {
    for kind in [Kind::Demanded, Kind::Offered] {
        let client = native().dpop();
        let before = posts();
        let failure = obtain(bench, kind, &client, &Shelf::default()).unwrap_err();
        let may_want = "it may want an initial access token (NewClient::access_token)";
        says(&failure, Fault::Credential, &["401 invalid_token", may_want]);
        let wrong = client.clone().access_token("not-the-token-that-lets-it-register");
        let failure = obtain(bench, kind, &wrong, &Shelf::default()).unwrap_err();
        says(&failure, Fault::Credential, &["401 invalid_token", "check the initial access token (value, #"]);
        assert_eq!(posts(), before + 2, "each was refused once");
        let client = client.access_token(initial_token(kind, "as-asked"));
        let given = lives(bench, kind, &client, "none", by_listener);
        assert_eq!(given["dpop_bound_access_tokens"], true);
    }
}

fn changed(bench: &Bench) {
    let client = native().scope(format!("{SCOPE} write"));
    let client = client.dpop().access_token(initial_token(Kind::Offered, "confidential"));
    let given = lives(bench, Kind::Offered, &client, "basic", by_listener);
    let asked = &last_post()["body"];
    assert_eq!(
        (&asked["token_endpoint_auth_method"], &asked["scope"]),
        (&"none".into(), &"openid offline_access read write".into())
    );
    assert_eq!(
        (&given["token_endpoint_auth_method"], &given["scope"]),
        (&"client_secret_basic".into(), &SCOPE.into())
    );
}

/// Registers, signs in, renews, and begins again from the store: one POST. What the server has answered to it.
fn lives(bench: &Bench, kind: Kind, client: &NewClient, way: &str, sign_in: fn(&Bench, &Session)) -> Value {
    let (shelf, before) = (Shelf::default(), posts());
    let begin = || open(bench, kind, client, &shelf);
    let session = begin();
    let given = last_post()["answer"].clone();
    sign_in(bench, &session);
    assert_eq!(bench.run(session.identity()).unwrap().unwrap().subject(), "sam");
    serves(bench, kind, session.tokens(), &given, Some("sam"));
    let first = bench.token(session.tokens()).unwrap();
    bench.watch.advance(OVER);
    serves(bench, kind, session.tokens(), &given, Some("sam"));
    let second = bench.token(session.tokens()).unwrap();
    assert!(first.expose() != second.expose(), "it was renewed");

    // Another start finds the client and the login.
    let session = begin();
    serves(bench, kind, session.tokens(), &given, Some("sam"));
    bench.watch.advance(OVER);
    serves(bench, kind, session.tokens(), &given, Some("sam"));
    assert_eq!(posts(), before + 1, "it has registered once");
    is_only(way, &given);
    bench.run(session.logout()).unwrap();
    bench.watch.reset();
    given
}

pub(super) fn obtain(
    bench: &Bench,
    kind: Kind,
    client: &NewClient,
    shelf: &Shelf,
) -> Result<Registration, Failure> {
    note(format!("{client:?}"));
    let app = bench.run(Registration::obtain(kind.issuer(), client.clone(), shelf.clone()))?;
    note(format!("{app:?}"));
    Ok(app)
}

pub(super) fn open(bench: &Bench, kind: Kind, client: &NewClient, shelf: &Shelf) -> Session {
    let app = obtain(bench, kind, client, shelf).unwrap();
    Session::new(app.openid(), shelf.clone()).unwrap().hint(HINT)
}

pub(super) fn by_listener(bench: &Bench, session: &Session) {
    bench.signs_in(session, true).unwrap();
}

/// A web application gets a refresh token only where it asks for consent.
pub(super) fn with_consent(bench: &Bench, session: &Session) {
    let pending = bench.run(session.begin_asking(CALLBACK, Ask::new().prompt("consent"))).unwrap();
    let callback = bench.person.signs_in(pending.url());
    bench.run(session.finish(pending, callback)).unwrap();
}

/// The API takes the token, and it is of the client that was registered.
pub(super) fn serves(bench: &Bench, kind: Kind, tokens: &Tokens, given: &Value, subject: Option<&str>) {
    let auth = Auth::new(kind.issuer(), tokens).unwrap();
    let answer = bench.ask(&auth, &format!("{}/opaque", kind.issuer()));
    assert_eq!((answer.status, &answer.error), (200, &None), "{answer:?}");
    let says: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(says["client_id"], given["client_id"], "{says}");
    assert_eq!((says["sub"].as_str(), says["scheme"].as_str()), (subject, Some(kind.scheme())), "{says}");
}

fn is_only(way: &str, given: &Value) {
    let ways = ways(given["client_id"].as_str().unwrap());
    assert!(ways.len() == 1 && ways.contains(way), "{ways:?}");
}
