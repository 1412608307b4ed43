//! Programs that register themselves (RFC 7591): what they say, and what they make of the answer.

use std::time::Duration;

use authwright_core::{Fault, Tokens};
use authwright_oauth2::{Device, NewClient, PrivateKey, Registration, Server, Session};
use authwright_testkit::{
    AuthServerBuilder, DevicePoll, DpopPolicy, Endpoint, Host, Place, RegisteredClient,
    Registration as Policy, Reply, TokenFailure,
};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::bench::{Bench, CALLBACK, ELSEWHERE};

pub(crate) const LOOPBACK: &str = "http://127.0.0.1/callback";

pub(crate) fn open(server: AuthServerBuilder) -> AuthServerBuilder {
    server.registration(Policy::open())
}

pub(crate) fn cli() -> NewClient {
    NewClient::new("Acme CLI").redirect_uri(LOOPBACK).scope("repo offline_access")
}

pub(crate) fn shop() -> NewClient {
    NewClient::new("Shop").redirect_uri(CALLBACK).scope("orders")
}

pub(crate) fn obtain(bench: &Bench<'_>, client: NewClient) -> Result<Registration, TokenFailure> {
    bench.run(Registration::obtain(bench.issuer(), client, bench.store.clone()))
}

pub(crate) fn sign_in_at(
    bench: &Bench<'_>,
    session: &Session,
    redirect_uri: &str,
) -> Result<(), TokenFailure> {
    let pending = bench.run(session.begin(redirect_uri))?;
    let callback = bench.server.follow(pending.url());
    bench.run(session.finish(pending, callback))
}

/// What the program has said, the one time it did.
#[track_caller]
fn said(bench: &Bench<'_>) -> Value {
    let [request] = &bench.requests("/register")[..] else { panic!("{}: not one POST", bench.who()) };
    assert_eq!((&*request.method, request.header("content-type")), ("POST", Some("application/json")));
    serde_json::from_slice(&request.body).unwrap()
}

pub(crate) fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::status(status).header("content-type", "application/json").body(&*body.to_string())
}

#[test]
fn p1_a_program_registers_itself_and_a_person_signs_in() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, open);
        let client =
            cli().software("acme-cli", "1.2").client_uri("https://acme.example").contact("dev@acme.example");
        let app = obtain(&bench, client).unwrap();
        let expected = json!({
            "client_name": "Acme CLI",
            "application_type": "native",
            "redirect_uris": [LOOPBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "repo offline_access",
            "software_id": "acme-cli",
            "software_version": "1.2",
            "client_uri": "https://acme.example",
            "contacts": ["dev@acme.example"],
        });
        assert_eq!(said(&bench), expected, "{}", driver.name());
        assert!(bench.requests("/register")[0].header_all("authorization").is_empty());

        // Any port of this machine will do (RFC 8252 section 7.3), and no other place.
        let session = bench.session(app);
        sign_in_at(&bench, &session, "http://127.0.0.1:4711/callback").unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.clock.advance(Duration::from_secs(4000));
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        let form = bench.requests("/token").pop().unwrap();
        assert_eq!(form.form_value("client_id").as_ref(), bench.server.registered_ids().first());
        for elsewhere in
            ["http://127.0.0.1:4711/other", "http://[::1]:4711/callback", "https://127.0.0.1/callback"]
        {
            let error = bench.run(session.begin(elsewhere)).unwrap_err();
            assert!(error.message.contains("none that client `"), "{}", error.message);
        }
        bench.assert_clean();
    });
}

/// Whatever was asked for: the server refuses, and keeps in words, what another method than its own does.
#[test]
fn p1_the_method_that_the_server_chooses_is_used() {
    on_every_driver(|driver| {
        for method in ["none", "client_secret_basic", "client_secret_post", "client_secret_jwt"] {
            for asked in ["none", "client_secret_basic", "client_secret_post"] {
                // What the metadata list is for those that are registered in no particular way.
                let bench = Bench::new(driver, |server| {
                    server.registration(Policy::open().method(method)).metadata(|document| {
                        document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
                    })
                });
                let app = obtain(&bench, shop().token_endpoint_auth_method(asked)).unwrap();
                assert_eq!(said(&bench)["token_endpoint_auth_method"], asked);
                let session = bench.session(app);
                bench.sign_in(&session).unwrap();
                assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}: {method}", driver.name());
                bench.assert_clean();
            }
        }
    });
}

