//! The provider, and the storage that it opens: the engine's calls on threads that may wait.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{
    Capabilities, Check, Error, ErrorKind, Fence, Op, Opened, Page, Provider, Result, Settings,
    Storage, Write, key,
};

use crate::{
    Config,
    engine::{Engine, KEY_BYTES_MAX},
};

/// The most writes in one batch.
const BATCH_OPS_MAX: usize = 10_000;
/// The most bytes of keys and values in one batch.
const BATCH_BYTES_MAX: usize = 32 << 20;
/// The longest value.
const VALUE_BYTES_MAX: usize = 1 << 20;

const CAPABILITIES: Capabilities = Capabilities::basic()
    .with_batches(BATCH_OPS_MAX, BATCH_BYTES_MAX)
    .with_checks()
    .with_entry_limits(KEY_BYTES_MAX, VALUE_BYTES_MAX);

/// Opens `storage "file"`.
pub struct FileProvider;

/// The opened storage.
pub struct FileStorage {
    engine: Arc<Engine>,
}

// === impl FileProvider ===

#[async_trait]
impl Provider for FileProvider {
    fn name(&self) -> &str {
        "file"
    }

    async fn open(&self, settings: Settings) -> Result<Opened> {
        let storage = FileStorage::open(Config::from_settings(settings)?).await?;
        Ok(Opened { storage: Some(Arc::new(storage)), ..Opened::default() })
    }
}

// === impl FileStorage ===

impl FileStorage {
    /// Opens the folder, and carries out what a crash has left undone.
    pub async fn open(config: Config) -> Result<Self> {
        let engine = waiting(move || Ok(Engine::open(&config.path)?)).await?;
        Ok(Self { engine: Arc::new(engine) })
    }

    async fn read<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let engine = self.engine.clone();
        waiting(move || call(&engine)).await
    }

    /// One way for all writes: a put and a delete are batches of one.
    async fn write(&self, op: Op, checks: Vec<Check>, writes: Vec<Write>) -> Result<()> {
        let engine = self.engine.clone();
        waiting(move || engine.write(op, checks, writes)).await.map_err(|error| {
            if error.kind == ErrorKind::Panicked { error.maybe_applied() } else { error }
        })
    }
}

#[async_trait]
impl Storage for FileStorage {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn get(&self, _op: Op, key: &str) -> Result<Option<Bytes>> {
        check_entry(key, 0)?;
        let key = key.to_owned();
        self.read(move |engine| engine.get(&key)).await
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        refuse_fence(fence)?;
        check_entry(key, value.len())?;
        self.write(op, Vec::new(), vec![Write::Put(key.to_owned(), value)]).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        refuse_fence(fence)?;
        check_entry(key, 0)?;
        self.write(op, Vec::new(), vec![Write::Delete(key.to_owned())]).await
    }

    async fn list(&self, _op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        let (prefix, after) = (prefix.to_owned(), after.to_owned());
        self.read(move |engine| engine.list(&prefix, &after, limit)).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        refuse_fence(fence)?;
        check_batch(checks, writes)?;
        self.write(op, checks.to_vec(), writes.to_vec()).await
    }

    async fn health(&self, _op: Op) -> Result<()> {
        self.read(Engine::health).await
    }

    async fn close(&self) -> Result<()> {
        self.read(|engine| Ok(engine.close()?)).await
    }
}

/// Runs what may wait for the disk, where waiting keeps nobody else from running.
#[cfg(not(target_family = "wasm"))]
async fn waiting<T: Send + 'static>(
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        Err(_panicked) => Err(Error::new(ErrorKind::Panicked, "the file storage panicked")),
    }
}

/// An instance has one task and no threads: it may wait itself.
#[cfg(target_family = "wasm")]
async fn waiting<T: Send + 'static>(
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    call()
}

/// A fence that nobody checks would protect nobody.
fn refuse_fence(fence: Option<&Fence>) -> Result<()> {
    match fence {
        None => Ok(()),
        Some(_) => Err(Error::unsupported("fencing")),
    }
}

fn check_entry(key: &str, value_bytes: usize) -> Result<()> {
    key::check_key(key)?;
    check_size("the key has too many bytes", key.len(), KEY_BYTES_MAX)?;
    check_size("the value has too many bytes", value_bytes, VALUE_BYTES_MAX)
}

fn check_batch(checks: &[Check], writes: &[Write]) -> Result<()> {
    check_size("the batch has too many writes", writes.len(), BATCH_OPS_MAX)?;
    check_size("the batch has too many checks", checks.len(), BATCH_OPS_MAX)?;
    let bytes = writes.iter().map(Write::bytes).fold(0, usize::saturating_add);
    check_size("the batch has too many bytes", bytes, BATCH_BYTES_MAX)?;
    for write in writes {
        match write {
            Write::Put(key, value) => check_entry(key, value.len())?,
            Write::Delete(key) => check_entry(key, 0)?,
        }
    }
    checks.iter().try_for_each(|check| match check {
        Check::Absent(key) | Check::ValueIs(key, _) => check_entry(key, 0),
    })
}

fn check_size(what: &str, size: usize, limit: usize) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("{what}: {size}, the limit is {limit}")))
}
