//! One request, driven by hand against a server that is a closure.

use authwright_core::*;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::*};

#[derive(Debug)]
pub(crate) enum End {
    Response(u16),
    Denied(String),
    Error(#[allow(dead_code, reason = "shown where an assertion fails")] String),
}

pub(crate) type Reply = (u16, Vec<(HeaderName, String)>);

/// Drives one request; gives what was sent each time (line, Authorization), and how it ended.
pub(crate) fn run(
    auth: &Auth,
    url: &str,
    own: &[(HeaderName, &str)],
    stream: bool,
    mut server: impl FnMut(&str, Option<&str>) -> Reply,
) -> (Vec<(String, Option<String>)>, End) {
    let policy = Policy::default();
    let mut exchange = Exchange::new(Some(auth), &policy);
    let mut url = url.to_owned();
    let mut headers = HeaderMap::new();
    for (name, value) in own {
        headers.insert(name.clone(), HeaderValue::from_str(value).unwrap());
    }
    let method = Method::GET;
    let mut seen = Vec::new();
    loop {
        let target = Target::parse(&url).unwrap();
        let body = if stream { Body::Stream } else { Body::Empty };
        match exchange.step(Outgoing { method: &method, target, headers: &mut headers, body }) {
            Ok(Ready::Send(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (seen, End::Error(error.to_string())),
        }
        let sent = headers.get(AUTHORIZATION).map(|v| v.to_str().unwrap().to_owned());
        seen.push((target.path_and_query().to_owned(), sent.clone()));
        let (status, fields) = server(target.path_and_query(), sent.as_deref());
        let mut answer = HeaderMap::new();
        for (name, value) in fields {
            answer.append(name, HeaderValue::from_str(&value).unwrap());
        }
        let view = ResponseView::new(StatusCode::from_u16(status).unwrap(), &answer);
        match exchange.observed(&view, target) {
            Ok(Next::Deliver) => return (seen, End::Response(status)),
            Ok(Next::Denied(denied)) => return (seen, End::Denied(denied.to_string())),
            Ok(Next::Resend { headers: again, .. }) => headers = again,
            Ok(Next::Follow(follow)) => {
                headers = follow.headers;
                url = follow.url;
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (seen, End::Error(error.to_string())),
        }
    }
}

pub(crate) fn ask(line: &str) -> Reply {
    (401, vec![(WWW_AUTHENTICATE, line.to_owned())])
}
pub(crate) fn ok() -> Reply {
    (200, vec![])
}
pub(crate) const H: &str = "https://api.example.com";
pub(crate) fn digest(realm: &str) -> String {
    format!("Digest realm=\"{realm}\", nonce=\"n{realm}\", qop=\"auth\", algorithm=SHA-256")
}
/// A server that takes any answer in the realm.
pub(crate) fn wants(realm: &str, sent: Option<&str>) -> Reply {
    match sent {
        Some(answer) if answer.contains(&format!("realm=\"{realm}\"")) => ok(),
        _ => ask(&digest(realm)),
    }
}
pub(crate) fn is_200(end: &End) -> bool {
    matches!(end, End::Response(200))
}

/// A challenge with this nonce.
pub(crate) fn challenge(nonce: &str, more: &str) -> String {
    format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"{more}")
}

/// A parameter of an answer.
pub(crate) fn part<'a>(answer: &'a str, name: &str) -> &'a str {
    let at = answer.find(&format!("{name}=")).map_or(answer.len(), |at| at + name.len() + 1);
    answer[at..].split(", ").next().unwrap_or_default().trim_matches('"')
}
