//! How the tour is printed.

use std::sync::{Mutex, PoisonError};

use authwright_examples::{Embedded, secrets::NOT_FOR_OTHERS};

use crate::{
    oauth,
    row::{Answer, Row},
};

const WIDTH: usize = 120;

/// For the search at the end.
static PRINTED: Mutex<String> = Mutex::new(String::new());

pub(crate) fn introduce(server: &Embedded) {
    let [host, port] = server.other_origins();
    out(&format!("{} is the API. {host} and {port} belong to somebody else.", server.origin()));
    out("#3f9a marks a credential: the same mark is the same secret, in this run only.");
}

pub(crate) fn heading(title: &str) {
    out(&format!("\n{title}"));
    line("", "credential", "client", "sent", "answer", "withheld, and why");
}

/// Prints a row and returns how many of its answers are right. Answers that look the same share a line.
pub(crate) fn print(row: &Row, answers: &[Answer]) -> usize {
    let mut right = 0;
    let mut what = row.what;
    for same in answers.chunk_by(looks_the_same) {
        let [answer, ..] = same else { continue };
        let faults: Vec<_> = same.iter().flat_map(|answer| row.faults(answer)).collect();
        right += same.iter().filter(|answer| row.faults(answer).is_empty()).count();
        let mark = if faults.is_empty() { "ok" } else { "NO" };
        let withheld = answer.withheld();
        let (first, more) =
            withheld.split_first().map_or(("", &[][..]), |(first, more)| (first.as_str(), more));
        line(mark, what, answer.client, &sent(answer), &came(answer, same.len()), first);
        for reason in more {
            line("", "", "", "", "", reason);
        }
        for fault in faults {
            wrapped(&format!("!! {fault}"));
        }
        what = "";
    }
    for text in errors(answers) {
        wrapped(&format!("\"{text}\""));
    }
    right
}

/// A table of cases that take several requests and some time.
pub(crate) struct Cases {
    /// Of the column that says what the issuer of tokens was asked.
    width: usize,
}

/// What has come of a case.
pub(crate) struct Came {
    pub(crate) client: &'static str,
    /// What the issuer of tokens was asked: how often, or for what.
    pub(crate) asked: String,
    pub(crate) saw: String,
    pub(crate) answers: String,
    pub(crate) error: Option<String>,
    pub(crate) note: &'static str,
    pub(crate) faults: Vec<String>,
}

impl Cases {
    pub(crate) fn titled(title: &str, asked: &str) -> Self {
        out(&format!("\n{title}"));
        let table = Self { width: asked.len() };
        table.line("", "case", "client", asked, "the API saw", "answers", "");
        table
    }

    /// Prints a case with each client and returns how often it is right.
    pub(crate) fn print(&self, what: &str, answers: &[Came]) -> usize {
        let mut what = what;
        for came in answers {
            let mark = if came.faults.is_empty() { "ok" } else { "NO" };
            self.line(mark, what, came.client, &came.asked, &came.saw, &came.answers, came.note);
            for fault in &came.faults {
                wrapped(&format!("!! {fault}"));
            }
            what = "";
        }
        // Both clients say the same, each of a server of its own.
        if let Some(error) = answers.iter().find_map(|came| came.error.as_deref()) {
            wrapped(&format!("\"{error}\""));
        }
        answers.iter().filter(|came| came.faults.is_empty()).count()
    }

    #[expect(clippy::too_many_arguments, reason = "one for each column")]
    fn line(&self, mark: &str, what: &str, client: &str, asked: &str, saw: &str, answers: &str, note: &str) {
        let width = self.width;
        let line =
            format!("{mark:<2}  {what:<28} {client:<7} {asked:<width$} {saw:<22} {answers:<14} {note}");
        out(line.trim_end());
    }
}

/// `token-1 ×2, token-2`
pub(crate) fn in_a_row(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<_> = words.into_iter().collect();
    let runs = words.chunk_by(|a, b| a == b).map(|run| match run {
        [word] => word.clone(),
        _ => format!("{} ×{}", run[0], run.len()),
    });
    runs.collect::<Vec<_>>().join(", ")
}

pub(crate) fn conclude(
    server: &Embedded,
    requests: (usize, usize),
    cases: (usize, usize),
    oauth: &oauth::Report,
    leaks: &[String],
) {
    println!("\nWhere secrets have been");
    for leak in leaks {
        println!("NO  {leak}");
    }
    if leaks.is_empty() {
        println!(
            "ok  The API has seen each of the {} secrets above. The others have seen {} requests, {} bytes: no \
             secret.",
            NOT_FOR_OTHERS.len(),
            server.requests_elsewhere(),
            server.received_elsewhere().len(),
        );
        println!("ok  Nobody has seen the password for Digest, not even the API.");
        println!(
            "ok  Of {} codes, verifiers, assertions, secrets and tokens of OAuth 2 the APIs have seen access tokens \
             and proofs.",
            oauth.secrets,
        );
        println!("ok  Nothing of all that is printed above.");
    }
    println!(
        "\n{} of {} requests, {} of {} token cases and {} of {} OAuth 2 cases as expected, {} leaks.",
        requests.0,
        requests.1,
        cases.0,
        cases.1,
        oauth.right,
        oauth.made,
        leaks.len()
    );
}

fn looks_the_same(a: &Answer, b: &Answer) -> bool {
    let cells = |answer: &Answer| (answer.client, sent(answer), came(answer, 1), answer.withheld());
    cells(a) == cells(b)
}

/// `#3f9a`, or `#3f9a → none` where there was a second hop that carried no credential, or `none → #3f9a` where the server
/// asked for it first.
fn sent(answer: &Answer) -> String {
    let hop = |marks: &Vec<&str>| if marks.is_empty() { "none".to_owned() } else { marks.join(" ") };
    answer.sent().iter().map(hop).collect::<Vec<_>>().join(" → ")
}

fn came(answer: &Answer, times: usize) -> String {
    let status = answer.status.map_or("none".to_owned(), |status| status.to_string());
    let times = if times > 1 { format!(" ×{times}") } else { String::new() };
    let from = match answer {
        answer if answer.came_from_elsewhere() => ", not the API",
        answer if answer.denied => ", see below",
        _ => "",
    };
    format!("{status}{times}{from}")
}

/// What the errors say that explain a refusal: both clients say the same, so once.
fn errors(answers: &[Answer]) -> Vec<&str> {
    let mut texts: Vec<_> =
        answers.iter().filter(|answer| answer.denied).filter_map(|answer| answer.error.as_deref()).collect();
    texts.dedup();
    texts
}

fn line(mark: &str, what: &str, client: &str, sent: &str, answer: &str, withheld: &str) {
    let line = format!("{mark:<2}  {what:<26} {client:<7} {sent:<20} {answer:<19} {withheld}");
    out(line.trim_end());
}

/// Prints a text below a row, in lines of at most [`WIDTH`] characters.
fn wrapped(text: &str) {
    const INDENT: &str = "       ";
    let mut line = INDENT.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            out(&line);
            INDENT.clone_into(&mut line);
        }
        if line.len() > INDENT.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out(&line);
}

/// Prints a line, and keeps it.
fn out(line: &str) {
    println!("{line}");
    let mut printed = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    printed.push_str(line);
    printed.push('\n');
}

/// Everything that was printed so far.
pub(crate) fn printed() -> String {
    PRINTED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
