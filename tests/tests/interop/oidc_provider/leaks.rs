//! Where secrets have been: of everything that was sent and printed while the cases ran, what should not be there.
//!
//! What is looked for comes from the server's own record of every request and answer, and from what the clients were given:
//! client secrets (as they are, form-encoded, and in a Basic pair), private keys of clients and of logins, codes, verifiers,
//! states, nonces, access, refresh and ID tokens, device codes, request URIs, assertions and proofs. Each by sixteen
//! characters of it that no other text has, so a part of one is found too.
//!
//! What is scanned:
//! * `Debug` and `Display` of our types, and of every error with its sources, as the cases had them; what people were told
//!   and the pages our listener showed them; the log of this process at TRACE, from our crates, reqwest, hyper and rustls.
//! * Every URL, header and body that arrived at the server, browsers' included: each secret only at the endpoint, and in the
//!   parameter or header, that it is for, and only at the issuer that gave it.
//! * Every byte that arrived at a listener that is nobody's, which each client also asked for something.
//!
//! What is not scanned: ureq's own log, which has URLs and bytes of requests at TRACE (SECURITY.md). Bytes to anywhere else
//! than these listeners: there is no recorder below the clients. Memory and files.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
    fs,
    sync::{Mutex, Once, PoisonError},
};

use log::{LevelFilter, Log, Metadata, Record};
use serde_json::Value;

use super::{
    person::BROWSER,
    referee::{self, clients},
};

/// As many characters tell one secret from all other texts.
const WINDOW: usize = 16;

type Window = [u8; WINDOW];

/// What has been printed: by whom it may be seen, and what.
struct Printed(Mutex<Vec<(Reader, String)>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Whoever reads a log or an error.
    Anybody,
    /// The person who is to sign in, who is shown the page to go to.
    Person,
}

static PRINTED: Printed = Printed(Mutex::new(Vec::new()));
/// The keys of logins, which no server sees.
static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(crate) fn note(text: String) {
    PRINTED.push(Reader::Anybody, text);
}

pub(crate) fn note_prompt(text: String) {
    PRINTED.push(Reader::Person, text);
}

pub(crate) fn note_key(record: &str) {
    KEYS.lock().unwrap_or_else(PoisonError::into_inner).push(record.to_owned());
}

/// From now on, the log of this process is kept.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&PRINTED).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
}

impl Printed {
    fn push(&self, reader: Reader, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((reader, text));
    }
}

impl Log for Printed {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.target().starts_with("ureq")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.push(Reader::Anybody, format!("{} {} {}", record.level(), record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum What {
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
}

/// Everything that is looked for.
#[derive(Default)]
struct Secrets(HashMap<Window, (What, Option<String>)>);

impl Secrets {
    /// `issuer`: the only one it is for.
    fn add(&mut self, what: What, issuer: Option<&str>, text: &str) {
        // Of what is signed, the signature: many begin alike.
        let own = if text.split('.').count() == 3 { text.rsplit('.').next().unwrap() } else { text };
        if let Some(window) = own.as_bytes().first_chunk() {
            self.0.entry(*window).or_insert_with(|| (what, issuer.map(Into::into)));
        }
    }

    fn within<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = &'a (What, Option<String>)> {
        text.windows(WINDOW).filter_map(|window| self.0.get(window))
    }

    /// What clients were given.
    fn of_clients(&mut self) {
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
                // The first has what many keys begin with, and all of Ed25519.
                let secret = if lines.len() == 1 { &lines[0][24..] } else { lines[1] };
                self.add(What::PrivateKey, None, secret);
            }
        }
        for record in &*KEYS.lock().unwrap_or_else(PoisonError::into_inner) {
            // PKCS #8 of P-256: the private number is at bytes 36 to 68 (RFC 5915).
            self.add(What::PrivateKey, None, &record[52..]);
        }
    }

