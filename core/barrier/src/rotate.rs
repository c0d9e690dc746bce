//! The life of the barrier's keys: rotation, its limits, and the counts of encryptions.

use std::sync::Arc;

use crypto::RootKey;
use jiff::Timestamp;
use plugin_api::Fence;

use crate::{
    Barrier, KeyInfo, Persist, Result, RotationConfig, RotationReason, Term,
    detached::detached,
    keyring::{Keyring, ROOT_KEY, UPGRADES},
    open::put,
};

impl Barrier {
    /// Whether this is the root key of the barrier; compared in constant time.
    pub fn verify_root_key(&self, root_key: &RootKey) -> Result<bool> {
        self.with_keyring(|keyring| Ok(keyring.root_key() == root_key))
    }

    /// The active key.
    pub fn key_info(&self) -> Result<KeyInfo> {
        self.with_keyring(|keyring| Ok(keyring.info()))
    }

    /// When the key is to be rotated.
    pub fn rotation_config(&self) -> Result<RotationConfig> {
        self.with_keyring(|keyring| Ok(keyring.rotation()))
    }

    /// Why the key is to be rotated now, if it is.
    pub fn rotation_due(&self, now: Timestamp) -> Result<Option<RotationReason>> {
        self.with_keyring(|keyring| Ok(keyring.rotation().due(&keyring.info(), now)))
    }

    /// Changes when the key is to be rotated; what is out of range is
    /// [`Error::RotationConfig`](crate::Error::RotationConfig).
    pub async fn set_rotation_config(
        &self,
        config: RotationConfig,
        fence: Option<Arc<Fence>>,
    ) -> Result<()> {
        config.check()?;
        let barrier = self.clone();
        detached(async move {
            let mut keys = barrier.change(fence.as_deref()).await?;
            let next = keys.keyring.with_rotation(config);
            keys.replace(next, Vec::new(), Persist::Running).await
        })
        .await
    }

    /// Adds a key, which encrypts from now on, and answers its term. The old ones still decrypt.
    pub async fn rotate(&self, now: Timestamp, fence: Option<Arc<Fence>>) -> Result<Term> {
        let barrier = self.clone();
        detached(async move {
            let mut keys = barrier.change(fence.as_deref()).await?;
            let next = keys.keyring.rotated(now)?;
            let term = next.info().term;
            let (upgrade, sealed) = next.sealed_upgrade(&keys.keyring)?;
            let writes = vec![put(&upgrade, sealed), put(ROOT_KEY, next.sealed_root_key()?)];
            keys.replace(next, writes, Persist::Running).await?;
            Ok(term)
        })
        .await
    }

    /// Removes the entries by which standbys learn of a rotation. Called some minutes after it:
    /// a standby that still has not read them reads the keyring instead.
    pub async fn remove_upgrades(&self, fence: Option<Arc<Fence>>) -> Result<()> {
        for name in self.inner.store.names(UPGRADES).await? {
            self.delete(&format!("{UPGRADES}{name}"), fence.clone()).await?;
        }
        Ok(())
    }

    /// Keeps the count of encryptions; does nothing if there were none since the last time. Called
    /// every few minutes, and before sealing.
    pub async fn persist_counters(
        &self,
        persist: Persist,
        fence: Option<Arc<Fence>>,
    ) -> Result<()> {
        if !self.with_keyring(|keyring| Ok(keyring.has_uncounted()))? {
            return Ok(());
        }
        let barrier = self.clone();
        detached(async move {
            let mut keys = barrier.change(fence.as_deref()).await?;
            let keyring = Keyring::clone(&keys.keyring);
            let counted = keyring.info().encryptions;
            keys.replace(keyring, Vec::new(), persist).await?;
            keys.keyring.counted(counted);
            Ok(())
        })
        .await
    }
}
