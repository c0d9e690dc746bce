//! Another root key for the same keys, and the seal's records with it.
//!
//! It is one batch where the storage has batches. Else it takes steps: the keyring under the new
//! root key is laid beside the old one; then come the seal's records; then the keyring takes its
//! place. A crash in between leaves a keyring for either root key, and opening ends the change
//! from whichever the seal gives. An error in between is undone.

use std::sync::Arc;

use crypto::RootKey;
use plugin_api::{Fence, Write};

use crate::{
    Barrier, Persist, Result,
    change::Change,
    detached::detached,
    keyring::{KEYRING, Keyring, ROOT_KEY},
    open::{NEXT_KEYRING, put},
    store::Mode,
};

impl Barrier {
    /// Puts the keyring under another root key, together with the records (plain entries, not
    /// encrypted by the barrier) by which the seal gives that root key from now on. The last
    /// record must be the one that decides which root key the seal gives.
    ///
    /// After an error the old root key holds, unless the error says that it may have been applied.
    pub async fn reroot(
        &self,
        root_key: &RootKey,
        records: Vec<Write>,
        fence: Option<Arc<Fence>>,
    ) -> Result<()> {
        let (barrier, root_key) = (self.clone(), root_key.clone());
        detached(async move { barrier.reroot_now(root_key, records, fence.as_deref()).await }).await
    }

    async fn reroot_now(
        &self,
        root_key: RootKey,
        records: Vec<Write>,
        fence: Option<&Fence>,
    ) -> Result<()> {
        let mut keys = self.change(fence).await?;
        let next = keys.keyring.with_root_key(root_key.clone());
        let done = match self.inner.store.mode() {
            Mode::Checked | Mode::Batched => {
                let mut writes = records;
                writes.push(put(ROOT_KEY, next.sealed_root_key()?));
                let done = keys.replace(next, writes, Persist::Running).await;
                drop(keys);
                done
            }
            Mode::Journaled => stepwise(keys, next, records).await,
        };
        let Err(error) = done else { return Ok(()) };
        // Undoes what was half done. If the answer alone was lost, it was no error.
        match self.change(fence).await {
            Ok(keys) if *keys.keyring.root_key() == root_key => Ok(()),
            _ => Err(error),
        }
    }
}

async fn stepwise(mut keys: Change<'_>, next: Keyring, records: Vec<Write>) -> Result<()> {
    let (barrier, fence) = (keys.barrier, keys.fence);
    let stored = next.sealed(Persist::Running)?;
    let root_key = put(ROOT_KEY, next.sealed_root_key()?);
    let gone = Write::Delete(NEXT_KEYRING.to_owned());
    // The keyring first: a seal that gives the old root key must find it.
    let mut undo = vec![put(KEYRING, keys.stored())];
    for record in records.iter().rev() {
        let key = record.key();
        undo.push(match barrier.inner.store.get(key).await? {
            Some(before) => put(key, before),
            None => Write::Delete(key.to_owned()),
        });
    }
    undo.push(gone.clone());
    let mut steps = vec![put(NEXT_KEYRING, stored.clone())];
    steps.extend(records);
    steps.push(put(KEYRING, stored.clone()));
    for step in steps {
        if let Err(error) = barrier.step(&step, fence).await {
            keys.give_up(undo);
            return Err(error);
        }
    }
    keys.replaced(next, stored)?;
    for step in [root_key, gone] {
        if let Err(error) = barrier.step(&step, fence).await {
            tracing::warn!(%error, "the next opening ends the change of the root key");
            break;
        }
    }
    Ok(())
}
