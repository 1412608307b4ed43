//! Signing in on another machine (RFC 8628): when the server is asked, and what ends the asking.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use authwright_core::Fault;
use authwright_oauth2::{Ask, Device, Prompt};
use authwright_testkit::{
    AuthServerBuilder, DevicePoll, DpopPolicy, Endpoint, NoncePolicy, RegisteredClient, Reply, TokenFailure,
};
use authwright_tests::on_every_driver;
use serde_json::{Value, json};

use crate::bench::{API, Bench, SERVER};

fn tv(server: AuthServerBuilder) -> AuthServerBuilder {
    server.client(RegisteredClient::public("tv").scopes("films music"))
}

struct Trial {
    polls: Vec<u64>,
    ended: Result<(), TokenFailure>,
    /// How long all of it has taken, by the clock.
    took: u64,
}

/// Signs in, and says when the server was asked: seconds since the beginning.
fn sign_in(bench: &Bench<'_>) -> Trial {
    let session = bench.session(bench.app("tv").scope("films"));
    let began = bench.clock.now();
    let ended = bench.run(session.login(Device::new().shown_by(|_| {})));
    let since = |moment: SystemTime| moment.duration_since(began).unwrap().as_secs();
    let polls = bench.server.device_polls().into_iter().map(since).collect();
    Trial { polls, ended, took: since(bench.clock.now()) }
}

/// The answer of a server that has begun, with some of it changed.
fn begun(change: fn(&mut Value)) -> Reply {
    let mut answer = json!({
        "device_code": "d-1",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://login.example.com/device",
        "verification_uri_complete": "https://login.example.com/device?user_code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 5,
    });
    change(&mut answer);
    Reply::json(&answer.to_string())
}

fn error(status: u16, code: &str) -> Reply {
    Reply::status(status).header("content-type", "application/json").body(format!(r#"{{"error": "{code}"}}"#))
}

const DONE: &str = r#"{"access_token": "t", "token_type": "Bearer", "expires_in": 3600}"#;

#[test]
fn h1_a_poll_waits_as_long_as_the_server_says_and_five_seconds_where_it_does_not() {
    on_every_driver(|driver| {
        for (interval, times) in [
            (Some(5), vec![5, 10, 15]),
            (None, vec![5, 10, 15]),
            (Some(2), vec![2, 4, 6]),
            (Some(30), vec![30, 60, 90]),
        ] {
            let bench =
                Bench::new(driver, |server| tv(server).device_interval(interval.map(Duration::from_secs)));
            bench.server.device_answers(&[DevicePoll::Pending, DevicePoll::Pending, DevicePoll::Approved]);
            let trial = sign_in(&bench);
            trial.ended.unwrap();
            assert_eq!(trial.polls, times, "{}, {interval:?}", driver.name());
            assert_eq!(trial.took, times[2], "{}: nothing is waited for afterwards", driver.name());
            bench.assert_clean();
        }
    });
}

/// Values that no server should send make no flood, and no wait without an end.
#[test]
fn h1_an_odd_interval_is_held_within_bounds() {
    on_every_driver(|driver| {
        for (change, times) in [
            ((|answer| answer["interval"] = json!(0)) as fn(&mut Value), [1, 2]),
            (|answer| answer["interval"] = json!(-7), [1, 2]),
            (|answer| answer["interval"] = json!("10"), [10, 20]),
            (|answer| answer["interval"] = json!(null), [5, 10]),
            (|answer| answer["interval"] = json!([]), [5, 10]),
            (|answer| answer["interval"] = json!(100_000), [300, 600]),
        ] {
            let bench = Bench::new(driver, tv);
            bench.server.next(Endpoint::DeviceAuthorization, begun(change));
            bench.server.next(Endpoint::Token, error(400, "authorization_pending"));
            bench.server.next(Endpoint::Token, Reply::json(DONE));
            let trial = sign_in(&bench);
            if times[1] == 600 {
                assert_eq!(trial.polls, [300], "{}: by then the code is over", driver.name());
                continue;
            }
            trial.ended.unwrap();
            assert_eq!(trial.polls, times, "{}", driver.name());
        }
    });
}

#[test]
fn h2_slow_down_adds_five_seconds_for_good() {
    use DevicePoll::{Approved, Pending, SlowDown};
    on_every_driver(|driver| {
        for (answers, times) in [
            (vec![SlowDown, SlowDown, Approved], vec![5, 15, 30]),
            (vec![Pending, SlowDown, Pending, Pending, Approved], vec![5, 10, 20, 30, 40]),
        ] {
            let bench = Bench::new(driver, tv);
            bench.server.device_answers(&answers);
            let trial = sign_in(&bench);
            trial.ended.unwrap();
            // The gaps are 5, 10, 15: a server that counts them finds none too short.
            assert_eq!(trial.polls, times, "{}", driver.name());
            bench.assert_clean();
        }
        // Also with the status that other servers give it.
        let bench = Bench::new(driver, tv);
        bench.server.next(Endpoint::Token, error(429, "slow_down"));
        bench.server.device_answers(&[Approved]);
        let trial = sign_in(&bench);
        trial.ended.unwrap();
        assert_eq!(trial.polls, [5, 15], "{}", driver.name());
    });
}

/// RFC 8628 section 3.5: whoever gives up because of one lost connection has lost a person's login.
#[test]
fn h3_what_does_not_get_through_is_tried_again_ever_more_rarely() {
    let lost: [fn() -> Reply; 3] = [
        || Reply::status(200).close_before_head(),
        || Reply::json(DONE).close_mid_body(),
        || Reply::json(DONE).delay(Duration::from_secs(7200)),
    ];
    on_every_driver(|driver| {
        for (at, lost) in lost.iter().enumerate().filter(|(at, _)| *at < 2 || driver.name() == "in-memory") {
            let bench = Bench::new(driver, tv);
            bench.server.next(Endpoint::Token, lost());
            bench.server.next(Endpoint::Token, lost());
            bench.server.device_answers(&[DevicePoll::Pending, DevicePoll::Approved]);
            let trial = sign_in(&bench);
            trial.ended.unwrap_or_else(|error| panic!("{}, {at}: {error:?}", driver.name()));
            assert_eq!(trial.polls, [5, 15, 35, 55], "{}, {at}", driver.name());
            bench.assert_clean();
        }
    });
}

/// Nobody listens there any more, and then somebody does not either: it ends when the code does.
#[test]
fn h3_a_server_that_is_gone_is_asked_until_the_code_is_over() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, tv);
        let gone = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}/token", listener.local_addr().unwrap())
        };
        let server = authwright_oauth2::Server::new(bench.issuer())
            .device_authorization_endpoint(bench.server.url(Endpoint::DeviceAuthorization))
            .token_endpoint(gone);
        let session = bench.session(authwright_oauth2::Registration::new(server, "tv"));
        let began = bench.clock.now();
        let error = bench.run(session.login(Device::new().shown_by(|_| {}))).unwrap_err();
        assert!(error.message.contains("nobody signed in"), "{}: {error:?}", driver.name());
        let took = bench.clock.now().duration_since(began).unwrap().as_secs();
        assert!((600..=900).contains(&took), "{}: {took} s", driver.name());
    });
}

