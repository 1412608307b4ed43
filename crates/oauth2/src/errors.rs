//! An error in other words, and otherwise as it was.

use authwright_core::Error;

/// Whose fault it is, whether it passes, whether time ran out and how long to wait stay.
pub(crate) fn in_other_words(error: &Error, message: String) -> Error {
    let new = Error::of_client(error.fault(), error.is_transient(), error.is_timeout(), message);
    match error.retry_after() {
        Some(wait) => new.with_retry_after(wait),
        None => new,
    }
}
