//! What the typed views make of a challenge.

use super::{
    super::{DigestAlgorithm, DigestHash},
    *,
};

fn first(line: &str) -> Challenge<'_> {
    Challenges::parse(line).next().unwrap()
}

fn is(value: Option<ParamValue<'_>>, text: &str) -> bool {
    value.is_some_and(|value| value.text() == text)
}

#[test]
fn a_view_is_of_its_scheme_alone() {
    for (line, expected) in [
        ("bAsIc realm=x", [true, false, false, false]),
        ("bearer realm=x", [false, true, false, false]),
        ("DIGEST realm=x, nonce=y", [false, false, true, false]),
        ("dpop algs=ES256", [false, false, false, true]),
        ("Basic", [true, false, false, false]),
        ("Bearer abc", [false, true, false, false]),
        ("Digest realm=x", [false; 4]),
        ("Digest nonce=y", [false; 4]),
        ("Digest", [false; 4]),
        ("Basics realm=x", [false; 4]),
    ] {
        let c = first(line);
        let views = [c.basic().is_some(), c.bearer().is_some(), c.digest().is_some(), c.dpop().is_some()];
        assert_eq!(views, expected, "{line}");
    }
}

#[test]
fn basic_says_its_realm_and_whether_it_wants_utf8() {
    let basic = first("Basic realm=\"foo\", charset=\"utf-8\"").basic().unwrap();
    assert!(is(basic.realm, "foo") && basic.utf8);
    for line in ["Basic", "Basic charset=latin1", "Basic x=UTF-8"] {
        let basic = first(line).basic().unwrap();
        assert!(basic.realm.is_none() && !basic.utf8, "{line}");
    }
}

#[test]
fn bearer_and_dpop_say_all_they_know() {
    let common = "realm=r, scope=\"a b\", error=e, error_description=\"d\", error_uri=\"https://u/\", \
                  resource_metadata=\"https://m/\", acr_values=\"one two\", max_age=300, new=x";
    let line = format!("Bearer {common}, DPoP {common}, algs=\"ES256 PS256\"");
    let read: Vec<_> = Challenges::parse(&line).collect();
    let (bearer, dpop) = (read[0].bearer().unwrap(), read[1].dpop().unwrap());
    for (one, other, text) in [
        (bearer.realm, dpop.realm, "r"),
        (bearer.scope, dpop.scope, "a b"),
        (bearer.error, dpop.error, "e"),
        (bearer.error_description, dpop.error_description, "d"),
        (bearer.error_uri, dpop.error_uri, "https://u/"),
        (bearer.resource_metadata, dpop.resource_metadata, "https://m/"),
        (bearer.acr_values, dpop.acr_values, "one two"),
    ] {
        assert!(is(one, text) && is(other, text), "{text}");
    }
    assert_eq!((bearer.max_age, dpop.max_age), (Some(300), Some(300)));
    assert!(is(dpop.algs, "ES256 PS256"));
    let nothing = first("Bearer").bearer().unwrap();
    assert!(nothing.realm.is_none() && nothing.error.is_none() && nothing.max_age.is_none());
}

#[test]
fn a_max_age_is_a_number_or_nothing() {
    for (value, expected) in [
        ("0", Some(0)),
        ("\"6\\00\"", Some(600)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("\"\"", None),
        ("\" 1\"", None),
        ("\"\u{663}\"", None),
    ] {
        let line = format!("Bearer max_age={value}");
        assert_eq!(first(&line).bearer().unwrap().max_age, expected, "{line}");
    }
}

#[test]
fn digest_says_all_it_knows() {
    let digest = first(
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, nonce=\"7yp\", \
         opaque=\"F\\\\Q\", domain=\"/a /b\", stale=false, userhash=true, charset=UTF-8, new=x",
    );
    let digest = digest.digest().unwrap();
    assert!(digest.realm.is("http-auth@example.org") && digest.nonce.is("7yp"));
    assert_eq!(digest.opaque.unwrap().raw(), b"F\\\\Q");
    assert!(is(digest.domain, "/a /b") && is(digest.algorithm_text, "SHA-256"));
    assert!(digest.userhash && digest.utf8 && !digest.stale);
    let spare = first("Digest realm=r, nonce=n").digest().unwrap();
    assert!(spare.opaque.is_none() && spare.domain.is_none() && spare.algorithm_text.is_none());
    assert!(!spare.userhash && !spare.utf8 && !spare.stale);
}

#[test]
fn c1_an_algorithm_that_is_not_known_is_none_and_one_not_named_is_md5() {
    let known = |hash, session| Some(DigestAlgorithm { hash, session });
    for (text, expected) in [
        ("x=y", known(DigestHash::Md5, false)),
        ("algorithm=MD5", known(DigestHash::Md5, false)),
        ("algorithm=\"md5-SESS\"", known(DigestHash::Md5, true)),
        ("algorithm=sha-256", known(DigestHash::Sha256, false)),
        ("algorithm=SHA-256-sess", known(DigestHash::Sha256, true)),
        ("algorithm=SHA-512", known(DigestHash::Sha512, false)),
        ("algorithm=SHA-512-sess", known(DigestHash::Sha512, true)),
        ("algorithm=SHA-512-256", known(DigestHash::Sha512_256, false)),
        ("algorithm=SHA-512-256-sess", known(DigestHash::Sha512_256, true)),
        ("algorithm=SHA-1", None),
        ("algorithm=MD5-session", None),
        ("algorithm=\"\"", None),
        ("algorithm=\"MD5,SHA-256\"", None),
    ] {
        let line = format!("Digest realm=r, nonce=n, {text}");
        assert_eq!(first(&line).digest().unwrap().algorithm, expected, "{line}");
    }
}

#[test]
fn c1_a_qop_that_is_not_known_is_passed_over_and_none_is_rfc_2069() {
    for (text, auth, auth_int, given) in [
        ("x=y", false, false, false),
        ("qop=\"\"", false, false, false),
        ("qop=\" , \"", false, false, false),
        ("qop=auth", true, false, true),
        ("qop=\"auth-int\"", false, true, true),
        ("qop=\"auth-conf,auth\"", true, false, true),
        ("qop=\"auth-conf\"", false, false, true),
        ("qop=\"author\"", false, false, true),
        ("qop=\"\\auth\"", true, false, true),
    ] {
        let line = format!("Digest realm=r, nonce=n, {text}");
        let qop = first(&line).digest().unwrap().qop;
        assert_eq!((qop.auth, qop.auth_int, qop.given), (auth, auth_int, given), "{line}");
    }
}
