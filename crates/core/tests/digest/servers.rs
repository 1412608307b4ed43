//! Servers, and what else is on the request.

use authwright_core::*;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::*};

use crate::support::*;

#[test]
fn callers_own_authorization_with_a_stream_is_not_refused_for_auth_int() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let ask_int = "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256";
    let server = |_: &str, sent: Option<&str>| if sent.is_some() { ok() } else { ask(ask_int) };
    assert!(is_200(&run(&auth, "https://api.example.com/a", &[], false, server).1));
    let own = [(AUTHORIZATION, "Bearer own")];
    let (_, end) = run(&auth, "https://api.example.com/a", &own, true, server);
    assert!(is_200(&end), "rule 2: {end:?}");
}

#[test]
fn a_field_another_takes_burns_no_count() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let server = |_: &str, sent: Option<&str>| if sent.is_some() { ok() } else { ask(&digest("r")) };
    run(&auth, "https://api.example.com/a", &[], false, server);
    run(&auth, "https://api.example.com/a", &[(AUTHORIZATION, "Bearer own")], false, server);
    let (seen, _) = run(&auth, "https://api.example.com/a", &[], false, server);
    assert!(seen[0].1.as_deref().unwrap().contains("nc=00000002"), "{seen:?}");
}

#[test]
fn basic_at_the_root_page_beside_digest() {
    let auth = Auth::new(H, Password::new("sam", "pw")).unwrap();
    let server = |line: &str, sent: Option<&str>| match (line, sent) {
        ("/", Some(sent)) if sent.starts_with("Basic ") => ok(),
        ("/", _) => ask("Basic realm=\"b\""),
        (_, sent) => wants("d", sent),
    };
    assert!(is_200(&run(&auth, "https://api.example.com/api/x", &[], false, server).1));
    for _ in 0..3 {
        let (seen, end) = run(&auth, "https://api.example.com/", &[], false, server);
        assert!(is_200(&end), "{seen:#?} {end:?}");
    }
}

#[test]
fn a_redirect_to_another_realm_of_the_origin() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let (seen, end) = run(&auth, "https://api.example.com/a/x", &[], false, |line, sent| match line {
        "/a/x" => match wants("a", sent) {
            (200, _) => (302, vec![(LOCATION, "/b/x".into())]),
            other => other,
        },
        _ => wants("b", sent),
    });
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

#[test]
fn a_redirect_out_of_domain() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let line = "Digest realm=\"a\", nonce=\"n\", qop=\"auth\", domain=\"/a\"";
    let (seen, end) =
        run(&auth, "https://api.example.com/a/x", &[], false, |path, sent| match (path, sent) {
            (_, None) => ask(line),
            ("/a/x", _) => (302, vec![(LOCATION, "/b/x".into())]),
            _ => ok(),
        });
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

#[test]
fn without_md5_is_not_a_way_to_plain_basic() {
    let auth = Auth::new(H, Password::new("sam", "pw").without_md5()).unwrap();
    let (seen, end) = run(&auth, "https://api.example.com/", &[], false, |_, sent| match sent {
        Some(sent) if sent.starts_with("Basic") => ok(),
        _ => (
            401,
            vec![
                (WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"".into()),
                (WWW_AUTHENTICATE, "Basic realm=\"r\"".into()),
            ],
        ),
    });
    assert!(seen.iter().all(|(_, sent)| sent.is_none()), "{seen:#?} {end:?}");
}

#[test]
fn the_reason_survives_beside_a_key() {
    let auth = Auth::new(H, ApiKey::header("X-API-Key", "k")).unwrap();
    let auth = auth.and(H, Digest::new("sam", "pw").without_md5()).unwrap();
    let line = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"";
    let (_, end) = run(&auth, "https://api.example.com/", &[], false, |_, _| ask(line));
    let End::Denied(text) = end else { panic!("{end:?}") };
    assert!(text.contains("MD5"), "{text}");
}

#[test]
fn the_reason_survives_an_answer() {
    let auth = Auth::new(H, Digest::new("sam", "pw").without_md5()).unwrap();
    run(&auth, "https://api.example.com/", &[], false, |_, sent| wants("r", sent));
    let line = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"";
    let (_, end) = run(&auth, "https://api.example.com/", &[], false, |_, _| ask(line));
    let End::Denied(text) = end else { panic!("{end:?}") };
    assert!(text.contains("MD5"), "{text}");
}

