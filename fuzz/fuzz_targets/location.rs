//! Where a redirect leads: our resolver of `Location` beside the crate `url`. The first byte chooses the URL that was
//! requested, the rest is the field.
//!
//! Where both give an answer it is the same; where only `url` gives one, ours has a reason that is documented; where only
//! ours gives one, there is an `xn--` label in it, whose Punycode ours does not check. What ours gives reads the same as
//! `url::Url` and as `http::Uri`, and resolving it again changes nothing. Bytes that are not UTF-8 change no origin.

#![no_main]

use std::net::Ipv4Addr;

use authwright_core::{
    http::Uri,
    location::{Base, Refused, resolve},
};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

const BASES: [(&str, Base<'static>); 6] = [
    (
        "https://h.example:8443/a/b/c?k=v",
        Base { scheme: "https", authority: "h.example:8443", path: "/a/b/c", query: Some("k=v") },
    ),
    ("http://h.example/", Base { scheme: "http", authority: "h.example", path: "/", query: None }),
    ("https://h.example", Base { scheme: "https", authority: "h.example", path: "", query: Some("") }),
    (
        "http://[::1]:8080/a/../%2e/b",
        Base { scheme: "http", authority: "[::1]:8080", path: "/a/../%2e/b", query: None },
    ),
    ("https://127.0.0.1/x", Base { scheme: "https", authority: "127.0.0.1", path: "/x", query: None }),
    (
        "HTTP://A_b.Example.:80//x//",
        Base { scheme: "HTTP", authority: "A_b.Example.:80", path: "//x//", query: Some("'\"`{}") },
    ),
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, location)) = data.split_first() else { return };
    let (url, base) = BASES[usize::from(*choice) % BASES.len()];
    let mut url = Url::parse(url).expect("a constant");
    url.set_query(base.query);
    let ours = resolve(base, location);
    if let Ok(ours) = &ours {
        assert_eq!(resolve(base, ours.as_bytes()).as_ref(), Ok(ours), "resolved again");
        reads_alike(ours);
    }
    let Ok(text) = str::from_utf8(location) else {
        // Read as Latin-1, every byte keeps its meaning for the resolver; only its escapes differ.
        let latin1: String = location.iter().map(|&byte| char::from(byte)).collect();
        if let Ok(ours) = ours
            && !ours.contains("xn--")
        {
            let theirs = url.join(&latin1).expect("an origin that ours has read");
            assert_eq!(Url::parse(&ours).expect("a URL").origin(), theirs.origin());
        }
        return;
    };
    match (ours, url.join(text)) {
        (Ok(ours), Ok(theirs)) if keeps_drive_letter(&theirs) => {
            assert_eq!(Url::parse(&ours).expect("a URL").origin(), theirs.origin());
        }
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, bare(theirs)),
        (Ok(ours), Err(_)) => assert!(ours.contains("xn--"), "{ours}"),
        (Err(reason), Ok(theirs)) => assert!(is_documented(reason, &theirs, text), "{reason:?}: {theirs}"),
        (Err(_), Err(_)) => {}
    }
});

/// `url` does not let `..` remove a segment like `C:`, of any scheme; the URL standard has that for `file` alone.
fn keeps_drive_letter(theirs: &Url) -> bool {
    let is_drive =
        |segment: &str| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    theirs.path().split('/').any(is_drive)
}

fn reads_alike(ours: &str) {
    assert!(ours.is_ascii());
    if ours.contains("xn--") {
        return;
    }
    let (url, uri) = (Url::parse(ours).expect("a URL"), ours.parse::<Uri>().expect("a URI"));
    assert_eq!(url.as_str(), ours);
    assert_eq!(Some(url.scheme()), uri.scheme_str());
    assert_eq!(url.host_str(), uri.host());
    assert_eq!(url.port(), uri.port_u16());
    assert_eq!((url.path(), url.query()), (uri.path(), uri.query()));
    assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
}

/// Whether refusing what the url crate reads as `theirs` is one of the refusals [`Refused`] documents.
fn is_documented(reason: Refused, theirs: &Url, location: &str) -> bool {
    let spelt = host_as_spelt(location);
    match reason {
        Refused::NotHttp => !matches!(theirs.scheme(), "http" | "https"),
        Refused::BadHost => !is_plain_name(&spelt),
        Refused::BadAddress => {
            matches!(theirs.host(), Some(Host::Ipv4(_))) && spelt.parse::<Ipv4Addr>().is_err()
        }
        Refused::TooLong => theirs.as_str().len() > 60_000 || location.len() > 60_000,
        _ => false,
    }
}

/// The host of a location that has one: between user information and port.
fn host_as_spelt(location: &str) -> String {
    let mut spelt = location.trim_matches(|c| c <= ' ').replace(['\t', '\r', '\n'], "").to_ascii_lowercase();
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
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
