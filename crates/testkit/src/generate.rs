//! Generators: credentials with a canary for a secret, and redirect chains in every spelling of `Location`.

use std::fmt::Write as _;

use authwright_core::{
    ApiKey, Auth, Basic, Bearer, Error, Hop, RotatingSecret, Scheme, Step, Value, http::Method,
};
use proptest::prelude::*;

use crate::PlanBody;

/// A kind of credential. Every one carries the [canary](Credential::CANARY).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A key in a header of this name.
    Header(&'static str),
    /// The same behind a word.
    Prefixed(&'static str, &'static str),
    /// A key in the query.
    Query(&'static str),
    /// A key in a cookie.
    Cookie(&'static str),
    /// Basic.
    Basic,
    /// Bearer.
    Bearer,
    /// A user's own scheme, which writes two headers, a query pair and a cookie.
    Custom,
    /// One of the others, whose secret has been replaced since the `Auth` was built.
    Replaced(Box<Credential>),
}

impl Credential {
    /// What no other origin, and no printed text, may ever contain.
    pub const CANARY: &'static str = "c4n4ry5ecret";

    /// Base64 of any text that holds the canary has one of these, by how it is aligned.
    const ENCODED: [&'static str; 3] = ["YzRuNHJ5NWVjcmV0", "M0bjRyeTVlY3Jld", "jNG40cnk1ZWNyZX"];

    /// An `Auth` for an origin.
    ///
    /// # Errors
    /// The origin is not one.
    pub fn auth(&self, origin: &str) -> Result<Auth, Error> {
        self.add_to(Auth::none(), origin)
    }

    /// One more entry for an `Auth`.
    ///
    /// # Errors
    /// The origin is not one, or the entry collides.
    pub fn add_to(&self, auth: Auth, origin: &str) -> Result<Auth, Error> {
        let Self::Replaced(of) = self else { return self.add(auth, origin, Self::CANARY) };
        let key = RotatingSecret::new("replaced")?;
        let auth = of.add(auth, origin, &key)?;
        key.set(Self::CANARY)?;
        Ok(auth)
    }

    /// What it is, whether its secret has been replaced or not.
    pub fn kind(&self) -> &Self {
        match self {
            Self::Replaced(of) => of.kind(),
            kind => kind,
        }
    }

    fn add(&self, auth: Auth, origin: &str, key: impl Into<Value>) -> Result<Auth, Error> {
        match self.kind() {
            Self::Header(name) => auth.and(origin, ApiKey::header(*name, key)),
            Self::Prefixed(name, word) => auth.and(origin, ApiKey::header(*name, key).prefix(*word)),
            Self::Query(name) => auth.and(origin, ApiKey::query(*name, key)),
            Self::Cookie(name) => auth.and(origin, ApiKey::cookie(*name, key)),
            Self::Basic => auth.and(origin, Basic::new("sam", key)),
            Self::Bearer => auth.and(origin, Bearer::new(key)),
            Self::Custom | Self::Replaced(_) => auth.and(origin, Everywhere),
        }
    }

    /// Whether these bytes hold the secret, plain or as Basic encodes it.
    pub fn leaked_in(bytes: &[u8]) -> bool {
        let found = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        found(Self::CANARY) || Self::ENCODED.into_iter().any(found)
    }
}

/// Every kind of credential.
pub fn credentials() -> impl Strategy<Value = Credential> {
    (kinds(), prop::bool::weighted(0.2))
        .prop_map(|(kind, is_replaced)| if is_replaced { Credential::Replaced(kind.into()) } else { kind })
}

fn kinds() -> impl Strategy<Value = Credential> {
    prop_oneof![
        prop::sample::select(vec![
            "X-API-Key",
            "Authorization",
            "X-Auth-Token",
            "Ocp-Apim-Subscription-Key",
            "K"
        ])
        .prop_map(Credential::Header),
        prop::sample::select(vec![("Authorization", "ApiKey"), ("Authorization", "Token"), ("X-Key", "v1")])
            .prop_map(|(name, word)| Credential::Prefixed(name, word)),
        prop::sample::select(vec!["appid", "api_key", "key", "a b"]).prop_map(Credential::Query),
        prop::sample::select(vec!["session", "sid"]).prop_map(Credential::Cookie),
        Just(Credential::Basic),
        Just(Credential::Bearer),
        Just(Credential::Custom),
    ]
}

/// A scheme that puts the canary wherever a scheme can put something.
#[derive(Debug)]
struct Everywhere;

impl Scheme for Everywhere {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.header("x-signature", format!("v1={}", Credential::CANARY))?
            .header("x-date", "today")?
            .query_pair("sig", Credential::CANARY)
            .cookie("sig", Credential::CANARY)?;
        Ok(Step::Send)
    }
}

/// Methods that both clients know.
pub fn methods() -> impl Strategy<Value = Method> {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
    prop::sample::select(methods.to_vec())
}

/// Bodies: none, bytes, and streams of a few chunks.
pub fn bodies() -> impl Strategy<Value = PlanBody> {
    prop_oneof![
        Just(PlanBody::Empty),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(PlanBody::Bytes),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 1..100), 1..4).prop_map(PlanBody::Stream),
    ]
}

