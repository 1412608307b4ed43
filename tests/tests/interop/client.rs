//! Both adapters behind one face, with what these servers need: a jar, a proxy, several threads.

use std::{
    fmt,
    io::{Cursor, Error as IoError},
};

use authwright_core::{Auth, Denied, Digest, Fault, Flow, Password, Token, Tokens, http::Method};
use authwright_testkit::{Net, Outcome, PlanBody};
use authwright_ureq::ureq::{
    self, SendBody,
    tls::{Certificate, RootCerts, TlsConfig},
};
use futures_util::stream;
use tokio::runtime::{Builder, Runtime};

use crate::watch::Watch;

/// Which client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Reqwest,
    Ureq,
}

/// Every case runs on both.
pub(crate) const BOTH: [Kind; 2] = [Kind::Reqwest, Kind::Ureq];

/// What a client is made of besides its `Auth`.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    pub(crate) cookies: bool,
    /// The URL of a proxy, with its credentials, for the client's own settings.
    pub(crate) proxy: Option<String>,
    /// The URL of a proxy, and what it is asked with, for ours.
    pub(crate) asking: Option<(String, Login)>,
    /// The server whose certificates are trusted.
    pub(crate) trusted: Option<&'a Net>,
    /// The client's clock, if not the system's.
    pub(crate) watch: Option<Watch>,
}

/// What answers a proxy.
#[derive(Clone)]
pub(crate) enum Login {
    Digest(Digest),
    Password(Password),
}

/// A client that is kept for several requests. Threads may share it.
pub(crate) enum Client {
    Reqwest(Runtime, authwright_reqwest::Client),
    Ureq(authwright_ureq::Agent),
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 where there is no response.
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) denied: Option<Denied>,
    pub(crate) proxy_denied: bool,
    /// The error's text.
    pub(crate) error: Option<String>,
    pub(crate) printed: Printed,
}

/// Why a flow has ended without what it was for.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: String,
    pub(crate) fault: Fault,
    pub(crate) is_transient: bool,
    /// Whether a person must act.
    pub(crate) is_login_required: bool,
    pub(crate) printed: Printed,
}

/// All that a program could print of it. A failed assertion shows none of this again.
#[derive(Default)]
pub(crate) struct Printed(pub(crate) Vec<String>);

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} texts", self.0.len())
    }
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Ureq => "ureq",
        }
    }

    pub(crate) fn open(self, auth: &Auth) -> Client {
        self.open_with(auth, &Setup::default())
    }

    pub(crate) fn open_with(self, auth: &Auth, setup: &Setup<'_>) -> Client {
        match self {
            Self::Reqwest => open_reqwest(auth.clone(), setup),
            Self::Ureq => open_ureq(auth.clone(), setup),
        }
    }
}

fn open_reqwest(auth: Auth, setup: &Setup<'_>) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut http = reqwest::Client::builder().no_proxy();
    if let Some(proxy) = &setup.proxy {
        http = http.proxy(reqwest::Proxy::all(proxy).unwrap());
    }
    if let Some(der) = setup.trusted.and_then(Net::ca_der) {
        http = http.tls_certs_only([reqwest::Certificate::from_der(der).unwrap()]);
    }
    let client = authwright_reqwest::Client::builder(auth).http(http).cookie_store(setup.cookies);
    let client = match setup.asking.clone() {
        Some((url, Login::Digest(digest))) => client.proxy(&url, digest),
        Some((url, Login::Password(password))) => client.proxy(&url, password),
        None => client,
    };
    let client = match setup.watch.clone() {
        Some(watch) => client.clock(watch),
        None => client,
    };
    Client::Reqwest(runtime, client.build().unwrap())
}

fn open_ureq(auth: Auth, setup: &Setup<'_>) -> Client {
    let proxy = setup.proxy.as_ref().map(|proxy| ureq::Proxy::new(proxy).unwrap());
    let mut http = ureq::Agent::config_builder().proxy(proxy).http_status_as_error(false);
    if let Some(der) = setup.trusted.and_then(Net::ca_der) {
        let roots = RootCerts::Specific(vec![Certificate::from_der(der).to_owned()].into());
        http = http.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    // ureq's agent has a jar of its own, of which cookies are wanted or do no harm.
    let agent = authwright_ureq::Agent::builder(auth).http(http);
    let agent = match setup.asking.clone() {
        Some((url, Login::Digest(digest))) => agent.proxy(&url, digest),
        Some((url, Login::Password(password))) => agent.proxy(&url, password),
        None => agent,
    };
    let agent = match setup.watch.clone() {
        Some(watch) => agent.clock(watch),
        None => agent,
    };
    Client::Ureq(agent.build().unwrap())
}

impl Client {
    pub(crate) fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, PlanBody::Empty)
    }

    pub(crate) fn post(&self, url: &str, body: &str) -> Answer {
        self.send(Method::POST, url, PlanBody::Bytes(body.into()))
    }

    pub(crate) fn send(&self, method: Method, url: &str, body: PlanBody) -> Answer {
        self.send_as(None, method, url, body)
    }

    /// The same with an `Auth` of the request's own.
    pub(crate) fn send_as(&self, auth: Option<&Auth>, method: Method, url: &str, body: PlanBody) -> Answer {
        match self {
            Self::Reqwest(runtime, client) => runtime.block_on(send_reqwest(client, auth, method, url, body)),
            Self::Ureq(agent) => send_ureq(agent, auth, method, url, body),
        }
    }

    pub(crate) fn flow<T: 'static>(&self, flow: Flow<T>) -> Result<T, Failure> {
        match self {
            Self::Reqwest(runtime, client) => {
                runtime.block_on(client.run_flow(flow)).map_err(|error| Failure::of_reqwest(&error))
            }
            Self::Ureq(agent) => agent.run_flow(flow).map_err(|error| Failure::of_ureq(&error)),
        }
    }

    pub(crate) fn token(&self, tokens: &Tokens) -> Result<Token, Failure> {
        match self {
            Self::Reqwest(runtime, client) => {
                runtime.block_on(client.token(tokens)).map_err(|error| Failure::of_reqwest(&error))
            }
            Self::Ureq(agent) => agent.token(tokens).map_err(|error| Failure::of_ureq(&error)),
        }
    }
}

