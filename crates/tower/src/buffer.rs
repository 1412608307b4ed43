//! A body of which the beginning is in memory.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

use crate::Kept;

/// What [`AuthLayer::buffered`](crate::AuthLayer::buffered) sends: bytes that were kept, or a stream with its beginning put back.
pub struct Buffer<B: Body> {
    length: u64,
    begun: VecDeque<Result<Frame<Bytes>, B::Error>>,
    rest: Option<B>,
}

impl<B: Body> Buffer<B> {
    pub(crate) fn of(bytes: Bytes) -> Self {
        let mut whole = Self { length: 0, begun: VecDeque::new(), rest: None };
        if !bytes.is_empty() {
            whole.push(Frame::data(bytes));
        }
        whole
    }

    fn push(&mut self, frame: Frame<Bytes>) {
        self.length += length_of(&frame);
        self.begun.push_back(Ok(frame));
    }
}

/// Takes what the body has without waiting: a call that waits for an answer before it says more is not held up. One that ends
/// within the limit, without trailers, is bytes.
/// So many pieces, at most: empty ones add nothing to the length.
const FRAMES: usize = 256;

pub(crate) fn take_what_is_ready<B: Body<Data = Bytes> + Unpin>(
    mut body: B,
    limit: usize,
) -> Kept<Buffer<B>> {
    let mut taken = Buffer { length: 0, begun: VecDeque::new(), rest: None };
    let limit = limit as u64;
    // Whoever sends the rest polls it with a waker of its own.
    let mut context = Context::from_waker(Waker::noop());
    // What is known to be longer is not begun.
    while taken.length.saturating_add(body.size_hint().lower()) <= limit && taken.begun.len() < FRAMES {
        match Pin::new(&mut body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => taken.push(frame),
            Poll::Ready(Some(Err(error))) => {
                taken.begun.push_back(Err(error));
                break;
            }
            Poll::Ready(None) if taken.begun.iter().flatten().all(Frame::is_data) => {
                return Kept::Bytes(joined(taken.begun.into_iter().flatten()));
            }
            Poll::Ready(None) => return Kept::Stream(taken),
            Poll::Pending => break,
        }
    }
    Kept::Stream(Buffer { rest: Some(body), ..taken })
}

fn joined(frames: impl Iterator<Item = Frame<Bytes>>) -> Bytes {
    let mut parts = frames.filter_map(|frame| frame.into_data().ok());
    let (Some(first), second) = (parts.next(), parts.next()) else { return Bytes::new() };
    let Some(second) = second else { return first };
    let mut whole = BytesMut::from(first);
    whole.extend([second].into_iter().chain(parts).flatten());
    whole.freeze()
}

fn length_of(frame: &Frame<Bytes>) -> u64 {
    frame.data_ref().map_or(0, |bytes| bytes.len() as u64)
}

/// Nothing of it is pinned: the rest is polled where it lies, and is `Unpin` itself.
impl<B: Body> Unpin for Buffer<B> {}

impl<B: Body<Data = Bytes> + Unpin> Body for Buffer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(frame) = self.begun.pop_front() {
            self.length -= frame.as_ref().map_or(0, length_of);
            return Poll::Ready(Some(frame));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(self.length.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(self.length.saturating_add(upper));
        }
        hint
    }
}

/// Shows how much there is.
impl<B: Body> fmt::Debug for Buffer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes", self.length)?;
        f.write_str(if self.rest.is_some() { ", and a stream)" } else { ")" })
    }
}
