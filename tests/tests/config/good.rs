//! Documents that are right: the same in every format, and the same again when they have been written out.

use authwright_core::{
    AuthConfig, Bearer, Error, Fault, IntoScheme, MemoryStore,
    config::{Entry, Made},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{ALL, secret_file, toml};

/// One entry of every type, with everything that is asked of it. `KEY` stands for a reference.
const TOML: &str = r#"
[[auth]]
origins = ["https://maps.example.com", "https://tiles.example.com/v2"]
type = "api_key"
header = "X-API-Key"
prefix = "Key"
key = "KEY"

[[auth]]
origins = "https://weather.example.com"
type = "api_key"
query = "appid"
key = "KEY"

[[auth]]
origins = "https://forum.example.com"
type = "api_key"
cookie = "session"
key = "KEY"

[[auth]]
origins = "http://intranet:8080"
danger_plain_http = true
type = "basic"
user = "sam"
password = "KEY"

[[auth]]
origins = "https://pay.example.com"
type = "basic"
user = "KEY"
password = ""

[[auth]]
origins = "https://git.example.com"
type = "bearer"
token = "KEY"

[[auth]]
origins = "https://nas.example.com"
type = "digest"
user = "sam"
password = "KEY"
without_md5 = true

[[auth]]
origins = "https://old.example.com"
type = "password"
user = "KEY"
password = "KEY"

[[auth]]
origins = "https://shop.example.com"
type = "login"
url = "https://shop.example.com/login"
format = "form"
fields = { email = "sam@example.com" }
secrets = { password = "KEY" }
headers = { X-App = "KEY" }
token_at = "/data/token"
expires_in_at = "/data/ttl"
lifetime = 600
margin = 30
store_as = "shop"
header = "X-Auth-Token"

[[auth]]
origins = ["https://tools.example.com"]
type = "client_credentials"
issuer = "https://login.example.com"
client_id = "agent-7"
client_secret = "KEY"
scope = "tools.call"

[[auth]]
origins = "https://orders.example.com"
type = "client_credentials"
token_endpoint = "https://login.example.com/token"
client_id = "agent-8"
client_secret = "KEY"
token_endpoint_auth_method = "client_secret_post"
scope = ["orders.read", "orders.write"]
resource = ["https://orders.example.com"]
parameters = { audience = "orders" }

[[auth]]
origins = "https://mail.example.com"
type = "session"
provider = "google"
client_id = "cli"
client_secret = "KEY"
scope = "openid"
account = "work"
hint = "run `acme login`"

[[auth]]
origins = "https://files.example.com"
type = "refresh_token"
issuer = "https://login.example.com"
client_id = "cli"
refresh_token = "KEY"
subject = "sam"

[[auth]]
origins = "https://build.example.com"
type = "jwt_bearer"
issuer = "https://login.example.com"
client_id = "ci"
assertion = "KEY"

[[auth]]
origins = "https://inner.example.com"
type = "token_exchange"
issuer = "https://login.example.com"
client_id = "gateway"
client_secret = "KEY"
subject_token = "KEY"
subject_token_type = "urn:ietf:params:oauth:token-type:jwt"
audience = "inner"
"#;

pub(crate) fn document() -> String {
    TOML.replace("KEY\"\n", &format!("{}\"\n", secret_file("key", "k3y")))
        .replace("KEY\" ", &format!("{}\" ", secret_file("key", "k3y")))
}

fn built(config: &AuthConfig) -> String {
    let config = config.clone().store(MemoryStore::new());
    format!("{:?}", config.build_with(&ALL).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn every_type_is_built_and_toml_json_and_yaml_say_the_same() {
    let text = document();
    let config = toml(&text);
    let auth = built(&config);
    for part in [
        "header key `X-API-Key` (file ",
        "for https://tiles.example.com",
        "query key `appid` (file ",
        "cookie key `session` (file ",
        "for http://intranet:8080",
        "Digest (file ",
        "header key `X-Auth-Token` (login at https://shop.example.com",
        "for https://inner.example.com",
    ] {
        assert!(auth.contains(part), "{part} is not in {auth}");
    }
    assert_eq!(auth.matches(" for http").count(), 16, "{auth}");
    assert!(!auth.contains("k3y") && !format!("{config:?}").contains("k3y"));

    let json = serde_json::to_string(&config).unwrap();
    let yaml = serde_saphyr::to_string(&config).unwrap();
    let from_json: AuthConfig = serde_json::from_str(&json).unwrap();
    let from_yaml: AuthConfig = serde_saphyr::from_str(&yaml).unwrap();
    assert!(from_json == config && from_yaml == config);
    assert_eq!((built(&from_json), built(&from_yaml)), (auth.clone(), auth));
}

/// As people write it.
#[test]
fn a_yaml_document_by_hand_and_a_member_of_somebody_elses_document() {
    #[derive(serde::Deserialize)]
    struct Mine {
        name: String,
        auth: AuthConfig,
    }
    let key = secret_file("key", "k3y");
    let yaml = format!(
        "name: tools\nauth:\n  - origins: https://maps.example.com\n    type: api_key\n    header: X-API-Key\n    key: {key}\n"
    );
    let mine: Mine = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(mine.name, "tools");
    let config: AuthConfig = toml(&format!(
        "[[auth]]\norigins = \"https://maps.example.com\"\ntype = \"api_key\"\nheader = \"X-API-Key\"\nkey = \"{key}\"\n"
    ));
    assert_eq!(built(&mine.auth), built(&config));
}

#[test]
fn a_literal_secret_needs_the_frightening_switch_and_is_shown_nowhere() {
    let config =
        toml("[[auth]]\norigins = \"https://a.example\"\ntype = \"bearer\"\ntoken = \"l1teral-canary\"\n");
    let error = config.build().unwrap_err().to_string();
    assert_eq!(error, "auth[0].token holds a literal secret; write env:NAME or file:PATH");
    let auth = config.clone().danger_literal_secrets().build().unwrap();
    let hop_sees = format!("{auth:?} {config:?}");
    assert!(!hop_sees.contains("canary") && hop_sees.contains("Bearer (value, #"), "{hop_sees}");
    // A reference is one still.
    let config = toml(
        "[[auth]]\norigins = \"https://a.example\"\ntype = \"bearer\"\ntoken = \"env:AUTHWRIGHT_NOT_SET\"\n",
    );
    let error = config.danger_literal_secrets().build().unwrap_err().to_string();
    assert_eq!(error, "auth[0].token: environment variable AUTHWRIGHT_NOT_SET is not set");
}

/// What crates and programs bring comes after what is here, is asked in order, and its errors have the place too.
#[test]
fn a_function_adds_types_and_replaces_none() {
    fn first(entry: &Entry<'_>) -> Made {
        entry.is("fixed").then(|| Bearer::new(entry.secret("token")?).into_scheme())
    }
    fn second(entry: &Entry<'_>) -> Made {
        let is_known = entry.is("fixed") || entry.is("bearer") || entry.is("mine");
        is_known.then(|| Err(Error::new(Fault::Caller, "the second function was asked")))
    }
    let key = secret_file("key", "k3y");
    let entry = |kind: &str| {
        toml(&format!("[[auth]]\norigins = \"https://a.example\"\ntype = \"{kind}\"\ntoken = \"{key}\"\n"))
    };
    for kind in ["fixed", "bearer"] {
        let auth = entry(kind).build_with(&[first, second]).unwrap();
        assert!(format!("{auth:?}").contains("Bearer (file "), "{auth:?}");
    }
    let says = |kind: &str| entry(kind).build_with(&[first, second]).unwrap_err().to_string();
    assert_eq!(says("mine"), "auth[0] (https://a.example): the second function was asked");
    assert_eq!(says("fixde"), "auth[0] (https://a.example): unknown type \"fixde\", did you mean \"fixed\"?");
    assert_eq!(
        entry("client_credentials").build().unwrap_err().to_string(),
        "auth[0] (https://a.example): the type \"client_credentials\" needs the crate authwright-oauth2: \
         build_with(&[authwright_oauth2::schemes])"
    );
}

/// Anything a document can hold, in JSON, TOML and YAML alike: no null.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| json!(f64::from(number) + 0.5)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            table(inner).prop_map(Value::Object),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "env:[A-Z_]{1,8}",
        "file:/[a-z/]{1,8}",
        "https://[a-z]{1,8}\\.example",
        "\\PC{0,12}",
        Just("yes".to_owned()),
        Just("null".to_owned()),
        Just("1e3".to_owned()),
        Just("~".to_owned()),
        Just("0x10".to_owned()),
        Just(" # \"'\n\t: ".to_owned()),
    ]
}

fn table(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "origins",
            "type",
            "key",
            "user",
            "password",
            "scope",
            "fields",
            "client_secret"
        ])
        .prop_map(str::to_owned),
        text().prop_filter("JSON has each name once", |name| !name.is_empty()),
    ];
    prop::collection::btree_map(name, inner, 0..5).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn a_document_that_is_written_out_and_read_again_is_the_same(entries in prop::collection::vec(table(value()), 0..4)) {
        let document = json!({ "auth": entries });
        let config: AuthConfig = serde_json::from_value(document.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&config).unwrap(), document);

        let json = serde_json::to_string(&config).unwrap();
        prop_assert!(serde_json::from_str::<AuthConfig>(&json).unwrap() == config, "{}", json);
        let toml = toml::to_string(&config).unwrap();
        prop_assert!(toml::from_str::<AuthConfig>(&toml).unwrap() == config, "{}", toml);
        let yaml = serde_saphyr::to_string(&config).unwrap();
        prop_assert!(serde_saphyr::from_str::<AuthConfig>(&yaml).unwrap() == config, "{}", yaml);

        // Whatever it holds, building it ends, and says nothing of what stands where a secret belongs.
        if let Err(error) = config.build_with(&ALL) {
            let printed = format!("{error}");
            prop_assert!(!printed.contains(char::is_control) && printed.len() < 1500, "{:?}", printed);
        }
    }
}
