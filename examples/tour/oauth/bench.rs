//! What a case has to work with: the servers, somebody with a browser, and a client.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    error::Error,
    fmt::{Debug, Display},
    io,
    sync::{Arc, Mutex, PoisonError},
};

use authwright_examples::LoginServer;
use authwright_oauth2::Browser;
use authwright_reqwest::{Auth, Tokens};

use crate::{
    table::in_a_row,
    tokens::caller::{Caller, Gate, Kind, caller},
};

pub(super) struct Bench {
    pub(super) server: LoginServer,
    /// Through which the token endpoint answers.
    pub(super) gate: Gate,
    kind: Kind,
    shown: Shown,
    /// What a program could print at the end.
    used: RefCell<Vec<Box<dyn Debug>>>,
}

/// What people were shown, and what browsers were sent to.
#[derive(Clone, Default)]
pub(super) struct Shown(Arc<Mutex<String>>);

impl Shown {
    pub(super) fn add(&self, text: &dyn Display) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.push_str(&text.to_string());
        shown.push('\n');
    }
}

impl Bench {
    pub(super) fn new(kind: Kind) -> Result<Self, Box<dyn Error>> {
        let gate = Gate::default();
        let door = gate.clone();
        let server = LoginServer::start_behind(move |_| door.pass())?;
        Ok(Self { server, gate, kind, shown: Shown::default(), used: RefCell::default() })
    }

    /// A client that sends these tokens to the API.
    pub(super) fn client(&self, tokens: &Tokens) -> Result<Box<dyn Caller>, Box<dyn Error>> {
        let auth = Auth::new(self.server.api(), tokens)?;
        self.used.borrow_mut().extend([Box::new(auth.clone()) as Box<dyn Debug>, Box::new(tokens.clone())]);
        caller(self.kind, auth, self.server.api(), &self.server.clock())
    }

    /// The browser of somebody who says yes at once.
    pub(super) fn browser(&self) -> Browser {
        let (shown, prompted) = (self.shown.clone(), self.shown.clone());
        let open = move |url: &str| {
            shown.add(&url);
            ureq::get(url).call().map(drop).map_err(io::Error::other)
        };
        Browser::opened_by(open).shown_by(move |prompt| prompted.add(prompt))
    }

    pub(super) fn shown(&self) -> Shown {
        self.shown.clone()
    }

    /// What the token endpoint was asked for.
    pub(super) fn grants(&self) -> Vec<String> {
        let grants = self.server.server().grants().into_iter();
        let short = |grant: String| match &*grant {
            "authorization_code" => "code".to_owned(),
            "client_credentials" => "client".to_owned(),
            "refresh_token" => "refresh".to_owned(),
            "urn:ietf:params:oauth:grant-type:device_code" => "device".to_owned(),
            _ => grant,
        };
        grants.map(short).collect()
    }

    /// How the API was shown tokens, and which, with a number for each: `Bearer 1 ×2, 2`.
    pub(super) fn tokens_received(&self) -> String {
        let (mut schemes, mut numbers) = (BTreeSet::new(), HashMap::new());
        let requests = self.server.api_requests();
        let shown = requests.iter().map(|request| {
            let field = request.header("authorization").and_then(|value| value.split_once(' '));
            let Some((scheme, token)) = field else { return "none".to_owned() };
            schemes.insert(scheme);
            let next = numbers.len() + 1;
            numbers.entry(token).or_insert(next).to_string()
        });
        let shown = in_a_row(shown);
        format!("{} {shown}", schemes.into_iter().collect::<Vec<_>>().join(" and "))
    }

    /// Everything that people were shown, or could be.
    pub(super) fn texts(&self) -> String {
        let shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{shown}\n{:?}", self.used.borrow())
    }
}
