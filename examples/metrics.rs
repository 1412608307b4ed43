//! What happens to credentials, counted with the crate `metrics`. With ureq, and a recorder that prints in place of one that
//! exports.
//!
//! ```sh
//! cargo run --example metrics
//! ```

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use authwright_examples::{Embedded, secrets};
use authwright_ureq::{Agent, Auth, LoginEndpoint, Tokens};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, counter, histogram,
};

fn main() -> Result<(), Box<dyn Error>> {
    let recorder = Counters::default();
    metrics::set_global_recorder(recorder.clone())?; // in your program: that of metrics-exporter-prometheus, say
    let server = Embedded::start()?;

    let login = LoginEndpoint::json(server.url("/login"))
        .field("email", secrets::EMAIL)
        .secret("password", secrets::LOGIN_PASSWORD)
        .token_at("/data/token")
        .expires_in_at("/data/ttl");
    let auth = Auth::new(server.origin(), Tokens::new(login)?)?;
    let auth = auth.observe(|event| {
        let (name, origin) = (event.name(), event.origin().to_owned());
        counter!("auth_events", "event" => name, "origin" => origin).increment(1);
        if let Some(elapsed) = event.elapsed() {
            histogram!("auth_renewal_seconds", "event" => name).record(elapsed);
        }
    });

    let agent = Agent::new(auth)?;
    for path in ["/bearer", "/bearer", "/evil/307/bearer", "/forbidden"] {
        match agent.get(server.url(path)).call() {
            Ok(response) => println!("{path}: {}", response.status()),
            Err(error) => println!("{path}: {error}"),
        }
    }
    recorder.print();
    Ok(())
}

/// Counts, and takes no notice of the rest.
#[derive(Clone, Default)]
struct Counters(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

impl Counters {
    fn print(&self) {
        for (name, count) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            println!("{name} {}", count.load(Ordering::Relaxed));
        }
    }
}

impl Recorder for Counters {
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Counter::from_arc(Arc::clone(counters.entry(name).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }

    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
}
