//! The service's side: the storage in memory, a log of changed keys, and a password.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{Check, Error, ErrorKind, Fence, HaLock, Op, Result, Storage, Write};
use serde_json::{Value, json};
use storage::{Inmem, InmemLock};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

use crate::client::Manners;

pub(crate) const PASSWORD: &str = "open sesame";
pub(crate) const VALUE_BYTES_MAX: usize = 64 << 10;
/// The changes that the service remembers.
const CHANGES_MAX: usize = 1_500;

/// The kinds that go over the wire, by their numbers.
const KINDS: [ErrorKind; 6] = [
    ErrorKind::InvalidArgument,
    ErrorKind::Conflict,
    ErrorKind::Fenced,
    ErrorKind::TooLarge,
    ErrorKind::Unauthenticated,
    ErrorKind::Internal,
];

pub(crate) fn kind(number: u64) -> ErrorKind {
    KINDS.into_iter().find(|kind| *kind as u64 == number).unwrap_or(ErrorKind::Internal)
}

pub(crate) fn value_of(text: &str) -> Vec<u8> {
    text.chars().map(|letter| letter as u8).collect()
}

/// The service; it ends with the test.
pub(crate) struct Server {
    pub(crate) address: String,
}

struct State {
    inmem: Inmem,
    lock: InmemLock,
    changed: Mutex<(usize, Vec<String>)>,
    manners: Manners,
}

impl Server {
    pub(crate) async fn start(lock: InmemLock, manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let inmem = Inmem::new().with_lock(lock.clone());
        let state = Arc::new(State { inmem, lock, changed: Mutex::default(), manners });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, state.clone()));
            }
        });
        Self { address }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    stream.set_nodelay(true).ok();
    let mut stream = BufReader::new(stream);
    let mut known = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or_default() == 0 || !line.ends_with('\n') {
            return;
        }
        let Ok(request) = serde_json::from_str::<Value>(&line) else { return };
        let result = match request.get("login") {
            Some(password) => {
                known = password == PASSWORD;
                known
                    .then_some(Value::Null)
                    .ok_or_else(|| Error::new(ErrorKind::Unauthenticated, "the password is wrong"))
            }
            None if !known => Err(Error::new(ErrorKind::Unauthenticated, "log in first")),
            None => state.answer(&request).await,
        };
        let answer = match result {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "error": [error.kind as u64, error.message] }),
        };
        if stream.write_all(format!("{answer}\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

fn op() -> Op {
    Op::within(Duration::from_secs(60))
}

impl State {
    async fn answer(&self, request: &Value) -> Result<Value> {
        if let Some(key) = request["get"].as_str() {
            let value = self.inmem.get(op(), key).await?;
            let text =
                |value: Bytes| value.iter().map(|byte| char::from(*byte)).collect::<String>();
            return Ok(json!(value.map(text)));
        }
        if let Some(list) = request["list"].as_array() {
            let limit = list[2].as_u64().unwrap_or_default() as usize;
            let (prefix, after) = (list[0].as_str().unwrap(), list[1].as_str().unwrap());
            let page = self.inmem.list(op(), prefix, after, limit).await?;
            return Ok(json!([page.keys, page.more]));
        }
        if let Some(changes) = request["changes"].as_array() {
            return Ok(self.changes(changes[0].as_str(), changes[1].as_u64().unwrap()).await);
        }
        self.apply(&request["apply"]).await
    }

    async fn apply(&self, request: &Value) -> Result<Value> {
        let pairs = |name: &str| request[name].as_array().cloned().unwrap_or_default();
        let key = |pair: &Value| pair[0].as_str().unwrap().to_owned();
        let (checks, writes) = (pairs("checks"), pairs("writes"));
        let checks = checks.iter().map(|pair| match pair[1].as_array() {
            None => Check::Absent(key(pair)),
            Some(digest) => {
                let bytes: Vec<u8> = digest.iter().map(|n| n.as_u64().unwrap() as u8).collect();
                Check::ValueIs(key(pair), bytes.try_into().unwrap())
            }
        });
        let checks: Vec<Check> = checks.collect();
        let writes = writes.iter().map(|pair| match pair[1].as_str() {
            None => Write::Delete(key(pair)),
            Some(text) => Write::Put(key(pair), Bytes::from(value_of(text))),
        });
        let writes: Vec<Write> = writes.collect();
        let fence = request["fence"].as_array().map(|fence| Fence {
            lock_key: fence[0].as_str().unwrap().to_owned(),
            token: fence[1].as_str().unwrap().to_owned(),
            epoch: fence[2].as_u64().unwrap(),
        });
        let fence = self.looked_at(fence).await?;
        let size: usize = writes.iter().map(Write::bytes).sum();
        if size > 8 << 20 || writes.len() > 1_000 {
            return Err(Error::new(ErrorKind::TooLarge, "the batch is too large"));
        }
        self.inmem.apply(op(), &checks, &writes, fence.as_ref()).await?;
        let mut changed = self.changed.lock();
        let keys = writes.iter().map(|write| write.key().to_owned());
        changed.1.extend(keys.filter(|_| self.manners != Manners::LosesChanges));
        let surplus = changed.1.len().saturating_sub(CHANGES_MAX);
        changed.1.drain(..surplus);
        changed.0 += surplus;
        Ok(Value::Null)
    }

    /// The fence that goes on to the store; the faulty services look at it themselves, or not.
    async fn looked_at(&self, fence: Option<Fence>) -> Result<Option<Fence>> {
        match (self.manners, &fence) {
            (Manners::IgnoresFences, _) => Ok(None),
            (Manners::ChecksTheFenceFirst, Some(known)) => {
                let holder = self.lock.current(op(), &known.lock_key).await?;
                if holder.is_none_or(|holder| holder.epoch != known.epoch) {
                    return Err(Error::new(ErrorKind::Fenced, "fenced"));
                }
                // The write comes a moment after the look.
                sleep(Duration::from_millis(2)).await;
                Ok(None)
            }
            _ => Ok(fence),
        }
    }

    async fn changes(&self, cursor: Option<&str>, wait: u64) -> Value {
        let end = Instant::now() + Duration::from_millis(wait);
        loop {
            let (keys, next, overflow) = {
                let changed = self.changed.lock();
                let next = changed.0 + changed.1.len();
                let from = cursor.map_or(next, |cursor| cursor.parse().unwrap_or(0));
                let keys: Vec<String> =
                    changed.1.iter().skip(from.saturating_sub(changed.0)).cloned().collect();
                (keys, next, from < changed.0)
            };
            if !keys.is_empty() || overflow || Instant::now() >= end {
                return json!([next.to_string(), keys, overflow]);
            }
            sleep(Duration::from_millis(2)).await;
        }
    }
}
