//! Whole exchanges over real sockets, with a small node behind the door.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use config::{Address, Bind};
use crypto::Secret;
use logical::{Code, Error, Operation, Raw, Request, Response};
use node::{
    Cluster, Health, HealthState, InitRequest, Initialized, Leader, SealStatus, UnsealRequest,
};
use parking_lot::Mutex;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

use crate::{Build, Common, Listener, Metrics, MetricsFormat, Server, Service, Settings};

mod exchanges;
mod limits;
mod secure;

/// So many shares take their time.
const SLOW_SHARES: i64 = 7;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A node that keeps nothing and tells what it was asked.
struct Small {
    state: HealthState,
    slow: Arc<Slow>,
}

/// Deeds that last until the test lets them end.
struct Slow {
    begun: Semaphore,
    may_end: Semaphore,
    ended: Semaphore,
    done: Mutex<Vec<String>>,
}

impl Default for Slow {
    fn default() -> Self {
        let [begun, may_end, ended] = std::array::from_fn(|_| Semaphore::new(0));
        Self { begun, may_end, ended, done: Mutex::default() }
    }
}

impl Slow {
    async fn deed(&self, name: &str) {
        self.begun.add_permits(1);
        take(&self.may_end).await;
        self.done.lock().push(name.to_owned());
        self.ended.add_permits(1);
    }

    /// Waits until one has begun.
    async fn has_begun(&self) {
        take(&self.begun).await;
    }

    /// Lets one end.
    fn let_end(&self) {
        self.may_end.add_permits(1);
    }

    /// Lets one end, and gives its name once it has.
    async fn finished(&self) -> Option<String> {
        self.let_end();
        take(&self.ended).await;
        self.done.lock().pop()
    }
}

async fn take(semaphore: &Semaphore) {
    tokio::time::timeout(PATIENCE, semaphore.acquire()).await.unwrap().unwrap().forget();
}

#[async_trait]
impl Service for Small {
    async fn handle(&self, request: Request) -> Result<Response, Error> {
        match request.path.as_str() {
            "denied" => return Err(Error::no_token()),
            "missing" => return Ok(Response::none()),
            "slow" => self.slow.deed("request").await,
            "standby" => return Err(Error::new(Code::Standby, "Vault is in standby mode")),
            _ if self.state != HealthState::Active => {
                return Err(Error::new(Code::Sealed, "Vault is sealed"));
            }
            _ if request.operation == Operation::Delete => return Ok(Response::none()),
            _ => {}
        }
        Ok(Response::json(json!({
            "path": request.path,
            "operation": request.operation.word(),
            "token": request.token.as_ref().map(|token| token.expose().clone()),
            "client": request.peer.address.ip().to_string(),
            "serial": request.peer.certificate_serial,
            "data": request.data,
        })))
    }

    async fn initialized(&self) -> Result<bool, Error> {
        Ok(self.state != HealthState::Uninitialized)
    }

    async fn init(&self, request: InitRequest) -> Result<Initialized, Error> {
        if request.secret_shares == Some(SLOW_SHARES) {
            self.slow.deed("init").await;
        }
        match request.secret_shares {
            Some(shares) if shares > 0 => Ok(Initialized {
                unseal_keys: vec![Secret::new(vec![0xfb, 0xff])],
                recovery_keys: (shares > 1).then(Vec::new),
                root_token: Secret::new("s.root".to_owned()),
            }),
            _ => Err(Error::invalid("invalid seal configuration: shares must be at least one")),
        }
    }

    async fn unseal(&self, request: UnsealRequest) -> Result<SealStatus, Error> {
        if matches!(&request, UnsealRequest::Key { migrate: true, .. }) {
            self.slow.deed("unseal").await;
        }
        match (self.state, request) {
            (HealthState::Uninitialized, UnsealRequest::Key { .. }) => {
                Err(Error::invalid("Vault is not initialized"))
            }
            _ => self.seal_status().await,
        }
    }

    async fn seal_status(&self) -> Result<SealStatus, Error> {
        let initialized = self.state != HealthState::Uninitialized;
        Ok(SealStatus {
            kind: "shamir".to_owned(),
            initialized,
            sealed: self.state != HealthState::Active,
            threshold: u32::from(initialized),
            shares: u32::from(initialized),
            progress: 0,
            nonce: String::new(),
            migration: false,
            cluster: self.health().cluster,
            recovery_seal: false,
            storage_kind: "inmem".to_owned(),
        })
    }

    fn health(&self) -> Health {
        let cluster = Cluster { name: "c".to_owned(), id: "i".to_owned() };
        Health {
            state: self.state,
            cluster: (self.state == HealthState::Active).then_some(cluster),
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
        }
    }

    fn leader(&self) -> Result<Leader, Error> {
        Ok(match self.state {
            HealthState::Standby => Leader::Other {
                api_addr: "https://b:8200".to_owned(),
                cluster_addr: "https://b:8201".to_owned(),
            },
            _ => Leader::NoHa,
        })
    }

    fn metrics(&self, format: MetricsFormat) -> Result<Raw, Error> {
        let content_type = "text/x".to_owned();
        Ok(Raw { status: 200, content_type, body: format!("{format:?}").into() })
    }
}

struct Scene {
    server: Server,
    slow: Arc<Slow>,
}

async fn scene(state: HealthState, settings: Settings) -> Scene {
    let address = Address { host: "127.0.0.1".to_owned(), port: 0 };
    let settings = Settings { bind: Bind::Tcp(address), ..settings };
    let build = Build { version: "1.2.3".into(), ..Build::default() };
    let common = Common { build, ..Common::default() };
    let slow = Arc::default();
    let listener = Listener::bind(settings, common).await.unwrap();
    let server = listener.serve(Arc::new(Small { state, slow: Arc::clone(&slow) }));
    Scene { server, slow }
}

impl Scene {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    /// Sends bytes as they are and gives back all that comes until the connection ends.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut out = Vec::new();
        // A connection that is reset after its answer has answered all the same.
        let _ = stream.read_to_end(&mut out).await;
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The answer to `METHOD /path` with headers (`a: b` each) and a body.
    async fn ask(&self, line: &str, headers: &[&str], body: &str) -> Reply {
        let mut head = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        if !body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let text = self.raw(format!("{head}\r\n{body}").as_bytes()).await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    async fn check(&self, line: &str, status: u16, body: &str) {
        let got = self.ask(line, &[], "").await;
        assert_eq!((got.status, got.body.as_str()), (status, body), "{line}");
    }

    async fn check_body(&self, line: &str, sent: &str, status: u16, part: &str) {
        let got = self.ask(line, &[], sent).await;
        assert_eq!(got.status, status, "{line} {sent}: {}", got.body);
        assert!(got.body.contains(part), "{line} {sent}: {}", got.body);
    }
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}
