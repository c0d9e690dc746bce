//! A node, opened, on a storage that does as it is told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto::Secret;
use logical::{
    Clock, Code, Data, Namespace, Operation, Peer, Raw, Request, Response, Result, Wrap,
};
use parking_lot::Mutex;
use plugin_api::{Capabilities, Check, Error, ErrorKind, Fence, Op, Page, Storage, Write};
use seal::{Label, Protection};
use serde_json::{Value, json};
use storage::Inmem;

use crate::{
    InitRequest, Node, Parts, SealStatus, Settings, Switches, Ttls, UnsealRequest, active::Active,
};

const MONTH: std::time::Duration = std::time::Duration::from_secs(2_764_800);

/// A storage that can lose an answer, and be away.
#[derive(Default)]
pub(super) struct Moody {
    inner: Inmem,
    loses: AtomicBool,
    leaves: AtomicBool,
    /// Which batch from now on is refused; none at zero.
    refuses: AtomicUsize,
    away: AtomicBool,
    conflicts: AtomicBool,
    snatched: Mutex<Option<String>>,
}

/// A node that serves.
pub(super) struct Server {
    pub(super) storage: Arc<Moody>,
    node: Arc<Node>,
    root: String,
    key: Secret<Vec<u8>>,
}

/// One request.
#[derive(Clone)]
pub(super) struct Ask<'a> {
    pub(super) operation: Operation,
    pub(super) path: &'a str,
    /// The root token if it is empty.
    pub(super) token: &'a str,
    pub(super) data: Value,
    pub(super) wrap: Option<Wrap>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(operation: Operation, path: &'a str) -> Self {
        Self { operation, path, token: "", data: json!({}), wrap: None }
    }

    pub(super) fn with(self, data: Value) -> Self {
        Self { data, ..self }
    }
}

impl Server {
    /// A fresh one.
    pub(super) async fn start() -> Self {
        let storage = Arc::new(Moody::default());
        let node = Self::node(Arc::clone(&storage)).await;
        Self::make(storage, node).await
    }

    /// A node on this storage, as it finds it.
    pub(super) async fn node(storage: Arc<Moody>) -> Arc<Node> {
        let settings = Settings {
            cluster_name: None,
            ttls: Ttls { default: MONTH, max: MONTH },
            storage_kind: "inmem".to_owned(),
            audit_devices: Vec::new(),
            switches: Switches::default(),
            shown: Data::new(),
            metrics: Arc::new(|_| Raw {
                status: 200,
                content_type: String::new(),
                body: Bytes::new(),
            }),
            plugins: Arc::new(Vec::new),
        };
        let protection = Protection::shamir(Label::default());
        let parts = Parts { storage, protection, settings, clock: Clock::System };
        Node::start(parts).await.unwrap()
    }

    /// Initializes and unseals a node.
    pub(super) async fn make(storage: Arc<Moody>, node: Arc<Node>) -> Self {
        let request = InitRequest {
            secret_shares: Some(1),
            secret_threshold: Some(1),
            ..InitRequest::default()
        };
        let made = node.initialize(request).await.unwrap();
        let key = made.unseal_keys.into_iter().next().unwrap();
        let server = Self { storage, node, root: made.root_token.expose().clone(), key };
        server.unseal().await.unwrap();
        server
    }

    /// Seals the node and gives it its key.
    pub(super) async fn unseal_again(&self) -> Result<SealStatus> {
        self.node.seal().await.unwrap();
        self.unseal().await
    }

    pub(super) async fn unseal(&self) -> Result<SealStatus> {
        let key = self.key.clone();
        self.node.unseal(UnsealRequest::Key { key, migrate: false }).await
    }

    pub(super) fn active(&self) -> Arc<Active> {
        Arc::clone(self.node.state.load().active().unwrap())
    }

    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Response> {
        let token = if ask.token.is_empty() { &self.root } else { ask.token };
        let request = Request {
            id: crypto::random::uuid(),
            operation: ask.operation,
            path: ask.path.to_owned(),
            namespace: Namespace::root(),
            token: Some(Secret::new(token.to_owned())),
            data: ask.data.as_object().cloned().unwrap_or_default(),
            headers: Vec::new(),
            wrap: ask.wrap,
            peer: Peer::default(),
        };
        self.node.handle(request).await
    }

