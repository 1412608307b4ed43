//! What goes to an endpoint, and in what form.

use std::sync::Arc;

use authwright_core::{
    Flow, Secret,
    flow::{FlowStep, Io},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::*;
use crate::{
    client::{Authentication, Client, ClientSecret, Placed},
    server::{Metadata, Which},
};

const URL: &str = "https://login.example.com/token?tenant=7";

fn client(id: &str, secret: Option<&str>, placed: Placed) -> Result<Client, Error> {
    let authentication = match secret {
        None => Authentication::None,
        Some(secret) => Authentication::Secret(ClientSecret::read(&Secret::new(secret), id)?, placed),
    };
    Client::new(id, authentication)
}

/// The request of a client at a server that knows these ways to authenticate.
fn request_by(
    client: Client,
    methods: Option<&[&str]>,
    parameters: &'static [(&'static str, &'static str)],
) -> Result<Request<Vec<u8>>, Error> {
    let mut metadata = Metadata::by_hand("https://login.example.com");
    metadata.authentication_methods =
        methods.map(|methods| methods.iter().map(|method| (*method).to_owned()).collect());
    metadata.insert(Which::Token, URL, false).unwrap();
    let flow = Flow::new(move |io: Io| async move {
        let shown = client.show(&metadata, &io).await?;
        metadata.endpoint(Which::Token, false)?.request(&[], parameters, &shown)
    });
    let FlowStep::Done(done) = flow.start(Arc::new(std::time::SystemTime::now)).step() else {
        panic!("it asks for nothing")
    };
    done
}

fn request(client: Client, parameters: &'static [(&'static str, &'static str)]) -> Request<Vec<u8>> {
    request_by(client, None, parameters).unwrap()
}

fn body(request: &Request<Vec<u8>>) -> &str {
    std::str::from_utf8(request.body()).unwrap()
}

#[test]
fn e3_a_form_has_each_parameter_once_and_no_empty_one() {
    let public = || client("my app", None, Placed::AsServerSays).unwrap();
    let request =
        request(public(), &[("grant_type", "refresh_token"), ("scope", ""), ("refresh_token", "a+b&c=ä")]);
    assert_eq!((request.method().as_str(), request.uri().to_string()), ("POST", URL.into()));
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        body(&request),
        "grant_type=refresh_token&refresh_token=a%2Bb%26c%3D%C3%A4&client_id=my%20app"
    );
    for parameters in
        [&[("scope", ""), ("scope", "x"), ("scope", "y")], &[("scope", ""), ("client_id", "x"), ("a", "y")]]
    {
        let error = request_by(public(), None, parameters).unwrap_err();
        let twice =
            if parameters[1].0 == "scope" { "`scope` is given twice" } else { "`client_id` is given twice" };
        assert!(error.to_string().contains(twice), "{error}");
    }
}

#[test]
fn e3_what_a_program_adds_is_none_of_ours() {
    let ours = [("scope", "a b"), ("state", "")];
    let mut form = Form::after("https://login.example.com/authorize?tenant=7".into(), &ours);
    let error = form.push("scope", "c").unwrap_err();
    assert!(error.to_string().contains("`scope` is given twice"), "{error}");
    for (name, value) in [("state", "s"), ("an audience", "ä/\u{1f511}"), ("empty", "")] {
        form.push(name, value).unwrap();
    }
    assert!(form.has("scope") && form.has("state") && !form.has("empty"));
    assert_eq!(
        form.into_text(),
        "https://login.example.com/authorize?tenant=7&scope=a%20b&state=s&an%20audience=%C3%A4%2F%F0%9F%94%91"
    );
}

/// In every place: texts are looked at in parts.
#[test]
fn every_character_is_encoded_as_the_rest_of_the_world_does() {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    for c in (0..0x900).filter_map(char::from_u32).chain(['\u{1f511}']) {
        for before in 0..18 {
            let text = format!("{}{c}{c}end", "x".repeat(before));
            assert_eq!(form_encoded(&text), utf8_percent_encode(&text, RESERVED).to_string());
        }
    }
}