#[test]
fn p1_a_key_goes_along_with_its_public_half_alone() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| open(server).dpop(DpopPolicy::Supported));
        let key = PrivateKey::generate();
        let client = || shop().key(key.clone()).dpop();
        let session = bench.session(obtain(&bench, client()).unwrap());
        bench.sign_in(&session).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        let said = said(&bench);
        assert_eq!(said["token_endpoint_auth_method"], "private_key_jwt");
        assert_eq!(said["dpop_bound_access_tokens"], true);
        let names: Vec<_> = said["jwks"]["keys"][0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["alg", "crv", "kty", "use", "x", "y"]);
        // With the same key it is the same client, with another it is not.
        let _ = obtain(&bench, client()).unwrap();
        assert_eq!(bench.count("/register"), 1, "{}", driver.name());
        let _ = obtain(&bench, shop().key(PrivateKey::generate())).unwrap();
        assert_eq!(bench.count("/register"), 2, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn p1_a_method_nobody_here_knows_is_named_and_not_asked_for_again() {
    on_every_driver(|driver| {
        for (method, says) in [
            ("tls_client_auth", "by `tls_client_auth`, which is not known here"),
            ("private_key_jwt", "by `private_key_jwt`, which needs a key"),
        ] {
            let bench = Bench::new(driver, open);
            bench.server.next(
                Endpoint::Registration,
                json_reply(201, &json!({"client_id": "a", "token_endpoint_auth_method": method})),
            );
            for _ in 0..2 {
                let error = obtain(&bench, shop()).unwrap_err();
                assert_eq!(error.fault, Fault::Server);
                assert!(error.message.contains(says), "{}", error.message);
            }
            assert_eq!(bench.count("/register"), 1, "{}", driver.name());
            bench.run(Registration::forget(bench.issuer(), shop(), bench.store.clone())).unwrap();
            let _ = obtain(&bench, shop()).unwrap();
        }
        let bench = Bench::new(driver, open);
        let basic = json!({"client_id": "a", "token_endpoint_auth_method": "client_secret_basic"});
        bench.server.next(Endpoint::Registration, json_reply(201, &basic));
        let error = obtain(&bench, shop()).unwrap_err();
        assert!(error.message.contains("has given it no `client_secret`"), "{}", error.message);
    });
}

#[test]
fn p1_a_grant_that_the_server_drops_is_not_used() {
    on_every_driver(|driver| {
        // The login works, and ends with its token.
        let bench =
            Bench::new(driver, |server| server.registration(Policy::open().without_grant("refresh_token")));
        let session = bench.session(obtain(&bench, shop()).unwrap()).hint("run `shop login`");
        bench.sign_in(&session).unwrap();
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
        bench.clock.advance(Duration::from_secs(4000));
        let outcome = bench.get(session.tokens());
        let failure = outcome.failure().unwrap_or_else(|| panic!("{}: {outcome}", driver.name()));
        assert!(failure.starts_with("the login has ended, and cannot be renewed"), "{failure}");
        bench.assert_clean();

        let bench = Bench::new(driver, |server| {
            let policy = Policy::open().without_grant("authorization_code");
            server.registration(policy.without_grant("client_credentials"))
        });
        let app = obtain(&bench, shop().grant_type("client_credentials")).unwrap();
        // Before anybody is sent anywhere.
        let error = bench.run(bench.session(app.clone()).begin(CALLBACK)).unwrap_err();
        let says = "is not registered for the grant `authorization_code`";
        assert!(error.fault == Fault::Caller && error.message.contains(says), "{}", error.message);
        let tokens = Tokens::new(app.client_credentials()).unwrap();
        let error = bench.token(&tokens).unwrap_err();
        assert!(error.message.contains("for the grant `client_credentials`"), "{}", error.message);
        let device = bench.run(bench.session(app).login(Device::new())).unwrap_err();
        assert!(device.message.contains("device_code`; ask for it where it registers"), "{}", device.message);
        assert_eq!(bench.count("/token") + bench.count("/device_authorization"), 0, "{}", driver.name());
        bench.assert_clean();
    });
}

#[test]
fn p1_scope_and_redirect_uris_are_those_of_the_server() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            open(server).client(RegisteredClient::public("app-1").redirect_uri(CALLBACK).scopes("orders"))
        });
        let answer = json!({
            "client_id": "app-1",
            "token_endpoint_auth_method": "none",
            "scope": "orders profile",
            "redirect_uris": [CALLBACK],
        });
        bench.server.next(Endpoint::Registration, json_reply(200, &answer));
        let client = NewClient::new("Shop")
            .redirect_uri("https://shop.example/signed-in")
            .scope("orders admin")
            .token_endpoint_auth_method("none");
        let session = bench.session(obtain(&bench, client).unwrap());
        let error = bench.run(session.begin("https://shop.example/signed-in")).unwrap_err();
        assert!(error.message.contains("none that client `app-1`"), "{}", error.message);
        bench.sign_in(&session).unwrap();
        let token = bench.token(session.tokens()).unwrap();
        assert_eq!(token.granted_scope(), Some("orders"), "{}: no more than both say", driver.name());
        bench.assert_clean();
    });
}

