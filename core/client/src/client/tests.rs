//! Repetitions, redirects and addresses, against a server of canned answers.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use http::Method;
use serde_json::json;

use super::{Client, address};
use crate::{Error, Request, Settings};

/// Answers one connection after the other with the given texts; sends on what it was asked.
fn canned(answers: &[&str]) -> std::io::Result<(String, Receiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    let answers: Vec<String> = answers.iter().map(|a| a.replace("$BASE", &base)).collect();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let Ok(asked) = read(&mut stream) else { return };
            // Told before it is answered, so that the test sees it once the answer is there.
            if sender.send(asked).is_err() || stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    Ok((base, receiver))
}

fn read(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut asked = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count) = stream.read(&mut chunk) {
        asked.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&asked).into_owned();
        let ended = text.ends_with("\r\n\r\n") && !text.contains("content-length");
        if count == 0 || ended || text.ends_with('}') {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&asked).into_owned())
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn client(base: &str) -> Result<Client, Error> {
    let mut settings = Settings::at(base).with_token("s.t");
    settings.retry_wait = Duration::from_millis(1);
    Client::from_settings(settings)
}

/// Sends one request and compares how it ends and what the server saw, one line per attempt.
async fn check(request: Request, answers: &[&str], expected: &str, seen: &[&str]) {
    let (base, asked) = canned(answers).expect("a port is free");
    let reply = client(&base).expect("the settings are good").send(&request).await;
    let ended = match reply.and_then(crate::Reply::check) {
        Ok(reply) => reply.status.as_u16().to_string(),
        Err(error) => error.status().map_or_else(|| error.to_string(), |s| s.as_u16().to_string()),
    };
    assert!(ended.contains(expected), "{ended:?} has no {expected:?}");
    let lines: Vec<String> = asked
        .try_iter()
        .map(|text| text.lines().next().unwrap_or_default().replace(" HTTP/1.1", ""))
        .collect();
    assert_eq!(lines, seen);
}

#[tokio::test]
async fn repetitions() {
    let ok = answer("200 OK", "", "{}");
    let sealed = answer("503 Service Unavailable", "", r#"{"errors":["sealed"]}"#);
    let early = answer("412 Precondition Failed", "", "{}");
    let never = answer("501 Not Implemented", "", "{}");
    let refused = answer("403 Forbidden", "", "{}");
    let get = || Request::get("x");
    check(get(), &[&ok], "200", &["GET /v1/x"]).await;
    check(get(), &[&sealed, &ok], "200", &["GET /v1/x"; 2]).await;
    check(get(), &[&early, &sealed, &ok], "200", &["GET /v1/x"; 3]).await;
    check(get(), &[&sealed, &sealed, &sealed], "503", &["GET /v1/x"; 3]).await;
    check(get(), &[&never], "501", &["GET /v1/x"]).await;
    check(get(), &[&refused], "403", &["GET /v1/x"]).await;
    check(get(), &["", &ok], "200", &["GET /v1/x"; 2]).await;
    let put = Request::put("x", json!({"a": 1}));
    check(put.clone(), &[&sealed, &ok], "200", &["PUT /v1/x"; 2]).await;
    // The bytes may have been acted on: a write is not sent twice.
    check(put, &["", &ok], "Put \"http://", &["PUT /v1/x"]).await;
}

#[tokio::test]
async fn redirects() {
    let ok = answer("200 OK", "", "{}");
    let there = answer("307 Temporary Redirect", "location: $BASE/v1/y?z=1\r\n", "");
    let relative = answer("307 Temporary Redirect", "location: /v1/w\r\n", "");
    let back = answer("307 Temporary Redirect", "location: $BASE/v1/x\r\n", "");
    let put = || Request::put("x", json!({"a": 1}));
    check(put(), &[&there, &ok], "200", &["PUT /v1/x", "PUT /v1/y?z=1"]).await;
    check(put(), &[&relative, &ok], "200", &["PUT /v1/x", "PUT /v1/w"]).await;
    check(put(), &[&back], "redirected in a circle", &["PUT /v1/x"]).await;
    check(put(), &[&there, &back], "redirected in a circle", &["PUT /v1/x", "PUT /v1/y?z=1"]).await;
}

#[tokio::test]
async fn a_redirect_takes_token_and_body_along() {
    let there = answer("307 Temporary Redirect", "location: $BASE/v1/y\r\n", "");
    let ok = answer("200 OK", "", "{}");
    let (base, asked) = canned(&[&there, &ok]).expect("a port is free");
    let client = client(&base).expect("the settings are good");
    let reply = client.write("x", &json!({"a": 1})).await.expect("it is answered");
    assert_eq!(reply.url, format!("{base}/v1/y"));
    for text in asked.try_iter() {
        assert!(text.contains("x-vault-token: s.t\r\n"), "{text}");
        assert!(text.contains("x-vault-request: true\r\n"), "{text}");
        assert!(text.ends_with(r#"{"a":1}"#), "{text}");
    }
}

#[test]
fn paths_and_queries_are_escaped() {
    let check = |base: &str, request: Request, expected: &str| {
        assert_eq!(client(base).expect("the settings are good").url(&request), expected);
    };
    check("http://h:1", Request::get("/secret/a b"), "http://h:1/v1/secret/a%20b");
    check("http://h:1", Request::get("a?b#c%d"), "http://h:1/v1/a%3Fb%23c%25d");
    check("http://h:1/x/", Request::list("a"), "http://h:1/x/v1/a?list=true");
    check("http://h", Request::get("a").query("k", "v w"), "http://h/v1/a?k=v+w");
    check("http://h", Request::new(Method::GET, "ü"), "http://h/v1/%C3%BC");
}

#[test]
fn addresses() {
    let check = |text: &str, expected: &str| {
        let found = match address(text) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{text}: {found}");
    };
    check("http://127.0.0.1:8200", "http://127.0.0.1:8200/");
    check("https://vault.example/prefix", "https://vault.example/prefix");
    check("zz://%%", "failed to create client: parse \"zz://%%\"");
    check("ftp://h", "the scheme must be http or https");
    check("nonsense", "failed to create client");
}

#[test]
fn files_that_are_not_there_are_named() {
    let check = |change: &dyn Fn(&mut Settings), expected: &str| {
        let mut settings = Settings::default();
        change(&mut settings);
        let error = Client::from_settings(settings).expect_err("it is refused");
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(&|s| s.ca_cert = Some("/nosuch".into()), "error reading /nosuch");
    check(&|s| s.ca_path = Some("/nosuch".into()), "error reading /nosuch");
    check(&|s| s.ca_cert_pem = Some("x".into()), "holds no certificate");
    check(&|s| s.client_cert = Some("/nosuch".into()), "both client cert and client key");
}
