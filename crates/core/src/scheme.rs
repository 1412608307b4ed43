//! What a scheme is: how a credential goes onto a request, and what it learns from responses.

use std::{fmt, sync::Arc};

use crate::{Error, Flight, Flow, Hop, ResponseView, Slot, Tokens, type_name::type_name};

/// A way to put a credential on a request. Implement it for a scheme of your own.
///
/// The [`Exchange`](crate::Exchange) calls [`authorize`](Scheme::authorize) for every hop whose target the entry's
/// [`Origin`](crate::Origin) covers, and [`observed`](Scheme::observed) for every response to such a hop. A scheme
/// never decides *whether* it may speak: origin, caller-set fields and redirects are judged before and after it.
///
/// What a wrong implementation costs: a field not written through the [`Hop`] is not seen by the rules, so it travels
/// on to other hosts. A header added later by the client (`Host`, `User-Agent`, `Content-Length`, cookies of its jar)
/// cannot be signed.
///
/// ```
/// use authwright_core::{Error, Hop, Scheme, Step};
///
/// /// Sends a counter, so that the server can spot a replay.
/// #[derive(Debug, Default)]
/// struct Counter(std::sync::atomic::AtomicU64);
///
/// impl Scheme for Counter {
///     fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
///         let count = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         hop.header("x-count", count)?;
///         Ok(Step::Send)
///     }
/// }
///
/// let mut hop = Hop::test("GET", "https://api.example.com/");
/// Counter::default().authorize(&mut hop)?;
/// assert_eq!(hop.attached("x-count"), Some("0"));
/// # Ok::<(), Error>(())
/// ```
pub trait Scheme: fmt::Debug + Send + Sync + 'static {
    /// Puts the credential on the hop. All of what it writes goes on, or none of it.
    ///
    /// # Errors
    /// The hop cannot be authorised; it is not sent, and nothing written to it remains.
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error>;

    /// Learns from the response to a hop this scheme has authorised: every response, a 200 too.
    ///
    /// Asking for a resend needs [`may_resend`](Scheme::may_resend), a body that can be sent again, something new to
    /// say (a stamp other than `sent`) and budget; otherwise the response is delivered.
    ///
    /// # Errors
    /// The response proves that something is wrong (a forged answer, say): it is not delivered.
    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        let _ = (response, sent);
        Ok(Verdict::Deliver)
    }

    /// Whether [`observed`](Scheme::observed) may ever ask for a resend. False: no copy of the request is kept for it.
    fn may_resend(&self) -> bool {
        false
    }

    /// Whether [`Hop::body`] is needed. A body that is a stream is then a clear error before anything is sent.
    fn needs_body(&self) -> bool {
        false
    }

    /// Whether the scheme signs what others attach. Signers run last, over the hop as the others left it.
    fn signs(&self) -> bool {
        self.needs_body()
    }

    /// Whether the scheme may say [`Step::Bare`]: it sends nothing before the server has asked for it.
    fn waits(&self) -> bool {
        false
    }

    /// Whether the scheme needs futures of somebody else's, which a blocking client cannot await: it is then refused when
    /// such a client is built.
    fn needs_async(&self) -> bool {
        false
    }

    /// Whether [`observed`](Scheme::observed) does anything. False spares the call.
    fn listens(&self) -> bool {
        true
    }

    /// The fields this scheme writes, where they are known beforehand: two entries that write the same field for the
    /// same place are then an error when the [`Auth`](crate::Auth) is built, not a surprise later.
    fn writes(&self) -> &[Slot] {
        &[]
    }

    /// The tokens that it places, where it does: whoever [observes](crate::Auth::observe) the `Auth` hears of their renewals.
    fn tokens(&self) -> Option<&Tokens> {
        None
    }

    /// Names the scheme and where its secret came from, for messages: ``query key `appid` (env NAME, #3f9a)``.
    ///
    /// # Errors
    /// Only those of the formatter.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<Self>())
    }
}

// A scheme is held as a trait object; this fails to compile if the trait stops allowing it.
const _: Option<&dyn Scheme> = None;

