//! Who has given an answer (RFC 9207), and what of it is believed and shown.

use std::sync::Arc;

use authwright_core::Fault;
use authwright_oauth2::{Registration, Server, Session};
use authwright_testkit::{AuthServer, Callback, Host, Place};
use authwright_tests::on_every_driver;

use crate::{
    bench::{Bench, CALLBACK, ELSEWHERE, SERVER},
    callback::{NOTHING_SENT, refused, with},
    code::{shop, value},
};

type Change<'a> = &'a dyn Fn(&str) -> String;

fn differs() -> String {
    format!("the callback was given by another server than the one asked (iss differs); {NOTHING_SENT}")
}

/// RFC 9207 section 2.4: compared code point by code point, whatever would be the same URL.
#[test]
fn j1_another_spelling_is_another_issuer() {
    on_every_driver(|driver| {
        let bench = Bench::at([Place::http(Host::Localhost); 3], driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let issuer = bench.issuer().to_owned();
        let port = issuer.rsplit(':').next().unwrap();
        for wrong in [
            String::new(),
            format!("{issuer}/"),
            format!("{issuer}//"),
            format!("{issuer}?"),
            format!("{issuer}#"),
            format!("{issuer}/%2E"),
            format!("{issuer}/."),
            format!("{issuer} "),
            format!(" {issuer}"),
            format!("{issuer}\0"),
            issuer.to_uppercase(),
            issuer.replace("http:", "HTTP:"),
            issuer.replace("localhost", "LocalHost"),
            issuer.replace("localhost", "localhost."),
            issuer.replace("localhost", "%6cocalhost"),
            issuer.replace("localhost", "127.0.0.1"),
            issuer.replace("localhost", "l\u{43e}calhost"),
            issuer.replace("//localhost", "//x@localhost"),
            issuer.replace("http:", "https:"),
            issuer.replace("http://", ""),
            issuer.replace(port, &format!("0{port}")),
            issuer.replace(&format!(":{port}"), ""),
            issuer[..issuer.len() - 1].to_owned(),
            "https://attacker.example".to_owned(),
            "null".to_owned(),
        ] {
            let encoded: String = url::form_urlencoded::byte_serialize(wrong.as_bytes()).collect();
            let failure = refused(&bench, &session, |answer| with(answer, "iss", Some(&encoded)));
            assert_eq!(
                (failure.fault, failure.message),
                (Fault::Caller, differs()),
                "{}: {wrong:?}",
                bench.who()
            );
        }
        let twice = issuer.replace(':', "%253A").replace('/', "%252F");
        assert_eq!(refused(&bench, &session, |answer| with(answer, "iss", Some(&twice))).message, differs());
        assert_eq!(
            refused(&bench, &session, |answer| format!("{}&iss", with(answer, "iss", None))).message,
            differs()
        );
        bench.assert_clean();
        bench.assert_nobody_else_heard();
    });
}

/// The same of its path: another tenant of the same host is another issuer.
#[test]
fn j1_another_path_is_another_issuer() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server);
        let issuer = format!("{}/tenants/A1", bench.issuer());
        let server = AuthServer::builder(&issuer, &bench.clock).client(shop()).build();
        let answers = server.clone();
        bench.net.set_script(move |request| answers.answer(request));
        let session = Session::new(Registration::new(&issuer, "shop"), bench.store.clone()).unwrap();
        let origin = bench.issuer();
        for path in [
            "",
            "/tenants/A1/",
            "/tenants/a1",
            "/tenants/%411",
            "/tenants//A1",
            "/tenants/B/../A1",
            "/tenants/A2",
            "/tenants/A1/x",
            "/tenants/A1;v=1",
            "/tenants/A",
        ] {
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let wrong = format!("{origin}{path}").replace('%', "%25");
            let answer = with(&server.follow(pending.url()), "iss", Some(&wrong));
            let failure = bench.run(session.finish(pending, answer)).expect_err(path);
            assert_eq!(failure.message, differs(), "{}: {path}", bench.who());
        }
        assert_eq!(bench.count("/tenants/A1/token"), 0, "{}", bench.who());
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let answer = server.follow(pending.url());
        bench.run(session.finish(pending, answer)).unwrap();
        assert_eq!(server.violations(), [] as [String; 0]);
    });
}

