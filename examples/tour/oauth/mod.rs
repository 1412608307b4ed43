//! OAuth 2: each case with each client, against an authorization server and an API of its own, which refuse what is not by the
//! letter. Time is moved by the case alone.
//!
//! A new case is one line and a function in `cases.rs`.

mod bench;
mod cases;
mod search;

use std::error::Error;

use self::{bench::Bench, cases::CASES, search::Search};
use crate::{
    table::{self, Came, in_a_row},
    tokens::caller::{Kind, Said},
};

type Outcome = Result<Vec<Said>, Box<dyn Error>>;

/// What is done, and what should come of it.
struct Case {
    what: &'static str,
    run: fn(&Bench) -> Outcome,
    /// What the token endpoint is asked for.
    grants: &'static str,
    /// How the API is shown a token, and which.
    saw: &'static str,
    answers: &'static str,
    /// Part of the error, where there is one.
    says: &'static str,
    note: &'static str,
}

/// What has come of all.
pub(crate) struct Report {
    pub(crate) right: usize,
    pub(crate) made: usize,
    /// How many secrets the authorization servers have given and taken.
    pub(crate) secrets: usize,
    pub(crate) leaks: Vec<String>,
}

/// Runs and prints every case.
pub(crate) fn run() -> Result<Report, Box<dyn Error>> {
    let table = table::Cases::titled(
        "OAuth 2: a strict authorization server and an API of its own for each line",
        "grants          ",
    );
    let (mut right, mut made, mut search) = (0, 0, Search::default());
    for case in CASES {
        let came = [case.with(Kind::Reqwest, &mut search)?, case.with(Kind::Ureq, &mut search)?];
        right += table.print(case.what, &came);
        made += came.len();
    }
    let (secrets, leaks) = search.end(&table::printed());
    Ok(Report { right, made, secrets, leaks })
}

impl Case {
    const fn new(
        what: &'static str,
        run: fn(&Bench) -> Outcome,
        grants: &'static str,
        saw: &'static str,
        answers: &'static str,
    ) -> Self {
        Self { what, run, grants, saw, answers, says: "", note: "" }
    }

    const fn says(mut self, text: &'static str) -> Self {
        self.says = text;
        self
    }

    const fn note(mut self, text: &'static str) -> Self {
        self.note = text;
        self
    }

    fn with(&self, kind: Kind, search: &mut Search) -> Result<Came, Box<dyn Error>> {
        let bench = Bench::new(kind)?;
        let said = (self.run)(&bench)?;
        let mut came = Came {
            client: kind.name(),
            asked: in_a_row(bench.grants()),
            saw: bench.tokens_received(),
            answers: in_a_row(said.iter().map(Said::status)),
            error: said.iter().find_map(|said| said.error.clone()),
            note: self.note,
            faults: Vec::new(),
        };
        came.faults = self.faults(&came, &bench);
        search.through(self.what, &bench);
        Ok(came)
    }

    /// What is not as it should be.
    fn faults(&self, came: &Came, bench: &Bench) -> Vec<String> {
        let server = bench.server.server();
        let mut faults = server.violations();
        let mut check = |right: bool, fault: String| {
            if !right {
                faults.push(fault);
            }
        };
        check(server.revocations() == 0, "a code or a refresh token was sent twice".to_owned());
        check(came.asked == self.grants, format!("expected the grants \"{}\"", self.grants));
        check(came.saw == self.saw, format!("expected the API to see \"{}\"", self.saw));
        check(came.answers == self.answers, format!("expected the answers \"{}\"", self.answers));
        let error = came.error.as_deref().unwrap_or_default();
        check(error.contains(self.says), format!("expected to read \"{}\"", self.says));
        check(came.error.is_some() != self.says.is_empty(), format!("unexpected: \"{error}\""));
        faults
    }
}
