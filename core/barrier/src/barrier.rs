//! The open barrier: encrypted entries over a storage, and the blobs that others keep themselves.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use plugin_api::{Fence, Page, Write, key};

use crate::{
    Error, Result, Transaction,
    change::KeyState,
    detached::detached,
    journal::FOLDER,
    keyring::{KEYRING, Keyring},
    listing::{Lister, Span},
    open::NEXT_KEYRING,
    store::{Batch, Store},
};

/// An open barrier. A clone is another handle of the same one.
///
/// Dropping the last handle wipes the keys; [`seal`](Self::seal) wipes them as soon as the calls
/// that run at the moment are done.
///
/// The entries that a seal keeps in the clear (`core/seal-config` and its like) are not the
/// barrier's and are not read through it.
#[derive(Clone)]
pub struct Barrier {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    /// Read without a lock on every call; empty once sealed.
    pub(crate) keyring: ArcSwapOption<Keyring>,
    /// One change of the keyring at a time.
    pub(crate) change: tokio::sync::Mutex<KeyState>,
}

impl Barrier {
    /// Takes the keys away: every later call answers [`Error::Sealed`].
    pub fn seal(&self) {
        self.inner.keyring.store(None);
    }

    /// The value of a key.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.load(key).await?.map(|(_, plaintext)| plaintext))
    }

    /// Writes a value by itself.
    pub async fn put(
        &self,
        key: &str,
        value: impl Into<Bytes>,
        fence: Option<Arc<Fence>>,
    ) -> Result<()> {
        self.write(key, Some(value.into()), fence).await
    }

    /// Removes a key by itself.
    pub async fn delete(&self, key: &str, fence: Option<Arc<Fence>>) -> Result<()> {
        self.write(key, None, fence).await
    }

    /// The names below a prefix, as [`Storage::list`](plugin_api::Storage::list) gives them.
    pub async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        self.lister()?.page(Span { prefix, after, limit }).await
    }

    /// Begins a transaction whose commit carries this fence. Nothing is allocated before its use.
    pub fn begin(&self, fence: Option<Arc<Fence>>) -> Transaction {
        Transaction::new(self.clone(), fence)
    }

    /// Encrypts something that is kept elsewhere (a batch token), under the active term and bound
    /// to `aad`.
    pub fn encrypt_blob(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        self.with_keyring(|keyring| keyring.encrypt(&blob_aad(aad), plaintext))
    }

    /// Decrypts what [`encrypt_blob`](Self::encrypt_blob) made for the same `aad`, under any term;
    /// anything else is [`Error::Blob`].
    pub fn decrypt_blob(&self, aad: &[u8], blob: &[u8]) -> Result<Vec<u8>> {
        self.with_keyring(|keyring| keyring.decrypt_blob(&blob_aad(aad), blob).ok_or(Error::Blob))
    }

    /// The barrier of a keyring that has just been read or written as `stored`.
    pub(crate) fn from_parts(store: Store, keyring: Keyring, stored: Bytes) -> Self {
        let keyring = ArcSwapOption::from_pointee(keyring);
        let change = tokio::sync::Mutex::new(KeyState::new(stored));
        Self { inner: Arc::new(Inner { store, keyring, change }) }
    }

    /// Uses the keyring of this moment; a change meanwhile does not matter to the use.
    pub(crate) fn with_keyring<T>(&self, work: impl FnOnce(&Keyring) -> Result<T>) -> Result<T> {
        match self.inner.keyring.load().as_deref() {
            Some(keyring) => work(keyring),
            None => Err(Error::Sealed),
        }
    }

    /// The keyring, for work that waits in between.
    pub(crate) fn keyring(&self) -> Result<Arc<Keyring>> {
        self.inner.keyring.load_full().ok_or(Error::Sealed)
    }

    /// A key's stored bytes and its value.
    pub(crate) async fn load(&self, key: &str) -> Result<Option<(Bytes, Bytes)>> {
        check(key)?;
        let Some(stored) = self.inner.store.get(key).await? else { return Ok(None) };
        let plaintext = self.with_keyring(|keyring| keyring.decrypt(key, &stored))?;
        Ok(Some((stored, plaintext)))
    }

    /// A write as the storage is to do it.
    pub(crate) fn seal_write(&self, key: String, value: Option<Bytes>) -> Result<Write> {
        check(&key)?;
        let Some(value) = value else { return Ok(Write::Delete(key)) };
        let sealed = self.with_keyring(|keyring| keyring.encrypt(key.as_bytes(), &value))?;
        Ok(Write::Put(key, sealed.into()))
    }

    pub(crate) async fn commit(&self, batch: Batch, fence: Option<&Fence>) -> Result<()> {
        let keyring = self.keyring()?;
        self.inner.store.commit(&keyring, batch, fence).await
    }

    /// What lists the keys; a sealed barrier tells nobody even their names.
    pub(crate) fn lister(&self) -> Result<&dyn Lister> {
        self.with_keyring(|_| Ok(()))?;
        Ok(&self.inner.store)
    }

    async fn write(
        &self,
        key: &str,
        value: Option<Bytes>,
        fence: Option<Arc<Fence>>,
    ) -> Result<()> {
        let write = self.seal_write(key.to_owned(), value)?;
        let batch = Batch { expected: Vec::new(), writes: vec![write] };
        let barrier = self.clone();
        detached(async move { barrier.commit(batch, fence.as_deref()).await }).await
    }
}

/// Keys that only the barrier itself touches, and keys that cannot be.
fn check(key: &str) -> Result<()> {
    key::check_key(key)?;
    let reserved = key == KEYRING || key == NEXT_KEYRING || key.starts_with(FOLDER);
    if reserved { Err(Error::Reserved(key.to_owned())) } else { Ok(()) }
}

/// Blobs and entries are encrypted under the same keys. No key has a NUL byte, so that with this
/// no blob can be passed off as an entry, nor an entry as a blob.
fn blob_aad(aad: &[u8]) -> Vec<u8> {
    [b"blob\0", aad].concat()
}
