//! Bodies: bytes that can be sent again, or a stream that cannot.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use authwright_core::Body as HopBody;
use bytes::Bytes;
use http_body::Body;
use http_body_util::{Empty, Full};

use crate::{Buffer, buffer};

/// A body that says of itself whether it can be sent again: where a credential was renewed, and where a redirect asks for it.
///
/// Implemented for `Full<Bytes>`, `Empty<Bytes>`, `Bytes`, `Vec<u8>`, `String` and `()`. For a body of your own that may be both:
///
/// ```
/// use authwright_tower::{Kept, Replay, bytes::Bytes};
///
/// enum Upload {
///     Note(Bytes),
///     File(std::fs::File),
/// }
///
/// impl Replay for Upload {
///     fn keep(self) -> Kept<Self> {
///         match self {
///             Self::Note(bytes) => Kept::Bytes(bytes),
///             file => Kept::Stream(file),
///         }
///     }
///
///     fn send(bytes: Bytes) -> Self {
///         Self::Note(bytes)
///     }
/// }
/// ```
pub trait Replay: Sized {
    /// What is kept of it for the sends to come.
    fn keep(self) -> Kept<Self>;

    /// A body of these bytes, once for each send. It is asked for one without bytes too, where a redirect leaves the body behind.
    fn send(bytes: Bytes) -> Self;
}

/// What is kept of a body between sends.
pub enum Kept<B> {
    /// All of it: it can be signed, and sent again.
    Bytes(Bytes),
    /// A stream: it is sent once.
    Stream(B),
}

/// Shows how much there is.
impl<B> fmt::Debug for Kept<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl Replay for () {
    fn keep(self) -> Kept<Self> {
        Kept::Bytes(Bytes::new())
    }

    fn send(_: Bytes) -> Self {}
}

impl Replay for Bytes {
    fn keep(self) -> Kept<Self> {
        Kept::Bytes(self)
    }

    fn send(bytes: Bytes) -> Self {
        bytes
    }
}

impl Replay for Vec<u8> {
    fn keep(self) -> Kept<Self> {
        Kept::Bytes(self.into())
    }

    fn send(bytes: Bytes) -> Self {
        bytes.into()
    }
}

impl Replay for String {
    fn keep(self) -> Kept<Self> {
        Kept::Bytes(self.into())
    }

    fn send(bytes: Bytes) -> Self {
        // They were a string's.
        Self::from_utf8(bytes.into()).unwrap_or_default()
    }
}

impl Replay for Empty<Bytes> {
    fn keep(self) -> Kept<Self> {
        Kept::Bytes(Bytes::new())
    }

    fn send(_: Bytes) -> Self {
        Self::new()
    }
}

impl Replay for Full<Bytes> {
    /// It is ready with all of its bytes at the first poll, so that none is copied.
    fn keep(mut self) -> Kept<Self> {
        match Pin::new(&mut self).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(frame))) => {
                frame.into_data().map_or_else(|_| Kept::Stream(self), Kept::Bytes)
            }
            Poll::Ready(None) => Kept::Bytes(Bytes::new()),
            _ => Kept::Stream(self),
        }
    }

    fn send(bytes: Bytes) -> Self {
        Self::new(bytes)
    }
}

/// How a layer takes the bodies it is given. Chosen by [`AuthLayer::new`](crate::AuthLayer::new),
/// [`any_body`](crate::AuthLayer::any_body) and [`buffered`](crate::AuthLayer::buffered).
///
/// Sealed.
pub trait Bodies<B>: sealed::Sealed + Clone + Send + Sync + 'static {
    #[doc(hidden)]
    fn keep(&self, body: B) -> Kept<B>;

    #[doc(hidden)]
    fn send(&self, bytes: Bytes) -> B;
}

mod sealed {
    pub trait Sealed {}
}

/// Bodies that say it themselves: [`Replay`].
#[derive(Clone, Copy, Debug)]
pub struct Replayed;

impl sealed::Sealed for Replayed {}
impl<B: Replay> Bodies<B> for Replayed {
    fn keep(&self, body: B) -> Kept<B> {
        body.keep()
    }

    fn send(&self, bytes: Bytes) -> B {
        B::send(bytes)
    }
}

/// Any body, as a stream.
#[derive(Clone, Copy, Debug)]
pub struct AnyBody;

impl sealed::Sealed for AnyBody {}
impl<B: Body + Default> Bodies<B> for AnyBody {
    fn keep(&self, body: B) -> Kept<B> {
        // A GET has none to be lost.
        if body.is_end_stream() { Kept::Bytes(Bytes::new()) } else { Kept::Stream(body) }
    }

    /// Nothing is ever kept, so that this is where a redirect leaves the body behind.
    fn send(&self, _: Bytes) -> B {
        B::default()
    }
}

/// Any body; one that is short, and ready at once, is kept.
pub struct Buffered<B: Body> {
    pub(crate) limit: usize,
    pub(crate) wrap: fn(Buffer<B>) -> B,
}

impl<B: Body> Clone for Buffered<B> {
    fn clone(&self) -> Self {
        Self { limit: self.limit, wrap: self.wrap }
    }
}

impl<B: Body> fmt::Debug for Buffered<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffered({} bytes)", self.limit)
    }
}

impl<B: Body> sealed::Sealed for Buffered<B> {}
impl<B: Body<Data = Bytes> + Unpin + 'static> Bodies<B> for Buffered<B> {
    fn keep(&self, body: B) -> Kept<B> {
        match buffer::take_what_is_ready(body, self.limit) {
            Kept::Bytes(bytes) => Kept::Bytes(bytes),
            Kept::Stream(begun) => Kept::Stream((self.wrap)(begun)),
        }
    }

    fn send(&self, bytes: Bytes) -> B {
        (self.wrap)(Buffer::of(bytes))
    }
}

/// The body of a request under way.
pub(crate) enum Held<B> {
    Bytes(Bytes),
    /// Taken when it is sent.
    Stream(Option<B>),
}

impl<B> Held<B> {
    pub(crate) fn new(kept: Kept<B>) -> Self {
        match kept {
            Kept::Bytes(bytes) => Self::Bytes(bytes),
            Kept::Stream(body) => Self::Stream(Some(body)),
        }
    }

    pub(crate) fn view(&self) -> HopBody<'_> {
        match self {
            Self::Bytes(bytes) if bytes.is_empty() => HopBody::Empty,
            Self::Bytes(bytes) => HopBody::Bytes(bytes),
            Self::Stream(_) => HopBody::Stream,
        }
    }

    /// The body for the next send. A stream can be had once.
    pub(crate) fn next(&mut self, bodies: &impl Bodies<B>) -> B {
        match self {
            Self::Bytes(bytes) => bodies.send(bytes.clone()),
            Self::Stream(body) => body.take().unwrap_or_else(|| bodies.send(Bytes::new())),
        }
    }
}
