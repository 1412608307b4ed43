//! The resolver of redirects against the `url` crate: the same answer wherever both give one, and no refusal without a
//! documented reason (RFC 3986 section 5.2 as the WHATWG URL standard reads it).

use std::net::Ipv4Addr;

use authwright_core::location::{Base, Refused, resolve};
use http::Uri;
use proptest::prelude::*;
use url::{Host, Url};

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_url_crate(base in base(), reference in reference()) {
        match (resolve(base.parts(), reference.as_bytes()), base.url().join(&reference)) {
            // A name with an `xn--` label is passed on unchecked; the url crate may refuse its Punycode.
            (Ok(ours), Err(_)) => prop_assert!(ours.contains("xn--"), "accepted {ours}"),
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, bare(theirs)),
            (Err(reason), Ok(theirs)) => {
                prop_assert!(is_documented(reason, &theirs, &reference), "{reason:?}: {theirs}");
            }
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn both_url_types_read_the_result_alike(base in base(), reference in reference()) {
        let Ok(ours) = resolve(base.parts(), reference.as_bytes()) else { return Ok(()) };
        if ours.contains("xn--") {
            return Ok(());
        }
        prop_assert!(ours.is_ascii());
        prop_assert!(ours.len() <= 3 * (base.len() + reference.len()) + "https:///".len());
        let (url, uri) = (Url::parse(&ours).unwrap(), ours.parse::<Uri>().unwrap());
        prop_assert_eq!(url.as_str(), &ours);
        prop_assert_eq!(Some(url.scheme()), uri.scheme_str());
        prop_assert_eq!(url.host_str(), uri.host());
        prop_assert_eq!(url.port(), uri.port_u16());
        prop_assert_eq!(url.path(), uri.path());
        prop_assert_eq!(url.query(), uri.query());
        prop_assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
    }

    #[test]
    fn resolving_twice_changes_nothing(base in base(), reference in reference()) {
        if let Ok(once) = resolve(base.parts(), reference.as_bytes()) {
            prop_assert_eq!(resolve(base.parts(), once.as_bytes()), Ok(once));
        }
    }

    #[test]
    fn bytes_outside_utf8_change_no_origin(base in base(), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        // Read as Latin-1, every byte keeps its meaning for the parser; only the escapes differ.
        let latin1: String = bytes.iter().map(|&b| char::from(b)).collect();
        if let Ok(ours) = resolve(base.parts(), &bytes) {
            let theirs = base.url().join(&latin1).unwrap();
            prop_assert_eq!(Url::parse(&ours).unwrap().origin(), theirs.origin());
        }
    }
}

#[test]
fn every_ascii_byte_is_treated_alike_in_every_place() {
    let base = Url::parse("https://h.example/a/b?q").unwrap();
    let parts = Base { scheme: "https", authority: "h.example", path: "/a/b", query: Some("q") };
    for byte in 0..=0x7f_u8 {
        let c = char::from(byte);
        for reference in [
            format!("{c}"),
            format!("x{c}y"),
            format!("/x{c}"),
            format!("?x{c}y"),
            format!("#{c}"),
            format!("https:{c}/y"),
            format!("http:{c}y"),
            format!("//g{c}g/"),
            format!("//{c}g"),
            format!("//g:8{c}0/"),
            format!("//u{c}u@g/"),
            format!("/{c}/{c}{c}/x"),
            format!("..{c}x"),
        ] {
            match (resolve(parts, reference.as_bytes()), base.join(&reference)) {
                (Ok(ours), theirs) => assert_eq!(ours, bare(theirs.unwrap()), "{reference:?}"),
                (Err(reason), Ok(theirs)) => {
                    assert!(is_documented(reason, &theirs, &reference), "{reference:?}: {reason:?}");
                }
                (Err(_), Err(_)) => {}
            }
        }
    }
}

/// Whether refusing what the url crate reads as `theirs` is one of the refusals [`Refused`] documents.
fn is_documented(reason: Refused, theirs: &Url, reference: &str) -> bool {
    let spelt = host_as_spelt(reference);
    match reason {
        Refused::NotHttp => !matches!(theirs.scheme(), "http" | "https"),
        Refused::BadHost => !is_plain_name(&spelt),
        Refused::BadAddress => {
            matches!(theirs.host(), Some(Host::Ipv4(_))) && spelt.parse::<Ipv4Addr>().is_err()
        }
        _ => false,
    }
}

