//! OAuth 2 and OpenID Connect: which flow, and where its endpoints are (OpenAPI 3.1.1 sections 4.8.28 and 4.8.29).

use super::{
    Error, Node,
    document::{self, Declared},
    scheme::{Members, Wanted, text},
    servers::{is_absolute, resolve},
};
use crate::Target;

/// What OpenID Connect Discovery section 4 appends to an issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

pub(super) fn said(wanted: &Wanted<'_>, kind: &str) -> Result<Members, Error> {
    let given = wanted.given;
    let named = match given.get("type") {
        Some(Node::Text(named)) => Some(&**named),
        // Which is said where the entry is read.
        Some(_) => return Ok(Vec::new()),
        None => None,
    };
    if named.is_none() && (matches!(given, super::Given::Reference(_)) || given.has("token")) {
        return Ok(wanted.token());
    }
    let named = named.or(given.has("refresh_token").then_some("refresh_token"));
    let mut members = match kind {
        "oauth2" => flows(wanted, named)?,
        _ => discovered(wanted, named)?,
    };
    let scopes = &wanted.chosen.scopes;
    let asks =
        matches!(named, None | Some("client_credentials" | "session" | "jwt_bearer" | "token_exchange"));
    if asks && !scopes.is_empty() {
        let list = scopes.iter().map(|scope| Node::Text((*scope).to_owned())).collect();
        members.push(("scope".into(), Node::List(list)));
    }
    Ok(members)
}

fn discovered(wanted: &Wanted<'_>, named: Option<&str>) -> Result<Members, Error> {
    let mut members = vec![text("type", named.unwrap_or("session"))];
    if named.is_some_and(|named| !is_oauth2(named)) || says_server(wanted) {
        return Ok(members);
    }
    let url = absolute(wanted, &wanted.scheme, "openIdConnectUrl")?;
    let Some(issuer) = url.strip_suffix(WELL_KNOWN) else {
        let what = format!("has an openIdConnectUrl that does not end with {WELL_KNOWN}; give it the issuer");
        return Err(wanted.error(&what));
    };
    check(wanted, &url, "openIdConnectUrl", "issuer")?;
    members.push(text("issuer", issuer));
    Ok(members)
}

/// A table that says who the server is says it all.
fn says_server(wanted: &Wanted<'_>) -> bool {
    wanted.given.has("issuer") || wanted.given.has("provider")
}

/// The types whose members endpoints are.
fn is_oauth2(kind: &str) -> bool {
    matches!(kind, "client_credentials" | "jwt_bearer" | "refresh_token" | "session" | "token_exchange")
}

fn flows(wanted: &Wanted<'_>, named: Option<&str>) -> Result<Members, Error> {
    let none = || wanted.error("has no flows");
    let flows = wanted.scheme.below("flows")?.ok_or_else(none)?;
    let machine = flows.below("clientCredentials")?;
    let code = flows.below("authorizationCode")?;
    // OpenAPI 3.2 section 4.28: the one thing of 3.2 that is known here.
    let device = flows.below("deviceAuthorization")?;
    let person = code.or(device);
    let named = match (named, machine, person) {
        (Some(named), _, _) => named,
        (None, Some(_), None) => "client_credentials",
        (None, None, Some(_)) => "session",
        (None, Some(_), Some(_)) => {
            return Err(wanted.error(
                "has flows for a program by itself and for a person who signs in: give it the type, client_credentials or \
                 session",
            ));
        }
        (None, None, None) => return Err(unusable(wanted, &flows)?),
    };
    let mut members = vec![text("type", named)];
    if !is_oauth2(named) || says_server(wanted) {
        return Ok(members);
    }
    let flow = match named {
        "client_credentials" | "jwt_bearer" | "token_exchange" => machine.or(person),
        _ => person.or(machine),
    };
    let Some(flow) = flow else {
        // The endpoint that all flows but the implicit one have.
        if let Some(password) = flows.below("password")? {
            members.extend(endpoint(wanted, &password, "token_endpoint", "tokenUrl")?);
        }
        return Ok(members);
    };
    if named == "session" {
        if let Some(code) = &code {
            members.extend(endpoint(wanted, code, "authorization_endpoint", "authorizationUrl")?);
        }
        // One login has one token endpoint: a code that was got for another is of no use there.
        if let Some(device) = &device
            && absolute(wanted, device, "tokenUrl")? == absolute(wanted, &flow, "tokenUrl")?
        {
            let (member, name) = ("device_authorization_endpoint", "deviceAuthorizationUrl");
            members.extend(endpoint(wanted, device, member, name)?);
        }
    }
    members.extend(endpoint(wanted, &flow, "token_endpoint", "tokenUrl")?);
    Ok(members)
}

/// Why none of the flows can be gone through.
fn unusable(wanted: &Wanted<'_>, flows: &Declared<'_>) -> Result<Error, Error> {
    let instead = "give it a token, like env:TOKEN, or a type with what that needs";
    let what = if flows.below("implicit")?.is_some() {
        format!(
            "has the implicit flow alone, which puts tokens into URLs (RFC 9700 section 2.1.2); {instead}"
        )
    } else if flows.below("password")?.is_some() {
        format!(
            "has the password flow alone, which gives a person's password to the program (RFC 9700 section 2.4); {instead}"
        )
    } else {
        format!("has no flow that is known here; {instead}")
    };
    Ok(wanted.error(&what))
}

/// What the document says of an endpoint, where the program has not said it itself.
fn endpoint(
    wanted: &Wanted<'_>,
    flow: &Declared<'_>,
    member: &str,
    name: &str,
) -> Result<Option<(String, Node)>, Error> {
    if wanted.given.has(member) {
        return Ok(None);
    }
    let url = absolute(wanted, flow, name)?;
    check(wanted, &url, name, member)?;
    Ok(Some(text(member, &url)))
}

/// Relative to the server (OpenAPI 3.1.1 section 4.6).
fn absolute(wanted: &Wanted<'_>, flow: &Declared<'_>, name: &str) -> Result<String, Error> {
    let url = flow.text(name)?;
    if is_absolute(url) {
        return Ok(url.to_owned());
    }
    let place = document::place(wanted.chosen.name);
    if wanted.given.has("origins") {
        Target::parse(wanted.base).map_err(|error| error.because(&format!("{place}.origins")))?;
    }
    resolve(wanted.base, url).map_err(|error| error.because(&place))
}

/// Plain http is what the program accepts for origins and endpoints that it names. It does not know those of the document.
fn check(wanted: &Wanted<'_>, url: &str, name: &str, member: &str) -> Result<(), Error> {
    let target = Target::parse(url);
    let target =
        target.map_err(|error| error.because(&format!("{}.{name}", document::place(wanted.chosen.name))))?;
    if target.is_protected() {
        return Ok(());
    }
    Err(wanted.error(&format!(
        "has a {name} that is plain http: what is sent there could be read on the way; give it {member} yourself if you \
         accept that"
    )))
}
