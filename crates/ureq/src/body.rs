//! The body of a request: bytes that can be sent again, or a stream that cannot.

use std::{fs::File, io::Stdin, net::TcpStream};

use authwright_core::Body as HopBody;
use http::{HeaderValue, Response};
use ureq::{AsSendBody, Body, SendBody};

/// What may stand for a body: what ureq takes.
///
/// Text and bytes can be sent again where a redirect or a renewed credential asks for it. Everything else is a stream:
/// it is sent once and whole. A `File` says its length; for other readers use [`SendBody::from_reader`] or
/// [`SendBody::from_owned_reader`], which send chunks unless the request sets `Content-Length`.
///
/// Sealed: it is implemented for `()`, `&str`, `String`, `&String`, `Vec<u8>`, `&Vec<u8>`, `&[u8]`, `&[u8; N]`, `File`,
/// `&File`, `Stdin`, `TcpStream`, `UnixStream`, `ureq::Body`, `http::Response<ureq::Body>`, `ureq::SendBody` and, with
/// feature `multipart`, `ureq::unversioned::multipart::Form`.
///
/// ```no_run
/// # fn run(agent: authwright_ureq::Agent) -> Result<(), authwright_ureq::Error> {
/// agent.put("https://api.example.com/backup").send(std::fs::File::open("backup.tar")?)?;
/// let mut numbers = std::io::Read::take(std::io::repeat(b'7'), 1_000_000);
/// agent.put("https://api.example.com/numbers").send(ureq::SendBody::from_reader(&mut numbers))?;
/// # Ok(()) }
/// ```
pub trait IntoBody: sealed::Sealed {
    /// What is sent where [`view`](Self::view) says that it is a stream.
    #[doc(hidden)]
    type Stream: AsSendBody;

    #[doc(hidden)]
    fn view(&self) -> HopBody<'_>;

    /// For a request that sets none.
    #[doc(hidden)]
    fn content_type(&self) -> Option<HeaderValue> {
        None
    }

    #[doc(hidden)]
    fn into_stream(self) -> Option<Self::Stream>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for () {}
impl IntoBody for () {
    type Stream = ();

    fn view(&self) -> HopBody<'_> {
        HopBody::Empty
    }

    fn into_stream(self) -> Option<()> {
        None
    }
}

macro_rules! bytes {
    ($([$($generics:tt)*] $body:ty),* $(,)?) => { $(
        impl<$($generics)*> sealed::Sealed for $body {}
        impl<$($generics)*> IntoBody for $body {
            type Stream = ();

            fn view(&self) -> HopBody<'_> {
                HopBody::Bytes(self.as_ref())
            }

            fn into_stream(self) -> Option<()> {
                None
            }
        }
    )* };
}

bytes! { [] &str, [] String, [] &String, [] Vec<u8>, [] &Vec<u8>, [] &[u8], [const N: usize] &[u8; N] }

macro_rules! streams {
    ($($body:ty),* $(,)?) => { $(
        impl sealed::Sealed for $body {}
        impl IntoBody for $body {
            type Stream = Self;

            fn view(&self) -> HopBody<'_> {
                HopBody::Stream
            }

            fn into_stream(self) -> Option<Self> {
                Some(self)
            }
        }
    )* };
}

streams! { File, &File, Stdin, TcpStream, &TcpStream, Body, Response<Body>, SendBody<'_> }

#[cfg(unix)]
streams! { std::os::unix::net::UnixStream }

#[cfg(feature = "multipart")]
mod multipart {
    use ureq::unversioned::multipart::Form;

    use super::{HeaderValue, HopBody, IntoBody, sealed};

    impl sealed::Sealed for Form<'_> {}
    impl IntoBody for Form<'_> {
        type Stream = Self;

        fn view(&self) -> HopBody<'_> {
            HopBody::Stream
        }

        fn content_type(&self) -> Option<HeaderValue> {
            HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary())).ok()
        }

        fn into_stream(self) -> Option<Self> {
            Some(self)
        }
    }
}
