//! What several properties need.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use authwright_core::{Error, Hop, Resend, ResponseView, Scheme, Stamp, Step, Verdict};
use authwright_testkit::{Chain, Credential, Host, Net, Place, Received, Reply};

/// Two addresses and a second port, all plain http.
pub(crate) const PLACES: [Place; 4] =
    [Place::http(Host::V4), Place::http(Host::V4), Place::http(Host::V4Second), Place::http(Host::Localhost)];

pub(crate) fn net() -> Net {
    Net::start(&PLACES, |_| Reply::ok("")).unwrap()
}

/// Scripts a chain: hop `n` is asked for as `/n` and answers with the redirect of leg `n`, the last one with 200.
pub(crate) fn script(net: &Net, chain: &Chain) {
    script_ending(net, chain, 200);
}

/// The same, with another status at the end.
pub(crate) fn script_ending(net: &Net, chain: &Chain, status: u16) {
    let origins: Vec<String> = (0..PLACES.len()).map(|place| net.origin(place).to_owned()).collect();
    let chain = chain.clone();
    net.set_script(move |request| {
        let number: usize = request.path().trim_start_matches('/').parse().unwrap_or(usize::MAX);
        match chain.legs.get(number) {
            Some(leg) => {
                let (from, to) = (&origins[chain.place(number)], &origins[leg.to]);
                Reply::redirect(leg.status, &leg.location(from, to, number + 1))
            }
            None => Reply::status(status),
        }
    });
}

/// Fails if any byte at a place but those listed holds the canary.
pub(crate) fn assert_no_leak(net: &Net, allowed: &[usize], what: &str) {
    for place in (0..PLACES.len()).filter(|place| !allowed.contains(place)) {
        let bytes = net.bytes(place);
        assert!(!Credential::leaked_in(&bytes), "{what}: {} got {}", net.origin(place), text(&bytes));
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What clients add by themselves, and differently.
const CLIENTS_OWN: [&str; 9] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "transfer-encoding",
    "expect",
    "te",
];

/// One request as every driver must send it: place, method, target, our and the caller's fields, body.
pub(crate) fn line(request: &Received) -> String {
    let mut fields: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| !CLIENTS_OWN.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", text(value)))
        .collect();
    fields.sort();
    format!("{} {} {} {fields:?} {:?}", request.origin, request.method, request.target, text(&request.body))
}

/// A scheme that renews on every 401: what a token will be. Each version is `t<n>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renewing(pub(crate) Arc<AtomicU64>);

impl Scheme for Renewing {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let version = self.0.load(Ordering::Relaxed);
        hop.stamp(Stamp(version)).header("authorization", format!("Renewing t{version}"))?;
        Ok(Step::Send)
    }

    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        if response.status.as_u16() < 400 {
            return Ok(Verdict::Deliver);
        }
        let next = sent.0 + 1;
        self.0.store(next, Ordering::Relaxed);
        Ok(Verdict::Resend { because: Resend::Renewed, stamp: Stamp(next) })
    }

    fn may_resend(&self) -> bool {
        true
    }
}

/// Asks to be sent again after every answer, for every reason in turn: as greedy as a scheme can be.
#[derive(Debug, Default)]
pub(crate) struct Greedy(AtomicU64);

impl Scheme for Greedy {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        hop.stamp(Stamp(count)).header("authorization", format!("Greedy {count}"))?;
        Ok(Step::Send)
    }

    fn observed(&self, _: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        let reasons = [Resend::Challenged, Resend::Renewed, Resend::Nonce, Resend::SteppedUp];
        let turn = usize::try_from(self.0.fetch_add(1, Ordering::Relaxed)).unwrap();
        let because = reasons[turn % reasons.len()];
        Ok(Verdict::Resend { because, stamp: Stamp(sent.0 + 1) })
    }

    fn may_resend(&self) -> bool {
        true
    }
}
