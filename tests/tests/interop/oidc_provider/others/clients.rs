//! Clients that are not who they say, or unlike the others.

use authwright_core::{Fault, Secret, Tokens};
use authwright_oauth2::{Ask, PrivateKey, Server, Session};

use super::{
    super::{
        bench::{Bench, HINT, OVER, Shelf},
        grants::{self, needs_login},
        leaks::{note, note_key},
        referee::{CALLBACK, Client, Kind, key},
    },
    Row, in_its_own_name, registration, says,
};

pub(super) const ROWS: [Row; 8] = [
    ("a wrong secret: by Basic, in the body, and signing", wrong_secret),
    ("a wrong key: of another client, and of nobody", wrong_key),
    ("an id that needs encoding: every grant", odd_id),
    ("a web client: a refresh token where it asks for consent, and none where it does not", web),
    ("pushed requests are demanded, and not made", not_pushed),
    ("bound tokens are demanded, and not asked for", not_bound),
    (
        "an Ed25519 key of the program's for its proofs; an RSA key is refused before anything is sent",
        own_keys,
    ),
    ("endpoints given by hand, a secret in the body", by_hand),
];

fn wrong_secret(bench: &Bench) {
    let wrong = || Secret::new("not the <secret>-0123456789, which is longer than it");
    for (id, app) in [
        ("basic", registration("basic").secret(wrong())),
        ("post", registration("post").secret_in_body(wrong())),
        ("secret-jwt", registration("secret-jwt").secret_jwt(wrong())),
    ] {
        let failure = in_its_own_name(bench, &app);
        says(&failure, Fault::Credential, &["invalid_client", &format!("client `{id}` (its secret: "), "#"]);
        let failure = bench.run(app.introspect("any")).err().unwrap();
        says(&failure, Fault::Credential, &["invalid_client"]);
        let failure = bench.run(app.revoke("any")).unwrap_err();
        says(&failure, Fault::Credential, &["invalid_client"]);
    }
}

fn wrong_key(bench: &Bench) {
    for key in [key("eddsa"), PrivateKey::generate().key_id("es256"), PrivateKey::generate()] {
        let failure = in_its_own_name(bench, &registration("es256").key(key));
        says(&failure, Fault::Credential, &["invalid_client", "client `es256` (by its "]);
    }
}

fn odd_id(bench: &Bench) {
    let client = Client::plain("odd");
    for grant in [
        grants::code,
        grants::refresh,
        grants::device,
        grants::client_credentials,
        grants::exchange,
        grants::jwt_bearer,
    ] {
        bench.watch.reset();
        grant(bench, client);
    }
}

fn web(bench: &Bench) {
    let client = Client::plain("web");
    let app = client.app().openid().scope("offline_access read");
    let session = Session::new(app, Shelf::default()).unwrap().hint(HINT);
    let consenting = Ask::new().prompt("consent");
    for (ask, has_refresh_token) in [(Ask::new(), false), (consenting, true)] {
        note(format!("{ask:?}"));
        let pending = bench.run(session.begin_asking(CALLBACK, ask)).unwrap();
        let callback = bench.person.signs_in(pending.url());
        bench.run(session.finish(pending, callback)).unwrap();
        let token = bench.token(session.tokens()).unwrap();
        assert_eq!(token.expose_refresh_token().is_some(), has_refresh_token);
        bench.api(client, session.tokens()).serves("opaque", Some("sam"));
        bench.watch.advance(OVER);
        if has_refresh_token {
            bench.api(client, session.tokens()).serves("opaque", Some("sam"));
        } else {
            needs_login(bench, client, session.tokens());
        }
        bench.watch.reset();
    }
    bench.run(session.logout()).unwrap();
}

fn not_pushed(bench: &Bench) {
    let client = Client { pushed: true, ..Client::plain("none") };
    let session = Session::new(registration(&client.id()).scope("read"), Shelf::default()).unwrap();
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let failure = bench.run(session.finish(pending, callback)).unwrap_err();
    says(&failure, Fault::Caller, &["invalid_request", "Pushed Authorization Request must be used"]);
}

fn not_bound(bench: &Bench) {
    let client = Client { kind: Kind::Dpop, ..Client::plain("none") };
    let session = Session::new(registration(&client.id()).scope("read"), Shelf::default()).unwrap();
    let failure = bench.signs_in(&session, false).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_grant", "the code of this login"]);
}

fn own_keys(bench: &Bench) {
    let client = Client { kind: Kind::Demanded, ..Client::plain("es256") };
    let key = PrivateKey::generate_ed25519();
    note_key(&key.to_record().unwrap());
    note(format!("{key:?}"));
    let app = client.app().dpop_key(key).scope("read");
    let session = Session::new(app, Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    bench.api(client, session.tokens()).serves("opaque", Some("sam"));
    bench.watch.advance(OVER);
    bench.api(client, session.tokens()).serves("opaque", Some("sam"));
    let failure = in_its_own_name(bench, &client.app().dpop_key(self::key("rs256")));
    says(&failure, Fault::Caller, &["takes no DPoP proofs that are signed with RS256"]);
}

fn by_hand(bench: &Bench) {
    let client = Client::plain("post");
    let server = Server::new(client.issuer())
        .token_endpoint(client.url("token"))
        .introspection_endpoint(client.url("token/introspection"))
        .takes_secret_in_body();
    note(format!("{server:?}"));
    let app = client.registered_at(server).scope("read");
    let tokens = Tokens::new(app.client_credentials()).unwrap();
    bench.api(client, &tokens).serves("opaque", None);
    let token = bench.token(&tokens).unwrap();
    assert!(bench.run(app.introspect(Secret::new(token.expose()))).unwrap().is_active());
    let failure = bench.run(app.revoke(Secret::new(token.expose()))).unwrap_err();
    says(&failure, Fault::Caller, &["is not known to have a revocation endpoint"]);
}