/// RFC 6749 section 2.3.1 and appendix B, whose example is ` %&+£€`.
#[test]
fn e1_basic_gives_back_id_and_secret_exactly() {
    for text in [" %&+£€", "a:b", "%3A", "+/=", "plain-._~", "ä\u{1f511}\n"] {
        let request = request(client(text, Some(text), Placed::AsServerSays).unwrap(), &[]);
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
    let by = |secret, placed| request(client("my app", secret, placed).unwrap(), &[]);
    let basic = by(Some("s3cret"), Placed::AsServerSays);
    assert!(basic.headers()["authorization"].is_sensitive());
    assert_eq!(body(&basic), "");
    let post = by(Some("s3cret"), Placed::InBody);
    assert!(!post.headers().contains_key("authorization"));
    assert_eq!(body(&post), "client_id=my%20app&client_secret=s3cret");
    let public = by(None, Placed::AsServerSays);
    assert!(!public.headers().contains_key("authorization"));
    assert_eq!(body(&public), "client_id=my%20app");
}

/// RFC 8414 section 2: Basic where the server does not say, else what it says; and what is registered before that.
#[test]
fn i4_the_way_is_the_servers_or_the_registered_one() {
    let sent = |methods: Option<&[&str]>, placed| {
        let request = request_by(client("a", Some("s"), placed).unwrap(), methods, &[])?;
        Ok::<_, Error>(request.headers().contains_key("authorization"))
    };
    for (methods, is_basic) in [
        (None, true),
        (Some(&["client_secret_basic"][..]), true),
        (Some(&["client_secret_post", "client_secret_basic"]), true),
        (Some(&["client_secret_post", "none"]), false),
    ] {
        assert_eq!(sent(methods, Placed::AsServerSays).unwrap(), is_basic, "{methods:?}");
        assert!(!sent(methods, Placed::InBody).unwrap(), "{methods:?}");
    }
    let error = sent(Some(&["private_key_jwt"]), Placed::AsServerSays).unwrap_err();
    assert!(error.to_string().contains("neither by Basic nor in the body"), "{error}");
}

#[test]
fn what_is_wrong_is_found_before_anything_is_sent() {
    let parse = |url| Endpoint::parse(url, "token endpoint", false).map(|endpoint| endpoint.origin);
    assert_eq!(parse("http://127.0.0.1:1/t").unwrap(), "http://127.0.0.1:1");
    for (url, says) in [
        ("", "is malformed"),
        ("https://login.example.com/tok\u{e9}n", "is malformed"),
        ("https://login.example.com/t?a=\u{202e}", "is malformed"),
        ("login.example.com", "no scheme and host"),
        ("https://login.example.com/t#f", "has a fragment"),
        ("http://login.example.com/s3cret", "http://login.example.com is plain http"),
        ("https://sam:s3cret@login.example.com/", "user name or password"),
    ] {
        let error = parse(url).unwrap_err();
        assert!(error.to_string().contains(says) && !error.to_string().contains("s3cret"), "{error}");
    }
    assert!(Endpoint::parse("http://login.example.com/", "token endpoint", true).is_ok());
    for (id, secret, says) in
        [("", None, "the client id is empty"), ("a", Some(""), "the client secret of `a` is empty")]
    {
        let error = client(id, secret, Placed::AsServerSays).err().unwrap();
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Found by fuzzing: the issuer in a record that somebody has written to.
#[test]
fn an_origin_is_shown_as_visible_characters() {
    for (url, shown) in [
        ("https://login.example.com/tenants/7?x", "https://login.example.com"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://l\u{7f}gin.example/x", "https://l\\u{7f}gin.example"),
        ("no URL", ""),
    ] {
        assert_eq!(origin_of(url), shown);
    }
}
