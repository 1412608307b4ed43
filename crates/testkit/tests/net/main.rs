//! The scripted server over plain TCP, seen from a bare socket.

mod client;
mod proxy;
mod replies;
mod requests;
