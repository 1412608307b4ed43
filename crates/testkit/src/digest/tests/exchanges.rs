//! What the RFC has no example of, with a client as small as can be.

use super::{challenges, request};
use crate::{DigestRealm, Proof, Received, Rejected, Reply, digest::algorithm::Algorithm};

/// Makes answers to MD5 and all the others for one user.
struct Client {
    algorithm: &'static str,
    qop: Option<&'static str>,
    /// The first nonce and cnonce.
    session: (String, String),
}

impl Client {
    fn ha1(&self) -> String {
        let algorithm = Algorithm::named(Some(self.algorithm)).unwrap();
        let ha1 = algorithm.hash(&["sam", "r", "pw"]);
        let (nonce, cnonce) = &self.session;
        if algorithm.session { algorithm.hash(&[&ha1, nonce, cnonce]) } else { ha1 }
    }

    fn says(&self, nonce: &str, nc: u32, cnonce: &str, body: &str) -> String {
        let algorithm = Algorithm::named(Some(self.algorithm)).unwrap();
        let ha2 = match self.qop {
            Some("auth-int") => algorithm.hash(&["GET", "/", &algorithm.hash(&[body])]),
            _ => algorithm.hash(&["GET", "/"]),
        };
        let start = format!(
            "Digest username=\"sam\", realm=\"r\", nonce=\"{nonce}\", uri=\"/\", algorithm={}",
            self.algorithm
        );
        let Some(qop) = self.qop else {
            return format!("{start}, response=\"{}\"", algorithm.hash(&[&*self.ha1(), nonce, &ha2]));
        };
        let nc = format!("{nc:08x}");
        let response = algorithm.hash(&[&*self.ha1(), nonce, &nc, cnonce, qop, &ha2]);
        format!("{start}, qop={qop}, nc={nc}, cnonce=\"{cnonce}\", response=\"{response}\"")
    }
}

