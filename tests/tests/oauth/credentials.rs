//! How a client shows that it is itself (RFC 6749 section 2.3), at every endpoint that asks.

use std::time::Duration;

use authwright_core::{Error, Fault, MemoryStore, Tokens};
use authwright_oauth2::{Ask, Device, Registration, Server, Session};
use authwright_testkit::{DevicePoll, Endpoint, Pushed, Received, RegisteredClient, Reply};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::bench::{Bench, CALLBACK, SERVER};

/// Ids and secrets that mean something to who does not encode them, or decodes them twice.
const ODD: [(&str, &str); 6] = [
    ("a:pp %+/=&ä", "s:3 %+/=&\u{1f511}é"),
    ("%41%2525", "%2B+%2b%20"),
    ("::", ":"),
    ("a=1&client_id=b", "s&client_secret=t#?/"),
    ("\"quoted\\\"", "'`\"\\,;"),
    ("übergröße", "пароль 密码"),
];

/// The ways in which a secret is shown, each with the client that is registered so.
type Way = (&'static str, fn(Registration, &str) -> Registration, fn(&str, &str) -> RegisteredClient);

const WAYS: [Way; 2] = [
    ("Basic", |app, secret| app.secret(secret), RegisteredClient::basic),
    ("the body", |app, secret| app.secret_in_body(secret), RegisteredClient::post),
];

const ENDPOINTS: [&str; 5] = ["/par", "/token", "/device_authorization", "/introspect", "/revoke"];

/// Everything that asks who the client is: a login that is pushed, begun by code and by device, renewed, asked about, and
/// ended; and the program in its own name, where it can.
fn use_every_endpoint(bench: &Bench<'_>, app: &Registration, is_public: bool) {
    let session = bench.session(app.clone());
    bench.sign_in(&session).unwrap();
    bench.clock.advance(Duration::from_secs(4000));
    let token = bench.token(session.tokens()).unwrap();
    if !is_public {
        assert!(bench.run(app.introspect(token.expose())).unwrap().is_active(), "{}", bench.who());
        bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
    }
    bench.run(session.logout()).unwrap();
    bench.server.device_answers(&[DevicePoll::Approved]);
    bench.run(session.login(Device::new().shown_by(|_| {}))).unwrap();
}

/// RFC 6749 section 2.3.1: whatever is in id and secret arrives as it is, wherever it is asked for, and in one way.
#[test]
fn e1_e2_id_and_secret_arrive_exactly_and_in_one_way() {
    on_every_driver(|driver| {
        for (id, secret) in ODD {
            for (way, with, registered) in WAYS {
                let client = registered(id, secret).redirect_uri(CALLBACK);
                let bench = Bench::new(driver, |server| server.client(client).pushed(Pushed::Required));
                use_every_endpoint(&bench, &with(bench.app(id), secret), false);
                let who = format!("{}: {id}, {way}", bench.who());
                for path in ENDPOINTS {
                    let requests = bench.requests(path);
                    assert!(!requests.is_empty(), "{who}: {path}");
                    for request in requests {
                        let (basic, body) = shown(&request);
                        assert_eq!(
                            (basic, body),
                            (usize::from(way == "Basic"), way != "Basic"),
                            "{who}: {path}"
                        );
                        assert_eq!(request.query(), None, "{who}: {path}");
                    }
                }
                bench.assert_clean();
                bench.assert_nobody_else_heard();
            }
        }
    });
}

/// How many Authorization fields there are, and whether the body has a secret.
fn shown(request: &Received) -> (usize, bool) {
    (request.header_all("authorization").len(), request.form_value("client_secret").is_some())
}

/// RFC 6749 section 3.2.1: a public client says its id, and no more.
#[test]
fn e1_the_id_of_a_public_client_arrives_exactly() {
    on_every_driver(|driver| {
        for (id, _) in ODD {
            let client = RegisteredClient::public(id).redirect_uri(CALLBACK);
            let bench = Bench::new(driver, |server| server.client(client).pushed(Pushed::Required));
            use_every_endpoint(&bench, &bench.app(id), true);
            for path in ["/par", "/token", "/device_authorization", "/revoke"] {
                for request in bench.requests(path) {
                    assert_eq!(
                        request.form_value("client_id").as_deref(),
                        Some(id),
                        "{}: {path}",
                        bench.who()
                    );
                    assert_eq!(shown(&request), (0, false), "{}: {path}", bench.who());
                }
            }
            bench.assert_clean();
        }
    });
}

/// RFC 6749 section 2.3: one way, and no other is tried after it, whatever the server says of the first.
#[test]
fn e2_no_other_way_is_tried() {
    on_every_driver(|driver| {
        for (way, with, registered) in WAYS {
            for (status, code) in
                [(401, "invalid_client"), (400, "invalid_client"), (400, "unauthorized_client")]
            {
                let client = registered("app", "r1ght").redirect_uri(CALLBACK);
                let bench = Bench::new(driver, |server| server.client(client).pushed(Pushed::Required));
                let app = with(bench.app("app"), "r1ght");
                let session = bench.session(app.clone());
                bench.sign_in(&session).unwrap();
                let refusal = Reply::status(status)
                    .header("www-authenticate", "Basic realm=\"clients\"")
                    .header("content-type", "application/json")
                    .body(json!({"error": code}).to_string());
                for endpoint in [
                    Endpoint::Token,
                    Endpoint::Pushed,
                    Endpoint::DeviceAuthorization,
                    Endpoint::Introspection,
                    Endpoint::Revocation,
                ] {
                    bench.server.next(endpoint, refusal.clone());
                }
                bench.net.take();
                let device = Device::new().shown_by(|_| {});
                let failures = [
                    bench.token(&Tokens::new(app.client_credentials()).unwrap()).map(drop),
                    bench.run(session.begin(CALLBACK)).map(drop),
                    bench.run(session.login(device)),
                    bench.run(app.introspect("t0ken")).map(drop),
                    bench.run(session.logout()),
                ];
                let who = format!("{}: {way}, {status} {code}", bench.who());
                for failure in failures {
                    let failure = failure.expect_err(&who);
                    assert_eq!((failure.fault, failure.is_transient), (Fault::Credential, false), "{who}");
                    let check = "check client `app` (its secret: value, #";
                    assert!(failure.message.contains(check), "{who}: {}", failure.message);
                }
                let sent = bench.net.take();
                let mut sent: Vec<_> =
                    sent.iter().filter(|it| it.method == "POST").map(Received::path).collect();
                sent.sort_unstable();
                assert_eq!(
                    sent,
                    ["/device_authorization", "/introspect", "/par", "/revoke", "/token"],
                    "{who}"
                );
                bench.assert_clean();
            }
        }
    });
}

/// What a wrong secret looks like to who has to correct it.
#[test]
fn e2_a_refused_client_is_named_with_where_its_secret_is_from() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(RegisteredClient::basic("app", "r1ght")));
        let tokens = Tokens::new(bench.app("app").secret("wr0ng").client_credentials()).unwrap();
        let failure = bench.token(&tokens).unwrap_err();
        let start = format!(
            "token endpoint at {} answered 401 invalid_client: \"the secret is wrong\"; check client `app` (its secret: \
             value, #",
            bench.issuer()
        );
        assert!(failure.message.starts_with(&start), "{}", failure.message);
        assert_eq!(bench.count("/token"), 1, "{}", bench.who());
        bench.assert_clean();
    });
}

