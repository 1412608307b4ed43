//! How a person signs in: in a browser of their own, whose answer comes back to this machine (RFC 8252) or by hand.

mod limit;
mod opener;
mod page;
mod paste;
mod query;
mod receiver;
mod request;
