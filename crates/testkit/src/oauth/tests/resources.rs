//! The protected resource.

use serde_json::Value;

use super::{
    super::{AuthServer, DpopPolicy, Endpoint, NoncePolicy},
    field,
    hand::{Prover, authorization, builder, fetch, later, login, post, redemption, server, token, with},
    json,
};
use crate::Reply;

fn bearer(answer: &Value) -> String {
    format!("Bearer {}", answer["access_token"].as_str().unwrap())
}

fn challenges(reply: &Reply) -> Vec<String> {
    let lines = reply.headers().iter().filter(|(name, _)| name == "www-authenticate");
    lines.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect()
}

#[test]
fn a_bearer_token_is_shown_once_and_is_good_for_its_time() {
    let (server, clock) = server();
    let shown = bearer(&login(&server, "read"));
    let reply = fetch(&server, &[("authorization", &shown)]);
    assert_eq!((reply.status_code(), reply.body_bytes()), (200, &b"sam"[..]));
    let bare = fetch(&server, &[]);
    assert_eq!((bare.status_code(), challenges(&bare)), (401, vec!["Bearer".to_owned()]));
    let unknown = fetch(&server, &[("authorization", "Bearer guess")]);
    assert_eq!(challenges(&unknown), ["Bearer error=\"invalid_token\""]);
    later(&clock, 3599);
    assert_eq!(fetch(&server, &[("authorization", &shown)]).status_code(), 200);
    later(&clock, 1);
    assert_eq!(fetch(&server, &[("authorization", &shown)]).status_code(), 401);
    let next = bearer(&login(&server, "read"));
    server.revoke_access_tokens();
    assert_eq!(fetch(&server, &[("authorization", &next)]).status_code(), 401);
    assert_eq!(server.violations(), [] as [String; 0]);

    let last = bearer(&login(&server, "read"));
    let _ = fetch(&server, &[("authorization", &last), ("authorization", &last)]);
    let _ = fetch(&server, &[("authorization", &last.replacen("Bearer", "bearer", 1))]);
    let _ = fetch(&server, &[("authorization", &last.replacen("Bearer", "DPoP", 1))]);
    assert_eq!(
        server.violations(),
        [
            "GET /orders: there are two Authorization fields",
            "GET /orders: the scheme is neither `Bearer` nor `DPoP`",
            "GET /orders: a token that is not bound came as DPoP",
        ]
    );
}

#[test]
fn scope_and_audience_are_looked_at() {
    let (server, _) = server();
    let small = bearer(&login(&server, "read"));
    server.demand_scope("read write");
    let reply = fetch(&server, &[("authorization", &small)]);
    assert_eq!(reply.status_code(), 403);
    assert_eq!(challenges(&reply), ["Bearer error=\"insufficient_scope\", scope=\"read write\""]);
    let large = bearer(&login(&server, "write read"));
    assert_eq!(fetch(&server, &[("authorization", &large)]).status_code(), 200);
    server.demand_scope("");

    let (builder, _) = builder();
    let named = builder.resource_identifier("https://api.example.com/orders").build();
    for (server, resource, status) in [
        (&server, "https://api.example.com/other", 200),
        (&server, "https://api.example.com.evil.example/", 401),
        (&named, "https://api.example.com/orders", 200),
        (&named, "https://api.example.com/", 401),
    ] {
        let (form, verifier) = authorization();
        let form = with(form, "resource", Some(resource));
        let shown = bearer(&json(&token(server, &redemption(server, &form, &verifier))));
        assert_eq!(fetch(server, &[("authorization", &shown)]).status_code(), status, "{resource}");
    }
    assert_eq!(server.violations(), ["GET /orders: the token is for another resource"]);
}

/// RFC 9470 sections 3 and 5.
#[test]
fn another_login_is_demanded() {
    let (builder, clock) = builder();
    let server = builder.acr_values(&["gold"]).build();
    let plain = bearer(&login(&server, "read"));
    server.demand_acr("gold", Some(60));
    let reply = fetch(&server, &[("authorization", &plain)]);
    let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold\", max_age=\"60\"";
    assert_eq!((reply.status_code(), challenges(&reply)), (401, vec![challenge.to_owned()]));
    let (form, verifier) = authorization();
    let form = with(form, "acr_values", Some("platinum gold"));
    let gold = bearer(&json(&token(&server, &redemption(&server, &form, &verifier))));
    assert_eq!(fetch(&server, &[("authorization", &gold)]).status_code(), 200);
    later(&clock, 61);
    assert_eq!(challenges(&fetch(&server, &[("authorization", &gold)])), [challenge]);
    assert_eq!(server.violations(), [] as [String; 0]);
}