#[test]
fn a_dot_segment_below_a_domain_can_be_answered_or_the_text_is_true() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let line = "Digest realm=\"a\", nonce=\"n\", qop=\"auth\", domain=\"/a\"";
    let (seen, end) = run(&auth, "https://api.example.com/a/%2e%2e/x", &[], false, |_, sent| match sent {
        None => ask(line),
        _ => ok(),
    });
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

#[derive(Debug)]
struct Asks(Vec<Slot>);
impl Scheme for Asks {
    fn authorize(&self, _: &mut Hop<'_>) -> Result<Step, Error> {
        Ok(Step::Bare)
    }
    fn waits(&self) -> bool {
        true
    }
    fn signs(&self) -> bool {
        true
    }
    fn writes(&self) -> &[Slot] {
        &self.0
    }
}

#[test]
fn the_place_of_a_bare_entry_stays_free() {
    let auth = Auth::new(H, Bearer::new("t0ken")).unwrap();
    let auth = auth.and("https://api.example.com/v1", Asks(vec![Slot::Header(AUTHORIZATION)])).unwrap();
    let (seen, _) = run(&auth, "https://api.example.com/v1/x", &[], false, |_, _| ok());
    assert_eq!(seen[0].1, None);
}

#[derive(Debug)]
struct WritesAndIsBare;
impl Scheme for WritesAndIsBare {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.header("x-proof", "s3cret")?;
        Ok(Step::Bare)
    }
    fn waits(&self) -> bool {
        true
    }
}

#[test]
fn bare_sends_nothing() {
    let auth = Auth::new(H, WritesAndIsBare).unwrap();
    let policy = Policy::default();
    let mut exchange = Exchange::new(Some(&auth), &policy);
    let mut headers = HeaderMap::new();
    let target = Target::parse("https://api.example.com/").unwrap();
    exchange
        .step(Outgoing { method: &Method::GET, target, headers: &mut headers, body: Body::Empty })
        .unwrap();
    assert!(headers.is_empty(), "{headers:?}");
}

#[test]
fn nextnonce_for_a_space_that_is_gone_keeps_domain() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let line = "Digest realm=\"a\", nonce=\"n\", qop=\"auth\", domain=\"/a\"";
    let url = "https://api.example.com/a/x";
    run(&auth, url, &[], false, |_, sent| {
        if sent.is_none() {
            return ask(line);
        }
        // While this answer is under way another one is refused.
        run(&auth, url, &[], false, |_, _| {
            ask("Digest realm=\"a\", nonce=\"m\", qop=\"auth\", domain=\"/a\"")
        });
        (200, vec![(HeaderName::from_static("authentication-info"), "nextnonce=\"n2\"".into())])
    });
    let (seen, _) = run(&auth, "https://api.example.com/elsewhere", &[], false, |_, _| ok());
    assert_eq!(seen[0].1, None, "outside `domain`");
}

#[test]
fn a_refused_nonce_that_another_request_has_replaced() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let url = "https://api.example.com/x";
    let line = |nonce: &str, more: &str| format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"{more}");
    let (seen, end) = run(&auth, url, &[], false, |_, sent| match sent {
        None => ask(&line("1", "")),
        Some(sent) if sent.contains("nonce=\"1\"") => {
            // Meanwhile another request has been told, and has been let in with the new nonce.
            let (_, other) = run(&auth, url, &[], false, |_, sent| match sent {
                Some(sent) if sent.contains("nonce=\"2\"") => ok(),
                _ => ask(&line("2", ", stale=true")),
            });
            assert!(is_200(&other));
            ask(&line("3", ""))
        }
        Some(_) => ok(),
    });
    println!("{seen:#?} {end:?}");
    // Challenged is spent by the first; at the least the text must not send people after their password,
    // and the good session must not be lost.
    let End::Denied(text) = &end else { return };
    assert!(!text.contains("check that it is correct"), "{text}");
}

