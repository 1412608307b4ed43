//! What comes back through the browser, which anybody may have sent: whose answer it is (RFC 6749 section 10.12).

use std::{sync::Arc, time::Duration};

use authwright_core::Fault;
use authwright_oauth2::{Pending, Session};
use authwright_testkit::{Callback, Endpoint, TokenFailure};
use authwright_tests::on_every_driver;

use crate::{
    bench::{Bench, CALLBACK},
    code::{code_in, shop},
};

type Change<'a> = &'a dyn Fn(&str) -> Option<String>;
type Form<'a> = &'a dyn Fn(&str) -> String;

pub(crate) const NOTHING_SENT: &str = "nothing was sent to the token endpoint";

/// Begins a login, makes something else of the answer, and gives the error of finishing with that. Nothing was sent.
pub(crate) fn refused(
    bench: &Bench<'_>,
    session: &Session,
    change: impl FnOnce(&str) -> String,
) -> TokenFailure {
    let pending = bench.run(session.begin(CALLBACK)).unwrap();
    let before = bench.net.requests().len();
    let answer = bench.server.follow(pending.url());
    let changed = change(&answer);
    let failure = bench.run(session.finish(pending, &*changed)).expect_err(&changed);
    assert!(!failure.is_transient, "{}: {}", bench.who(), failure.message);
    assert_eq!(bench.net.requests().len(), before, "{}: {changed}: {}", bench.who(), failure.message);
    if answer.contains("code=") {
        assert!(!bench.seen(&code_in(&answer)), "{}: {changed}", bench.who());
    }
    failure
}

/// Sets, replaces or removes a parameter of an answer, undecoded.
pub(crate) fn with(answer: &str, name: &str, value: Option<&str>) -> String {
    let (address, query) = answer.split_once('?').unwrap();
    let kept = query.split('&').filter(|pair| pair.split('=').next() != Some(name)).map(str::to_owned);
    let set = value.map(|value| format!("{name}={value}"));
    format!("{address}?{}", kept.chain(set).collect::<Vec<_>>().join("&"))
}

fn part<'a>(answer: &'a str, name: &str) -> &'a str {
    let (_, query) = answer.split_once('?').unwrap();
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

/// A state that is not the one that was given, and one that was given to another.
#[test]
fn e7_a_callback_of_another_login_is_refused_before_anything_is_sent() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let other = bench.run(session.begin(CALLBACK)).unwrap();
        let others = part(&bench.server.follow(other.url()), "state").to_owned();
        let changes: [(&str, Change<'_>); 11] = [
            ("none", &|_| None),
            ("empty", &|_| Some(String::new())),
            ("short", &|state| Some(state[..1].to_owned())),
            ("cut", &|state| Some(state[..state.len() - 1].to_owned())),
            ("longer", &|state| Some(format!("{state}A"))),
            ("blank behind", &|state| Some(format!("{state}+"))),
            ("in capitals", &|state| Some(state.to_ascii_uppercase())),
            ("encoded twice", &|state| Some(format!("%25{:02x}{}", state.as_bytes()[0], &state[1..]))),
            ("of another login", &|_| Some(others.clone())),
            ("made up", &|_| Some("x".repeat(43))),
            ("zero", &|state| Some(format!("{state}%00"))),
        ];
        let text = format!("the callback belongs to no login begun here (state differs); {NOTHING_SENT}");
        for (what, change) in changes {
            let failure = refused(&bench, &session, |answer| {
                let state = change(part(answer, "state"));
                with(answer, "state", state.as_deref())
            });
            assert_eq!((failure.fault, &failure.message), (Fault::Caller, &text), "{}: {what}", bench.who());
        }
        for callback in
            ["", "?", "#", CALLBACK, "code=a", "/callback", "\u{0}", "&&&===", "=", "state", "state=&code="]
        {
            assert_eq!(refused(&bench, &session, |_| callback.to_owned()).message, text, "{callback:?}");
        }
        bench.assert_clean();
        bench.assert_nobody_else_heard();
    });
}

