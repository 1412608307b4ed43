//! Features of the user's own client keep working: compression and HTTP/2 on reqwest, compression on ureq.

use authwright_reqwest::{ApiKey, Auth, Client};
use authwright_testkit::{Host, Net, Place, Reply};
use authwright_tests::Reqwest;

/// `hello, compressed`
const GZIP: [u8; 37] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 215, 81, 72, 206, 207, 45, 40, 74, 45, 46, 78,
    77, 1, 0, 18, 126, 25, 120, 17, 0, 0, 0,
];

fn zipped() -> Net {
    Net::start(&[Place::http(Host::V4)], |_| Reply::ok("").header("Content-Encoding", "gzip").body(GZIP))
        .unwrap()
}

fn auth(net: &Net) -> Auth {
    Auth::new(net.origin(0), ApiKey::query("key", "k3y")).unwrap()
}

#[test]
fn compression_works_on_reqwest() {
    let net = zipped();
    let text = Reqwest::new().block_on(async {
        // A query key, so that the response is rebuilt with another URL on the way.
        let api = Client::new(auth(&net)).unwrap();
        api.get(net.url(0, "/")).send().await.unwrap().text().await.unwrap()
    });
    assert_eq!(text, "hello, compressed");
    assert!(net.requests()[0].header("accept-encoding").unwrap().contains("gzip"));
}

#[test]
fn compression_works_on_ureq() {
    let net = zipped();
    let agent = authwright_ureq::Agent::new(auth(&net)).unwrap();
    let text = agent.get(net.url(0, "/")).call().unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(text, "hello, compressed");
    assert!(net.requests()[0].header("accept-encoding").unwrap().contains("gzip"));
}

/// HTTP/2 by prior knowledge against a server of the `h2` crate: header and query key arrive, the redirect is ours.
#[test]
fn http2_works_on_reqwest() {
    Reqwest::new().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = async {
            let (socket, _) = listener.accept().await.unwrap();
            let mut connection = h2::server::handshake(socket).await.unwrap();
            let mut seen = Vec::new();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let key = request.headers().get("x-api-key").map(|key| key.to_str().unwrap().to_owned());
                seen.push((request.uri().path_and_query().unwrap().to_string(), key));
                let redirect = request.uri().path() == "/";
                let status = if redirect { 302 } else { 200 };
                let response =
                    http::Response::builder().status(status).header("location", "/next").body(()).unwrap();
                respond.send_response(response, true).unwrap();
                if !redirect {
                    connection.graceful_shutdown();
                }
            }
            seen
        };
        let auth = Auth::new(origin.as_str(), ApiKey::header("X-API-Key", "k3y"))
            .and_then(|auth| auth.and(origin.as_str(), ApiKey::query("key", "q")))
            .unwrap();
        let http = authwright_reqwest::reqwest::Client::builder().http2_prior_knowledge();
        let api = Client::builder(auth).http(http).build().unwrap();
        let client = async {
            let response = api.get(format!("{origin}/")).send().await.unwrap();
            assert_eq!(response.version(), http::Version::HTTP_2);
            assert_eq!(response.status(), 200);
            assert_eq!(response.url().as_str(), format!("{origin}/next"));
        };
        let (seen, ()) = futures_util::future::join(server, client).await;
        let expected = ["/?key=q", "/next?key=q"].map(|target| (target.to_owned(), Some("k3y".to_owned())));
        assert_eq!(seen, expected);
    });
}
