//! Tokens, codes, verifiers and secrets stay out of whatever can be printed, and out of the reach of others (RFC 6749 sections
//! 10.3 and 10.4).

use std::{collections::BTreeSet, fmt::Debug, fs, path::Path};

use authwright_core::{IntoSource, Secret, TokenEvent, TokenPool, TokenStore, Tokens, store::Record};
use authwright_oauth2::{Browser, NewClient, Pending, PrivateKey, Session, Sessions, Subject};
use authwright_testkit::{Endpoint, RegisteredClient, Reply};
use authwright_tests::on_every_driver;
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    bench::{Bench, CALLBACK},
    code::{code_in, value},
};

const SECRET: &str = "c4nary-secret:/+%";
const REFRESH: &str = "c4nary-refresh/+=";
const ASSERTION: &str = "c4nary-assertion.a.b";

/// Types that hold nothing secret: names, choices, public keys, claims, what is made to be shown.
const NOTHING_SECRET: [&str; 10] =
    ["Algorithm", "Ask", "Device", "IdClaims", "Login", "Prompt", "PublicKey", "Saved", "Server", "StoreKey"];
/// In `token_canary` of the contract, with a canary in each; or behind a feature, with a `Secret` in it.
const SHOWN_ELSEWHERE: [&str; 7] =
    ["Acquire", "Acquired", "Flight", "Landing", "LoginEndpoint", "PasswordGrant", "Supplied"];

/// A text, and what it looks like in a URL, in Basic and in a dump.
fn forms(secret: &str) -> Vec<String> {
    use std::fmt::Write;
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    // The last characters depend on what follows.
    let base64 = |text: String| text.trim_end_matches('=')[..secret.len() * 4 / 3 - 1].to_owned();
    vec![
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        base64(BASE64_STANDARD.encode(secret)),
        base64(BASE64_URL_SAFE_NO_PAD.encode(secret)),
        hex,
    ]
}

