//! The schema that is checked in, and that it says what the code does.

use authwright_core::{AuthConfig, MemoryStore, config};
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::{ALL, good::document, toml};

/// Not required by themselves; but each type needs an issuer or an endpoint, and some need a way to show who they are.
const ONE_OF_SEVERAL: [&str; 4] = ["issuer", "token_endpoint", "provider", "client_secret"];

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/auth.schema.json");

fn generated() -> Value {
    config::schema(&[config::KINDS, authwright_oauth2::config::KINDS])
}

/// `AUTHWRIGHT_WRITE=1 cargo test -p authwright-tests --test config schema` writes it anew.
#[test]
fn the_schema_that_is_checked_in_is_the_one_that_is_generated() {
    let text = format!("{}\n", serde_json::to_string_pretty(&generated()).unwrap());
    if std::env::var_os("AUTHWRIGHT_WRITE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let found = std::fs::read_to_string(FILE).unwrap_or_default().replace('\r', "");
    assert!(
        found == text,
        "docs/auth.schema.json is not what is generated; see this test for how to write it"
    );
}

struct Validator(Schemas, SchemaIndex);

impl Validator {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("auth.json", generated()).unwrap();
        let index = compiler.compile("auth.json", &mut schemas).unwrap();
        Self(schemas, index)
    }

    fn takes(&self, document: &Value) -> bool {
        self.0.validate(document, self.1).is_ok()
    }
}

#[test]
fn a_validator_of_somebody_elses_takes_what_is_right_and_refuses_what_is_wrong() {
    let validator = Validator::new();
    let right = serde_json::to_value(toml(&document())).unwrap();
    assert!(validator.takes(&right) && validator.takes(&right["auth"]));
    let entry = |more: Value| {
        let mut entry = json!({ "origins": "https://a.example", "type": "api_key", "key": "env:KEY" });
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "auth": [entry] })
    };
    assert!(validator.takes(&entry(json!({ "header": "X-Key" }))));
    for wrong in [
        entry(json!({})),
        entry(json!({ "header": "X-Key", "query": "key" })),
        entry(json!({ "header": "X-Key", "kye": 1 })),
        entry(json!({ "header": "X-Key", "key": "s3cret" })),
        entry(json!({ "header": "X-Key", "origins": [] })),
        entry(json!({ "header": "X-Key", "origins": "a.example" })),
        entry(json!({ "header": "X-Key", "type": "apikey" })),
        entry(json!({ "header": 5 })),
        json!({ "auth": {} }),
        json!({ "auths": [] }),
        json!("auth"),
    ] {
        assert!(!validator.takes(&wrong), "{wrong}");
    }
}

/// Core knows by name what the other crate brings, to say so.
#[test]
fn a_type_of_the_other_crate_says_whose_it_is() {
    for kind in authwright_oauth2::config::KINDS {
        let document = json!([{ "origins": "https://a.example", "type": kind.name }]);
        let config: AuthConfig = serde_json::from_value(document).unwrap();
        let error = config.build().unwrap_err().to_string();
        assert!(error.contains("authwright-oauth2"), "{error}");
    }
}

/// Each member that the schema lists for a type is asked for by that type; each that it does not list is unknown to it.
#[test]
fn the_types_have_the_members_that_the_schema_lists() {
    let entries = serde_json::to_value(toml(&document())).unwrap();
    for kind in config::KINDS.iter().chain(authwright_oauth2::config::KINDS) {
        let mut of_kind =
            entries["auth"].as_array().unwrap().iter().filter(|entry| entry["type"] == kind.name);
        let entry = of_kind.next().unwrap_or_else(|| panic!("no example of {}", kind.name));
        let says = |name: &str, value: Value| {
            let mut entry = entry.clone();
            entry[name] = value;
            let config: AuthConfig = serde_json::from_value(json!([entry])).unwrap();
            config.store(MemoryStore::new()).build_with(&ALL).map(drop).map_err(|error| error.to_string())
        };
        for member in kind.members.iter().copied().flatten() {
            // What is there is not null.
            let error = says(member.name, Value::Null).unwrap_err();
            assert!(
                error.ends_with("is null; leave it out, or give it a value"),
                "{} {}: {error}",
                kind.name,
                member.name
            );
            let mut without = entry.clone();
            without.as_object_mut().unwrap().remove(member.name);
            let config: AuthConfig = serde_json::from_value(json!([without])).unwrap();
            let taken = config.store(MemoryStore::new()).build_with(&ALL);
            let is_one_of = kind.one_of.contains(&member.name) && !kind.one_of.contains(&"");
            if member.required {
                assert!(taken.is_err(), "{} does without {}", kind.name, member.name);
            } else if !is_one_of && !ONE_OF_SEVERAL.contains(&member.name) {
                assert!(taken.is_ok(), "{} needs {}: {taken:?}", kind.name, member.name);
            }
        }
        let error = says("no_member_of_anybody", json!(1)).unwrap_err();
        assert!(error.contains("has an unknown member \"no_member_of_anybody\""), "{}: {error}", kind.name);
    }
}
