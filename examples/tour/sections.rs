//! The rows, section by section. A new credential type is a field of [`Right`] and a line in each section.

use authwright_examples::{
    Embedded,
    secrets::{
        ACME_KEY, COOKIE_KEY, EMAIL, GLOBEX_KEY, HEADER_KEY, LOGIN_PASSWORD, PARTNER, PASSWORD, PREFIXED_KEY,
        QUERY_KEY, TOKEN, USER,
    },
};
use authwright_reqwest::{ApiKey, Auth, Bearer, LoginEndpoint, SchemeError as Error, Tokens};

use crate::{
    digest, documents,
    row::{Row, Section},
};

pub(crate) fn all(server: &Embedded) -> Result<Vec<Section>, Box<dyn std::error::Error>> {
    let right = Right::new(server.origin())?;
    Ok(vec![
        works(&right),
        wrong(server)?,
        not_for_this(server, &right)?,
        digest::section(server)?,
        malicious_redirects(server, &right)?,
        several(server, &right)?,
        caller(server, &right)?,
        documents::section(server)?,
    ])
}

/// The credentials the API accepts.
struct Right {
    header: Auth,
    prefixed: Auth,
    query: Auth,
    cookie: Auth,
    basic: Auth,
    bearer: Auth,
    login: Auth,
    two: Auth,
}

impl Right {
    fn new(api: &str) -> Result<Self, Error> {
        let header = Auth::new(api, ApiKey::header("X-API-Key", HEADER_KEY))?;
        let login = LoginEndpoint::json(format!("{api}/login"))
            .field("email", EMAIL)
            .secret("password", LOGIN_PASSWORD);
        Ok(Self {
            two: header.clone().and(api, Bearer::new(TOKEN))?,
            header,
            prefixed: Auth::new(api, ApiKey::header("Authorization", PREFIXED_KEY).prefix("ApiKey"))?,
            query: Auth::new(api, ApiKey::query("api_key", QUERY_KEY))?,
            cookie: Auth::new(api, ApiKey::cookie("session", COOKIE_KEY))?,
            basic: Auth::new(api, (USER, PASSWORD))?,
            bearer: Auth::new(api, Bearer::new(TOKEN))?,
            login: Auth::new(api, Tokens::new(login.token_at("/data/token").expires_in_at("/data/ttl"))?)?,
        })
    }
}

fn works(right: &Right) -> Section {
    Section::new(
        "Credentials that work",
        [
            Row::new("header key `X-API-Key`", "/key/header", &right.header),
            Row::new("header key with a prefix", "/key/prefixed", &right.prefixed),
            Row::new("query key `api_key`", "/key/query", &right.query),
            Row::new("cookie key `session`", "/key/cookie", &right.cookie),
            Row::new("Basic, with umlauts", "/basic", &right.basic),
            Row::new("Bearer", "/bearer", &right.bearer),
            Row::new("token of a login endpoint", "/bearer", &right.login),
            Row::new("redirected, same host", "/redirect/302/bearer", &right.bearer).sends(&[1, 1]),
        ],
    )
}

fn wrong(server: &Embedded) -> Result<Section, Error> {
    let api = server.origin();
    let row = |what, path, auth: Auth| {
        Row::new(what, path, &auth).refused(401, "was sent and refused; check that it is correct and active")
    };
    Ok(Section::new(
        "Wrong credentials",
        [
            row("header key", "/key/header", Auth::new(api, ApiKey::header("X-API-Key", "yesterdays-key"))?),
            row("query key", "/key/query", Auth::new(api, ApiKey::query("api_key", "yesterdays-key"))?),
            row("cookie key", "/key/cookie", Auth::new(api, ApiKey::cookie("session", "yesterdays-key"))?),
            row("Basic", "/basic", Auth::new(api, (USER, "yesterdays-password"))?),
            row("Bearer", "/bearer", Auth::new(api, Bearer::new("yesterdays-token"))?),
        ],
    ))
}