/// Nothing but a client is taken for one, and nothing that is sent goes elsewhere.
#[test]
fn p1_the_endpoint_is_that_of_the_metadata_and_protected() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, open);
        let elsewhere = bench.net.url(ELSEWHERE, "/register");
        for status in [301, 302, 303, 307, 308] {
            bench.server.next(Endpoint::Registration, Reply::redirect(status, &elsewhere));
            let error = obtain(&bench, shop().access_token("1nitial-t0ken")).unwrap_err();
            assert!(error.message.contains("a redirect, which is not followed"), "{}", error.message);
        }
        bench.assert_nobody_else_heard();

        let plain = |document: &mut Value| {
            document["registration_endpoint"] = json!("http://login.example.com/register");
        };
        let bench = Bench::new(driver, |server| open(server).metadata(plain));
        let error = obtain(&bench, shop()).unwrap_err();
        assert!(error.message.contains("http://login.example.com is plain http"), "{}", error.message);

        let bench = Bench::new(driver, |server| server);
        let error = obtain(&bench, shop()).unwrap_err();
        let says = "does not say where programs can register";
        assert!(error.fault == Fault::Caller && error.message.contains(says), "{}", error.message);

        // By hand, nothing is fetched.
        let bench = Bench::new(driver, open);
        let server =
            Server::new(bench.issuer()).registration_endpoint(bench.server.url(Endpoint::Registration));
        let _ = bench.run(Registration::obtain(server, shop(), bench.store.clone())).unwrap();
        assert_eq!((bench.net.requests().len(), bench.count("/register")), (1, 1), "{}", driver.name());
    });
}

#[test]
fn p1_it_goes_over_tls_and_to_nobody_whose_certificate_is_not_good() {
    on_every_driver(|driver| {
        if driver.name() == "in-memory" {
            return; // it has no TLS
        }
        let tls = Place::https(Host::Localhost);
        for bad in [tls.expired(), tls.wrong_name()] {
            let bench = Bench::at([tls, tls, bad], driver, open);
            let _ = obtain(&bench, shop()).unwrap();
            assert!(bench.issuer().starts_with("https:") && bench.count("/register") == 1);
            let server =
                Server::new(bench.issuer()).registration_endpoint(bench.net.url(ELSEWHERE, "/register"));
            let client = cli().access_token("1nitial-t0ken");
            let error = bench.run(Registration::obtain(server, client, bench.store.clone())).unwrap_err();
            assert!(!error.is_login_required, "{}: {error:?}", driver.name());
            assert!(bench.net.connections(ELSEWHERE) > 0, "{}: it was tried", driver.name());
            assert!(bench.net.bytes(ELSEWHERE).is_empty(), "{}", driver.name());
        }
    });
}

#[test]
fn p1_an_initial_access_token_is_shown_to_the_one_endpoint_and_not_kept() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.registration(Policy::open().initial_access_token("1nitial-t0ken"))
        });
        for client in [shop(), shop().access_token("wrong-t0ken")] {
            let error = obtain(&bench, client).unwrap_err();
            assert!(error.is_login_required && error.message.contains("initial access token"), "{error:?}");
            assert!(!error.message.contains("t0ken"), "{}", error.message);
        }
        bench.net.take();
        let _ = obtain(&bench, shop().access_token("1nitial-t0ken")).unwrap();
        assert_eq!(bench.times_seen("1nitial-t0ken"), 1, "{}", driver.name());
        // It is not another client for that: no token is needed where one is kept.
        let _ = obtain(&bench, shop()).unwrap();
        bench.assert_clean();
    });
}

