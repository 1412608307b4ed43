//! What a contract property runs on: a plan for one request, a driver that carries it out, and what came of it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use authwright_core::{
    Auth, Denied, Error, Fault, Flow, ProxyDenied, Token, Tokens, Trail,
    http::{HeaderMap, HeaderName, HeaderValue, Method},
};

use crate::{Net, TestClock};

/// Carries out a [`Plan`] the way one client does. Each property of the contract suite runs on every driver.
pub trait Driver {
    /// How the driver is called in a failed assertion.
    fn name(&self) -> &'static str;

    /// What its client has no setting for, so that the properties about it do not run there.
    fn leaves_to_others(&self) -> &'static [Setting] {
        &[]
    }

    /// Builds a client by the plan, sends the one request, and reads the response to its end.
    fn run(&self, net: &Net, plan: &Plan) -> Outcome;

    /// Gets a token the way `token(&tokens)` of the client does.
    ///
    /// # Errors
    /// There is none.
    fn token(&self, net: &Net, clock: &TestClock, tokens: &Tokens) -> Result<Token, TokenFailure>;

    /// Runs a flow the way `run_flow(flow)` of the client does.
    ///
    /// # Errors
    /// Those of the flow.
    fn flow(&self, net: &Net, clock: &TestClock, flow: Flow<()>) -> Result<(), TokenFailure>;
}

/// A setting that a client may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// [`Plan::proxy`].
    Proxy,
    /// [`Plan::base_url`].
    BaseUrl,
}

/// Runs a flow on a driver, whatever it yields.
///
/// # Errors
/// Those of the flow.
///
/// # Panics
/// If a flow ends well and has yielded nothing, which none can.
pub fn run_flow<T: Send + 'static>(
    driver: &dyn Driver,
    net: &Net,
    clock: &TestClock,
    flow: Flow<T>,
) -> Result<T, TokenFailure> {
    let yielded = Arc::new(Mutex::new(None));
    let place = Arc::clone(&yielded);
    let outer = Flow::new(move |io| async move {
        let value = flow.within(&io).await?;
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    });
    driver.flow(net, clock, outer)?;
    let value = yielded.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(value.expect("a flow that has ended well"))
}

/// Why there is no token: what every driver's error says alike.
#[derive(Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // they mirror the predicates of the errors
pub struct TokenFailure {
    /// Its text.
    pub message: String,
    /// Whose fault it is.
    pub fault: Fault,
    /// Whether a later try may succeed.
    pub is_transient: bool,
    /// Whether a person must act.
    pub is_login_required: bool,
    /// Whether time ran out.
    pub is_timeout: bool,
    /// How long to wait.
    pub retry_after: Option<Duration>,
    /// Everything a program could print of it: `Display`, `Debug`, and the whole source chain. A canary is looked for in
    /// these.
    pub printed: Vec<String>,
}

impl TokenFailure {
    /// What core's error says.
    pub fn of(error: &Error) -> Self {
        let mut printed = Vec::new();
        Outcome::print_error(&mut printed, error);
        Self {
            printed,
            message: error.to_string(),
            fault: error.fault(),
            is_transient: error.is_transient(),
            is_login_required: error.is_login_required(),
            is_timeout: error.is_timeout(),
            retry_after: error.retry_after(),
        }
    }
}

/// Without what is printed, which says the same once more.
impl fmt::Debug for TokenFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFailure")
            .field("message", &self.message)
            .field("fault", &self.fault)
            .field("is_transient", &self.is_transient)
            .field("is_timeout", &self.is_timeout)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

/// One request, and the client that sends it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The method.
    pub method: Method,
    /// Absolute, or a path where there is a base URL.
    pub url: String,
    /// Fields the caller sets. A sensitive mark is kept.
    pub headers: HeaderMap,
    /// The body.
    pub body: PlanBody,
    /// What the client is given.
    pub auth: Auth,
    /// What the request says with `.auth(..)`.
    pub request_auth: Option<Auth>,
    /// Whether the request says `.without_auth()`.
    pub without_auth: bool,
    /// The client's default headers.
    pub default_headers: HeaderMap,
    /// How many redirects are followed.
    pub max_redirects: u32,
    /// Whether a refusal becomes an error.
    pub denied_as_error: bool,
    /// The client's base URL.
    pub base_url: Option<String>,
    /// The request's timeout.
    pub timeout: Option<Duration>,
    /// Whether the request says `.explain()`.
    pub explain: bool,
    /// The proxy that the client's own settings name.
    pub proxy: Option<PlanProxy>,
    /// The client's clock.
    pub clock: TestClock,
}

/// A proxy of a [`Plan`], which everything goes through.
#[derive(Clone, Debug)]
pub struct PlanProxy {
    /// Its origin, a place of the [`Net`] whose script [passes on](crate::Reply::passed_on).
    pub url: String,
    /// What the client is told of it.
    pub access: PlanAccess,
}

/// Who is asking at a [`PlanProxy`]: a user and a password, and whose setting it is.
#[derive(Clone, Debug)]
pub enum PlanAccess {
    /// Nobody.
    None,
    /// The client's own setting: Basic.
    Client(String, String),
    /// `.proxy(..)` of the adapter, with [`Basic`](authwright_core::Basic).
    Basic(String, String),
    /// The same with [`Password`](authwright_core::Password).
    Password(String, String),
    /// The same with [`Digest`](authwright_core::Digest).
    Digest(String, String),
}

/// The body of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanBody {
    /// None.
    Empty,
    /// In memory.
    Bytes(Vec<u8>),
    /// A stream of chunks, which can be sent once.
    Stream(Vec<Vec<u8>>),
}