/// The same section: it is decoded as a form is, once; then it is the same or not.
#[test]
fn j1_every_encoding_of_the_issuer_is_the_issuer() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let every = |issuer: &str, lower: bool| {
            let digit = |byte: u8| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
            issuer.bytes().map(digit).collect::<String>()
        };
        let issuer = bench.issuer();
        for encoded in
            [issuer.to_owned(), every(issuer, true), every(issuer, false), issuer.replace(':', "%3a")]
        {
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let answer = with(&bench.server.follow(pending.url()), "iss", Some(&encoded));
            bench.run(session.finish(pending, answer)).expect(&encoded);
        }
        bench.assert_clean();
    });
}

/// RFC 9207 section 2.4: a server known to name itself must, in what it grants and in what it refuses.
#[test]
fn j2_a_server_known_to_name_itself_must() {
    on_every_driver(|driver| {
        let text = format!(
            "the callback does not say who has given it (iss is missing), which this server does; {NOTHING_SENT}"
        );
        let bench = Bench::new(driver, |server| server.client(shop()));
        let by_hand = Server::new(bench.issuer())
            .authorization_endpoint(bench.net.url(SERVER, "/authorize"))
            .token_endpoint(bench.net.url(SERVER, "/token"))
            .sends_issuer();
        for app in [bench.app("shop"), Registration::new(by_hand, "shop")] {
            let session = bench.session(app);
            for denies in [false, true] {
                bench.server.user_denies(denies);
                let failure = refused(&bench, &session, |answer| with(answer, "iss", None));
                assert_eq!((failure.fault, &failure.message), (Fault::Caller, &text), "{}", bench.who());
            }
            bench.server.user_denies(false);
            bench.sign_in(&session).unwrap();
        }
        bench.assert_clean();
    });
}

/// The metadata say it, as `true` and in no other way.
#[test]
fn j2_only_who_says_so_is_known_to_name_itself() {
    on_every_driver(|driver| {
        for (said, must) in [
            (serde_json::json!(true), true),
            (serde_json::json!(false), false),
            (serde_json::json!("true"), false),
            (serde_json::json!(1), false),
            (serde_json::Value::Null, false),
        ] {
            let spoiled = said.clone();
            let bench = Bench::new(driver, |server| {
                server.client(shop()).says_issuer(false).metadata(move |json| {
                    json["authorization_response_iss_parameter_supported"] = spoiled.clone();
                })
            });
            let ended = bench.sign_in(&bench.session(bench.app("shop")));
            assert_eq!(ended.is_err(), must, "{}: {said}", bench.who());
        }
    });
}

/// RFC 9207 section 2.4, of an answer that says no: its words are the server's only if it is.
#[test]
fn j3_the_words_of_another_server_are_not_shown() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        bench.server.user_denies(true);
        let session = bench.session(bench.app("shop"));
        let words = "call%200190-123%20https%3A%2F%2Fevil.example";
        let says =
            |answer: &str| with(answer, "error_description", Some(words)) + "&error_uri=https%3A%2F%2F0190";
        let shown = refused(&bench, &session, |answer| says(answer));
        assert_eq!(
            (shown.fault, shown.message),
            (
                Fault::Credential,
                format!(
                    "{} did not sign anybody in: access_denied: \"call 0190-123 https://evil.example\"",
                    bench.issuer()
                )
            ),
            "{}",
            bench.who()
        );
        let other_issuer = |answer: &str| with(&says(answer), "iss", Some("https%3A%2F%2Fcall-0190.example"));
        let no_issuer = |answer: &str| with(&says(answer), "iss", None);
        let two = |answer: &str| says(answer) + "&iss=https%3A%2F%2Fcall-0190.example";
        let other_login = |answer: &str| with(&says(answer), "state", Some("call-0190"));
        let changes: [(&str, Change<'_>); 4] = [
            ("iss differs", &other_issuer),
            ("iss is missing", &no_issuer),
            ("`iss` more than once", &two),
            ("state differs", &other_login),
        ];
        for (why, change) in changes {
            for code in ["access_denied", "server_error", "call-0190"] {
                let failure = refused(&bench, &session, |answer| with(&change(answer), "error", Some(code)));
                assert!(failure.message.contains(why), "{}: {}", bench.who(), failure.message);
                for text in &failure.printed {
                    assert!(!text.contains("0190") && !text.contains("denied"), "{}: {text}", bench.who());
                }
            }
        }
    });
}

