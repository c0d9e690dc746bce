//! The keyring: one key per term, the newest of which encrypts; and the root key that guards them.
//!
//! A keyring never changes: each change makes a new one, which shares the keys of the old.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;
use crypto::{Aead, RootKey, Secret, random};
use jiff::Timestamp;

use crate::{
    Corruption, Error, KeyInfo, Persist, Result, RotationConfig, Term,
    entry::{self, Entry},
    record::{self, KEY_VERSION, KeyRecord, KeyringRecord, NO_TIME},
};

#[cfg(test)]
mod tests;

/// Where the keyring lies, under the root key.
pub(crate) const KEYRING: &str = "core/keyring";
/// Where the root key lies, under the active term, for standbys to pick up.
pub(crate) const ROOT_KEY: &str = "core/root-key";
/// Where the key of the next term lies, under the term that ends the name.
pub(crate) const UPGRADES: &str = "core/upgrade/";

/// The length of a key of the keyring, in bytes.
const KEY_BYTES: usize = 32;
/// A JSON key record is no longer than this.
const KEY_RECORD_BYTES: usize = 256;

/// The keys of the barrier.
pub(crate) struct Keyring {
    root_key: RootKey,
    /// By term, ascending; the last one is the active one.
    keys: Vec<Arc<TermKey>>,
    active: Arc<TermKey>,
    rotation: RotationConfig,
}

/// The key of one term.
struct TermKey {
    term: Term,
    value: Secret<Vec<u8>>,
    aead: Aead,
    install_time: Timestamp,
    encryptions: AtomicU64,
    /// The count when it was last persisted.
    persisted: AtomicU64,
}

// === impl Keyring ===

impl Keyring {
    /// A fresh keyring of one term.
    pub(crate) fn generate(root_key: RootKey, now: Timestamp) -> Result<Self> {
        let key = TermKey::generate(Term::FIRST, now)?;
        Self::from_keys(root_key, vec![Arc::new(key)], RotationConfig::default())
            .ok_or(Error::TermsExhausted)
    }

    /// Opens the stored keyring.
    pub(crate) fn open(root_key: &RootKey, key: &str, stored: &[u8]) -> Result<Self> {
        let entry = entry::at(key, Entry::parse(stored))?;
        if entry.term != Term::FIRST.get() {
            return Err(Error::corrupt(key, Corruption::Term(entry.term)));
        }
        let plaintext = entry
            .open(&root_key.aead()?, KEYRING.as_bytes())
            .map(Secret::new)
            .map_err(|_| Error::WrongRootKey)?;
        entry::at(key, Self::decode(root_key, plaintext.expose()))
    }

    /// The keyring as it is stored under its root key.
    pub(crate) fn sealed(&self, persist: Persist) -> Result<Bytes> {
        let record = KeyringRecord {
            root_key: Secret::new(self.root_key.expose().to_vec()),
            keys: self.keys.iter().map(|key| key.record(self.count(key, persist))).collect(),
            rotation: self.rotation.into(),
        };
        let size = KEY_RECORD_BYTES * (self.keys.len() + 2);
        let plaintext = entry::at(KEYRING, record::encode(&record, size))?;
        let aead = self.root_key.aead()?;
        entry::seal(&aead, Term::FIRST, KEYRING.as_bytes(), plaintext.expose()).map(Bytes::from)
    }

    /// The root key as it is stored under the active term.
    pub(crate) fn sealed_root_key(&self) -> Result<Bytes> {
        let record = KeyRecord {
            term: Term::FIRST.get(),
            version: KEY_VERSION,
            value: Secret::new(self.root_key.expose().to_vec()),
            install_time: NO_TIME,
            encryptions: 0,
        };
        self.active.seal_record(ROOT_KEY, &record)
    }

    /// The root key that another node has stored under a term of this keyring.
    pub(crate) fn open_root_key(&self, stored: &[u8]) -> Result<RootKey> {
        let record = self.open_record(ROOT_KEY, stored)?;
        let length = Corruption::Content("the root key has another length");
        entry::at(ROOT_KEY, RootKey::new(record.value).map_err(|_| length))
    }

