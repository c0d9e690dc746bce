//! A KMS for tests: so much of the transit engine's HTTP API that the example seal can use it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
        BufReader,
    },
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// The token that it lets in.
pub(crate) const TOKEN: &str = "the-token-of-the-test";

/// A running KMS, for as long as its test runs.
pub(crate) struct Kms {
    pub(crate) address: String,
    pub(crate) state: Arc<State>,
}

/// What it keeps: each ciphertext with what it stands for.
#[derive(Default)]
pub(crate) struct State {
    wrapped: Mutex<BTreeMap<String, (Value, Value)>>,
    pub(crate) version: AtomicU64,
    pub(crate) disabled: AtomicBool,
    pub(crate) connections: AtomicUsize,
    pub(crate) requests: AtomicUsize,
}

impl Kms {
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// With TLS, if there is an acceptor.
    pub(crate) async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { version: AtomicU64::new(1), ..State::default() });
        let kept = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                state.connections.fetch_add(1, Ordering::Relaxed);
                let state = state.clone();
                match tls.clone() {
                    None => _ = tokio::spawn(serve(stream, state)),
                    Some(tls) => {
                        let secured =
                            async move { serve(tls.accept(stream).await.ok()?, state).await };
                        _ = tokio::spawn(secured);
                    }
                }
            }
        });
        Self { address, state: kept }
    }
}

/// Answers the requests of a connection until the client ends it.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let (mut length, mut allowed) = (0, false);
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).await.ok()?;
            let Some((name, value)) = header.trim().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "x-vault-token" => allowed = value == TOKEN,
                _ => (),
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        state.requests.fetch_add(1, Ordering::Relaxed);
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let (status, answer) =
            if allowed { state.answer(&path, &body) } else { (403, json!({ "errors": [] })) };
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(format!("{head}{answer}").as_bytes()).await.ok()?;
    }
}

impl State {
    fn answer(&self, path: &str, body: &Value) -> (u16, Value) {
        let version = self.version.load(Ordering::Relaxed);
        let field = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
        match path {
            _ if self.disabled.load(Ordering::Relaxed) => (403, json!({ "errors": ["disabled"] })),
            "/v1/transit/keys/unseal" => (200, json!({ "data": { "latest_version": version } })),
            "/v1/transit/encrypt/unseal" => {
                let mut wrapped = self.wrapped.lock();
                let ciphertext = format!("vault:v{version}:{:08}", wrapped.len());
                wrapped.insert(ciphertext.clone(), (field("plaintext"), field("associated_data")));
                (200, json!({ "data": { "ciphertext": ciphertext } }))
            }
            "/v1/transit/decrypt/unseal" => {
                let ciphertext = field("ciphertext");
                match self.wrapped.lock().get(ciphertext.as_str().unwrap_or_default()) {
                    Some((plaintext, aad)) if *aad == field("associated_data") => {
                        (200, json!({ "data": { "plaintext": plaintext } }))
                    }
                    _ => (400, json!({ "errors": ["cannot decrypt"] })),
                }
            }
            _ => (404, json!({ "errors": [] })),
        }
    }
}
