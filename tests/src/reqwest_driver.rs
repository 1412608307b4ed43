//! Plans on the reqwest adapter.

use authwright_reqwest::{Auth, Client, Digest, Error, Flow, Password, Token, Tokens, Trail};
use authwright_testkit::{
    Driver, Ending, Net, Outcome, Plan, PlanAccess, PlanBody, PlanProxy, TestClock, TokenFailure,
};
use tokio::runtime::{Builder, Runtime};

/// The reqwest adapter on a current-thread runtime.
#[derive(Debug)]
pub struct Reqwest {
    runtime: Runtime,
}

impl Reqwest {
    /// A driver with a runtime of its own.
    ///
    /// # Panics
    /// If there is no runtime to be had.
    pub fn new() -> Self {
        // reqwest is built without a TLS provider, so that the suite compiles no C but ring's.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime }
    }

    /// Runs a future to its end.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

impl Default for Reqwest {
    fn default() -> Self {
        Self::new()
    }
}

impl Driver for Reqwest {
    fn name(&self) -> &'static str {
        "reqwest"
    }

    fn run(&self, net: &Net, plan: &Plan) -> Outcome {
        let mut printed = Vec::new();
        let result = self.block_on(send(net, plan, &mut printed));
        let (ending, trail) = match result {
            Ok((ending, trail)) => (ending, trail),
            Err(error) => {
                Outcome::print_error(&mut printed, &error);
                let trail = error.trail().cloned();
                (self.block_on(ended(error)), trail)
            }
        };
        if let Some(trail) = &trail {
            printed.push(format!("{trail}\n{trail:?}"));
        }
        Outcome { ending, trail, printed }
    }

    fn flow(&self, net: &Net, clock: &TestClock, flow: Flow<()>) -> Result<(), TokenFailure> {
        let client =
            http(net).and_then(|http| Client::builder(Auth::none()).http(http).clock(clock.clone()).build());
        self.block_on(async { client?.run_flow(flow).await }).map_err(|error| failure(&error))
    }

    fn token(&self, net: &Net, clock: &TestClock, tokens: &Tokens) -> Result<Token, TokenFailure> {
        let client =
            http(net).and_then(|http| Client::builder(Auth::none()).http(http).clock(clock.clone()).build());
        self.block_on(async {
            let client = client?;
            let token = client.token(tokens).await;
            client.settled(std::time::Duration::from_secs(30)).await;
            token
        })
        .map_err(|error| failure(&error))
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

fn http(net: &Net) -> Result<reqwest::ClientBuilder, Error> {
    let http = reqwest::Client::builder();
    Ok(match net.ca_der() {
        Some(der) => http.tls_certs_only([reqwest::Certificate::from_der(der)?]),
        // Nothing here is asked for by https then, and the system's roots take a while to read.
        None => http.tls_certs_only([]),
    })
}

async fn send(net: &Net, plan: &Plan, printed: &mut Vec<String>) -> Result<(Ending, Option<Trail>), Error> {
    let mut http = http(net)?;
    if let Some(PlanProxy { url, access }) = &plan.proxy {
        let proxy = || reqwest::Proxy::all(url);
        http = match access {
            PlanAccess::Client(user, password) => http.proxy(proxy()?.basic_auth(user, password)),
            PlanAccess::None => http.proxy(proxy()?),
            _ => http,
        };
    }
    let mut builder = Client::builder(plan.auth.clone())
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
    let client = builder.build()?;
    printed.push(format!("{client:?}"));
    let mut request = client.request(plan.method.clone(), &plan.url);
    if !plan.headers.is_empty() {
        request = request.headers(plan.headers.clone());
    }
    request = match &plan.body {
        PlanBody::Empty => request,
        PlanBody::Bytes(bytes) => request.body(bytes.clone()),
        PlanBody::Stream(chunks) => {
            let chunks: Vec<_> = chunks.iter().cloned().map(Ok::<_, std::io::Error>).collect();
            request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(chunks)))
        }
    };
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
    let response = request.send().await;
    client.settled(std::time::Duration::from_secs(30)).await;
    let response = response?;
    let trail = response.extensions().get::<Trail>().cloned();
    printed.push(format!("{response:?} {} {:?}", response.url(), response.extensions()));
    if let Err(error) = response.error_for_status_ref() {
        Outcome::print_error(printed, &error);
    }
    let status = response.status().as_u16();
    let body = match response.bytes().await {
        Ok(body) => body.to_vec(),
        Err(error) => {
            Outcome::print_error(printed, &error);
            return Err(error.into());
        }
    };
    Ok((Ending::Response { status, body }, trail))
}

async fn ended(error: Error) -> Ending {
    if error.is_too_many_redirects() {
        return Ending::TooManyRedirects;
    }
    let (message, fault) = (error.to_string(), error.fault());
    if let Some(denied) = error.proxy_denied().cloned() {
        let body = match error.into_response() {
            Ok(response) => response.bytes().await.ok().map(|bytes| bytes.to_vec()),
            Err(_) => None,
        };
        return Ending::ProxyDenied { denied, body };
    }
    match error.denied().cloned() {
        Some(denied) => {
            let body = match error.into_response() {
                Ok(response) => response.bytes().await.map(|bytes| bytes.to_vec()).unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            Ending::Denied { denied, body }
        }
        None => Ending::Failed { message, fault },
    }
}
