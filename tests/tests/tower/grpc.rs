//! tonic's client over HTTP/2: a unary call is sent again after a renewal, and a stream is not held up.

use std::sync::{Arc, Mutex};

use authwright_core::Auth;
use authwright_testkit::FakeServer;
use authwright_tower::{
    AuthLayer, AuthService, Buffered,
    bytes::{Buf, BufMut, Bytes},
};
use http::{HeaderMap, Response, uri::PathAndQuery};
use tokio::net::{TcpListener, TcpStream};
use tonic::{
    Code, Status,
    body::Body,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Channel, Endpoint},
};
use tower_layer::Layer;

use crate::support::{block_on, http, tokens};

/// Messages as they are: no code is generated here.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// How the server refuses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Refuses {
    /// As HTTP does.
    Status401,
    /// As gRPC does, before there is a message.
    TrailersOnly,
}

/// A server of gRPC that echoes each message as it comes, and refuses the first tokens it sees.
struct Server {
    origin: String,
    /// Paths, and tokens.
    calls: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    async fn start(refuses: Refuses, good: impl Fn(usize) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::<Mutex<Vec<(String, String)>>>::default();
        let (seen, good) = (Arc::clone(&calls), Arc::new(good));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&seen), refuses, good.clone()));
            }
        });
        Self { origin, calls }
    }

    fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

async fn serve(
    socket: TcpStream,
    calls: Arc<Mutex<Vec<(String, String)>>>,
    refuses: Refuses,
    good: Arc<impl Fn(usize) -> bool + Send + Sync + 'static>,
) {
    let mut connection = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let token = request.headers().get("authorization").map(|token| token.to_str().unwrap().to_owned());
        let number = {
            let mut calls = calls.lock().unwrap();
            calls.push((request.uri().path().to_owned(), token.unwrap_or_default()));
            calls.len()
        };
        let response = Response::builder().header("content-type", "application/grpc");
        if !good(number) {
            let response = match refuses {
                Refuses::Status401 => response.status(401),
                Refuses::TrailersOnly => response.header("grpc-status", "16").header("grpc-message", "who?"),
            };
            respond.send_response(response.body(()).unwrap(), true).unwrap();
            continue;
        }
        let mut out = respond.send_response(response.body(()).unwrap(), false).unwrap();
        tokio::spawn(async move {
            let mut body = request.into_body();
            while let Some(Ok(part)) = body.data().await {
                body.flow_control().release_capacity(part.len()).unwrap();
                out.send_data(part, false).unwrap();
            }
            out.send_trailers(HeaderMap::from_iter([("grpc-status".parse().unwrap(), 0.into())])).unwrap();
        });
    }
}

type Client = Grpc<AuthService<Channel, Buffered<Body>>>;

fn channel(server: &Server) -> Channel {
    Endpoint::from_shared(server.origin.clone()).unwrap().connect_lazy()
}

fn client(server: &Server, issuer: &FakeServer) -> Client {
    let auth = Auth::new(&*server.origin, tokens(issuer)).unwrap();
    let layer =
        AuthLayer::new(auth).grpc(&server.origin).unwrap().flows(http()).buffered(64 * 1024, Body::new);
    Grpc::new(layer.layer(channel(server)))
}

async fn say(client: &mut Client, text: &'static str) -> Result<Bytes, Status> {
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_static("/echo.Echo/Say");
    Ok(client.unary(tonic::Request::new(text.into()), path, Raw).await?.into_inner())
}

#[test]
fn a_unary_call_is_sent_again_after_a_renewal() {
    for refuses in [Refuses::Status401, Refuses::TrailersOnly] {
        let issuer = FakeServer::start().unwrap();
        block_on(async {
            // The second call is refused: its token has been revoked, say.
            let server = Server::start(refuses, |number| number != 2).await;
            let mut client = client(&server, &issuer);
            assert_eq!(say(&mut client, "hello").await.unwrap(), "hello", "{refuses:?}");
            assert_eq!(say(&mut client, "again").await.unwrap(), "again", "{refuses:?}");
            let calls = server.calls.lock().unwrap().clone();
            assert_eq!(calls.len(), 3, "{refuses:?}");
            assert!(
                calls.iter().all(|(path, token)| path == "/echo.Echo/Say" && token.starts_with("Bearer "))
            );
            assert!(calls[0].1 == calls[1].1 && calls[1].1 != calls[2].1, "renewed in between");
            assert_eq!(issuer.count("/login"), 2, "{refuses:?}");
        });
    }
}

/// Refused for good: at most two sends, and tonic's own error.
#[test]
fn a_refusal_is_a_status_that_says_unauthenticated() {
    for refuses in [Refuses::Status401, Refuses::TrailersOnly] {
        let issuer = FakeServer::start().unwrap();
        block_on(async {
            let server = Server::start(refuses, |number| number == 1).await;
            let mut client = client(&server, &issuer);
            say(&mut client, "hello").await.unwrap();
            let status = say(&mut client, "hello").await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
            assert_eq!((server.count(), issuer.count("/login")), (3, 2), "{refuses:?}");
        });
    }
}

/// Without `.grpc(..)` a status of gRPC is what it is to HTTP: a 200.
#[test]
fn a_grpc_status_counts_only_where_it_was_said() {
    let issuer = FakeServer::start().unwrap();
    block_on(async {
        let server = Server::start(Refuses::TrailersOnly, |number| number == 1).await;
        let auth = Auth::new(&*server.origin, tokens(&issuer)).unwrap();
        let layer = AuthLayer::new(auth).flows(http()).origin(&server.origin).unwrap();
        let mut client = Grpc::new(layer.buffered(64 * 1024, Body::new).layer(channel(&server)));
        say(&mut client, "hello").await.unwrap();
        assert_eq!(say(&mut client, "hello").await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!((server.count(), issuer.count("/login")), (2, 1));
    });
}

/// What went wrong with the token is still to be had.
#[test]
fn a_status_holds_what_went_wrong() {
    let issuer = FakeServer::start().unwrap();
    block_on(async {
        let server = Server::start(Refuses::Status401, |_| true).await;
        let mut client = client(&server, &issuer);
        issuer.tokens("/login").fails_with(authwright_testkit::Reply::status(400));
        let status = say(&mut client, "hello").await.unwrap_err();
        let error = std::error::Error::source(&status).unwrap();
        let error = error.downcast_ref::<authwright_tower::Error<Body>>().unwrap();
        assert!(error.denied().is_none() && !error.is_transient(), "{error}");
        assert_eq!((status.code(), server.count()), (Code::Unknown, 0), "{status}");
    });
}

/// A conversation: the second message is made of the answer to the first. A layer that waited for the whole body would wait for ever.
#[test]
fn a_stream_is_not_held_up() {
    let issuer = FakeServer::start().unwrap();
    block_on(async {
        let server = Server::start(Refuses::Status401, |_| true).await;
        let mut client = client(&server, &issuer);
        client.ready().await.unwrap();
        let (say, said) = tokio::sync::mpsc::unbounded_channel::<Bytes>();
        let said = futures_util::stream::unfold(said, |mut said| async { Some((said.recv().await?, said)) });
        say.send("first".into()).unwrap();
        let path = PathAndQuery::from_static("/echo.Echo/Talk");
        let mut answers = client.streaming(tonic::Request::new(said), path, Raw).await.unwrap().into_inner();
        assert_eq!(answers.message().await.unwrap().unwrap(), "first");
        say.send("second".into()).unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap(), "second");
        drop(say);
        assert_eq!(answers.message().await.unwrap(), None);
    });
}
