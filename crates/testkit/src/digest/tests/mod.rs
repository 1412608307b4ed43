//! The referee is right by the RFC's own examples, and notices each broken rule.

mod exchanges;

use super::{DigestBuilder, DigestRealm, Rejected};
use crate::{Received, Reply};

fn request(target: &str, authorization: Option<&str>) -> Received {
    let fields = authorization.map(|value| ("authorization".to_owned(), value.as_bytes().to_vec()));
    Received {
        origin: 0,
        method: "GET".into(),
        target: target.into(),
        version: "HTTP/1.1".into(),
        headers: fields.into_iter().collect(),
        body: Vec::new(),
        raw: Vec::new(),
        complete: true,
    }
}

fn challenges(reply: &Reply) -> Vec<String> {
    let lines = reply.headers().iter().filter(|(name, _)| name == "www-authenticate");
    lines.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect()
}

/// RFC 7616 section 3.9.1.
fn mufasa() -> DigestRealm {
    DigestRealm::builder("http-auth@example.org")
        .user("Mufasa", "Circle of Life")
        .algorithms(&["SHA-256", "MD5"])
        .qop("auth, auth-int")
        .fixed_nonce("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v")
        .opaque("FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")
        .build()
}

fn mufasa_says(algorithm: &str, nc: &str, response: &str) -> String {
    format!(
        "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm={algorithm}, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc={nc}, \
         cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"{response}\", \
         opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
    )
}

const SHA256: &str = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";

#[test]
fn c11_rfc_7616_3_9_1() {
    for (algorithm, response) in [("MD5", "8ca523f5e9506fed4657c9700eebdbec"), ("SHA-256", SHA256)] {
        let realm = mufasa();
        let offers = challenges(&realm.reply(&request("/dir/index.html", None), Reply::ok("")));
        assert_eq!(offers.len(), 2);
        let line = mufasa_says(algorithm, "00000001", response);
        let accepted = realm.answer(&request("/dir/index.html", Some(&line))).unwrap();
        assert_eq!((&*accepted.user, &*accepted.algorithm, accepted.nc), ("Mufasa", algorithm, Some(1)));
        assert_eq!(accepted.qop.as_deref(), Some("auth"));
    }
}

/// RFC 7616 section 3.9.2 as corrected by erratum 4897: the printed values are of SHA-512 cut to 256 bits.
#[test]
fn c11_rfc_7616_3_9_2() {
    let builder = || {
        DigestRealm::builder("api@example.org")
            .user("J\u{e4}s\u{f8}n Doe", "Secret, or not?")
            .algorithms(&["SHA-512-256"])
            .fixed_nonce("5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK")
            .opaque("HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS")
            .utf8()
    };
    let says = |name: &str, response: &str| {
        format!(
            "Digest {name}, realm=\"api@example.org\", uri=\"/doe.json\", algorithm=SHA-512-256, \
             nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", nc=00000001, \
             cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, response=\"{response}\", \
             opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\""
        )
    };
    let right = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
    let as_printed = "ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd";
    let hashed =
        "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", userhash=true";
    let extended = "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe";
    let ask = |builder: DigestBuilder, line: String| {
        let realm = builder.build();
        let _ = realm.challenge(false);
        realm.answer(&request("/doe.json", Some(&line)))
    };
    let accepted = ask(builder().userhash(), says(hashed, right)).unwrap();
    assert!(accepted.userhash && !accepted.extended && accepted.user == "J\u{e4}s\u{f8}n Doe");
    assert!(ask(builder(), says(extended, right)).unwrap().extended);
    for (builder, line) in [
        (builder().userhash(), says(hashed, as_printed)),
        (builder().userhash(), says(extended, right)),
        (builder(), says(hashed, right)),
        (builder(), says(&format!("{extended}, userhash=true"), right)),
        (builder(), says("username=\"J\u{e4}s\u{f8}n Doe\"", right)),
        (builder(), says(&format!("{extended}, username=\"x\""), right)),
        (builder(), says("username*=\"UTF-8''J%C3%A4s%C3%B8n%20Doe\"", right)),
        (builder(), says("username*=UTF-8''J%C3s%C3%B8n", right)),
    ] {
        assert!(ask(builder, line.clone()).is_err(), "{line}");
    }
}

