//! Nonces that come back, end early, are good for one use, or are given to many.

use authwright_core::*;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::*};

use crate::support::*;

/// One-time nonces with stale=true, and two redirects.
#[test]
fn one_time_nonces_and_redirects() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let (mut n, mut used) = (0, Vec::new());
    let (seen, end) = run(&auth, "https://api.example.com/a", &[], false, |line, sent| {
        n += 1;
        let fresh = sent.is_some_and(|a| {
            let x = part(a, "nonce").to_owned();
            let f = !used.contains(&x);
            used.push(x);
            f
        });
        match (sent, fresh) {
            (None, _) => ask(&challenge(&n.to_string(), "")),
            (_, false) => ask(&challenge(&n.to_string(), ", stale=true")),
            _ => match line {
                "/a" => (302, vec![(LOCATION, "/b".into())]),
                "/b" => (302, vec![(LOCATION, "/c".into())]),
                _ => ok(),
            },
        }
    });
    assert!(is_200(&end), "{} {end:?}", seen.len());
}

/// nextnonce that comes back.
#[test]
fn nextnonce_that_is_known() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let mut seen = std::collections::HashSet::new();
    for i in 0..6 {
        run(&auth, "https://api.example.com/a", &[], false, |_, sent| match sent {
            None => ask(&challenge("a", "")),
            Some(a) => {
                assert!(seen.insert((part(a, "nonce").to_owned(), part(a, "nc").to_owned())), "{i}: {a}");
                let next = if part(a, "nonce") == "a" { "b" } else { "a" };
                (200, vec![(HeaderName::from_static("authentication-info"), format!("nextnonce=\"{next}\""))])
            }
        });
    }
}

/// nextnonce equal to the nonce of a challenge another request was told.
#[test]
fn nextnonce_beside_a_challenge() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let mut seen = std::collections::HashSet::new();
    let url = "https://api.example.com/a";
    let seen = std::cell::RefCell::new(&mut seen);
    let log = |a: &str| {
        assert!(seen.borrow_mut().insert((part(a, "nonce").to_owned(), part(a, "nc").to_owned())), "{a}");
    };
    run(&auth, url, &[], false, |_, sent| match sent {
        None => ask(&challenge("1", "")),
        Some(a) => {
            log(a);
            ok()
        }
    });
    // two in flight with nonce 1; the outer one is told stale / nonce 2, the inner one nextnonce 2.
    run(&auth, url, &[], false, |_, sent| {
        let a = sent.unwrap();
        log(a);
        if part(a, "nonce") == "1" {
            run(&auth, url, &[], false, |_, sent| {
                log(sent.unwrap());
                (200, vec![(HeaderName::from_static("authentication-info"), "nextnonce=\"2\"".into())])
            });
            return ask(&challenge("2", ", stale=true"));
        }
        ok()
    });
    run(&auth, url, &[], false, |_, sent| {
        log(sent.unwrap());
        ok()
    });
    // other order: challenge first, its resend second
}

#[test]
fn challenge_then_nextnonce() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let seen = std::cell::RefCell::new(std::collections::HashSet::new());
    let url = "https://api.example.com/a";
    let log = |a: &str| {
        assert!(seen.borrow_mut().insert((part(a, "nonce").to_owned(), part(a, "nc").to_owned())), "{a}");
    };
    run(&auth, url, &[], false, |_, sent| match sent {
        None => ask(&challenge("1", "")),
        Some(a) => {
            log(a);
            ok()
        }
    });
    run(&auth, url, &[], false, |_, sent| {
        log(sent.unwrap());
        // inner: told stale with nonce 2, uses it
        run(&auth, url, &[], false, |_, sent| {
            let a = sent.unwrap();
            log(a);
            if part(a, "nonce") == "1" { ask(&challenge("2", ", stale=true")) } else { (500, vec![]) }
        });
        (200, vec![(HeaderName::from_static("authentication-info"), "nextnonce=\"2\"".into())])
    });
    run(&auth, url, &[], false, |_, sent| {
        log(sent.unwrap());
        ok()
    });
}

