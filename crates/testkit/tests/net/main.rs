//! The scripted server over plain TCP, seen from a bare socket.

mod client;
mod replies;
mod requests;
