//! The grants of the table. What one cell of it is, from the first request to the last.

use authwright_core::{Fault, MemoryStore, Secret, Token, Tokens};
use authwright_oauth2::{PrivateKey, Registration, Session};

use super::{
    bench::{Bench, HINT, OVER, Shelf},
    leaks::{note, note_key},
    matrix::Grant,
    referee::{Client, Kind, METHODS, assertion_issuer, key},
};

pub(crate) const GRANTS: [Grant; 6] = [
    Grant {
        name: "authorization code",
        what: "a login through the forms, by a listener or at a web application; both APIs and userinfo; renewed and rotated \
               past its end; a token for one API alone; introspected; given up, and worth nothing in a copied store",
        begins_in_a_browser: true,
        missing: |_| None,
        check: code,
    },
    Grant {
        name: "refresh token",
        what: "a login's refresh token redeemed in turn by the login and by a program that was given it, rotated each time; a \
               spent one presented from a copied store ends the login for all",
        begins_in_a_browser: true,
        missing: |_| None,
        check: refresh,
    },
    Grant {
        name: "device",
        what: "as the authorization code, through the forms for devices, asked for too early once",
        begins_in_a_browser: false,
        missing: |_| None,
        check: device,
    },
    Grant {
        name: "client credentials",
        what: "both APIs; got anew past its end; introspected; revoked; refused once, and got anew",
        begins_in_a_browser: false,
        missing: for_nobody,
        check: client_credentials,
    },
    Grant {
        name: "token exchange",
        what: "the same, for another client's token",
        begins_in_a_browser: false,
        missing: |_| None,
        check: exchange,
    },
    Grant {
        name: "JWT bearer",
        what: "the same, for a signed statement",
        begins_in_a_browser: false,
        missing: |_| None,
        check: jwt_bearer,
    },
];

fn for_nobody(client: Client) -> Option<&'static str> {
    let why = "a client that only says its id gets no token in its own name (RFC 6749 section 4.4), and asks for none";
    (client.method == "none").then_some(why)
}

/// By turns, so that each grant and each kind of token has both.
fn by_listener(client: Client) -> bool {
    let method = METHODS.iter().position(|method| *method == client.method).unwrap_or_default();
    (method + client.kind as usize + usize::from(client.pushed)).is_multiple_of(2)
}

/// A login through the forms, used at two APIs, renewed, asked about, and ended; and another for one API alone.
pub(super) fn code(bench: &Bench, client: Client) {
    let app = client.app().openid().scope("offline_access read");
    let shelf = Shelf::default();
    let session = Session::new(app.clone(), shelf.clone()).unwrap().hint(HINT);
    bench.signs_in(&session, by_listener(client)).unwrap();
    lives_and_ends(bench, client, &app, &session, &shelf);
    bench.watch.reset();
    for_one_api(bench, client);
}

/// A token for one API alone (RFC 8707), by the other way in, and without `OpenID`.
fn for_one_api(bench: &Bench, client: Client) {
    let resource = client.url("jwt");
    let app = client.app().scope("offline_access read").resource(&resource);
    let session = Session::new(app, Shelf::default()).unwrap();
    bench.signs_in(&session, !by_listener(client)).unwrap();
    let one = bench.api(client, session.tokens());
    one.serves("jwt", Some("sam"));
    let another = bench.api(client, &session.tokens_for(&resource).unwrap());
    another.serves("jwt", Some("sam"));
    bench.watch.advance(OVER);
    one.serves("jwt", Some("sam"));
    another.serves("jwt", Some("sam"));
    bench.run(session.logout()).unwrap();
}

/// The same login by a code that is entered elsewhere.
pub(super) fn device(bench: &Bench, client: Client) {
    let app = client.app().openid().scope("offline_access read");
    let shelf = Shelf::default();
    let session = Session::new(app.clone(), shelf.clone()).unwrap().hint(HINT);
    bench.signs_in_elsewhere(&session, true).unwrap();
    lives_and_ends(bench, client, &app, &session, &shelf);
}

/// What a session is for, from where somebody has signed in.
fn lives_and_ends(bench: &Bench, client: Client, app: &Registration, session: &Session, shelf: &Shelf) {
    let identity = bench.run(session.identity()).unwrap().unwrap();
    note(format!("{app:?} {session:?} {identity:?}"));
    assert_eq!(identity.subject(), "sam");
    let api = bench.api(client, session.tokens());
    api.serves("opaque", Some("sam"));
    api.serves("me", Some("sam"));
    api.stays_at_home();

    let before = bench.token(session.tokens()).unwrap();
    bench.watch.advance(OVER);
    api.serves("opaque", Some("sam"));
    api.serves("me", Some("sam"));
    let after = bench.token(session.tokens()).unwrap();
    assert!(before.expose() != after.expose(), "it was renewed");
    assert!(before.expose_refresh_token() != after.expose_refresh_token(), "and rotated");
    assert!(is_active(bench, client, app, &after, Some("sam")));

    let copied = shelf.copy();
    bench.run(session.logout()).unwrap();
    assert!(!is_active(bench, client, app, &after, Some("sam")), "it was given up");
    assert!(!bench.run(session.is_signed_in()).unwrap());
    needs_login(bench, client, session.tokens());
    // Its refresh token is worth nothing to who has a copy.
    bench.watch.advance(OVER);
    let thief = Session::new(app.clone(), copied).unwrap().hint(HINT);
    needs_login(bench, client, thief.tokens());
}

