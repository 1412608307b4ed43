//! The loop: one logical request, hop by hop. All decisions are the exchange's.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use authwright_core::{Exchange, Follow, Next, Outgoing, Ready, ResponseView};
use http::header::COOKIE;
use reqwest::{Request, Response};
use url::Url;

use crate::{
    Error,
    body::KeptBody,
    client::Inner,
    flow,
    proxies::{self, Proxies},
    response,
    url::{target, target_sent},
};

/// Whose cookie jar a client has.
pub(crate) enum Jar {
    None,
    /// Set inside `http(..)`: reqwest adds its cookies where no `Cookie` field is set.
    Inside,
    /// Set on our builder: joined with a cookie key.
    #[cfg(feature = "cookies")]
    Ours(crate::jar::SharedJar),
}

impl Jar {
    fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// A `Cookie` field of ours silences reqwest's jar, so the jar's cookies are put into the same field.
    #[cfg_attr(not(feature = "cookies"), allow(unused_variables))]
    fn join(&self, request: &mut Request) -> Result<(), Error> {
        match self {
            Self::None => Ok(()),
            Self::Inside => Err(Error::jar_inside()),
            #[cfg(feature = "cookies")]
            Self::Ours(jar) => {
                let stored = reqwest::cookie::CookieStore::cookies(jar, request.url());
                authwright_core::join_jar_cookies(request.headers_mut(), stored);
                Ok(())
            }
        }
    }
}

/// Hands the trail over with the outcome, where one was recorded.
pub(crate) fn finish(
    outcome: Result<Response, Error>,
    exchange: &mut Exchange<'_>,
) -> Result<Response, Error> {
    match (outcome, exchange.take_trail()) {
        (Ok(mut response), Some(trail)) => {
            response.extensions_mut().insert(trail);
            Ok(response)
        }
        (Err(error), trail) => Err(error.with_trail(trail)),
        (outcome, None) => outcome,
    }
}

/// Runs the request in `next`, which is where each hop is made: so that none is moved more often than it is sent.
pub(crate) async fn run(
    client: &Arc<Inner>,
    next: &mut Option<Request>,
    exchange: &mut Exchange<'_>,
) -> Result<Response, Error> {
    let Some(request) = next else { return Err(Error::caller("there is no request; nothing was sent")) };
    let deadline = Deadline::after(request.timeout().copied().or(client.timeout));
    let version = request.version();
    exchange.admit(request.headers(), &target(request.url())?)?;
    let mut body = KeptBody::new(request.body_mut().take());
    while let Some(request) = next {
        // A field of the caller's own silences the jar, as in reqwest.
        let joins_jar = client.jar.is_some() && !request.headers().contains_key(COOKIE);
        let line = loop {
            match step(exchange, request, &body)? {
                Ready::Send(line) => break line,
                Ready::Start(flow) => flow::detach(client, flow)?,
                Ready::Wait(flight) => exchange.landed(flow::wait(flight, deadline.left()).await),
            }
        };
        check_tls(client, request)?;
        let clean = finish_hop(client, request, line, &mut body, joins_jar)?;
        deadline.apply(request);
        let Some(request) = next.take() else { break };
        let mut response = client.http.execute(request).await.map_err(|error| failed(client, error))?;
        if let Some(url) = clean {
            response = response::with_url(response, url);
        }
        if exchange.settles(response.status()) {
            return Ok(response);
        }
        let view = ResponseView::new(response.status(), response.headers());
        let mut hop = match exchange.observed(&view, target_sent(response.url())?)? {
            Next::Deliver => return Ok(response),
            Next::Denied(denied) => return Err(Error::refused(denied, response)),
            Next::ProxyDenied(denied) => {
                let (target, peer) = (target_sent(response.url())?, response.remote_addr());
                let denied = match &client.policy.proxy {
                    Some(_) => *denied,
                    None => Proxies::of(&client.http).refused(*denied, &target, peer),
                };
                return Err(Error::refused_by_proxy(denied, response));
            }
            Next::TooManyRedirects => {
                let origin = response.url().origin().ascii_serialization();
                return Err(Error::too_many_redirects(origin, client.policy.max_redirects));
            }
            Next::Resend { method, headers } => {
                let mut again = Request::new(method, response.url().clone());
                *again.headers_mut() = headers;
                again
            }
            Next::Follow(Follow { url, method, headers, keep_body }) => {
                if !keep_body {
                    body = KeptBody::Empty;
                }
                // Core's answer is a URL of the `url` crate, letter by letter; a test holds it to that.
                let url = Url::parse(&url).map_err(|_| Error::caller("the redirect's URL is malformed"))?;
                let mut hop = Request::new(method, url);
                *hop.headers_mut() = headers;
                hop
            }
        };
        *hop.version_mut() = version;
        *next = Some(hop);
    }
    Err(Error::caller("there is no request; nothing was sent"))
}

/// Puts credentials on a hop, or says what has to be done first.
pub(crate) fn step(
    exchange: &mut Exchange<'_>,
    request: &mut Request,
    body: &KeptBody,
) -> Result<Ready, Error> {
    let mut headers = std::mem::take(request.headers_mut());
    let ready = exchange.step(Outgoing {
        method: request.method(),
        target: target(request.url())?,
        headers: &mut headers,
        body: body.view(),
    });
    *request.headers_mut() = headers;
    Ok(ready?)
}

/// What is for https goes nowhere without TLS, nor to a proxy.
#[inline]
pub(crate) fn check_tls(client: &Inner, request: &Request) -> Result<(), Error> {
    if client.has_tls || request.url().scheme() != "https" { Ok(()) } else { Err(Error::no_tls()) }
}

/// Adds what is the client's: the jar's cookies, the body. Returns the URL as it was, where a query pair was added.
pub(crate) fn finish_hop(
    client: &Inner,
    request: &mut Request,
    line: Option<String>,
    body: &mut KeptBody,
    joins_jar: bool,
) -> Result<Option<Url>, Error> {
    if joins_jar && request.headers().contains_key(COOKIE) {
        client.jar.join(request)?;
    }
    if let Some(body) = body.next() {
        *request.body_mut() = Some(body);
    }
    Ok(line.map(|line| {
        let clean = request.url().clone();
        request.url_mut().set_query(line.split_once('?').map(|(_, query)| query));
        clean
    }))
}

pub(crate) fn failed(client: &Inner, error: reqwest::Error) -> Error {
    if proxies::is_tunnel_refused(&error)
        && let Some(Ok(target)) = error.url().map(target_sent)
    {
        let denied = match &client.policy.proxy {
            Some(proxy) => proxy.refused_tunnel(&target),
            None => Proxies::of(&client.http).refused_tunnel(&target),
        };
        return Error::tunnel_refused(denied, error);
    }
    match error.url().map(|url| url.origin().ascii_serialization()) {
        Some(origin) => Error::client_at(error, origin),
        None => Error::from(error),
    }
}

/// The caller's timeout covers the whole request: what is left of it goes to each hop.
pub(crate) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.map(|timeout| (Instant::now(), timeout)))
    }

    pub(crate) fn left(&self) -> Option<Duration> {
        self.0.map(|(start, timeout)| timeout.saturating_sub(start.elapsed()))
    }

    /// A hop with nothing left still goes to reqwest, with no time at all: its error is the one users know.
    fn apply(&self, request: &mut Request) {
        if let Some(left) = self.left() {
            *request.timeout_mut() = Some(left);
        }
    }
}