#[test]
fn p1_a_refusal_says_what_to_change_and_leaves_nothing_behind() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, open);
        for (reply, says) in [
            (json_reply(400, &json!({"error": "invalid_redirect_uri"})), "does not take the redirect URI"),
            (json_reply(400, &json!({"error": "invalid_client_metadata"})), "change it (NewClient)"),
            (json_reply(201, &json!({"client_name": "Shop"})), "there is no string `client_id`"),
            (Reply::ok("{\"client_id\": \"a\"}").header("content-type", "text/html"), "not with JSON"),
            (Reply::ok(&"x".repeat(2 * 1024 * 1024)), "more than 1024 KiB"),
            (Reply::status(503), "try again later"),
        ] {
            bench.server.next(Endpoint::Registration, reply);
            let error = obtain(&bench, shop()).unwrap_err();
            assert!(error.message.contains(says), "{}: {}", driver.name(), error.message);
        }
        let _ = obtain(&bench, shop()).unwrap();
        assert_eq!(bench.server.registered_ids().len(), 1, "{}", driver.name());
        for (client, says) in [
            (NewClient::new(" ").redirect_uri(CALLBACK), "the name of the new client is empty"),
            (NewClient::new("Shop"), "would get no tokens"),
            (NewClient::new("Shop").redirect_uri("/callback"), "the redirect URI is not absolute"),
            (shop().token_endpoint_auth_method("magic"), "`magic` is no way to show a client"),
            (shop().token_endpoint_auth_method("private_key_jwt"), "private_key_jwt needs a key"),
        ] {
            bench.net.take();
            let error = obtain(&bench, client).unwrap_err();
            assert!(error.fault == Fault::Caller && error.message.contains(says), "{}", error.message);
            assert!(bench.net.take().is_empty(), "{}", driver.name());
        }
    });
}

#[test]
fn p3_the_application_type_follows_from_the_redirect_uris() {
    on_every_driver(|driver| {
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        for (uris, kind, method) in [
            (&[LOOPBACK][..], "native", "none"),
            (&["http://[::1]/callback"], "native", "none"),
            (&["http://localhost:8400/"], "native", "none"),
            (&["com.example.acme:/callback"], "native", "none"),
            (&["https://app.example.com/claimed", "com.example.acme:/callback"], "native", "none"),
            (&[CALLBACK], "web", "client_secret_basic"),
            (&["HTTPS://shop.example/callback"], "web", "client_secret_basic"),
        ] {
            let bench = Bench::new(driver, open);
            let client = uris.iter().fold(NewClient::new("Acme"), |client, uri| client.redirect_uri(*uri));
            let _ = obtain(&bench, client).unwrap();
            let said = said(&bench);
            assert_eq!(said["application_type"], kind, "{}: {uris:?}", driver.name());
            assert_eq!(said["redirect_uris"], json!(uris));
            assert_eq!(said["token_endpoint_auth_method"], method, "{uris:?}");
            bench.assert_clean();
        }
        for (grant, kind, method, grants) in [
            (device, "native", "none", json!([device, "refresh_token"])),
            ("client_credentials", "web", "client_secret_basic", json!(["client_credentials"])),
        ] {
            let bench = Bench::new(driver, open);
            let app = obtain(&bench, NewClient::new("Acme").grant_type(grant).scope("read")).unwrap();
            let said = said(&bench);
            assert_eq!((&said["application_type"], &said["response_types"]), (&json!(kind), &json!([])));
            assert_eq!(
                (&said["token_endpoint_auth_method"], &said["grant_types"]),
                (&json!(method), &grants)
            );
            assert!(said.get("redirect_uris").is_none());
            if grant == device {
                bench.server.device_answers(&[DevicePoll::Approved]);
                let session = bench.session(app);
                bench.run(session.login(Device::new().shown_by(|_| ()))).unwrap();
                assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
            } else {
                bench.token(&Tokens::new(app.client_credentials()).unwrap()).unwrap();
            }
            bench.assert_clean();
        }
    });
}

/// A person's program shows a secret where the server has no clients without one.
#[test]
fn p3_a_native_program_takes_what_the_server_lists() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            open(server).metadata(|document| {
                document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "magic"]);
            })
        });
        let session = bench.session(obtain(&bench, cli()).unwrap());
        assert_eq!(said(&bench)["token_endpoint_auth_method"], "client_secret_post");
        sign_in_at(&bench, &session, LOOPBACK).unwrap();
        bench.assert_clean();
    });
}