fn nonce_in(text: &str) -> String {
    text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn every_algorithm_qop_and_session_with_a_body() {
    for algorithm in
        ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess", "SHA-512-sess"]
    {
        for qop in [Some("auth"), Some("auth-int"), None] {
            let builder = DigestRealm::builder("r").user("sam", "pw").algorithms(&["X-NEW", algorithm]);
            let builder = qop.map_or_else(
                || DigestRealm::builder("r").user("sam", "pw").algorithms(&[algorithm]).without_qop(),
                |qop| builder.qop(qop),
            );
            let realm = builder.in_order().build();
            let nonce = nonce_in(challenges(&realm.challenge(false)).last().unwrap());
            let client = Client { algorithm, qop, session: (nonce.clone(), "c1".to_owned()) };
            for (nc, cnonce, body) in [(1, "c1", "hello"), (2, "c2", "")] {
                let sent = Received {
                    body: body.into(),
                    ..request("/", Some(&client.says(&nonce, nc, cnonce, body)))
                };
                let answer = realm.answer(&sent);
                if qop.is_none() && algorithm.ends_with("-sess") {
                    assert!(matches!(answer, Err(Rejected::Broken(_))), "{algorithm} without qop");
                } else {
                    assert_eq!(answer.unwrap().qop.as_deref(), qop, "{algorithm}");
                }
            }
            let changed = Received {
                body: b"hellO".to_vec(),
                ..request("/", Some(&client.says(&nonce, 3, "c3", "hello")))
            };
            let noticed = qop == Some("auth-int") || (qop.is_none() && algorithm.ends_with("-sess"));
            assert_eq!(realm.answer(&changed).is_err(), noticed, "{algorithm} {qop:?}");
        }
    }
}

/// RFC 7616 section 3.5: the proof is over an empty method, and over the body where that is protected.
#[test]
fn the_proof_is_the_servers() {
    for (qop, expected_body) in [("auth", None), ("auth-int", Some("body"))] {
        for proof in [Proof::Right, Proof::Forged, Proof::Unsigned, Proof::Silent] {
            let realm = DigestRealm::builder("r")
                .user("sam", "pw")
                .algorithms(&["SHA-256-sess"])
                .qop(qop)
                .proof(proof)
                .build();
            let nonce = nonce_in(&challenges(&realm.challenge(false))[0]);
            let client = Client {
                algorithm: "SHA-256-sess",
                qop: Some(qop),
                session: (nonce.clone(), "c".to_owned()),
            };
            let reply = realm.reply(&request("/", Some(&client.says(&nonce, 1, "c", ""))), Reply::ok("body"));
            let info = reply.headers().iter().find(|(name, _)| name == "authentication-info");
            let info = info.map(|(_, value)| String::from_utf8(value.clone()).unwrap());
            let hash = Algorithm::named(Some("SHA-256")).unwrap();
            let ha2 = match expected_body {
                Some(body) => hash.hash(&["", "/", &hash.hash(&[body])]),
                None => hash.hash(&["", "/"]),
            };
            let right = hash.hash(&[&*client.ha1(), &nonce, "00000001", "c", qop, &ha2]);
            let rest = format!("qop={qop}, cnonce=\"c\", nc=00000001");
            match proof {
                Proof::Right => assert_eq!(info.unwrap(), format!("rspauth=\"{right}\", {rest}")),
                Proof::Forged => {
                    assert!(info.is_some_and(|info| info.contains("rspauth=\"") && !info.contains(&right)));
                }
                Proof::Unsigned => assert_eq!(info.unwrap(), rest),
                Proof::Silent => assert_eq!(info, None),
            }
        }
    }
}

/// Nonces end by use, by a successor, and by decree; a session outlives its first nonce.
#[test]
fn stale_nonces_and_next_nonces() {
    let realm = DigestRealm::builder("r").user("sam", "pw").algorithms(&["MD5"]).nonce_uses(1).build();
    let nonce = nonce_in(&challenges(&realm.challenge(false))[0]);
    let client = Client { algorithm: "MD5", qop: Some("auth"), session: Default::default() };
    assert!(realm.answer(&request("/", Some(&client.says(&nonce, 1, "c", "")))).is_ok());
    // Stale is said to those alone who know the password.
    let wrong = client.says(&nonce, 2, "c", "").replace("cnonce=\"c", "cnonce=\"d");
    assert!(matches!(realm.answer(&request("/", Some(&wrong))), Err(Rejected::Wrong(_))));
    assert!(!challenges(&realm.reply(&request("/", None), Reply::ok("")))[0].contains("stale"));
    let stale = realm.reply(&request("/", Some(&client.says(&nonce, 3, "c", ""))), Reply::ok(""));
    assert!(stale.status_code() == 401 && challenges(&stale)[0].ends_with(", stale=true"));
    assert_ne!(nonce_in(&challenges(&stale)[0]), nonce);

    let realm =
        DigestRealm::builder("r").user("sam", "pw").algorithms(&["MD5-sess"]).next_nonce_every(1).build();
    let mut nonce = nonce_in(&challenges(&realm.challenge(false))[0]);
    let client =
        Client { algorithm: "MD5-sess", qop: Some("auth"), session: (nonce.clone(), "c".to_owned()) };
    for _ in 0..3 {
        let reply = realm.reply(&request("/", Some(&client.says(&nonce, 1, "c", ""))), Reply::ok(""));
        assert_eq!(reply.status_code(), 200);
        let info = &reply.headers().iter().find(|(name, _)| name == "authentication-info").unwrap().1;
        let old = std::mem::replace(&mut nonce, nonce_in(str::from_utf8(info).unwrap()));
        let late = realm.answer(&request("/", Some(&client.says(&old, 2, "c", ""))));
        assert_eq!(late, Err(Rejected::Stale));
    }

    let builder = || DigestRealm::builder("r").user("sam", "pw").in_order();
    for (realm, expected) in [
        (builder().always_stale().build(), 401),
        (builder().refuse_all().build(), 401),
        (builder().build(), 200),
    ] {
        let nonce = nonce_in(&challenges(&realm.challenge(false))[0]);
        let client = Client { algorithm: "MD5", qop: Some("auth"), session: Default::default() };
        let reply = realm.reply(&request("/", Some(&client.says(&nonce, 1, "c", ""))), Reply::ok(""));
        assert_eq!(reply.status_code(), expected);
    }
    let realm = builder().build();
    let nonce = nonce_in(&challenges(&realm.challenge(false))[0]);
    let skipped = realm.answer(&request(
        "/",
        Some(
            &Client { algorithm: "MD5", qop: Some("auth"), session: Default::default() }
                .says(&nonce, 2, "c", ""),
        ),
    ));
    assert_eq!(skipped.unwrap_err().to_string(), "`nc` is 2 after 0");
}

#[test]
fn what_is_offered_is_what_was_said() {
    let realm = DigestRealm::builder("a \"b\" \\c")
        .algorithms(&["", "X-NEW"])
        .qop("auth,x")
        .opaque("o\\\"p")
        .domain("/a http://b.example/")
        .userhash()
        .utf8()
        .after("Negotiate")
        .spelled(|text| text.replacen("Digest", "dIgEsT", 1))
        .build();
    let rest = "qop=\"auth,x\"";
    let end = "opaque=\"o\\\"p\", domain=\"/a http://b.example/\", userhash=true, charset=UTF-8";
    let start = r#"dIgEsT realm="a \"b\" \\c", nonce="#;
    let offers = challenges(&realm.challenge(false));
    assert_eq!(offers[0], "Negotiate");
    assert_eq!(offers[1], format!("{start}\"{}\", {rest}, {end}", nonce_in(&offers[1])));
    assert_eq!(offers[2], format!("{start}\"{}\", {rest}, algorithm=X-NEW, {end}", nonce_in(&offers[2])));
    assert_ne!(nonce_in(&offers[1]), nonce_in(&offers[2]), "a fresh one for each challenge");
    assert_eq!(realm.nonces(), 2);
    assert!(!format!("{realm:?}").contains("pw"));
}

/// An answer to one challenge with the nonce of another is noticed; so is a proxy's own field.
#[test]
fn nonces_belong_to_their_challenge_and_fields_to_their_side() {
    let realm = DigestRealm::builder("r").user("sam", "pw").algorithms(&["SHA-256", "MD5"]).build();
    let offers = challenges(&realm.challenge(false));
    let client = Client { algorithm: "MD5", qop: Some("auth"), session: Default::default() };
    let line = client.says(&nonce_in(&offers[0]), 1, "c", "");
    let mixed = realm.answer(&request("/", Some(&line))).unwrap_err();
    assert_eq!(mixed.to_string(), "`nonce` was given with another challenge");

    let neighbour = DigestRealm::builder("r").user("sam", "pw").among_others().build();
    let reply = neighbour.reply(&request("/", Some(&line)), Reply::ok(""));
    assert_eq!((reply.status_code(), challenges(&reply).len()), (401, 1));
    assert!(!challenges(&reply)[0].contains("stale") && neighbour.violations().is_empty());

    let proxy = DigestRealm::builder("r").user("sam", "pw").proof(Proof::Unsigned).proxy().build();
    let reply = proxy.reply(&request("/", None), Reply::ok(""));
    assert_eq!((reply.status_code(), &*reply.headers()[0].0), (407, "proxy-authenticate"));
    let line = client.says(&nonce_in(str::from_utf8(&reply.headers()[0].1).unwrap()), 1, "c", "");
    assert_eq!(proxy.answer(&request("/", Some(&line))), Err(Rejected::Missing));
    let sent =
        Received { headers: vec![("proxy-authorization".into(), line.into_bytes())], ..request("/", None) };
    assert_eq!(proxy.reply(&sent, Reply::ok("")).headers().last().unwrap().0, "proxy-authentication-info");
}