/// One nonce for all, and another protection for one page.
#[test]
fn same_nonce_another_qop() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let server = |line: &str, sent: Option<&str>| {
        let qop = if line == "/b" { "auth-int" } else { "auth" };
        match sent {
            Some(a) if part(a, "qop") == qop => ok(),
            _ => ask(&format!("Digest realm=\"r\", nonce=\"n\", qop=\"{qop}\"")),
        }
    };
    assert!(is_200(&run(&auth, "https://api.example.com/b", &[], false, server).1));
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    assert!(is_200(&run(&auth, "https://api.example.com/a", &[], false, server).1));
    for _ in 0..4 {
        run(&auth, "https://api.example.com/b", &[], false, server);
    }
    let (seen, end) = run(&auth, "https://api.example.com/b", &[], false, server);
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

/// The server learns qop (update of firmware): nonce the same.
#[test]
fn plain_first_then_qop() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    run(&auth, "https://api.example.com/a", &[], false, |_, s| {
        if s.is_some() { ok() } else { ask("Digest realm=\"r\", nonce=\"n\"") }
    });
    let server = |_: &str, sent: Option<&str>| match sent {
        Some(a) if a.contains("qop=auth") => ok(),
        _ => ask("Digest realm=\"r\", nonce=\"n\", qop=\"auth\""),
    };
    run(&auth, "https://api.example.com/a", &[], false, server);
    let (seen, end) = run(&auth, "https://api.example.com/a", &[], false, server);
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

/// A page that is not permitted, and a nonce that ends at a server without `stale`.
#[test]
fn doubt_then_expiry() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let (mut n, mut valid) = (0, 0);
    let mut server = |line: &str, sent: Option<&str>| {
        if line == "/expire" {
            valid = n + 1;
            return ok();
        }
        if let Some(a) = sent
            && part(a, "nonce").parse::<i32>().unwrap() >= valid
            && line != "/admin"
        {
            return ok();
        }
        n += 1;
        ask(&challenge(&n.to_string(), ""))
    };
    assert!(is_200(&run(&auth, "https://api.example.com/a", &[], false, &mut server).1));
    run(&auth, "https://api.example.com/admin", &[], false, &mut server);
    let other = Auth::none();
    run(&other, "https://api.example.com/expire", &[], false, &mut server);
    let (seen, end) = run(&auth, "https://api.example.com/a", &[], false, &mut server);
    assert!(is_200(&end), "{seen:#?} {end:?}");
}

/// Password changed; a public page in between.
#[test]
fn attempts_after_a_change() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let (mut n, mut good) = (0, true);
    let mut tried = 0;
    let mut server = |line: &str, sent: Option<&str>, g: bool| {
        good = g;
        if line == "/public" {
            return ok();
        }
        if sent.is_some() {
            if good {
                return ok();
            }
            tried += 1;
        }
        n += 1;
        ask(&challenge(&n.to_string(), ""))
    };
    run(&auth, "https://api.example.com/a", &[], false, |l, s| server(l, s, true));
    for _ in 0..5 {
        run(&auth, "https://api.example.com/a", &[], false, |l, s| server(l, s, false));
        run(&auth, "https://api.example.com/public", &[], false, |l, s| server(l, s, false));
    }
    assert!(tried <= 6, "{tried}");
}

