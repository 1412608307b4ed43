//! Answers letter by letter, and what is learnt from refusals. What goes over the wire is tested by the contract suite.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

use super::*;
use crate::{
    Challenges, Hop, Resend, ResponseView, Stamp, Step, Target, Verdict,
    schemes::negotiated::AUTHENTICATION_INFO,
};

const URL: &str = "https://api.example.com/dir/index.html";

fn sam() -> Arc<dyn Scheme> {
    Digest::new("sam", "hunter2").into_scheme().unwrap()
}

/// What the scheme sends to a URL.
fn sent_to(scheme: &dyn Scheme, url: &str) -> Option<String> {
    let mut hop = Hop::test("GET", url);
    match scheme.authorize(&mut hop).unwrap() {
        Step::Send => hop.attached("authorization").map(str::to_owned),
        Step::Bare => None,
        other => panic!("{other:?}"),
    }
}

/// The same, with its stamp.
fn stamped(scheme: &dyn Scheme, url: &str) -> Stamp {
    let mut hop = Hop::test("GET", url);
    scheme.authorize(&mut hop).unwrap();
    hop.stamped()
}

/// What the scheme makes of an answer.
fn told(
    scheme: &dyn Scheme,
    url: &str,
    status: u16,
    (name, line): (HeaderName, &str),
    sent: Stamp,
) -> Result<Verdict, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(line).unwrap());
    let response = ResponseView::new(StatusCode::from_u16(status).unwrap(), &headers);
    scheme.observed(&response.sent_to(Target::parse(url).unwrap()), sent)
}

fn challenged(scheme: &dyn Scheme, url: &str, line: &str, sent: Stamp) -> Verdict {
    told(scheme, url, 401, (WWW_AUTHENTICATE, line), sent).unwrap()
}

/// Asked by the server, answered, and let in: its realm is known from then on. Gives the answer and its stamp.
fn let_in(scheme: &dyn Scheme, url: &str, line: &str, sent: Stamp) -> (String, Stamp) {
    let (answer, stamp) = again(scheme, url, challenged(scheme, url, line, sent));
    told(scheme, url, 200, (AUTHENTICATION_INFO, "qop=auth"), stamp).unwrap();
    (answer, stamp)
}

/// What is sent after a refusal.
fn again(scheme: &dyn Scheme, url: &str, verdict: Verdict) -> (String, Stamp) {
    let Verdict::Resend { stamp, .. } = verdict else { panic!("{verdict:?}") };
    let mut hop = Hop::test("GET", url).again_with(stamp);
    assert!(matches!(scheme.authorize(&mut hop).unwrap(), Step::Send));
    (hop.attached("authorization").unwrap().to_owned(), hop.stamped())
}

fn because(verdict: Verdict) -> Option<Resend> {
    match verdict {
        Verdict::Resend { because, .. } => Some(because),
        _ => None,
    }
}

fn param(answer: &str, name: &str) -> String {
    let challenge = Challenges::parse(answer.as_bytes()).next().unwrap();
    challenge.param(name).unwrap_or_else(|| panic!("no {name} in {answer}")).text().into_owned()
}

/// RFC 7616 section 3.9.1.
#[test]
fn c11_the_first_example_of_the_rfc() {
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let scheme = Digest::new("Mufasa", "Circle of Life").fixed_cnonce(cnonce).into_scheme().unwrap();
        let line = format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
             nonce=\"{nonce}\", opaque=\"{opaque}\""
        );
        let (answer, _) = let_in(&*scheme, URL, &line, Stamp(0));
        assert_eq!(
            answer,
            format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", algorithm={algorithm}, \
                 opaque=\"{opaque}\", nonce=\"{nonce}\", uri=\"/dir/index.html\", nc=00000001, \
                 cnonce=\"{cnonce}\", qop=auth, response=\"{response}\""
            )
        );
    }
}

/// RFC 7616 section 3.9.2, with the values of its erratum 4897: those in the text were made with SHA-512 cut short, which is another
/// function than SHA-512/256.
#[test]
fn c11_the_second_example_of_the_rfc() {
    let url = "https://api.example.org/doe.json";
    let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    let scheme =
        Digest::new("J\u{e4}s\u{f8}n Doe", "Secret, or not?").fixed_cnonce(cnonce).into_scheme().unwrap();
    let line = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
                nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
                opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true";
    let (answer, _) = let_in(&*scheme, url, line, Stamp(0));
    assert!(answer.starts_with(
        "Digest username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", userhash=true, "
    ));
    assert_eq!(
        param(&answer, "response"),
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    );
}

