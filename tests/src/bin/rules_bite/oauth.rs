//! The rules of OAuth 2: how a client shows who it is, what an answer can do, where a refresh token goes.

use crate::{Mutation, cut};

const ANSWER: &str = "crates/oauth2/src/answer.rs";
const CLIENT: &str = "crates/oauth2/src/client.rs";
const REFRESH: &str = "crates/oauth2/src/grants/refresh.rs";
const SERVICE: &str = "crates/oauth2/src/service.rs";
const CALLBACK: &str = "crates/oauth2/src/authorization/callback.rs";
const FINISH: &str = "crates/oauth2/src/authorization/finish.rs";
const BEGIN: &str = "crates/oauth2/src/authorization/begin.rs";
const DISCOVERY: &str = "crates/oauth2/src/server/discovery.rs";
const REGISTER: &str = "crates/oauth2/src/register/document.rs";
const REGISTERED: &str = "crates/oauth2/src/register/answer.rs";
const OBTAIN: &str = "crates/oauth2/src/register/obtain.rs";
const OBTAINED: &str = "crates/oauth2/src/register/obtained.rs";
const SAID: &str = "crates/oauth2/src/said.rs";

pub(crate) const MUTATIONS: &[Mutation] = &[
    cut("E1 id and secret are encoded", CLIENT, "form_encoded(id), form_encoded(secret)", "id, secret"),
    cut(
        "E2 one way to authenticate",
        CLIENT,
        "Ok(Shown { authorization: Some(secret.basic.clone()), ..Shown::default() })",
        "Ok(Shown { authorization: Some(secret.basic.clone()), secret: Some(&secret.value), ..by_id() })",
    ),
    cut("E9 only Bearer", ANSWER, "false if is(\"bearer\") => Ok(()),", "false => Ok(()),"),
    cut("E12 a failing server says nothing", ANSWER, "if says_nothing(status) {", "if false {"),
    cut(
        "E12 200 with an error",
        ANSWER,
        "answer.status() != wanted || error.is_some()",
        "answer.status() != wanted",
    ),
    cut("E12 words are escaped", SAID, "c.escape_debug().collect()", "c.into()"),
    cut("E12 words are cut", SAID, "let mut left = most;", "let mut left = most + 1_000_000;"),
    cut(
        "E13 no more scope than granted",
        REFRESH,
        "if granted.is_none_or(is_granted) { wanted }",
        "if granted.is_none_or(|all| is_granted(all) || true) { wanted }",
    ),
    cut(
        "E14 the old one is kept",
        REFRESH,
        "if granted.token.expose_refresh_token().is_none() {",
        "if false {",
    ),
    cut("E14 what a login began with is spent", REFRESH, "!began && ", ""),
    cut("E14 a refused one is not tried again", REFRESH, " && !self.refused.load(Ordering::Relaxed)", ""),
    cut("E16 its own endpoint", REFRESH, "service.check_is_ours(old, &metadata)?;", ""),
    cut("E7 a state is compared", CALLBACK, "if !self.has_state_of(pending) {", "if false {"),
    cut(
        "E7 nothing comes twice",
        CALLBACK,
        ".replace(value.into_owned()).is_some()",
        ".replace(value.into_owned()).is_some_and(|_| false)",
    ),
    cut(
        "E6 a login is finished once",
        FINISH,
        "if !is_first(it.state.expose_secret()) {",
        "if !is_first(it.state.expose_secret()) && false {",
    ),
    cut("E4 no parameter twice", BEGIN, "check_query(endpoint, &form)?;", ""),
    cut("E5 a redirect URI is absolute", BEGIN, "check_redirect_uri(&request.redirect_uri)?;", ""),
    cut(
        "E5 the redirect URI is the same",
        FINISH,
        "(\"redirect_uri\", &*it.redirect_uri),",
        "(\"redirect_uri\", it.redirect_uri.split('?').next().unwrap_or_default()),",
    ),
    cut("F5 PKCE is asked for", BEGIN, "None => self.requires_pkce,", "None => false,"),
    cut(
        "F4 no server without S256",
        BEGIN,
        "!methods.iter().any(|method| method == \"S256\")",
        "methods.is_empty() && false",
    ),
    cut("I2 another issuer's document", DISCOVERY, "if found != issuer {", "if false {"),
    cut(
        "J1 another issuer",
        CALLBACK,
        "if **issuer != *pending.issuer => {",
        "if **issuer != *pending.issuer && false => {",
    ),
    cut(
        "J2 an issuer that is missing",
        CALLBACK,
        "None if sends_issuer => {",
        "None if sends_issuer && false => {",
    ),
    cut(
        "M2 only a 201",
        BEGIN,
        "granted_with(StatusCode::CREATED, &answer, &asked)?",
        "granted_with(answer.status(), &answer, &asked)?",
    ),
    cut(
        "M4 pushed where it must be",
        BEGIN,
        "if self.pushed || metadata.requires_pushed {",
        "if self.pushed {",
    ),
    cut("N6 one nonce is answered", SERVICE, "again = false;", ""),
    cut("Q1 a login is finished where it was begun", FINISH, "|| *it.issuer != *self.server.issuer", ""),
    cut(
        "Q1 an answer comes to its redirect URI",
        CALLBACK,
        "self.path.as_deref().is_some_and(|path| Some(path) != expected)",
        "self.path.as_deref().is_some_and(|path| Some(path) != expected) && false",
    ),
    cut(
        "P1 the method is the server's",
        REGISTERED,
        "(Some(method), _) => method,",
        "(Some(_), _) => asked.method,",
    ),
    cut("P1 a grant that is dropped is not used", OBTAINED, "self.check_grant(grant)?;", ""),
    cut("P2 who begins at once looks again", OBTAIN, "if self.is_good(&before) {", "if false {"),
    cut(
        "P2 a secret is not shown past its end",
        OBTAINED,
        "} else if !self.client.is_good_for(Duration::ZERO, now) {",
        "} else if false {",
    ),
    cut("P2 registered again once", OBTAINED, "(!kept.is_second).then_some(vacant)", "Some(vacant)"),
    cut(
        "P2 only after invalid_client",
        SERVICE,
        "obtained.filter(|_| answer::is_unknown_client(&answer))",
        "obtained.filter(|_| !answer.status().is_success())",
    ),
    cut(
        "P2 a store shows that it can be written",
        OBTAIN,
        "if self.save(lock, &before).await? == Saved::Overtaken {",
        "if false {",
    ),
    cut(
        "P3 loopback is native",
        REGISTER,
        "is_device || self.redirect_uris.iter().any(is_native)",
        "is_device || self.redirect_uris.iter().any(is_native) && false",
    ),
    cut("E17 an echo is not shown", SAID, "text.contains(", "false && text.contains("),
];
