//! What a server asks for: every challenge of a line, and every parameter of each.

use std::hint::black_box;

use authwright_core::Challenges;
use http_auth::parser::ChallengeParser;

use crate::{
    region::Recorder,
    table::{Limit, Row},
};

struct Line {
    theirs: &'static str,
    ours: &'static str,
    text: &'static str,
}

/// Lines as servers send them.
const LINES: [Line; 5] = [
    Line {
        theirs: "http-auth: Basic",
        ours: "challenges: Basic",
        text: "Basic realm=\"Restricted area\", charset=\"UTF-8\"",
    },
    Line {
        theirs: "http-auth: Bearer, token refused",
        ours: "challenges: Bearer, token refused",
        text: "Bearer realm=\"https://api.example.com/\", error=\"invalid_token\", error_description=\"The access \
               token expired\", scope=\"orders:read orders:write\"",
    },
    Line {
        theirs: "http-auth: Bearer, scope too small",
        ours: "challenges: Bearer, scope too small",
        text: "Bearer error=\"insufficient_scope\", scope=\"files:read files:write user:profile\", \
               resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource\", \
               error_description=\"Additional file write permission required\"",
    },
    Line {
        theirs: "http-auth: Digest",
        ours: "challenges: Digest",
        text: "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
               nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
               opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
    },
    Line {
        theirs: "http-auth: two Digests, Basic, Negotiate",
        ours: "challenges: two Digests, Basic, Negotiate",
        text: "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", algorithm=SHA-256, \
               nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", \
               Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", algorithm=MD5, \
               nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", \
               Basic realm=\"testrealm@host.com\", Negotiate",
    },
];

const WITHIN: Limit = Limit::Times(0.3);
const NONE: Limit = Limit::AtMost(0.0);

pub(super) const ROWS: &[Row] = &[
    Row::floor(LINES[0].theirs),
    Row::held(LINES[0].ours, LINES[0].theirs, WITHIN, NONE),
    Row::floor(LINES[1].theirs),
    Row::held(LINES[1].ours, LINES[1].theirs, WITHIN, NONE),
    Row::floor(LINES[2].theirs),
    Row::held(LINES[2].ours, LINES[2].theirs, WITHIN, NONE),
    Row::floor(LINES[3].theirs),
    Row::held(LINES[3].ours, LINES[3].theirs, WITHIN, NONE),
    Row::floor(LINES[4].theirs),
    Row::held(LINES[4].ours, LINES[4].theirs, WITHIN, NONE),
];

/// Both look at every name and at every value as it stands between its quotes: neither takes one apart.
pub(super) fn run(recorder: &mut Recorder) {
    for line in &LINES {
        recorder.each(line.theirs, || line.text, |text| theirs(text));
        recorder.each(line.ours, || line.text, |text| ours(text));
    }
}

fn theirs(text: &str) -> usize {
    let mut params = 0;
    for challenge in ChallengeParser::new(text) {
        let Ok(challenge) = black_box(challenge) else { return 0 };
        black_box(challenge.scheme);
        for param in &challenge.params {
            black_box(param);
            params += 1;
        }
    }
    params
}

fn ours(text: &str) -> usize {
    let mut params = 0;
    for challenge in Challenges::parse(text) {
        let challenge = black_box(challenge);
        black_box(challenge.scheme());
        for param in challenge.params() {
            black_box(param);
            params += 1;
        }
    }
    params
}
