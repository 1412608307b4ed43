//! What the tests here stand on: an authorization server at place 1, an API at place 0, and somebody else at place 2.

use std::sync::Mutex;

use authwright_core::{Auth, Flow, MemoryStore, Token, Tokens};
use authwright_oauth2::{Registration, Session};
use authwright_testkit::{
    AuthServer, AuthServerBuilder, Driver, Host, Net, Outcome, Place, Plan, Received, Reply, TestClock,
    TokenFailure, run_flow,
};

pub(crate) const API: usize = 0;
pub(crate) const SERVER: usize = 1;
pub(crate) const ELSEWHERE: usize = 2;

pub(crate) const CALLBACK: &str = "https://shop.example/callback";

pub(crate) struct Bench<'d> {
    pub(crate) driver: &'d dyn Driver,
    pub(crate) net: Net,
    pub(crate) clock: TestClock,
    pub(crate) server: AuthServer,
    pub(crate) store: MemoryStore,
    /// Everything that a program could print of what has failed here.
    printed: Mutex<Vec<String>>,
}

impl<'d> Bench<'d> {
    /// A server that is set up by `with`.
    pub(crate) fn new(
        driver: &'d dyn Driver,
        with: impl FnOnce(AuthServerBuilder) -> AuthServerBuilder,
    ) -> Self {
        Self::at([Place::http(Host::V4); 3], driver, with)
    }

    /// The same at places of another kind.
    pub(crate) fn at(
        places: [Place; 3],
        driver: &'d dyn Driver,
        with: impl FnOnce(AuthServerBuilder) -> AuthServerBuilder,
    ) -> Self {
        let net = Net::start(&places, |_| Reply::status(503)).unwrap();
        let clock = TestClock::new();
        let builder = AuthServer::builder(net.origin(SERVER), &clock).resource_origin(net.origin(API));
        let server = with(builder).build();
        let answers = server.clone();
        net.set_script(move |request| match request.origin {
            API => answers.resource(request),
            SERVER => answers.answer(request),
            _ => Reply::status(404),
        });
        Self { driver, net, clock, server, store: MemoryStore::new(), printed: Mutex::default() }
    }

    /// In failed assertions.
    pub(crate) fn who(&self) -> &'static str {
        self.driver.name()
    }

    pub(crate) fn issuer(&self) -> &str {
        self.net.origin(SERVER)
    }

    pub(crate) fn app(&self, id: &str) -> Registration {
        Registration::new(self.issuer(), id)
    }

    pub(crate) fn session(&self, app: Registration) -> Session {
        Session::new(app, self.store.clone()).unwrap()
    }

    pub(crate) fn run<T: Send + 'static>(&self, flow: Flow<T>) -> Result<T, TokenFailure> {
        self.noted(run_flow(self.driver, &self.net, &self.clock, flow))
    }

    /// Signs in as a person would in a web application.
    pub(crate) fn sign_in(&self, session: &Session) -> Result<(), TokenFailure> {
        let pending = self.run(session.begin(CALLBACK))?;
        let callback = self.server.follow(pending.url());
        self.run(session.finish(pending, callback))
    }

    pub(crate) fn token(&self, tokens: &Tokens) -> Result<Token, TokenFailure> {
        self.noted(self.driver.token(&self.net, &self.clock, tokens))
    }

    fn noted<T>(&self, result: Result<T, TokenFailure>) -> Result<T, TokenFailure> {
        if let Err(failure) = &result {
            self.printed.lock().unwrap().extend(failure.printed.clone());
        }
        result
    }

    /// Asks the API for something.
    pub(crate) fn get(&self, tokens: &Tokens) -> Outcome {
        let auth = Auth::new(self.net.origin(API), tokens).unwrap();
        let plan =
            Plan { clock: self.clock.clone(), ..Plan::get(self.net.url(API, "/orders?page=1"), &auth) };
        let outcome = self.driver.run(&self.net, &plan);
        self.printed.lock().unwrap().extend(outcome.printed.clone());
        outcome
    }

    /// How many requests a path of the server has received.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.requests(path).len()
    }

    pub(crate) fn requests(&self, path: &str) -> Vec<Received> {
        let all = self.net.requests();
        all.into_iter().filter(|request| request.origin == SERVER && request.path() == path).collect()
    }

    /// Whether any server has received these bytes.
    pub(crate) fn seen(&self, text: &str) -> bool {
        self.times_seen(text) > 0
    }

    /// How often any server has received these bytes.
    pub(crate) fn times_seen(&self, text: &str) -> usize {
        let times =
            |place| self.net.bytes(place).windows(text.len()).filter(|at| *at == text.as_bytes()).count();
        (0..3).map(times).sum()
    }

    /// Nothing that was done broke a rule that the server knows of, and nothing that failed shows a secret it knows.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.server.violations(), Vec::<String>::new(), "{}", self.who());
        self.assert_nothing_printed();
    }

    #[track_caller]
    pub(crate) fn assert_nothing_printed(&self) {
        let secrets = self.server.secrets();
        for text in self.printed.lock().unwrap().iter() {
            let shown = secrets.iter().find(|secret| text.contains(&**secret));
            assert_eq!(shown, None, "{}: {text}", self.who());
        }
    }

    /// No connection was made to somebody else, and no byte came.
    #[track_caller]
    pub(crate) fn assert_nobody_else_heard(&self) {
        let (who, bytes) = (self.who(), self.net.bytes(ELSEWHERE));
        assert!(bytes.is_empty(), "{who}: {}", String::from_utf8_lossy(&bytes));
        assert_eq!(self.net.connections(ELSEWHERE), 0, "{who}");
    }
}
