//! Tokens that are asked for in vain, or sent by whom they are not for.

use authwright_core::{Auth, Bearer, Fault, Secret, Tokens};
use authwright_oauth2::Session;
use serde_json::Value;

use super::{
    super::{
        bench::{Bench, HINT, OVER, Shelf},
        grants::needs_login,
        leaks::note,
        referee::{Client, Kind, assertion_issuer, key, record},
    },
    Row, in_its_own_name, says,
};

pub(super) const ROWS: [Row; 10] = [
    ("a scope that there is not: the token says what it is good for", less_scope),
    ("more scope than was granted, with a refresh token from elsewhere", too_much_scope),
    ("a resource that there is not, and one that the login is not for", wrong_resource),
    ("token exchange for an audience, with an actor; of a token that nobody has issued", exchanges),
    ("a statement by somebody the server does not know", wrong_issuer),
    ("a refresh token that nobody has issued", wrong_refresh_token),
    ("JWT access tokens: this server neither revokes nor explains them", about_jwt),
    ("renewals do not say a scope, and give the same one again", renewed_without_scope),
    (
        "with `openid` in the scope each renewal brings an ID token, which is checked",
        renewed_with_an_id_token,
    ),
    ("a stolen token that is bound to a key, sent as a bearer's", stolen),
];

fn less_scope(bench: &Bench) {
    let tokens = Tokens::new(Client::plain("basic").app().scope("read everything").client_credentials());
    let token = bench.token(&tokens.unwrap()).unwrap();
    assert_eq!(token.granted_scope(), Some("read"));
}

