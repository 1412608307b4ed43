//! What a document says is what travels, through every client.

use authwright_core::{Flow, MemoryStore, Token};
use authwright_testkit::{Host, Net, Place, Plan, Reply, TestClock};
use authwright_tests::on_every_driver;

use super::{ALL, secret_file, toml};

/// An entry, the field that then arrives, and its value. `ORIGIN` is the server, `KEY` a reference to `k3y`.
const ENTRIES: &[(&str, &str, &str)] = &[
    ("type = \"api_key\"\nheader = \"X-Key\"\nkey = \"KEY\"", "x-key", "k3y"),
    (
        "type = \"api_key\"\nheader = \"Authorization\"\nprefix = \"token\"\nkey = \"KEY\"",
        "authorization",
        "token k3y",
    ),
    ("type = \"api_key\"\nquery = \"key\"\nkey = \"KEY\"", "", "/orders?a=b&key=k3y"),
    ("type = \"api_key\"\ncookie = \"sid\"\nkey = \"KEY\"", "cookie", "sid=k3y"),
    ("type = \"basic\"\nuser = \"sam\"\npassword = \"KEY\"", "authorization", "Basic c2FtOmszeQ=="),
    ("type = \"basic\"\nuser = \"KEY\"\npassword = \"\"", "authorization", "Basic azN5Og=="),
    ("type = \"bearer\"\ntoken = \"KEY\"", "authorization", "Bearer k3y"),
    (
        "type = \"login\"\nurl = \"ORIGIN/login\"\nsecrets = { password = \"KEY\" }\ntoken_at = \"/access_token\"",
        "authorization",
        "Bearer t0ken",
    ),
    (
        "type = \"client_credentials\"\ntoken_endpoint = \"ORIGIN/token\"\nclient_id = \"agent\"\nclient_secret = \"KEY\"\n\
         header = \"X-Auth-Token\"",
        "x-auth-token",
        "t0ken",
    ),
    (
        "type = \"token_exchange\"\ntoken_endpoint = \"ORIGIN/token\"\nclient_id = \"agent\"\nsubject_token = \"KEY\"",
        "authorization",
        "Bearer t0ken",
    ),
];

#[test]
fn what_an_entry_says_arrives_at_its_origin_and_nowhere_else() {
    let key = secret_file("key", "k3y");
    on_every_driver(|driver| {
        for (entry, field, value) in ENTRIES {
            let places = [Place::http(Host::V4), Place::http(Host::V4Second)];
            let net = Net::start(&places, |request| {
                if request.method == "POST" {
                    let raw = String::from_utf8_lossy(&request.raw);
                    assert!(raw.contains("k3y") || raw.contains("YWdlbnQ6azN5"), "{raw}");
                    return Reply::ok(
                        r#"{"access_token": "t0ken", "token_type": "Bearer", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "expires_in": 60}"#,
                    );
                }
                Reply::ok("")
            });
            let net = net.unwrap();
            let text = format!("[[auth]]\norigins = \"ORIGIN\"\n{entry}")
                .replace("ORIGIN", net.origin(0))
                .replace("KEY", &key);
            let auth = toml(&text).build_with(&ALL).unwrap_or_else(|error| panic!("{text}\n{error}"));
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/orders?a=b"), &auth));
            assert_eq!(outcome.status(), Some(200), "{}: {text}", driver.name());
            driver.run(&net, &Plan::get(net.url(1, "/orders?a=b"), &auth));
            let requests = net.take();
            let gets: Vec<_> = requests.iter().filter(|request| request.method == "GET").collect();
            let arrived = if field.is_empty() {
                gets[0].target.clone()
            } else {
                gets[0].header(field).unwrap_or_default().to_owned()
            };
            assert_eq!(arrived, *value, "{}: {text}", driver.name());
            let elsewhere = net.bytes(1);
            for secret in ["k3y", "t0ken", "azN5"] {
                assert!(
                    !elsewhere.windows(secret.len()).any(|part| part == secret.as_bytes()),
                    "{}: {text}",
                    driver.name()
                );
            }
        }
    });
}

/// What the program signs in by is what its requests go with.
#[test]
fn a_login_by_an_entry_is_the_one_of_its_requests() {
    on_every_driver(|driver| {
        let net = Net::start(&[Place::http(Host::V4)], |_| Reply::ok("")).unwrap();
        let text = format!(
            "[[auth]]\norigins = \"{0}\"\ntype = \"session\"\nissuer = \"{0}/login\"\nclient_id = \"cli\"\n\
             scope = [\"repo\", \"file:read\"]\nparameters = {{ b = \"1\", a = \"2\" }}\n",
            net.origin(0)
        );
        let config = toml(&text).store(MemoryStore::new());
        let entries = config.entries().unwrap();
        let session = authwright_oauth2::config::session(&entries[0]).unwrap();
        let tokens = session.tokens().clone();
        let signed_in = Flow::new(move |io| async move { tokens.put(Token::new("s3ssion"), &io).await });
        driver.flow(&net, &TestClock::new(), signed_in).unwrap();

        let auth = config.build_with(&ALL).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/repos"), &auth));
        let requests = net.take();
        assert_eq!(requests[0].header("authorization"), Some("Bearer s3ssion"), "{}", driver.name());
    });
}

/// Where an issuer is not said, it is the token endpoint that tells servers apart: in a store each has a token of its own.
#[test]
fn two_tenants_of_one_host_do_not_share_a_token() {
    let key = secret_file("key", "k3y");
    on_every_driver(|driver| {
        let net =
            Net::start(&[Place::http(Host::V4)], |request| match request.path().strip_suffix("/token") {
                Some(tenant) => Reply::ok(&format!(
                    r#"{{"access_token": "{}", "token_type": "Bearer"}}"#,
                    tenant.trim_matches('/')
                )),
                None => Reply::ok(""),
            });
        let net = net.unwrap();
        let entry = |tenant: &str| {
            format!(
                "[[auth]]\norigins = \"ORIGIN/api/{tenant}\"\ntype = \"client_credentials\"\nclient_id = \"agent\"\n\
                 client_secret = \"{key}\"\ntoken_endpoint = \"ORIGIN/{tenant}/token\"\n"
            )
        };
        let text = [entry("one"), entry("two")].concat().replace("ORIGIN", net.origin(0));
        let auth = toml(&text).store(MemoryStore::new()).build_with(&ALL).unwrap();
        for tenant in ["one", "two", "one"] {
            driver.run(&net, &Plan::get(net.url(0, &format!("/api/{tenant}")), &auth));
            let requests = net.take();
            let sent = requests.last().and_then(|request| request.header("authorization"));
            assert_eq!(sent, Some(&*format!("Bearer {tenant}")), "{}", driver.name());
        }
    });
}
