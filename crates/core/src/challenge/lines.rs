//! Where the field lines come from.

use std::slice;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{PROXY_AUTHENTICATE, ValueIter, WWW_AUTHENTICATE},
};

/// Field lines, one after another.
pub(super) enum Lines<'a> {
    /// Those of a header map. Its iterator cannot be cloned, but can be brought to the same place again.
    Of { headers: &'a HeaderMap, field: Field, values: ValueIter<'a, HeaderValue>, taken: usize },
    /// Those that were kept.
    Kept(slice::Iter<'a, HeaderValue>),
    /// One, until it is taken.
    One(Option<&'a [u8]>),
}

/// Who asks.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Server,
    Proxy,
}

impl Field {
    fn name(self) -> HeaderName {
        match self {
            Self::Server => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }
}

impl<'a> Lines<'a> {
    pub(super) fn of(headers: &'a HeaderMap, field: Field) -> Self {
        Self::Of { headers, field, values: headers.get_all(field.name()).iter(), taken: 0 }
    }

    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Self::Of { values, taken, .. } => {
                *taken += 1;
                values.next().map(HeaderValue::as_bytes)
            }
            Self::Kept(lines) => lines.next().map(HeaderValue::as_bytes),
            Self::One(line) => line.take(),
        }
    }
}

impl Clone for Lines<'_> {
    fn clone(&self) -> Self {
        match self {
            Self::Of { headers, field, taken, .. } => {
                let mut again = Lines::of(headers, *field);
                for _ in 0..*taken {
                    again.next();
                }
                again
            }
            Self::Kept(lines) => Self::Kept(lines.clone()),
            Self::One(line) => Self::One(*line),
        }
    }
}
