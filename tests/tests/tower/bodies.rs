//! What is sent again, and what is not.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use authwright_core::{Auth, Error, Hop, Resend, ResponseView, Scheme, Stamp, Step, Verdict};
use authwright_tower::{AuthLayer, Bodies, bytes::Bytes};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Body, Frame};
use tower_layer::Layer;

use crate::support::{Scripted, answer, block_on, call};

const URL: &str = "https://api.example.com/x";

/// Renews on every 401, once.
#[derive(Debug, Default)]
struct Renewing(AtomicU64);

impl Scheme for Renewing {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let version = self.0.load(Ordering::Relaxed);
        hop.stamp(Stamp(version)).header("authorization", format!("Renewing t{version}"))?;
        Ok(Step::Send)
    }

    fn observed(&self, response: &ResponseView<'_>, sent: Stamp) -> Result<Verdict, Error> {
        if response.status != 401 {
            return Ok(Verdict::Deliver);
        }
        self.0.store(sent.0 + 1, Ordering::Relaxed);
        Ok(Verdict::Resend { because: Resend::Renewed, stamp: Stamp(sent.0 + 1) })
    }

    fn may_resend(&self) -> bool {
        true
    }
}

/// Signs the body.
#[derive(Debug)]
struct Signing;

impl Scheme for Signing {
    fn authorize(&self, hop: &mut Hop<'_>) -> Result<Step, Error> {
        let length = hop.body().len();
        hop.header("x-signature", length.to_string())?;
        Ok(Step::Send)
    }

    fn needs_body(&self) -> bool {
        true
    }
}

/// Refuses what was not renewed.
fn client() -> Scripted {
    Scripted::new(|seen| match seen.headers.get("authorization").map(http::HeaderValue::as_bytes) {
        Some(b"Renewing t0") => answer(401, &[]),
        _ => answer(200, &[]),
    })
}

/// Status and bodies sent, of a POST.
async fn sent<B, M>(layer: &AuthLayer<M>, client: &Scripted, body: B) -> (u16, Vec<Bytes>)
where
    M: Bodies<B>,
    B: Body<Data = Bytes, Error: std::fmt::Debug> + Send + 'static,
{
    let request = Request::post(URL).body(body).unwrap();
    let outcome: Result<Response<Full<Bytes>>, _> = call(&mut layer.layer(client.clone()), request).await;
    let status = outcome.map_or_else(|error| error.status().unwrap(), |response| response.status());
    (status.as_u16(), client.take().into_iter().map(|seen| seen.body).collect())
}

fn renewing() -> AuthLayer {
    AuthLayer::new(Auth::new("https://api.example.com", Renewing::default()).unwrap())
}

fn twice(text: &'static str) -> (u16, Vec<Bytes>) {
    (200, vec![text.into(), text.into()])
}

fn once(text: &'static str) -> (u16, Vec<Bytes>) {
    (401, vec![text.into()])
}

#[test]
fn bytes_are_sent_again() {
    block_on(async {
        assert_eq!(sent(&renewing(), &client(), Full::from("whole")).await, twice("whole"));
        assert_eq!(sent(&renewing(), &client(), Empty::<Bytes>::new()).await, twice(""));
        assert_eq!(sent(&renewing(), &client(), "whole".to_owned()).await, twice("whole"));
    });
}

/// With `any_body` nothing is guessed: a body that could be kept is a stream as any other. The next request has the new token.
#[test]
fn any_body_is_sent_once() {
    block_on(async {
        let layer = renewing().any_body();
        assert_eq!(sent(&layer, &client(), Full::<Bytes>::from("whole")).await, once("whole"));
        assert_eq!(sent(&layer, &client(), Full::<Bytes>::from("whole")).await, (200, vec!["whole".into()]));

        let signing = AuthLayer::new(Auth::new("https://api.example.com", Signing).unwrap()).any_body();
        let request = Request::post(URL).body(Full::<Bytes>::from("whole")).unwrap();
        let client = client();
        let error = call(&mut signing.layer(client.clone()), request).await.unwrap_err();
        assert!(error.to_string().contains("this body is a stream"), "{error}");
        assert!(client.take().is_empty());
    });
}

/// A GET has no body, whatever is said of bodies.
#[test]
fn a_request_without_a_body_is_sent_again_with_any() {
    block_on(async {
        let layer = renewing().any_body();
        assert_eq!(sent(&layer, &client(), Full::<Bytes>::default()).await, twice(""));
        let signing = AuthLayer::new(Auth::new("https://api.example.com", Signing).unwrap()).any_body();
        assert_eq!(sent(&signing, &client(), Full::<Bytes>::default()).await, (200, vec![Bytes::new()]));
    });
}

