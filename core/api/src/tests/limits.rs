//! What is too much, too slow or too long.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use config::{Address, Bind, Cidr, ForwardedFor, HttpTimeouts, RequestLimits, UnixSocket};

use super::{Common, HealthState, Listener, Scene, Settings, scene};

async fn limited(limits: RequestLimits) -> Scene {
    scene(HealthState::Active, Settings { limits, ..Settings::default() }).await
}

async fn timed(timeouts: HttpTimeouts) -> Scene {
    scene(HealthState::Active, Settings { timeouts, ..Settings::default() }).await
}

#[tokio::test]
async fn bodies() {
    let scene = limited(RequestLimits { max_request_size: 100, ..RequestLimits::DEFAULT }).await;
    let body = |n: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(n - 8));
    scene.check_body("PUT /v1/kv/a", &body(100), 200, "xxx").await;
    let got = scene.ask("PUT /v1/kv/a", &[], &body(101)).await;
    assert_eq!(
        (got.status, got.body.as_str()),
        (413, "{\"errors\":[\"http: request body too large\"]}\n")
    );
    assert!(got.head.contains("connection: close"), "{}", got.head);
    scene.check_body("PUT /v1/sys/init", &body(101), 413, "too large").await;
    let chunks = format!(
        "PUT /v1/kv/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        format!("32\r\n{}\r\n", "x".repeat(50)).repeat(3)
    );
    let got = scene.raw(chunks.as_bytes()).await;
    assert!(got.starts_with("HTTP/1.1 413"), "{got}");
}

#[tokio::test]
async fn json() {
    let limits = RequestLimits {
        max_request_json_strings: 6,
        max_request_json_memory: 2000,
        ..RequestLimits::DEFAULT
    };
    let scene = limited(limits).await;
    let many = r#"{"a":"b","c":"d","e":"f","g":"h"}"#;
    let refusal = "refused JSON input due to high complexity: exceeded maximum";
    scene.check_body("PUT /v1/kv/a", many, 400, refusal).await;
    scene.check_body("PUT /v1/sys/init", many, 400, refusal).await;
    scene.check_body("PUT /v1/sys/unseal", many, 400, refusal).await;
}

