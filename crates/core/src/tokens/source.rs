//! Where tokens come from.

use std::{fmt, pin::Pin, sync::Arc};

use super::{Token, Tokens};
use crate::{Error, Scheme, flow::Io, type_name::type_name};

/// Gets tokens: a login endpoint, an OAuth grant, something of your own.
///
/// The cache around it decides when: once for everybody, ahead of the end, after a refusal. Errors decide what follows. A
/// [transient](Error::transient) one keeps a token that is still valid and is tried again soon; any other says that
/// somebody has to act, and is tried again rarely.
///
/// ```
/// use authwright_core::{Auth, Error, Fault, Token, TokenSource, Tokens, flow::Io};
///
/// /// A metadata service on the machine itself.
/// #[derive(Debug)]
/// struct Metadata;
///
/// impl TokenSource for Metadata {
///     async fn fetch(&self, io: &Io) -> Result<Token, Error> {
///         let answer = io.send(http::Request::get("http://127.0.0.1:8181/token").body("")?).await?;
///         let json = answer.json()?;
///         let token = json.text("/access_token").ok_or_else(|| Error::new(Fault::Server, "there is no token"))?;
///         let token = Token::new(token);
///         Ok(match json.lifetime("/expires_in") {
///             Some(lifetime) => token.lifetime(answer.asked_at(), lifetime),
///             None => token,
///         })
///     }
/// }
///
/// let auth = Auth::new("https://api.example.com", Tokens::new(Metadata)?)?;
/// # Ok::<(), Error>(())
/// ```
pub trait TokenSource: fmt::Debug + Send + Sync + 'static {
    /// Gets a token from nothing. It may await `io` and nothing else: see [`Flow`](crate::Flow).
    fn fetch(&self, io: &Io) -> impl Future<Output = Result<Token, Error>> + Send;

    /// Gets a token in place of one there was, which may have ended, and may have come from a store. Where there is no
    /// difference, this is [`fetch`](Self::fetch).
    fn renew(&self, old: &Token, io: &Io) -> impl Future<Output = Result<Token, Error>> + Send {
        let _ = old;
        self.fetch(io)
    }

    /// What its tokens are kept under in a store: everything that makes one token differ from another (server, client,
    /// user, scope), and no secret. None: the [builder](super::TokensBuilder::store_as) has to say it.
    fn identity(&self) -> Option<String> {
        None
    }

    /// Names it, for messages: `login at https://api.example.com`.
    ///
    /// # Errors
    /// Only those of the formatter.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<Self>())
    }

    /// How its tokens go on a request, where that is another way than `Authorization: Bearer …`: tokens bound to a key, say
    /// (RFC 9449). They then go in no other.
    ///
    /// # Errors
    /// There is such a way, and a part of it is malformed.
    fn scheme(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        let _ = tokens;
        Ok(None)
    }

    /// Whether a token that is gone from its store is over: somebody has signed out, in whatever process. Otherwise it is
    /// renewed with what this process remembers.
    fn ends_with_its_record(&self) -> bool {
        false
    }

    /// Whether it needs an async client: it awaits a future that is not its [`Io`]'s.
    fn needs_async(&self) -> bool {
        false
    }
}

/// A token source that has been checked, with its type forgotten.
#[derive(Clone)]
pub struct Source(pub(super) Arc<dyn AnySource>);

impl Source {
    /// Whether it says what its token is kept under.
    #[cfg(feature = "config")]
    pub(crate) fn names_itself(&self) -> bool {
        self.0.identity_any().is_some()
    }

    /// A source of your own.
    pub fn new(source: impl TokenSource) -> Self {
        Self(Arc::new(source))
    }

    /// Gets a token, in place of `old` if there is one, with no cache around it: for a source of your own that has this one
    /// inside.
    ///
    /// # Errors
    /// Its own.
    ///
    /// ```
    /// use authwright_core::{Error, Source, Token, TokenSource, flow::Io};
    ///
    /// /// Tells of each new token.
    /// #[derive(Debug)]
    /// struct Told(Source);
    ///
    /// impl TokenSource for Told {
    ///     async fn fetch(&self, io: &Io) -> Result<Token, Error> {
    ///         let token = self.0.fetch(None, io).await?;
    ///         println!("a new token: {}", token.fingerprint());
    ///         Ok(token)
    ///     }
    /// }
    /// ```
    pub async fn fetch(&self, old: Option<&Token>, io: &Io) -> Result<Token, Error> {
        self.0.fetch_any(old, io).await
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(")?;
        self.0.describe_any(f)?;
        f.write_str(")")
    }
}

/// Anything [`Tokens::new`](super::Tokens::new) takes: descriptions that are checked there, a fixed [`Token`], and every
/// [`TokenSource`] of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that tokens come from",
    label = "expected a source of tokens",
    note = "give a `LoginEndpoint`, an OAuth grant, a fixed `Token`, `Provided::by(provider)`, or a type of yours that implements \
            `TokenSource`"
)]
pub trait IntoSource {
    /// Resolves secrets and checks every part.
    ///
    /// # Errors
    /// A secret is missing or a part is malformed. The error names it.
    fn into_source(self) -> Result<Source, Error>;
}

#[diagnostic::do_not_recommend]
impl<S: TokenSource> IntoSource for S {
    fn into_source(self) -> Result<Source, Error> {
        Ok(Source::new(self))
    }
}

impl IntoSource for Source {
    fn into_source(self) -> Result<Source, Error> {
        Ok(self)
    }
}

/// A token that is used as it is, and cannot be renewed.
impl IntoSource for Token {
    fn into_source(self) -> Result<Source, Error> {
        Ok(Source(Arc::new(Fixed(self))))
    }
}

pub(super) type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Token, Error>> + Send + 'a>>;

/// [`TokenSource`] as a trait object.
pub(super) trait AnySource: Send + Sync {
    fn fetch_any<'a>(&'a self, old: Option<&'a Token>, io: &'a Io) -> Fetching<'a>;
    fn identity_any(&self) -> Option<String>;
    fn describe_any(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn needs_async_any(&self) -> bool;
    fn scheme_any(&self, _: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        Ok(None)
    }
    fn ends_with_its_record_any(&self) -> bool {
        false
    }
    fn fixed(&self) -> Option<&Token> {
        None
    }
}

impl<S: TokenSource> AnySource for S {
    fn fetch_any<'a>(&'a self, old: Option<&'a Token>, io: &'a Io) -> Fetching<'a> {
        match old {
            Some(old) => Box::pin(self.renew(old, io)),
            None => Box::pin(self.fetch(io)),
        }
    }

    fn identity_any(&self) -> Option<String> {
        self.identity()
    }

    fn describe_any(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }

    fn needs_async_any(&self) -> bool {
        self.needs_async()
    }

    fn scheme_any(&self, tokens: &Tokens) -> Result<Option<Arc<dyn Scheme>>, Error> {
        self.scheme(tokens)
    }

    fn ends_with_its_record_any(&self) -> bool {
        self.ends_with_its_record()
    }
}

struct Fixed(Token);

impl AnySource for Fixed {
    fn fetch_any<'a>(&'a self, _: Option<&'a Token>, _: &'a Io) -> Fetching<'a> {
        Box::pin(async {
            Err(Error::credential("the fixed token has ended and cannot be renewed; supply another one"))
        })
    }

    fn identity_any(&self) -> Option<String> {
        None
    }

    fn describe_any(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fixed token")
    }

    fn needs_async_any(&self) -> bool {
        false
    }

    fn fixed(&self) -> Option<&Token> {
        Some(&self.0)
    }
}