fn through(
    policy: &Policy,
    url: &str,
    mut server: impl FnMut(&str, Option<&str>) -> Reply,
) -> (Vec<Option<String>>, String) {
    let mut exchange = Exchange::new(None, policy);
    let mut headers = HeaderMap::new();
    let mut url = url.to_owned();
    let mut seen = vec![];
    loop {
        let target = Target::parse(&url).unwrap();
        exchange
            .step(Outgoing { method: &Method::GET, target, headers: &mut headers, body: Body::Empty })
            .unwrap();
        let sent = headers.get(PROXY_AUTHORIZATION).map(|v| v.to_str().unwrap().to_owned());
        seen.push(sent.clone());
        let (status, fields) = server(target.path(), sent.as_deref());
        let mut answer = HeaderMap::new();
        for (name, value) in fields {
            answer.append(name, HeaderValue::from_str(&value).unwrap());
        }
        match exchange
            .observed(&ResponseView::new(StatusCode::from_u16(status).unwrap(), &answer), target)
            .unwrap()
        {
            Next::Deliver => return (seen, status.to_string()),
            Next::ProxyDenied(p) => return (seen, p.to_string()),
            Next::Resend { headers: h, .. } => headers = h,
            Next::Follow(f) => {
                headers = f.headers;
                url = f.url;
            }
            other => panic!("{other:?}"),
        }
    }
}
fn pask(line: &str) -> Reply {
    (407, vec![(PROXY_AUTHENTICATE, line.to_owned())])
}

#[test]
fn proxy_changes_from_digest_to_basic() {
    let proxy = ProxyAccess::new("http://127.0.0.1:3128", Password::new("sam", "pw")).unwrap();
    let policy = Policy { proxy: Some(proxy), ..Policy::default() };
    let (_, end) =
        through(
            &policy,
            "http://x.example/",
            |_, s| if s.is_some() { ok() } else { pask(&challenge("n", "")) },
        );
    assert_eq!(end, "200");
    for _ in 0..3 {
        through(&policy, "http://x.example/", |_, s| match s {
            Some(s) if s.starts_with("Basic") => ok(),
            _ => pask("Basic realm=\"r\""),
        });
    }
    let (seen, end) = through(&policy, "http://x.example/", |_, s| match s {
        Some(s) if s.starts_with("Basic") => ok(),
        _ => pask("Basic realm=\"r\""),
    });
    assert_eq!(end, "200", "{seen:#?}");
}

#[test]
fn proxy_one_time_nonces_and_redirects() {
    let proxy = ProxyAccess::new("http://127.0.0.1:3128", Digest::new("sam", "pw")).unwrap();
    let policy = Policy { proxy: Some(proxy), ..Policy::default() };
    for stale in ["", ", stale=true"] {
        let (mut n, mut used) = (0, Vec::new());
        let (_, end) = through(&policy, "http://x.example/a", |line, sent| {
            n += 1;
            let fresh = sent.is_some_and(|a| {
                let x = part(a, "nonce").to_owned();
                let f = !used.contains(&x);
                used.push(x);
                f
            });
            match (sent, fresh) {
                (None, _) => pask(&challenge(&format!("{stale}{n}").replace(['"', '=', ',', ' '], ""), "")),
                (_, false) => {
                    pask(&challenge(&format!("{stale}{n}").replace(['"', '=', ',', ' '], ""), stale))
                }
                _ => match line {
                    "/a" => (302, vec![(LOCATION, "/b".into())]),
                    "/b" => (302, vec![(LOCATION, "/c".into())]),
                    _ => ok(),
                },
            }
        });
        assert_eq!(end, "200");
    }
}

#[derive(Debug)]
struct Signer([Slot; 1]);
impl Scheme for Signer {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.query_pair("k", "sig");
        Ok(Step::Send)
    }
    fn signs(&self) -> bool {
        true
    }
    fn writes(&self) -> &[Slot] {
        &self.0
    }
}
#[test]
fn held_query_key_is_not_the_callers() {
    let auth = Auth::new("https://api.example.com/v1", ApiKey::query("k", "key")).unwrap();
    let auth = auth.and(H, Signer([Slot::Query("k".into())])).unwrap();
    let policy = Policy::default();
    let mut exchange = Exchange::new(Some(&auth), &policy);
    exchange.record_trail();
    let mut headers = HeaderMap::new();
    let target = Target::parse("https://api.example.com/v1/x").unwrap();
    exchange
        .step(Outgoing { method: &Method::GET, target, headers: &mut headers, body: Body::Empty })
        .unwrap();
    let next =
        exchange.observed(&ResponseView::new(StatusCode::UNAUTHORIZED, &HeaderMap::new()), target).unwrap();
    assert!(matches!(next, Next::Denied(_)), "{next:?}");
}

