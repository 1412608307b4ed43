//! Finding a server's metadata by its issuer (RFC 8414 section 3, `OpenID` Connect Discovery 1.0 section 4).

use authwright_core::{Error, Fault, Target, flow::Io};
use http::{Request, StatusCode, header};

use super::Metadata;

/// Asks at each place where a server may keep its metadata, until one has them.
///
/// A document that names another issuer ends the search: somebody who can put it there could be the one in between (RFC
/// 8414 section 6.2).
pub(super) async fn discover(issuer: &str, plain_http: bool, io: &Io) -> Result<Metadata, Error> {
    let target = Target::parse(issuer)?;
    let origin = target.origin();
    let (mut passing, mut redirects) = (None, false);
    for url in locations(&target) {
        let request = Request::get(url).header(header::ACCEPT, "application/json").body(Vec::new())?;
        let sent = if plain_http { io.danger_send_plain_http(request).await } else { io.send(request).await };
        let answer = sent?;
        let status = answer.status();
        if status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        {
            let message =
                format!("the metadata of {origin} cannot be had now ({}); try again later", status.as_u16());
            let error = Error::new(Fault::Server, message).transient();
            // Perhaps only there: a proxy may let nothing through but what is below the issuer's path.
            passing.get_or_insert(match answer.retry_after(io.now()) {
                Some(wait) => error.with_retry_after(wait),
                None => error,
            });
            continue;
        }
        // A page for people, at servers that answer everything with 200, is no document. Nor is a redirect: it could lead
        // to somebody else's (RFC 8414 section 6.1).
        let json = answer.json().ok().filter(|json| status == StatusCode::OK && json.has("issuer"));
        let Some(json) = json else {
            redirects |= status.is_redirection();
            continue;
        };
        let found = json.text("issuer").unwrap_or_default();
        if found != issuer {
            return Err(another_issuer(&origin.to_string(), issuer, found));
        }
        return Ok(Metadata::of_document(issuer, &json, plain_http));
    }
    if let Some(error) = passing {
        return Err(error);
    }
    // Why it looks as if there were some, to whoever follows it in a browser.
    let redirects = if redirects { " (a redirect is not followed)" } else { "" };
    Err(Error::new(
        Fault::Server,
        format!(
            "{origin} has no metadata where RFC 8414 and OpenID Connect put them{redirects}; check the issuer, or give the endpoints by \
             hand (Server::token_endpoint ..)"
        ),
    ))
}

/// RFC 8414 sections 3.1 and 5: between host and path, first under its own name, then under that of `OpenID` Connect; last
/// where `OpenID` Connect had it before, behind the path.
fn locations(issuer: &Target<'_>) -> Vec<String> {
    let (origin, path) = (issuer.origin(), issuer.path().trim_end_matches('/'));
    let mut urls = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        urls.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    urls
}

/// The server's text is not shown: it may be anything. The usual difference is.
fn another_issuer(origin: &str, wanted: &str, found: &str) -> Error {
    let how = if found.trim_end_matches('/') == wanted.trim_end_matches('/') {
        let (has, leave) = if found.ends_with('/') {
            ("has a slash at its end", "add it")
        } else {
            ("has no slash at its end", "leave it out")
        };
        format!("theirs {has}; {leave}, if that is the server you mean")
    } else {
        "check it for case, host and path; none of its endpoints is used".to_owned()
    };
    Error::new(
        Fault::Server,
        format!("the metadata found at {origin} are of another issuer than the one given: {how}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i1_the_suffix_goes_between_host_and_path() {
        let urls = |issuer| locations(&Target::parse(issuer).unwrap());
        let host = "https://login.example.com/.well-known";
        for issuer in ["https://login.example.com", "https://login.example.com/"] {
            assert_eq!(
                urls(issuer),
                [format!("{host}/oauth-authorization-server"), format!("{host}/openid-configuration")]
            );
        }
        for issuer in ["https://login.example.com/t/1", "https://login.example.com/t/1/"] {
            assert_eq!(
                urls(issuer),
                [
                    format!("{host}/oauth-authorization-server/t/1"),
                    format!("{host}/openid-configuration/t/1"),
                    "https://login.example.com/t/1/.well-known/openid-configuration".to_owned(),
                ]
            );
        }
    }
}