/// The host of a reference that has one: between user information and port.
fn host_as_spelt(reference: &str) -> String {
    let mut spelt = reference.trim_matches(|c| c <= ' ').replace(['\t', '\r', '\n'], "").to_ascii_lowercase();
    for scheme in ["http:", "https:"] {
        spelt = spelt.strip_prefix(scheme).map(str::to_owned).unwrap_or(spelt);
    }
    let authority =
        spelt.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    host_port.split(':').next().unwrap_or_default().to_owned()
}

fn is_plain_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    host.strip_suffix('.').unwrap_or(host).split('.').all(is_label)
}

fn bare(mut url: Url) -> String {
    url.set_fragment(None);
    url.set_username("").unwrap();
    url.set_password(None).unwrap();
    url.into()
}

#[derive(Clone, Debug)]
struct OwnedBase {
    scheme: &'static str,
    authority: &'static str,
    path: String,
    query: Option<String>,
}

impl OwnedBase {
    fn parts(&self) -> Base<'_> {
        let Self { scheme, authority, path, query } = self;
        Base { scheme, authority, path, query: query.as_deref() }
    }

    fn url(&self) -> Url {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        Url::parse(&format!("{}://{}{}{query}", self.scheme, self.authority, self.path)).unwrap()
    }

    fn len(&self) -> usize {
        self.authority.len() + self.path.len() + self.query.as_ref().map_or(0, |query| query.len() + 1)
    }
}

fn base() -> impl Strategy<Value = OwnedBase> {
    let authority = prop::sample::select(vec![
        "h.example",
        "H.Example:8443",
        "h.example:443",
        "h.example:80",
        "[::1]:8080",
        "127.0.0.1",
        "a_b.example.",
    ]);
    // What an `http::Uri` can hold, dot segments and `"{}` included.
    let path = "(/|/\\.\\.|/\\.|/%2e|/%2E\\.|/[a-c]{1,2}|/[\"{}|^~;:@%]|//){0,5}";
    let query = prop::option::of("[a-z=&?/'{}`\\\\]{0,6}");
    (prop::sample::select(vec!["http", "https"]), authority, path, query)
        .prop_map(|(scheme, authority, path, query)| OwnedBase { scheme, authority, path, query })
}

fn reference() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec![
        "",
        "",
        "",
        "/",
        "//",
        "///",
        "\\",
        "\\\\",
        "/\\",
        "\\/",
        "\\//",
        "http:",
        "https:",
        "HTTP:/",
        "https://",
        "http:///",
        "http:\\\\",
        "ftp:",
        "ws://",
        " ",
        "\t/",
        "?",
        "#",
        "//g",
        "//u@g",
        "https://g:",
        "//[",
    ]);
    let nasty = prop::sample::select(vec![
        "/",
        "/",
        "\\",
        ".",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2",
        "%",
        "e",
        "?",
        "#",
        "@",
        ":",
        ":80",
        ":443",
        ":0",
        ":65536",
        "[",
        "]",
        "[::1]",
        "[::ffff:1.2.3.4]",
        "::",
        "1",
        "0x7f",
        "127.0.0.1",
        "256",
        "08",
        "\t",
        "\n",
        "\r",
        " ",
        "\0",
        "\u{1f}",
        "\u{7f}",
        "\u{e9}",
        "\u{ff0e}",
        "http:",
        "https://",
        "g",
        "G",
        "h.example",
        "xn--",
        "xn--nxasmq6b",
        "_",
        "-",
        "x",
        "a/b",
        "%2f",
        "%5c",
        "'",
        "\"",
        "<",
        ">",
        "`",
        "{",
        "}",
        "|",
        "^",
        "&",
        "=",
        "+",
        ";",
        ",",
        "!",
        "$",
    ]);
    (start, prop::collection::vec(nasty, 0..10)).prop_map(|(start, rest)| start.to_owned() + &rest.concat())
}
