//! What is read from which line.

mod bounds;
mod spellings;
mod views;

use http::header::{PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};

use super::*;

/// Field lines, split at `\n`, and what is read from them; `<n bytes>` is a token68.
const TABLE: &[(&str, &[&str])] = &[
    // Schemes.
    ("", &[]),
    (" , ,\t", &[]),
    ("Negotiate", &["Negotiate"]),
    (" ,Negotiate , ", &["Negotiate"]),
    ("Negotiate, NTLM", &["Negotiate", "NTLM"]),
    ("Negotiate\nNTLM", &["Negotiate", "NTLM"]),
    ("Negotiate ,Basic realm=x", &["Negotiate", "Basic realm=\"x\""]),
    // Parameters.
    ("Basic realm=simple", &["Basic realm=\"simple\""]),
    ("Basic   REALM = \"a b\"", &["Basic realm=\"a b\""]),
    ("Basic\trealm\t=\t\"a\"\t", &["Basic realm=\"a\""]),
    ("Basic realm=\"\"", &["Basic realm=\"\""]),
    ("Basic realm=\"a, b=c, Digest d\"", &["Basic realm=\"a, b=c, Digest d\""]),
    ("Basic realm=\"\\\"a\\\\\\b\"", &["Basic realm=\"\\\"a\\\\b\""]),
    ("Basic realm=\"a\tb\"", &["Basic realm=\"a\\tb\""]),
    ("Basic realm=\"caf\u{e9}\u{202e}\"", &["Basic realm=\"caf\u{e9}\\u{202e}\""]),
    ("Digest a=1,b=2 , ,, c=\"3\",", &["Digest a=\"1\", b=\"2\", c=\"3\""]),
    ("Basic , realm=x", &["Basic"]),
    ("Bearer a=b=c", &[]),
    // Several challenges in one line.
    ("Basic realm=x, Bearer", &["Basic realm=\"x\"", "Bearer"]),
    ("Basic realm=\"x\",Bearer error=y , scope=z", &["Basic realm=\"x\"", "Bearer error=\"y\", scope=\"z\""]),
    ("A a=1, A a=2", &["A a=\"1\"", "A a=\"2\""]),
    ("A a=1, b =2, C d=3", &["A a=\"1\", b=\"2\"", "C d=\"3\""]),
    ("A a=1\nb=2, C d=3", &["A a=\"1\"", "C d=\"3\""]),
    (
        "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
        &["Newauth realm=\"apps\", type=\"1\", title=\"Login to \\\"apps\\\"\"", "Basic realm=\"simple\""],
    ),
    // token68.
    ("Negotiate YWJj", &["Negotiate <4 bytes>"]),
    ("Negotiate a+/-._~==", &["Negotiate <9 bytes>"]),
    ("Negotiate a= , Basic realm=x", &["Negotiate <2 bytes>", "Basic realm=\"x\""]),
    ("Negotiate a==, NTLM b", &["Negotiate <3 bytes>", "NTLM <1 bytes>"]),
    ("Negotiate a==b, NTLM b", &["NTLM <1 bytes>"]),
    ("Negotiate abc, realm=x, Basic realm=y", &["Negotiate <3 bytes>", "Basic realm=\"y\""]),
    ("Negotiate =", &[]),
    // Damage, and the neighbours it leaves alone.
    ("realm=x, Basic realm=y", &["Basic realm=\"y\""]),
    ("A a=1 b=2, B c=3", &["B c=\"3\""]),
    ("A a=, b=2, B c=3", &["A <2 bytes>", "B c=\"3\""]),
    ("A x=1, a=, b=2, B c=3", &["B c=\"3\""]),
    ("A x=\"1\"y, z=\", Q q=1, \", B c=3", &["B c=\"3\""]),
    ("A x=http://h/, B c=3", &["B c=\"3\""]),
    ("A x=\"\u{1}, Q q=1\", B c=3", &["B c=\"3\""]),
    ("A x=\"1\\", &[]),
    ("B c=3, A x=\"1, Basic realm=x\nC", &["B c=\"3\"", "C"]),
    ("(A), B/1 x, C", &["C"]),
    ("A a=1, B/1 x, C", &["C"]),
    ("A;q=1, B", &["B"]),
    ("\"A\" x=1, B", &["B"]),
    ("=, B", &["B"]),
    ("A x=1, \"y\"=2, B", &["B"]),
    ("A x=1, X=2, B", &["B"]),
    ("A =\"2\", B", &["B"]),
    ("A x=1, =2, B", &["B"]),
    ("A x=, B", &["A <2 bytes>", "B"]),
    ("A x= , y=1, B", &["A <2 bytes>", "B"]),
    ("A x=1, y=, B", &["B"]),
    ("A x=1, y=\"2\" , \t, z = 3\t, B", &["A x=\"1\", y=\"2\", z=\"3\"", "B"]),
    ("A x=1, y=2, x=1, z=3, B", &["B"]),
    ("B, A \u{e9}=1", &["B"]),
    ("A\0, B", &["B"]),
];

