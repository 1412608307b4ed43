//! C6: the name of the user, hashed, extended or in quotes, never two of them (RFC 7616 sections 3.4 and 3.4.4).

use authwright_core::{Auth, Digest};
use authwright_testkit::DigestRealm;
use authwright_tests::on_every_driver;

use super::{PASSWORD, assert_fine, authorizations, get, guard};
use crate::support::net;

const NAMES: [&str; 6] =
    ["sam", "a \"b\" \\c", "J\u{e4}s\u{f8}n Doe", "\u{65e5}\u{672c}", "a'b%20c*", "sam:colon"];

#[test]
fn c6_a_name_goes_in_one_form() {
    let net = net();
    on_every_driver(|driver| {
        for user in NAMES {
            for algorithm in ["MD5", "SHA-256-sess", "SHA-512-256"] {
                for userhash in [true, false] {
                    let who = format!("{} {user} {algorithm} userhash={userhash}", driver.name());
                    let builder =
                        DigestRealm::builder("r \"q\"").user(user, PASSWORD).algorithms(&[algorithm]).utf8();
                    let realm = guard(&net, if userhash { builder.userhash() } else { builder });
                    let Ok(auth) = Auth::new(net.origin(0), Digest::new(user, PASSWORD)) else {
                        assert!(user.contains(':'), "{who}: refused");
                        continue;
                    };
                    assert_fine(&get(driver, &net, "/", &auth), &realm, &who);
                    let accepted = realm.accepted().remove(0);
                    assert_eq!(accepted.userhash, userhash, "{who}");
                    assert_eq!(accepted.extended, !userhash && !user.is_ascii(), "{who}");
                    if userhash {
                        let sent = authorizations(&net).remove(1);
                        assert!(!sent.contains("username*") && !sent.contains(user), "{who}: {sent}");
                    }
                }
            }
        }
    });
}

/// RFC 7616 section 4: Unicode is hashed composed, however the caller has typed it.
#[test]
fn c6_decomposed_names_and_passwords_arrive_composed() {
    let net = net();
    on_every_driver(|driver| {
        let realm = guard(&net, DigestRealm::builder("r").user("caf\u{e9}", "pw\u{e9}").utf8());
        let auth = Auth::new(net.origin(0), Digest::new("cafe\u{301}", "pwe\u{301}")).unwrap();
        assert_fine(&get(driver, &net, "/", &auth), &realm, driver.name());
    });
}

/// What would break the field is refused before anything is sent.
#[test]
fn c6_control_characters_are_refused() {
    for control in ['\0', '\r', '\n', '\u{7f}'] {
        for (user, password) in
            [(format!("s{control}m"), "pw".to_owned()), ("sam".to_owned(), format!("p{control}w"))]
        {
            let auth = Auth::new("https://api.example.com", Digest::new(user, password));
            let error = auth.unwrap_err().to_string();
            assert!(!error.contains(control), "{error:?}");
        }
    }
}
