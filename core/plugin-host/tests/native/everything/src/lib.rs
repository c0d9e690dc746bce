//! A native plugin in Rust: the storage in memory with its lock, a toy of a seal, and every way to
//! misbehave that Rust has. For tests only; the seal protects nothing.

#![forbid(unsafe_code)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use plugin_api::{
    Blob, Bytes, Capabilities, Check, Error, ErrorKind, Fence, Op, Opened, Page, Provider, Result,
    Seal, SealStatus, Secret, Settings, Storage, Write, async_trait, digest::sha256,
};
use storage::{Inmem, InmemLock};

struct Everything;

plugin_api::export! {
    provider = Everything,
    manifest = {
        name: "everything",
        kinds: [storage, ha_lock, seal],
        license: "Apache-2.0",
        description: "A storage, a lock and a toy of a seal, for tests.",
    }
}

#[async_trait]
impl Provider for Everything {
    fn name(&self) -> &str {
        "everything"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        if settings.take_bool("panics")?.unwrap_or_default() {
            panic!("as it was told to, with a secret in the message");
        }
        let shy = settings.take_bool("panics_when_asked")?.unwrap_or_default();
        settings.finish()?;
        tracing::info!(what = "everything", "opened");
        let lock = InmemLock::new();
        let storage = Moody { inner: Inmem::new().with_lock(lock.clone()), shy };
        Ok(Opened {
            storage: Some(Arc::new(storage)),
            ha_lock: Some(Arc::new(lock)),
            seal: Some(Arc::new(Toy)),
        })
    }
}

/// The storage in memory, but for a few keys.
struct Moody {
    inner: Inmem,
    /// It does not want to be asked what it can do.
    shy: bool,
}

/// Panics at once, panics after a while, never answers, or answers after a while.
async fn mood(key: &str) {
    match key {
        "panic" => panic!("as it was told to, with a secret in the message"),
        "panic-later" => {
            tokio::time::sleep(Duration::from_millis(10)).await;
            panic!("as it was told to, later");
        }
        "loop" => spin(),
        "never" => std::future::pending().await,
        "later" => tokio::time::sleep(Duration::from_millis(20)).await,
        "log" => tracing::warn!(key, "asked for"),
        _ => (),
    }
}

/// Keeps its thread, as what waits must not.
fn spin() {
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

#[async_trait]
impl Storage for Moody {
    fn capabilities(&self) -> Capabilities {
        assert!(!self.shy, "as it was told to");
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        mood(key).await;
        self.inner.get(op, key).await
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        mood(key).await;
        self.inner.put(op, key, value, fence).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.inner.delete(op, key, fence).await
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        self.inner.list(op, prefix, after, limit).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.inner.apply(op, checks, writes, fence).await
    }
}

/// A keystream and a tag of SHA-256 under a key that everybody can read here.
struct Toy;

const KEY_ID: &str = "toy-1";

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut text = b"the toy's key".to_vec();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_le_bytes());
        text.extend_from_slice(part);
    }
    sha256(&text)
}

fn stream(iv: &[u8], bytes: &[u8]) -> Vec<u8> {
    let blocks = bytes.chunks(32).enumerate();
    let block = |(i, chunk): (usize, &[u8])| {
        let pad = hash(&[b"pad", iv, &i.to_le_bytes()]);
        chunk.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect::<Vec<_>>()
    };
    blocks.flat_map(block).collect()
}

fn random(length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let filled = plugin_api::native::host().is_some_and(|host| host.random(&mut bytes));
    if filled { Ok(bytes) } else { Err(Error::new(ErrorKind::Internal, "no randomness")) }
}

#[async_trait]
impl Seal for Toy {
    async fn status(&self, _op: Op) -> Result<SealStatus> {
        Ok(SealStatus { healthy: true, key_id: KEY_ID.to_owned(), detail: String::new() })
    }

    async fn wrap(&self, _op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let iv = random(16)?;
        let mut ciphertext = stream(&iv, plaintext.expose());
        let tag = hash(&[b"tag", &iv, aad, &ciphertext]);
        ciphertext.extend_from_slice(&tag);
        Ok(Blob { ciphertext, iv, key_id: KEY_ID.to_owned(), mechanism: 7 })
    }

    async fn unwrap(&self, _op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let wrong = || Error::new(ErrorKind::Corrupt, "the blob is not one of this key");
        let (text, tag) = blob.ciphertext.split_last_chunk::<32>().ok_or_else(wrong)?;
        let right = hash(&[b"tag", &blob.iv, aad, text]) == *tag;
        if !right || blob.key_id != KEY_ID || blob.mechanism != 7 {
            return Err(wrong());
        }
        Ok(Secret::new(stream(&blob.iv, text)))
    }

    async fn random(&self, _op: Op, length: usize) -> Result<Secret<Vec<u8>>> {
        Ok(Secret::new(random(length.min(1 << 16))?))
    }
}