    /// What was sent and given.
    fn of_record(&mut self, line: &Value) {
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

/// Where in a request something was: a header, a member of the body, or the URL.
fn places(line: &Value) -> Vec<(String, String)> {
    let mut places = vec![("url".to_owned(), line["url"].as_str().unwrap_or_default().to_owned())];
    for part in ["headers", "body"] {
        for (name, value) in line[part].as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), Into::into);
            places.push((format!("{part} {name}"), value));
        }
    }
    places
}

/// What belongs where, and nothing else does.
fn belongs(what: What, route: &str, place: &str, by_browser: bool) -> bool {
    let is_client = matches!(
        route,
        "/token" | "/request" | "/device/auth" | "/token/introspection" | "/token/revocation"
    );
    let is_token = route == "/token";
    let is_about = matches!(route, "/token/introspection" | "/token/revocation");
    let is_api = matches!(route, "/opaque" | "/jwt" | "/me");
    match (what, place) {
        (What::State | What::Nonce | What::RequestUri, "url") => by_browser && route == "/auth",
        _ if by_browser => false,
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

/// Looks everywhere. What was found where it does not belong, and what was looked at.
pub(crate) fn scan(elsewhere: &[u8]) -> (Vec<String>, String) {
    let record = referee::record("arrived");
    let lines: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut secrets = Secrets::default();
    secrets.of_clients();
    lines.iter().for_each(|line| secrets.of_record(line));
    let mut found = Vec::new();
    let mut seen = BTreeMap::<What, usize>::new();
    for line in &lines {
        let (route, issuer) = (line["route"].as_str().unwrap_or_default(), line["issuer"].as_str());
        let by_browser = line["headers"]["user-agent"] == BROWSER;
        for (place, value) in places(line) {
            for (what, own) in secrets.within(value.as_bytes()).collect::<HashSet<_>>() {
                *seen.entry(*what).or_default() += 1;
                let is_at_home = own.is_none() || own.as_deref() == issuer;
                if !is_at_home || !belongs(*what, route, &place, by_browser) {
                    let who = if by_browser { "a browser" } else { "a client" };
                    found.push(format!("{what:?} in {place} of {who} at {route} of {issuer:?}"));
                }
            }
        }
    }
    let printed = std::mem::take(&mut *PRINTED.0.lock().unwrap_or_else(PoisonError::into_inner));
    for (reader, text) in &printed {
        for (what, _) in secrets.within(text.as_bytes()).collect::<HashSet<_>>() {
            let is_for_them = matches!(what, What::State | What::Nonce | What::RequestUri);
            if *reader == Reader::Anybody || !is_for_them {
                found.push(format!(
                    "{what:?} in what was printed: {}",
                    text.chars().take(400).collect::<String>()
                ));
            }
        }
    }
    found.extend(
        secrets.within(elsewhere).map(|(what, _)| format!("{what:?} at the listener that is nobody's")),
    );
    (found, summary(&secrets, &seen, &lines, &printed, elsewhere))
}

fn summary(
    secrets: &Secrets,
    seen: &BTreeMap<What, usize>,
    lines: &[Value],
    printed: &[(Reader, String)],
    elsewhere: &[u8],
) -> String {
    let mut known = BTreeMap::<What, usize>::new();
    secrets.0.values().for_each(|(what, _)| *known.entry(*what).or_default() += 1);
    let mut text = String::from("secrets, and how often each kind arrived where it belongs:\n");
    for (what, count) in known {
        let seen = seen.get(&what).copied().unwrap_or_default();
        let what = format!("{what:?}");
        let _ = writeln!(text, "| {what:<12} | {count:>6} | {seen:>6}");
    }
    let _ = write!(
        text,
        "looked for in {} requests, {} printed texts and log records at TRACE (without ureq's own, which has bytes), and {} \
         bytes at a listener that is nobody's",
        lines.len(),
        printed.len(),
        elsewhere.len()
    );
    text
}
