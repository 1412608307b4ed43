//! The in-memory driver: the loop with nothing around it. No socket and no time passes; delays are counted, not waited.

use std::time::Duration;

use authwright_core::{
    Acquired, Body, Digest, Exchange, Fault, Flow, Follow, Next, Outgoing, Password, Policy, ProxyAccess,
    ProxyDenied, Ready, ResponseView, Target, Token, Tokens,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::PROXY_AUTHORIZATION},
};
use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use std::sync::Arc;

use crate::{
    Driver, Ending, Net, Outcome, Plan, PlanAccess, PlanBody, PlanProxy, Received, Reply, TestClock,
    TokenFailure, memory_flow, reply,
};

/// Runs plans against the script of a [`Net`] without its sockets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory;

impl Driver for Memory {
    fn name(&self) -> &'static str {
        "in-memory"
    }

    fn run(&self, net: &Net, plan: &Plan) -> Outcome {
        let proxy = match plan.proxy.as_ref().and_then(access).transpose() {
            Ok(proxy) => proxy,
            Err(error) => {
                let mut printed = Vec::new();
                let ending = failed(&error, &mut printed);
                return Outcome { ending, trail: None, printed };
            }
        };
        let policy = Policy {
            max_redirects: plan.max_redirects,
            denied_as_error: plan.denied_as_error,
            default_headers: plan.default_headers.clone(),
            clock: Arc::new(plan.clock.clone()),
            proxy,
        };
        let mut exchange = Exchange::new(plan.effective_auth(), &policy);
        if plan.explain {
            exchange.record_trail();
        }
        let mut printed = vec![format!("{policy:?}"), format!("{:?}", plan.auth)];
        let ending = match hops(net, plan, &mut exchange) {
            Ok(ending) => ending,
            Err(error) => failed(&error, &mut printed),
        };
        match &ending {
            Ending::Denied { denied, .. } => Outcome::print_error(&mut printed, denied),
            Ending::ProxyDenied { denied, .. } => Outcome::print_error(&mut printed, denied),
            _ => {}
        }
        Outcome { ending, trail: exchange.take_trail(), printed }
    }

    fn flow(&self, net: &Net, clock: &TestClock, flow: Flow<()>) -> Result<(), TokenFailure> {
        memory_flow::run(net, clock, flow).map_err(|error| TokenFailure::of(&error))
    }

    fn token(&self, net: &Net, clock: &TestClock, tokens: &Tokens) -> Result<Token, TokenFailure> {
        let mut acquire = tokens.acquire();
        loop {
            match acquire.step(clock.now()).map_err(|error| TokenFailure::of(&error))? {
                Acquired::Token(token) => return Ok(token),
                Acquired::Start(flow) => drop(memory_flow::run(net, clock, flow)),
                // Another thread may be running the flow: real time passes.
                Acquired::Wait(flight) => acquire.landed(flight.block(None)),
            }
        }
    }
}

fn failed(error: &authwright_core::Error, printed: &mut Vec<String>) -> Ending {
    Outcome::print_error(printed, error);
    Ending::Failed { message: error.to_string(), fault: error.fault() }
}

fn hops(net: &Net, plan: &Plan, exchange: &mut Exchange<'_>) -> Result<Ending, authwright_core::Error> {
    let mut url = match &plan.base_url {
        Some(base) => {
            authwright_core::BaseUrl::parse(base).and_then(|base| base.join(&plan.url)).map_err(|error| {
                authwright_core::Error::new(Fault::Caller, format!("{error}; nothing was sent"))
            })?
        }
        None => plan.url.clone(),
    };
    let (mut method, mut headers) = (plan.method.clone(), plan.headers.clone());
    let mut body = plan.body.clone();
    let mut left = plan.timeout;
    exchange.admit(&headers, &Target::parse(&url)?)?;
    loop {
        let target = Target::parse(&url)?;
        let view = match &body {
            PlanBody::Empty => Body::Empty,
            PlanBody::Bytes(bytes) => Body::Bytes(bytes),
            PlanBody::Stream(_) => Body::Stream,
        };
        let line = loop {
            let outgoing = Outgoing { method: &method, target, headers: &mut headers, body: view };
            match exchange.step(outgoing)? {
                Ready::Send(line) => break line,
                Ready::Start(flow) => drop(memory_flow::run(net, &plan.clock, flow)),
                Ready::Wait(flight) => exchange.landed(flight.block(None)),
            }
        };
        let line = line.as_deref().unwrap_or(target.path_and_query());
        let sent = match &body {
            PlanBody::Empty => Vec::new(),
            PlanBody::Bytes(bytes) => bytes.clone(),
            PlanBody::Stream(chunks) => chunks.concat(),
        };
        if let Some(denied) = tunnel_refused(net, plan, target) {
            return Ok(Ending::ProxyDenied { denied, body: None });
        }
        let Some(reply) = send_through(net, plan, &method, target, line, &headers, &sent) else {
            let message = format!("{}: nobody listens there", target.origin());
            return Err(authwright_core::Error::new(Fault::Network, message));
        };
        if let Some(left) = &mut left {
            *left = left.saturating_sub(reply.delay_time());
            if *left == Duration::ZERO {
                return Err(authwright_core::Error::new(Fault::Network, "timed out"));
            }
        }
        let status = StatusCode::from_u16(reply.status_code()).unwrap_or_default();
        let answer = header_map(&reply);
        let verdict = exchange.observed(&ResponseView::new(status, &answer), target)?;
        let delivered = || if method == Method::HEAD { Vec::new() } else { reply.body_bytes().to_vec() };
        match verdict {
            Next::Deliver => return Ok(Ending::Response { status: status.as_u16(), body: delivered() }),
            Next::Denied(denied) => return Ok(Ending::Denied { denied: *denied, body: delivered() }),
            Next::ProxyDenied(denied) => {
                let denied = match &plan.proxy {
                    Some(proxy) if is_own(proxy) => *denied,
                    Some(proxy) if !target.is_https() => denied.by(address(proxy)),
                    _ => denied.given(false),
                };
                return Ok(Ending::ProxyDenied { denied, body: Some(delivered()) });
            }
            Next::TooManyRedirects => return Ok(Ending::TooManyRedirects),
            Next::Resend { headers: again, .. } => headers = again,
            Next::Follow(Follow { url: to, method: now, headers: kept, keep_body }) => {
                (url, method, headers) = (to, now, kept);
                if !keep_body {
                    body = PlanBody::Empty;
                }
            }
        }
    }
}

