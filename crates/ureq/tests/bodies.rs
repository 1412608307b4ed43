//! Bodies: which are sent again, which once, and how they say their length.

mod common;

use std::{
    fs::{self, File},
    io::{Read, Seek},
};

use authwright_testkit::{Received, Reply};
use ureq::{Error as UreqError, SendBody};

use common::{agent, builder, http, net};

fn moved(request: &Received) -> Reply {
    match request.path() {
        "/old" => Reply::redirect(307, "/new"),
        "/see" => Reply::redirect(303, "/new"),
        _ => Reply::ok("done"),
    }
}

#[test]
fn bytes_are_sent_again_with_their_length() {
    let net = net(moved);
    agent(&net).post(net.url(0, "/old")).content_type("text/plain").send("hello").unwrap();
    let requests = net.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!(request.method, "POST");
        assert_eq!(request.body, b"hello");
        assert_eq!(request.header("content-length"), Some("5"));
        assert_eq!(request.header("content-type"), Some("text/plain"));
        assert_eq!(request.header("transfer-encoding"), None);
    }
}

#[test]
fn a_303_becomes_a_get_without_content() {
    let net = net(moved);
    agent(&net).post(net.url(0, "/see")).content_type("text/plain").send(vec![1, 2, 3]).unwrap();
    let request = &net.requests()[1];
    assert_eq!((request.method.as_str(), request.body.as_slice()), ("GET", &b""[..]));
    for name in ["content-length", "content-type", "transfer-encoding"] {
        assert_eq!(request.header(name), None);
    }
}

#[test]
fn a_form_is_encoded_as_ureq_does() {
    let net = net(moved);
    let pairs = [("name", "martin"), ("favorite_bird", "blue-footed booby")];
    agent(&net).post(net.url(0, "/")).send_form(pairs).unwrap();
    ureq::Agent::new_with_config(http().build()).post(net.url(0, "/")).send_form(pairs).unwrap();
    let [ours, theirs] = net.requests().try_into().unwrap();
    assert_eq!(ours.body, b"name=martin&favorite_bird=blue-footed+booby");
    assert_eq!(ours.body, theirs.body);
    assert_eq!(ours.header("content-type"), theirs.header("content-type"));
}

