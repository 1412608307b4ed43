//! How often a request is sent, and how long it may take (rules 4, 5, 7 and 10).

use std::time::{Duration, Instant};

use authwright_core::{
    Auth, Bearer, Error, Hop, Resend, ResponseView, Scheme, Stamp, Step, Verdict, exchange::max_sends,
    http::Method,
};
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
            assert!(outcome.denied().is_some_and(authwright_core::Denied::is_forbidden), "{}", driver.name());
            assert_eq!(net.take().len(), 1, "{}", driver.name());
        }
    });
}

/// Asks to be sent again with nothing new to say, or without having said that it may.
#[derive(Debug)]
struct Pushy {
    stamp: u64,
    may: bool,
}

impl Scheme for Pushy {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        hop.stamp(Stamp(7)).header("authorization", "Pushy")?;
        Ok(Step::Send)
    }

    fn observed(&self, _: &ResponseView<'_>, _: Stamp) -> Result<Verdict, Error> {
        Ok(Verdict::Resend { because: Resend::Renewed, stamp: Stamp(self.stamp) })
    }

    fn may_resend(&self) -> bool {
        self.may
    }
}

#[test]
fn a_resend_needs_leave_and_something_new_to_say() {
    let net = net();
    net.set_script(|_| Reply::unauthorized("Pushy"));
    on_every_driver(|driver| {
        for (scheme, sends) in [
            (Pushy { stamp: 7, may: true }, 1),
            (Pushy { stamp: 8, may: false }, 1),
            (Pushy { stamp: 8, may: true }, 2),
        ] {
            net.take();
            let who = format!("{} {scheme:?}", driver.name());
            let auth = Auth::new(net.origin(0), scheme).unwrap();
            driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
            assert_eq!(net.requests().len(), sends, "{who}");
        }
    });
}

/// A 401 whose request did not carry our credential says nothing about it (rule 7).
#[test]
fn a_401_from_elsewhere_renews_nothing() {
    let net = net();
    let to = net.url(1, "/end");
    net.set_script(move |request| match request.origin {
        0 => Reply::redirect(302, &to),
        _ => Reply::unauthorized("Renewing"),
    });
    on_every_driver(|driver| {
        net.take();
        let scheme = Renewing::default();
        let version = std::sync::Arc::clone(&scheme.0);
        let auth = Auth::new(net.origin(0), scheme).unwrap();
        driver.run(&net, &Plan::get(net.url(0, "/"), &auth));
        assert_eq!(version.load(std::sync::atomic::Ordering::Relaxed), 0, "{}", driver.name());
        assert_eq!(net.requests().len(), 2, "{}", driver.name());
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

/// The timeout covers the whole request: five slow hops end when it does, not each of them anew (rule 10).
#[test]
fn a_timeout_covers_all_hops() {
    let net = net();
    net.set_script(|_| Reply::redirect(302, "/again").delay(Duration::from_millis(200)));
    on_every_driver(|driver| {
        net.take();
        let timeout = Duration::from_millis(500);
        let plan = Plan { timeout: Some(timeout), ..Plan::get(net.url(0, "/"), &Auth::none()) };
        let start = Instant::now();
        let outcome = driver.run(&net, &plan);
        let took = start.elapsed();
        assert!(outcome.failure().is_some(), "{}: {outcome}", driver.name());
        assert!(took < timeout * 2, "{}: {took:?}", driver.name());
        assert!(driver.name() == "in-memory" || took >= timeout, "{}: {took:?}", driver.name());
        let hops = net.requests().len();
        assert!((1..=3).contains(&hops), "{}: {hops}", driver.name());
    });
}