/// What the server says of a token (RFC 7662).
fn is_active(
    bench: &Bench,
    client: Client,
    app: &Registration,
    token: &Token,
    subject: Option<&str>,
) -> bool {
    let says = bench.run(app.introspect(Secret::new(token.expose()))).unwrap();
    note(format!("{says:?}"));
    if says.is_active() {
        assert_eq!((says.client_id(), says.subject()), (Some(&*client.id()), subject));
        assert_eq!(says.token_type(), Some(client.kind.scheme()));
    }
    says.is_active()
}

/// A request fails before it is sent, and says what a person has to do.
pub(super) fn needs_login(bench: &Bench, client: Client, tokens: &Tokens) {
    let failure = bench.token(tokens).unwrap_err();
    assert!(failure.is_login_required && !failure.is_transient, "{failure:?}");
    assert!(failure.error.contains(HINT), "{failure:?}");
    let answer = bench.api(client, tokens).get("opaque");
    assert!(answer.status == 0 && answer.error.as_ref().is_some_and(|it| it.contains(HINT)), "{answer:?}");
}

/// Refresh tokens, used in turn by who has signed in and by who was given one, up to one that is spent.
pub(super) fn refresh(bench: &Bench, client: Client) {
    let mut app = client.app().scope("read");
    if client.kind != Kind::Bearer {
        // The program's own: this server binds the refresh tokens of public clients to it.
        let key = PrivateKey::generate();
        note_key(&key.to_record().unwrap());
        app = app.dpop_key(key);
    }
    let shelf = Shelf::default();
    let session = Session::new(app.clone(), shelf.clone()).unwrap();
    bench.signs_in(&session, by_listener(client)).unwrap();
    let copied = shelf.copy();

    bench.watch.advance(OVER);
    bench.api(client, session.tokens()).serves("opaque", Some("sam"));
    let token = bench.token(session.tokens()).unwrap();
    let given = Secret::new(token.expose_refresh_token().unwrap());
    let grant = app.refresh_token(given).subject("sam");
    note(format!("{grant:?}"));
    let tokens = Tokens::builder(grant).store(MemoryStore::new()).build().unwrap();
    let api = bench.api(client, &tokens);
    api.serves("opaque", Some("sam"));
    let before = bench.token(&tokens).unwrap();
    bench.watch.advance(OVER);
    api.serves("opaque", Some("sam"));
    let after = bench.token(&tokens).unwrap();
    assert!(before.expose_refresh_token() != after.expose_refresh_token(), "it was rotated");

    // What the first login had is spent: whoever presents it ends the login for all (RFC 9700 section 4.14.2).
    let thief = Session::new(app, copied).unwrap().hint(HINT);
    needs_login(bench, client, thief.tokens());
    bench.watch.advance(OVER);
    let failure = bench.token(&tokens).unwrap_err();
    assert!(failure.is_login_required && failure.error.contains("sign in again"), "{failure:?}");
}

pub(super) fn client_credentials(bench: &Bench, client: Client) {
    if for_nobody(client).is_some() {
        let error = Tokens::new(client.app().client_credentials()).unwrap_err();
        note(format!("{error} {error:?}"));
        assert_eq!(error.fault(), Fault::Caller, "{error}");
        return;
    }
    // A JWT has to say whose it is: the client's own (RFC 9068 section 2.2).
    without_a_login(bench, client, [None, Some(&client.id())], |app| {
        let grant = app.client_credentials();
        note(format!("{grant:?}"));
        Tokens::new(grant).unwrap()
    });
}

pub(super) fn jwt_bearer(bench: &Bench, client: Client) {
    without_a_login(bench, client, [Some("sam"); 2], |app| {
        let grant = app.jwt_bearer(key("es256"), assertion_issuer(), "sam");
        note(format!("{grant:?}"));
        Tokens::new(grant).unwrap()
    });
}

pub(super) fn exchange(bench: &Bench, client: Client) {
    let caller = Client { kind: client.kind, ..Client::plain("post") };
    let theirs = caller.app().scope("read write").jwt_bearer(key("es256"), assertion_issuer(), "kim");
    let theirs = Tokens::new(theirs).unwrap();
    without_a_login(bench, client, [Some("kim"); 2], |app| {
        let grant = app.token_exchange(&theirs);
        note(format!("{grant:?}"));
        Tokens::new(grant).unwrap()
    });
}

/// Tokens that a program gets by itself: used at two APIs, got anew when they are over, and when they are given up.
fn without_a_login(
    bench: &Bench,
    client: Client,
    [subject, in_jwt]: [Option<&str>; 2],
    tokens: impl Fn(&Registration) -> Tokens,
) {
    let app = client.app().scope("read");
    let (one, all) = (tokens(&app.clone().resource(client.url("jwt"))), tokens(&app));
    let (one, api) = (bench.api(client, &one), bench.api(client, &all));
    one.serves("jwt", in_jwt);
    api.serves("opaque", subject);
    api.stays_at_home();
    let before = bench.token(&all).unwrap();
    bench.watch.advance(OVER);
    one.serves("jwt", in_jwt);
    api.serves("opaque", subject);
    let after = bench.token(&all).unwrap();
    assert!(before.expose() != after.expose(), "it was got anew");

    assert!(is_active(bench, client, &app, &after, subject));
    bench.run(app.revoke(Secret::new(after.expose()))).unwrap();
    assert!(!is_active(bench, client, &app, &after, subject), "it was given up");
    // Refused once, and got anew.
    api.serves("opaque", subject);
    assert!(bench.token(&all).unwrap().expose() != after.expose(), "it was got anew");
}
