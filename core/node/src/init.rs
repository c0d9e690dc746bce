//! Initialization: the keys, the barrier, the first root token.

use std::sync::Arc;

use barrier::Barrier;
use logical::{Error, Result};
use mount::TransactionView;
use plugin_api::{Op, Secret};
use seal::{InitParams, SplitRequest};

use crate::{
    Node,
    active::Active,
    fault::{barrier_fault, seal_fault},
    state::{SealedBy, State},
    status::{InitRequest, Initialized},
    unseal::KEK_WAIT,
};

impl Node {
    /// Makes the barrier and hands out the keys, once.
    ///
    /// With an auto seal the node serves afterwards; else it is sealed.
    pub async fn initialize(&self, request: InitRequest) -> Result<Initialized> {
        let _change = self.change.lock().await;
        if self.is_initialized() {
            return Err(Error::invalid("Vault is already initialized"));
        }
        refuse_pgp(&request)?;
        let prepared = self.protection.prepare(&params(&request)).await.map_err(seal_fault)?;
        let now = self.clock.now();
        let storage = Arc::clone(&self.storage);
        let records = prepared.records.clone();
        let barrier = Barrier::initialize_with(storage, &prepared.root_key, records, now)
            .await
            .map_err(barrier_fault)?;
        match self.furnish(barrier, prepared.shamir_kek.as_ref()).await {
            Ok((active, root_token)) => {
                self.protection.load(self.storage.as_ref()).await.map_err(seal_fault)?;
                if self.protection.provider().is_some() {
                    self.serve(active);
                } else {
                    active.barrier.seal();
                    self.state.store(Arc::new(State::Sealed(SealedBy::Start)));
                }
                tracing::info!("the store is initialized");
                Ok(Initialized {
                    unseal_keys: prepared.unseal_keys,
                    recovery_keys: Some(prepared.recovery_keys).filter(|keys| !keys.is_empty()),
                    root_token,
                })
            }
            Err(error) => {
                self.take_back(&prepared.records).await;
                Err(error)
            }
        }
    }

    /// Puts into a fresh barrier what every server has, and makes the root token.
    async fn furnish(
        &self,
        barrier: Barrier,
        kek: Option<&Secret<Vec<u8>>>,
    ) -> Result<(Active, Secret<String>)> {
        let active = self.activate(barrier, kek).await?;
        let transaction = active.begin();
        let now = self.clock.now();
        let view = TransactionView(&transaction);
        let root = active.access.tokens.create_root(&view, now).await?;
        active.commit(transaction).await?;
        Ok((active, root.token))
    }

    /// A store that was initialized and whose keys nobody got is made empty again: what makes it
    /// count as initialized is removed.
    async fn take_back(&self, records: &[plugin_api::Write]) {
        let keys = records.iter().map(plugin_api::Write::key).chain(["core/keyring"]);
        for key in keys {
            if let Err(error) = self.storage.delete(Op::within(KEK_WAIT), key, None).await {
                tracing::error!(key, %error, "a failed initialization could not be taken back");
            }
        }
    }
}

fn params(request: &InitRequest) -> InitParams {
    let split = |shares: Option<i64>, threshold: Option<i64>| SplitRequest {
        shares: shares.unwrap_or(0),
        threshold: threshold.unwrap_or(0),
        pgp_keys: Vec::new(),
    };
    InitParams {
        secret: split(request.secret_shares, request.secret_threshold),
        recovery: split(request.recovery_shares, request.recovery_threshold),
    }
}

/// Nothing may be written before it is certain that somebody can read the keys.
fn refuse_pgp(request: &InitRequest) -> Result<()> {
    let asked = !request.pgp_keys.is_empty()
        || !request.recovery_pgp_keys.is_empty()
        || !request.root_token_pgp_key.is_empty();
    match asked {
        true => Err(Error::invalid(
            "invalid seal configuration: keys encrypted with PGP are not supported; leave \
             pgp_keys, recovery_pgp_keys and root_token_pgp_key out",
        )),
        false => Ok(()),
    }
}