fn not_for_this(server: &Embedded, right: &Right) -> Result<Section, Error> {
    let (api, [other_host, _]) = (server.origin(), server.other_origins());
    let forbidden =
        "was sent and accepted, but does not permit this; the server asks for scope `orders.write`";
    let row = |what, auth: Auth| {
        Row::new(what, "/bearer", &auth).sends(&[0]).refused(401, "no credential was attached, because")
    };
    Ok(Section::new(
        "Not permitted, or not for this place",
        [
            Row::new("right token, no such scope", "/forbidden", &right.bearer).refused(403, forbidden),
            row("token for another host", Auth::new(other_host, Bearer::new(TOKEN))?),
            row("token for another path", Auth::new(format!("{api}/v1"), Bearer::new(TOKEN))?),
            row("no token at all", Auth::none()),
        ],
    ))
}

fn malicious_redirects(server: &Embedded, right: &Right) -> Result<Section, Error> {
    let [_, other_port] = server.other_origins();
    let paths = |path| [301, 302, 303, 307, 308].map(|code| format!("/evil/{code}{path}"));
    let row = |what, path, auth| Row::new(what, paths(path), auth).sends(&[1, 0]).ends_elsewhere();
    let learning = |row: Row| row.sends(&[0, 1, 0]).then(&[1, 0]).ends_elsewhere();
    let (digest, password) = (digest::right(server.origin()), digest::negotiating(server.origin()));
    let one_each = right.bearer.clone().and(other_port, ("sam", "another-password"))?;
    Ok(Section::new(
        "Malicious redirects to another host: 301, 302, 303, 307 and 308 each",
        [
            row("header key `X-API-Key`", "/key/header", &right.header),
            row("header key with a prefix", "/key/prefixed", &right.prefixed),
            row("query key `api_key`", "/key/query", &right.query),
            row("cookie key `session`", "/key/cookie", &right.cookie),
            row("Basic", "/basic", &right.basic),
            learning(Row::learning("Digest", paths("/digest"), digest)?),
            learning(Row::learning("Password", paths("/negotiate"), password)?),
            row("Bearer", "/bearer", &right.bearer),
            row("token of a login endpoint", "/bearer", &right.login),
            row("header key and Bearer", "/two", &right.two).sends(&[2, 0]),
            row("default header `X-Partner`", "/key/partner", &Auth::none())
                .default_header("x-partner", PARTNER)
                .sends(&[0, 0]),
            Row::new("to another port, 307", "/port/307/bearer", &right.bearer)
                .sends(&[1, 0])
                .ends_elsewhere(),
            Row::new("another credential there", "/port/307/bearer", &one_each)
                .sends(&[1, 1])
                .ends_elsewhere(),
        ],
    ))
}

fn several(server: &Embedded, right: &Right) -> Result<Section, Error> {
    let acme = Auth::new(server.origin(), ApiKey::header("X-API-Key", ACME_KEY))?;
    let globex = Auth::new(server.origin(), ApiKey::header("X-API-Key", GLOBEX_KEY))?;
    Ok(Section::new(
        "Two credentials at once, two tenants on one client",
        [
            Row::new("header key and Bearer", "/two", &right.two).sends(&[2]),
            Row::new("tenant acme by .auth(..)", "/tenant", &right.header).auth(&acme).says("hello, acme"),
            Row::new("tenant globex by .auth(..)", "/tenant", &right.header)
                .auth(&globex)
                .says("hello, globex"),
        ],
    ))
}

fn caller(server: &Embedded, right: &Right) -> Result<Section, Error> {
    let outdated = Auth::new(server.origin(), ApiKey::header("X-API-Key", "yesterdays-key"))?;
    Ok(Section::new(
        "The caller has the last word",
        [
            Row::new("sets the field, right", "/key/header", &outdated)
                .header("x-api-key", HEADER_KEY)
                .sends(&[0]),
            Row::new("sets the field, wrong", "/key/header", &right.header)
                .header("x-api-key", "typed-by-hand")
                .sends(&[0])
                .delivered(401),
            Row::new("sets one of two fields", "/two", &right.two)
                .header("x-api-key", HEADER_KEY)
                .sends(&[1]),
            Row::new("without_auth(), public", "/open", &right.bearer).without_auth().sends(&[0]),
            Row::new("without_auth(), private", "/bearer", &right.bearer)
                .without_auth()
                .sends(&[0])
                .delivered(401),
        ],
    ))
}