/// RFC 6749 section 2.3.1: no secret goes into a URL, not even by the hand of the program; and what has a meaning here is
/// said in one place.
#[test]
fn e2_e3_parameters_with_a_meaning_cannot_be_given_by_hand() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(RegisteredClient::public("app").redirect_uri(CALLBACK))
        });
        for name in [
            "client_secret",
            "client_assertion",
            "client_assertion_type",
            "client_id",
            "code",
            "code_verifier",
            "code_challenge",
            "code_challenge_method",
            "device_code",
            "grant_type",
            "redirect_uri",
            "refresh_token",
            "request",
            "request_uri",
            "response_type",
            "response_mode",
            "scope",
            "state",
            "nonce",
            "assertion",
            "subject_token",
            "subject_token_type",
            "actor_token",
            "actor_token_type",
            "dpop_jkt",
            "resource",
            "",
        ] {
            let text = format!(
                "parameter `{name}` cannot be given by hand: it is set by what it belongs to, or not sent"
            );
            let app = bench.app("app").parameter(name, "c4nary");
            let refused = Session::new(app, MemoryStore::new()).map(drop).unwrap_err();
            assert_eq!(refused.to_string(), text);
            let session = bench.session(bench.app("app"));
            let ask = || Ask::new().parameter(name, "c4nary");
            let device = Device::new().shown_by(|_| {});
            for failure in [
                bench.run(session.begin_asking(CALLBACK, ask())).map(drop),
                bench.run(session.login_asking(device, ask())),
            ] {
                assert_eq!(failure.unwrap_err().message, text, "{}", bench.who());
            }
        }
        assert!(bench.net.take().is_empty(), "{}", bench.who());
    });
}

