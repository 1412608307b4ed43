//! A row: what is asked, and what should come of it.

use authwright_examples::embedded::HELLO_FROM_ELSEWHERE;
use authwright_reqwest::{
    Auth, SchemeError, Trail, TrailEvent,
    reqwest::header::{HeaderMap, HeaderName, HeaderValue},
};

/// Rows under one heading.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
}

impl Section {
    pub(crate) fn new<const N: usize>(title: &'static str, rows: [Row; N]) -> Self {
        Self { title, rows: rows.into() }
    }
}

/// One question, asked with both clients and, where there are several paths, once for each.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) paths: Vec<String>,
    /// Each client's.
    pub(crate) auths: [Auth; 2],
    /// The request's own.
    pub(crate) other_auth: Option<Auth>,
    pub(crate) without_auth: bool,
    pub(crate) header: Option<(&'static str, &'static str)>,
    pub(crate) default_headers: HeaderMap,
    expected: Expected,
}

struct Expected {
    status: u16,
    denied: bool,
    /// How many credentials each send carries.
    sends: Vec<usize>,
    /// The same for the requests after the first, where the first has taught something.
    later_sends: Option<Vec<usize>>,
    /// Part of the answer, or of the error.
    says: &'static str,
}

/// What came of it.
pub(crate) struct Answer {
    pub(crate) client: &'static str,
    /// Which of the client's requests it is about, from 0.
    pub(crate) nth: usize,
    pub(crate) status: Option<u16>,
    pub(crate) body: String,
    pub(crate) trail: Trail,
    /// The error, and whether it explains a refusal.
    pub(crate) error: Option<String>,
    pub(crate) denied: bool,
}

impl Row {
    /// A question that should be answered with 200, after one credential was sent.
    pub(crate) fn new(what: &'static str, paths: impl IntoPaths, auth: &Auth) -> Self {
        Self {
            what,
            paths: paths.into_paths(),
            auths: [auth.clone(), auth.clone()],
            other_auth: None,
            without_auth: false,
            header: None,
            default_headers: HeaderMap::new(),
            expected: Expected {
                status: 200,
                denied: false,
                sends: vec![1],
                later_sends: None,
                says: "hello",
            },
        }
    }

    /// The same for credentials that learn from the server: one for each client. The first request is asked for it, and sent
    /// once more.
    pub(crate) fn learning(
        what: &'static str,
        paths: impl IntoPaths,
        auth: impl Fn() -> Result<Auth, SchemeError>,
    ) -> Result<Self, SchemeError> {
        let auths = [auth()?, auth()?];
        Ok(Self { auths, ..Self::new(what, paths, &Auth::none()) }.sends(&[0, 1]).then(&[1]))
    }

    pub(crate) fn auth(mut self, auth: &Auth) -> Self {
        self.other_auth = Some(auth.clone());
        self
    }

    pub(crate) fn without_auth(mut self) -> Self {
        self.without_auth = true;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(crate) fn default_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.default_headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// How many credentials each send should carry.
    pub(crate) fn sends(mut self, each: &[usize]) -> Self {
        self.expected.sends = each.into();
        self
    }

    /// How many they should be for the paths after the first.
    pub(crate) fn then(mut self, each: &[usize]) -> Self {
        self.expected.later_sends = Some(each.into());
        self
    }

    pub(crate) fn says(mut self, text: &'static str) -> Self {
        self.expected.says = text;
        self
    }

    /// An error that explains the refusal, in these words among others.
    pub(crate) fn refused(mut self, status: u16, text: &'static str) -> Self {
        (self.expected.status, self.expected.denied, self.expected.says) = (status, true, text);
        self
    }

    /// A status that each client treats as it always does.
    pub(crate) fn delivered(mut self, status: u16) -> Self {
        (self.expected.status, self.expected.says) = (status, "");
        self
    }

    pub(crate) fn ends_elsewhere(mut self) -> Self {
        self.expected.says = HELLO_FROM_ELSEWHERE;
        self
    }

    /// What is not as it should be.
    pub(crate) fn faults(&self, answer: &Answer) -> Vec<String> {
        let expected = &self.expected;
        let mut faults = Vec::new();
        let mut check = |right: bool, fault: String| {
            if !right {
                faults.push(fault);
            }
        };
        check(answer.status == Some(expected.status), format!("expected status {}", expected.status));
        check(answer.denied == expected.denied, format!("expected a refusal: {}", expected.denied));
        let text = if expected.denied { answer.error.as_deref().unwrap_or_default() } else { &answer.body };
        check(
            text.contains(expected.says),
            format!("expected to read \"{}\", not \"{text}\"", expected.says),
        );
        let sent: Vec<_> = answer.sent().iter().map(Vec::len).collect();
        let sends = expected.later_sends.as_ref().filter(|_| answer.nth > 0).unwrap_or(&expected.sends);
        check(sent == *sends, format!("expected credentials on each send: {sends:?}"));
        faults
    }
}

impl Answer {
    /// The fingerprints of what each send carried: one for each hop, and one more where a hop was sent again.
    pub(crate) fn sent(&self) -> Vec<Vec<&str>> {
        let mut sends = vec![Vec::new()];
        for line in self.trail.lines() {
            match (line.event(), sends.last_mut()) {
                (TrailEvent::Resent(_) | TrailEvent::Followed { .. }, _) => sends.push(Vec::new()),
                (TrailEvent::Attached(label), Some(fingerprints)) => fingerprints
                    .push(label.rsplit([' ', ')']).find(|word| word.starts_with('#')).unwrap_or(label)),
                _ => {}
            }
        }
        sends
    }

    /// What stayed behind, and why.
    pub(crate) fn withheld(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for line in self.trail.lines() {
            match line.event() {
                TrailEvent::Withheld { why, .. } => reasons.push(why.clone()),
                TrailEvent::Unasked(_) => reasons.push("not sent before the server asks".to_owned()),
                TrailEvent::Followed { dropped, .. } if !dropped.is_empty() => {
                    reasons.push(format!("{}: left behind with the origin", dropped.join(", ")));
                }
                _ => {}
            }
        }
        reasons.dedup();
        reasons
    }

    pub(crate) fn came_from_elsewhere(&self) -> bool {
        self.body == HELLO_FROM_ELSEWHERE
    }
}

/// One path or several.
pub(crate) trait IntoPaths {
    fn into_paths(self) -> Vec<String>;
}

impl IntoPaths for &str {
    fn into_paths(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

/// One path several times.
impl IntoPaths for (&str, usize) {
    fn into_paths(self) -> Vec<String> {
        vec![self.0.to_owned(); self.1]
    }
}

impl<const N: usize> IntoPaths for [String; N] {
    fn into_paths(self) -> Vec<String> {
        self.into()
    }
}
