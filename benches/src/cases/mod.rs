//! The cases, and the limits they must keep.

mod challenge;
mod digest;
mod header;
mod oauth;
mod query;
mod reqwest;
mod token;
mod ureq;

use crate::{region::Recorder, table::Row};

/// Runs every case.
pub fn run(recorder: &mut Recorder) {
    header::run(recorder);
    query::run(recorder);
    token::run(recorder);
    digest::run(recorder);
    challenge::run(recorder);
    oauth::run(recorder);
    reqwest::run(recorder);
    ureq::run(recorder);
}

/// Every row of the table.
pub fn rows() -> Vec<Row> {
    [
        header::ROWS,
        query::ROWS,
        token::ROWS,
        digest::ROWS,
        challenge::ROWS,
        oauth::ROWS,
        reqwest::ROWS,
        ureq::ROWS,
    ]
    .concat()
}
