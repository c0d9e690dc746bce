//! How a barrier comes to be: made on an empty storage, or opened with its root key.

use std::sync::Arc;

use bytes::Bytes;
use crypto::RootKey;
use jiff::Timestamp;
use plugin_api::{Storage, Write};

use crate::{
    Barrier, Error, Persist, Result, journal,
    keyring::{KEYRING, Keyring, ROOT_KEY},
    store::{Batch, Mode, Store},
};

/// Where the keyring of the next root key lies while the root key is changed, on a storage that
/// has no batches. See [`Barrier::reroot`].
pub(crate) const NEXT_KEYRING: &str = "core/keyring-next";

impl Barrier {
    /// Whether a storage holds a keyring.
    pub async fn is_initialized(storage: &Arc<dyn Storage>) -> Result<bool> {
        Ok(Store::new(Arc::clone(storage)).get(KEYRING).await?.is_some())
    }

    /// Makes a barrier on a storage that has none.
    pub async fn initialize(
        storage: Arc<dyn Storage>,
        root_key: &RootKey,
        now: Timestamp,
    ) -> Result<Self> {
        Self::initialize_with(storage, root_key, Vec::new(), now).await
    }

    /// Makes a barrier and writes the seal's records with it, in one batch where the storage has
    /// batches; else the keyring comes last, so that a half-made store counts as empty.
    pub async fn initialize_with(
        storage: Arc<dyn Storage>,
        root_key: &RootKey,
        records: Vec<Write>,
        now: Timestamp,
    ) -> Result<Self> {
        let store = Store::new(storage);
        if store.get(KEYRING).await?.is_some() {
            return Err(Error::AlreadyInitialized);
        }
        let keyring = Keyring::generate(root_key.clone(), now)?;
        let mut writes = records;
        writes.push(put(ROOT_KEY, keyring.sealed_root_key()?));
        let stored = keyring.sealed(Persist::Sealing)?;
        writes.push(put(KEYRING, stored.clone()));
        if store.mode() == Mode::Journaled {
            // Nothing could open a journal before the keyring is there.
            for write in &writes {
                store.write(write, None).await?;
            }
        } else {
            let batch = Batch { expected: vec![(KEYRING.to_owned(), None)], writes };
            match store.commit(&keyring, batch, None).await {
                Err(Error::Conflict) => return Err(Error::AlreadyInitialized),
                other => other?,
            }
        }
        Ok(Self::from_parts(store, keyring, stored))
    }

    /// Opens the barrier of a storage.
    ///
    /// On a storage without batches this also brings to its end what a crash has interrupted, so
    /// only one node may do it; such a storage is never shared.
    pub async fn open(storage: Arc<dyn Storage>, root_key: &RootKey) -> Result<Self> {
        let store = Store::new(storage);
        let mut stored = store.get(KEYRING).await?.ok_or(Error::NotInitialized)?;
        let mut opened = Keyring::open(root_key, KEYRING, &stored);
        if store.mode() == Mode::Journaled {
            let keyring = finish_reroot(&store, root_key, opened).await?;
            journal::recover(&store, &keyring).await?;
            // Both may have put another keyring there.
            stored = store.get(KEYRING).await?.ok_or(Error::NotInitialized)?;
            opened = Keyring::open(root_key, KEYRING, &stored);
        }
        let keyring = opened?;
        Ok(Self::from_parts(store, keyring, stored))
    }
}

/// Ends a change of the root key that a crash has interrupted, whichever root key the seal gave.
async fn finish_reroot(
    store: &Store,
    root_key: &RootKey,
    opened: Result<Keyring>,
) -> Result<Keyring> {
    let Some(next) = store.get(NEXT_KEYRING).await? else { return opened };
    let keyring = match (opened, Keyring::open(root_key, NEXT_KEYRING, &next)) {
        // The seal still gives the old root key: the change never took place.
        (Ok(keyring), Err(Error::WrongRootKey)) => keyring,
        (Err(Error::WrongRootKey), Ok(keyring)) => {
            store.put(KEYRING, next, None).await?;
            store.put(ROOT_KEY, keyring.sealed_root_key()?, None).await?;
            keyring
        }
        (Ok(keyring), Ok(_)) => {
            store.put(ROOT_KEY, keyring.sealed_root_key()?, None).await?;
            keyring
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    store.delete(NEXT_KEYRING, None).await?;
    Ok(keyring)
}

pub(crate) fn put(key: &str, value: Bytes) -> Write {
    Write::Put(key.to_owned(), value)
}