#[test]
fn h4_any_other_answer_ends_it() {
    on_every_driver(|driver| {
        for (answer, says, is_login_required) in [
            (error(400, "access_denied"), "said no", true),
            (error(400, "expired_token"), "while the code was good: sign in again", true),
            (error(400, "invalid_grant"), "invalid_grant", true),
            (error(401, "invalid_client"), "check client `tv`", true),
            (error(400, "unsupported_grant_type"), "knows this grant", false),
            (error(400, "temporarily_unavailable"), "temporarily_unavailable", false),
            (error(400, "made_up"), "made_up", true),
            (error(403, "authorization_declined"), "authorization_declined", true),
            (Reply::status(404).body("nothing here"), "check the URL", false),
            (Reply::redirect(302, "https://elsewhere.example/"), "a redirect", false),
            (Reply::json(r#"{"access_token": "t", "token_type": "mac"}"#), "`mac`", false),
            (Reply::json(r#"{"token_type": "Bearer"}"#), "no string `access_token`", false),
        ] {
            let bench = Bench::new(driver, tv);
            bench.server.device_answers(&[DevicePoll::Pending]);
            // The first poll is answered by the server, the second by this.
            bench.server.lose(Endpoint::Token, error(400, "authorization_pending"));
            bench.server.next(Endpoint::Token, answer);
            let trial = sign_in(&bench);
            let ended = trial.ended.unwrap_err();
            assert!(ended.message.contains(says), "{}: {ended:?}", driver.name());
            assert_eq!(ended.is_login_required, is_login_required, "{}: {ended:?}", driver.name());
            assert_eq!(trial.polls, [5, 10], "{}: {says}", driver.name());
        }
    });
}

/// The policy for servers that fail: they are asked on, less and less often, and as they ask.
#[test]
fn h4_a_server_that_fails_says_nothing_about_the_person() {
    on_every_driver(|driver| {
        for (answer, times) in [
            (Reply::status(500).body("<html>oops</html>"), [5, 15, 25]),
            (Reply::status(503), [5, 15, 25]),
            (Reply::status(503).header("retry-after", "45"), [5, 50, 95]),
            (Reply::status(502).body(r#"{"error": "access_denied"}"#), [5, 15, 25]),
            (Reply::status(429), [5, 15, 25]),
            (Reply::status(400).body("<html>a page of something in between</html>"), [5, 15, 25]),
        ] {
            let bench = Bench::new(driver, tv);
            bench.server.next(Endpoint::Token, answer);
            bench.server.device_answers(&[DevicePoll::Pending, DevicePoll::Approved]);
            let trial = sign_in(&bench);
            trial.ended.unwrap_or_else(|error| panic!("{}: {error:?}", driver.name()));
            assert_eq!(trial.polls, times, "{}", driver.name());
            bench.assert_clean();
        }
    });
}

#[test]
fn h4_it_ends_when_the_code_does() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| tv(server).device_lifetime(Duration::from_secs(18)));
        let trial = sign_in(&bench);
        let ended = trial.ended.unwrap_err();
        assert!(
            ended.is_login_required && ended.message.contains("nobody signed in at http://"),
            "{ended:?}"
        );
        assert_eq!(trial.polls, [5, 10, 15], "{}: none after it is over", driver.name());
        bench.assert_clean();

        let bench = Bench::new(driver, tv);
        bench.server.device_answers(&[DevicePoll::Pending]);
        bench.server.deny_device();
        bench.server.device_answers(&[DevicePoll::Denied]);
        let ended = sign_in(&bench).ended.unwrap_err();
        assert!(ended.message.contains("said no") && ended.fault == Fault::Credential, "{ended:?}");
        bench.assert_clean();
    });
}

/// RFC 8628 section 3.2 demands them.
#[test]
fn h4_an_answer_that_begins_nothing_ends_it_before_a_poll() {
    on_every_driver(|driver| {
        for change in [
            (|answer| drop(answer.as_object_mut().unwrap().remove("device_code"))) as fn(&mut Value),
            |answer| answer["user_code"] = json!(""),
            |answer| answer["verification_uri"] = json!(null),
            |answer| drop(answer.as_object_mut().unwrap().remove("expires_in")),
            |answer| answer["verification_uri"] = json!("javascript:alert(1)"),
            |answer| answer["verification_uri"] = json!("file:///etc/passwd"),
            |answer| answer["verification_uri_complete"] = json!("--help"),
            |answer| answer["user_code"] = json!("WDJB\u{1b}[2J"),
            |answer| answer["error"] = json!("unauthorized_client"),
        ] {
            let bench = Bench::new(driver, tv);
            bench.server.next(Endpoint::DeviceAuthorization, begun(change));
            let trial = sign_in(&bench);
            let ended = trial.ended.unwrap_err();
            assert!(!ended.message.contains('\u{1b}') && !ended.message.contains("d-1"), "{ended:?}");
            assert!(trial.polls.is_empty(), "{}", driver.name());
        }
    });
}

/// RFC 8628 section 3.3.1: the code is shown even where the address has it, so that a person can compare them.
#[test]
fn h5_the_person_is_told_code_address_and_the_address_with_the_code() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, tv);
        bench.server.device_answers(&[DevicePoll::Approved]);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let device = Device::new().shown_by(move |prompt: &Prompt<'_>| {
            notes.lock().unwrap().push((
                prompt.issuer().to_owned(),
                prompt.user_code().map(str::to_owned),
                prompt.url().to_owned(),
                prompt.complete_url().map(str::to_owned),
                prompt.to_string(),
            ));
        });
        let session = bench.session(bench.app("tv"));
        bench.run(session.login_asking(device, Ask::new())).unwrap();
        let seen = seen.lock().unwrap();
        let [(issuer, code, page, complete, text)] = &seen[..] else { panic!("it is shown once") };
        let place = bench.net.url(SERVER, "/device");
        assert_eq!((&**issuer, code.as_deref(), page), (bench.issuer(), Some("WDJB-0000"), &place));
        assert_eq!(complete.as_deref(), Some(&*format!("{place}?user_code=WDJB-0000")));
        assert!(text.contains("WDJB-0000") && text.contains(&place), "{text}");
        assert_eq!(bench.get(session.tokens()).status(), Some(200), "{}", driver.name());
    });
}

/// What is true of other logins is true of this one: bound to a key, with nonces, renewed by the same key.
#[test]
fn n5_n6_a_login_by_device_is_bound_to_its_key() {
    on_every_driver(|driver| {
        let bench = Bench::new(driver, |server| {
            tv(server).dpop(DpopPolicy::Required).token_nonces(NoncePolicy::Rotating)
        });
        bench.server.device_answers(&[DevicePoll::Pending, DevicePoll::Approved]);
        let app = || bench.app("tv").dpop();
        bench.run(bench.session(app()).login(Device::new().shown_by(|_| {}))).unwrap();
        bench.clock.advance(Duration::from_secs(4000));
        let outcome = bench.get(bench.session(app()).tokens());
        assert_eq!(outcome.status(), Some(200), "{}: {outcome}", driver.name());
        bench.assert_clean();
        assert!(bench.net.requests().iter().any(|request| request.origin == API));
    });
}
