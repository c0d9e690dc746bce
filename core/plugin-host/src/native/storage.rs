//! A storage in a library. What it does not claim, and what breaks the rules of keys and sizes, does
//! not reach it: every storage answers these alike, and one in C need not check them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plugin_api::{
    Bytes, Capabilities, Changes, Check, Error, ErrorKind, Fence, Op, Page, Result, Storage, Write,
    key,
};

use crate::native::{
    call::{Call, Output},
    check::{ensure, wrong},
    instance::Instance,
};

/// An opened storage.
pub(super) struct NativeStorage {
    instance: Arc<Instance>,
    capabilities: Capabilities,
}

impl NativeStorage {
    pub(super) fn new(instance: Arc<Instance>, capabilities: Capabilities) -> Self {
        Self { instance, capabilities }
    }

    async fn done(&self, op: Op, call: Call) -> Result<()> {
        match self.instance.call(op, call)?.await? {
            Output::Nothing => Ok(()),
            _ => Err(another()),
        }
    }

    fn check_entry(&self, key: &str, value_bytes: usize) -> Result<()> {
        key::check_key(key)?;
        check_size("the key has too many bytes", key.len(), self.capabilities.max_key_bytes)?;
        let limit = self.capabilities.max_value_bytes;
        check_size("the value has too many bytes", value_bytes, limit)
    }

    fn check_fence(&self, fence: Option<&Fence>) -> Result<()> {
        let claimed = fence.is_none() || self.capabilities.fencing;
        if claimed { Ok(()) } else { Err(Error::unsupported("fencing")) }
    }

    fn check_batch(&self, checks: &[Check], writes: &[Write]) -> Result<()> {
        let caps = &self.capabilities;
        if !caps.atomic_batch {
            return Err(Error::unsupported("apply"));
        }
        if !caps.checks && !checks.is_empty() {
            return Err(Error::unsupported("apply with checks"));
        }
        check_size("the batch has too many writes", writes.len(), caps.max_batch_ops)?;
        check_size("the batch has too many checks", checks.len(), caps.max_batch_ops)?;
        let bytes = writes.iter().map(Write::bytes).fold(0, usize::saturating_add);
        check_size("the batch has too many bytes", bytes, caps.max_batch_bytes)?;
        for write in writes {
            match write {
                Write::Put(key, value) => self.check_entry(key, value.len())?,
                Write::Delete(key) => self.check_entry(key, 0)?,
            }
        }
        checks.iter().try_for_each(|check| match check {
            Check::Absent(key) | Check::ValueIs(key, _) => self.check_entry(key, 0),
        })
    }
}

#[async_trait]
impl Storage for NativeStorage {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        self.check_entry(key, 0)?;
        let limit = self.capabilities.max_value_bytes;
        let mut waiting = self.instance.get(op, key)?;
        let output = match waiting.now() {
            Some(output) => output?,
            None => waiting.await?,
        };
        value_of(output, limit)
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.check_fence(fence)?;
        self.check_entry(key, value.len())?;
        self.done(op, Call::Put { key: key.to_owned(), value, fence: fence.cloned().map(Box::new) })
            .await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.check_fence(fence)?;
        self.check_entry(key, 0)?;
        self.done(op, Call::Delete { key: key.to_owned(), fence: fence.cloned().map(Box::new) })
            .await
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        let (prefix, after) = (prefix.to_owned(), after.to_owned());
        match self.instance.call(op, Call::List { prefix, after, limit })?.await? {
            Output::Page(page) => Ok(*page),
            _ => Err(another()),
        }
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.check_fence(fence)?;
        self.check_batch(checks, writes)?;
        let (checks, writes) = (checks.to_vec(), writes.to_vec());
        self.done(op, Call::Apply { checks, writes, fence: fence.cloned().map(Box::new) }).await
    }

    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        if !self.capabilities.changes {
            return Err(Error::unsupported("changes"));
        }
        let cursor = cursor.map(str::to_owned);
        match self.instance.call(op, Call::Changes { cursor, wait_ms: milliseconds(wait) })?.await?
        {
            Output::Changes(changes) => Ok(*changes),
            _ => Err(another()),
        }
    }

    async fn health(&self, op: Op) -> Result<()> {
        match self.done(op, Call::Health).await {
            // A storage that has nothing to say of its health has answered: it is there.
            Err(error) if error.kind == ErrorKind::Unsupported => Ok(()),
            answer => answer,
        }
    }

    async fn close(&self) -> Result<()> {
        self.instance.close().await
    }
}

#[inline(always)]
fn value_of(output: Output, limit: usize) -> Result<Option<Bytes>> {
    let check =
        |length| ensure(length <= limit, "a value is longer than it claims that values can be");
    match output {
        Output::Missing => Ok(None),
        Output::Copied(bytes) => {
            check(bytes.len())?;
            Ok(Some(bytes.into()))
        }
        Output::Shared(value) => {
            check(value.len())?;
            Ok(Some(*value))
        }
        _ => Err(another()),
    }
}

/// A number in milliseconds; what is less than one is one.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

pub(super) fn another() -> Error {
    wrong("it answered another call")
}

fn check_size(what: &str, size: usize, limit: usize) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("{what}: {size}, the limit is {limit}")))
}
