//! Unsealing and sealing: from shares, or a KMS, to an open barrier that serves; and back.

use std::{sync::Arc, time::Duration};

use barrier::{Barrier, Persist};
use bytes::Bytes;
use crypto::Secret;
use logical::{Code, Error, Result};
use mount::view::translate;
use plugin_api::{Op, Write};
use seal::{SHAMIR_KEK, Unsealed, Unsealing};

use crate::{
    Node,
    active::Active,
    control::NodeControl,
    fault::{barrier_fault, seal_fault},
    meters,
    state::{Activation, SealedBy, State},
    status::{SealStatus, UnsealRequest},
    workers::Workers,
};

/// How long one entry may take to be written beside the barrier.
pub(crate) const KEK_WAIT: Duration = Duration::from_secs(10);

/// How long to wait between two attempts of an auto seal to unseal.
const RETRY: Duration = Duration::from_secs(5);

impl Node {
    /// Takes a key, or forgets those given so far.
    pub async fn unseal(&self, request: UnsealRequest) -> Result<SealStatus> {
        let _change = self.change.lock().await;
        let sealed = match &**self.state.load() {
            State::Uninitialized => None,
            State::Sealed(_) => Some(true),
            State::Active(_) => Some(false),
        };
        match (request, sealed) {
            (UnsealRequest::Reset, Some(false)) => Err(Error::invalid("vault is unsealed")),
            (UnsealRequest::Reset, _) => {
                self.protection.reset();
                Ok(self.seal_status())
            }
            (UnsealRequest::Key { .. }, None) => Err(Error::invalid("Vault is not initialized")),
            (UnsealRequest::Key { .. }, Some(false)) => Ok(self.seal_status()),
            (UnsealRequest::Key { migrate: true, .. }, Some(true)) => {
                Err(Error::invalid("migrate option passed, but seal migration is not possible"))
            }
            (UnsealRequest::Key { key, .. }, Some(true)) => {
                let given = self.protection.give(self.storage.as_ref(), key).await;
                if let Unsealing::Unsealed(unsealed) = given.map_err(seal_fault)? {
                    self.open(unsealed).await?;
                }
                Ok(self.seal_status())
            }
        }
    }

    /// With an auto seal: unseals as soon as its KMS gives the root key, however long that takes.
    ///
    /// A node that an operator has sealed stays so.
    pub async fn unseal_by_itself(&self) {
        if self.protection.provider().is_none() {
            return;
        }
        loop {
            let attempt = self.try_auto_unseal().await;
            match attempt {
                Ok(()) => return,
                Err(error) => {
                    let source = error.source.as_ref().map(ToString::to_string);
                    tracing::warn!(%error, source, "cannot unseal yet; trying again");
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn try_auto_unseal(&self) -> Result<()> {
        let _change = self.change.lock().await;
        if !matches!(&**self.state.load(), State::Sealed(SealedBy::Start)) {
            return Ok(());
        }
        let storage = self.storage.as_ref();
        let unsealed = self.protection.auto_unseal(storage).await.map_err(seal_fault)?;
        self.open(unsealed).await
    }

    /// Closes the barrier: the keys are wiped, requests under way that still need them fail.
    pub async fn seal(&self) -> Result<()> {
        let _change = self.change.lock().await;
        let state = self.state.load_full();
        let Some(active) = state.active() else {
            return Err(Error::new(Code::Sealed, "Vault is sealed"));
        };
        if let Err(error) =
            active.barrier.persist_counters(Persist::Sealing, active.fence.clone()).await
        {
            tracing::warn!(%error, "the counters of the keyring could not be written down");
        }
        self.state.store(Arc::new(State::Sealed(SealedBy::Operator)));
        active.barrier.seal();
        meters::sealed();
        tracing::info!("the node is sealed");
        Ok(())
    }

    async fn open(&self, unsealed: Unsealed) -> Result<()> {
        let storage = Arc::clone(&self.storage);
        let barrier = Barrier::open(storage, &unsealed.root_key).await.map_err(barrier_fault)?;
        let active = self.activate(barrier, unsealed.shamir_kek.as_ref()).await?;
        self.rewrap().await;
        self.serve(active);
        tracing::info!("the node is unsealed");
        Ok(())
    }

    /// Opens everything that is in a barrier. The combined unseal key is kept inside, for changes
    /// of the unseal keys.
    pub(crate) async fn activate(
        &self,
        barrier: Barrier,
        kek: Option<&Secret<Vec<u8>>>,
    ) -> Result<Active> {
        let control = Arc::new(NodeControl::new(self.myself.clone()));
        let active = Active::start(barrier, &self.settings, control, self.clock.clone()).await?;
        if let Some(kek) = kek {
            keep(&active, kek).await?;
        }
        Ok(active)
    }

    /// Lets an opened node answer requests.
    pub(crate) fn serve(&self, active: Active) {
        let active = Arc::new(active);
        let workers = Workers::start(&active, self.myself.clone());
        let activation = Activation { _workers: workers, active };
        self.state.store(Arc::new(State::Active(activation)));
    }

    /// Wraps the stored keys again if the KMS has a newer version of its key.
    async fn rewrap(&self) {
        let storage = self.storage.as_ref();
        let writes = match self.protection.rewrapped(storage).await {
            Ok(writes) => writes,
            Err(error) => {
                tracing::warn!(%error, "the stored keys could not be wrapped again");
                return;
            }
        };
        for write in writes {
            let Write::Put(key, value) = write else { continue };
            if let Err(error) = storage.put(Op::within(KEK_WAIT), &key, value, None).await {
                tracing::warn!(key, %error, "the stored keys could not be wrapped again");
            }
        }
    }
}

async fn keep(active: &Active, kek: &Secret<Vec<u8>>) -> Result<()> {
    // Not through a transaction, which would hold on to what it read and not wipe it.
    let kept = active.barrier.get(SHAMIR_KEK).await.map_err(translate)?;
    // Nobody else holds these bytes, so that this takes them over and copies nothing.
    if kept.is_some_and(|kept| Secret::new(Vec::from(kept)) == *kek) {
        return Ok(());
    }
    let transaction = active.begin();
    transaction.put(SHAMIR_KEK, Bytes::from_owner(Wiped(kek.clone())));
    active.commit(transaction).await
}

/// A secret as the bytes of a write, wiped with the last of them.
struct Wiped(Secret<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}
