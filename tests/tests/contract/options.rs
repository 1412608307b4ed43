//! Whatever is combined: one credential at its own origin, none at any other (obligation A14, rules 1, 2 and 8).

use std::{cell::Cell, time::Duration};

use authwright_core::{Auth, LoginEndpoint, Tokens, http::Method};
use authwright_testkit::{
    Credential, Driver, Net, Plan, PlanBody, Reply, Setting, bodies, credentials, methods,
};
use authwright_tests::on_every_driver;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{PLACES, assert_no_leak, net};

/// All that client and request can be told.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // they mirror the settings
struct Options {
    max_redirects: u32,
    denied_as_error: bool,
    default_header: bool,
    base_url: bool,
    timeout: bool,
    request_auth: Option<Credential>,
    without_auth: bool,
    explain: bool,
    own_header: bool,
}

fn options() -> impl Strategy<Value = Options> {
    let client = (0..=3_u32, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let request = (prop::option::of(credentials()), prop::bool::weighted(0.2), any::<bool>(), any::<bool>());
    (client, request).prop_map(|(client, request)| {
        let (max_redirects, denied_as_error, default_header, base_url, timeout) = client;
        let (request_auth, without_auth, explain, own_header) = request;
        Options {
            max_redirects,
            denied_as_error,
            default_header,
            base_url,
            timeout,
            request_auth,
            without_auth,
            explain,
            own_header,
        }
    })
}

/// How the request comes to an origin that nobody has named, and what that one says.
#[derive(Clone, Debug)]
struct Way {
    /// The status that leads there; none where the request names it.
    redirect: Option<u16>,
    place: usize,
    answer: u16,
    challenge: &'static str,
}

fn ways() -> impl Strategy<Value = Way> {
    let redirect = prop::option::of(prop::sample::select(vec![301_u16, 302, 303, 307, 308]));
    let answer = prop::sample::select(vec![200_u16, 302, 401, 403, 407, 500]);
    let challenges = vec!["Basic realm=\"r\"", "Bearer", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\""];
    (redirect, 1..PLACES.len(), answer, prop::sample::select(challenges))
        .prop_map(|(redirect, place, answer, challenge)| Way { redirect, place, answer, challenge })
}

fn script(net: &Net, way: &Way) {
    let (to, beyond) = (net.url(way.place, "/end"), net.url(1 + way.place % 3, "/beyond"));
    let way = way.clone();
    net.set_script(move |request| match (request.origin, request.path()) {
        (0, "/login") => Reply::json(&format!(r#"{{"access_token":"{}"}}"#, Credential::CANARY)),
        (0, _) => way.redirect.map_or_else(|| Reply::ok(""), |status| Reply::redirect(status, &to)),
        (_, "/end") if way.answer == 302 => Reply::redirect(302, &beyond),
        _ => Reply::status(way.answer)
            .header("WWW-Authenticate", way.challenge)
            .header("Proxy-Authenticate", way.challenge),
    });
}

fn plan(driver: &dyn Driver, net: &Net, way: &Way, auth: &Auth, options: &Options) -> Plan {
    let url = if way.redirect.is_some() { net.url(0, "/0") } else { net.url(way.place, "/end") };
    let mut plan = Plan::get(url, auth);
    if options.default_header {
        plan = plan.default_header("X-Tenant", "t").default_header("Accept-Language", "en");
    }
    // Where the request names the place, what the caller puts on it is for that place.
    if way.redirect.is_some() && options.default_header {
        plan = plan.default_header("X-Note", Credential::CANARY);
    }
    if way.redirect.is_some() && options.own_header {
        plan =
            plan.header("X-Access-Token", Credential::CANARY).sensitive_header("X-Own", Credential::CANARY);
    }
    if options.base_url && !driver.leaves_to_others().contains(&Setting::BaseUrl) {
        plan.base_url = Some(net.url(0, "/v1/"));
    }
    let request_auth = options.request_auth.as_ref();
    Plan {
        max_redirects: options.max_redirects,
        denied_as_error: options.denied_as_error,
        timeout: options.timeout.then_some(Duration::from_secs(30)),
        request_auth: request_auth.map(|credential| credential.auth(net.origin(0)).unwrap()),
        without_auth: options.without_auth,
        explain: options.explain,
        ..plan
    }
}

/// An `Auth` for place 0 alone: a credential, or a token that is fetched there.
fn auth(net: &Net, credential: &Credential, fetched: bool) -> Auth {
    if !fetched {
        return credential.auth(net.origin(0)).unwrap();
    }
    let login = LoginEndpoint::json(net.url(0, "/login")).secret("password", Credential::CANARY);
    Auth::new(net.origin(0), Tokens::new(login).unwrap()).unwrap()
}

#[test]
fn a14_whatever_is_combined_no_other_origin_gets_a_credential() {
    let net = net();
    let cases = ((credentials(), any::<bool>()), options(), ways(), (methods(), bodies()));
    on_every_driver(|driver| {
        let carried = Cell::new(0);
        let run = |((credential, fetched), options, way, (method, body)): (
            (Credential, bool),
            Options,
            Way,
            (Method, PlanBody),
        )| {
            script(&net, &way);
            let auth = auth(&net, &credential, fetched);
            // As in the transcripts: clients differ on a body where none is expected.
            let body = if [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
                body
            } else {
                PlanBody::Empty
            };
            let plan = plan(driver, &net, &way, &auth, &options).method(method).body(body);
            let outcome = driver.run(&net, &plan);
            let who = format!("{} {plan:?} {way:?}: {outcome}", driver.name());
            assert_no_leak(&net, &[0], &who);
            for request in net.take() {
                let fields = request.header_all("authorization").len();
                assert!(fields <= 1, "{who}: {fields} fields");
                let at_home = request.origin == 0 && Credential::leaked_in(&request.raw);
                carried.set(carried.get() + usize::from(at_home));
            }
            Ok(())
        };
        TestRunner::new(ProptestConfig::with_cases(256)).run(&cases, run).unwrap();
        assert!(carried.get() > 64, "{}: {} carried any", driver.name(), carried.get());
    });
}