    /// The active key as it is stored under the term before it, and where.
    pub(crate) fn sealed_upgrade(&self, from: &Self) -> Result<(String, Bytes)> {
        let key = format!("{UPGRADES}{}", from.active.term);
        let sealed = from.active.seal_record(&key, &self.active.record(0))?;
        Ok((key, sealed))
    }

    /// This keyring and the key that another node has added to it.
    pub(crate) fn with_upgrade(&self, key: &str, stored: &[u8]) -> Result<Self> {
        let record = self.open_record(key, stored)?;
        let added = entry::at(key, TermKey::decode(record))?;
        if Some(added.term) != self.active.term.next() {
            return Err(Error::corrupt(key, Corruption::Term(added.term.get())));
        }
        self.with_key(added)
    }

    /// This keyring and a fresh key, which is then the active one.
    pub(crate) fn rotated(&self, now: Timestamp) -> Result<Self> {
        let term = self.active.term.next().ok_or(Error::TermsExhausted)?;
        self.with_key(TermKey::generate(term, now)?)
    }

    /// The same keys under another root key.
    pub(crate) fn with_root_key(&self, root_key: RootKey) -> Self {
        Self { root_key, ..self.clone() }
    }

    /// The same keys with another rotation setting.
    pub(crate) fn with_rotation(&self, rotation: RotationConfig) -> Self {
        Self { rotation, ..self.clone() }
    }

    pub(crate) fn root_key(&self) -> &RootKey {
        &self.root_key
    }

    pub(crate) fn rotation(&self) -> RotationConfig {
        self.rotation
    }

    pub(crate) fn info(&self) -> KeyInfo {
        KeyInfo {
            term: self.active.term,
            install_time: self.active.install_time,
            encryptions: self.active.encryptions.load(Relaxed),
        }
    }

    /// Encrypts under the active term.
    pub(crate) fn encrypt(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        self.active.encryptions.fetch_add(1, Relaxed);
        entry::seal(&self.active.aead, self.active.term, aad, plaintext)
    }

    /// Decrypts the entry of a key.
    pub(crate) fn decrypt(&self, key: &str, stored: &[u8]) -> Result<Bytes> {
        let entry = entry::at(key, Entry::parse(stored))?;
        let held = self.key(entry.term).ok_or_else(|| match entry.term {
            0 => Error::corrupt(key, Corruption::Term(0)),
            term => Error::UnknownTerm { key: key.to_owned(), term },
        })?;
        entry::at(key, entry.open(&held.aead, key.as_bytes())).map(Bytes::from)
    }

    /// Decrypts what [`encrypt`](Self::encrypt) made for the same associated data.
    pub(crate) fn decrypt_blob(&self, aad: &[u8], blob: &[u8]) -> Option<Vec<u8>> {
        let entry = Entry::parse(blob).ok()?;
        entry.open(&self.key(entry.term)?.aead, aad).ok()
    }

    /// Whether encryptions were counted that are not persisted.
    pub(crate) fn has_uncounted(&self) -> bool {
        self.active.encryptions.load(Relaxed) != self.active.persisted.load(Relaxed)
    }

    /// Remembers what was just persisted.
    pub(crate) fn counted(&self, encryptions: u64) {
        self.active.persisted.store(encryptions, Relaxed);
    }

    /// Takes over the counts of a keyring that this one replaces, where they are higher.
    pub(crate) fn adopt_counts(&self, old: &Self) {
        for key in &self.keys {
            if let Some(before) = old.key(key.term.get()) {
                key.encryptions.fetch_max(before.encryptions.load(Relaxed), Relaxed);
            }
        }
    }

    fn count(&self, key: &Arc<TermKey>, persist: Persist) -> u64 {
        let total = key.encryptions.load(Relaxed);
        match persist {
            Persist::Running if Arc::ptr_eq(key, &self.active) => {
                total.saturating_add(total.saturating_sub(key.persisted.load(Relaxed)))
            }
            Persist::Running | Persist::Sealing => total,
        }
    }

    fn key(&self, term: u32) -> Option<&Arc<TermKey>> {
        if self.active.term.get() == term {
            return Some(&self.active);
        }
        let at = self.keys.binary_search_by_key(&term, |key| key.term.get()).ok()?;
        self.keys.get(at)
    }