#[test]
fn the_best_hash_is_taken_and_md5_can_be_switched_off() {
    let offer = |algorithm: &str| {
        format!("Digest realm=\"r\", nonce=\"{algorithm}\", qop=auth, algorithm={algorithm}")
    };
    let offers = |list: &[&str]| list.iter().map(|one| offer(one)).collect::<Vec<_>>().join(", ");
    for (list, taken) in [
        (&["MD5", "SHA-256"][..], "SHA-256"),
        (&["SHA-256", "SHA-512-256", "MD5"], "SHA-512-256"),
        (&["SHA-256-sess", "SHA-256"], "SHA-256"),
        (&["SHA-256-sess", "MD5"], "SHA-256-sess"),
        (&["SHA-3", "md5-SESS"], "md5-SESS"),
    ] {
        let scheme = sam();
        let (answer, _) = let_in(&*scheme, URL, &offers(list), Stamp(0));
        assert_eq!(param(&answer, "nonce"), taken);
    }
    let scheme = Digest::new("sam", "hunter2").without_md5().into_scheme().unwrap();
    for (list, why) in [
        (&["MD5", "MD5-sess"][..], "it offers Digest only with MD5, which is switched off"),
        (&["SHA-3"], "it offers only Digest algorithms that are not known here"),
    ] {
        assert_eq!(challenged(&*scheme, URL, &offers(list), Stamp(0)), Verdict::Unanswered(why));
    }
    assert_eq!(sent_to(&*scheme, URL), None);
    let (answer, _) = let_in(&*scheme, URL, &offers(&["MD5", "SHA-256"]), Stamp(0));
    assert_eq!(param(&answer, "algorithm"), "SHA-256");
}

#[test]
fn a_refusal_is_read_by_what_went_before() {
    let line = |nonce: &str, more: &str| format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"{more}");
    let scheme = sam();
    let ask = |nonce: &str, more: &str, sent| challenged(&*scheme, URL, &line(nonce, more), sent);
    // Asked for the first time, and let in.
    let (_, first) = let_in(&*scheme, URL, &line("1", ""), Stamp(0));
    // Too old: each goes with the nonce it was told, which others learn once it has been accepted.
    let verdict = ask("2", ", stale=TRUE", first);
    assert_eq!(because(verdict), Some(Resend::Nonce));
    let (answer, second) = again(&*scheme, URL, verdict);
    assert_eq!(param(&answer, "nonce"), "2");
    let other = ask("3", ", stale=true", first);
    assert_eq!(param(&again(&*scheme, URL, other).0, "nonce"), "3");
    assert_eq!(param(&sent_to(&*scheme, URL).unwrap(), "nonce"), "1");
    told(&*scheme, URL, 200, (AUTHENTICATION_INFO, "qop=auth"), second).unwrap();
    assert_eq!(param(&sent_to(&*scheme, URL).unwrap(), "nonce"), "2");
    // Accepted, and later refused by a server that does not know `stale`: once more.
    let verdict = ask("4", "", second);
    assert_eq!(because(verdict), Some(Resend::Challenged));
    // Refused again: the page, or the password. The next request asks first, so that it tries the password once.
    let (_, fourth) = again(&*scheme, URL, verdict);
    assert_eq!(ask("5", "", fourth), Verdict::Deliver);
    assert_eq!(sent_to(&*scheme, URL), None);
    let (_, sixth) = again(&*scheme, URL, ask("6", "", Stamp(0)));
    assert_eq!(ask("6b", "", sixth), Verdict::Deliver);
    // The same nonce is nothing new, whatever the server calls it.
    let (_, seventh) = again(&*scheme, URL, ask("7", "", Stamp(0)));
    assert_eq!(ask("7", ", stale=true", seventh), Verdict::Deliver);
    // Not accepted, but others were meanwhile: it is the nonce.
    let (_, eighth) = again(&*scheme, URL, ask("8", "", Stamp(0)));
    let_in(&*scheme, URL, &line("9", ""), Stamp(0));
    assert_eq!(because(ask("10", "", eighth)), Some(Resend::Nonce));
}

