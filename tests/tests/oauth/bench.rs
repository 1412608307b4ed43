//! What the tests here stand on: an authorization server at place 1, an API at place 0, and somebody else at place 2.

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
}

impl<'d> Bench<'d> {
    /// A server that is set up by `with`.
    pub(crate) fn new(
        driver: &'d dyn Driver,
        with: impl FnOnce(AuthServerBuilder) -> AuthServerBuilder,
    ) -> Self {
        let net = Net::start(&[Place::http(Host::V4); 3], |_| Reply::status(503)).unwrap();
        let clock = TestClock::new();
        let builder = AuthServer::builder(net.origin(SERVER), &clock).resource_origin(net.origin(API));
        let server = with(builder).build();
        let answers = server.clone();
        net.set_script(move |request| match request.origin {
            API => answers.resource(request),
            SERVER => answers.answer(request),
            _ => Reply::status(404),
        });
        Self { driver, net, clock, server, store: MemoryStore::new() }
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
        run_flow(self.driver, &self.net, &self.clock, flow)
    }

    /// Signs in as a person would in a web application.
    pub(crate) fn sign_in(&self, session: &Session) -> Result<(), TokenFailure> {
        let pending = self.run(session.begin(CALLBACK))?;
        let callback = self.server.follow(pending.url());
        self.run(session.finish(pending, callback))
    }

    pub(crate) fn token(&self, tokens: &Tokens) -> Result<Token, TokenFailure> {
        self.driver.token(&self.net, &self.clock, tokens)
    }

    /// Asks the API for something.
    pub(crate) fn get(&self, tokens: &Tokens) -> Outcome {
        let auth = Auth::new(self.net.origin(API), tokens).unwrap();
        let plan =
            Plan { clock: self.clock.clone(), ..Plan::get(self.net.url(API, "/orders?page=1"), &auth) };
        self.driver.run(&self.net, &plan)
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
        (0..3).any(|place| self.net.bytes(place).windows(text.len()).any(|window| window == text.as_bytes()))
    }

    /// Nothing that was done broke a rule that the server knows of.
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.server.violations(), Vec::<String>::new(), "{}", self.driver.name());
    }
}