/// Every parameter with its value; `Display` shows less.
fn whole(challenge: &Challenge<'_>) -> String {
    let params = challenge
        .params()
        .map(|(name, value)| format!("{}=\"{}\"", name.to_ascii_lowercase(), value.text().escape_debug()));
    let token68 = challenge.token68().map(|token68| format!("<{} bytes>", token68.len()));
    let rest = token68.into_iter().chain(params).collect::<Vec<_>>().join(", ");
    format!("{} {rest}", challenge.scheme()).trim_end().to_owned()
}

#[test]
fn what_is_shown_is_what_helps() {
    let long = "x".repeat(500);
    let line = format!("Bearer realm=\"a\", resource_metadata=\"https://h/p?q=s3cret\", error=\"{long}\"");
    let shown = format!("{:?}", Challenges::parse(&line));
    assert!(shown.contains("[Challenge(Bearer realm=\"a\", resource_metadata, error=\"xxx"), "{shown}");
    assert!(!shown.contains("s3cret") && shown.len() < 300, "{shown}");
    let challenge = Challenges::parse(&line).next().unwrap();
    let shown = format!("{:?} {:?}", challenge.params(), challenge.bearer());
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn challenges_are_read_and_damage_stays_local() {
    for (lines, expected) in TABLE {
        let shown: Vec<String> = read(lines).iter().map(whole).collect();
        assert_eq!(shown, *expected, "{lines:?}");
    }
}

#[test]
fn names_are_found_in_any_case() {
    let challenges = read("dPoP Algs=\"ES256\", Negotiate YWJj=");
    assert!(challenges[0].is("DPoP") && !challenges[0].is("DPo"));
    assert_eq!((challenges[0].scheme(), text(&challenges[0], "ALGS").as_deref()), ("dPoP", Some("ES256")));
    assert_eq!((text(&challenges[0], "alg"), challenges[0].token68()), (None, None));
    assert_eq!(challenges[1].token68(), Some("YWJj="));
    assert_eq!((text(&challenges[1], "YWJj"), challenges[1].params().count()), (None, 0));
    assert_eq!(format!("{:?}", challenges[1]), "Challenge(Negotiate <5 bytes>)");
}

#[test]
fn a_value_can_be_had_as_it_stands_and_taken_apart() {
    let line =
        b"A plain=\"a b\", pairs=\"\\a\\\"\\\\\", utf8=\"\xc3\xa9\\\xc3\xa9\", latin1=\"caf\xe9\", none=\"\"";
    let challenge = Challenges::parse(line).next().unwrap();
    for (name, raw, expected) in [
        ("plain", &b"a b"[..], "a b"),
        ("pairs", b"\\a\\\"\\\\", "a\"\\"),
        ("utf8", b"\xc3\xa9\\\xc3\xa9", "\u{e9}\u{e9}"),
        ("latin1", b"caf\xe9", "caf\u{e9}"),
        ("none", b"", ""),
    ] {
        let value = challenge.param(name).unwrap();
        assert_eq!((value.raw(), &*value.text()), (raw, expected), "{name}");
        assert!(value.is(expected) && value.is(&expected.to_ascii_uppercase()) || name == "latin1", "{name}");
        assert!(!value.is("other") && !value.is(&format!("{expected}x")), "{name}");
    }
    assert!(matches!(challenge.param("plain").unwrap().text(), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn all_lines_of_a_field_are_read_and_no_others() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (WWW_AUTHENTICATE, "Negotiate, A a=1"),
        (PROXY_AUTHENTICATE, "Proxied"),
        (WWW_AUTHENTICATE, ""),
        (WWW_AUTHENTICATE, "B"),
    ] {
        headers.append(name, HeaderValue::from_static(value));
    }
    let mut challenges = Challenges::of(&headers);
    let schemes = |challenges: Challenges<'_>| challenges.map(|c| c.scheme().to_owned()).collect::<Vec<_>>();
    assert_eq!(schemes(challenges.clone()), ["Negotiate", "A", "B"]);
    challenges.next();
    assert_eq!(schemes(challenges.clone()), ["A", "B"]);
    assert_eq!(format!("{challenges:?}"), "[Challenge(A a), Challenge(B)]");
    challenges.next();
    assert_eq!(schemes(challenges.clone()), ["B"]);
    challenges.next();
    assert!(challenges.next().is_none() && challenges.next().is_none());
    assert_eq!(schemes(Challenges::of_proxy(&headers)), ["Proxied"]);
    let kept = [HeaderValue::from_static("A"), HeaderValue::from_static("B b, C")];
    assert_eq!(schemes(Challenges::of_lines(&kept)), ["A", "B", "C"]);
}

#[test]
fn a_scope_is_asked_for_by_bearer_and_dpop_only() {
    for (lines, expected) in [
        ("Bearer error=\"insufficient_scope\", scope=\"a b\"", Some("a b")),
        ("dpop scope=a, error=insufficient_scope", Some("a")),
        ("Basic realm=x, Bearer realm=y\nBearer error=insufficient_scope, scope=a", Some("a")),
        ("Bearer error=insufficient_scope, DPoP error=insufficient_scope, scope=b", Some("b")),
        ("Bearer error=invalid_token, scope=a", None),
        ("Bearer scope=a", None),
        ("Basic error=insufficient_scope, scope=a", None),
        ("", None),
    ] {
        let headers = fields(lines);
        let scope = required_scope(Challenges::of(&headers)).map(ParamValue::text);
        assert_eq!(scope.as_deref(), expected, "{lines}");
    }
}

#[test]
fn a_bare_list_of_parameters_is_whole_or_nothing() {
    for (line, expected) in [
        ("", Some(0)),
        (" , ,", Some(0)),
        ("nextnonce=\"a\"", Some(1)),
        (", qop=auth ,, rspauth=\"6629\" , nc = 00000001,", Some(3)),
        ("a=1, A=2", None),
        ("a=1 b=2", None),
        ("a=1, b", None),
        ("a", None),
        ("Digest a=1", None),
        ("a=\"1", None),
        ("a=\"1\"x", None),
        ("a==", None),
        ("=1", None),
        ("a=1, =1", None),
        ("a=\"\u{1}\"", None),
    ] {
        assert_eq!(Params::parse(line).map(Iterator::count), expected, "{line:?}");
    }
    let info = Params::parse("rspauth=\"66\\29\", QOP=auth").unwrap();
    assert_eq!(
        (info.get("qop").unwrap().raw(), &*info.get("RspAuth").unwrap().text()),
        (&b"auth"[..], "6629")
    );
    assert!(info.get("nc").is_none());
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(lines in vec(vec(any::<u8>(), 0..60), 0..3)) {
        for line in &lines {
            for challenge in Challenges::parse(line) {
                prop_assert!(!challenge.to_string().contains(char::is_control));
                prop_assert!(!challenge.scheme().is_empty());
                prop_assert!(challenge.params().all(|(name, _)| !name.is_empty()));
            }
        }
    }

    #[test]
    fn neighbours_survive_any_damage(damage in "[Aa=,\" \t/\\\\\u{0}é]{0,20}") {
        // An open quote hides what follows it; that is what a quote is.
        let quotes = damage.contains(['"', '\\']);
        let line = format!("First a=1, {damage}, Last b=2");
        let challenges = Challenges::parse(&line);
        let found = |scheme: &str| challenges.clone().any(|challenge| challenge.is(scheme));
        prop_assert!(quotes || found("Last"), "{challenges:?}");
        let damage = damage.trim_start_matches([',', ' ', '\t']);
        let begins_a_challenge = damage.starts_with("A a") || damage.starts_with("A \"");
        prop_assert!(!begins_a_challenge || found("First"), "{challenges:?}");
    }

    #[test]
    fn what_is_written_is_read(
        written in vec(("[A-Za-z!-]{1,4}", btree_map("[a-z*]{1,4}", "[ -~é\t]{0,8}", 0..4)), 0..4),
    ) {
        let quote = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let texts: Vec<String> = written.iter().map(|(scheme, params)| {
            let params: Vec<String> = params.iter().map(|(n, v)| format!("{n}=\"{}\"", quote(v))).collect();
            format!("{scheme} {}", params.join(" ,"))
        }).collect();
        let line = texts.join(",");
        let read: Vec<_> = Challenges::parse(&line).collect();
        prop_assert_eq!(read.len(), written.len());
        for (challenge, (scheme, params)) in read.iter().zip(&written) {
            prop_assert_eq!(challenge.scheme(), scheme);
            prop_assert_eq!(challenge.params().count(), params.len());
            prop_assert!(params.iter().all(|(name, value)| text(challenge, name).as_ref() == Some(value)));
        }
    }
}

fn read(lines: &str) -> Vec<Challenge<'_>> {
    lines.split('\n').flat_map(Challenges::parse).collect()
}

fn text(challenge: &Challenge<'_>, name: &str) -> Option<String> {
    challenge.param(name).map(|value| value.text().into_owned())
}

fn fields(lines: &str) -> HeaderMap {
    lines.split('\n').map(|line| (WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap())).collect()
}
