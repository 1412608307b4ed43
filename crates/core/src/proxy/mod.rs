//! Proxies (RFC 9110 sections 11.7 and 15.5.8): who is asking there, and what a refusal of theirs says.
//!
//! A proxy takes plain http as requests, which a 407 can ask to be sent again with an answer. For https it is asked for a tunnel, and
//! both clients do that by themselves: Basic can be given to them beforehand, and nothing can be answered.

mod access;
mod credential;
mod denied;

pub use self::{access::ProxyAccess, credential::IntoProxyCredential, denied::ProxyDenied};
pub(crate) use self::{access::line_sent, credential::BasicParts};
