//! Requests per second on loopback: bare reqwest with a ready header, the same again as a control, and ours.
//!
//! `throughput [blocks] [requests a block]`. Blocks alternate and their order rotates, so that whatever the machine
//! does besides hits all three alike; what is compared is one round's blocks with each other. The control says how far
//! two equal clients come apart: a ratio inside its range is noise. For people: no test looks at a clock.

use std::{env, future, io, sync::mpsc, thread, time::Instant};

use authwright_benches::{
    server::Server,
    shape::{self, KEY, KEY_HEADER},
};
use authwright_reqwest::ApiKey;
use http::{HeaderValue, header::ACCEPT};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u32>());
    let blocks = arguments.next().and_then(Result::ok).unwrap_or(400);
    let requests = arguments.next().and_then(Result::ok).unwrap_or(100);

    let origin = serve().expect("a socket on loopback");
    let bench = Bench::new(&origin);
    for contestant in CONTESTANTS {
        bench.block(contestant, requests);
    }
    let rounds: Vec<[f64; 3]> = (0..blocks as usize)
        .map(|round| {
            let mut rates = [0.0; 3];
            for turn in 0..3 {
                let which = (round + turn) % 3;
                rates[which] = bench.block(CONTESTANTS[which], requests);
            }
            rates
        })
        .collect();

    println!("{blocks} rounds of {requests} requests each, one after another on one connection\n");
    for (which, name) in ["bare, ready header", "control: the same", "authwright"].iter().enumerate() {
        let rates = quartiles(rounds.iter().map(|round| round[which]));
        println!("{name:<20} {} requests/s", show(rates, 0));
    }
    println!();
    for (which, name) in [(1, "control / bare"), (2, "authwright / bare")] {
        let ratios = quartiles(rounds.iter().map(|round| round[which] / round[0]));
        println!("{name:<20} {}", show(ratios, 4));
    }
    let both = quartiles(rounds.iter().map(|[bare, control, ours]| ours / f64::midpoint(*bare, *control)));
    println!("{:<20} {}", "ours / mean of both", show(both, 4));
}

#[derive(Clone, Copy)]
enum Contestant {
    Bare,
    Control,
    Ours,
}

const CONTESTANTS: [Contestant; 3] = [Contestant::Bare, Contestant::Control, Contestant::Ours];

struct Bench {
    runtime: Runtime,
    url: String,
    key: HeaderValue,
    bare: reqwest::Client,
    control: reqwest::Client,
    ours: authwright_reqwest::Client,
}

impl Bench {
    /// All three clients as their builders make them, with redirects followed.
    fn new(origin: &str) -> Self {
        let auth = shape::auth(origin, ApiKey::header(KEY_HEADER, KEY));
        Self {
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
            url: format!("{origin}/v1/orders?state=open"),
            key: shape::ready(KEY),
            bare: reqwest::Client::new(),
            control: reqwest::Client::new(),
            ours: authwright_reqwest::Client::new(auth).expect("a client"),
        }
    }

    /// Requests per second over one block.
    fn block(&self, contestant: Contestant, requests: u32) -> f64 {
        let start = Instant::now();
        self.runtime.block_on(async {
            for _ in 0..requests {
                match contestant {
                    Contestant::Bare => self.send_bare(&self.bare).await,
                    Contestant::Control => self.send_bare(&self.control).await,
                    Contestant::Ours => self.send_ours().await,
                }
            }
        });
        f64::from(requests) / start.elapsed().as_secs_f64()
    }

    async fn send_bare(&self, client: &reqwest::Client) {
        let request = client.get(&self.url).header(ACCEPT, JSON).header(KEY_HEADER, self.key.clone());
        let response = request.send().await.expect("an answer");
        assert_eq!(response.bytes().await.expect("a body").len(), 2);
    }

    async fn send_ours(&self) {
        let response = self.ours.get(&self.url).header(ACCEPT, JSON).send().await.expect("an answer");
        assert_eq!(response.bytes().await.expect("a body").len(), 2);
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Median, with the quartiles around it.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}

fn show([low, median, high]: [f64; 3], digits: usize) -> String {
    format!("{median:>10.digits$}   quartiles {low:.digits$} to {high:.digits$}")
}

/// The server, in a thread of its own that never ends.
fn serve() -> io::Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            if sender.send(Server::start().await.map(|server| server.origin)).is_ok() {
                future::pending::<()>().await;
            }
        });
    });
    receiver.recv().map_err(io::Error::other)?
}
