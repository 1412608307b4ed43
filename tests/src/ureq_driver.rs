//! Plans on the ureq adapter.

use std::io::{self, Read};

use authwright_testkit::{
    Driver, Ending, Net, Outcome, Plan, PlanAccess, PlanBody, PlanProxy, TestClock, TokenFailure,
};
use authwright_ureq::{Agent, Auth, Digest, Error, Flow, Password, Token, Tokens, Trail, ureq};
use ureq::{
    Body, SendBody,
    config::ConfigBuilder,
    http::Response,
    tls::{Certificate, RootCerts, TlsConfig},
    typestate::AgentScope,
};

/// The ureq adapter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ureq;

impl Driver for Ureq {
    fn name(&self) -> &'static str {
        "ureq"
    }

    fn run(&self, net: &Net, plan: &Plan) -> Outcome {
        let mut printed = Vec::new();
        match send(net, plan, &mut printed) {
            Ok((ending, trail)) => Outcome { ending, trail, printed },
            Err(error) => {
                Outcome::print_error(&mut printed, &error);
                let trail = error.trail().cloned();
                Outcome { ending: ended(error), trail, printed }
            }
        }
    }

    fn flow(&self, net: &Net, clock: &TestClock, flow: Flow<()>) -> Result<(), TokenFailure> {
        let agent = Agent::builder(Auth::none()).http(http(net)).clock(clock.clone()).build();
        agent.and_then(|agent| agent.run_flow(flow)).map_err(|error| failure(&error))
    }

    fn token(&self, net: &Net, clock: &TestClock, tokens: &Tokens) -> Result<Token, TokenFailure> {
        let agent = Agent::builder(Auth::none()).http(http(net)).clock(clock.clone()).build();
        agent.and_then(|agent| agent.token(tokens)).map_err(|error| failure(&error))
    }
}

fn failure(error: &Error) -> TokenFailure {
    let mut printed = Vec::new();
    Outcome::print_error(&mut printed, error);
    TokenFailure {
        printed,
        message: error.to_string(),
        fault: error.fault(),
        is_transient: error.is_transient(),
        is_login_required: error.is_login_required(),
        is_timeout: error.is_timeout(),
        retry_after: error.retry_after(),
    }
}

fn http(net: &Net) -> ConfigBuilder<AgentScope> {
    let http = ureq::Agent::config_builder().proxy(None);
    let Some(der) = net.ca_der() else { return http };
    let roots = RootCerts::Specific(vec![Certificate::from_der(der).to_owned()].into());
    http.tls_config(TlsConfig::builder().root_certs(roots).build())
}

/// The client's own setting, where it is one.
fn through(PlanProxy { url, access }: &PlanProxy) -> Result<Option<ureq::Proxy>, ureq::Error> {
    let (user, password) = match access {
        PlanAccess::None => return ureq::Proxy::new(url).map(Some),
        PlanAccess::Client(user, password) => (user, password),
        _ => return Ok(None),
    };
    let uri: ureq::http::Uri = url.parse().map_err(ureq::http::Error::from)?;
    let proxy = ureq::Proxy::builder(ureq::ProxyProtocol::Http).host(uri.host().unwrap_or_default());
    proxy.port(uri.port_u16().unwrap_or(80)).username(user).password(password).build().map(Some)
}

fn send(net: &Net, plan: &Plan, printed: &mut Vec<String>) -> Result<(Ending, Option<Trail>), Error> {
    let mut http = http(net);
    if let Some(proxy) = &plan.proxy {
        http = http.proxy(through(proxy)?);
    }
    let mut builder = Agent::builder(plan.auth.clone())
        .http(http)
        .default_headers(plan.default_headers.clone())
        .denied_as_error(plan.denied_as_error)
        .max_redirects(plan.max_redirects)
        .clock(plan.clock.clone());
    if let Some(PlanProxy { url, access }) = &plan.proxy {
        builder = match access {
            PlanAccess::None | PlanAccess::Client(..) => builder,
            PlanAccess::Basic(user, password) => builder.proxy(url, (user.as_str(), password.as_str())),
            PlanAccess::Password(user, password) => {
                builder.proxy(url, Password::new(user.as_str(), password.as_str()))
            }
            PlanAccess::Digest(user, password) => {
                builder.proxy(url, Digest::new(user.as_str(), password.as_str()))
            }
        };
    }
    if let Some(base) = &plan.base_url {
        builder = builder.base_url(base);
    }
    printed.push(format!("{builder:?}"));
    let agent = builder.build()?;
    printed.push(format!("{agent:?}"));
    let mut request = agent.request(plan.method.clone(), &plan.url);
    if !plan.headers.is_empty() {
        request = request.headers(plan.headers.clone());
    }
    if let Some(auth) = &plan.request_auth {
        request = request.auth(auth);
    }
    if plan.without_auth {
        request = request.without_auth();
    }
    if plan.explain {
        request = request.explain();
    }
    if let Some(timeout) = plan.timeout {
        request = request.timeout(timeout);
    }
    printed.push(format!("{request:?}"));
    let mut response = match &plan.body {
        PlanBody::Empty => request.call(),
        PlanBody::Bytes(bytes) => request.send(bytes),
        PlanBody::Stream(chunks) => request.send(SendBody::from_owned_reader(Chunks(chunks.clone()))),
    }?;
    let trail = response.extensions().get::<Trail>().cloned();
    printed.push(format!("{response:?}"));
    printed.extend(trail.iter().map(|trail| format!("{trail} {trail:?}")));
    let (status, body) = (response.status().as_u16(), read(&mut response)?);
    Ok((Ending::Response { status, body }, trail))
}

fn read(response: &mut Response<Body>) -> Result<Vec<u8>, Error> {
    Ok(response.body_mut().read_to_vec()?)
}

fn ended(error: Error) -> Ending {
    if error.is_too_many_redirects() {
        return Ending::TooManyRedirects;
    }
    let (message, fault) = (error.to_string(), error.fault());
    if let Some(denied) = error.denied().cloned() {
        let body = error.into_response().ok().and_then(|mut response| read(&mut response).ok());
        return Ending::Denied { denied, body: body.unwrap_or_default() };
    }
    if let Some(denied) = error.proxy_denied().cloned() {
        let body = error.into_response().ok().and_then(|mut response| read(&mut response).ok());
        return Ending::ProxyDenied { denied, body };
    }
    match error.status() {
        // ureq's convention: a status of 400 or more is an error without its response.
        Some(status) => Ending::Response { status: status.as_u16(), body: Vec::new() },
        None => Ending::Failed { message, fault },
    }
}

/// Reads one chunk at a time.
struct Chunks(Vec<Vec<u8>>);

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(chunk) = self.0.first_mut() {
            if chunk.is_empty() {
                self.0.remove(0);
                continue;
            }
            let count = chunk.len().min(buffer.len());
            buffer[..count].copy_from_slice(&chunk[..count]);
            chunk.drain(..count);
            return Ok(count);
        }
        Ok(0)
    }
}