#[derive(Default)]
struct Sweep(Vec<(&'static str, String)>);

impl Sweep {
    fn print(&mut self, name: &'static str, value: &dyn Debug) {
        self.0.push((name, format!("{value:?} {value:#?}")));
    }

    #[track_caller]
    fn assert_clean(&self, secrets: &[String], who: &str) {
        for form in secrets.iter().filter(|secret| secret.len() >= 8).flat_map(|secret| forms(secret)) {
            let leak = self.0.iter().find(|(_, text)| text.contains(&form));
            assert_eq!(leak, None, "{who}: {form}");
        }
    }
}

/// The public types of the sources in a folder.
fn public_types(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            public_types(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let types = text.lines().filter_map(|line| {
                line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
            });
            let name = |rest: &str| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
            found.extend(types.map(name));
        }
    }
}

#[test]
fn e17_no_public_type_prints_a_secret() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            server.client(RegisteredClient::basic("shop", SECRET).redirect_uri(CALLBACK))
        });
        let app = bench.app("shop").secret(SECRET);
        let session = bench.session(app.clone());
        let mut sweep = Sweep::default();
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let record = pending.to_record();
        let mut secrets: Vec<String> = [SECRET, REFRESH, ASSERTION].map(str::to_owned).to_vec();
        let json: serde_json::Value = serde_json::from_str(&record).unwrap();
        secrets.extend(["state", "verifier"].map(|name| json[name].as_str().unwrap().to_owned()));
        sweep.print("Pending", &(&pending, Pending::from_record(&record).unwrap()));
        sweep.print("SecretValue", &record);
        let callback = bench.server.follow(pending.url());
        secrets.push(code_in(&callback));
        bench.run(session.finish(pending, &*callback)).unwrap();
        let token = bench.token(session.tokens()).unwrap();

        sweep.print("Registration", &(&app, bench.app("shop").secret_in_body(SECRET)));
        sweep.print("ClientCredentials", &app.client_credentials());
        let new = NewClient::new("Shop").access_token(SECRET).redirect_uri(CALLBACK);
        sweep.print("NewClient", &new);
        sweep.print("RefreshGrant", &app.refresh_token(REFRESH));
        sweep.print("Source", &app.refresh_token(REFRESH).into_source().unwrap());
        sweep.print("TokensBuilder", &Tokens::builder(app.refresh_token(REFRESH)));
        sweep.print("JwtBearer", &app.assertion(ASSERTION));
        sweep.print("Subject", &Subject::from(Secret::new(REFRESH)));
        sweep.print("TokenExchange", &app.token_exchange(Secret::new(REFRESH)).actor(Secret::new(ASSERTION)));
        sweep.print("Introspection", &bench.run(app.introspect(Secret::new(token.expose()))).unwrap());
        sweep.print("Browser", &Browser::pasted().redirect_uri(format!("https://shop.example/{REFRESH}")));
        sweep.print("Session", &session);
        sweep.print("Sessions", &Sessions::new(&app, bench.store.clone()).unwrap());
        sweep.print("Tokens", session.tokens());
        sweep.print("Token", &token);
        sweep.print("TokenEvent", &[TokenEvent::Renewed(token.clone()), TokenEvent::Adopted(token)]);
        let grant = app.refresh_token(REFRESH);
        sweep.print("TokenPool", &TokenPool::new(1, move |_: &u8| Tokens::new(grant.clone())));
        sweep.print("MemoryStore", &bench.store);
        sweep.print("Record", &Record::from_bytes(REFRESH.into()));
        sweep.print("Secret", &Secret::new(SECRET));
        let key = PrivateKey::generate();
        let kept = key.to_record().unwrap().to_string();
        secrets.extend(kept.split('"').filter(|word| word.len() >= 40).map(str::to_owned));
        sweep.print("PrivateKey", &(&key, PrivateKey::from_record(&kept).unwrap()));

        // And every error of a server that repeats what it was sent.
        let echo = |text: &str| {
            let json = serde_json::json!({"error": "invalid_grant", "error_description": text});
            Reply::status(400).header("content-type", "application/json").body(json.to_string())
        };
        for secret in &forms(SECRET)[..2] {
            bench.server.next(Endpoint::Token, echo(&format!("what is {secret}?")));
            let failure = bench.token(&Tokens::new(app.refresh_token(REFRESH)).unwrap()).unwrap_err();
            failure.printed.into_iter().for_each(|text| sweep.0.push(("Error", text)));
        }
        let pending = bench.run(session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        bench.server.next(Endpoint::Token, echo(&value(&callback, "code").unwrap()));
        let failure = bench.run(session.finish(pending, &*callback)).unwrap_err();
        assert!(!failure.printed.is_empty());
        failure.printed.into_iter().for_each(|text| sweep.0.push(("Error", text)));
        secrets.extend(bench.server.secrets());
        sweep.assert_clean(&secrets, driver.name());

        let mut types = BTreeSet::new();
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        for folder in ["oauth2/src", "core/src/tokens", "core/src/store"] {
            public_types(&crates.join(folder), &mut types);
        }
        let swept: BTreeSet<_> = sweep.0.iter().map(|(name, _)| *name).collect();
        let known = |name: &str| {
            swept.contains(name) || NOTHING_SECRET.contains(&name) || SHOWN_ELSEWHERE.contains(&name)
        };
        let forgotten: Vec<_> = types.iter().filter(|name| !known(name)).collect();
        assert!(types.len() > 25 && forgotten.is_empty(), "not looked at: {forgotten:?}");
    });
}

/// What keeps other people on the machine from reading a login.
#[cfg(unix)]
#[test]
fn e17_the_file_of_a_login_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    fn check(path: &Path, files: &mut usize) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            for entry in fs::read_dir(path).unwrap() {
                check(&entry.unwrap().path(), files);
            }
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
            *files += 1;
        }
    }

    fn keeps(bench: &Bench<'_>, store: impl TokenStore) -> Session {
        let session = Session::new(bench.app("shop"), store).unwrap();
        bench.sign_in(&session).unwrap();
        session
    }

    on_every_driver(|driver| {
        let name = format!("authwright-e17-{}-{}", std::process::id(), driver.name());
        let folder = std::env::temp_dir().join(name);
        let bench = Bench::new(driver, |server| server.client(crate::code::shop()));
        let session = keeps(&bench, authwright_store::FileStore::at(&folder));
        // Replaced by a renewal, it is as it was.
        for _ in 0..2 {
            let mut files = 0;
            check(&folder, &mut files);
            assert!(files > 0, "{}: nothing is stored", driver.name());
            bench.clock.advance(std::time::Duration::from_secs(4000));
            bench.token(session.tokens()).unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
    });
}
