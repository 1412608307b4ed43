//! From the security part of an OpenAPI document to what travels, through every client.

use std::sync::{Arc, LazyLock};

use authwright_core::{Auth, MemoryStore, OpenApi, openapi::Credentials};
use authwright_oauth2::{Registration, Session};
use authwright_testkit::{
    AuthServer, Host, Net, Outcome, Place, Plan, RegisteredClient, Reply, TestClock, run_flow,
};
use authwright_tests::on_every_driver;

const PETSTORE: &str = include_str!("petstore.yaml");
const GITHUB: &str = include_str!("github.yaml");
const STRIPE: &str = include_str!("stripe.yaml");
const FASTAPI: &str = include_str!("fastapi.yaml");

const CALLBACK: &str = "https://shop.example/callback";

/// Keys wherever keys can be, and a token that is renewed.
const SHOP: &str = r"
openapi: 3.0.4
servers: [{url: SERVER}]
security: [{app: [], user: []}, {id: []}, {sid: []}, {renewed: []}]
components:
  securitySchemes:
    app: {type: apiKey, in: header, name: X-App}
    user: {type: apiKey, in: header, name: X-User}
    id: {type: apiKey, in: query, name: id}
    sid: {type: apiKey, in: cookie, name: sid}
    renewed: {type: oauth2, flows: {authorizationCode: {authorizationUrl: /authorize, tokenUrl: /token, scopes: {}}}}
";

/// A document, where it was found, what is given for it, the path that is asked for, and the fields that then arrive; with an empty
/// name the target.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// `SERVER` is the server, `KEY` a reference to `k3y`.
const CASES: &[Case] = &[
    (
        PETSTORE,
        "SERVER/api/v3/openapi.json",
        "api_key = \"KEY\"",
        "/api/v3/pet/1",
        &[("api_key", "k3y"), ("authorization", "")],
    ),
    (
        PETSTORE,
        "SERVER/api/v3/openapi.json",
        "petstore_auth = \"KEY\"",
        "/api/v3/pet/1",
        &[("api_key", ""), ("authorization", "Bearer k3y")],
    ),
    (
        PETSTORE,
        "SERVER/docs/petstore",
        "petstore_auth = \"KEY\"\napi_key = \"KEY\"",
        "/api/v3/store/inventory",
        &[("api_key", "k3y"), ("authorization", "Bearer k3y")],
    ),
    // Not below the path of the server.
    (PETSTORE, "SERVER/api/v3/openapi.json", "api_key = \"KEY\"", "/api/v4/pet/1", &[("api_key", "")]),
    (GITHUB, "", "bearer = \"KEY\"", "/user", &[("authorization", "Bearer k3y")]),
    (GITHUB, "", "token = \"KEY\"", "/user", &[("authorization", "k3y")]),
    (GITHUB, "", "token = { key = \"KEY\", prefix = \"token\" }", "/user", &[("authorization", "token k3y")]),
    (GITHUB, "", "bearer = \"KEY\"\ntoken = \"KEY\"", "/user", &[("authorization", "Bearer k3y")]),
    (
        GITHUB,
        "",
        "app = { user = \"Iv1.app\", password = \"KEY\", origins = \"SERVER/applications\" }\nbearer = \"KEY\"",
        "/applications/Iv1.app/token",
        &[("authorization", "Basic SXYxLmFwcDprM3k=")],
    ),
    (
        STRIPE,
        "",
        "basicAuth = { user = \"KEY\", password = \"\" }",
        "/v1/charges",
        &[("authorization", "Basic azN5Og==")],
    ),
    (STRIPE, "", "bearerAuth = \"KEY\"", "/v1/charges", &[("authorization", "Bearer k3y")]),
    (
        SHOP,
        "",
        "app = \"KEY\"\nuser = \"KEY\"",
        "/orders",
        &[("x-app", "k3y"), ("x-user", "k3y"), ("", "/orders")],
    ),
    (SHOP, "", "id = \"KEY\"", "/orders", &[("", "/orders?id=k3y"), ("cookie", "")]),
    (SHOP, "", "sid = \"KEY\"", "/orders", &[("cookie", "sid=k3y"), ("", "/orders")]),
    (
        SHOP,
        "",
        "renewed = { client_id = \"shop\", refresh_token = \"KEY\" }",
        "/orders",
        &[("authorization", "Bearer t0ken")],
    ),
    (
        FASTAPI,
        "SERVER/openapi.json",
        "OAuth2PasswordBearer = { type = \"login\", url = \"SERVER/token\", format = \"form\", fields = { username = \"sam\" }, \
         secrets = { password = \"KEY\" } }",
        "/items/",
        &[("authorization", "Bearer t0ken")],
    ),
];