/// What is there twice is not guessed at (RFC 6749 section 3.1), in whatever spelling, and also where both say the same.
#[test]
fn e7_j4_what_is_there_twice_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        for name in ["state", "code", "iss"] {
            let text = format!("the callback has `{name}` more than once; {NOTHING_SENT}");
            let spelled = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
            for name_again in [name, &*spelled] {
                for value in [None, Some(""), Some("x")] {
                    let failure = refused(&bench, &session, |answer| {
                        let value = value.unwrap_or_else(|| part(answer, name));
                        format!("{answer}&{name_again}={value}")
                    });
                    assert_eq!(failure.message, text, "{}: {name_again}={value:?}", bench.who());
                }
            }
            assert_eq!(refused(&bench, &session, |answer| format!("{answer}&{name}")).message, text);
        }
        for name in ["error", "error_description"] {
            let failure = refused(&bench, &session, |answer| format!("{answer}&{name}=a&{name}=a"));
            assert_eq!(failure.message, format!("the callback has `{name}` more than once; {NOTHING_SENT}"));
        }
    });
}

/// A state is good once, also where its record is used again, and for the login it was made for.
#[test]
fn e7_a_state_is_not_used_twice_nor_for_another_login() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let begin = || bench.run(session.begin(CALLBACK)).unwrap();
        let (one, two) = (begin(), begin());
        let (first, second) = (bench.server.follow(one.url()), bench.server.follow(two.url()));
        let (first_record, second_record) = (one.to_record(), two.to_record());
        let of = |record| Pending::from_record(record).unwrap();
        for (pending, callback) in [(of(&first_record), &second), (of(&second_record), &first)] {
            let swapped = bench.run(session.finish(pending, &**callback)).unwrap_err();
            assert!(swapped.message.contains("state differs"), "{}", swapped.message);
        }
        assert_eq!(bench.count("/token"), 0, "{}", bench.who());
        // It was not used up by that.
        bench.run(session.finish(of(&first_record), &*first)).unwrap();
        let replayed = bench.run(session.finish(of(&first_record), &*first)).unwrap_err();
        assert_eq!(
            replayed.message,
            format!("this login has been finished already (its state was used); {NOTHING_SENT}")
        );
        // Nor does a new code make a used state new.
        let forged = with(&first, "code", Some(part(&second, "code")));
        assert!(bench.run(session.finish(of(&first_record), forged)).is_err());
        assert_eq!(bench.count("/token"), 1, "{}", bench.who());
        bench.run(session.finish(two, second)).unwrap();
        bench.assert_clean();
    });
}

/// The state comes first: of an answer that is not ours nothing else is looked at, and nothing of it is shown.
#[test]
fn e7_the_state_is_checked_before_anything_else() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        for more in [
            "&error=access_denied&error_description=call%200190",
            "&error=server_error&error_description=call%200190",
            "&error_description=call%200190",
        ] {
            let failure = refused(&bench, &session, |answer| {
                let answer = with(answer, "state", Some("call-0190"));
                with(&answer, "iss", Some("https%3A%2F%2Fcall-0190.example")) + more
            });
            assert!(failure.message.contains("state differs"), "{}", failure.message);
            assert!(failure.printed.iter().all(|text| !text.contains("0190")), "{:?}", failure.printed);
        }
        let failure =
            refused(&bench, &session, |answer| with(answer, "iss", Some("https%3A%2F%2Fevil.example")));
        assert!(failure.message.contains("iss differs"), "{}", failure.message);
        let failure = refused(&bench, &session, |answer| with(answer, "code", None));
        assert_eq!(failure.message, format!("the callback has neither a code nor an error; {NOTHING_SENT}"));
        let failure = refused(&bench, &session, |answer| with(answer, "code", Some("")));
        assert_eq!(failure.message, format!("the callback has neither a code nor an error; {NOTHING_SENT}"));
    });
}

/// The query as frameworks hand it over: alone, behind its path, or as a whole URL.
#[test]
fn a_callback_is_a_query_a_path_or_a_url() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let query = |answer: &str| answer.split_once('?').unwrap().1.to_owned();
        let forms: [Form<'_>; 8] = [
            &|answer| answer.to_owned(),
            &|answer| format!("{answer}#_=_"),
            &|answer| format!("  {answer}\r\n"),
            &query,
            &|answer| format!("?{}", query(answer)),
            &|answer| format!("/callback?{}", query(answer)),
            // What a proxy in front makes of it.
            &|answer| format!("http://10.0.0.7:8080/callback?{}", query(answer)),
            &|answer| with(answer, "iss", Some(bench.issuer())),
        ];
        for form in forms {
            let pending = bench.run(session.begin(CALLBACK)).unwrap();
            let callback = form(&bench.server.follow(pending.url()));
            bench.run(session.finish(pending, &*callback)).expect(&callback);
        }
        bench.assert_clean();
        // A question mark may stand in a query as it is (RFC 3986 section 3.4).
        bench.server.callback(Callback::Changed(Arc::new(|pairs: &mut Vec<(String, String)>| {
            pairs.iter_mut().filter(|(name, _)| name == "code").for_each(|pair| pair.1 = "abc".into());
        })));
        bench.server.next(Endpoint::Token, authwright_testkit::Reply::status(503));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = query(&bench.server.follow(pending.url())).replace("code=abc", "code=a?b/c:d");
        assert!(bench.run(session.finish(pending, callback)).unwrap_err().is_transient);
        let sent = bench.requests("/token").pop().unwrap().form_value("code");
        assert_eq!(sent.as_deref(), Some("a?b/c:d"), "{}", bench.who());
    });
}

