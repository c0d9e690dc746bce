//! Initialization: the keys, the barrier, the first root token.

use std::sync::Arc;

use barrier::Barrier;
use logical::{Error, Result};
use mount::TransactionView;
use plugin_api::Secret;
use seal::{InitParams, SplitRequest};

use crate::{
    Node,
    active::Active,
    fault::{barrier_fault, seal_fault},
    state::{SealedBy, State},
    status::{InitRequest, Initialized},
    undo::Undo,
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
        let storage = self.storage.as_ref();
        let mut leftover = self.leftover.lock().await;
        if let Some(undo) = leftover.as_ref() {
            undo.carry_out(storage).await.map_err(storage_fault)?;
            *leftover = None;
        }
        let mut prepared = self.protection.prepare(&params(&request)).await.map_err(seal_fault)?;
        let undo = Undo::prepare(storage, &mut prepared.records).await.map_err(storage_fault)?;
        let (active, root_token) = match self.write(&prepared).await {
            Ok(written) => written,
            Err(error) => {
                if let Err(error) = undo.carry_out(storage).await {
                    tracing::error!(
                        %error,
                        "a failed initialization could not be taken back; the next one tries again"
                    );
                    *leftover = Some(undo);
                }
                return Err(error);
            }
        };
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

    /// All that is written.
    async fn write(&self, prepared: &seal::Initialized) -> Result<(Active, Secret<String>)> {
        let storage = Arc::clone(&self.storage);
        let (records, now) = (prepared.records.clone(), self.clock.now());
        let barrier = Barrier::initialize_with(storage, &prepared.root_key, records, now)
            .await
            .map_err(barrier_fault)?;
        let made = self.furnish(barrier, prepared.shamir_kek.as_ref()).await?;
        self.protection.load(self.storage.as_ref()).await.map_err(seal_fault)?;
        Undo::done(self.storage.as_ref()).await.map_err(storage_fault)?;
        Ok(made)
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
}

fn storage_fault(error: plugin_api::Error) -> Error {
    barrier_fault(barrier::Error::Storage(error))
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