/// Each rule: what is changed in a right answer, and what the referee says to it.
#[test]
fn every_broken_rule_is_told_in_words() {
    let right = mufasa_says("SHA-256", "00000001", SHA256);
    for (from, to, rule) in [
        ("Digest ", "DIGEST ", "the scheme is not written `Digest`"),
        ("Digest ", "Basic ", "the scheme is not Digest"),
        ("Digest username=\"Mufasa\"", "Digest username=\"Scar\"", "nobody has this name"),
        ("username=\"Mufasa\"", "username=Mufasa", "`username` is not in quotes"),
        ("username=\"Mufasa\", ", "", "neither `username` nor `username*` is there"),
        (
            "username=\"Mufasa\"",
            "username*=UTF-8''Mufasa",
            "`username*` is for names that quotes cannot hold",
        ),
        ("realm=\"http", "realm=\"https", "`realm` is not this one"),
        ("realm=", "realm =", "`realm` is not followed by an equals sign"),
        ("realm=", "realm= ", "`realm` is not in quotes"),
        ("uri=\"/dir", "uri=\"/", "`uri` is not the request target"),
        (
            "algorithm=SHA-256",
            "algorithm=sha-256",
            "`algorithm` is not one that was offered, as it was spelled",
        ),
        ("algorithm=SHA-256", "algorithm=\"SHA-256\"", "`algorithm` is in quotes"),
        ("algorithm=SHA-256, ", "", "`algorithm` is not one that was offered, as it was spelled"),
        ("algorithm=SHA-256", "algorithm=MD5", "`response` has not the length of this algorithm's hash"),
        ("nonce=\"7y", "nonce=\"8y", "`nonce` is none of ours"),
        ("nc=00000001", "nc=1", "`nc` is not eight lower-case hexadecimal digits"),
        ("nc=00000001", "nc=0000000A", "`nc` is not eight lower-case hexadecimal digits"),
        ("nc=00000001", "nc=00000000", "`nc` counts from 1"),
        ("nc=00000001", "nc=\"00000001\"", "`nc` is in quotes"),
        ("nc=00000001", "nc=00000002", "`response` is not the hash of what was sent and the password"),
        ("nc=00000001, ", "", "`qop` is there without `nc` and `cnonce`"),
        ("cnonce=\"f2", "cnonce=\"\", x=\"", "`x` is no parameter of RFC 7616"),
        ("qop=auth, ", "", "`nc` or `cnonce` is there without `qop`"),
        ("qop=auth", "qop=\"auth\"", "`qop` is in quotes"),
        ("qop=auth", "qop=auth-conf", "`qop` is not one that was offered"),
        ("qop=auth", "qop=auth, qop=auth", "`qop` is there twice"),
        ("qop=auth", "qop=auth, userhash=true", "`userhash` was not offered"),
        ("qop=auth", "qop=auth, userhash=1", "`userhash` is neither true nor false"),
        ("qop=auth", "qop=auth, , ", "a parameter has no name"),
        ("qop=auth, ", "qop=auth ", "no comma follows `qop`"),
        ("response=\"753927fa", "response=\"753927FA", "`response` is not in lower-case hexadecimal digits"),
        ("response=\"7", "response=\"8", "`response` is not the hash of what was sent and the password"),
        ("opaque=\"F", "opaque=\"\\F", "`opaque` came back changed"),
        (
            ", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
            "",
            "`opaque` was offered and is missing",
        ),
        ("o5tdS\"", "o5tdS", "the quotes of `opaque` are not closed"),
        ("o5tdS\"", "o5tdS\",", "a parameter has no name"),
    ] {
        let realm = mufasa();
        let _ = realm.challenge(false);
        let changed = right.replacen(from, to, 1);
        assert_ne!(changed, right, "{from}");
        let rejected = realm.answer(&request("/dir/index.html", Some(&changed))).unwrap_err();
        assert_eq!(rejected.to_string(), rule, "{to}");
        assert_eq!(realm.violations().len(), usize::from(matches!(rejected, Rejected::Broken(_))), "{to}");
        assert!(realm.accepted().is_empty());
    }
    let twice = Received {
        headers: vec![("authorization".into(), right.clone().into_bytes()); 2],
        ..request("/dir/index.html", None)
    };
    assert_eq!(mufasa().answer(&twice).unwrap_err().to_string(), "there are two `authorization` fields");
    assert_eq!(
        mufasa().answer(&request("/dir/index.html", Some(&right))).unwrap_err().to_string(),
        "`nonce` is none of ours"
    );
}

#[test]
fn a_count_is_good_for_one_request() {
    let realm = mufasa();
    let _ = realm.challenge(false);
    let line = mufasa_says("SHA-256", "00000001", SHA256);
    realm.answer(&request("/dir/index.html", Some(&line))).unwrap();
    let again = realm.reply(&request("/dir/index.html", Some(&line)), Reply::ok(""));
    assert_eq!(
        (again.status_code(), again.body_bytes()),
        (400, &b"`nc` 1 was used with this nonce before"[..])
    );
    assert_eq!(realm.violations(), ["GET /dir/index.html: `nc` 1 was used with this nonce before"]);
    assert_eq!(realm.nonce_counts("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"), [1]);
}