#[test]
fn md5_off_and_the_order() {
    let auth = Auth::new(H, Password::new("sam", "pw").without_md5()).unwrap();
    let (seen, end) = run(&auth, "https://api.example.com/", &[], false, |_, sent| match sent {
        Some(_) => ok(),
        _ => (
            401,
            vec![
                (WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5".into()),
                (WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=NEW".into()),
                (WWW_AUTHENTICATE, "Basic realm=\"r\"".into()),
            ],
        ),
    });
    assert!(seen.iter().all(|(_, s)| s.is_none()), "{seen:#?} {end:?}");
}

/// Two backends with a fixed nonce each.
#[test]
fn back_to_a_nonce_of_before() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let server = |nonce: &'static str| {
        move |_: &str, s: Option<&str>| match s {
            Some(a) if part(a, "nonce") == nonce => ok(),
            _ => ask(&challenge(nonce, ", stale=true")),
        }
    };
    for nonce in ["a", "b"] {
        run(&auth, "https://api.example.com/", &[], false, server(nonce));
    }
    for _ in 0..4 {
        run(&auth, "https://api.example.com/", &[], false, server("a"));
    }
    assert!(run(&auth, "https://api.example.com/", &[], false, server("a")).0.len() == 1);
    let (_, end) = run(&auth, "https://api.example.com/", &[], true, server("a"));
    assert!(is_200(&end), "a stream: {end:?}");
}

/// An answer may be sixty nonces behind, and a forged proof in it is still seen.
#[test]
fn proof_after_rotations() {
    for rotations in [20, 33, 60] {
        let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
        run(&auth, "https://api.example.com/", &[], false, |_, s| {
            if s.is_some() { ok() } else { ask(&challenge("0", "")) }
        });
        let (_, end) = run(&auth, "https://api.example.com/", &[], false, |_, _| {
            for i in 0..rotations {
                run(&auth, "https://api.example.com/", &[], false, |_, _| {
                    (
                        200,
                        vec![(HeaderName::from_static("authentication-info"), format!("nextnonce=\"x{i}\""))],
                    )
                });
            }
            (200, vec![(HeaderName::from_static("authentication-info"), "rspauth=\"00\", qop=auth".into())])
        });
        assert!(matches!(end, End::Error(_)), "{rotations}: {end:?}");
    }
}

/// A stream is told a nonce; two requests side by side begin with it, at a server that takes each nonce once and has no `stale`.
#[test]
fn learnt_by_a_stream_and_expired() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    run(&auth, "https://api.example.com/", &[], true, |_, _| ask(&challenge("1", "")));
    let (seen, end) = run(&auth, "https://api.example.com/", &[], false, |_, s| match s {
        Some(a) if part(a, "nonce") == "2" => ok(),
        _ => ask(&challenge("2", "")),
    });
    assert!(is_200(&end), "{} {end:?}", seen.len());
}

/// -sess with a nonce that comes back.
#[test]
fn sess() {
    let auth = Auth::new(H, Digest::new("sam", "pw")).unwrap();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..6 {
        run(&auth, "https://api.example.com/a", &[], false, |_, sent| match sent {
            None => ask(&challenge("a", ", algorithm=SHA-256-sess")),
            Some(a) => {
                assert!(seen.insert((part(a, "nonce").to_owned(), part(a, "nc").to_owned())), "{a}");
                (
                    200,
                    vec![(
                        HeaderName::from_static("authentication-info"),
                        format!("nextnonce=\"{}\"", if part(a, "nonce") == "a" { "b" } else { "a" }),
                    )],
                )
            }
        });
    }
}