fn too_much_scope(bench: &Bench) {
    let client = Client::plain("none");
    let session = Session::new(client.app().scope("read"), Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let token = bench.token(session.tokens()).unwrap();
    let given = Secret::new(token.expose_refresh_token().unwrap());
    let more = Tokens::new(client.app().scope("read write").refresh_token(given)).unwrap();
    let failure = bench.token(&more).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_scope", "more scope than was granted"]);
}

fn wrong_resource(bench: &Bench) {
    let client = Client::plain("none");
    let failure = in_its_own_name(bench, &Client::plain("basic").app().resource(client.url("nothing")));
    says(&failure, Fault::Caller, &["invalid_target", "check the resource"]);
    let app = client.app().scope("offline_access read").resource(client.url("jwt"));
    let session = Session::new(app, Shelf::default()).unwrap().hint(HINT);
    bench.signs_in(&session, false).unwrap();
    let failure = bench.token(&session.tokens_for(client.url("opaque")).unwrap()).unwrap_err();
    says(&failure, Fault::Caller, &["invalid_target"]);
    // oidc-provider spends the refresh token before it looks at the resource, and gives no new one: the login is gone.
    bench.watch.advance(OVER);
    needs_login(bench, client, session.tokens());
    let error = session.tokens_for("no URL").unwrap_err();
    note(format!("{error} {error:?}"));
    assert_eq!(error.fault(), Fault::Caller, "{error}");
}

fn exchanges(bench: &Bench) {
    let client = Client::plain("rs256");
    let of = |subject| {
        let grant =
            Client::plain("es256").app().scope("read").jwt_bearer(key("es256"), assertion_issuer(), subject);
        Tokens::new(grant).unwrap()
    };
    let (caller, actor) = (of("kim"), of("robot"));
    let grant = client.app().scope("read").token_exchange(&caller);
    let grant = grant.actor(&actor).audience(client.url("jwt"));
    let grant = grant.requested_type("urn:ietf:params:oauth:token-type:access_token");
    bench.api(client, &Tokens::new(grant).unwrap()).serves("jwt", Some("kim"));
    let unknown = Secret::new("a-token-that-nobody-has-issued");
    let failure = bench.token(&Tokens::new(client.app().token_exchange(unknown)).unwrap()).unwrap_err();
    // RFC 8693 section 2.2.2: the code does not tell it from a request that is malformed.
    let parts = ["invalid_request", "subject_token is unknown or expired", "exchange a newer one"];
    says(&failure, Fault::Credential, &parts);
}

fn wrong_issuer(bench: &Bench) {
    let grant = Client::plain("none").app().jwt_bearer(key("es256"), "https://nobody.example", "sam");
    let failure = bench.token(&Tokens::new(grant).unwrap()).unwrap_err();
    let name = "the assertion of `https://nobody.example`";
    says(&failure, Fault::Credential, &["invalid_grant", name]);
}

fn wrong_refresh_token(bench: &Bench) {
    let unknown = Secret::new("a-refresh-token-that-nobody-has-issued");
    let failure =
        bench.token(&Tokens::new(Client::plain("post").app().refresh_token(unknown)).unwrap()).unwrap_err();
    says(&failure, Fault::Credential, &["invalid_grant", "the refresh token it was given", "sign in again"]);
    assert!(failure.is_login_required);
}

fn about_jwt(bench: &Bench) {
    let client = Client::plain("ps256");
    let app = client.app().scope("read").resource(client.url("jwt"));
    let token = bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
    let given = || Secret::new(token.expose());
    let failures =
        [bench.run(app.revoke(given())).unwrap_err(), bench.run(app.introspect(given())).err().unwrap()];
    for failure in failures {
        assert!(failure.error.contains("unsupported_token_type"), "{failure:?}");
    }
}

/// RFC 6749 section 6: who leaves it out means what was granted.
fn renewed_without_scope(bench: &Bench) {
    let client = Client::plain("none");
    let session = Session::new(client.app().scope("read write"), Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let first = bench.token(session.tokens()).unwrap();
    assert_eq!(first.granted_scope(), Some("read write"));
    for answer in renewals(bench, &session, 2) {
        assert_eq!(answer["scope"], "read write");
        assert!(answer["id_token"].is_null(), "nobody has asked for one");
    }
    let last = bench.token(session.tokens()).unwrap();
    assert_eq!(last.granted_scope(), first.granted_scope());
    bench.api(client, session.tokens()).serves("opaque", Some("sam"));
}

/// `OpenID` Connect Core section 12.2.
fn renewed_with_an_id_token(bench: &Bench) {
    let client = Client::plain("es256");
    let session = Session::new(client.app().openid().scope("offline_access read"), Shelf::default()).unwrap();
    bench.signs_in(&session, false).unwrap();
    let first = bench.run(session.identity()).unwrap().unwrap();
    let granted = bench.token(session.tokens()).unwrap().granted_scope().map(ToOwned::to_owned);
    for answer in renewals(bench, &session, 3) {
        assert!(answer["id_token"].is_string(), "it has brought one");
        assert_eq!(answer["scope"].as_str(), granted.as_deref());
    }
    let last = bench.run(session.identity()).unwrap().unwrap();
    assert_eq!((first.subject(), last.subject()), ("sam", "sam"));
    bench.api(client, session.tokens()).serves("me", Some("sam"));
}

/// Renews so often. What the server has answered, to requests in which there was no scope.
fn renewals(bench: &Bench, session: &Session, times: usize) -> Vec<Value> {
    let renewed = (0..times).map(|_| {
        let before = bench.token(session.tokens()).unwrap();
        let begun = record("arrived").len();
        bench.watch.advance(OVER);
        let after = bench.token(session.tokens()).unwrap();
        assert!(before.expose() != after.expose(), "it was renewed");
        let spent = before.expose_refresh_token().unwrap();
        let record = record("arrived");
        let found: Vec<Value> = record[begun..]
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &Value| line["body"]["refresh_token"] == spent)
            .collect();
        let [request] = &found[..] else { panic!("it was redeemed {} times", found.len()) };
        assert_eq!(request["body"]["grant_type"], "refresh_token");
        assert!(request["body"].get("scope").is_none(), "a renewal has said a scope");
        request["answer"].clone()
    });
    renewed.collect()
}

fn stolen(bench: &Bench) {
    let client = Client { kind: Kind::Dpop, ..Client::plain("basic") };
    let tokens = Tokens::new(client.app().scope("read").client_credentials()).unwrap();
    let token = bench.token(&tokens).unwrap();
    let auth = Auth::new(client.issuer(), Bearer::new(token.expose())).unwrap();
    let answer = bench.ask(&auth, &client.url("opaque"));
    assert!(answer.is_refused().was_attached(), "{answer:?}");
}
