//! The in-memory driver: the loop with nothing around it. No socket and no time passes; delays are counted, not waited.

use std::time::Duration;

use authwright_core::{
    Acquired, Body, Exchange, Fault, Follow, Next, Outgoing, Policy, Ready, ResponseView, Target, Token,
    Tokens,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
};
use std::sync::Arc;

use crate::{
    Driver, Ending, Net, Outcome, Plan, PlanBody, Received, Reply, TestClock, TokenFailure, memory_flow,
};

/// Runs plans against the script of a [`Net`] without its sockets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory;

impl Driver for Memory {
    fn name(&self) -> &'static str {
        "in-memory"
    }

    fn run(&self, net: &Net, plan: &Plan) -> Outcome {
        let policy = Policy {
            max_redirects: plan.max_redirects,
            denied_as_error: plan.denied_as_error,
            default_headers: plan.default_headers.clone(),
            clock: Arc::new(plan.clock.clone()),
        };
        let mut exchange = Exchange::new(plan.effective_auth(), &policy);
        if plan.explain {
            exchange.record_trail();
        }
        let mut printed = vec![format!("{policy:?}"), format!("{:?}", plan.auth)];
        let ending = match hops(net, plan, &mut exchange) {
            Ok(ending) => ending,
            Err(error) => {
                Outcome::print_error(&mut printed, &error);
                Ending::Failed { message: error.to_string(), fault: error.fault() }
            }
        };
        if let Ending::Denied { denied, .. } = &ending {
            Outcome::print_error(&mut printed, denied);
        }
        Outcome { ending, trail: exchange.take_trail(), printed }
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
        let Some(reply) = send(net, &method, target, line, &headers, &sent) else {
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