#[tokio::test]
async fn heads() {
    let scene = scene(HealthState::Active, Settings::default()).await;
    let long = format!("GET /v1/kv/{}", "p".repeat(40_000));
    scene.check_body(&long, "", 200, "ppp").await;
    // The server does not read on, so that the answer may be lost in the break of the connection.
    let big = format!("GET /v1/kv/a HTTP/1.1\r\nhost: x\r\nx-big: {}", "y".repeat(2_000_000));
    let got = scene.raw(big.as_bytes()).await;
    assert!(got.is_empty() || got.starts_with("HTTP/1.1 431"), "{got}");
    let many: Vec<_> = (0..200).map(|n| format!("x-{n}: y")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(scene.ask("GET /v1/kv/a", &many, "").await.status, 431);
}

#[tokio::test]
async fn a_request_over_its_time_is_answered_and_still_done() {
    let limits =
        RequestLimits { max_request_duration: Duration::from_millis(50), ..RequestLimits::DEFAULT };
    let scene = limited(limits).await;
    scene.check_body("GET /v1/slow", "", 503, "took longer than 50ms").await;
    assert!(scene.slow.done.lock().is_empty());
    assert_eq!(scene.slow.finished().await.as_deref(), Some("request"));
}

/// A client goes in the middle of its request; back once the server has let it go.
async fn leave(mut stream: tokio::net::TcpStream) {
    stream.shutdown().await.unwrap();
    let mut out = Vec::new();
    let _ = tokio::time::timeout(super::PATIENCE, stream.read_to_end(&mut out)).await.unwrap();
    assert!(out.is_empty());
}

#[tokio::test]
async fn a_request_whose_client_went_away_is_done() {
    let scene = limited(RequestLimits::DEFAULT).await;
    let mut stream = scene.connect().await;
    stream.write_all(b"GET /v1/slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    scene.slow.has_begun().await;
    leave(stream).await;
    assert_eq!(scene.slow.finished().await.as_deref(), Some("request"));
}

#[tokio::test]
async fn an_init_or_unseal_whose_client_went_away_is_done() {
    let key = "00".repeat(33);
    let unseal = format!("{{\"key\":\"{key}\",\"migrate\":true}}");
    let init = "{\"secret_shares\":7,\"secret_threshold\":7}";
    let scene = limited(RequestLimits::DEFAULT).await;
    for (name, body) in [("init", init), ("unseal", &unseal)] {
        let mut stream = scene.connect().await;
        let head = format!("PUT /v1/sys/{name} HTTP/1.1\r\nHost: a\r\nContent-Length:");
        let request = format!("{head} {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        scene.slow.has_begun().await;
        leave(stream).await;
        assert_eq!(scene.slow.finished().await.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn slow_clients() {
    let quick = Some(Duration::from_millis(200));
    let patient = HttpTimeouts { read_header: None, read: None, write: None, idle: None };
    let scene = timed(HttpTimeouts { read_header: quick, ..patient }).await;
    let start = Instant::now();
    assert_eq!(scene.raw(b"GET /v1/sys/init HTT").await, "");
    assert!(start.elapsed() < Duration::from_secs(3));
    let scene = timed(HttpTimeouts { read: quick, ..patient }).await;
    let got = scene.raw(b"PUT /v1/kv/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{").await;
    assert!(got.starts_with("HTTP/1.1 408"), "{got}");
    let scene = timed(HttpTimeouts { idle: quick, ..patient }).await;
    let got = scene.raw(b"GET /v1/sys/init HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.1 200"), "{got}");
}

#[tokio::test]
async fn proxies() {
    let forwarded_for = Some(ForwardedFor {
        authorized: vec![Cidr::parse("127.0.0.0/8").unwrap()],
        hop_skips: 0,
        reject_not_present: true,
        reject_not_authorized: true,
        client_cert_header: None,
        client_cert_decoders: Vec::new(),
        client_cert_keep_not_forwarded: false,
        client_cert_keep_unauthorized: false,
    });
    let scene = scene(HealthState::Active, Settings { forwarded_for, ..Settings::default() }).await;
    let got = scene.ask("GET /v1/kv/a", &["x-forwarded-for: 1.2.3.4"], "").await;
    assert!(got.body.contains("\"client\":\"1.2.3.4\""), "{}", got.body);
    scene.check_body("GET /v1/kv/a", "", 400, "missing x-forwarded-for").await;
}

#[tokio::test]
async fn addresses_that_cannot_be_used() {
    let scene = scene(HealthState::Active, Settings::default()).await;
    for (address, want) in [
        (scene.server.address().to_string(), "another process uses this address"),
        ("203.0.113.1:8200".to_owned(), "to an address of this machine"),
        ("nonsense.invalid:8200".to_owned(), "cannot listen on nonsense.invalid:8200"),
    ] {
        let bind = Bind::Tcp(Address::parse(&address).unwrap());
        let settings = Settings { bind, ..Settings::default() };
        let text = Listener::bind(settings, Common::default()).await.err().unwrap().to_string();
        assert!(text.contains(want), "{text}");
    }
}

#[tokio::test]
async fn sockets_in_the_file_system() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("socket");
    let socket = |user| UnixSocket { path: path.clone(), mode: Some(0o600), user, group: None };
    let bind = |user: Option<&str>| {
        let bind = Bind::Unix(socket(user.map(str::to_owned)));
        Listener::bind(Settings { bind, ..Settings::default() }, Common::default())
    };
    let text = bind(Some("nobody")).await.err().unwrap().to_string();
    assert!(text.contains("must be numbers"), "{text}");
    drop(bind(None).await.unwrap());
    let small = super::Small { state: HealthState::Active, slow: Default::default() };
    let _server = bind(None).await.unwrap().serve(std::sync::Arc::new(small));
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"GET /v1/sys/init HTTP/1.0\r\n\r\n").await.unwrap();
    let mut out = String::new();
    stream.read_to_string(&mut out).await.unwrap();
    assert!(out.starts_with("HTTP/1.0 200"), "{out}");
}

#[tokio::test]
async fn a_shutdown_lets_requests_end() {
    let scene = scene(HealthState::Active, Settings::default()).await;
    let mut stream = scene.connect().await;
    let mut idle = scene.connect().await;
    idle.write_all(b"GET /v1/sys/init HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.write_all(b"GET /v1/slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    scene.slow.has_begun().await;
    let (address, slow) = (scene.server.address(), scene.slow);
    // The shutdown is asked first: the request ends in the middle of it.
    let (ended, ()) =
        tokio::join!(scene.server.shutdown(Duration::from_secs(5)), async { slow.let_end() });
    assert!(ended);
    let mut out = String::new();
    stream.read_to_string(&mut out).await.unwrap();
    assert!(out.starts_with("HTTP/1.1 200"), "{out}");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_clients_that_say_nothing() {
    let scene = scene(HealthState::Active, Settings::default()).await;
    let _silent = scene.connect().await;
    let mut half = scene.connect().await;
    half.write_all(b"GET /v1/sys/init HT").await.unwrap();
    // An answer on a later connection shows that the earlier ones were accepted.
    scene.check_body("GET /v1/sys/init", "", 200, "initialized").await;
    let start = Instant::now();
    assert!(scene.server.shutdown(Duration::from_secs(20)).await);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
