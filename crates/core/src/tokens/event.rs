//! What a listener is told.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::Token;
use crate::{Error, flow::Io};

/// Something that has happened to a token. A listener is called where it may block, one event after the other.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenEvent {
    /// A new token, from its source. It is in the store already, where there is one, and not yet in use: whoever keeps
    /// tokens by themselves can do so here before anything depends on it.
    Renewed(Token),
    /// A token that another process has put into the store.
    Adopted(Token),
    /// The token is in use but could not be stored. Storing is tried again; a restart before that loses it.
    NotSaved(Error),
    /// There is no new token.
    Failed(Error),
}

pub(super) type Listener = Arc<dyn Fn(&TokenEvent) + Send + Sync>;

/// Tells it, where blocking is allowed. A panic there is the listener's own affair: the token must not be lost for it.
pub(super) async fn tell(listener: Option<&Listener>, io: &Io, event: impl FnOnce() -> TokenEvent) {
    let Some(listener) = listener.map(Arc::clone) else { return };
    let event = event();
    let told = io.block(move || drop(catch_unwind(AssertUnwindSafe(|| listener(&event)))));
    let _ = told.await;
}