/// Sends to the proxy where there is one, in absolute form (RFC 9112 section 3.2.2), with what the client would send to it.
fn send_through(
    net: &Net,
    plan: &Plan,
    method: &Method,
    target: Target<'_>,
    line: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<Reply> {
    let Some(proxy) = plan.proxy.as_ref().filter(|_| !target.is_https()) else {
        return send(net, method, target, line, headers, body);
    };
    let mut to_proxy = headers.clone();
    to_proxy.extend(basic(proxy, ProxyAccess::for_requests));
    let at_proxy = Target::parse(&proxy.url).ok()?;
    let reply = send(net, method, at_proxy, &format!("{}{line}", target.origin()), &to_proxy, body)?;
    match reply.ending() {
        reply::Ending::PassedOn => {
            // It stays there (RFC 9110 section 11.7.2).
            to_proxy.remove(PROXY_AUTHORIZATION);
            send(net, method, target, line, &to_proxy, body)
        }
        _ => Some(reply),
    }
}

/// With https the proxy is asked for a tunnel, and sees nothing else.
fn tunnel_refused(net: &Net, plan: &Plan, target: Target<'_>) -> Option<ProxyDenied> {
    let proxy = plan.proxy.as_ref().filter(|_| target.is_https())?;
    let (at_proxy, fields) =
        (Target::parse(&proxy.url).ok()?, HeaderMap::from_iter(basic(proxy, ProxyAccess::for_tunnels)));
    let authority = format!("{}:{}", target.host(), target.port());
    let reply = send(net, &Method::CONNECT, at_proxy, &authority, &fields, &[])?;
    (reply.status_code() == 407).then(|| match access(proxy) {
        Some(Ok(ours)) => ours.refused_tunnel(&target),
        _ => ProxyDenied::on_the_way(&target, None).by(address(proxy)),
    })
}

/// What a client sends to a proxy by itself.
fn basic(
    proxy: &PlanProxy,
    ours: impl Fn(&ProxyAccess) -> Option<&HeaderValue>,
) -> Option<(HeaderName, HeaderValue)> {
    let value = match (&proxy.access, access(proxy)) {
        (PlanAccess::Client(user, password), _) => {
            let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            HeaderValue::try_from(value).ok()?
        }
        (_, Some(access)) => ours(&access.ok()?)?.clone(),
        _ => return None,
    };
    Some((PROXY_AUTHORIZATION, value))
}

fn is_own(proxy: &PlanProxy) -> bool {
    !matches!(proxy.access, PlanAccess::None | PlanAccess::Client(..))
}

/// What an adapter's `.proxy(..)` makes of it.
fn access(PlanProxy { url, access }: &PlanProxy) -> Option<Result<ProxyAccess, authwright_core::Error>> {
    Some(match access {
        PlanAccess::None | PlanAccess::Client(..) => return None,
        PlanAccess::Basic(user, password) => ProxyAccess::new(url, (user.as_str(), password.as_str())),
        PlanAccess::Password(user, password) => {
            ProxyAccess::new(url, Password::new(user.as_str(), password.as_str()))
        }
        PlanAccess::Digest(user, password) => {
            ProxyAccess::new(url, Digest::new(user.as_str(), password.as_str()))
        }
    })
}

fn address(proxy: &PlanProxy) -> &str {
    proxy.url.split_once("://").map_or("", |(_, address)| address)
}

pub(crate) fn send(
    net: &Net,
    method: &Method,
    target: Target<'_>,
    line: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<Reply> {
    let origin = net.index_of(&target.origin().to_string())?;
    let mut raw = format!("{method} {line} HTTP/1.1\r\nhost: {}\r\n", target.host()).into_bytes();
    for (name, value) in headers {
        raw.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    raw.extend([b"\r\n", body].concat());
    let fields = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let received = Received {
        origin,
        method: method.to_string(),
        target: line.to_owned(),
        version: "HTTP/1.1".into(),
        headers: fields.collect(),
        body: body.to_vec(),
        raw,
        complete: true,
    };
    Some(net.perform(&received))
}

pub(crate) fn header_map(reply: &Reply) -> HeaderMap {
    let fields = reply.headers().iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        Some((name, HeaderValue::from_bytes(value).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(name, value);
    }
    map
}