#[test]
fn first_requests_side_by_side_at_a_server_with_nonces_for_one_use() {
    // Correct password; the server takes every nonce once and says nothing of `stale`.
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let url = "https://api.example.com/x";
    let line = |nonce: &str| format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"");
    let (seen, end) = run(&auth, url, &[], false, |_, sent| match sent {
        None => {
            // The other one's first round trip falls between this one's two sends.
            let (_, other) = run(&auth, url, &[], false, |_, sent| match sent {
                Some(sent) if sent.contains("nonce=\"2\"") => ok(),
                _ => ask(&line("2")),
            });
            assert!(is_200(&other));
            ask(&line("3"))
        }
        // 2 is used up, 3 is what this request was told.
        Some(sent) if sent.contains("nonce=\"3\"") => ok(),
        Some(_) => ask(&line("4")),
    });
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

#[test]
fn a_cookie_does_not_hide_why_digest_was_not_answered() {
    let auth = Auth::new(H, Digest::new("sam", "pw").without_md5()).unwrap();
    let line = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"";
    let (_, end) = run(&auth, "https://api.example.com/", &[(COOKIE, "lang=en")], false, |_, _| ask(line));
    assert!(matches!(end, End::Denied(_)), "{end:?}");
}

#[test]
fn stale_for_ever_is_not_a_wrong_password() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let mut n = 0;
    let (seen, end) = run(&auth, "https://api.example.com/", &[], false, |_, _| {
        n += 1;
        ask(&format!("Digest realm=\"r\", nonce=\"{n}\", qop=\"auth\", stale=true"))
    });
    // C8 allows one send more than A6.
    assert_eq!(seen.len(), 3);
    let End::Denied(text) = end else { panic!() };
    assert!(text.contains("it wants another nonce every time"), "{text}");
}

#[test]
fn a_403_with_a_stream_does_not_say_send_again() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    run(&auth, "https://api.example.com/", &[], false, |_, sent| wants("r", sent));
    let (_, end) = run(&auth, "https://api.example.com/", &[], true, |_, _| (403, vec![]));
    let End::Denied(text) = end else { panic!() };
    assert!(!text.contains("send again"), "{text}");
}

#[test]
fn one_user_with_many_refusals_does_not_lose_others_under_way() {
    // Server B's forged proof goes unseen once 64 refusals of A were learnt: `forget` retires the same session each time.
    let auth =
        Auth::new(["https://a.example.com", "https://b.example.com"], Digest::new("sam", "pw")).unwrap();
    run(&auth, "https://b.example.com/x", &[], false, |_, sent| wants("r", sent));
    let (_, end) = run(&auth, "https://b.example.com/x", &[], false, |_, _| {
        // b's session is retired by another request's nextnonce ...
        run(&auth, "https://b.example.com/x", &[], false, |_, _| {
            (200, vec![(HeaderName::from_static("authentication-info"), "nextnonce=\"b2\"".into())])
        });
        // ... and 65 refusals by a push it out.
        for i in 0..65 {
            run(&auth, "https://a.example.com/x", &[], false, |_, _| {
                ask(&format!("Digest realm=\"a\", nonce=\"a{i}\", qop=\"auth\""))
            });
        }
        (200, vec![(HeaderName::from_static("authentication-info"), "rspauth=\"00\", qop=auth".into())])
    });
    assert!(matches!(end, End::Error(_)), "the forged proof is delivered: {end:?}");
}

#[test]
fn a_session_algorithm_without_qop_cannot_be_verified() {
    // A1 holds a client nonce that RFC 2069's form does not send.
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let (seen, _) = run(&auth, "https://api.example.com/", &[], false, |_, _| {
        (
            401,
            vec![
                (WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256-sess".into()),
                (WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"".into()),
            ],
        )
    });
    let answer = seen[1].1.as_deref().unwrap();
    assert!(answer.contains("cnonce="), "{answer}");
}

#[test]
fn sha_256_without_qop_is_no_rfc_2069_server() {
    let auth = Auth::new(H, Digest::new("sam", "pw").without_md5()).unwrap();
    let (seen, _) = run(&auth, "https://api.example.com/", &[], false, |_, _| {
        ask("Digest realm=\"r\", nonce=\"chosen by the one on the way\", algorithm=SHA-256")
    });
    assert!(seen.len() == 1 || seen[1].1.as_deref().unwrap().contains("cnonce="), "{seen:#?}");
}

#[test]
fn a_page_sam_may_not_see_does_not_cost_the_stream_after_it() {
    // Apache's `Require user admin`: 401 for a right answer of the wrong person.
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let mut n = 0;
    let mut server = |path: &str, sent: Option<&str>| {
        n += 1;
        let line = format!("Digest realm=\"r\", nonce=\"{n}\", qop=\"auth\"");
        if path == "/admin" || sent.is_none() { ask(&line) } else { ok() }
    };
    assert!(is_200(&run(&auth, "https://api.example.com/x", &[], false, &mut server).1));
    assert!(
        is_200(&run(&auth, "https://api.example.com/x", &[], true, &mut server).1),
        "a stream, answered from the start"
    );
    run(&auth, "https://api.example.com/admin", &[], false, &mut server);
    let (_, end) = run(&auth, "https://api.example.com/x", &[], true, &mut server);
    assert!(is_200(&end), "{end:?}");
}

#[test]
fn what_the_server_named_in_domain_is_not_evicted() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let line = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", domain=\"/a /b\"";
    let server = |_: &str, sent: Option<&str>| if sent.is_some() { ok() } else { ask(line) };
    run(&auth, "https://api.example.com/b/x", &[], false, server);
    for i in 0..31 {
        run(&auth, &format!("https://api.example.com/file{i}"), &[], false, server);
    }
    let (seen, _) = run(&auth, "https://api.example.com/b/x", &[], false, server);
    assert!(seen[0].1.is_some());
}

