//! Where the API is: the servers of a document, with their variables filled in.

use std::borrow::Cow;

use super::{
    Document, Error, Node, OpenApi,
    document::{get, table},
};
use crate::{
    Origin, Target,
    config::{did_you_mean, listed, quoted},
    location::{self, Base},
};

/// So many bytes a URL has with its variables filled in, at most.
const LONGEST: usize = 8 * 1024;

/// So many variables it has, at most: each is a look at all that are declared, and at all that it can be.
const MOST: usize = 64;

/// A URL of a server, and what messages call it.
pub(super) struct Server {
    pub(super) url: String,
    pub(super) place: String,
}

impl Server {
    /// Whether it is plain http on another machine; malformed is said at once.
    pub(super) fn plain_http(&self) -> Result<Option<String>, Error> {
        let area = Origin::danger_plain_http(&self.url).into_area();
        let area = area.map_err(|error| error.because(&self.place))?;
        Ok(Origin::new(&self.url).into_area().is_err().then(|| area.to_string()))
    }
}

/// All of them: those the program has named, or else those of the document.
pub(super) fn servers(api: &OpenApi, document: &Document<'_>) -> Result<Vec<Server>, Error> {
    let named = api.origins.iter().enumerate();
    let named: Vec<_> =
        named.map(|(index, url)| Server { url: url.clone(), place: format!("origins[{index}]") }).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let mut known_names = Vec::new();
    let mut servers = Vec::new();
    for (index, node) in document.servers()?.iter().enumerate() {
        let place = format!("servers[{index}]");
        let Node::Table(members) = node else {
            return Err(Error::caller(format!("{place} is {}; it must be a table", node.is_a())));
        };
        let Some(Node::Text(template)) = get(members, "url")? else {
            return Err(Error::caller(format!("{place} has no url")));
        };
        let variables = table(members, "variables", &format!("{place}.variables"))?.unwrap_or_default();
        let url = fill_in(api, template, variables, &place, &mut known_names)?;
        servers.push(Server { url: api.absolute(&url, &place)?, place });
    }
    if let Some((name, _)) = api.variables.iter().find(|(name, _)| !known_names.contains(name)) {
        let near = did_you_mean(name, known_names.iter().map(|name| &**name)).unwrap_or_default();
        let name = quoted(name);
        return Err(Error::caller(format!("no server of the document has a variable {name}{near}")));
    }
    if servers.is_empty() {
        // As the specification has it where there are none.
        let place = "servers".to_owned();
        servers.push(Server { url: api.absolute("/", &place)?, place });
    }
    Ok(servers)
}

impl OpenApi {
    fn absolute(&self, url: &str, place: &str) -> Result<String, Error> {
        if is_absolute(url) {
            return Ok(url.to_owned());
        }
        match &self.found_at {
            Some(base) => resolve(base, url).map_err(|error| error.because(&place)),
            None => Err(Error::caller(format!(
                "{place} is relative to where the document was found; say so with .found_at(..), or name the servers with \
                 .origins(..)"
            ))),
        }
    }
}

