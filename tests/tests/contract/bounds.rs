//! How often a request is sent (rules 4 and 5).

use authwright_core::{Auth, Bearer, exchange::max_sends, http::Method};
use authwright_testkit::{Ending, Plan, PlanBody, Reply};
use authwright_tests::on_every_driver;

use crate::support::{Greedy, Renewing, net};

/// A server that says 401 for ever sees a static credential once, a renewing one twice.
#[test]
fn a6_an_endless_401_ends() {
    let net = net();
    net.set_script(|_| Reply::unauthorized("Bearer"));
    on_every_driver(|driver| {
        net.take();
        let auth = Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert!(outcome.denied().is_some(), "{}: {outcome}", driver.name());
        assert_eq!(net.take().len(), 1, "{}", driver.name());

        let auth = Auth::new(net.origin(0), Renewing::default()).unwrap();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert!(outcome.denied().is_some(), "{}: {outcome}", driver.name());
        let sent: Vec<_> = net.take().iter().map(|r| r.header("authorization").unwrap().to_owned()).collect();
        assert_eq!(sent, ["Renewing t0", "Renewing t1"], "{}", driver.name());
    });
}

/// 403 says that this credential will not do: it is not sent again, renewed or not.
#[test]
fn a7_a_403_is_final() {
    let net = net();
    net.set_script(|_| Reply::status(403));
    on_every_driver(|driver| {
        net.take();
        for auth in [
            Auth::new(net.origin(0), Bearer::new("t0ken")).unwrap(),
            Auth::new(net.origin(0), Renewing::default()).unwrap(),
        ] {
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
            assert!(outcome.denied().is_some_and(|denied| denied.is_forbidden()), "{}", driver.name());
            assert_eq!(net.take().len(), 1, "{}", driver.name());
        }
    });
}

/// 5xx and a lost connection are not ours to retry.
#[test]
fn a_5xx_or_a_lost_connection_is_not_retried() {
    let net = net();
    on_every_driver(|driver| {
        let auth = Auth::new(net.origin(0), Renewing::default()).unwrap();
        for status in [500, 502, 503] {
            net.set_script(move |_| Reply::status(status));
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
            assert_eq!(outcome.status(), Some(status), "{}: {outcome}", driver.name());
            assert_eq!(net.take().len(), 1, "{} {status}", driver.name());
        }
    });
    on_every_driver(|driver| {
        if driver.name() == "in-memory" {
            return; // it has no connection to lose
        }
        net.set_script(|_| Reply::ok("").close_before_head());
        let auth = Auth::new(net.origin(0), Renewing::default()).unwrap();
        let plan =
            Plan::get(net.url(0, "/"), &auth).method(Method::POST).body(PlanBody::Bytes(b"x".to_vec()));
        let outcome = driver.run(&net, &plan);
        assert!(outcome.failure().is_some(), "{}: {outcome}", driver.name());
        assert_eq!(net.take().len(), 1, "{}", driver.name());
    });
}

/// The greediest scheme against the nastiest server, with every redirect changing the origin: still a constant.
#[test]
fn sends_are_bounded_whatever_scheme_and_server_do() {
    let net = net();
    on_every_driver(|driver| {
        let (a, b) = (net.origin(0).to_owned(), net.origin(1).to_owned());
        let mut seen = 0;
        // For each number of refusals before the next redirect.
        for refusals in 0..8 {
            let state = std::sync::Mutex::new(0);
            let (a, b) = (a.clone(), b.clone());
            let auth = Auth::new([a.as_str(), b.as_str()], Greedy::default()).unwrap();
            net.set_script(move |request| {
                let mut count = state.lock().unwrap();
                *count += 1;
                if *count > refusals {
                    *count = 0;
                    return Reply::redirect(307, &format!("{}/", if request.origin == 0 { &b } else { &a }));
                }
                Reply::unauthorized("Greedy")
            });
            let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
            let sends = u32::try_from(net.requests().len()).unwrap();
            assert!(sends <= max_sends(10), "{} {refusals}: {sends} sends, {outcome}", driver.name());
            seen = seen.max(sends);
        }
        // The bound is not idle: budget was really spent on every hop.
        assert!(seen > 22, "{}: {seen}", driver.name());
    });
}

/// At most ten redirects; then what the client's users know.
#[test]
fn an_endless_redirect_ends() {
    let net = net();
    net.set_script(|_| Reply::redirect(302, "/again"));
    on_every_driver(|driver| {
        net.take();
        let outcome = driver.run(&net, &Plan::get(net.url(0, "/"), &Auth::none()));
        assert!(matches!(outcome.ending, Ending::TooManyRedirects), "{}: {outcome}", driver.name());
        assert_eq!(net.take().len(), 11, "{}", driver.name());
        let plan = Plan { max_redirects: 0, ..Plan::get(net.url(0, "/"), &Auth::none()) };
        assert_eq!(driver.run(&net, &plan).status(), Some(302), "{}", driver.name());
        assert_eq!(net.take().len(), 1, "{}", driver.name());
    });
}
