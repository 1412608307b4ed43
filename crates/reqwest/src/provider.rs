//! Tokens from somebody else's async library: a vault, a cloud SDK.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use authwright_core::{Error, Io, Token, TokenSource, type_name};

/// Yields tokens from an async client library of yours. It may await whatever it likes; the cache around it decides when it
/// is asked.
///
/// Where a plain HTTP call would do, a [`TokenSource`] runs under both adapters. An [`Auth`](crate::Auth) with a provider
/// of this kind is refused by the blocking adapter when its agent is built.
///
/// ```
/// use authwright_reqwest::{Auth, Provided, SchemeError, Token, TokenProvider, Tokens, async_trait};
///
/// #[derive(Debug)]
/// struct Vault; // holds the client of the vault's own library
///
/// #[async_trait]
/// impl TokenProvider for Vault {
///     async fn token(&self) -> Result<Token, SchemeError> {
///         // let secret = self.client.read("secret/api").await?;
///         Ok(Token::new("t0ken"))
///     }
/// }
///
/// let auth = Auth::new("https://api.example.com", Tokens::new(Provided::by(Vault))?)?;
/// # Ok::<(), SchemeError>(())
/// ```
#[async_trait]
pub trait TokenProvider: fmt::Debug + Send + Sync + 'static {
    /// Gets a token. Give it a lifetime, and it is renewed ahead of its end.
    ///
    /// # Errors
    /// There is none. Make the error [transient](Error::transient) where a later try may succeed.
    async fn token(&self) -> Result<Token, Error>;

    /// What its tokens are kept under in a store. None: they are kept in memory alone, or under what
    /// [`store_as`](crate::TokensBuilder::store_as) says.
    fn identity(&self) -> Option<String> {
        None
    }
}

/// For a provider that is chosen at run time.
#[async_trait]
impl<P: TokenProvider + ?Sized> TokenProvider for Box<P> {
    async fn token(&self) -> Result<Token, Error> {
        (**self).token().await
    }

    fn identity(&self) -> Option<String> {
        (**self).identity()
    }
}

/// A [`TokenProvider`] as a source for [`Tokens`](crate::Tokens).
#[derive(Debug)]
pub struct Provided<P>(Arc<P>);

impl<P: TokenProvider> Provided<P> {
    /// Tokens by this provider.
    pub fn by(provider: P) -> Self {
        Self(Arc::new(provider))
    }
}

impl<P: TokenProvider> TokenSource for Provided<P> {
    async fn fetch(&self, io: &Io) -> Result<Token, Error> {
        let provider = Arc::clone(&self.0);
        io.await_foreign(async move { provider.token().await }).await?
    }

    fn identity(&self) -> Option<String> {
        self.0.identity()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<P>())
    }

    fn needs_async(&self) -> bool {
        true
    }
}
