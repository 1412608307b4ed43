//! The body of a request: bytes that can be sent again, or a stream that cannot.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::Body as _;
use reqwest::Body;

/// What is kept of a body between sends.
pub(crate) enum KeptBody {
    Empty,
    Bytes(Bytes),
    /// Taken when it is sent.
    Stream(Option<Body>),
}

impl KeptBody {
    /// Takes the bytes out of a buffered body without copying them.
    pub(crate) fn new(body: Option<Body>) -> Self {
        match body {
            None => Self::Empty,
            Some(body) if body.as_bytes().is_some_and(<[u8]>::is_empty) => Self::Bytes(Bytes::new()),
            Some(mut body) if body.as_bytes().is_some() => {
                // A buffered body is ready with all of its bytes at the first poll.
                let mut context = Context::from_waker(Waker::noop());
                match Pin::new(&mut body).poll_frame(&mut context) {
                    Poll::Ready(Some(Ok(frame))) => frame.into_data().map_or(Self::Empty, Self::Bytes),
                    _ => Self::Stream(Some(body)),
                }
            }
            Some(body) => Self::Stream(Some(body)),
        }
    }

    /// The body for the next send. A stream can be had once.
    pub(crate) fn next(&mut self) -> Option<Body> {
        match self {
            Self::Empty => None,
            Self::Bytes(bytes) => Some(Body::from(bytes.clone())),
            Self::Stream(body) => body.take(),
        }
    }

    pub(crate) fn view(&self) -> authwright_core::Body<'_> {
        match self {
            Self::Empty => authwright_core::Body::Empty,
            Self::Bytes(bytes) => authwright_core::Body::Bytes(bytes),
            Self::Stream(_) => authwright_core::Body::Stream,
        }
    }
}
