//! Nothing printed holds a password, a hash of it, or what was made with it (rule 9; obligation E17).

use authwright_core::{Auth, Denied, Digest, IntoScheme, Password, http::Method};
use authwright_testkit::{Credential, DigestBuilder, Plan, PlanBody, Proof, Reply};
use authwright_tests::on_every_driver;

use super::{PASSWORD, authorizations, get, guard, parameter, sam};
use crate::{
    canary::{listen_to_the_log, logged},
    support::net,
};

/// `H(sam:r:c4n4ry5ecret)` by each hash.
const HA1: [&str; 2] =
    ["d3c49cae3d1954ad017426f395b0d2d0", "596d94e32e840e887dfd338149cd9ee050255c27d17236f783c7118f1f6efb23"];

/// What it is called, the realm, and what the server answers to those it lets in.
type Behaviour = (&'static str, fn() -> DigestBuilder, Reply);

#[test]
fn e17_no_password_hash_or_answer_is_printed() {
    let net = net();
    on_every_driver(|driver| {
        let behaviours: [Behaviour; 8] = [
            ("accepted", || sam("r"), Reply::ok("hello")),
            ("session", || sam("r").algorithms(&["SHA-256-sess"]).qop("auth-int"), Reply::ok("hello")),
            ("refused", || sam("r").refuse_all(), Reply::ok("")),
            ("stale", || sam("r").always_stale(), Reply::ok("")),
            ("forged", || sam("r").algorithms(&["SHA-256"]).proof(Proof::Forged), Reply::ok("")),
            ("broken off", || sam("r"), Reply::ok("hello").close_mid_body()),
            ("forbidden", || sam("r").userhash(), Reply::status(403)),
            ("lost", || sam("r").without_qop(), Reply::ok("").close_before_head()),
        ];
        for (what, builder, ok) in behaviours {
            for password in [false, true] {
                let realm = builder().build();
                let ok = ok.clone();
                net.set_script(move |request| realm.reply(request, ok.clone()));
                let auth = if password {
                    Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap()
                } else {
                    Auth::new(net.origin(0), Digest::new("sam", PASSWORD)).unwrap()
                };
                let mut printed = Vec::new();
                for body in [
                    PlanBody::Empty,
                    PlanBody::Bytes(b"body".to_vec()),
                    PlanBody::Stream(vec![b"body".to_vec()]),
                ] {
                    let plan =
                        Plan::get(net.url(0, "/p?q=1"), &auth).method(Method::POST).body(body).explained();
                    let outcome = driver.run(&net, &plan);
                    printed.push(format!("{outcome} {outcome:?}"));
                    printed.extend(outcome.denied().map(Denied::to_string));
                    printed
                        .extend(outcome.trail.as_ref().map(|trail| format!("{trail} {trail:?} {trail:#?}")));
                    printed.extend(outcome.printed);
                }
                printed.push(format!("{auth:?} {auth:#?} {}", auth.explain(net.url(0, "/")).unwrap()));
                let sent = authorizations(&net);
                let ours: Vec<&str> = ["response", "cnonce"]
                    .iter()
                    .flat_map(|name| sent.iter().filter_map(|line| parameter(line, name)))
                    .collect();
                assert!(sent.iter().any(|line| line != "-"), "{} {what}", driver.name());
                for text in printed {
                    let who = format!("{} {what}: {text}", driver.name());
                    assert!(!Credential::leaked_in(text.as_bytes()), "{who}");
                    assert!(!HA1.iter().any(|hash| text.contains(hash)), "{who}");
                    assert!(!ours.iter().any(|value| text.contains(value)), "{who}");
                }
                assert!(!Credential::leaked_in(&net.bytes(0)), "{} {what}: on the wire", driver.name());
            }
        }
    });
}

/// At TRACE neither the password, nor its hash, nor an answer is in the log of reqwest and what lies below it.
#[test]
fn e17_the_log_holds_no_answer() {
    listen_to_the_log();
    let net = net();
    on_every_driver(|driver| {
        for builder in
            [sam("r"), sam("r").refuse_all(), sam("r").algorithms(&["SHA-256-sess"]).proof(Proof::Forged)]
        {
            guard(&net, builder);
            let auth = Auth::new(net.origin(0), Password::new("sam", PASSWORD)).unwrap();
            for _ in 0..2 {
                get(driver, &net, "/", &auth);
            }
            let sent = authorizations(&net);
            let ours =
                ["response", "cnonce"].map(|name| sent.iter().filter_map(move |line| parameter(line, name)));
            let ours: Vec<&str> = ours.into_iter().flatten().chain(HA1).collect();
            assert!(ours.len() > HA1.len(), "{}", driver.name());
            for line in logged() {
                let clean =
                    !Credential::leaked_in(line.as_bytes()) && !ours.iter().any(|value| line.contains(value));
                assert!(clean, "{}: {line}", driver.name());
            }
        }
    });
}

#[test]
fn e17_no_debug_of_a_description_holds_a_password() {
    let printed = [
        format!("{:?} {:#?}", Digest::new("sam", PASSWORD), Digest::new("sam", PASSWORD).without_md5()),
        format!("{:?} {:#?}", Password::new("sam", PASSWORD), Password::new("sam", PASSWORD).without_md5()),
        Digest::new("sam", PASSWORD).what(),
        Password::new("sam", PASSWORD).what(),
        format!("{:?}", Digest::new("sam", PASSWORD).into_scheme().unwrap()),
        format!("{:?}", Password::new("sam", PASSWORD).into_scheme().unwrap()),
        format!("{:?}", Auth::new("http://a.example", Digest::new("sam", PASSWORD)).unwrap_err()),
        format!("{:?}", Auth::new("https://a.example", Digest::new("s\nam", PASSWORD)).unwrap_err()),
        format!(
            "{:?}",
            Auth::new("https://a.example", Digest::new("sam", format!("\n{PASSWORD}"))).unwrap_err()
        ),
    ];
    for text in printed {
        assert!(!Credential::leaked_in(text.as_bytes()), "{text}");
    }
}
