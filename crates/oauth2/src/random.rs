//! Random bytes of the system.

use authwright_core::{Error, Fault};

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|why| Error::new(Fault::Caller, format!("this system gives no random bytes: {why}")))?;
    Ok(bytes)
}
