//! Random bytes of the system.

use authwright_core::{Error, Fault};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|why| Error::new(Fault::Caller, format!("this system gives no random bytes: {why}")))?;
    Ok(bytes)
}

/// A part of a path that nobody can guess.
pub(crate) fn segment() -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(random::<12>()?))
}