/// RFC 6749 section 3.2: a parameter of the server's own arrives as it is; an empty one is left out, and none is there twice.
#[test]
fn e3_each_parameter_is_there_once_or_not_at_all() {
    on_every_driver(|driver| {
        let client = RegisteredClient::basic("app", "s3cret").redirect_uri(CALLBACK);
        let bench = Bench::new(driver, |server| server.client(client).pushed(Pushed::Required));
        let app = bench.app("app").secret("s3cret").parameter("audience", "a b+%&=é").parameter("tenant", "");
        bench.sign_in(&bench.session(app.clone())).unwrap();
        bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
        for path in ["/par", "/token"] {
            for request in bench.requests(path) {
                let body = String::from_utf8(request.body.clone()).unwrap();
                assert_eq!(
                    request.form_value("audience").as_deref(),
                    Some("a b+%&=é"),
                    "{}: {path}",
                    bench.who()
                );
                let names: Vec<_> = body.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
                assert!(names.iter().all(|(name, value)| *name != "tenant" && !value.is_empty()), "{body}");
                assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
                assert_eq!((&*request.method, request.query()), ("POST", None));
            }
        }
        bench.assert_clean();
        bench.net.take();
        let twice = app.parameter("audience", "b");
        let failure = bench.run(bench.session(twice).begin(CALLBACK)).unwrap_err();
        let text = "parameter `audience` is given twice, which RFC 6749 section 3.2 forbids";
        assert_eq!((failure.fault, &*failure.message), (Fault::Caller, text), "{}", bench.who());
        assert_eq!(bench.count("/par") + bench.count("/token"), 0, "{}", bench.who());
    });
}

/// RFC 8414 section 2: Basic where the metadata say nothing, what they say else; and a registered way over both.
#[test]
fn i4_the_way_is_the_registered_one_then_the_servers_then_basic() {
    on_every_driver(|driver| {
        let neither = "takes a client's secret neither by Basic nor in the body, by its metadata; use the way it is \
                       registered with: a key (Registration::key), a signed secret (secret_jwt) or a certificate";
        for (methods, expected) in [
            (None, Ok("Basic")),
            (Some(Value::Null), Ok("Basic")),
            (Some(json!("client_secret_post")), Ok("Basic")),
            (Some(json!(["client_secret_basic"])), Ok("Basic")),
            (Some(json!(["client_secret_post"])), Ok("the body")),
            (Some(json!(["client_secret_post", "client_secret_basic"])), Ok("Basic")),
            (Some(json!(["private_key_jwt", 7, "client_secret_post"])), Ok("the body")),
            (Some(json!(["private_key_jwt", "none"])), Err(neither)),
            (Some(json!(["CLIENT_SECRET_BASIC"])), Err(neither)),
            (Some(json!([])), Err(neither)),
        ] {
            for registered_so in [false, true] {
                let expected = if registered_so { Ok("the body") } else { expected };
                let client = match expected {
                    Ok("the body") => RegisteredClient::post("app", "s3cret"),
                    _ => RegisteredClient::basic("app", "s3cret"),
                };
                let said = methods.clone();
                let bench = Bench::new(driver, |server| {
                    server.client(client).metadata(move |json| {
                        let members = json.as_object_mut().unwrap();
                        members.remove("token_endpoint_auth_methods_supported");
                        let name = "token_endpoint_auth_methods_supported".to_owned();
                        said.clone().map(|said| members.insert(name, said));
                    })
                });
                let app = bench.app("app");
                let app = if registered_so { app.secret_in_body("s3cret") } else { app.secret("s3cret") };
                let result = bench.token(&Tokens::new(app.client_credentials()).unwrap());
                let who = format!("{}: {methods:?}, registered so: {registered_so}", bench.who());
                match (result, expected) {
                    (Ok(_), Ok(way)) => {
                        let (basic, body) = shown(&bench.requests("/token")[0]);
                        assert_eq!((basic == 1, body), (way == "Basic", way != "Basic"), "{who}");
                    }
                    (Err(failure), Err(text)) => {
                        assert_eq!(failure.message, format!("{} {text}", bench.issuer()), "{who}");
                        assert_eq!(bench.count("/token"), 0, "{who}");
                    }
                    (result, expected) => panic!("{who}: {result:?}, and not {expected:?}"),
                }
                bench.assert_clean();
            }
        }
    });
}

