//! Tokens from somebody else's blocking library: a vault, a cloud SDK.

use std::{fmt, sync::Arc};

use authwright_core::{Error, Io, Token, TokenSource, type_name};

/// Yields tokens from a blocking client library of yours. The cache around it decides when it is asked, on a thread where it
/// may block.
///
/// Where a plain HTTP call would do, a [`TokenSource`] runs under both adapters.
///
/// ```
/// use authwright_ureq::{Auth, Provided, SchemeError, Token, TokenProvider, Tokens};
///
/// #[derive(Debug)]
/// struct Vault; // holds the client of the vault's own library
///
/// impl TokenProvider for Vault {
///     fn token(&self) -> Result<Token, SchemeError> {
///         // let secret = self.client.read("secret/api")?;
///         Ok(Token::new("t0ken"))
///     }
/// }
///
/// let auth = Auth::new("https://api.example.com", Tokens::new(Provided::by(Vault))?)?;
/// # Ok::<(), SchemeError>(())
/// ```
pub trait TokenProvider: fmt::Debug + Send + Sync + 'static {
    /// Gets a token. Give it a lifetime, and it is renewed ahead of its end.
    ///
    /// # Errors
    /// There is none. Make the error [transient](Error::transient) where a later try may succeed.
    fn token(&self) -> Result<Token, Error>;

    /// What its tokens are kept under in a store. None: they are kept in memory alone, or under what
    /// [`store_as`](crate::TokensBuilder::store_as) says.
    fn identity(&self) -> Option<String> {
        None
    }
}

/// For a provider that is chosen at run time.
impl<P: TokenProvider + ?Sized> TokenProvider for Box<P> {
    fn token(&self) -> Result<Token, Error> {
        (**self).token()
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
        io.block(move || provider.token()).await?
    }

    fn identity(&self) -> Option<String> {
        self.0.identity()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<P>())
    }
}
