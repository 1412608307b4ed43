//! Where secrets have been: of everything that was sent and printed while the cases ran, what should not be there.
//!
//! What is looked for comes from the server's own record of every request and answer, and from what the clients were given:
//! client secrets (as they are, form-encoded, and in a Basic pair), private keys of clients and of logins, codes, verifiers,
//! states, nonces, access, refresh and ID tokens, device codes, request URIs, assertions, proofs, and initial and
//! registration access tokens. Each by sixteen
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
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    sync::{Mutex, Once, PoisonError},
};

use log::{LevelFilter, Log, Metadata, Record};
use serde_json::Value;

use super::{
    person::BROWSER,
    referee,
    registrar::OPERATOR,
    secrets::{Secrets, Sender, What, belongs},
};

/// What has been printed: by whom it may be seen, and what.
struct Printed(Mutex<Vec<(Reader, String)>>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
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

/// Looks everywhere. What was found where it does not belong, and what was looked at.
pub(crate) fn scan(elsewhere: &[u8]) -> (Vec<String>, String) {
    let record = referee::record("arrived");
    let lines: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut secrets = Secrets::default();
    secrets.of_clients();
    for key in &*KEYS.lock().unwrap_or_else(PoisonError::into_inner) {
        secrets.of_login(key);
    }
    for line in &lines {
        secrets.of_record(line);
    }
    let mut found = Vec::new();
    let mut arrived = BTreeMap::<What, usize>::new();
    for line in &lines {
        in_a_request(&secrets, line, &mut arrived, &mut found);
    }
    let printed = std::mem::take(&mut *PRINTED.0.lock().unwrap_or_else(PoisonError::into_inner));
    let count = printed.len();
    for (reader, text) in printed.into_iter().collect::<HashSet<_>>() {
        for (what, _) in secrets.within(text.as_bytes()) {
            let is_for_them = matches!(what, What::State | What::Nonce | What::RequestUri);
            if reader == Reader::Anybody || !is_for_them {
                let start: String = text.chars().take(400).collect();
                found.push(format!("{what:?} in what was printed: {start}"));
            }
        }
    }
    let astray = secrets.within(elsewhere);
    found.extend(astray.iter().map(|(what, _)| format!("{what:?} at the listener that is nobody's")));
    let mut summary = String::from("secrets, how many, and how often each kind arrived where it belongs:\n");
    for (what, many) in secrets.counts() {
        let arrived = arrived.get(&what).copied().unwrap_or_default();
        // What is never found where it belongs would not be found anywhere else.
        if arrived == 0 && !matches!(what, What::IdToken | What::PrivateKey) {
            found.push(format!("{what:?}: it did not arrive where it belongs"));
        }
        let what = format!("{what:?}");
        let _ = writeln!(summary, "| {what:<17} | {many:>5} | {arrived:>5}");
    }
    let _ = write!(
        summary,
        "looked for in {} requests, {count} printed texts and log records at TRACE, and {} bytes at a listener that is \
         nobody's; not in ureq's own log, which has URLs and bytes (SECURITY.md)",
        lines.len(),
        elsewhere.len()
    );
    (found, summary)
}

fn in_a_request(
    secrets: &Secrets,
    line: &Value,
    arrived: &mut BTreeMap<What, usize>,
    found: &mut Vec<String>,
) {
    let (route, issuer) = (line["route"].as_str().unwrap_or_default(), line["issuer"].as_str());
    let sender = match line["headers"]["user-agent"].as_str() {
        Some(BROWSER) => Sender::Browser,
        Some(OPERATOR) => Sender::Operator,
        _ => Sender::Client,
    };
    for (place, value) in places(line) {
        for (what, own) in secrets.within(value.as_bytes()) {
            let is_at_home = own.is_none() || own.as_deref() == issuer;
            if is_at_home && belongs(*what, route, &place, sender) {
                *arrived.entry(*what).or_default() += 1;
            } else {
                found.push(format!("{what:?} in {place} of {sender:?} at {route} of {issuer:?}"));
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