#[cfg(feature = "json")]
#[test]
fn json_is_sent_compact_and_read_back() {
    let net = net(|request| Reply::json(str::from_utf8(&request.body).unwrap()));
    let sent = serde_json::json!({"item": 7, "tags": ["a"]});
    let mut response = agent(&net).post(net.url(0, "/")).send_json(&sent).unwrap();
    assert_eq!(response.body_mut().read_json::<serde_json::Value>().unwrap(), sent);
    let request = &net.requests()[0];
    assert_eq!(request.body, br#"{"item":7,"tags":["a"]}"#);
    assert_eq!(request.header("content-type"), Some("application/json"));
    let own = agent(&net).post(net.url(0, "/")).content_type("application/ld+json");
    own.send_json(&sent).unwrap();
    assert_eq!(net.requests()[1].header_all("content-type"), ["application/ld+json"]);
}

#[test]
fn a_file_says_its_length_and_is_sent_once() {
    let net = net(moved);
    let path = std::env::temp_dir().join(format!("authwright-ureq-{}", std::process::id()));
    fs::write(&path, vec![b'f'; 300_000]).unwrap();
    agent(&net).put(net.url(0, "/new")).send(File::open(&path).unwrap()).unwrap();
    let request = &net.take()[0];
    assert_eq!((request.header("content-length"), request.body.len()), (Some("300000"), 300_000));
    assert_eq!(request.header("transfer-encoding"), None);
    // A redirect that needs it again is delivered as it is.
    let file = File::open(&path).unwrap();
    let response = agent(&net).put(net.url(0, "/old")).send(&file).unwrap();
    assert_eq!(response.status(), 307);
    assert_eq!(net.requests().len(), 1);
    // One that does not is followed. (A file is sent from where it stands.)
    (&file).rewind().unwrap();
    let response = agent(&net).put(net.url(0, "/see")).send(file).unwrap();
    assert_eq!(response.status(), 200);
    fs::remove_file(&path).unwrap();
}

#[test]
fn readers_are_sent_in_chunks_unless_the_length_is_known() {
    let net = net(moved);
    let mut reader = std::io::repeat(b'r').take(1000);
    agent(&net).post(net.url(0, "/")).send(SendBody::from_reader(&mut reader)).unwrap();
    let owned = SendBody::from_owned_reader(&b"four"[..]);
    agent(&net).post(net.url(0, "/")).header("content-length", "4").send(owned).unwrap();
    let [chunked, sized] = net.requests().try_into().unwrap();
    assert_eq!((chunked.header("transfer-encoding"), chunked.body.len()), (Some("chunked"), 1000));
    assert_eq!((sized.header("transfer-encoding"), sized.body.as_slice()), (None, &b"four"[..]));
}

#[test]
fn a_response_can_be_a_body() {
    let net = net(moved);
    let agent = agent(&net);
    let response = agent.get(net.url(0, "/")).call().unwrap();
    agent.run(http::Request::post(net.url(0, "/copy")).body(response).unwrap()).unwrap();
    assert_eq!(net.requests()[1].body, b"done");
}

#[cfg(feature = "multipart")]
#[test]
fn a_multipart_form_brings_its_boundary() {
    use ureq::unversioned::multipart::Form;

    let net = net(moved);
    let form = Form::new().text("title", "a photo");
    let boundary = form.boundary().to_owned();
    agent(&net).post(net.url(0, "/")).send(form).unwrap();
    let request = &net.requests()[0];
    let expected = format!("multipart/form-data; boundary={boundary}");
    assert_eq!(request.header("content-type"), Some(expected.as_str()));
    assert!(request.contains(b"a photo"));
}

#[test]
fn a_redirect_on_one_origin_uses_one_connection() {
    let net = net(|request| match request.path() {
        "/old" => Reply::redirect(302, "/new").body("moved, sorry"),
        _ => Reply::ok("done"),
    });
    let agent = builder(&net).timeout(std::time::Duration::from_secs(20)).build().unwrap();
    for _ in 0..3 {
        let mut response = agent.get(net.url(0, "/old")).call().unwrap();
        assert_eq!(response.body_mut().read_to_string().unwrap(), "done");
    }
    assert_eq!((net.requests().len(), net.connections(0)), (6, 1));
}

#[test]
fn a_long_answer_is_not_read_for_the_sake_of_its_connection() {
    let net = net(|request| match request.path() {
        "/old" => Reply::redirect(302, "/new").huge(1 << 40),
        "/chunks" => Reply::redirect(302, "/new").huge(1 << 40).chunked(),
        _ => Reply::ok("done"),
    });
    for path in ["/old", "/chunks"] {
        agent(&net).get(net.url(0, path)).call().unwrap();
    }
    assert_eq!(net.requests().len(), 4);
}

#[test]
fn too_many_redirects_as_the_configuration_says() {
    let net = net(|_| Reply::redirect(302, "/secret-loop"));
    let error = agent(&net).get(net.url(0, "/")).call().unwrap_err();
    assert!(error.is_too_many_redirects() && matches!(error.client(), Some(UreqError::TooManyRedirects)));
    assert_eq!(
        error.to_string(),
        format!("more than 10 redirects; the last one came from {}", net.origin(0))
    );
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "too many redirects");
    assert_eq!(net.take().len(), 11);

    let three = http().max_redirects(3).max_redirects_will_error(false);
    let agent = builder(&net).http(three).build().unwrap();
    assert_eq!(agent.get(net.url(0, "/")).call().unwrap().status(), 302);
    assert_eq!(net.take().len(), 4);
    agent.get(net.url(0, "/")).configure(|ureq| ureq.max_redirects(0)).call().unwrap();
    assert_eq!(net.take().len(), 1);
    let request = http::Request::get(net.url(0, "/")).body(()).unwrap();
    agent.run(agent.configure_request(request).max_redirects(1).build()).unwrap();
    assert_eq!(net.take().len(), 2);
}

#[test]
fn the_agent_inside_cannot_be_made_to_follow() {
    let net = net(|request| match request.origin {
        0 => Reply::redirect(302, request.query_value("to").unwrap().as_str()),
        _ => Reply::ok(""),
    });
    let agent = agent(&net);
    let request = http::Request::get(format!("{}?to={}/x", net.url(0, "/"), net.origin(1))).body(()).unwrap();
    let request = agent.http().configure_request(request).max_redirects(5).build();
    agent.run(request).unwrap();
    let requests = net.requests();
    assert_eq!(requests.len(), 2);
    assert!(!requests[1].contains(b"t0ken-canary"));
}
