//! What is set, in which order, and what is not.

use authwright_testkit::{FakeServer, Received, Reply};

use crate::client::{Connection, get, post, start};

#[test]
fn a_route_answers_its_method_and_path_whatever_the_query() {
    let server = start();
    server.on("GET /v1/orders").json(r#"[{"id": 1}]"#).header("X-Total", "1");
    server.on("POST /v1/orders").text("made").status(201);
    server.on("/v1/orders").status(405);

    let answer = get(&server, "/v1/orders?page=2");
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"[{"id": 1}]"#));
    assert!(answer.head.contains("content-type: application/json\r\n"), "{}", answer.head);
    assert!(answer.head.contains("X-Total: 1\r\n"), "{}", answer.head);
    let answer = post(&server, "/v1/orders", "{}");
    assert_eq!((answer.status, answer.body.as_str()), (201, "made"));
    assert_eq!(Connection::open(&server).send("DELETE /v1/orders", &[], "").status, 405);
    assert_eq!((server.count("/v1/orders"), server.count("/v1")), (3, 0));
    assert!(server.unexpected().is_empty());
}

#[test]
fn what_is_not_set_says_so_and_is_listed() {
    let server = start();
    server.on("GET /v1/orders").json("[]");
    let answer = get(&server, "/v1/order?key=secret");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.body, "FakeServer: nothing set for GET /v1/order");
    assert_eq!(post(&server, "/v1/orders", "").body, "FakeServer: nothing set for POST /v1/orders");
    assert_eq!(server.unexpected(), ["GET /v1/order", "POST /v1/orders"]);
}

#[test]
fn replies_come_in_turn_and_the_last_one_stays() {
    let server = start();
    server.on("GET /").status(503).header("retry-after", "1").times(2).then().text("a").then().text("b");
    let mut connection = Connection::open(&server);
    let mut next = || connection.send("GET /", &[], "");
    assert_eq!([next().status, next().status], [503, 503]);
    assert_eq!([next().body, next().body, next().body], ["a", "b", "b"]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn what_was_used_up_is_said_to_be() {
    let server = start();
    server.on("GET /").text("a").once();
    assert_eq!(get(&server, "/").body, "a");
    let answer = get(&server, "/");
    assert_eq!((answer.status, answer.body.as_str()), (404, "FakeServer: nothing set any more for GET /"));
    assert_eq!(server.unexpected(), ["GET /"]);

    server.on("GET /").text("b");
    assert_eq!(get(&server, "/").body, "b");
}

#[test]
fn a_closure_sees_the_request_and_its_reply_can_be_changed() {
    let server = start();
    server
        .on("POST /echo")
        .reply_with(|request| Reply::ok(&request.json()["say"].to_string()))
        .header("x", "y");
    let answer = post(&server, "/echo", r#"{"say": "hello"}"#);
    assert_eq!(answer.body, r#""hello""#);
    assert!(answer.head.contains("x: y\r\n"));

    // It may ask for what it likes: nothing is locked.
    let inner = std::sync::Arc::new(start());
    let asked = std::sync::Arc::downgrade(&inner);
    inner.on("GET /count").reply_with(move |request: &Received| {
        Reply::ok(&asked.upgrade().unwrap().count(request.path()).to_string())
    });
    assert_eq!(get(&inner, "/count").body, "1");
}

#[test]
fn a_mistake_in_the_test_panics_in_the_test() {
    let mistakes: [fn(&FakeServer); 9] = [
        |server| drop(server.on("GET v1/orders")),
        |server| drop(server.on("GET /v1/orders?page=1")),
        |server| drop(server.on("GET  /v1/orders")),
        |server| drop(server.on("GET /").json("hello")),
        |server| drop(server.on("GET /").status(20)),
        |server| drop(server.on("GET /").header("a b", "c")),
        |server| drop(server.tokens("login")),
        |server| drop((server.tokens("/login"), server.on("GET /login"))),
        |server| drop((server.on("GET /login"), server.tokens("/login"))),
    ];
    for (index, mistake) in mistakes.into_iter().enumerate() {
        assert!(std::panic::catch_unwind(|| mistake(&start())).is_err(), "mistake {index}");
    }
}
