//! An error in other words, and otherwise as it was.

use authwright_core::Error;

/// Whose fault it is, whether it passes and how long to wait stay.
pub(crate) fn in_other_words(error: &Error, message: String) -> Error {
    let new = Error::new(error.fault(), message);
    match (error.is_transient(), error.retry_after()) {
        (_, Some(wait)) => new.with_retry_after(wait),
        (true, None) => new.transient(),
        (false, None) => new,
    }
}
