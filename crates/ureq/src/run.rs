//! The loop: one logical request, hop by hop. All decisions are the exchange's.

use std::{
    io, mem,
    time::{Duration, Instant},
};

use authwright_core::{
    Auth, Body as HopBody, Exchange, Follow, Next, Outgoing, Policy, Ready, ResponseView, Target,
};
use http::{Method, Request, Response, Uri, header::CONTENT_TYPE, request::Parts};
use ureq::{Body, Error as UreqError};

use crate::{
    Error, IntoBody,
    agent::Inner,
    config::{self, Conventions},
    flow, uri,
};

/// What a request says for itself.
pub(crate) struct Options<'a> {
    /// `None` where it goes bare.
    pub(crate) auth: Option<&'a Auth>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) explain: bool,
}

pub(crate) fn run(
    agent: &Inner,
    mut request: Request<()>,
    body: impl IntoBody,
    options: &Options<'_>,
) -> Result<Response<Body>, Error> {
    let own = config::of_request(&agent.http, request.extensions_mut())?;
    let own_policy =
        own.as_ref().map(|(own, _)| Policy { max_redirects: own.max_redirects, ..agent.policy.clone() });
    let (conventions, proxy) = match &own {
        Some((own, proxy)) => (own, proxy.as_ref()),
        None => (&agent.conventions, agent.http.config().proxy()),
    };
    let mut exchange = Exchange::new(options.auth, own_policy.as_ref().unwrap_or(&agent.policy));
    if !options.explain {
        return hops(agent, request, body, options, (conventions, proxy), &mut exchange);
    }
    exchange.record_trail();
    let outcome = hops(agent, request, body, options, (conventions, proxy), &mut exchange);
    match (outcome, exchange.take_trail()) {
        (Ok(mut response), Some(trail)) => {
            response.extensions_mut().insert(trail);
            Ok(response)
        }
        (Err(error), trail) => Err(error.with_trail(trail)),
        (outcome, None) => outcome,
    }
}

fn hops<B: IntoBody>(
    agent: &Inner,
    request: Request<()>,
    body: B,
    options: &Options<'_>,
    (conventions, proxy): (&Conventions, Option<&ureq::Proxy>),
    exchange: &mut Exchange<'_>,
) -> Result<Response<Body>, Error> {
    let mut deadline = Deadline::new(options.timeout, conventions.timeout);
    let (Parts { mut method, mut uri, mut headers, version, extensions, .. }, ()) = request.into_parts();
    if !headers.contains_key(CONTENT_TYPE)
        && let Some(value) = body.content_type()
    {
        headers.insert(CONTENT_TYPE, value);
    }
    exchange.admit(&headers, &Target::from_uri(&uri)?)?;
    let mut body = Some(body);
    loop {
        let target = Target::from_uri(&uri)?;
        let line = loop {
            let body = body.as_ref().map_or(HopBody::Empty, IntoBody::view);
            match exchange.step(Outgoing { method: &method, target, headers: &mut headers, body })? {
                Ready::Send(line) => break line,
                Ready::Start(flow) => flow::detach(agent, flow),
                Ready::Wait(flight) => exchange.landed(flight.block(deadline.left())),
            }
        };
        let mut hop = Request::new(());
        *hop.method_mut() = method.clone();
        *hop.uri_mut() = match line {
            None => uri.clone(),
            Some(line) => uri::with_line(&uri, line)?,
        };
        *hop.version_mut() = version;
        *hop.headers_mut() = mem::take(&mut headers);
        *hop.extensions_mut() = extensions.clone();
        let hop = deadline.apply(&agent.http, hop);
        let response =
            send(&agent.http, hop, &mut body).map_err(|error| Error::sending(error, &target, proxy))?;
        if exchange.settles(response.status()) {
            return deliver(response, &target, conventions);
        }
        let view = ResponseView::new(response.status(), response.headers());
        match exchange.observed(&view, target)? {
            Next::Denied(denied) => return Err(Error::refused(denied, response)),
            // A proxy of ours is asked for tunnels only, so this one was given nothing by us.
            Next::ProxyDenied(denied) => return Err(Error::refused_by_proxy(denied.given(false), response)),
            Next::TooManyRedirects if conventions.redirects_will_error => {
                return Err(Error::too_many_redirects(conventions.max_redirects, &target));
            }
            Next::Deliver | Next::TooManyRedirects => return deliver(response, &target, conventions),
            Next::Resend { headers: again, .. } => headers = again,
            Next::Follow(Follow { url, method: next, headers: fields, keep_body }) => {
                // Core's answer is in the spelling of the URL standard, all of which `http` takes.
                uri = Uri::try_from(url).map_err(|_| Error::caller("the redirect's URL is malformed"))?;
                (method, headers) = (next, fields);
                if !keep_body {
                    body = None;
                }
            }
        }
        drain(response);
    }
}

/// Bytes are borrowed anew for every send, so each says its length; a stream is given away.
pub(crate) fn send<B: IntoBody>(
    http: &ureq::Agent,
    request: Request<()>,
    body: &mut Option<B>,
) -> Result<Response<Body>, UreqError> {
    match body.as_ref().map_or(HopBody::Empty, IntoBody::view) {
        HopBody::Bytes(bytes) => http.run(request.map(|()| bytes)),
        // ureq would send an empty chunk; these methods want a length (RFC 9110 section 8.6).
        HopBody::Empty if [Method::POST, Method::PUT, Method::PATCH].contains(request.method()) => {
            http.run(request.map(|()| &[]))
        }
        HopBody::Empty => http.run(request),
        HopBody::Stream => match body.take().and_then(IntoBody::into_stream) {
            Some(stream) => http.run(request.map(|()| stream)),
            None => http.run(request),
        },
    }
}

/// A status of 400 or more is what the caller's configuration says it is.
fn deliver(
    response: Response<Body>,
    target: &Target<'_>,
    conventions: &Conventions,
) -> Result<Response<Body>, Error> {
    let status = response.status();
    if conventions.status_as_error && (status.is_client_error() || status.is_server_error()) {
        return Err(Error::unwanted_status(&response, target));
    }
    Ok(response)
}

/// Reads the rest of a short answer that nobody will see, so that its connection can be used again.
fn drain(mut response: Response<Body>) {
    const ENOUGH: u64 = 64 * 1024;
    let body = response.body_mut();
    if body.content_length().is_none_or(|length| length <= ENOUGH) {
        // An error here is one of a connection that is then not used again.
        let _ = io::copy(&mut body.with_config().limit(ENOUGH).reader(), &mut io::sink());
    }
}

/// The caller's timeout covers the whole request: what is left of it goes to each hop.
pub(crate) struct Deadline {
    whole: Option<(Instant, Duration)>,
    /// ureq has it in its configuration, so that the first send needs nothing more.
    known: bool,
}

impl Deadline {
    pub(crate) fn new(own: Option<Duration>, configured: Option<Duration>) -> Self {
        let whole = own.or(configured).map(|timeout| (Instant::now(), timeout));
        Self { whole, known: own.is_none() }
    }

    pub(crate) fn left(&self) -> Option<Duration> {
        self.whole.map(|(start, timeout)| timeout.saturating_sub(start.elapsed()))
    }

    /// A hop with nothing left still goes to ureq, with no time at all: its error is the one users know.
    fn apply(&mut self, http: &ureq::Agent, request: Request<()>) -> Request<()> {
        let known = mem::take(&mut self.known);
        match self.left() {
            Some(left) if !known => http.configure_request(request).timeout_global(Some(left)).build(),
            _ => request,
        }
    }
}
