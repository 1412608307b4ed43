//! The rules of OAuth 2: how a client shows who it is, what an answer can do, where a refresh token goes.

use crate::{Mutation, cut};

const ANSWER: &str = "crates/oauth2/src/answer.rs";
const CLIENT: &str = "crates/oauth2/src/client.rs";
const REFRESH: &str = "crates/oauth2/src/refresh.rs";
const SAID: &str = "crates/oauth2/src/said.rs";

pub(crate) const MUTATIONS: &[Mutation] = &[
    cut(
        "E1 id and secret are encoded",
        CLIENT,
        "form_encoded(&self.id), form_encoded(&secret.value)",
        "self.id, &*secret.value",
    ),
    cut(
        "E2 one way to authenticate",
        CLIENT,
        "Some(_) => (None, None),",
        "Some(secret) => (Some(&*self.id), Some(&*secret.value)),",
    ),
    cut(
        "E9 only Bearer",
        ANSWER,
        "Some(kind) if kind.eq_ignore_ascii_case(\"bearer\") => {}",
        "Some(_) if true => {}",
    ),
    cut(
        "E12 a failing server says nothing",
        ANSWER,
        "if status.is_server_error() || is_busy {",
        "if false {",
    ),
    cut(
        "E12 200 with an error",
        ANSWER,
        "answer.status() != StatusCode::OK || error.is_some()",
        "answer.status() != StatusCode::OK",
    ),
    cut("E12 words are escaped", SAID, "c.escape_debug().collect()", "c.into()"),
    cut("E12 words are cut", SAID, "let mut left = most;", "let mut left = most + 1_000_000;"),
    cut(
        "E13 no more scope than granted",
        REFRESH,
        ".filter(is_granted)",
        ".filter(|name| is_granted(name) || true)",
    ),
    cut("E14 the old one is kept", REFRESH, "if token.expose_refresh_token().is_none() {", "if false {"),
    cut("E14 what a login began with is spent", REFRESH, "!began && ", ""),
    cut("E14 a refused one is not tried again", REFRESH, " && !self.refused.load(Ordering::Relaxed)", ""),
    cut("E16 its own endpoint", REFRESH, "self.check_is_ours(old)?;", ""),
    cut("E17 an echo is not shown", SAID, ".any(repeats)", ".any(|secret| repeats(secret) && false)"),
];