#[test]
fn a_refusal_by_a_limiter_is_no_proof_of_the_password() {
    let auth = Auth::new(H, Digest::new("sam", "wrong")).unwrap();
    let mut n = 0;
    let mut first = true;
    let mut server = |_: &str, sent: Option<&str>| {
        n += 1;
        if sent.is_some() && std::mem::take(&mut first) {
            return (429, vec![]);
        }
        ask(&format!("Digest realm=\"r\", nonce=\"{n}\", qop=\"auth\""))
    };
    run(&auth, "https://api.example.com/", &[], false, &mut server);
    let (seen, _) = run(&auth, "https://api.example.com/", &[], false, &mut server);
    assert!(
        seen.iter().filter(|(_, sent)| sent.is_some()).count() <= 1,
        "a wrong password is tried once: {seen:#?}"
    );
}

/// Two realms of one origin get one nonce at the same moment: each takes a count of its own.
#[test]
fn one_nonce_in_two_realms_is_counted_once_under_concurrency() {
    let target = |path: &str| format!("https://api.example.com/{path}/x");
    let mut twice = 0;
    for round in 0..20_000 {
        let scheme = Digest::new("sam", "pw").into_scheme().unwrap();
        let start = std::sync::Barrier::new(2);
        let one = |realm: &'static str| {
            let mut headers = HeaderMap::new();
            let line = format!("Digest realm=\"{realm}\", nonce=\"n{round}\", qop=auth, domain=\"/{realm}\"");
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_str(&line).unwrap());
            let url = target(realm);
            start.wait();
            let view = ResponseView::new(StatusCode::UNAUTHORIZED, &headers);
            let verdict = scheme.observed(&view.sent_to(Target::parse(&url).unwrap()), Stamp(0)).unwrap();
            let Verdict::Resend { stamp, .. } = verdict else { panic!("{verdict:?}") };
            let mut hop = Hop::test("GET", &url).again_with(stamp);
            scheme.authorize(&mut hop).unwrap();
            let answer = hop.attached("authorization").unwrap().to_owned();
            answer[answer.find("nc=").unwrap()..][..11].to_owned()
        };
        let (a, b) = std::thread::scope(|scope| {
            let a = scope.spawn(|| one("a"));
            (one("b"), a.join().unwrap())
        });
        twice += usize::from(a == b);
    }
    assert_eq!(twice, 0, "one count sent twice with one nonce, of 20000");
}

#[test]
fn a_second_realm_at_the_root_page_leaves_the_rest_to_the_first() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let server = |path: &str, sent: Option<&str>| wants(if path == "/" { "root" } else { "api" }, sent);
    assert!(is_200(&run(&auth, "https://api.example.com/api/x", &[], false, server).1));
    assert!(is_200(&run(&auth, "https://api.example.com/", &[], false, server).1));
    let (seen, end) = run(&auth, "https://api.example.com/api/x", &[], true, server);
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

#[test]
fn explain_does_not_promise_what_goes_bare() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let text = auth.explain("https://api.example.com/").unwrap().to_string();
    assert!(!text.ends_with("  attached"), "{text}");
}