pub(super) fn is_absolute(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A relative URL against an absolute one (RFC 3986 section 5.2), as everywhere here.
pub(super) fn resolve(base: &str, url: &str) -> Result<String, Error> {
    let target = Target::parse(base)?;
    let origin = target.origin().to_string();
    let (scheme, authority) = origin.split_once("://").unwrap_or_default();
    let base = Base { scheme, authority, path: target.path(), query: None };
    location::resolve(base, url.as_bytes())
        .map_err(|why| Error::caller(format!("cannot be made a whole URL: {why}")))
}

/// `https://{region}.example.com` with what the program has said, or else what the document says.
fn fill_in(
    api: &OpenApi,
    template: &str,
    variables: &[(String, Node)],
    place: &str,
    known_names: &mut Vec<String>,
) -> Result<String, Error> {
    let too_long = || Error::caller(format!("{place} is longer than a URL can be"));
    if template.len() > LONGEST {
        return Err(too_long());
    }
    if template.matches('{').count() > MOST {
        return Err(Error::caller(format!("{place} has more than {MOST} variables")));
    }
    let mut url = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        url.push_str(before);
        let shown = quoted(name);
        let declared = table(variables, name, &format!("{place}.variables.{shown}"))?.unwrap_or_default();
        match api.variables.iter().find(|(other, _)| other == name) {
            Some((_, value)) => {
                let known = match get(declared, "enum")? {
                    None => &[][..],
                    Some(Node::List(items)) => items,
                    Some(other) => {
                        let what = other.is_a();
                        return Err(Error::caller(format!(
                            "{place}.variables.{shown}.enum is {what}; it must be a list"
                        )));
                    }
                };
                check(value, known, &url, after)
                    .map_err(|what| Error::caller(format!("the variable {shown} of {place} {what}")))?;
                url.push_str(value);
            }
            None => match get(declared, "default")?.and_then(text) {
                Some(default) => url.push_str(&default),
                None => {
                    return Err(Error::caller(format!(
                        "{place} has a variable {shown} without a default; give it with .variable(..)"
                    )));
                }
            },
        }
        known_names.push(name.to_owned());
        if url.len() > LONGEST {
            return Err(too_long());
        }
        rest = after;
    }
    url.push_str(rest);
    Ok(url)
}

/// A value of the program's that is not one of the document's may come from anywhere: it stays in its place, which is between these two.
fn check(value: &str, known: &[Node], before: &str, after: &str) -> Result<(), String> {
    if known.iter().filter_map(text).any(|word| word == value) {
        return Ok(());
    }
    if !known.is_empty() {
        let shown = known.iter().filter_map(text).take(8).map(|word| quoted(&word)).collect::<Vec<_>>();
        let listed = listed(shown.iter().map(|word| &**word));
        return Err(format!("is {}; it must be one of {listed}", quoted(value)));
    }
    if value.is_empty() {
        return Err("is empty".into());
    }
    // Readers of URLs leave them out (WHATWG URL section 4.4), and then read another one.
    if value.contains(|character: char| character.is_ascii_control()) {
        return Err("has characters that a URL cannot have".into());
    }
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if is_in_scheme(before, after) {
        let (rest, _) = after.split_once("://").unwrap_or_default();
        if !matches!(&*format!("{before}{value}{rest}"), "http" | "https") {
            return Err("is before ://, where only http and https can be".into());
        }
    } else if is_in_authority(before) {
        if !value.bytes().all(is_host) {
            return Err("is part of a host, and has characters that a host cannot have".into());
        }
    } else if before.is_empty() && !after.is_empty() && !after.starts_with('/') {
        let host = ["https://", "http://"].iter().find_map(|scheme| value.strip_prefix(scheme));
        if !host.unwrap_or(value).bytes().all(is_host) {
            return Err("ends within a host, and has characters that a host cannot have".into());
        }
    } else if before == "/" && value.starts_with(['/', '\\']) {
        return Err("is a path, and begins with a second slash, behind which a host would be".into());
    }
    Ok(())
}

/// Before `://`.
fn is_in_scheme(before: &str, after: &str) -> bool {
    let is_scheme = |text: &str| !text.contains(['/', ':']);
    is_scheme(before) && after.split_once("://").is_some_and(|(between, _)| is_scheme(between))
}

/// Behind the scheme and before the path: what stands here says which machine it is.
fn is_in_authority(before: &str) -> bool {
    match before.split_once("://").map(|(_, rest)| rest).or_else(|| before.strip_prefix("//")) {
        Some(authority) => !authority.contains('/'),
        // Behind what is no scheme yet and no path: a variable that has both, or a part of them.
        None => !before.is_empty() && !before.starts_with('/'),
    }
}

/// What YAML has without quotes is text as well: the port 8443, the version 2.0.
fn text(node: &Node) -> Option<Cow<'_, str>> {
    match node {
        Node::Text(text) => Some(Cow::Borrowed(text)),
        Node::Integer(number) => Some(Cow::Owned(number.to_string())),
        Node::Float(number) => Some(Cow::Owned(format!("{number:?}"))),
        Node::Flag(flag) => Some(Cow::Owned(flag.to_string())),
        _ => None,
    }
}