/// RFC 9700 section 4.4.2.2: where servers do not name themselves, each is given a redirect URI of its own, and an answer
/// that came to another's is refused.
#[test]
fn q1_an_answer_to_another_redirect_uri_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()).says_issuer(false));
        let session = bench.session(bench.app("shop"));
        let text = "the callback did not come to the redirect URI of this login (its path differs; where something in \
                    front of you changes that, give the query alone)";
        for place in [
            "https://shop.example/callback/evil",
            "https://shop.example/",
            "https://shop.example",
            "/callback/",
            "/Callback",
            "/",
            "//callback",
            "com.example.shop:/signed-in",
        ] {
            let failure = refused(&bench, &session, |answer| answer.replace(CALLBACK, place));
            assert_eq!(failure.message, format!("{text}; {NOTHING_SENT}"), "{}: {place}", bench.who());
        }
        // And nothing of a refusal that came to another's is shown.
        bench.server.user_denies(true);
        let failure = refused(&bench, &session, |answer| answer.replace(CALLBACK, "/callback/evil"));
        assert!(failure.message.starts_with(text), "{}", failure.message);
    });
}

/// No server sends that much, and nobody decodes it.
#[test]
fn a_callback_that_is_endless_or_no_text_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let long = refused(&bench, &session, |answer| format!("{answer}&x={}", "x".repeat(16 * 1024)));
        assert_eq!(
            long.message,
            format!("the callback is longer than any answer of a server; {NOTHING_SENT}")
        );
        for name in ["state", "code", "iss", "error", "error_description"] {
            let failure = refused(&bench, &session, |answer| with(answer, name, Some("%ff%fe")));
            assert_eq!(failure.message, format!("the callback is not UTF-8; {NOTHING_SENT}"), "{name}");
        }
    });
}

/// The person comes back in an hour, or not at all.
#[test]
fn a_login_that_was_begun_long_ago_is_begun_anew() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        bench.clock.advance(Duration::from_secs(3601));
        let failure = bench.run(session.finish(pending, callback)).unwrap_err();
        assert!(failure.is_login_required, "{failure:?}");
        assert_eq!(
            failure.message,
            "this login was begun more than an hour ago, and has to be begun anew; nothing was sent"
        );
        assert_eq!(bench.count("/token"), 0, "{}", bench.who());
    });
}

/// A record that is damaged, old, or somebody's idea of one begins nothing, and is not quoted.
#[test]
fn a_record_that_is_none_is_refused() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| server.client(shop()));
        let session = bench.session(bench.app("shop"));
        let record = bench.run(session.begin(CALLBACK)).unwrap().to_record();
        let good: serde_json::Value = serde_json::from_str(&record).unwrap();
        let without = |name: &str| {
            let mut record = good.clone();
            record.as_object_mut().unwrap().remove(name);
            record.to_string()
        };
        let set = |name: &str, value: serde_json::Value| {
            let mut record = good.clone();
            record[name] = value;
            record.to_string()
        };
        let mut bad = vec![
            String::new(),
            "null".into(),
            "[]".into(),
            "c4nary".into(),
            record[..record.len() - 1].to_owned(),
            set("version", 2.into()),
            set("begun_at", u64::MAX.into()),
            set("begun_at", "c4nary".into()),
            set("state", "".into()),
        ];
        for name in [
            "version",
            "url",
            "issuer",
            "client_id",
            "redirect_uri",
            "state",
            "verifier",
            "scope",
            "begun_at",
        ] {
            bad.push(without(name));
            bad.push(set(name, serde_json::Value::Null));
        }
        for record in bad {
            let error = Pending::from_record(&record).expect_err(&record);
            assert_eq!(
                error.to_string(),
                "this is no record of a login that has begun; it has to be begun anew"
            );
        }
        Pending::from_record(&record).unwrap();
    });
}
