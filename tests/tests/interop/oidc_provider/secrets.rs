//! What is looked for, and where it belongs.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
};

use serde_json::Value;

use super::referee::clients;

/// As many characters tell one secret from all other texts.
const WINDOW: usize = 16;

type Window = [u8; WINDOW];

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum What {
    ClientSecret,
    PrivateKey,
    Code,
    Verifier,
    State,
    Nonce,
    AccessToken,
    RefreshToken,
    IdToken,
    DeviceCode,
    RequestUri,
    Assertion,
    Proof,
    InitialToken,
    RegistrationToken,
}

/// Who has sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Client,
    Browser,
    /// Who runs the server: the test itself.
    Operator,
}

/// A secret, and the only issuer it is for, if it is for one alone.
type Known = (What, Option<String>);

/// Everything that is looked for.
pub(super) struct Secrets {
    known: HashMap<Window, Known>,
    /// Which first characters there are: most texts have few of them.
    begin: Vec<bool>,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { known: HashMap::new(), begin: vec![false; 1 << 18] }
    }
}

/// The first three characters, of which base64 has 64 each.
fn beginning(window: &[u8]) -> usize {
    window[..3].iter().fold(0, |sum, byte| sum << 6 | usize::from(byte & 63))
}

impl Secrets {
    /// `issuer`: the only one it is for.
    fn add(&mut self, what: What, issuer: Option<&str>, text: &str) {
        // Of what is signed, the signature: many begin alike.
        let own = if text.split('.').count() == 3 { text.rsplit('.').next().unwrap() } else { text };
        if let Some(window) = own.as_bytes().first_chunk() {
            self.begin[beginning(window)] = true;
            self.known.entry(*window).or_insert_with(|| (what, issuer.map(Into::into)));
        }
    }

    /// Which of them are in a text.
    pub(super) fn within(&self, text: &[u8]) -> HashSet<&Known> {
        let windows = text.windows(WINDOW).filter(|window| self.begin[beginning(window)]);
        windows.filter_map(|window| self.known.get(window)).collect()
    }

    /// How many of each kind there are.
    pub(super) fn counts(&self) -> BTreeMap<What, usize> {
        let mut counts = BTreeMap::new();
        for (what, _) in self.known.values() {
            *counts.entry(*what).or_default() += 1;
        }
        counts
    }

    /// What clients were given.
    pub(super) fn of_clients(&mut self) {
        for (_, client) in clients() {
            if let Some(secret) = client["secret"].as_str() {
                // The part that is written the same whatever escapes it, in three ways of writing it.
                let (_, marked) = secret.split_once("<secret>").expect("it marks its secrets");
                assert_eq!(marked, "-0123456789");
                for written in ["<secret>-0123456789", "%3Csecret%3E-0123456789", "secret%3E-0123456789"] {
                    self.add(What::ClientSecret, None, written);
                }
            }
            if let Some(path) = client["key"].as_str() {
                let pem = fs::read_to_string(path).unwrap();
                let lines: Vec<_> = pem.lines().filter(|line| !line.starts_with('-')).collect();
                // Where the private number is: Ed25519, P-256 (RFC 5915), and RSA, whose public half comes first.
                let secret = match lines.len() {
                    1 => &lines[0][24..],
                    2 | 3 => lines[1],
                    many => lines[many * 2 / 3],
                };
                self.add(What::PrivateKey, None, secret);
            }
        }
    }

    /// The key of a login, as it is kept: PKCS #8 of P-256, whose private number is at bytes 36 to 68, or of Ed25519.
    pub(super) fn of_login(&mut self, key: &str) {
        let secret = if key.len() > 120 { &key[52..] } else { &key[24..] };
        self.add(What::PrivateKey, None, secret);
    }

    /// What was sent and given.
    pub(super) fn of_record(&mut self, line: &Value) {
        let issuer = line["issuer"].as_str();
        let authorization = line["headers"]["authorization"].as_str();
        if let Some(pair) = authorization.and_then(|it| it.strip_prefix("Basic ")) {
            // It is the same at all issuers.
            self.add(What::ClientSecret, None, &pair[pair.len().saturating_sub(WINDOW)..]);
        }
        let mut add = |what, text: &Value| self.add(what, issuer, text.as_str().unwrap_or_default());
        let answer = &line["answer"];
        add(What::AccessToken, &answer["access_token"]);
        add(What::RefreshToken, &answer["refresh_token"]);
        add(What::IdToken, &answer["id_token"]);
        add(What::DeviceCode, &answer["device_code"]);
        add(What::ClientSecret, &answer["client_secret"]);
        add(What::InitialToken, &answer["initial_access_token"]);
        add(What::RegistrationToken, &answer["registration_access_token"]);
        add(What::Proof, &line["headers"]["dpop"]);
        let body = &line["body"];
        add(What::Code, &body["code"]);
        add(What::Verifier, &body["code_verifier"]);
        add(What::State, &body["state"]);
        add(What::Nonce, &body["nonce"]);
        add(What::Assertion, &body["client_assertion"]);
        add(What::Assertion, &body["assertion"]);
        let last = |text: &str| Value::from(text.rsplit(':').next().unwrap_or_default());
        add(What::RequestUri, &last(answer["request_uri"].as_str().unwrap_or_default()));
        for url in [line["url"].as_str(), line["location"].as_str()].into_iter().flatten() {
            let query = url.split_once('?').map_or("", |(_, query)| query);
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                match &*name {
                    "code" => add(What::Code, &value.into()),
                    "state" => add(What::State, &value.into()),
                    "nonce" => add(What::Nonce, &value.into()),
                    _ => {}
                }
            }
        }
    }
}

/// What belongs where, and nothing else does.
pub(super) fn belongs(what: What, route: &str, place: &str, sender: Sender) -> bool {
    let is_client = matches!(
        route,
        "/token" | "/request" | "/device/auth" | "/token/introspection" | "/token/revocation"
    );
    let is_token = route == "/token";
    let is_about = matches!(route, "/token/introspection" | "/token/revocation");
    let is_api = matches!(route, "/opaque" | "/jwt" | "/me");
    match (what, place) {
        (What::State | What::Nonce | What::RequestUri, "url") => {
            sender == Sender::Browser && route == "/auth"
        }
        // No client of ours manages its registration (RFC 7592).
        (What::RegistrationToken, "headers authorization") => {
            sender == Sender::Operator && route.starts_with("/reg/")
        }
        _ if sender != Sender::Client => false,
        (What::InitialToken, "headers authorization") => route == "/reg",
        (What::State, "body state") | (What::Nonce, "body nonce") => route == "/request",
        (What::ClientSecret, "headers authorization" | "body client_secret")
        | (What::Assertion, "body client_assertion") => is_client,
        (What::Proof, "headers dpop") => is_client || is_api,
        (What::Assertion, "body assertion")
        | (What::Code, "body code")
        | (What::Verifier, "body code_verifier")
        | (What::DeviceCode, "body device_code")
        | (What::RefreshToken, "body refresh_token")
        | (What::AccessToken, "body subject_token" | "body actor_token") => is_token,
        (What::AccessToken | What::RefreshToken, "body token") => is_about,
        (What::AccessToken, "headers authorization") => is_api,
        _ => false,
    }
}
