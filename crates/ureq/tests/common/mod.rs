//! What the tests share.

#![allow(dead_code)] // each test file uses its own part of it

use authwright_testkit::{Host, Net, Place, Received, Reply};
use authwright_ureq::{Agent, AgentBuilder, Auth, Bearer};
use ureq::{config::ConfigBuilder, typestate::AgentScope};

/// ureq's defaults, whatever proxy the environment names.
pub(crate) fn http() -> ConfigBuilder<AgentScope> {
    ureq::Agent::config_builder().proxy(None)
}

pub(crate) fn net(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Net {
    Net::start(&[Place::http(Host::V4), Place::http(Host::Localhost)], script).unwrap()
}

/// An agent with a token for the first place.
pub(crate) fn builder(net: &Net) -> AgentBuilder {
    Agent::builder(Auth::new(net.origin(0), Bearer::new("t0ken-canary")).unwrap()).http(http())
}

pub(crate) fn agent(net: &Net) -> Agent {
    builder(net).build().unwrap()
}