/// Pieces without bytes add nothing to a length: their number is bounded too.
#[test]
fn a_body_of_nothing_but_empty_pieces_is_a_stream() {
    block_on(async {
        let layer = renewing().buffered(5, Boxed::new);
        let pieces = || (0..100_000).map(|_| data("")).chain([data("end")]).collect();
        assert_eq!(sent(&layer, &client(), boxed(pieces())).await, once("end"));
    });
}

/// 303 leaves the body behind, a stream as well; 307 needs it again, and is delivered where there is none.
#[test]
fn a_redirect_takes_the_body_along_or_leaves_it_behind() {
    block_on(async {
        for (status, ends, bodies, kept) in
            [(303, 200, vec!["whole", ""], vec!["whole", ""]), (307, 307, vec!["whole"], vec!["whole"; 2])]
        {
            let client = Scripted::new(move |seen| match seen.uri.as_str() {
                URL => answer(status, &[("location", "/y")]),
                _ => answer(200, &[]),
            });
            let layer = AuthLayer::new(Auth::none()).max_redirects(1);
            let [bodies, kept] = [bodies, kept].map(|all| all.into_iter().map(Bytes::from).collect());
            assert_eq!(sent(&layer, &client, Full::<Bytes>::from("whole")).await, (200, kept));
            assert_eq!(sent(&layer.any_body(), &client, Full::<Bytes>::from("whole")).await, (ends, bodies));
        }
    });
}

type Boxed = BoxBody<Bytes, String>;

fn boxed(frames: Vec<Result<Frame<Bytes>, String>>) -> Boxed {
    StreamBody::new(futures_util::stream::iter(frames)).boxed()
}

#[allow(clippy::unnecessary_wraps)] // one of a list in which there may be errors
fn data(text: &'static str) -> Result<Frame<Bytes>, String> {
    Ok(Frame::data(text.into()))
}

#[test]
fn a_short_body_that_is_ready_is_kept_by_a_buffer() {
    block_on(async {
        let layer = renewing().buffered(5, Boxed::new);
        assert_eq!(sent(&layer, &client(), boxed(vec![data("who"), data("le")])).await, twice("whole"));
        let layer = renewing().buffered(5, Boxed::new);
        assert_eq!(sent(&layer, &client(), boxed(vec![data("whole")])).await, twice("whole"));
        let layer = renewing().buffered(5, Boxed::new);
        assert_eq!(sent(&layer, &client(), boxed(vec![])).await, twice(""));
        // A byte more is a stream, and whole.
        let layer = renewing().buffered(5, Boxed::new);
        assert_eq!(sent(&layer, &client(), boxed(vec![data("who"), data("le!")])).await, once("whole!"));
        // What is kept can be signed.
        let signing =
            AuthLayer::new(Auth::new("https://api.example.com", Signing).unwrap()).buffered(5, Boxed::new);
        assert_eq!(sent(&signing, &client(), boxed(vec![data("whole")])).await, (200, vec!["whole".into()]));
    });
}

/// Trailers would be lost with the bytes alone: a body that has some is a stream.
#[test]
fn a_body_with_trailers_is_a_stream() {
    block_on(async {
        let trailers =
            Frame::trailers(HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]));
        let layer = renewing().buffered(64, Boxed::new);
        assert_eq!(sent(&layer, &client(), boxed(vec![data("whole"), Ok(trailers)])).await, once("whole"));
    });
}

/// An error that came with what was ready is the client's to see.
#[test]
fn an_error_of_the_body_is_not_swallowed() {
    block_on(async {
        let layer = renewing().buffered(64, Boxed::new);
        let request = Request::post(URL).body(boxed(vec![data("half"), Err("torn".to_owned())])).unwrap();
        let read = Arc::new(std::sync::Mutex::new(None));
        let place = Arc::clone(&read);
        let client = tower::service_fn(move |request: Request<Boxed>| {
            let place = Arc::clone(&place);
            async move {
                let outcome = request.into_body().collect().await.map(|_| ());
                *place.lock().unwrap() = Some(outcome);
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            }
        });
        call(&mut layer.layer(client), request).await.unwrap();
        assert_eq!(read.lock().unwrap().take(), Some(Err("torn".to_owned())));
    });
}

/// Says one thing, and the next only when it is asked a second time.
struct Waiting(u8);

impl Body for Waiting {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        self.0 += 1;
        match self.0 {
            1 => Poll::Ready(Some(data("first "))),
            2 => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            3 => Poll::Ready(Some(data("second"))),
            _ => Poll::Ready(None),
        }
    }
}

/// It is not waited for: what has been taken of it goes before the rest.
#[test]
fn a_body_that_has_to_be_waited_for_is_a_stream() {
    block_on(async {
        let layer = renewing().buffered(64, Boxed::new);
        assert_eq!(sent(&layer, &client(), Waiting(0).boxed()).await, once("first second"));
    });
}
