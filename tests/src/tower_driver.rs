//! Plans on the tower layer, around hyper-util's client.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use authwright_testkit::{Driver, Ending, Net, Outcome, Plan, PlanBody, Setting, TestClock, TokenFailure};
use authwright_tower::{
    Auth, AuthLayer, AuthService, Error, Explain, Fault, Flow, Kept, Replay, Replayed, SchemeError, Token,
    Tokens, Trail, WithAuth, WithoutAuth, bytes::Bytes,
};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::Reqwest;

/// The tower layer around hyper-util's client, on a current-thread runtime.
#[derive(Debug)]
pub struct Tower {
    runtime: Reqwest,
}

impl Tower {
    /// A driver with a runtime of its own.
    pub fn new() -> Self {
        Self { runtime: Reqwest::new() }
    }
}

impl Default for Tower {
    fn default() -> Self {
        Self::new()
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Driver for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn leaves_to_others(&self) -> &'static [Setting] {
        &[Setting::Proxy, Setting::BaseUrl]
    }

    fn run(&self, net: &Net, plan: &Plan) -> Outcome {
        assert!(plan.proxy.is_none() && plan.base_url.is_none(), "the layer has no such setting");
        let mut printed = Vec::new();
        match self.runtime.block_on(send(net, plan, &mut printed)) {
            Ok((ending, trail)) => Outcome { ending, trail, printed },
            Err(error) => {
                Outcome::print_error(&mut printed, &error);
                let trail = error.trail().cloned();
                printed.extend(trail.iter().map(|trail| format!("{trail}\n{trail:?}")));
                Outcome { ending: self.runtime.block_on(ended(error)), trail, printed }
            }
        }
    }

    fn flow(&self, net: &Net, clock: &TestClock, flow: Flow<()>) -> Result<(), TokenFailure> {
        let layer = layer(net, clock, &Auth::none());
        self.runtime.block_on(layer.run_flow(flow)).map_err(|error| TokenFailure::of(&error))
    }

    fn token(&self, net: &Net, clock: &TestClock, tokens: &Tokens) -> Result<Token, TokenFailure> {
        let layer = layer(net, clock, &Auth::none());
        let token = self.runtime.block_on(async {
            let token = layer.token(tokens).await;
            layer.settled(PATIENCE).await;
            token
        });
        token.map_err(|error: SchemeError| TokenFailure::of(&error))
    }
}

type Http = Client<HttpsConnector<HttpConnector>, Sent>;

fn http(net: &Net) -> Http {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(der) = net.ca_der() {
        roots.add(der.to_vec().into()).unwrap();
    }
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .build();
    Client::builder(TokioExecutor::new()).build(connector)
}

fn layer(net: &Net, clock: &TestClock, auth: &Auth) -> AuthLayer {
    AuthLayer::new(auth.clone()).flows(http(net)).clock(clock.clone())
}

async fn send(
    net: &Net,
    plan: &Plan,
    printed: &mut Vec<String>,
) -> Result<(Ending, Option<Trail>), Error<Incoming>> {
    let client = http(net);
    let layer = AuthLayer::new(plan.auth.clone())
        .flows(client.clone())
        .default_headers(plan.default_headers.clone())
        .denied_as_error(plan.denied_as_error)
        .max_redirects(plan.max_redirects)
        .clock(plan.clock.clone());
    printed.push(format!("{layer:?}"));
    let mut service = layer.layer(client);
    printed.push(format!("{service:?}"));
    let request = http::Request::builder().method(plan.method.clone()).uri(&plan.url);
    let mut request = match request.body(Sent::of(&plan.body)) {
        Ok(request) => request,
        Err(error) => {
            Outcome::print_error(printed, &error);
            let message = format!("the URL is malformed ({error}); nothing was sent");
            return Ok((Ending::Failed { message, fault: Fault::Caller }, None));
        }
    };
    *request.headers_mut() = plan.headers.clone();
    if let Some(auth) = &plan.request_auth {
        request.extensions_mut().insert(WithAuth(auth.clone()));
    }
    if plan.without_auth {
        request.extensions_mut().insert(WithoutAuth);
    }
    if plan.explain {
        request.extensions_mut().insert(Explain);
    }
    let whole = answered(&mut service, request, printed);
    let outcome = match plan.timeout {
        None => whole.await,
        // As a timeout around the service.
        Some(timeout) => tokio::time::timeout(timeout, whole).await.unwrap_or_else(|elapsed| {
            Ok((Ending::Failed { message: elapsed.to_string(), fault: Fault::Network }, None))
        }),
    };
    layer.settled(PATIENCE).await;
    outcome
}

async fn answered(
    service: &mut AuthService<Http, Replayed>,
    request: http::Request<Sent>,
    printed: &mut Vec<String>,
) -> Result<(Ending, Option<Trail>), Error<Incoming>> {
    poll_fn(|context| service.poll_ready(context)).await?;
    let response = service.call(request).await?;
    let trail = response.extensions().get::<Trail>().cloned();
    printed.push(format!("{response:?} {:?}", response.extensions()));
    let status = response.status().as_u16();
    let ending = match response.into_body().collect().await {
        Ok(body) => Ending::Response { status, body: body.to_bytes().to_vec() },
        Err(error) => {
            Outcome::print_error(printed, &error);
            Ending::Failed { message: error.to_string(), fault: Fault::Network }
        }
    };
    Ok((ending, trail))
}

async fn ended(error: Error<Incoming>) -> Ending {
    if error.is_too_many_redirects() {
        return Ending::TooManyRedirects;
    }
    let (message, fault) = (error.to_string(), error.fault());
    let (denied, by_proxy) = (error.denied().cloned(), error.proxy_denied().cloned());
    let body = match error.into_response() {
        Ok(response) => response.into_body().collect().await.ok().map(|body| body.to_bytes().to_vec()),
        Err(_) => None,
    };
    match (denied, by_proxy) {
        (Some(denied), _) => Ending::Denied { denied, body: body.unwrap_or_default() },
        (None, Some(denied)) => Ending::ProxyDenied { denied, body },
        (None, None) => Ending::Failed { message, fault },
    }
}

/// The body of a plan, which knows whether it can be sent again.
pub(crate) enum Sent {
    /// In memory.
    Bytes(Bytes),
    /// Chunks, once.
    Stream(VecDeque<Bytes>),
}

impl Sent {
    fn of(body: &PlanBody) -> Self {
        match body {
            PlanBody::Empty => Self::Bytes(Bytes::new()),
            PlanBody::Bytes(bytes) => Self::Bytes(bytes.clone().into()),
            PlanBody::Stream(chunks) => Self::Stream(chunks.iter().cloned().map(Bytes::from).collect()),
        }
    }
}

impl From<Bytes> for Sent {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Replay for Sent {
    fn keep(self) -> Kept<Self> {
        match self {
            Self::Bytes(bytes) => Kept::Bytes(bytes),
            stream @ Self::Stream(_) => Kept::Stream(stream),
        }
    }

    fn send(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut *self {
            Self::Bytes(bytes) => Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()),
            Self::Stream(chunks) => chunks.pop_front(),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Bytes(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
