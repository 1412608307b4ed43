//! The ureq adapter: whole calls over a transport in memory, ours beside a bare agent that sends the same bytes.

use std::net::{Ipv4Addr, SocketAddr};

use authwright_ureq::{Agent, ApiKey};
use http::{HeaderValue, Uri, header::ACCEPT};
use ureq::{
    Body, Error,
    config::Config,
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport},
    },
};

use crate::{
    region::Recorder,
    shape::{self, KEY, KEY_HEADER, KEY_QUERY},
    table::{Limit, Row},
};

const BARE: &str = "bare ureq, ready header";
const BARE_CLOSING: &str = "bare ureq, new connection";
const BARE_QUERY: &str = "bare ureq, key in the URL";

pub(super) const ROWS: &[Row] = &[
    Row::floor(BARE),
    Row::held("ureq: our hops", BARE, Limit::Times(1.15), Limit::Report),
    Row::held("ureq: redirects off", BARE, Limit::Times(1.15), Limit::Report),
    Row::floor(BARE_CLOSING),
    Row::held("ureq: our hops, new connection", BARE_CLOSING, Limit::Times(1.15), Limit::Report),
    Row::floor(BARE_QUERY),
    Row::shown("ureq: query key, our hops", BARE_QUERY),
];

/// Plain http, so that no TLS is asked for; on loopback, so that credentials may go there.
const URL: &str = "http://127.0.0.1:8080/v1/orders?state=open";
const ORIGIN: &str = "http://127.0.0.1:8080";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

const KEEP: Memory = Memory { reply: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok" };
const CLOSE: Memory =
    Memory { reply: b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok" };

pub(super) fn run(recorder: &mut Recorder) {
    let header = ApiKey::header(KEY_HEADER, KEY);
    pair(recorder, BARE, "ureq: our hops", KEEP, &header);
    pair(recorder, BARE_CLOSING, "ureq: our hops, new connection", CLOSE, &header);
    count(recorder, "ureq: redirects off", &ours(KEEP, &header, 0));

    let query = ApiKey::query(KEY_QUERY, KEY);
    let (bare, url) = (bare(KEEP), format!("{URL}&{KEY_QUERY}={KEY}"));
    recorder.repeat(BARE_QUERY, |iterations| {
        for _ in 0..iterations {
            read(bare.get(&url).header(ACCEPT, JSON).call().expect("an answer").into_body());
        }
    });
    count(recorder, "ureq: query key, our hops", &ours(KEEP, &query, 10));
}

fn pair(recorder: &mut Recorder, floor: &'static str, case: &'static str, memory: Memory, key: &ApiKey) {
    let (name, value) = (shape::key_header(), shape::ready(KEY));
    let bare = bare(memory);
    recorder.repeat(floor, |iterations| {
        for _ in 0..iterations {
            let request = bare.get(URL).header(ACCEPT, JSON).header(name.clone(), value.clone());
            read(request.call().expect("an answer").into_body());
        }
    });
    count(recorder, case, &ours(memory, key, 10));
}

fn count(recorder: &mut Recorder, case: &'static str, agent: &Agent) {
    recorder.repeat(case, |iterations| {
        for _ in 0..iterations {
            read(agent.get(URL).header(ACCEPT, JSON).call().expect("an answer").into_body());
        }
    });
}

fn bare(memory: Memory) -> ureq::Agent {
    ureq::Agent::with_parts(Config::default(), memory, memory)
}

fn ours(memory: Memory, key: &ApiKey, max_redirects: u32) -> Agent {
    let http = ureq::Agent::config_builder().max_redirects(max_redirects);
    let agent = Agent::builder(shape::auth(ORIGIN, key.clone())).http(http).transport(memory, memory);
    agent.build().expect("an agent")
}

fn read(mut body: Body) {
    assert_eq!(body.read_to_string().expect("a body"), "ok");
}

/// Answers every request alike, without a socket.
#[derive(Clone, Copy, Debug)]
struct Memory {
    reply: &'static [u8],
}

impl Connector for Memory {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Connection>, Error> {
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Connection { buffers, reply: self.reply }))
    }
}

impl Resolver for Memory {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
        Ok(addresses)
    }
}

#[derive(Debug)]
struct Connection {
    buffers: LazyBuffers,
    reply: &'static [u8],
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let sent = self.buffers.output().get(..amount).unwrap_or_default();
        assert!(sent.ends_with(b"\r\n\r\n"), "the whole request at once");
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let free = self.buffers.input_append_buf();
        let Some(place) = free.get_mut(..self.reply.len()) else { return Ok(false) };
        place.copy_from_slice(self.reply);
        self.buffers.input_appended(self.reply.len());
        Ok(true)
    }

    fn is_open(&mut self) -> bool {
        true
    }
}