impl Plan {
    /// A GET with the client's usual settings.
    pub fn get(url: impl Into<String>, auth: &Auth) -> Self {
        Self {
            method: Method::GET,
            url: url.into(),
            headers: HeaderMap::new(),
            body: PlanBody::Empty,
            auth: auth.clone(),
            request_auth: None,
            without_auth: false,
            default_headers: HeaderMap::new(),
            max_redirects: 10,
            denied_as_error: true,
            base_url: None,
            timeout: None,
            explain: false,
            proxy: None,
            clock: TestClock::new(),
        }
    }

    /// The same with another method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The same with a body.
    pub fn body(mut self, body: PlanBody) -> Self {
        self.body = body;
        self
    }

    /// The same with a field set by the caller.
    ///
    /// # Panics
    /// If name or value cannot be a header's: it is test code.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.append(name_of(name), value_of(value));
        self
    }

    /// The same with a field set by the caller and marked sensitive.
    ///
    /// # Panics
    /// As for [`header`](Self::header).
    pub fn sensitive_header(mut self, name: &str, value: &str) -> Self {
        let mut value = value_of(value);
        value.set_sensitive(true);
        self.headers.append(name_of(name), value);
        self
    }

    /// The same with a default header of the client.
    ///
    /// # Panics
    /// As for [`header`](Self::header).
    pub fn default_header(mut self, name: &str, value: &str) -> Self {
        self.default_headers.append(name_of(name), value_of(value));
        self
    }

    /// The same through a proxy.
    pub fn through(mut self, url: &str, basic: Option<(&str, &str)>) -> Self {
        let access = basic
            .map_or(PlanAccess::None, |(user, password)| PlanAccess::Client(user.into(), password.into()));
        self.proxy = Some(PlanProxy { url: url.to_owned(), access });
        self
    }

    /// The same through a proxy, by a setting of the adapter's.
    pub fn through_ours(mut self, url: &str, access: PlanAccess) -> Self {
        self.proxy = Some(PlanProxy { url: url.to_owned(), access });
        self
    }

    /// The same with a trail.
    pub fn explained(mut self) -> Self {
        self.explain = true;
        self
    }

    /// What the request goes out with: its own `Auth`, none, or the client's.
    pub fn effective_auth(&self) -> Option<&Auth> {
        if self.without_auth { None } else { Some(self.request_auth.as_ref().unwrap_or(&self.auth)) }
    }
}

fn name_of(name: &str) -> HeaderName {
    HeaderName::try_from(name).unwrap_or_else(|_| panic!("`{name}` is no header name"))
}

fn value_of(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| panic!("{value:?} is no header value"))
}

/// What came of a plan.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The trail, from the response or the error.
    pub trail: Option<Trail>,
    /// Everything a program could print of it: `Debug` of client, builder and response, `Display`, `Debug` and the
    /// whole source chain of an error. A canary is looked for in these.
    pub printed: Vec<String>,
}

/// How a plan ended.
#[derive(Debug)]
pub enum Ending {
    /// With a response, of whatever status the client's users get as a response or as its status error.
    Response {
        /// Its status.
        status: u16,
        /// Its body; empty where the client's error does not keep it.
        body: Vec<u8>,
    },
    /// With a typed refusal.
    Denied {
        /// It.
        denied: Denied,
        /// The body of the response it owns.
        body: Vec<u8>,
    },
    /// With a proxy's refusal.
    ProxyDenied {
        /// It.
        denied: ProxyDenied,
        /// The body of the response it owns; none where it refused a tunnel.
        body: Option<Vec<u8>>,
    },
    /// With one redirect too many.
    TooManyRedirects,
    /// With any other error.
    Failed {
        /// Its text.
        message: String,
        /// Whose fault it is.
        fault: Fault,
    },
}

impl Outcome {
    /// The status of the response, refused or not.
    pub fn status(&self) -> Option<u16> {
        match &self.ending {
            Ending::Response { status, .. } => Some(*status),
            Ending::Denied { denied, .. } => Some(denied.status().as_u16()),
            Ending::ProxyDenied { denied, .. } => Some(denied.status().as_u16()),
            _ => None,
        }
    }

    /// The refusal.
    pub fn denied(&self) -> Option<&Denied> {
        match &self.ending {
            Ending::Denied { denied, .. } => Some(denied),
            _ => None,
        }
    }

    /// The proxy's refusal.
    pub fn proxy_denied(&self) -> Option<&ProxyDenied> {
        match &self.ending {
            Ending::ProxyDenied { denied, .. } => Some(denied),
            _ => None,
        }
    }

    /// The text of the error, if it ended with one that owns no response.
    pub fn failure(&self) -> Option<&str> {
        match &self.ending {
            Ending::Failed { message, .. } => Some(message),
            _ => None,
        }
    }

    /// Adds what an error would print: `Display`, `Debug`, and the same of every source.
    pub fn print_error(printed: &mut Vec<String>, error: &(dyn std::error::Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            printed.push(format!("{error}"));
            printed.push(format!("{error:?}"));
            printed.push(format!("{error:#?}"));
            next = error.source();
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ending {
            Ending::Response { status, .. } => write!(f, "{status}"),
            Ending::Denied { denied, .. } => write!(f, "{denied}"),
            Ending::ProxyDenied { denied, .. } => write!(f, "{denied}"),
            Ending::TooManyRedirects => f.write_str("too many redirects"),
            Ending::Failed { message, .. } => f.write_str(message),
        }
    }
}
