//! The rules of requests: origins, redirects, budgets, what is printed.

use crate::{Mutation, cut};

const OBSERVERS: &str = "crates/core/src/observe/observers.rs";
const PAUSE: &str = "crates/core/src/exchange/pause.rs";
const REFUSAL: &str = "crates/core/src/exchange/refusal.rs";
const EXCHANGE: &str = "crates/core/src/exchange/mod.rs";
const PROXIED: &str = "crates/core/src/exchange/proxied.rs";
const APPLY: &str = "crates/core/src/exchange/apply.rs";
const KEPT: &str = "crates/core/src/exchange/kept.rs";
const REDIRECT: &str = "crates/core/src/exchange/redirect.rs";
const HOP: &str = "crates/core/src/hop/mod.rs";
const ORIGIN: &str = "crates/core/src/origin.rs";
const AUTH: &str = "crates/core/src/auth.rs";
const REQWEST: &str = "crates/reqwest/src/run.rs";
const UREQ: &str = "crates/ureq/src/run.rs";

pub(crate) const MUTATIONS: &[Mutation] = &[
    cut("3 a key handed back is taken out", REDIRECT, "if our_pairs.is_empty() {", "if true {"),
    cut("3 what entries write is dropped", KEPT, "&& !is_written_by_us(&field.name)", ""),
    cut("2 an overridden entry stays out", APPLY, "if !overridden ||", "if true ||"),
    cut(
        "2 every cookie is taken back",
        HOP,
        "if self.cookie_field == MadeBy::ThisEntry {\n            self.map().remove(COOKIE);",
        "if self.cookie_field == MadeBy::ThisEntry {",
    ),
    cut(
        "1 origin: covered only",
        APPLY,
        "    entry.area.covers(hop.goes_to())\n}",
        "    let _ = (entry, hop);\n    true\n}",
    ),
    cut(
        "1 origin: host",
        ORIGIN,
        "if *self.host != *target.host() && !self.host.eq_ignore_ascii_case(target.host()) {",
        "if false {",
    ),
    cut("1 origin: scheme (A12)", ORIGIN, "} else if self.https != target.is_https() {", "} else if false {"),
    cut("1 origin: port", ORIGIN, "} else if self.port != target.port() {", "} else if false {"),
    cut("1 origin: segment border", ORIGIN, "rest.is_empty() || rest.starts_with('/') => {", "true => {"),
    cut("1 origin: dot segments", ORIGIN, "has_dot_segment(path).then_some", "false.then_some"),
    cut(
        "1 plain http needs an opt-in (B4)",
        ORIGIN,
        "if !https && !plain_http_allowed",
        "if false && !plain_http_allowed",
    ),
    cut(
        "2 the caller wins: header",
        HOP,
        "Ok(true) => {\n                self.taken(name);\n                Ok(false)\n            }",
        "Ok(true) => Ok(true),",
    ),
    cut(
        "2 the caller wins: query",
        HOP,
        "caller_query.is_some_and(|query| encode::has_pair(query, name))",
        "false",
    ),
    cut("2 the caller wins: cookie", HOP, "if encode::has_cookie(joined.as_bytes(), name) {", "if false {"),
    cut("2 all or nothing", HOP, "self.take_back_entry();\n        collision", "collision"),
    cut(
        "2 a tie fails (A14)",
        AUTH,
        "if slot == others && self.area.prefix_len()",
        "if false && self.area.prefix_len()",
    ),
    cut(
        "3 leaving the origin drops fields",
        REDIRECT,
        "if same_origin { Vec::new() } else { kept.leave_origin(is_written_by_us) }",
        "Vec::<String>::new()",
    ),
    cut(
        "3 sensitive fields are dropped",
        KEPT,
        "value.is_sensitive() || is_credential_name(name)",
        "is_credential_name(name)",
    ),
    cut(
        "3 credential names are dropped",
        KEPT,
        "value.is_sensitive() || is_credential_name(name)",
        "value.is_sensitive()",
    ),
    cut("3 default headers are dropped", KEPT, "&& (!field.default || is_anonymous(&field.name))", ""),
    cut("3 Referer is dropped", KEPT, "header::ORIGIN, header::REFERER]", "header::ORIGIN]"),
    cut(
        "3 303 becomes GET",
        REDIRECT,
        "StatusCode::SEE_OTHER if *method != Method::HEAD => Method::GET,",
        "",
    ),
    cut("3 content fields go with the body", KEPT, "!CONTENT.contains(&field.name)", "true"),
    cut("3 a stream is not redirected", REDIRECT, "if keep_body && !replayable {", "if false {"),
    cut(
        "3 at most ten hops",
        EXCHANGE,
        "if self.hop > self.policy.max_redirects {",
        "if self.hop > self.policy.max_redirects + 4 {",
    ),
    cut(
        "3 two Locations are ambiguous",
        REDIRECT,
        "(locations.next(), locations.next())",
        "(locations.next(), None::<()>)",
    ),
    cut("4 budgets are small", EXCHANGE, "[1; Resend::COUNT]", "[9; Resend::COUNT]"),
    cut("4 something new to say", REFUSAL, "|| now == stamp", ""),
    cut("4 leave to resend", REFUSAL, "|| !entry.may_resend", ""),
    cut("5 403 is final (A7)", REFUSAL, "because == Resend::SteppedUp", "true"),
    cut(
        "5 5xx is not ours",
        REFUSAL,
        "                _ => false,\n            };\n            let left",
        "                _ => true,\n            };\n            let left",
    ),
    cut("6 a stream is sent once", REFUSAL, "_ if !self.replayable => \"when", "_ if false => \"when"),
    cut("6 a stream cannot be signed", APPLY, "if entry.needs_body && !self.replayable {", "if false {"),
    cut(
        "7 only what was on the hop learns",
        "crates/core/src/exchange/pause.rs",
        "        self.attached.clear();\n        self.caller_set = false;\n        let rare",
        "        self.caller_set = false;\n        let rare",
    ),
    cut(
        "8 an error takes everything back",
        APPLY,
        "hop.take_back_all(self.ready_slots(auth), defaults);",
        "let _ = (auth, hop, defaults);",
    ),
    cut(
        "A8 no Proxy-Authorization on a request",
        EXCHANGE,
        "if headers.contains_key(PROXY_AUTHORIZATION) {",
        "if false {",
    ),
    cut(
        "A8 what is for the machine itself goes past a proxy",
        "crates/core/src/proxy/access.rs",
        "        !self.0.is_local\n",
        "        false\n",
    ),
    cut("A8 no scheme writes Proxy-Authorization", HOP, "if name == PROXY_AUTHORIZATION {", "if false {"),
    cut(
        "A8 no answer of a proxy in a tunnel",
        "crates/core/src/proxy/access.rs",
        "!target.is_https() && (self.0.is_local",
        "(self.0.is_local",
    ),
    cut(
        "A8 a proxy's budget is small",
        PROXIED,
        "if std::mem::replace(used, true) {",
        "if std::mem::replace(used, false) {",
    ),
    cut("A8 what a proxy lets through is looked at", EXCHANGE, "&& !self.answers_proxy()", ""),
    cut(
        "A8 nobody learns from a 407",
        EXCHANGE,
        "if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {",
        "if false {",
    ),
    cut(
        "A8 a call's 407 is a proxy's",
        "crates/core/src/flow/call.rs",
        "StatusCode::PROXY_AUTHENTICATION_REQUIRED => {",
        "StatusCode::IM_A_TEAPOT => {",
    ),
    cut("9 values are marked sensitive", HOP, "            value.set_sensitive(true);\n", ""),
    cut(
        "9 the response has no key (reqwest)",
        REQWEST,
        "response = response::with_url(response, url);",
        "let _ = (url, response::with_url);",
    ),
    cut(
        "9 errors have no URL (reqwest)",
        "crates/reqwest/src/error.rs",
        "Kind::Client(error.without_url(), Some(origin))",
        "Kind::Client(error, Some(origin))",
    ),
    cut(
        "9 user information is refused (ureq, memory)",
        "crates/core/src/target.rs",
        "Some(_) if authority.contains('@') => Err(user_information()),",
        "",
    ),
    cut(
        "9 user information is refused (reqwest)",
        "crates/reqwest/src/url.rs",
        "if !url.username().is_empty() || url.password().is_some() {",
        "if false {",
    ),
    cut(
        "10 one timeout for all hops (reqwest)",
        REQWEST,
        "timeout.saturating_sub(start.elapsed())",
        "timeout.saturating_sub(start.elapsed() * 0)",
    ),
    cut(
        "10 one timeout for all hops (ureq)",
        UREQ,
        "timeout.saturating_sub(start.elapsed())",
        "timeout.saturating_sub(start.elapsed() * 0)",
    ),
    cut(
        "11 the trail names the rule",
        EXCHANGE,
        "TrailEvent::Answered(status.as_u16())",
        "TrailEvent::Answered(200)",
    ),
    cut(
        "12 a refusal is an error",
        EXCHANGE,
        "Ok(self.refused(response, &sent, &learnt))",
        "Ok(Next::Deliver)",
    ),
    cut(
        "12 not where the caller set it",
        REFUSAL,
        "(self.auth, self.policy.denied_as_error, self.caller_set)",
        "(self.auth, self.policy.denied_as_error, false)",
    ),
    cut(
        "12 not where it is switched off",
        REFUSAL,
        "(self.auth, self.policy.denied_as_error, self.caller_set)",
        "(self.auth, true, self.caller_set)",
    ),
    cut(
        "13 a label is an entry's origin",
        ORIGIN,
        "areas.find(|area| area.is_at(target)).map(Area::to_string)",
        "areas.next().map(|_| target.origin().to_string())",
    ),
    cut("13 told once after a pause", PAUSE, "            untold.clear();\n", ""),
    cut(
        "13 what is for elsewhere is not withheld",
        APPLY,
        "if auth.entries().iter().any(|other| other.area.covers(target)) {",
        "if false {",
    ),
    cut(
        "13 a renewal is told once for an origin",
        OBSERVERS,
        "if !others.iter().any(is_same) {",
        "if true {",
    ),
    cut(
        "13 an observer's panic is its own",
        OBSERVERS,
        "drop(catch_unwind(AssertUnwindSafe(|| observer(event))));",
        "let _: fn(_) -> _ = catch_unwind::<AssertUnwindSafe<fn()>, ()>;\n    observer(event);",
    ),
    cut("B1 colon", "crates/core/src/schemes/basic.rs", "if user.expose().contains(':') {", "if false {"),
    cut(
        "B1 control characters",
        "crates/core/src/schemes/basic.rs",
        "part.expose().find(char::is_control)",
        "part.expose().find(|_| false)",
    ),
    cut("B2 composed", "crates/core/src/schemes/basic.rs", "if is_nfc(text) {", "if true {"),
    cut("D1 one method", AUTH, "if is_token_in_query(slot) && is_authorization(others)", "if false"),
    cut(
        "D2 not in the query",
        "crates/core/src/schemes/api_key.rs",
        "self.name.eq_ignore_ascii_case(\"access_token\") && !self.token_in_query",
        "false",
    ),
    cut(
        "D3 legal characters",
        "crates/core/src/schemes/bearer.rs",
        "check_characters(token, |c| c.is_ascii() && is_token_octet(c as u8) || c == '=', \"a bearer token\")?;",
        "",
    ),
];