    fn with_key(&self, added: TermKey) -> Result<Self> {
        let keys = self.keys.iter().cloned().chain([Arc::new(added)]).collect();
        Self::from_keys(self.root_key.clone(), keys, self.rotation).ok_or(Error::TermsExhausted)
    }

    /// A keyring of keys in ascending order; none of no key.
    fn from_keys(
        root_key: RootKey,
        keys: Vec<Arc<TermKey>>,
        rotation: RotationConfig,
    ) -> Option<Self> {
        let active = Arc::clone(keys.last()?);
        Some(Self { root_key, keys, active, rotation })
    }

    fn decode(root_key: &RootKey, plaintext: &[u8]) -> Result<Self, Corruption> {
        let record: KeyringRecord =
            serde_json::from_slice(plaintext).map_err(|_| Corruption::Content("not a keyring"))?;
        if !crypto::ct_eq(record.root_key.expose(), root_key.expose()) {
            return Err(Corruption::Content("the keyring names another root key"));
        }
        let mut keys = Vec::with_capacity(record.keys.len());
        for key in record.keys {
            keys.push(Arc::new(TermKey::decode(key)?));
        }
        // The format keeps them in no order.
        keys.sort_by_key(|key| key.term);
        if keys.is_sorted_by(|a, b| a.term < b.term) {
            Self::from_keys(root_key.clone(), keys, record.rotation.into())
                .ok_or(Corruption::Content("the keyring is empty"))
        } else {
            Err(Corruption::Content("the keyring holds a term twice"))
        }
    }

    fn open_record(&self, key: &str, stored: &[u8]) -> Result<KeyRecord> {
        let entry = entry::at(key, Entry::parse(stored))?;
        let unknown = || Error::UnknownTerm { key: key.to_owned(), term: entry.term };
        let held = self.key(entry.term).ok_or_else(unknown)?;
        let plaintext = entry::at(key, entry.open(&held.aead, key.as_bytes()))?;
        let plaintext = Secret::new(plaintext);
        let record = serde_json::from_slice(plaintext.expose());
        entry::at(key, record.map_err(|_| Corruption::Content("not a key record")))
    }
}

// Only for the changes above: the keys themselves are shared, not copied.
impl Clone for Keyring {
    fn clone(&self) -> Self {
        Self {
            root_key: self.root_key.clone(),
            keys: self.keys.clone(),
            active: Arc::clone(&self.active),
            rotation: self.rotation,
        }
    }
}

// === impl TermKey ===

impl TermKey {
    fn generate(term: Term, now: Timestamp) -> Result<Self> {
        Ok(Self::new(term, random::secret(KEY_BYTES), now, 0)?)
    }

    fn new(
        term: Term,
        value: Secret<Vec<u8>>,
        install_time: Timestamp,
        encryptions: u64,
    ) -> Result<Self, crypto::Error> {
        let aead = Aead::new(value.expose())?;
        let [encryptions, persisted] = [encryptions, encryptions].map(AtomicU64::new);
        Ok(Self { term, value, aead, install_time, encryptions, persisted })
    }

    fn decode(record: KeyRecord) -> Result<Self, Corruption> {
        let term = Term::new(record.term).ok_or(Corruption::Term(record.term))?;
        if record.version != KEY_VERSION {
            return Err(Corruption::Content("a key record of an unknown version"));
        }
        Self::new(term, record.value, record.install_time, record.encryptions)
            .map_err(|_| Corruption::Content("a key of an impossible length"))
    }

    fn record(&self, encryptions: u64) -> KeyRecord {
        KeyRecord {
            term: self.term.get(),
            version: KEY_VERSION,
            value: self.value.clone(),
            install_time: self.install_time,
            encryptions,
        }
    }

    /// Encrypts a key record. It is not counted, so that a fresh term begins at zero.
    fn seal_record(&self, key: &str, record: &KeyRecord) -> Result<Bytes> {
        let plaintext = entry::at(key, record::encode(record, KEY_RECORD_BYTES))?;
        entry::seal(&self.aead, self.term, key.as_bytes(), plaintext.expose()).map(Bytes::from)
    }
}