#[test]
fn a_count_is_used_once_for_a_nonce() {
    let scheme = sam();
    let (a, b) = ("https://api.example.com/a/1", "https://api.example.com/b/1");
    let_in(&*scheme, a, "Digest realm=\"a\", nonce=\"same\", qop=auth", Stamp(0));
    let counts: Vec<_> = (0..2).map(|_| param(&sent_to(&*scheme, a).unwrap(), "nc")).collect();
    assert_eq!(counts, ["00000002", "00000003"]);
    // Another realm that hands out the same nonce.
    let sent = stamped(&*scheme, b);
    let (of_b, _) = let_in(&*scheme, b, "Digest realm=\"b\", nonce=\"same\", qop=auth", sent);
    let of_a = sent_to(&*scheme, a).unwrap();
    assert_eq!((param(&of_b, "realm"), param(&of_b, "nc")), ("b".into(), "00000005".into()));
    assert_eq!((param(&of_a, "realm"), param(&of_a, "nc")), ("a".into(), "00000006".into()));
}

#[test]
fn each_origin_has_a_state_of_its_own_and_domain_cannot_join_them() {
    let scheme = sam();
    let line =
        "Digest realm=\"r\", nonce=\"n\", qop=auth, domain=\"/dir https://b.example.com/ //c.example.com/\"";
    let_in(&*scheme, URL, line, Stamp(0));
    assert!(sent_to(&*scheme, URL).is_some());
    for other in [
        "https://b.example.com/",
        "https://c.example.com/",
        "http://api.example.com/dir/x",
        "https://api.example.com:8443/dir/x",
        "https://api.example.com/elsewhere",
        "https://api.example.com/dir/../x",
    ] {
        assert_eq!(sent_to(&*scheme, other), None, "{other}");
    }
    // A path outside that is found to belong to it.
    let_in(&*scheme, "https://api.example.com/elsewhere", line, Stamp(0));
    assert!(sent_to(&*scheme, "https://api.example.com/elsewhere").is_some());
    assert_eq!(sent_to(&*scheme, "https://api.example.com/elsewhere2"), None);
}

#[test]
fn the_servers_proof_is_checked() {
    let scheme =
        Digest::new("Mufasa", "Circle of Life").fixed_cnonce("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
    let scheme = scheme.into_scheme().unwrap();
    let line = "Digest realm=\"http-auth@example.org\", qop=auth, algorithm=MD5, \
                nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"";
    let (_, sent) = let_in(&*scheme, URL, line, Stamp(0));
    let info = |line: &str| told(&*scheme, URL, 200, (AUTHENTICATION_INFO, line), sent);
    let right = "rspauth=\"9b712497bc9f91499fbcca1dfc5f09a5\"";
    assert_eq!(info(right).unwrap(), Verdict::Deliver);
    assert_eq!(info(&right.to_uppercase()).unwrap(), Verdict::Deliver);
    for harmless in ["", "x=1", "qop=auth-int, rspauth=\"0\"", "damaged,,=", "rspauth=1, rspauth=2"] {
        assert_eq!(info(harmless).unwrap(), Verdict::Deliver, "{harmless}");
    }
    let error = info("nextnonce=\"n\", rspauth=\"00000000000000000000000000000000\"").unwrap_err();
    assert_eq!(error.fault(), crate::Fault::Server);
    assert!(error.to_string().starts_with("https://api.example.com answered with a proof"), "{error}");
    // What comes with a forgery is not believed.
    assert_ne!(param(&sent_to(&*scheme, URL).unwrap(), "nonce"), "n");
    info("nextnonce=\"n\"").unwrap();
    assert_eq!(param(&sent_to(&*scheme, URL).unwrap(), "nonce"), "n");
    assert_eq!(param(&sent_to(&*scheme, URL).unwrap(), "nc"), "00000002");
    // An answer to the nonce before is still checked.
    assert!(info("rspauth=\"00000000000000000000000000000000\"").is_err());
}

#[test]
fn a_hostile_server_fills_no_memory() {
    let scheme = sam();
    for number in 0..1000 {
        let url = format!("https://api.example.com/{number}/x");
        let (_, sent) =
            let_in(&*scheme, &url, &format!("Digest realm=\"{number}\", nonce=\"{number}\""), Stamp(0));
        told(&*scheme, &url, 200, (AUTHENTICATION_INFO, &format!("nextnonce=\"x{number}\"")), sent).unwrap();
    }
    let sent: Vec<_> = (0..1000)
        .filter(|n| sent_to(&*scheme, &format!("https://api.example.com/{n}/x")).is_some())
        .collect();
    assert!(sent.contains(&999));
}

#[test]
fn what_cannot_be_a_user_is_refused() {
    let error = Digest::new("sam\n", "x").into_scheme().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the user name for Digest has a control character at byte 3, which Digest cannot carry; nothing was sent"
    );
    assert!(Digest::new("sam", "a\0b").into_scheme().is_err());
    assert!(Digest::new("sam:x", "colons are fine").into_scheme().is_ok());
}
