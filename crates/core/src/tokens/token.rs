//! A token and what is known about it.

use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret, SecretString};

use crate::{Fingerprint, SecretValue};

/// A token somebody has issued. Cheap to clone; clones are the same token. Never printed.
///
/// ```
/// use authwright_core::Token;
/// use std::time::{Duration, SystemTime};
///
/// let token = Token::new("t0ken").lifetime(SystemTime::now(), Duration::from_secs(300)).refresh_token("r3fresh");
/// assert_eq!(token.expose(), "t0ken");
/// assert!(!format!("{token:?}").contains("t0ken"));
/// ```
#[derive(Clone)]
pub struct Token(pub(super) Arc<Parts>);

#[derive(Clone)]
pub(super) struct Parts {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    pub(super) issued: Option<SystemTime>,
    pub(super) expires: Option<SystemTime>,
    pub(super) scope: Option<Box<str>>,
    /// Few: each name once.
    pub(super) details: Vec<(Cow<'static, str>, SecretValue)>,
}

impl Token {
    /// A token of which nothing else is known. Without a lifetime it is used until a server refuses it: unknown is not
    /// for ever (RFC 6749 section 5.1).
    pub fn new(token: impl Into<String>) -> Self {
        Self(Arc::new(Parts {
            access: token.into().into(),
            refresh: None,
            issued: None,
            expires: None,
            scope: None,
            details: Vec::new(),
        }))
    }

    /// How long it lives, from when it was asked for: [`Answer::asked_at`](crate::flow::Answer::asked_at). A lifetime that
    /// no clock can hold is unknown.
    pub fn lifetime(self, asked_at: SystemTime, lifetime: Duration) -> Self {
        self.change(|parts| {
            parts.issued = Some(asked_at);
            parts.expires = asked_at.checked_add(lifetime);
        })
    }

    /// When it ends, where that is known as a moment.
    pub fn expires_at(self, moment: SystemTime) -> Self {
        self.change(|parts| parts.expires = Some(moment))
    }

    /// What it can be renewed with (RFC 6749 section 6).
    pub fn refresh_token(self, refresh: impl Into<String>) -> Self {
        self.change(|parts| parts.refresh = Some(refresh.into().into()))
    }

    /// The same without anything it could be renewed with: for somebody who is to use it and no more.
    pub fn without_refresh_token(self) -> Self {
        self.change(|parts| parts.refresh = None)
    }

    /// The scope it was granted (RFC 6749 section 3.3).
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.change(|parts| parts.scope = Some(scope.into().into()))
    }

    /// Something its source wants back when it renews the token, after a restart too: a token endpoint, a client secret.
    /// Kept in the store, and counted as secret.
    pub fn detail(self, name: impl Into<Cow<'static, str>>, value: impl Into<SecretValue>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.change(|parts| match parts.details.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => parts.details.push((name, value)),
        })
    }

    /// The token itself: the one method to search for when auditing where tokens leave our types.
    pub fn expose(&self) -> &str {
        self.0.access.expose_secret()
    }

    /// What it can be renewed with, exposed.
    pub fn expose_refresh_token(&self) -> Option<&str> {
        Some(self.0.refresh.as_ref()?.expose_secret())
    }

    /// A detail its source has given it, exposed.
    pub fn expose_detail(&self, name: &str) -> Option<&str> {
        self.0.detail(name)
    }

    /// When it ends. None: not known.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.0.expires
    }

    /// When it was asked for.
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.0.issued
    }

    /// The scope it was granted, where that is known.
    pub fn granted_scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// The mark by which messages tell tokens apart.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.expose())
    }

    /// What a renewal leaves as it was: no new refresh token means that the old one stays, no scope that it is the same
    /// (RFC 6749 sections 5.1 and 6). Details are kept too, where the new token has none of that name.
    pub(crate) fn inherit(self, old: Option<&Self>) -> Self {
        let Some(old) = old else { return self };
        self.change(|parts| {
            parts.refresh = parts.refresh.take().or_else(|| old.0.refresh.clone());
            parts.scope = parts.scope.take().or_else(|| old.0.scope.clone());
            for (name, value) in &old.0.details {
                if parts.detail(name).is_none() {
                    parts.details.push((name.clone(), value.clone()));
                }
            }
        })
    }

    /// Counts its lifetime from here, where its source has not said from when.
    pub(crate) fn issued_by(self, moment: SystemTime) -> Self {
        self.change(|parts| parts.issued = parts.issued.or(Some(moment)))
    }

    fn change(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Parts {
    fn detail(&self, name: &str) -> Option<&str> {
        self.details.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }
}

/// Shows what is not secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("fingerprint", &self.fingerprint())
            .field("expires", &self.0.expires)
            .field("scope", &self.0.scope)
            .field("renewable", &self.0.refresh.is_some())
            .finish_non_exhaustive()
    }
}
