//! A gRPC server on the loopback interface, with one call that gives back what it is given: to whoever has a token that it still
//! believes.

use std::{io, sync::Arc};

use http::{HeaderMap, HeaderValue, Request, Response, header};
use tokio::net::{TcpListener, TcpStream};

/// The server. It runs as long as the runtime.
#[derive(Debug)]
pub struct Echo {
    origin: String,
}

impl Echo {
    /// Starts a server, and says which tokens it believes.
    ///
    /// # Errors
    /// There is no port to listen at.
    pub async fn start(believes: impl Fn(&str) -> bool + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let believes = Arc::new(believes);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&believes)));
            }
        });
        Ok(Self { origin })
    }

    /// Where it is.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// It ends where the connection does.
async fn serve(
    socket: TcpStream,
    believes: Arc<impl Fn(&str) -> bool + Send + Sync + 'static>,
) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(socket).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        tokio::spawn(answer(request, respond, Arc::clone(&believes)));
    }
    Ok(())
}

async fn answer(
    request: Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<bytes::Bytes>,
    believes: Arc<impl Fn(&str) -> bool>,
) -> Result<(), h2::Error> {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known = token.and_then(|token| token.strip_prefix("Bearer ")).is_some_and(|token| believes(token));
    let mut head = Response::new(());
    head.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if !is_known {
        // UNAUTHENTICATED, in what gRPC calls Trailers-Only.
        head.headers_mut().insert("grpc-status", HeaderValue::from_static("16"));
        respond.send_response(head, true)?;
        return Ok(());
    }
    let mut out = respond.send_response(head, false)?;
    let mut body = request.into_body();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        out.send_data(part, false)?;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    out.send_trailers(trailers)
}