async fn send_reqwest(
    client: &authwright_reqwest::Client,
    auth: Option<&Auth>,
    method: Method,
    url: &str,
    body: PlanBody,
) -> Answer {
    // As text, which no server here takes for a form.
    let mut request = client.request(method, url).header("content-type", "text/plain");
    if let Some(auth) = auth {
        request = request.auth(auth);
    }
    let request = match body {
        PlanBody::Empty => request,
        PlanBody::Bytes(bytes) => request.body(bytes),
        PlanBody::Stream(chunks) => {
            let chunks = stream::iter(chunks.into_iter().map(Ok::<_, IoError>));
            request.body(reqwest::Body::wrap_stream(chunks))
        }
    };
    let mut printed = vec![format!("{client:?} {request:?}")];
    let (mut answer, response) = match request.send().await {
        Ok(response) => (Answer::empty(), Some(response)),
        Err(error) => {
            Outcome::print_error(&mut printed, &error);
            let denied = error.denied().cloned();
            let answer = Answer::of_error(error.to_string(), denied, error.is_proxy_denied());
            (answer, error.into_response().ok())
        }
    };
    if let Some(response) = response {
        printed.push(format!("{response:?}"));
        answer.status = response.status().as_u16();
        answer.body = response.text().await.unwrap();
    }
    Answer { printed: Printed(printed), ..answer }
}

fn send_ureq(
    agent: &authwright_ureq::Agent,
    auth: Option<&Auth>,
    method: Method,
    url: &str,
    body: PlanBody,
) -> Answer {
    let mut request = agent.request(method, url).header("content-type", "text/plain");
    if let Some(auth) = auth {
        request = request.auth(auth);
    }
    let mut printed = vec![format!("{agent:?} {request:?}")];
    let sent = match body {
        PlanBody::Empty => request.call(),
        PlanBody::Bytes(bytes) => request.send(&bytes),
        PlanBody::Stream(chunks) => request.send(SendBody::from_owned_reader(Cursor::new(chunks.concat()))),
    };
    let (mut answer, response) = match sent {
        Ok(response) => (Answer::empty(), Some(response)),
        Err(error) => {
            Outcome::print_error(&mut printed, &error);
            let denied = error.denied().cloned();
            let answer = Answer::of_error(error.to_string(), denied, error.is_proxy_denied());
            (answer, error.into_response().ok())
        }
    };
    if let Some(mut response) = response {
        printed.push(format!("{response:?}"));
        answer.status = response.status().as_u16();
        answer.body = response.body_mut().read_to_string().unwrap();
    }
    Answer { printed: Printed(printed), ..answer }
}

impl Failure {
    fn of_reqwest(error: &authwright_reqwest::Error) -> Self {
        let mut printed = Vec::new();
        Outcome::print_error(&mut printed, error);
        Self {
            error: error.to_string(),
            fault: error.fault(),
            is_transient: error.is_transient(),
            is_login_required: error.is_login_required(),
            printed: Printed(printed),
        }
    }

    fn of_ureq(error: &authwright_ureq::Error) -> Self {
        let mut printed = Vec::new();
        Outcome::print_error(&mut printed, error);
        Self {
            error: error.to_string(),
            fault: error.fault(),
            is_transient: error.is_transient(),
            is_login_required: error.is_login_required(),
            printed: Printed(printed),
        }
    }
}

impl Answer {
    fn empty() -> Self {
        Self {
            status: 0,
            body: String::new(),
            denied: None,
            proxy_denied: false,
            error: None,
            printed: Printed::default(),
        }
    }

    fn of_error(error: String, denied: Option<Denied>, proxy_denied: bool) -> Self {
        Self { denied, proxy_denied, error: Some(error), ..Self::empty() }
    }

    /// That it is a 200 with this body.
    pub(crate) fn is(&self, body: &str) {
        assert!(self.error.is_none(), "{self:?}");
        assert_eq!((self.status, self.body.trim_end()), (200, body), "{self:?}");
    }

    /// That it is the typed refusal of a credential that was sent.
    pub(crate) fn is_refused(&self) -> &Denied {
        let denied = self.denied.as_ref().unwrap_or_else(|| panic!("{self:?}"));
        assert!(self.status == 401 && denied.was_attached(), "{self:?}");
        denied
    }
}
