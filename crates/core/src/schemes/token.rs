//! Placing tokens: what goes on a hop is made once for each token, and shared.
//!
//! Two schemes that differ in what they put on the hop and in their name alone. One scheme that asks each time which of them
//! it is costs six instructions a request; one that is generic over the difference is longer than the two.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;
use http::header::AUTHORIZATION;

use super::{
    bearer,
    placed::{Form, Mould},
};
use crate::{
    Error, Hop, IntoScheme, ResponseView, Scheme, Slot, Stamp, Step, Token, Tokens, Verdict, secret::Resolved,
};

/// `Authorization: Bearer …`. The value is made by the cache, where a token lands.
pub(super) struct BearerToken {
    tokens: Tokens,
    slots: [Slot; 1],
}

impl BearerToken {
    pub(super) fn new(tokens: Tokens) -> Self {
        Self { tokens, slots: [Slot::Header(AUTHORIZATION)] }
    }
}

/// Tokens that go in a way of their own go in no other: a bound one sent bare would look like a stolen one (RFC 9449
/// section 7.1).
pub(super) fn check_unbound(tokens: &Tokens, what: &str) -> Result<(), Error> {
    if tokens.own_scheme()?.is_none() {
        return Ok(());
    }
    Err(Error::caller(format!(
        "the tokens from {} are bound to a key and cannot go as {what}; give them to Auth::new as they are",
        tokens.source_name()
    )))
}

impl Scheme for BearerToken {
    #[inline]
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        self.tokens.place(hop, |hop, token, _, ready| match ready {
            Some(value) => hop.header_ready(&AUTHORIZATION, value),
            None => Err(unsendable(token, &self.tokens)),
        })
    }

    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        Ok(self.tokens.observed(response, sent))
    }

    fn may_resend(&self) -> bool {
        self.tokens.is_renewable()
    }

    fn needs_async(&self) -> bool {
        self.tokens.needs_async()
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn tokens(&self) -> Option<&Tokens> {
        Some(&self.tokens)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer (")?;
        self.tokens.describe(f)?;
        f.write_str(")")
    }
}

/// Nothing that was fetched is shown, only what is wrong with it.
#[cold]
fn unsendable(token: &Token, tokens: &Tokens) -> Error {
    let token = resolved(token, tokens);
    bearer::check(&token)
        .err()
        .unwrap_or_else(|| Error::unsendable(format!("{} cannot be sent", token.subject)))
}

fn resolved(token: &Token, tokens: &Tokens) -> Resolved {
    let source = tokens.source_name();
    Resolved {
        value: Arc::new(token.expose().to_owned().into()),
        subject: format!("the token from {source}"),
        reference: source.to_owned(),
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }
}

/// A token where an API key would be: in a header of another name, in the query, in a cookie; or as a password.
pub(super) struct PlacedToken {
    tokens: Tokens,
    mould: Mould,
    slots: [Slot; 1],
    /// What the token last seen looks like on a hop.
    ready: ArcSwapOption<(Stamp, Form)>,
}

impl PlacedToken {
    pub(super) fn new(mould: Mould, tokens: Tokens) -> Result<Self, Error> {
        check_unbound(&tokens, mould.what())?;
        // Checks the name and the place before there is a token.
        let slots = [mould.form(&resolved(&Token::new("t"), &tokens))?.slot()];
        Ok(Self { tokens, mould, slots, ready: ArcSwapOption::empty() })
    }
}

impl Scheme for PlacedToken {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        self.tokens.place(hop, |hop, token, stamp, _| {
            if let Some(ready) = self.ready.load().as_ref().filter(|ready| ready.0 == stamp) {
                return ready.1.put_on(hop);
            }
            let form = self.mould.form(&resolved(token, &self.tokens))?;
            form.put_on(hop)?;
            self.ready.store(Some(Arc::new((stamp, form))));
            Ok(())
        })
    }

    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        Ok(self.tokens.observed(response, sent))
    }

    fn may_resend(&self) -> bool {
        self.tokens.is_renewable()
    }

    fn needs_async(&self) -> bool {
        self.tokens.needs_async()
    }

    fn writes(&self) -> &[Slot] {
        &self.slots
    }

    fn tokens(&self) -> Option<&Tokens> {
        Some(&self.tokens)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.mould.what())?;
        self.tokens.describe(f)?;
        f.write_str(")")
    }
}

impl fmt::Debug for PlacedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }
}

/// Sent as `Authorization: Bearer …`, or in the way their source [says](crate::TokenSource::scheme).
impl IntoScheme for Tokens {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        Ok(self.own_scheme()?.unwrap_or_else(|| Arc::new(BearerToken::new(self))))
    }

    fn what(&self) -> String {
        "Bearer".into()
    }
}

/// As for [`Tokens`].
impl IntoScheme for &Tokens {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        self.clone().into_scheme()
    }

    fn what(&self) -> String {
        "Bearer".into()
    }
}
