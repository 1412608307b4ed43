use authwright_core::Secret;
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use super::*;

fn endpoint() -> Endpoint {
    Endpoint::parse("https://login.example.com/token?tenant=7", "token endpoint", false).unwrap()
}

fn client(secret: Option<&str>, in_body: bool) -> Client {
    Client::new("my app".into(), secret.map(Secret::new).as_ref(), in_body).unwrap()
}

fn body(request: &Request<Vec<u8>>) -> &str {
    std::str::from_utf8(request.body()).unwrap()
}

#[test]
fn e3_a_form_has_each_parameter_once_and_no_empty_one() {
    let request = endpoint()
        .request(
            &client(None, false),
            &[("grant_type", "refresh_token"), ("scope", ""), ("refresh_token", "a+b&c=ä")],
        )
        .unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://login.example.com/token?tenant=7");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        body(&request),
        "grant_type=refresh_token&refresh_token=a%2Bb%26c%3D%C3%A4&client_id=my%20app"
    );
    for twice in ["scope", "client_id"] {
        let error = endpoint()
            .request(&client(None, false), &[("scope", ""), (twice, "x"), (twice, "y")])
            .unwrap_err();
        assert!(error.to_string().contains(&format!("`{twice}` is given twice")), "{error}");
    }
}

/// RFC 6749 section 2.3.1 and appendix B, whose example is ` %&+£€`.
#[test]
fn e1_basic_gives_back_id_and_secret_exactly() {
    for text in [" %&+£€", "a:b", "%3A", "+/=", "plain-._~", "ä\u{1f511}\n"] {
        let client = Client::new(text.into(), Some(&Secret::new(text)), false).unwrap();
        let request = endpoint().request(&client, &[]).unwrap();
        let field = request.headers()["authorization"].to_str().unwrap();
        let pair = STANDARD.decode(field.strip_prefix("Basic ").unwrap()).unwrap();
        let pair = String::from_utf8(pair).unwrap();
        let (id, secret) = pair.split_once(':').unwrap();
        // As a form decodes it.
        let decoded =
            |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().unwrap().into_owned();
        assert_eq!((decoded(id), decoded(secret)), (text.into(), text.into()));
    }
}

#[test]
fn e2_a_client_authenticates_in_one_way() {
    let request = endpoint().request(&client(Some("s3cret"), false), &[]).unwrap();
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(body(&request), "");
    let request = endpoint().request(&client(Some("s3cret"), true), &[]).unwrap();
    assert!(!request.headers().contains_key("authorization"));
    assert_eq!(body(&request), "client_id=my%20app&client_secret=s3cret");
    let request = endpoint().request(&client(None, false), &[]).unwrap();
    assert!(!request.headers().contains_key("authorization"));
    assert_eq!(body(&request), "client_id=my%20app");
}

#[test]
fn what_is_wrong_is_found_before_anything_is_sent() {
    let parse = |url| Endpoint::parse(url, "token endpoint", false).map(|endpoint| endpoint.origin);
    assert_eq!(parse("http://127.0.0.1:1/t").unwrap(), "http://127.0.0.1:1");
    for (url, says) in [
        ("", "is malformed"),
        ("login.example.com", "no scheme and host"),
        ("https://login.example.com/t#f", "has a fragment"),
        ("http://login.example.com/s3cret", "http://login.example.com is plain http"),
        ("https://sam:s3cret@login.example.com/", "user name or password"),
    ] {
        let error = parse(url).unwrap_err();
        assert!(error.to_string().contains(says) && !error.to_string().contains("s3cret"), "{error}");
    }
    assert!(Endpoint::parse("http://login.example.com/", "token endpoint", true).is_ok());
    for (id, secret, in_body, says) in [
        ("", None, false, "the client id is empty"),
        ("a", None, true, "no client secret"),
        ("a", Some(""), false, "the client secret of `a` is empty"),
    ] {
        let error = Client::new(id.into(), secret.map(Secret::new).as_ref(), in_body).err().unwrap();
        assert!(error.to_string().contains(says), "{error}");
    }
}
