//! How the conformance suite gets at a loaded provider.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use conformance::{Network, Process, Surroundings, ha_lock, loaded, seal, storage};
use parking_lot::Mutex;
use plugin_api::{Error, ErrorKind, HaLock, Op, Opened, Result, Seal, Storage};

use plugin_host::Host;

use super::{file::ENTRY, subject::Subject};

/// How long a dropped handle may need to let go of its files.
const LETTING_GO: Duration = Duration::from_secs(5);
/// The most bytes of the log that are kept and searched.
const LOG_BYTES_MAX: usize = 64 << 20;
/// A key that tells whether a second handle sees what the first has written.
const PROBE: &str = "conformance/probe";

/// What the author says of the provider, on the command line.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// Nothing outlives a handle.
    pub(super) volatile: bool,
    /// The setting that says where the service is.
    pub(super) address_setting: Option<String>,
    /// The setting that holds the password.
    pub(super) password_setting: Option<String>,
    /// The most connections that it keeps.
    pub(super) connections_max: Option<usize>,
    /// A time to live that its lock can keep.
    pub(super) ttl: Option<Duration>,
}

/// A provider under test.
pub(super) struct Factory {
    subject: Subject,
    hints: Hints,
    log: Log,
    opened: tokio::sync::Mutex<Option<Opened>>,
    /// Whether a second handle sees the data of the first.
    shared: bool,
}

impl Factory {
    /// Opens the provider once, to see that it can be, and whether it can be opened twice.
    pub(super) async fn new(subject: Subject, hints: Hints, log: Log) -> Result<Self> {
        let first = subject.open(&[]).await?;
        let mut factory =
            Self { subject, hints, log, opened: Some(first.clone()).into(), shared: false };
        factory.shared = factory.sees_the_same(&first).await;
        Ok(factory)
    }

    /// Whether it comes from a file.
    pub(super) fn is_loaded(&self) -> bool {
        self.subject.file().is_some()
    }

    /// The handles of all contracts, opened once and shared.
    pub(super) async fn opened(&self) -> Result<Opened> {
        let mut opened = self.opened.lock().await;
        if opened.is_none() {
            *opened = Some(self.fresh().await?);
        }
        Ok(opened.clone().unwrap_or_default())
    }

    /// Ends what is open. The run is over: how that goes is no matter any more.
    pub(super) async fn close(&self) {
        if let Some(storage) = self.opened.lock().await.take().and_then(|opened| opened.storage) {
            let _ = tokio::time::timeout(LETTING_GO, storage.close()).await;
        }
    }

    async fn sees_the_same(&self, first: &Opened) -> bool {
        let Some(storage) = &first.storage else { return false };
        let op = || Op::within(LETTING_GO);
        let written = storage.put(op(), PROBE, Bytes::from_static(b"1"), None).await;
        let seen = match self.subject.open(&[]).await {
            Ok(Opened { storage: Some(second), .. }) if written.is_ok() => {
                let seen = second.get(op(), PROBE).await;
                let _ = second.close().await;
                seen.is_ok_and(|value| value.is_some())
            }
            _ => false,
        };
        // What cannot be removed now is in the way of no case: each has its own place.
        let _ = storage.delete(op(), PROBE, None).await;
        seen
    }

