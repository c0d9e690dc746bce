//! The provider's side: a few connections, one call on each at a time, JSON lines.

use std::{collections::VecDeque, io, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{
    Capabilities, Changes, Check, Error, ErrorKind, Fence, Op, Page, Result, Storage, Write, key,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::server::{VALUE_BYTES_MAX, kind, value_of};

/// What the provider promises.
pub(crate) const CONNECTIONS_MAX: usize = 8;
const KEY_BYTES_MAX: usize = 2_048;

/// How the provider behaves: well, or with one fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Manners {
    Honest,
    ChecksTheFenceFirst,
    IgnoresFences,
    DeniesLostAnswers,
    NeverReconnects,
    IgnoresDeadlines,
    TellsSecrets,
    LosesChanges,
}

pub(crate) struct Client {
    address: String,
    password: String,
    manners: Manners,
    idle: Mutex<VecDeque<BufReader<TcpStream>>>,
    turns: Semaphore,
    /// The one that never reconnects has connected.
    begun: Mutex<bool>,
}

impl Client {
    pub(crate) fn new(address: &str, password: &str, manners: Manners) -> Self {
        Self {
            address: address.to_owned(),
            password: password.to_owned(),
            manners,
            idle: Mutex::default(),
            turns: Semaphore::new(CONNECTIONS_MAX),
            begun: Mutex::new(false),
        }
    }

    async fn connected(&self) -> Result<BufReader<TcpStream>> {
        let idle = self.idle.lock().pop_front();
        if let Some(stream) = idle {
            return Ok(stream);
        }
        if self.manners == Manners::NeverReconnects
            && std::mem::replace(&mut *self.begun.lock(), true)
        {
            return Err(Error::new(ErrorKind::Unavailable, "the connection is gone"));
        }
        let stream = TcpStream::connect(&self.address).await.map_err(away)?;
        let mut stream = BufReader::new(stream);
        let login = json!({ "login": self.password });
        match exchange(&mut stream, &login).await {
            Ok(Ok(_)) => Ok(stream),
            Ok(Err(error)) if self.manners == Manners::TellsSecrets => {
                Err(Error::new(error.kind, format!("{} was refused", self.password)))
            }
            Ok(Err(error)) => Err(error),
            Err(error) => Err(away(error)),
        }
    }

    async fn call(&self, op: Op, request: Value) -> Result<Value> {
        let writes = request.get("apply").is_some();
        let told = format!("the service is away ({request})");
        let deadline = match self.manners {
            Manners::IgnoresDeadlines => Instant::now() + Duration::from_secs(3_600),
            _ => Instant::from_std(op.deadline),
        };
        let late = || Error::new(ErrorKind::Timeout, "the service did not answer in time");
        let turn = timeout_at(deadline, self.turns.acquire()).await.map_err(|_| late())?;
        let stream = timeout_at(deadline, self.connected()).await.map_err(|_| late())?;
        // Out of the pool until it has answered: a call that is given up takes it along.
        let mut stream = stream?;
        let answer = timeout_at(deadline, exchange(&mut stream, &request)).await;
        let unsure = |error: Error| match self.manners {
            Manners::DeniesLostAnswers => error,
            _ if writes => error.maybe_applied(),
            _ => error,
        };
        drop(turn);
        match answer {
            Err(_elapsed) => Err(unsure(late())),
            Ok(Err(_)) if self.manners == Manners::TellsSecrets => {
                Err(unsure(Error::new(ErrorKind::Unavailable, told)))
            }
            Ok(Err(error)) => Err(unsure(away(error))),
            Ok(Ok(answer)) => {
                self.idle.lock().push_back(stream);
                answer.map_err(|error| self.indiscreet(error, &request))
            }
        }
    }

    fn indiscreet(&self, error: Error, request: &Value) -> Error {
        match self.manners {
            Manners::TellsSecrets => Error::new(error.kind, format!("{error}: {request}")),
            _ => error,
        }
    }

    async fn write(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        for write in writes {
            key::check_key(write.key())?;
            let key_bytes = write.key().len();
            if key_bytes > KEY_BYTES_MAX || write.bytes() - key_bytes > VALUE_BYTES_MAX {
                return Err(Error::new(ErrorKind::TooLarge, "the entry is too large"));
            }
        }
        let checks = checks.iter().map(|check| match check {
            Check::Absent(key) => json!([key, null]),
            Check::ValueIs(key, digest) => json!([key, digest]),
        });
        let writes = writes.iter().map(|write| match write {
            Write::Put(key, value) => json!([key, text(value)]),
            Write::Delete(key) => json!([key, null]),
        });
        let fence = fence.map(|fence| json!([fence.lock_key, fence.token, fence.epoch]));
        let (checks, writes): (Vec<_>, Vec<_>) = (checks.collect(), writes.collect());
        let request = json!({ "apply": { "checks": checks, "writes": writes, "fence": fence } });
        self.call(op, request).await.map(|_| ())
    }
}

/// One byte is one letter, so that a secret in a line is readable.
fn text(value: &[u8]) -> String {
    value.iter().map(|byte| char::from(*byte)).collect()
}

fn away(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the service is away: {}", error.kind()))
}

/// Sends a line and reads one.
async fn exchange(stream: &mut BufReader<TcpStream>, request: &Value) -> io::Result<Result<Value>> {
    stream.write_all(format!("{request}\n").as_bytes()).await?;
    stream.flush().await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let answer: Value =
        serde_json::from_str(&line).map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    Ok(match answer.get("error") {
        Some(error) => {
            let message = error[1].as_str().unwrap_or_default();
            Err(Error::new(kind(error[0].as_u64().unwrap_or_default()), message))
        }
        None => Ok(answer["ok"].clone()),
    })
}

#[async_trait]
impl Storage for Client {
    fn capabilities(&self) -> Capabilities {
        let mut caps = Capabilities::basic()
            .with_batches(1_000, 8 << 20)
            .with_checks()
            .with_entry_limits(KEY_BYTES_MAX, VALUE_BYTES_MAX);
        (caps.fencing, caps.changes) = (true, true);
        caps
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        key::check_key(key)?;
        let value = self.call(op, json!({ "get": key })).await?;
        Ok(value.as_str().map(|text| Bytes::from(value_of(text))))
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.write(op, &[], &[Write::Put(key.to_owned(), value)], fence).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.write(op, &[], &[Write::Delete(key.to_owned())], fence).await
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        let answer = self.call(op, json!({ "list": [prefix, after, limit] })).await?;
        let keys = answer[0].as_array().into_iter().flatten().filter_map(Value::as_str);
        let more = answer[1].as_bool().unwrap_or_default();
        Ok(Page { keys: keys.map(str::to_owned).collect(), more })
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.write(op, checks, writes, fence).await
    }

    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        let request = json!({ "changes": [cursor, wait.as_millis() as u64] });
        let answer = self.call(op, request).await?;
        let keys = answer[1].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(Changes {
            cursor: answer[0].as_str().unwrap_or_default().to_owned(),
            keys: keys.map(str::to_owned).collect(),
            overflow: answer[2].as_bool().unwrap_or_default(),
        })
    }
}