#[test]
fn what_well_known_documents_want_arrives_at_their_servers_and_nowhere_else() {
    on_every_driver(|driver| {
        for (document, found_at, credentials, path, fields) in CASES {
            let net = Net::start(&[Place::http(Host::V4), Place::http(Host::V4Second)], |request| {
                match (&*request.method, request.body.windows(3).any(|part| part == b"k3y")) {
                    ("POST", true) => {
                        Reply::ok(r#"{"access_token": "t0ken", "token_type": "Bearer", "expires_in": 60}"#)
                    }
                    ("POST", false) => Reply::status(401),
                    _ => Reply::ok(""),
                }
            });
            let net = net.unwrap();
            let here = |text: &str| text.replace("SERVER", net.origin(0)).replace("KEY", &KEY);
            let credentials = here(credentials);
            let who = format!("{}: {credentials}", driver.name());
            let auth = auth(&here(document), &here(found_at), &credentials, None);

            let outcome = driver.run(&net, &Plan::get(net.url(0, path), &auth));
            assert_eq!(outcome.status(), Some(200), "{who}");
            let requests = net.take();
            let get = requests.iter().find(|request| request.method == "GET").unwrap();
            for (name, value) in *fields {
                let found = if name.is_empty() { &get.target } else { get.header(name).unwrap_or_default() };
                assert_eq!(found, *value, "{who}: {name}");
            }

            // To the other host travels what a program without any credentials sends.
            for auth in [&auth, &Auth::none()] {
                let outcome = driver.run(&net, &Plan::get(net.url(1, path), auth));
                assert_eq!(outcome.status(), Some(200), "{who}");
            }
            let elsewhere = net.take();
            let [with, without] = &*elsewhere else { panic!("{who}: {elsewhere:?}") };
            assert_eq!((with.origin, without.origin), (1, 1), "{who}");
            assert_eq!((&with.target, &with.headers), (&without.target, &without.headers), "{who}");
        }
    });
}

const OAUTH: &str = r#"
openapi: 3.1.1
servers: [{url: "API"}]
security: [{machine: [orders.read]}, {person: [orders.read]}]
components:
  securitySchemes:
    machine:
      type: oauth2
      flows:
        clientCredentials: {tokenUrl: "ISSUER/token", scopes: {orders.read: Reads orders, orders.write: Writes them}}
    person:
      type: openIdConnect
      openIdConnectUrl: ISSUER/.well-known/openid-configuration
"#;

#[test]
fn tokens_are_got_where_the_document_says_for_what_it_requires() {
    on_every_driver(|driver| {
        let bench = Bench::new();
        let who = driver.name();
        let machine = "machine = { client_id = \"billing\", client_secret = \"KEY\" }".replace("KEY", &KEY);
        let auth = auth(&bench.document(), "", &machine, None);
        let plan = Plan { clock: bench.clock.clone(), ..Plan::get(bench.net.url(0, "/orders"), &auth) };
        assert_eq!(driver.run(&bench.net, &plan).status(), Some(200), "{who}");
        let asked = bench.net.take().into_iter().find(|request| request.path() == "/token").unwrap();
        let body = String::from_utf8_lossy(&asked.raw).into_owned();
        assert!(body.contains("scope=orders.read") && !body.contains("write"), "{who}: {body}");
        assert_eq!(bench.server.violations(), Vec::<String>::new(), "{who}");
    });
}

#[test]
fn a_login_that_is_kept_is_used_and_without_one_it_says_so() {
    on_every_driver(|driver| {
        let bench = Bench::new();
        let who = driver.name();
        let person = "person = { client_id = \"shop\", client_secret = \"KEY\" }".replace("KEY", &KEY);
        let store = Arc::new(MemoryStore::new());
        let auth = auth(&bench.document(), "", &person, Some(store.clone()));
        let get = || -> Outcome {
            let plan = Plan { clock: bench.clock.clone(), ..Plan::get(bench.net.url(0, "/orders"), &auth) };
            driver.run(&bench.net, &plan)
        };
        let nobody = format!("not signed in to {} as shop: sign in", bench.net.origin(1));
        assert_eq!(get().failure(), Some(&*nobody), "{who}");

        let app = Registration::new(bench.net.origin(1), "shop");
        let app = app.secret(authwright_core::Secret::new("k3y")).scope("orders.read");
        let session = Session::new(app, store).unwrap();
        let pending = run_flow(driver, &bench.net, &bench.clock, session.begin(CALLBACK)).unwrap();
        let callback = bench.server.follow(pending.url());
        run_flow(driver, &bench.net, &bench.clock, session.finish(pending, callback)).unwrap();
        assert_eq!(get().status(), Some(200), "{who}");
        assert_eq!(bench.server.violations(), Vec::<String>::new(), "{who}");
    });
}

#[test]
fn a_session_without_a_store_says_what_is_missing() {
    let person = "person = { client_id = \"shop\" }";
    let document =
        OAUTH.replace("API", "https://api.example.com").replace("ISSUER", "https://login.example.com");
    let api = read(&document, "").credentials(toml::from_str::<Credentials>(person).unwrap());
    let error = api.config().unwrap().build_with(&[authwright_oauth2::schemes]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "securitySchemes.person.type is session, a login that is kept; give the program a store with AuthConfig::store"
    );
}

/// An API at place 0 and its authorization server at place 1.
struct Bench {
    net: Net,
    server: AuthServer,
    clock: TestClock,
}

impl Bench {
    fn new() -> Self {
        let net = Net::start(&[Place::http(Host::V4); 2], |_| Reply::status(503)).unwrap();
        let clock = TestClock::new();
        let server = AuthServer::builder(net.origin(1), &clock)
            .resource_origin(net.origin(0))
            .client(RegisteredClient::basic("billing", "k3y").scopes("orders.read orders.write"))
            .client(RegisteredClient::basic("shop", "k3y").scopes("orders.read").redirect_uri(CALLBACK))
            .build();
        let answers = server.clone();
        net.set_script(move |request| match request.origin {
            0 => answers.resource(request),
            _ => answers.answer(request),
        });
        Self { net, server, clock }
    }

    fn document(&self) -> String {
        OAUTH.replace("API", self.net.origin(0)).replace("ISSUER", self.net.origin(1))
    }
}

/// The same from YAML and from JSON.
fn auth(document: &str, found_at: &str, credentials: &str, store: Option<Arc<MemoryStore>>) -> Auth {
    let table: Credentials = toml::from_str(credentials).unwrap();
    let json: serde_json::Value = serde_saphyr::from_str(document).unwrap();
    let from_json: OpenApi = serde_json::from_str(&json.to_string()).unwrap();
    let from_json = if found_at.is_empty() { from_json } else { from_json.found_at(found_at) };
    let from_json = from_json.credentials(table.clone()).config().unwrap();
    let config = read(document, found_at).credentials(table).config().unwrap();
    assert!(config == from_json, "JSON and YAML say the same");
    let config = match store {
        Some(store) => config.store(store),
        None => config,
    };
    config.build_with(&[authwright_oauth2::schemes]).unwrap()
}

fn read(document: &str, found_at: &str) -> OpenApi {
    let api: OpenApi = serde_saphyr::from_str(document).unwrap();
    if found_at.is_empty() { api } else { api.found_at(found_at) }
}

/// A reference to a file with the text `k3y`. Written once, since the tests run beside each other.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi-key");
    std::fs::write(&path, "k3y").unwrap();
    format!("file:{}", path.display())
});
