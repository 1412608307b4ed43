//! Who fetches the tokens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use authwright_core::{Auth, Fault, Flow};
use authwright_testkit::FakeServer;
use authwright_tests::Reqwest;
use authwright_tower::AuthLayer;
use tower_layer::Layer;

use crate::support::{Scripted, answer, block_on, call, get, http, tokens};

#[test]
fn without_a_client_for_it_a_fetch_is_an_error_that_says_so() {
    let server = FakeServer::start().unwrap();
    let tokens = tokens(&server);
    let layer = AuthLayer::new(Auth::new(server.url(), &tokens).unwrap());
    block_on(async {
        let client = Scripted::new(|_| answer(200, &[]));
        let error = call(&mut layer.layer(client.clone()), get(server.url())).await.unwrap_err();
        assert!(error.to_string().contains(".flows(client)"), "{error}");
        assert_eq!(error.fault(), Fault::Caller);
        assert!(
            layer.token(&tokens).await.is_err()
                && layer.run_flow(Flow::new(|_| async { Ok(1) })).await.is_err()
        );
        assert!(client.take().is_empty() && server.requests().is_empty());
        // What needs none goes.
        assert!(call(&mut layer.layer(client.clone()), get("https://elsewhere.example/")).await.is_ok());
    });
}

/// The request is dropped while it waits; the fetch goes on, and serves the next one.
#[test]
fn a_fetch_outlives_the_request_it_was_begun_for() {
    let server = FakeServer::start().unwrap();
    let auth = Auth::new(server.url(), tokens(&server)).unwrap();
    let layer = AuthLayer::new(auth).flows(http());
    block_on(async {
        let mut service = layer.layer(http());
        {
            let mut request = Box::pin(call(&mut service, get(server.url())));
            // Far enough to begin the fetch, and no further.
            std::future::poll_fn(|context| {
                assert!(request.as_mut().poll(context).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
        }
        layer.settled(Duration::from_secs(10)).await;
        assert_eq!((server.count("/login"), server.count("/")), (1, 0));
        assert_eq!(call(&mut service, get(server.url())).await.unwrap().status(), 200);
        assert_eq!(server.count("/login"), 1);
    });
}

/// Clones of a service, on several threads: one fetch for all of them.
#[test]
fn a_hundred_requests_at_once_fetch_one_token() {
    let server = FakeServer::start().unwrap();
    let auth = Auth::new(server.url(), tokens(&server)).unwrap();
    let service = AuthLayer::new(auth).flows(http()).layer(http());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let url = server.url().to_owned();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (mut service, request) = (service.clone(), get(&url));
                tokio::spawn(async move { call(&mut service, request).await.unwrap().status() })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 200);
        }
    });
    assert_eq!((server.count("/"), server.count("/login")), (100, 1));
}

/// The adapters' clients fetch as well.
#[test]
fn an_adapters_client_runs_the_flows() {
    let server = FakeServer::start().unwrap();
    drop(Reqwest::new()); // which chooses a TLS provider for the process
    let auth = || Auth::new(server.url(), tokens(&server)).unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    block_on(async {
        let (client, count) = (authwright_reqwest::Client::new(Auth::none()).unwrap(), Arc::clone(&runs));
        let layer = AuthLayer::new(auth()).flows_by(move |flow| {
            let client = client.clone();
            count.fetch_add(1, Ordering::Relaxed);
            async move { drop(client.run_flow(flow).await) }
        });
        assert_eq!(call(&mut layer.layer(http()), get(server.url())).await.unwrap().status(), 200);

        let (agent, count) = (authwright_ureq::Agent::new(Auth::none()).unwrap(), Arc::clone(&runs));
        let layer = AuthLayer::new(auth()).flows_by(move |flow| {
            let agent = agent.clone();
            count.fetch_add(1, Ordering::Relaxed);
            async move { drop(tokio::task::spawn_blocking(move || agent.run_flow(flow)).await) }
        });
        assert_eq!(call(&mut layer.layer(http()), get(server.url())).await.unwrap().status(), 200);
        assert_eq!(layer.run_flow(Flow::new(|_| async { Ok(7) })).await.unwrap(), 7);
    });
    assert_eq!((runs.load(Ordering::Relaxed), server.count("/login")), (3, 2));
}

/// One that drops the flow does not leave the request hanging.
#[test]
fn a_flow_that_is_not_run_is_an_error() {
    let server = FakeServer::start().unwrap();
    let auth = Auth::new(server.url(), tokens(&server)).unwrap();
    let layer = AuthLayer::new(auth).flows_by(|flow| async move { drop(flow) });
    block_on(async {
        let error = call(&mut layer.layer(http()), get(server.url())).await.unwrap_err();
        assert!(error.denied().is_none() && server.requests().is_empty(), "{error}");
        let error = layer.run_flow(Flow::new(|_| async { Ok(()) })).await.unwrap_err();
        assert_eq!(error.to_string(), "the flow was not run to its end");
    });
}
