//! The rules of configuration, of documents, of requests that others send, and of the layer for `tower`.

use crate::{Mutation, cut};

const ENTRY: &str = "crates/core/src/config/entry.rs";
const MEMBERS: &str = "crates/core/src/config/members.rs";
const SERVERS: &str = "crates/core/src/openapi/servers.rs";
const FLOWS: &str = "crates/core/src/openapi/flows.rs";
const REQUIREMENT: &str = "crates/core/src/openapi/requirement.rs";
const CLIENT: &str = "crates/oauth2/src/config/client.rs";
const LENT: &str = "crates/core/src/exchange/lent.rs";
const URI: &str = "crates/tower/src/uri.rs";
const SERVICE: &str = "crates/tower/src/service.rs";

pub(crate) const MUTATIONS: &[Mutation] = &[
    cut(
        "C a literal secret is an error",
        MEMBERS,
        "Written::Literal if self.config.literal_secrets && !text.is_empty() => {",
        "Written::Literal if !text.is_empty() => {",
    ),
    cut(
        "C what could be a secret is not shown",
        MEMBERS,
        "Ok(None) if is_shown => Err(missing",
        "Ok(None) => Err(missing",
    ),
    cut(
        "C no text is looked up",
        MEMBERS,
        "Node::Text(text) if matches!(Written::read(text), Written::Literal) => Ok(text),",
        "Node::Text(text) => Ok(text),",
    ),
    cut("C texts are no secrets", MEMBERS, "if is_secret_name(member) {", "if false {"),
    cut(
        "C nothing is passed over",
        ENTRY,
        "self.members.iter().find(|(name, _)| !asked.contains(&&**name))",
        "self.members.iter().find(|(name, _)| name.is_empty())",
    ),
    cut(
        "C plain http needs an opt-in",
        ENTRY,
        "if !plain_http && Origin::new(text).into_area().is_err() {",
        "if plain_http && Origin::new(text).into_area().is_err() {",
    ),
    cut(
        "C nobody takes the place of a type of ours",
        ENTRY,
        "let made: Made = make::make(self).or_else(|| {",
        "let made: Made = schemes.iter().find_map(|make| make(self)).or_else(|| make::make(self)).or_else(|| {",
    ),
    cut(
        "C tenants of one host are told apart",
        CLIENT,
        "(None, Some(url)) => Server::new(issuer_of(url)),",
        "(None, Some(url)) => Server::new(issuer_of(url.get(..20).unwrap_or_default())),",
    ),
    cut(
        "O part of a host stays part of a host",
        SERVERS,
        "if !value.bytes().all(is_host) {",
        "if value.bytes().all(is_host) && false {",
    ),
    cut(
        "O what the document lists is the choice",
        SERVERS,
        "if !known.is_empty() {",
        "if known.is_empty() && value.is_empty() {",
    ),
    cut(
        "O plain http of the document's endpoints is not accepted",
        FLOWS,
        "if target.is_protected() {",
        "if target.is_protected() || wanted.given.has(\"danger_plain_http\") {",
    ),
    cut(
        "O only those that are named",
        REQUIREMENT,
        "if let Some(only) = only {",
        "if let Some(only) = only.filter(|only| only.is_empty()) {",
    ),
    cut(
        "L nothing attached is an error (A14)",
        LENT,
        "if is_ours && (self.caller_set || self.attached_entries().any(|one| !one.is_bare())) {",
        "if is_ours || self.caller_set || !is_ours {",
    ),
    cut(
        "W a client for one server serves no other",
        URI,
        "if named.is_same_origin(&ours) {",
        "if named.is_same_origin(&named) || named.is_same_origin(&ours) {",
    ),
    cut(
        "W the client that was ready is the one that is called",
        SERVICE,
        "let mut client = Reserved { client: mem::replace(&mut self.client, next), is_ready: true };",
        "let mut client = Reserved { client: next, is_ready: true };",
    ),
];
