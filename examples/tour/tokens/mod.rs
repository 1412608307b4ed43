//! Tokens that end: each case with each client, against an API of its own that issues tokens and checks them.
//!
//! A token lives for 300 s by a clock that only the case moves. A new case is one line and a function
//! in `cases.rs`.

mod bench;
pub(crate) mod caller;
mod cases;

use std::error::Error;

use self::{
    bench::Bench,
    caller::{Kind, Said},
    cases::CASES,
};
use crate::table::{self, Came, in_a_row};

type Outcome = Result<Vec<Said>, Box<dyn Error>>;

/// What is done, and what should come of it.
pub(crate) struct Case {
    what: &'static str,
    run: fn(&mut Bench) -> Outcome,
    logins: usize,
    /// The tokens of the requests that the API has received, in the order in which they came.
    saw: &'static str,
    answers: &'static str,
    /// Part of the error, where there is one.
    says: &'static str,
    note: &'static str,
}

/// Runs and prints every case; returns how many of the cases are right, and of how many.
pub(crate) fn run() -> Result<(usize, usize), Box<dyn Error>> {
    let table = table::Cases::titled(
        "Tokens that end: an API of its own for each line, which issues them for 300 s",
        "logins",
    );
    let (mut right, mut made) = (0, 0);
    for case in CASES {
        let came = [case.with(Kind::Reqwest)?, case.with(Kind::Ureq)?];
        right += table.print(case.what, &came);
        made += came.len();
    }
    Ok((right, made))
}

impl Case {
    const fn new(
        what: &'static str,
        run: fn(&mut Bench) -> Outcome,
        logins: usize,
        saw: &'static str,
        answers: &'static str,
    ) -> Self {
        Self { what, run, logins, saw, answers, says: "", note: "" }
    }

    const fn says(mut self, text: &'static str) -> Self {
        self.says = text;
        self
    }

    const fn note(mut self, text: &'static str) -> Self {
        self.note = text;
        self
    }

    fn with(&self, kind: Kind) -> Result<Came, Box<dyn Error>> {
        let mut bench = Bench::new(kind)?;
        let said = (self.run)(&mut bench)?;
        let mut came = Came {
            client: kind.name(),
            asked: bench.server.count("/login").to_string(),
            saw: in_a_row(bench.tokens_received()),
            answers: in_a_row(said.iter().map(Said::status)),
            error: said.iter().find_map(|said| said.error.clone()),
            note: if bench.note.is_empty() { self.note } else { bench.note },
            faults: Vec::new(),
        };
        came.faults = self.faults(&came);
        Ok(came)
    }

    /// What is not as it should be.
    fn faults(&self, came: &Came) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |right: bool, fault: String| {
            if !right {
                faults.push(fault);
            }
        };
        check(came.asked == self.logins.to_string(), format!("expected {} logins", self.logins));
        check(came.saw == self.saw, format!("expected the API to see \"{}\"", self.saw));
        check(came.answers == self.answers, format!("expected the answers \"{}\"", self.answers));
        let error = came.error.as_deref().unwrap_or_default();
        check(error.contains(self.says), format!("expected to read \"{}\"", self.says));
        check(came.error.is_some() != self.says.is_empty(), format!("unexpected: \"{error}\""));
        faults
    }
}
