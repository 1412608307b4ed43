//! What goes wrong, and clients that are unlike the others: each by what it tells the program.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc::{self, Receiver},
};

use authwright_core::{Bearer, Error, Fault, Secret, Tokens};
use authwright_oauth2::{Ask, Browser, Pending, PrivateKey, Registration, Server, Session, Sessions};

use super::{
    bench::{Bench, HINT, OVER, Shelf},
    grants::{self, needs_login},
    leaks::{note, note_key, note_prompt},
    person::{Person, parameter},
    referee::{CALLBACK, Client, Kind, assertion_issuer, key},
};
use crate::{client::Failure, table::Table};

type Row = (&'static str, fn(&Bench));

/// Each on both clients.
pub(crate) fn rows(table: &mut Table, benches: &[Bench; 2]) {
    let groups: [&[Row]; 4] = [&CLIENTS, &PEOPLE, &CALLBACKS, &TOKENS];
    for (what, check) in groups.into_iter().flatten() {
        table.case(what, |kind| {
            let bench = &benches[kind as usize];
            bench.watch.reset();
            check(bench);
        });
    }
}

const CLIENTS: [Row; 8] = [
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

const PEOPLE: [Row; 6] = [
    ("a person says no in a browser, on this machine and in a web application", says_no),
    ("a person says no to a device", says_no_to_a_device),
    ("a person brings the address back by hand", pastes),
    ("another login that the program asks for: prompt=login, a hint", asks_again),
    ("many people, each with a session", many),
    ("another process finds the login in the store, and loses it with it", shared),
];

const CALLBACKS: [Row; 4] = [
    ("a redirect URI that is not registered: in a browser, and pushed", wrong_redirect),
    ("a callback with another state, another iss, or none: nothing is redeemed", tampered),
    ("a callback that is used again: here, and by another process", used_twice),
    ("a login that was begun by another client", anothers),
];

const TOKENS: [Row; 8] = [
    ("a scope that no client may have", wrong_scope),
    ("more scope than was granted, with a refresh token from elsewhere", too_much_scope),
    ("a resource that there is not, and one that the login is not for", wrong_resource),
    ("token exchange for an audience, with an actor; of a token that nobody has issued", exchanges),
    ("a statement by somebody the server does not know", wrong_issuer),
    ("a refresh token that nobody has issued", wrong_refresh_token),
    ("JWT access tokens: this server neither revokes nor explains them", about_jwt),
    ("a stolen token that is bound to a key, sent as a bearer's", stolen),
];

const PLAIN: fn(&'static str) -> Client = Client::plain;

fn registration(id: &str) -> Registration {
    Registration::new(Kind::Bearer.issuer(), id)
}

fn in_its_own_name(bench: &Bench, app: &Registration) -> Failure {
    note(format!("{app:?}"));
    bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap_err()
}

/// Whose fault it is, and what has to be in the text.
fn says(failure: &Failure, fault: Fault, parts: &[&str]) {
    assert_eq!(failure.fault, fault, "{failure:?}");
    assert!(!failure.is_transient, "{failure:?}");
    for part in parts {
        assert!(failure.error.contains(part), "`{part}` is missing: {failure:?}");
    }
}

fn error_says(error: &Error, fault: Fault, part: &str) {
    note(format!("{error} {error:?}"));
    assert!(error.fault() == fault && error.to_string().contains(part), "{error}");
}

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
    let client = PLAIN("odd");
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
    let client = PLAIN("web");
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
    let client = Client { pushed: true, ..PLAIN("basic") };
    let app = Client { pushed: false, ..client }.app();
    // By the registration of the one that need not, under the id of the one that must.
    drop(app);
    let session = Session::new(registration(&client.id()).secret("unused").scope("read"), Shelf::default());
    let session = session.unwrap();
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let failure = bench.run(session.finish(pending, callback)).unwrap_err();
    says(&failure, Fault::Caller, &["invalid_request", "Pushed Authorization Request must be used"]);
}

fn not_bound(bench: &Bench) {
    let client = Client { kind: Kind::Dpop, ..PLAIN("none") };
    let session = Session::new(registration(&client.id()).scope("read"), Shelf::default()).unwrap();
    let failure = bench.signs_in(&session, false).unwrap_err();
    says(&failure, Fault::Caller, &["invalid_dpop_proof"]);
}

fn own_keys(bench: &Bench) {
    let client = Client { kind: Kind::Demanded, ..PLAIN("es256") };
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
    let client = PLAIN("post");
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

fn says_no(bench: &Bench) {
    for pushed in [false, true] {
        let client = Client { pushed, kind: Kind::Demanded, ..PLAIN("es256") };
        let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
        let denied = ["did not sign anybody in", "access_denied", "End-User aborted interaction"];
        let failure = bench.run(session.login(bench.browser(Person::says_no))).unwrap_err();
        says(&failure, Fault::Credential, &denied);
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.person.says_no(pending.url());
        let failure = bench.run(session.finish(pending, callback)).unwrap_err();
        says(&failure, Fault::Credential, &denied);
        assert!(!bench.run(session.is_signed_in()).unwrap());
        needs_login(bench, client, session.tokens());
    }
}

fn says_no_to_a_device(bench: &Bench) {
    let client = PLAIN("none");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
    let failure = bench.signs_in_elsewhere(&session, false).unwrap_err();
    says(&failure, Fault::Credential, &["said no"]);
    needs_login(bench, client, session.tokens());
}

/// What a person will paste, once there is something.
struct Line(Receiver<String>, io::Cursor<Vec<u8>>);

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Line {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Ok(line) = self.0.recv() {
            self.1 = io::Cursor::new(line.into_bytes());
        }
        self.1.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.1.consume(amount);
    }
}

fn pastes(bench: &Bench) {
    let client = PLAIN("none");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap();
    let (sends, receives) = mpsc::channel();
    let person = bench.person.clone();
    let shown = move |prompt: &authwright_oauth2::Prompt<'_>| {
        note_prompt(format!("{prompt} {prompt:?}"));
        sends.send(person.signs_in(prompt.url()) + "\n").unwrap();
    };
    let pasted = Browser::pasted().redirect_uri(CALLBACK).shown_by(shown);
    let pasted = pasted.read_from(Line(receives, io::Cursor::default()));
    bench.run(session.login(pasted)).unwrap();
    bench.api(client, session.tokens()).serves("me", Some("sam"));
}

fn asks_again(bench: &Bench) {
    let client = PLAIN("basic");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let first = bench.run(session.identity()).unwrap().unwrap();
    // With the cookies of the last login, and asked for a name all the same.
    let ask = Ask::new().prompt("login").login_hint("sam");
    note(format!("{ask:?}"));
    let browser = bench.browser(Person::signs_in);
    bench.run(session.login_asking(browser, ask)).unwrap();
    let second = bench.run(session.identity()).unwrap().unwrap();
    assert_eq!(first.subject(), second.subject());
    bench.api(client, session.tokens()).serves("opaque", Some("sam"));
}

fn many(bench: &Bench) {
    let client = Client { kind: Kind::Offered, ..PLAIN("eddsa") };
    let sessions = Sessions::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
    note(format!("{sessions:?}"));
    for name in ["kim", "robin"] {
        let pending = bench.run(sessions.begin(CALLBACK)).unwrap();
        let callback = Person::new(name).signs_in(pending.url());
        bench.run(sessions.user(name).finish(pending, callback)).unwrap();
    }
    bench.watch.advance(OVER);
    for name in ["kim", "robin"] {
        bench.api(client, sessions.user(name).tokens()).serves("me", Some(name));
    }
    bench.run(sessions.user("kim").logout()).unwrap();
    needs_login(bench, client, sessions.user("kim").tokens());
    bench.api(client, sessions.user("robin").tokens()).serves("me", Some("robin"));
}

fn shared(bench: &Bench) {
    let client = Client { kind: Kind::Dpop, ..PLAIN("none") };
    let shelf = Shelf::default();
    let open = || {
        Session::new(client.app().openid().scope("offline_access read"), shelf.clone()).unwrap().hint(HINT)
    };
    let (one, two) = (open(), open());
    needs_login(bench, client, two.tokens());
    bench.signs_in(&one, true).unwrap();
    // The pause after a failure is over for who has failed.
    bench.watch.advance(OVER);
    bench.api(client, two.tokens()).serves("opaque", Some("sam"));
    bench.api(client, one.tokens()).serves("opaque", Some("sam"));
    let [first, second] = [&one, &two].map(|session| bench.token(session.tokens()).unwrap());
    assert!(first.expose() == second.expose(), "renewed once for both");
    bench.run(one.logout()).unwrap();
    bench.watch.advance(OVER);
    needs_login(bench, client, two.tokens());
}

fn wrong_redirect(bench: &Bench) {
    let nowhere = "https://client.example/elsewhere";
    for pushed in [false, true] {
        let client = Client { pushed, ..PLAIN("none") };
        let session = Session::new(client.app().scope("read"), Shelf::default()).unwrap();
        let begun = bench.run(session.begin(nowhere));
        if pushed {
            let failure = begun.err().unwrap();
            says(&failure, Fault::Caller, &["pushed authorization request endpoint", "redirect_uri"]);
        } else {
            // Nobody comes back from there.
            let (status, page) = bench.person.looks_at(begun.unwrap().url());
            assert!(status == 400 && page.contains("redirect_uri"), "{page}");
        }
    }
}

fn tampered(bench: &Bench) {
    let client = PLAIN("none");
    let session = Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap();
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let record = pending.to_record();
    let of = |name| parameter(&callback, name).unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(of("iss").as_bytes()).collect();
    for (from, to, says_so) in [
        (of("state"), "another".to_owned(), "state differs"),
        (encoded.clone(), format!("{encoded}%2Fother"), "iss differs"),
        (format!("&iss={encoded}"), String::new(), "iss is missing"),
        (format!("&iss={encoded}"), format!("&iss={encoded}&iss={encoded}"), "more than once"),
    ] {
        let bad = callback.replace(&from, &to);
        assert!(bad != callback, "{says_so}");
        let pending = Pending::from_record(&record).unwrap();
        let failure = bench.run(session.finish(pending, bad)).unwrap_err();
        says(&failure, Fault::Caller, &[says_so, "nothing was sent to the token endpoint"]);
    }
    // Its code is still good, so nothing was.
    bench.run(session.finish(pending, callback)).unwrap();
    bench.api(client, session.tokens()).serves("me", Some("sam"));
}

fn used_twice(bench: &Bench) {
    let client = PLAIN("none");
    let open = || Session::new(client.app().openid().scope("read"), Shelf::default()).unwrap().hint(HINT);
    let session = open();
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let again = || Pending::from_record(&pending.to_record()).unwrap();
    bench.run(session.finish(again(), &*callback)).unwrap();
    let failure = bench.run(session.finish(again(), &*callback)).unwrap_err();
    says(&failure, Fault::Caller, &["finished already", "nothing was sent"]);
    let failure = bench.run(open().finish(again(), &*callback)).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_grant", "the code of this login", "sign in again"]);
    // Which has ended the login that it gave (RFC 6749 section 4.1.2).
    bench.watch.advance(OVER);
    needs_login(bench, client, session.tokens());
}

fn anothers(bench: &Bench) {
    let [one, two] = ["none", "basic"]
        .map(|method| Session::new(PLAIN(method).app().scope("read"), Shelf::default()).unwrap());
    let pending = bench.run(one.begin(CALLBACK)).unwrap();
    let callback = bench.person.signs_in(pending.url());
    let failure = bench.run(two.finish(pending, callback)).unwrap_err();
    says(&failure, Fault::Caller, &["another client", "nothing was sent"]);
}

fn wrong_scope(bench: &Bench) {
    let failure = in_its_own_name(bench, &PLAIN("basic").app().scope("read everything"));
    says(&failure, Fault::Credential, &["invalid_scope", "client `basic`", "may not have the scope"]);
}

fn too_much_scope(bench: &Bench) {
    let client = PLAIN("none");
    let session = Session::new(client.app().scope("read"), Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let token = bench.token(session.tokens()).unwrap();
    let given = Secret::new(token.expose_refresh_token().unwrap());
    let more = Tokens::new(client.app().scope("read write").refresh_token(given)).unwrap();
    let failure = bench.token(&more).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_scope", "more scope than was granted"]);
}

fn wrong_resource(bench: &Bench) {
    let client = PLAIN("none");
    let failure = in_its_own_name(bench, &PLAIN("basic").app().resource(client.url("nothing")));
    says(&failure, Fault::Caller, &["invalid_target", "check the resource"]);
    let app = client.app().scope("offline_access read").resource(client.url("jwt"));
    let session = Session::new(app, Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let failure = bench.token(&session.tokens_for(client.url("opaque")).unwrap()).unwrap_err();
    says(&failure, Fault::Caller, &["invalid_target"]);
    // The login is as it was.
    bench.watch.advance(OVER);
    bench.api(client, session.tokens()).serves("jwt", Some("sam"));
    let error = session.tokens_for("no URL").unwrap_err();
    error_says(&error, Fault::Caller, "the resource is not absolute");
}

fn exchanges(bench: &Bench) {
    let client = PLAIN("rs256");
    let of = |subject| {
        let grant = PLAIN("es256").app().scope("read").jwt_bearer(key("es256"), assertion_issuer(), subject);
        Tokens::new(grant).unwrap()
    };
    let (caller, actor) = (of("kim"), of("robot"));
    let grant = client.app().scope("read").token_exchange(&caller);
    let grant = grant.actor(&actor).audience(client.url("jwt"));
    let grant = grant.requested_type("urn:ietf:params:oauth:token-type:access_token");
    bench.api(client, &Tokens::new(grant).unwrap()).serves("jwt", Some("kim"));
    let unknown = Secret::new("a-token-that-nobody-has-issued");
    let failure = bench.token(&Tokens::new(client.app().token_exchange(unknown)).unwrap()).unwrap_err();
    says(&failure, Fault::Caller, &["invalid_request", "subject_token is unknown or expired"]);
}

fn wrong_issuer(bench: &Bench) {
    let grant = PLAIN("none").app().jwt_bearer(key("es256"), "https://nobody.example", "sam");
    let failure = bench.token(&Tokens::new(grant).unwrap()).unwrap_err();
    let name = "the assertion of `https://nobody.example`";
    says(&failure, Fault::Credential, &["invalid_grant", name]);
}

fn wrong_refresh_token(bench: &Bench) {
    let unknown = Secret::new("a-refresh-token-that-nobody-has-issued");
    let failure = bench.token(&Tokens::new(PLAIN("post").app().refresh_token(unknown)).unwrap()).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_grant", "the refresh token it was given", "sign in again"]);
    assert!(failure.is_login_required);
}

fn about_jwt(bench: &Bench) {
    let client = PLAIN("ps256");
    let app = client.app().scope("read").resource(client.url("jwt"));
    let token = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
    let given = || Secret::new(token.expose());
    let failures =
        [bench.run(app.revoke(given())).unwrap_err(), bench.run(app.introspect(given())).err().unwrap()];
    for failure in failures {
        assert!(failure.error.contains("unsupported_token_type"), "{failure:?}");
    }
}

fn stolen(bench: &Bench) {
    let client = Client { kind: Kind::Dpop, ..PLAIN("basic") };
    let tokens = Tokens::new(client.app().scope("read").client_credentials()).unwrap();
    let token = bench.token(&tokens).unwrap();
    let auth = authwright_core::Auth::new(client.issuer(), Bearer::new(token.expose())).unwrap();
    let answer = bench.ask(&auth, &client.url("opaque"));
    assert!(answer.is_refused().was_attached(), "{answer:?}");
}
