//! Feature `tracing`: the same events for a subscriber, and a span for each flow. Without the feature all of it is nothing.

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::{Source, flow, request, token, wants_requests};
#[cfg(feature = "tracing")]
pub(crate) use self::on::{Source, flow, request, token, wants_requests};

#[cfg(feature = "tracing")]
mod on {
    use std::{
        future::poll_fn,
        panic::{AssertUnwindSafe, catch_unwind},
        pin::pin,
        sync::Arc,
    };

    use tracing::Level;

    use crate::observe::{Event, Name, Told};

    /// What subscribers filter by.
    macro_rules! target {
        () => {
            "authwright"
        };
    }

    /// Whether a subscriber wants to hear of every request. One load of an atomic where there is none.
    #[inline]
    pub(crate) fn wants_requests() -> bool {
        tracing::enabled!(target: target!(), Level::DEBUG)
    }

    macro_rules! report {
        ($level:expr, $event:expr, $origin:expr, $source:expr) => {
            tracing::event!(
                target: target!(),
                $level,
                event = $event.name(),
                origin = $origin,
                source = $source,
                label = $event.label(),
                why = $event.why(),
                status = $event.status(),
                elapsed = $event.elapsed().map(|elapsed| elapsed.as_secs_f64()),
            )
        };
    }

    /// What has happened to a request.
    pub(crate) fn request(event: &Event<'_>) {
        report(event, Some(event.origin()), None);
    }

    /// What has happened to a token: once, whichever origins it is for.
    pub(crate) fn token(told: impl Fn() -> Told, source: &str) {
        report(&told().event(), None, Some(source));
    }

    /// A subscriber is somebody else's code: a panic in it is its own affair.
    fn report(event: &Event<'_>, origin: Option<&str>, source: Option<&str>) {
        drop(catch_unwind(AssertUnwindSafe(|| match event.name {
            Name::Denied | Name::RenewalFailed => report!(Level::WARN, event, origin, source),
            _ => report!(Level::DEBUG, event, origin, source),
        })));
    }

    /// What a flow fetches from, where it is known.
    pub(crate) struct Source(Option<Arc<str>>);

    impl Source {
        pub(crate) const UNKNOWN: Self = Self(None);

        pub(crate) fn of(name: &Arc<str>) -> Self {
            Self(Some(Arc::clone(name)))
        }
    }

    /// A flow with a span of its own, which is entered while the flow is stepped and not while the driver sends.
    pub(crate) async fn flow<F: Future>(source: Source, conversation: F) -> F::Output {
        let span = tracing::debug_span!(target: target!(), "authwright.flow", source = source.0.as_deref());
        let mut conversation = pin!(conversation);
        poll_fn(|context| {
            let _entered = span.enter();
            conversation.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::sync::Arc;

    use crate::observe::{Event, Told};

    #[inline]
    pub(crate) const fn wants_requests() -> bool {
        false
    }

    #[inline]
    pub(crate) const fn request(_: &Event<'_>) {}

    #[inline]
    pub(crate) fn token(_: impl Fn() -> Told, _: &str) {}

    pub(crate) struct Source;

    impl Source {
        pub(crate) const UNKNOWN: Self = Self;

        pub(crate) fn of(_: &Arc<str>) -> Self {
            Self
        }
    }

    #[inline]
    pub(crate) fn flow<F: Future>(_: Source, conversation: F) -> F {
        conversation
    }
}