/// Origins that are easily mistaken for each other: another case, port, scheme or label, a dot at the end, an address.
pub fn origins() -> impl Strategy<Value = String> {
    let hosts = vec![
        "example.com",
        "EXAMPLE.com",
        "example.com.",
        "www.example.com",
        "example.com.evil.net",
        "example.org",
        "127.0.0.1",
        "127.0.0.2",
        "localhost",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
    ];
    let ports = vec!["", ":80", ":443", ":8443", ":08443", ":"];
    (prop::sample::select(vec!["https", "http"]), prop::sample::select(hosts), prop::sample::select(ports))
        .prop_map(|(scheme, host, port)| format!("{scheme}://{host}{port}"))
}

/// A redirect chain: where each answer leads, as which status, written how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The redirects, in order. The request starts at place 0, path `/0`.
    pub legs: Vec<Leg>,
}

/// One redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// The index of the place it leads to.
    pub to: usize,
    /// How `Location` is written.
    pub spelling: Spelling,
}

/// A way to write `Location`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `http://host:1/2?x=1`.
    Absolute,
    /// `HTTP://HOST:1/2`, where the host has letters.
    Upper,
    /// `//host:1/2`: for places of the same scheme.
    NetworkPath,
    /// `/2`: for the same place only.
    Path,
    /// `\\host:1\2`.
    Backslashes,
    /// With a name and a password in it.
    UserInfo,
    /// With a fragment, and blanks around.
    Fragment,
    /// `/x/../2` behind the origin.
    Dots,
}

impl Leg {
    /// The value of `Location` at `from`, where this is hop `number` (from 1).
    pub fn location(&self, from: &str, to: &str, number: usize) -> String {
        let mut path = format!("/{number}");
        let _ = write!(path, "?hop={number}");
        let authority = to.split_once("://").map_or("", |(_, authority)| authority);
        let same_scheme = from.split("://").next() == to.split("://").next();
        match self.spelling {
            Spelling::Upper => format!("{}{path}", to.to_ascii_uppercase()),
            Spelling::NetworkPath if same_scheme => format!("//{authority}{path}"),
            Spelling::Path if from == to => path,
            Spelling::Backslashes if same_scheme => format!("\\\\{authority}\\{number}?hop={number}"),
            Spelling::UserInfo => to.replacen("://", "://sam:pw@", 1) + &path,
            Spelling::Fragment => format!(" {to}{path}#top "),
            Spelling::Dots => format!("{to}/x/%2e%2E/./{number}?hop={number}"),
            _ => format!("{to}{path}"),
        }
    }
}

/// Chains over a number of places, up to a length.
pub fn chains(places: usize, longest: usize) -> impl Strategy<Value = Chain> {
    let spelling = prop::sample::select(vec![
        Spelling::Absolute,
        Spelling::Upper,
        Spelling::NetworkPath,
        Spelling::Path,
        Spelling::Backslashes,
        Spelling::UserInfo,
        Spelling::Fragment,
        Spelling::Dots,
    ]);
    let leg = (prop::sample::select(vec![301, 302, 303, 307, 308]), 0..places, spelling)
        .prop_map(|(status, to, spelling)| Leg { status, to, spelling });
    prop::collection::vec(leg, 0..=longest).prop_map(|legs| Chain { legs })
}

impl Chain {
    /// The place hop `number` (from 0) goes to.
    pub fn place(&self, number: usize) -> usize {
        number.checked_sub(1).and_then(|last| self.legs.get(last)).map_or(0, |leg| leg.to)
    }
}

#[cfg(test)]
mod tests {
    use super::Credential;

    /// The three base64 alignments are those of the canary, whatever surrounds it.
    #[test]
    fn the_canary_is_found_at_every_alignment() {
        use base64::{Engine, engine::general_purpose::STANDARD};
        for before in ["", "a", "ab", "abc", "sam:"] {
            for after in ["", "x", "xy", "xyz"] {
                let encoded = STANDARD.encode(format!("{before}{}{after}", Credential::CANARY));
                assert!(Credential::leaked_in(encoded.as_bytes()), "{before} {after} {encoded}");
            }
        }
        assert!(!Credential::leaked_in(b"nothing of the kind"));
    }
}
