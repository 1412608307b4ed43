//! What is answered to a method and path: one reply for good, or some in turn.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::answers::{Answers, check_path};
use crate::{Received, Reply};

/// What a [`FakeServer`](crate::FakeServer) answers to one method and path. What is said here counts at once.
///
/// ```
/// # let server = authwright_testkit::FakeServer::start()?;
/// use authwright_testkit::Reply;
///
/// server.on("GET /v1/me").json(r#"{"name": "Sam"}"#);
/// server.on("GET /v1/orders").status(429).header("retry-after", "1").times(2).then().json("[]");
/// server.on("POST /v1/orders").reply_with(|request| Reply::status(201).body(request.body.clone()));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Route {
    answers: Arc<Answers>,
    method: Option<String>,
    path: String,
}

impl Route {
    #[track_caller]
    pub(crate) fn new(answers: &Arc<Answers>, method_and_path: &str) -> Self {
        let (method, path) = match method_and_path.split_once(' ') {
            Some((method, path)) => (Some(method.to_owned()), path),
            None => (None, method_and_path),
        };
        check_path(path);
        let mut state = answers.state();
        let free = state.issuer.position(path).is_none();
        let route = Self { answers: Arc::clone(answers), method, path: path.to_owned() };
        if free {
            state.routes.reset(route.method.as_deref(), path);
        }
        drop(state);
        assert!(free, "`{path}` issues tokens: see TokenEndpoint for what else it can answer");
        route
    }

    /// Answers with this status.
    ///
    /// # Panics
    /// If it does not have three digits.
    pub fn status(self, status: u16) -> Self {
        self.edit(move |reply| reply.with_status(status))
    }

    /// Answers with this JSON: a text, or what `serde_json::json!` makes.
    ///
    /// # Panics
    /// If it is no JSON. To send broken JSON, use [`reply`](Self::reply).
    #[track_caller]
    pub fn json(self, json: impl fmt::Display) -> Self {
        let json = json.to_string();
        if let Err(error) = serde_json::from_str::<Value>(&json) {
            panic!("no JSON: {error}; in {json}");
        }
        self.edit(move |reply| reply.with_content("application/json", json.clone()))
    }

    /// Answers with this text.
    pub fn text(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.edit(move |reply| reply.with_content("text/plain; charset=utf-8", text.clone()))
    }

    /// Adds a header field.
    ///
    /// # Panics
    /// If name or value cannot be a field's.
    pub fn header(self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.edit(move |reply| reply.header(&name, &value))
    }

    /// Answers late, in real time: no [`TestClock`](crate::TestClock) shortens it.
    ///
    /// A test that waits is slow, and one that relies on how long is flaky. To hold a reply back until the test has seen something
    /// else, wait for a channel or barrier of the test in [`reply_with`](Self::reply_with).
    pub fn delay(self, time: Duration) -> Self {
        self.edit(move |reply| reply.delay(time))
    }

    /// Answers with this reply, which may be a broken one.
    pub fn reply(self, reply: Reply) -> Self {
        self.reply_with(move |_| reply.clone())
    }

    /// Answers with what this makes of the request. It is called from many threads at once.
    pub fn reply_with(self, answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        self.set(|set| set.last().answer = Arc::new(answer));
        self
    }

    /// Answers so often and no oftener: what comes [then](Self::then), or a 404 that says that nothing is set any more.
    pub fn times(self, times: usize) -> Self {
        self.set(|set| set.last().left = Some(times));
        self
    }

    /// As [`times(1)`](Self::times).
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// What follows is answered after what was said before, which is answered once if no number was given.
    pub fn then(self) -> Self {
        self.set(|set| {
            set.last().left.get_or_insert(1);
            set.steps.push(Step::default());
        });
        self
    }

    /// Answers without a token, on a server that issues [tokens](crate::FakeServer::tokens).
    pub fn without_token(self) -> Self {
        self.set(|set| set.open = true);
        self
    }

    fn edit(self, change: impl Fn(Reply) -> Reply + Send + Sync + 'static) -> Self {
        // What cannot be sent panics here, in the test, and not later in a thread of the server.
        drop(change(Reply::status(200)));
        self.set(|set| {
            let before = Arc::clone(&set.last().answer);
            set.last().answer = Arc::new(move |request| change(before(request)));
        });
        self
    }

    fn set<T>(&self, change: impl FnOnce(&mut Set) -> T) {
        self.answers.state().routes.get(self.method.as_deref(), &self.path).map(change);
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What answers a request. It may be the test's own code, so nothing is locked while it is called.
pub(crate) type Answer = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

/// All that is set.
#[derive(Default)]
pub(crate) struct Routes(Vec<Set>);

/// What is set for one method and path.
pub(crate) struct Set {
    /// `None` for any that is not set by name.
    method: Option<String>,
    path: String,
    /// Whether it answers without a token.
    pub(crate) open: bool,
    /// Never empty; those at the front that are used up are passed over.
    steps: Vec<Step>,
}

struct Step {
    answer: Answer,
    /// How often it is still answered, where that is limited.
    left: Option<usize>,
}

impl Routes {
    /// What answers this request.
    pub(crate) fn find(&mut self, method: &str, path: &str) -> Option<&mut Set> {
        let named = self.0.iter().any(|set| set.is(Some(method), path));
        self.get(named.then_some(method), path)
    }

    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.0.iter().any(|set| set.path == path)
    }

    fn get(&mut self, method: Option<&str>, path: &str) -> Option<&mut Set> {
        self.0.iter_mut().find(|set| set.is(method, path))
    }

    fn reset(&mut self, method: Option<&str>, path: &str) {
        self.0.retain(|set| !set.is(method, path));
        let (method, path) = (method.map(str::to_owned), path.to_owned());
        self.0.push(Set { method, path, open: false, steps: vec![Step::default()] });
    }
}

impl Set {
    /// Takes the turn of the next reply, if there is one left.
    pub(crate) fn next(&mut self) -> Option<Answer> {
        let step = self.steps.iter_mut().find(|step| step.left != Some(0))?;
        step.left = step.left.map(|left| left - 1);
        Some(Arc::clone(&step.answer))
    }

    fn is(&self, method: Option<&str>, path: &str) -> bool {
        self.method.as_deref() == method && self.path == path
    }

    /// The step that is being set.
    fn last(&mut self) -> &mut Step {
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }
}

impl Default for Step {
    fn default() -> Self {
        Self { answer: Arc::new(|_| Reply::status(200)), left: None }
    }
}