/// The same for a server whose endpoints are given by hand.
#[test]
fn i4_by_hand_the_way_is_basic_or_what_is_said() {
    on_every_driver(|driver| {
        for in_body in [false, true] {
            let client = if in_body { RegisteredClient::post } else { RegisteredClient::basic };
            let bench = Bench::new(driver, |server| server.client(client("app", "s3cret")));
            let server = Server::new(bench.issuer()).token_endpoint(bench.net.url(SERVER, "/token"));
            let server = if in_body { server.takes_secret_in_body() } else { server };
            let app = Registration::new(server, "app").secret("s3cret");
            bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
            assert_eq!(
                shown(&bench.requests("/token")[0]),
                (usize::from(!in_body), in_body),
                "{}",
                bench.who()
            );
            assert_eq!(bench.net.take().len(), 1, "{}: no metadata are fetched", bench.who());
            bench.assert_clean();
        }
    });
}

/// RFC 6749 section 4.4: in its own name only who can show that it is itself.
#[test]
fn a_public_client_gets_no_token_in_its_own_name() {
    let error: Error =
        Tokens::new(Registration::new("https://login.example.com", "app").client_credentials()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "client `app` (without a secret) cannot get tokens in its own name; give it a secret (.secret(..)), a key or a \
         certificate"
    );
    let empty =
        Tokens::new(Registration::new("https://login.example.com", "app").secret("").client_credentials());
    assert_eq!(empty.unwrap_err().to_string(), "the client secret of `app` is empty");
}

/// RFC 6749 sections 6 and 3.2.1: a confidential client authenticates when it renews, a public one says its id.
#[test]
fn e15_a_renewal_is_by_the_same_client() {
    type With = fn(Registration) -> Registration;
    on_every_driver(|driver| {
        let clients: [(RegisteredClient, With); 3] = [
            (RegisteredClient::public("shop"), |app| app),
            (RegisteredClient::basic("shop", "s3cret"), |app| app.secret("s3cret")),
            (RegisteredClient::post("shop", "s3cret"), |app| app.secret_in_body("s3cret")),
        ];
        for (client, with) in clients {
            let bench = Bench::new(driver, |server| server.client(client.clone().redirect_uri(CALLBACK)));
            let session = bench.session(with(bench.app("shop")));
            bench.sign_in(&session).unwrap();
            for _ in 0..3 {
                bench.clock.advance(Duration::from_secs(4000));
                assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", bench.who());
            }
            let shown_each_time: Vec<_> = bench
                .requests("/token")
                .iter()
                .map(|request| {
                    let (basic, body) = shown(request);
                    (basic, body, request.form_value("client_id"))
                })
                .collect();
            assert_eq!(shown_each_time.len(), 4, "{}", bench.who());
            assert!(
                shown_each_time.iter().all(|one| *one == shown_each_time[0]),
                "{}: {client:?}",
                bench.who()
            );
            assert_eq!(bench.server.grants()[1..], ["refresh_token"; 3], "{}", bench.who());
            assert_eq!((bench.server.revocations(), bench.server.live_refresh_tokens().len()), (0, 1));
            bench.assert_clean();
        }
    });
}