    /// What is at a pointer of the data of an answer, or the code of its error.
    pub(super) async fn check(&self, ask: Ask<'_>, want: Result<(&str, Value), Code>) {
        let path = ask.path.to_owned();
        let got = self.ask(ask).await.map_err(|error| error.code);
        let got = got.map(|answer| Value::Object(answer.data.unwrap_or_default()));
        match (got, want) {
            (Ok(data), Ok((pointer, value))) => {
                assert_eq!(data.pointer(pointer), Some(&value), "{path}: {data}");
            }
            (got, want) => assert_eq!(got.err(), want.err(), "{path}"),
        }
    }

    /// A write that takes place, and whose answer the storage loses.
    pub(super) async fn check_lost(&self, operation: Operation, path: &str, data: Value) {
        self.storage.lose_next();
        self.check(Ask::new(operation, path).with(data), Err(Code::Unavailable)).await;
    }

    pub(super) async fn write(&self, path: &str, data: Value) {
        self.ask(Ask::new(Operation::Update, path).with(data)).await.unwrap();
    }

    pub(super) async fn token(&self, data: Value) -> String {
        let ask = Ask::new(Operation::Update, "auth/token/create").with(data);
        self.ask(ask).await.unwrap().auth.unwrap().client_token.expose().clone()
    }
}

impl Moody {
    /// The next batch is done, and the answer to it is lost.
    pub(super) fn lose_next(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }

    /// After that it is away.
    pub(super) fn go_away_then(&self) {
        self.leaves.store(true, Ordering::SeqCst);
    }

    /// From now on every batch meets another one.
    pub(super) fn conflict(&self) {
        self.conflicts.store(true, Ordering::SeqCst);
    }

    /// Somebody removes this key just before the next batch.
    pub(super) fn snatch(&self, key: String) {
        *self.snatched.lock() = Some(key);
    }

    /// The batch of this number, from one, is refused.
    pub(super) fn refuse(&self, number: usize) {
        self.refuses.store(number, Ordering::SeqCst);
    }

    /// Whether the batch to be refused has not come yet.
    pub(super) fn still_refuses(&self) -> bool {
        self.refuses.load(Ordering::SeqCst) > 0
    }

    pub(super) fn come_back(&self) {
        self.away.store(false, Ordering::SeqCst);
    }

    fn is_here(&self) -> Result<(), Error> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::Unavailable, "the storage is away")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Storage for Moody {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>, Error> {
        self.is_here()?;
        self.inner.get(op, key).await
    }

    async fn put(
        &self,
        op: Op,
        key: &str,
        value: Bytes,
        fence: Option<&Fence>,
    ) -> Result<(), Error> {
        self.is_here()?;
        self.inner.put(op, key, value, fence).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<(), Error> {
        self.is_here()?;
        self.inner.delete(op, key, fence).await
    }

    /// Few names at once, as a storage may.
    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page, Error> {
        self.is_here()?;
        let few = if limit == 0 { 2 } else { limit.min(2) };
        self.inner.list(op, prefix, after, few).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<(), Error> {
        self.is_here()?;
        let (order, next) = (Ordering::SeqCst, |number: usize| number.checked_sub(1));
        if self.refuses.fetch_update(order, order, next) == Ok(1) {
            self.away.store(self.leaves.swap(false, order), order);
            return Err(Error::new(ErrorKind::Unavailable, "the storage refuses"));
        }
        if self.conflicts.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Conflict, "another batch was faster"));
        }
        let snatched = self.snatched.lock().take();
        if let Some(key) = snatched {
            self.inner.delete(op, &key, fence).await?;
        }
        self.inner.apply(op, checks, writes, fence).await?;
        if !self.loses.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        self.away.store(self.leaves.swap(false, Ordering::SeqCst), Ordering::SeqCst);
        Err(Error::new(ErrorKind::Timeout, "the answer was lost").maybe_applied())
    }
}