const URL: &str = "https://api.example.com/orders";

/// A token bound to a key, as it is shown.
fn bound(server: &AuthServer, prover: &Prover) -> (String, String) {
    let (form, verifier) = authorization();
    let form = redemption(server, &form, &verifier);
    let proof = prover.proof("POST", &server.url(Endpoint::Token), None, None);
    let answer = json(&post(server, Endpoint::Token, &[("dpop", &proof)], &form));
    let token = answer["access_token"].as_str().unwrap().to_owned();
    (format!("DPoP {token}"), token)
}

#[test]
fn a_bound_token_needs_its_scheme_and_its_key() {
    let (builder, clock) = builder();
    let server = builder.dpop(DpopPolicy::Supported).build();
    let (prover, stranger) = (Prover::new(&clock), Prover::new(&clock));
    let (shown, token) = bound(&server, &prover);
    let right = prover.proof("GET", URL, Some(&token), None);
    assert_eq!(fetch(&server, &[("authorization", &shown), ("dpop", &right)]).status_code(), 200);
    assert_eq!(server.violations(), [] as [String; 0]);

    let algs = "algs=\"ES256 EdDSA\"";
    let foreign = stranger.proof("GET", URL, Some(&token), None);
    let reply = fetch(&server, &[("authorization", &shown), ("dpop", &foreign)]);
    let challenge = format!("DPoP error=\"invalid_dpop_proof\", {algs}");
    assert_eq!((reply.status_code(), challenges(&reply)), (401, vec![challenge.clone(), "Bearer".into()]));
    let none = fetch(&server, &[("authorization", &shown)]);
    assert_eq!(challenges(&none)[0], challenge);
    let as_bearer = fetch(&server, &[("authorization", &shown.replacen("DPoP", "Bearer", 1))]);
    assert_eq!(challenges(&as_bearer), [format!("DPoP {algs}"), "Bearer error=\"invalid_token\"".to_owned()]);
    let with_query = prover.proof("GET", &format!("{URL}?page=2"), Some(&token), None);
    let _ = fetch(&server, &[("authorization", &shown), ("dpop", &with_query)]);
    assert_eq!(
        server.violations(),
        [
            "GET /orders: the proof is not of the key the token is bound to",
            "GET /orders: there is no DPoP proof",
            "GET /orders: a bound token came as Bearer",
            "GET /orders: the `htu` of the proof has a query or fragment",
        ]
    );
    server.revoke_access_tokens();
    let proof = prover.proof("GET", URL, Some(&token), None);
    let over = fetch(&server, &[("authorization", &shown), ("dpop", &proof)]);
    assert_eq!(challenges(&over)[0], format!("DPoP error=\"invalid_token\", {algs}"));
    assert_eq!(server.violations().len(), 4, "that it is over is nobody's fault");
}

/// RFC 9449 section 9; the nonces are those of the resource and nobody else's.
#[test]
fn the_resource_has_nonces_of_its_own() {
    let (builder, clock) = builder();
    let builder = builder.dpop(DpopPolicy::Supported).challenges_in_one_line();
    let server = builder.resource_nonces(NoncePolicy::Rotating).build();
    let prover = Prover::new(&clock);
    let (shown, token) = bound(&server, &prover);
    let ask = |nonce: Option<&str>| {
        let proof = prover.proof("GET", URL, Some(&token), nonce);
        fetch(&server, &[("authorization", &shown), ("dpop", &proof)])
    };
    let asked = ask(None);
    let line = "DPoP error=\"use_dpop_nonce\", algs=\"ES256 EdDSA\", Bearer";
    assert_eq!((asked.status_code(), challenges(&asked)), (401, vec![line.to_owned()]));
    let first = field(&asked, "dpop-nonce").unwrap().to_owned();
    let good = ask(Some(&first));
    let second = field(&good, "dpop-nonce").unwrap().to_owned();
    assert!(good.status_code() == 200 && second != first);
    assert_eq!(ask(Some(&second)).status_code(), 200);
    assert_eq!(ask(Some(&first)).status_code(), 401, "only the newest is taken");
    assert_eq!(server.violations(), [] as [String; 0]);
    let _ = ask(Some("of the token endpoint"));
    assert_eq!(server.violations(), ["GET /orders: the proof needs the newest nonce"]);
}

#[test]
fn a_resource_that_wants_proofs_offers_nothing_else() {
    let (builder, _) = builder();
    let server = builder.dpop(DpopPolicy::Required).build();
    assert_eq!(challenges(&fetch(&server, &[])), ["DPoP algs=\"ES256 EdDSA\""]);
    server.next(Endpoint::Resource, Reply::status(503));
    assert_eq!(fetch(&server, &[]).status_code(), 503);
}