/// What the exchange does after [`Scheme::authorize`]. For `Start` and `Wait`, what was written to the hop is taken back, and
/// the scheme is called again.
///
/// A scheme that waits to be asked, for one server; one for several keeps what it learns by
/// [`ResponseView::target`]:
///
/// ```
/// use std::sync::OnceLock;
/// use authwright_core::{Challenges, Error, Hop, Resend, ResponseView, Scheme, Slot, Stamp, Step, Verdict};
/// use http::{HeaderMap, HeaderValue, StatusCode, header};
///
/// #[derive(Debug)]
/// struct Echo {
///     word: OnceLock<String>,
///     writes: [Slot; 1], // [Slot::Header(header::AUTHORIZATION)]
/// }
///
/// impl Scheme for Echo {
///     fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
///         let Some(word) = self.word.get() else { return Ok(Step::Bare) };
///         hop.header("authorization", format!("Echo {word}"))?.stamp(Stamp(1));
///         Ok(Step::Send)
///     }
///
///     fn observed(&self, response: &ResponseView<'_>, _sent: Stamp) -> Result<Verdict, Error> {
///         if response.status != StatusCode::UNAUTHORIZED {
///             return Ok(Verdict::Deliver);
///         }
///         let asked = Challenges::of(response.headers).find(|challenge| challenge.is("Echo"));
///         let Some(word) = asked.and_then(|challenge| challenge.param("word")) else {
///             return Ok(Verdict::Unanswered("it offers no Echo challenge"));
///         };
///         self.word.get_or_init(|| word.text().into_owned());
///         // Where this was sent already, it is refused, and not sent again.
///         Ok(Verdict::Resend { because: Resend::Challenged, stamp: Stamp(1) })
///     }
///
///     fn waits(&self) -> bool {
///         true
///     }
///
///     fn may_resend(&self) -> bool {
///         true
///     }
///
///     fn writes(&self) -> &[Slot] {
///         &self.writes
///     }
/// }
///
/// let echo = Echo { word: OnceLock::new(), writes: [Slot::Header(header::AUTHORIZATION)] };
/// assert!(matches!(echo.authorize(&mut Hop::test("GET", "https://api.example.com/"))?, Step::Bare));
///
/// let asked = HeaderMap::from_iter([(header::WWW_AUTHENTICATE, HeaderValue::from_static("Echo word=hello"))]);
/// echo.observed(&ResponseView::new(StatusCode::UNAUTHORIZED, &asked), Stamp::default())?;
///
/// let mut again = Hop::test("GET", "https://api.example.com/");
/// echo.authorize(&mut again)?;
/// assert_eq!(again.attached("authorization"), Some("Echo hello"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// The hop is ready.
    Send,
    /// The hop goes without this credential: the server has to ask for it first. An error for a scheme that does not
    /// [say so](Scheme::waits). What it declares to [write](Scheme::writes) stays free; without that, another entry may
    /// take the place.
    Bare,
    /// A conversation has to be started that runs by itself, whatever becomes of this request.
    Start(Box<Launch>),
    /// A conversation that somebody has started has to land first.
    Wait(Box<Flight>),
}

/// A conversation to be started, and what to wait for afterwards, if anything.
#[derive(Debug)]
pub struct Launch {
    pub(crate) flow: Flow<()>,
    pub(crate) then: Option<Flight>,
}

impl Launch {
    /// `then`: what the hop has to wait for once the flow runs.
    pub fn new(flow: Flow<()>, then: Option<Flight>) -> Self {
        Self { flow, then }
    }
}

/// What the exchange does after [`Scheme::observed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Hand the response to the caller (or follow it, where it redirects).
    Deliver,
    /// Send the request once more, authorised anew.
    Resend {
        /// Why: each reason has a small budget of its own.
        because: Resend,
        /// Marks what would be said now. Equal to what was sent: there is nothing new to say, so no resend. The hop that is sent
        /// again [gives it back](Hop::promised).
        stamp: Stamp,
    },
    /// As `Deliver`, and says for the [`Denied`](crate::Denied) of a 401 why the server's challenges could not be answered,
    /// as the end of a sentence: `it offers only algorithms that are not known here`.
    Unanswered(&'static str),
}

/// Why a request is sent once more. Each reason has its own budget, refilled when a redirect changes the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resend {
    /// A first challenge is answered (RFC 9110 section 11.6.1).
    Challenged,
    /// A token was renewed (RFC 6750 section 3.1).
    Renewed,
    /// A nonce had gone stale or was demanded (RFC 7616 section 3.3, RFC 9449 section 8).
    Nonce,
    /// More scope was obtained (RFC 6750 section 3.1, RFC 9470).
    SteppedUp,
}

impl Resend {
    pub(crate) const COUNT: usize = 4;

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Challenged => 0,
            Self::Renewed => 1,
            Self::Nonce => 2,
            Self::SteppedUp => 3,
        }
    }
}

/// Marks which version of a credential was sent: a token's generation, a nonce's count. A scheme sets it with
/// [`Hop::stamp`] and gets it back in [`Scheme::observed`]; the default, 0, where it set none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub u64);

/// Anything [`Auth::new`](crate::Auth::new) takes as its second argument: the schemes of this crate, which are
/// descriptions that are checked there, `(user, password)`, and every [`Scheme`] of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no credential that can be put on a request",
    label = "expected a scheme",
    note = "give `ApiKey::header(name, value)`, `Basic`, `Bearer`, `(user, password)`, `&tokens`, or a type of yours that implements `Scheme`"
)]
pub trait IntoScheme {
    /// Resolves secrets and checks every part.
    ///
    /// # Errors
    /// A secret is missing, or has characters its place cannot have. The error names it.
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error>;

    /// What this is, for the error of a secret that is missing: ``query key `appid` ``.
    fn what(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<S: Scheme> IntoScheme for S {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        Ok(Arc::new(self))
    }

    fn what(&self) -> String {
        Described(self).to_string()
    }
}

impl IntoScheme for Arc<dyn Scheme> {
    fn into_scheme(self) -> Result<Arc<dyn Scheme>, Error> {
        Ok(self)
    }

    fn what(&self) -> String {
        Described(&**self).to_string()
    }
}

/// Shows a scheme by its [`Scheme::describe`].
pub(crate) struct Described<'a>(pub(crate) &'a dyn Scheme);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}
