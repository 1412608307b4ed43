//! What the script that starts oidc-provider says of it, and a combination of what it has.

use std::{fs, sync::LazyLock};

use authwright_core::Secret;
use authwright_oauth2::{PrivateKey, Registration, Server};
use serde_json::Value;

use crate::table::given;

/// Registered with a client that is a web application, and not opened by anybody here.
pub(crate) const CALLBACK: &str = "https://client.example/callback";

static SERVER: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&fs::read_to_string(given("AUTHWRIGHT_OIDC")).unwrap()).unwrap());

/// Who signs the statements of the JWT bearer grant.
pub(crate) fn assertion_issuer() -> &'static str {
    SERVER["assertion_issuer"].as_str().unwrap()
}

/// `log` has a line for each request, `arrived` all that was in it.
pub(crate) fn record(name: &str) -> String {
    fs::read_to_string(SERVER[name].as_str().unwrap()).unwrap()
}

/// Ids and descriptions of all clients.
pub(crate) fn clients() -> impl Iterator<Item = (&'static str, &'static Value)> {
    SERVER["clients"].as_object().unwrap().iter().map(|(id, client)| (&**id, client))
}

/// What a token is: `DPoP` has an issuer each for what it does with nonces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bearer,
    Dpop,
    Offered,
    Demanded,
}

/// A client at an issuer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    /// How it authenticates, as the referee has it: the first part of its id; or `odd`.
    pub(crate) method: &'static str,
    pub(crate) kind: Kind,
    pub(crate) pushed: bool,
}

/// An id that has to be encoded before it goes into Basic (RFC 6749 section 2.3.1).
const ODD: &str = "odd:id%2F+ of/a=client&";

pub(crate) const METHODS: [&str; 8] =
    ["none", "basic", "post", "secret-jwt", "es256", "eddsa", "rs256", "ps256"];
pub(crate) const KINDS: [Kind; 4] = [Kind::Bearer, Kind::Dpop, Kind::Offered, Kind::Demanded];

impl Kind {
    pub(crate) fn issuer(self) -> &'static str {
        let name = match self {
            Self::Bearer | Self::Dpop => "plain",
            Self::Offered => "offered",
            Self::Demanded => "required",
        };
        SERVER["issuers"][name].as_str().unwrap()
    }

    pub(crate) fn scheme(self) -> &'static str {
        if self == Self::Bearer { "Bearer" } else { "DPoP" }
    }
}

impl Client {
    /// One with bearer tokens and without PAR.
    pub(crate) fn plain(method: &'static str) -> Self {
        Self { method, kind: Kind::Bearer, pushed: false }
    }

    pub(crate) fn id(self) -> String {
        if self.method == "odd" {
            return ODD.to_owned();
        }
        let dpop = if self.kind == Kind::Bearer { "" } else { "-dpop" };
        let pushed = if self.pushed { "-par" } else { "" };
        format!("{}{dpop}{pushed}", self.method)
    }

    pub(crate) fn issuer(self) -> &'static str {
        self.kind.issuer()
    }

    /// `opaque`, `jwt` or `me`.
    pub(crate) fn url(self, path: &str) -> String {
        format!("{}/{path}", self.issuer())
    }

    /// The registration as a program would write it down.
    pub(crate) fn app(self) -> Registration {
        let app = self.registered_at(self.issuer());
        let app = if self.kind == Kind::Bearer { app } else { app.dpop() };
        if self.pushed { app.pushed() } else { app }
    }

    /// The id and what goes with it, at a server that may be described in another way.
    pub(crate) fn registered_at(self, server: impl Into<Server>) -> Registration {
        let id = self.id();
        let (_, known) = clients().find(|(known, _)| *known == id).unwrap();
        with_credential(Registration::new(server, id), known)
    }
}

fn with_credential(app: Registration, client: &Value) -> Registration {
    let secret = || Secret::new(client["secret"].as_str().unwrap());
    match client["auth"].as_str().unwrap() {
        "none" => app,
        "client_secret_basic" => app.secret(secret()),
        "client_secret_post" => app.secret_in_body(secret()),
        "client_secret_jwt" => app.secret_jwt(secret()),
        "private_key_jwt" => app.key(key_of(client)),
        other => panic!("{other}"),
    }
}

fn key_of(client: &Value) -> PrivateKey {
    let text = |name: &str| client[name].as_str().unwrap();
    let key = PrivateKey::pem(Secret::file(text("key"))).key_id(text("kid"));
    if text("alg") == "PS256" { key.rsa_pss() } else { key }
}

/// The key of the clients of this method.
pub(crate) fn key(method: &str) -> PrivateKey {
    key_of(&SERVER["clients"][method])
}
