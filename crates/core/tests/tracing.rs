//! What a subscriber of `tracing` hears: the events of an `Auth`, a span for each flow, and no secret.

use std::{
    fmt::{Debug, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use authwright_core::{
    ApiKey, Auth, Body, Exchange, LoginEndpoint, Next, Outgoing, Policy, Ready, ResponseView, Target, Tokens,
    flow::{Answer, Flow, FlowStep},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode},
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::with_default,
};

const CANARY: &str = "c4n4ry5ecret";

/// Writes down everything, up to a level.
#[derive(Clone)]
struct Collector {
    up_to: Level,
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicU64>,
}

impl Collector {
    fn new(up_to: Level) -> Self {
        Self { up_to, lines: Arc::default(), spans: Arc::default() }
    }

    fn push(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.up_to
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(format!("span {} {}", span.metadata().target(), span.metadata().name()));
        span.record(&mut fields);
        self.push(fields.0);
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields("record".into());
        values.record(&mut fields);
        self.push(fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut fields);
        self.push(fields.0);
    }

    fn enter(&self, _: &Id) {
        self.push("enter".into());
    }

    fn exit(&self, _: &Id) {
        self.push("exit".into());
    }
}

fn login() -> Tokens {
    let login = LoginEndpoint::json(format!("https://login.example.com/{CANARY}"))
        .field("email", "sam")
        .secret("password", CANARY)
        .token_at("/token");
    Tokens::new(login).unwrap()
}

/// Runs the flow; the server answers its one call.
fn run(flow: Flow<()>, status: u16) {
    let mut running = flow.start(Arc::new(|| SystemTime::UNIX_EPOCH));
    loop {
        match running.step() {
            FlowStep::Send(call) => {
                let mut response = Response::new(format!(r#"{{"token": "{CANARY}"}}"#).into_bytes());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                call.answer(Ok(Answer::new(response)));
            }
            FlowStep::Block(job) => job.run(),
            FlowStep::Done(_) => return,
            other => panic!("{other:?}"),
        }
    }
}

/// A request for the URL, as a driver runs it: each send is answered with one of the statuses, and with the canary in every field.
fn request(auth: &Auth, url: &str, logins: u16, statuses: &[u16]) {
    let policy = Policy { clock: Arc::new(|| SystemTime::UNIX_EPOCH), ..Policy::default() };
    let mut exchange = Exchange::new(Some(auth), &policy);
    let (mut url, mut headers) = (url.to_owned(), HeaderMap::new());
    for status in statuses {
        let target = Target::parse(&url).unwrap();
        loop {
            let outgoing =
                Outgoing { method: &Method::GET, target, headers: &mut headers, body: Body::Empty };
            match exchange.step(outgoing) {
                Ok(Ready::Send(_)) => break,
                Ok(Ready::Start(flow)) => run(flow, logins),
                Ok(Ready::Wait(flight)) => exchange.landed(flight.block(None)),
                Err(_) => return,
            }
        }
        let fields = [
            ("www-authenticate", format!("Bearer realm=\"{CANARY}\", error=\"{CANARY}\"")),
            ("location", format!("https://elsewhere.example.net/{CANARY}?{CANARY}")),
        ];
        let fields = fields
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap()));
        let answer = HeaderMap::from_iter(fields);
        let view = ResponseView::new(StatusCode::from_u16(*status).unwrap(), &answer);
        match exchange.observed(&view, target).unwrap() {
            Next::Resend { headers: again, .. } => headers = again,
            Next::Follow(next) => (url, headers) = (next.url, next.headers),
            _ => return,
        }
    }
}

fn auth() -> Auth {
    let auth = Auth::new("https://api.example.com", login()).unwrap();
    auth.and("https://api.example.com", ApiKey::query("key", CANARY)).unwrap()
}

/// Everything that can happen, with the canary wherever a secret or a text of the server can stand.
fn all_that_can_happen() {
    let (auth, url) = (auth(), format!("https://api.example.com/{CANARY}?q={CANARY}"));
    request(&auth, &url, 502, &[200]);
    let auth = self::auth();
    request(&auth, &url, 200, &[302, 200]);
    request(&auth, &url, 200, &[403]);
    request(&auth, &url, 200, &[401, 401]);
}

#[test]
fn at_trace_nothing_secret_is_heard() {
    let collector = Collector::new(Level::TRACE);
    with_default(collector.clone(), all_that_can_happen);
    let lines = collector.take();
    for word in ["renewed", "renewal_failed", "attached", "hop", "withheld", "denied", "span"] {
        assert!(lines.iter().any(|line| line.contains(word)), "{word} of {lines:#?}");
    }
    for line in lines {
        assert!(!line.contains(CANARY) && !line.contains('?'), "{line}");
    }
}

#[test]
fn it_is_what_observers_are_told_with_a_span_for_each_flow() {
    let collector = Collector::new(Level::TRACE);
    let auth = Auth::new("https://api.example.com", login()).unwrap();
    with_default(collector.clone(), || request(&auth, "https://api.example.com/orders", 200, &[302, 401]));
    let lines = collector.take();
    let lines: Vec<_> = lines.iter().map(|line| line.split(" label=").next().unwrap()).collect();
    let login = r#"source="login at https://login.example.com""#;
    let expected = [
        &format!("span authwright authwright.flow {login}"),
        "enter",
        "exit", // to send
        "enter",
        &format!(r#"DEBUG authwright event="renewed" {login}"#),
        "exit",
        r#"DEBUG authwright event="attached" origin="https://api.example.com""#,
        r#"DEBUG authwright event="hop" origin="other""#,
        r#"DEBUG authwright event="withheld" origin="other""#,
        r#"WARN authwright event="denied" origin="other" why="not_attached" status=401"#,
    ];
    assert_eq!(lines, expected);
}

/// Most programs listen to INFO: they hear of what failed, and nothing else.
#[test]
fn at_info_only_what_failed_is_heard() {
    let collector = Collector::new(Level::INFO);
    with_default(collector.clone(), all_that_can_happen);
    let lines = collector.take();
    let lines: Vec<_> = lines.iter().map(|line| line.split(['=', '"']).nth(2).unwrap()).collect();
    assert_eq!(lines, ["renewal_failed", "denied", "denied"]);
}