/// RFC 6749 section 4.1.2.1: whose move it is, and in words that do nothing to a terminal.
#[test]
fn e12_a_refusal_at_the_authorization_endpoint_has_its_class() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        bench.server.user_denies(true);
        let session = bench.session(bench.app("shop"));
        for (code, fault, passes) in [
            ("access_denied", Fault::Credential, false),
            ("login_required", Fault::Credential, false),
            ("interaction_required", Fault::Credential, false),
            ("consent_required", Fault::Credential, false),
            ("temporarily_unavailable", Fault::Server, true),
            ("server_error", Fault::Server, true),
            ("unauthorized_client", Fault::Caller, false),
            ("unsupported_response_type", Fault::Caller, false),
            ("invalid_scope", Fault::Caller, false),
            ("invalid_request", Fault::Caller, false),
            ("one_of_their_own", Fault::Caller, false),
            ("", Fault::Caller, false),
        ] {
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let answer = with(&bench.server.follow(pending.url()), "error", Some(code));
            let failure = bench.run(session.finish(pending, answer)).unwrap_err();
            assert_eq!((failure.fault, failure.is_transient), (fault, passes), "{}: {code}", bench.who());
            assert!(failure.message.contains(code), "{}: {}", bench.who(), failure.message);
        }
        let wild = format!("%1b[2J%0d%0a%00%e2%80%ae{}", "x".repeat(5000));
        for repeats in [false, true] {
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let state = value(pending.url(), "state").unwrap();
            let words = if repeats { format!("the+state+{state}+is+over") } else { wild.clone() };
            let answer = with(&bench.server.follow(pending.url()), "error_description", Some(&words));
            let failure = bench.run(session.finish(pending, answer)).unwrap_err();
            let is_plain = |c: char| !c.is_control() && c != '\u{202e}';
            assert!(failure.message.chars().all(is_plain), "{}: {:?}", bench.who(), failure.message);
            assert!(failure.message.chars().count() < 300, "{}: {}", bench.who(), failure.message);
            assert!(!failure.printed.concat().contains(&state), "{}: {}", bench.who(), failure.message);
            assert_eq!(failure.message.contains("(not shown, it repeats a secret)"), repeats);
        }
        assert_eq!(bench.count("/token"), 0, "{}", bench.who());
    });
}

/// An answer that grants and refuses at once is a refusal: its code goes nowhere.
#[test]
fn e12_an_answer_with_a_code_and_an_error_is_a_refusal() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let failure = refused(&bench, &session, |answer| format!("{answer}&error=access_denied"));
        assert_eq!(failure.message, format!("{} did not sign anybody in: access_denied", bench.issuer()));
    });
}

/// Each server as it is known: one that names itself, and one that does not, in one program and one store. A name that is
/// there is compared, also where there need be none.
#[test]
fn j4_each_server_is_held_to_what_it_does() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let silent = AuthServer::builder(bench.net.origin(ELSEWHERE), &bench.clock)
            .client(shop())
            .says_issuer(false)
            .build();
        let (named, unnamed) = (bench.server.clone(), silent.clone());
        bench.net.set_script(move |request| match request.origin {
            ELSEWHERE => unnamed.answer(request),
            _ => named.answer(request),
        });
        let speaks = bench.session(bench.app("shop"));
        let says_nothing = bench.session(Registration::new(bench.net.origin(ELSEWHERE), "shop"));
        let (own, other) = (bench.net.origin(ELSEWHERE), bench.issuer());
        for (session, iss, expected) in [
            (&speaks, None, Some("iss is missing")),
            (&speaks, Some(own), Some("iss differs")),
            (&speaks, Some(other), None),
            (&says_nothing, Some(other), Some("iss differs")),
            (&says_nothing, Some(""), Some("iss differs")),
            (&says_nothing, Some(own), None),
            (&says_nothing, None, None),
            (&speaks, None, Some("iss is missing")),
        ] {
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let is_speaking = pending.url().starts_with(bench.issuer());
            let server = if is_speaking { &bench.server } else { &silent };
            let answer = with(&server.follow(pending.url()), "iss", iss);
            let ended = bench.run(session.finish(pending, answer)).map_err(|failure| failure.message);
            match expected {
                None => ended.unwrap(),
                Some(why) => assert!(ended.unwrap_err().contains(why), "{}: {iss:?}", bench.who()),
            }
        }
        bench.server.callback(Callback::Right);
        let evil = Callback::Changed(Arc::new(|pairs: &mut Vec<(String, String)>| {
            pairs.push(("iss".into(), "https://evil.example".into()));
        }));
        silent.callback(evil);
        let pending = bench.run(says_nothing.begin(CALLBACK)).unwrap();
        let answer = silent.follow(pending.url());
        assert_eq!(bench.run(says_nothing.finish(pending, answer)).unwrap_err().message, differs());
        bench.assert_clean();
        assert_eq!(silent.violations(), [] as [String; 0]);
    });
}
