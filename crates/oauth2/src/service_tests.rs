//! Calls that meet.

use std::time::SystemTime;

use authwright_core::{
    Flow,
    flow::{Call, FlowStep, Io, Running},
};
use http::{Response, StatusCode};
use serde_json::json;

use super::*;
use crate::{
    Registration,
    testing::{Key, parts},
};

#[track_caller]
fn sends(flow: &mut Running<StatusCode>) -> Call {
    let FlowStep::Send(call) = flow.step() else { panic!("it does not send") };
    call
}

fn demand(nonce: &str) -> Answer {
    let answer = Response::builder().status(400).header("dpop-nonce", nonce);
    Answer::new(answer.body(br#"{"error": "use_dpop_nonce"}"#.to_vec()).unwrap())
}

/// The second to hear of a nonce has not said it either, although the first has learnt it meanwhile.
#[test]
fn n6_two_calls_at_once_are_each_repeated_with_the_new_nonce() {
    let server = Server::new("https://login.example.com").token_endpoint("https://login.example.com/token");
    let service = Registration::new(server, "app").dpop_key(Key::es256()).check().unwrap();
    let service = Arc::new(service);
    let start = || {
        let service = Arc::clone(&service);
        let flow = Flow::new(move |io: Io| async move {
            let (metadata, key) = (service.metadata(&io).await?, service.new_key(&io).await?);
            Ok(service.call(&metadata, Which::Token, &[], &[], key.as_deref(), &io).await?.status())
        });
        flow.start(Arc::new(SystemTime::now))
    };
    let mut flows = [start(), start()];
    let calls = flows.each_mut().map(sends);
    for call in calls {
        call.answer(Ok(demand("n-1")));
    }
    for flow in &mut flows {
        let call = sends(flow);
        let (_, claims) = parts(call.request().headers()["dpop"].to_str().unwrap());
        assert_eq!(claims["nonce"], json!("n-1"));
        call.answer(Ok(Answer::new(Response::new(Vec::new()))));
        assert!(matches!(flow.step(), FlowStep::Done(Ok(StatusCode::OK))));
    }
}

/// What one client stores is not found by another, nor for another server, scope, resource or parameter.
#[test]
fn all_that_tells_tokens_apart_is_in_their_identity() {
    let app = |issuer: &str, id: &str| Registration::new(issuer, id);
    let here = "https://login.example.com";
    let all = [
        app(here, "app"),
        app(here, "other"),
        app("https://login.example.com/tenant", "app"),
        app("https://login.example.org", "app"),
        app(here, "app").scope("read"),
        app(here, "app").resource("https://api.example.com"),
        app(here, "app").parameter("audience", "a"),
        app(here, "app").parameter("audience", "b"),
        app(here, "app").dpop_key(Key::es256()),
    ];
    let identities: Vec<_> =
        all.iter().map(|registration| registration.check().unwrap().identity("session")).collect();
    assert_eq!(identities[0], "session https://login.example.com client=\"app\"");
    let different: std::collections::HashSet<_> = identities.iter().collect();
    assert_eq!(different.len(), all.len(), "{identities:?}");
    let scope = |scope| app(here, "app").scope(scope).check().unwrap().identity("session");
    assert_eq!(scope("write read"), scope(" read  write read"), "their order says nothing");
}