    /// Opens the provider again. The handle before may need a moment to let go.
    async fn fresh(&self) -> Result<Opened> {
        let start = Instant::now();
        loop {
            match self.subject.open(&[]).await {
                Ok(opened) => return Ok(opened),
                Err(error) if start.elapsed() > LETTING_GO => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn again(&self) -> Result<Opened> {
        *self.opened.lock().await = None;
        self.opened().await
    }

    async fn at(&self, more: &[(&str, &str)]) -> Result<Opened> {
        let address = self.hints.address_setting.as_deref().unwrap_or_default();
        let more: Vec<_> = more
            .iter()
            .map(|(name, value)| (if name.is_empty() { address } else { *name }, *value))
            .collect();
        self.subject.open(&more).await
    }

    /// The same as `at`, with a wrong password; `None` if the author names no such setting.
    async fn denied(&self, address: &str, password: &str) -> Option<Result<Opened>> {
        let setting = self.hints.password_setting.clone()?;
        Some(self.at(&[("", address), (&setting, password)]).await)
    }

    fn upstream(&self) -> String {
        let setting = self.hints.address_setting.as_deref().unwrap_or_default();
        self.subject.settings.get(setting).cloned().unwrap_or_default()
    }

    fn has_network(&self) -> bool {
        self.hints.address_setting.is_some()
    }
}

fn some<T: ?Sized>(what: &str, part: Option<Arc<T>>) -> Result<Arc<T>> {
    part.ok_or_else(|| Error::new(ErrorKind::Internal, format!("it opened without a {what}")))
}

impl Surroundings for Factory {
    fn secrets(&self) -> Vec<String> {
        const WORDS: [&str; 5] = ["key", "secret", "password", "token", "credential"];
        let secret = |name: &str| WORDS.iter().any(|word| name.to_lowercase().contains(word));
        let ids = |name: &str| name.ends_with("_id") || name.ends_with("_name");
        let settings = self.subject.settings.iter();
        let secrets =
            settings.filter(|(name, value)| secret(name) && !ids(name) && value.len() > 7);
        secrets.map(|(_, value)| value.clone()).collect()
    }

    fn logs(&self) -> Option<String> {
        Some(self.log.text())
    }
}

#[async_trait]
impl storage::Factory for Factory {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        some("storage", self.opened().await?.storage)
    }

    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        if !self.shared {
            return Ok(None);
        }
        Ok(self.subject.open(&[]).await?.storage)
    }

    async fn reopen(&self, storage: Arc<dyn Storage>) -> Result<Option<Arc<dyn Storage>>> {
        drop(storage);
        if self.hints.volatile { Ok(None) } else { Ok(self.again().await?.storage) }
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Storage>>> {
        let opened = self.subject.open(&[(name, value)]).await;
        Some(opened.and_then(|opened| some("storage", opened.storage)))
    }

    async fn lock(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(self.opened().await?.ha_lock)
    }

    fn lock_ttl(&self) -> Duration {
        ha_lock::Factory::ttl(self)
    }

    fn network(&self) -> Option<&dyn Network<dyn Storage>> {
        self.has_network().then_some(self)
    }

    fn surroundings(&self) -> &dyn Surroundings {
        self
    }
}

#[async_trait]
impl ha_lock::Factory for Factory {
    async fn open(&self) -> Result<Arc<dyn HaLock>> {
        some("lock", self.opened().await?.ha_lock)
    }

    async fn second(&self) -> Result<Option<Arc<dyn HaLock>>> {
        if self.hints.volatile {
            return Ok(None);
        }
        match self.subject.open(&[]).await {
            // What it keeps its locks in is one handle's alone.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(None),
            opened => Ok(opened?.ha_lock),
        }
    }

    async fn reopen(&self, lock: Arc<dyn HaLock>) -> Result<Option<Arc<dyn HaLock>>> {
        drop(lock);
        if self.hints.volatile {
            return Ok(None);
        }
        match self.again().await {
            // The case has a handle on it still, and a lock cannot be closed.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(None),
            opened => Ok(opened?.ha_lock),
        }
    }

    async fn storage(&self) -> Result<Option<Arc<dyn Storage>>> {
        let storage = self.opened().await?.storage;
        Ok(storage.filter(|storage| storage.capabilities().fencing))
    }

    fn ttl(&self) -> Duration {
        self.hints.ttl.unwrap_or(Duration::from_secs(2))
    }

    fn network(&self) -> Option<&dyn Network<dyn HaLock>> {
        self.has_network().then_some(self)
    }

    fn surroundings(&self) -> &dyn Surroundings {
        self
    }
}

#[async_trait]
impl loaded::Factory for Factory {
    async fn open(&self) -> Result<Opened> {
        self.opened().await
    }

    fn symbols(&self) -> Option<(Vec<String>, String)> {
        let exports = self.subject.file()?.exports()?;
        Some((exports.clone(), ENTRY.to_owned()))
    }

    fn before(&self) -> Option<Process> {
        self.subject.file()?.before().cloned()
    }

    async fn copy(&self, host: loaded::Host) -> Option<Result<Opened>> {
        let is_library = self.subject.file()?.exports().is_some();
        let host = match host {
            loaded::Host::Same => Host::Ours,
            _ if !is_library => return None,
            loaded::Host::Older => Host::Older,
            loaded::Host::Newer => Host::Newer,
        };
        self.subject.copy(host).await
    }
}

#[async_trait]
impl seal::Factory for Factory {
    async fn open(&self) -> Result<Arc<dyn Seal>> {
        some("seal", self.opened().await?.seal)
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Seal>>> {
        let opened = self.subject.open(&[(name, value)]).await;
        Some(opened.and_then(|opened| some("seal", opened.seal)))
    }

    fn network(&self) -> Option<&dyn Network<dyn Seal>> {
        self.has_network().then_some(self)
    }

    fn surroundings(&self) -> &dyn Surroundings {
        self
    }
}

/// The three contracts differ in one word each.
macro_rules! network {
    ($contract:ident, $part:ident, $what:literal) => {
        #[async_trait]
        impl Network<dyn $contract> for Factory {
            fn upstream(&self) -> String {
                self.upstream()
            }

            async fn open_at(&self, address: &str) -> Result<Arc<dyn $contract>> {
                some($what, self.at(&[("", address)]).await?.$part)
            }

            async fn open_denied(
                &self,
                address: &str,
                password: &str,
            ) -> Option<Result<Arc<dyn $contract>>> {
                let opened = self.denied(address, password).await?;
                Some(opened.and_then(|opened| some($what, opened.$part)))
            }

            fn connections_max(&self) -> Option<usize> {
                self.hints.connections_max
            }
        }
    };
}

network!(Storage, storage, "storage");
network!(HaLock, ha_lock, "lock");
network!(Seal, seal, "seal");

/// The log of the run, in memory: the suite searches it for secrets.
#[derive(Clone, Default)]
pub(super) struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Log {
    /// Begins to listen to everything that this process logs.
    pub(super) fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        // A second run in one process keeps the first one's listener.
        let _ = tracing::subscriber::set_global_default(lines.finish());
        log
    }

    /// Everything so far.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock();
        if bytes.len() + line.len() <= LOG_BYTES_MAX {
            bytes.extend_from_slice(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
