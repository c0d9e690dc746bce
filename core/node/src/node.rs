//! A node: its state, and what anybody may ask of it.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use barrier::Barrier;
use logical::{Clock, Code, Error, Request, Response, Result};
use plugin_api::Storage;
use seal::Protection;
use tokio::sync::Mutex;

use crate::{
    pipeline,
    settings::Settings,
    state::{SealedBy, State},
    status::{Cluster, Health, HealthState, Leader, SealStatus},
    undo::Undo,
};

/// What a node is made of.
pub struct Parts {
    /// The storage, with its layers.
    pub storage: Arc<dyn Storage>,
    /// The seal.
    pub protection: Protection,
    /// What the configuration sets.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
}

/// Why a node cannot start on a storage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The seal's records cannot be read, or are those of another seal.
    #[error(transparent)]
    Seal(#[from] seal::Error),
    /// The keyring cannot be looked for.
    #[error(transparent)]
    Barrier(#[from] barrier::Error),
}

/// One running node.
pub struct Node {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) protection: Protection,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) state: ArcSwap<State>,
    /// One change of the state at a time.
    pub(crate) change: Mutex<()>,
    /// A failed initialization that could not be taken back yet.
    pub(crate) leftover: Mutex<Option<Undo>>,
    /// For the parts of the server that command the node.
    pub(crate) myself: Weak<Self>,
}

impl Node {
    /// A node on this storage: uninitialized or sealed, as it finds it.
    ///
    /// A store is initialized once both the seal's records and the keyring are there and no mark of
    /// an initialization: one that was interrupted has handed out nothing, and is made again.
    pub async fn start(parts: Parts) -> Result<Arc<Self>, StartError> {
        let Parts { storage, protection, settings, clock } = parts;
        let sealed = protection.load(storage.as_ref()).await?;
        let leftover = Undo::unfinished(storage.as_ref()).await.map_err(barrier::Error::Storage)?;
        let whole = sealed && leftover.is_none();
        let state = match whole && Barrier::is_initialized(&storage).await? {
            true => State::Sealed(SealedBy::Start),
            false => State::Uninitialized,
        };
        Ok(Arc::new_cyclic(|myself| Self {
            storage,
            protection,
            settings,
            clock,
            state: ArcSwap::from_pointee(state),
            change: Mutex::new(()),
            leftover: Mutex::new(leftover),
            myself: myself.clone(),
        }))
    }

    /// Answers a request of a client.
    pub async fn handle(&self, request: Request) -> Result<Response> {
        let state = self.certain_state().await?;
        let Some(active) = state.active() else {
            return Err(Error::new(Code::Sealed, "Vault is sealed"));
        };
        let response = pipeline::serve(active, &request).await?;
        if response.seals {
            self.seal().await?;
        }
        Ok(response)
    }

    /// Whether the store holds a barrier.
    pub fn is_initialized(&self) -> bool {
        !matches!(&**self.state.load(), State::Uninitialized)
    }

    /// How far the node is from serving.
    pub fn seal_status(&self) -> SealStatus {
        let state = self.state.load();
        let initialized = !matches!(&**state, State::Uninitialized);
        let auto = self.protection.provider().is_some();
        let config = match auto {
            true => self.protection.recovery_config(),
            false => self.protection.config(),
        };
        // Half an initialization leaves records that nobody has keys for.
        let config = config.filter(|_| initialized);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let progress = self.protection.progress();
        SealStatus {
            kind: self.protection.kind().to_owned(),
            initialized,
            sealed: state.active().is_none(),
            threshold: config.as_ref().map_or(0, |config| number(config.threshold)),
            shares: config.as_ref().map_or(0, |config| number(config.shares)),
            progress: number(progress.given),
            nonce: progress.nonce,
            migration: false,
            cluster: cluster(&state),
            recovery_seal: auto,
            storage_kind: self.settings.storage_kind.clone(),
        }
    }

    /// What a load balancer asks for.
    pub fn health(&self) -> Health {
        let state = self.state.load();
        let health = match &**state {
            State::Uninitialized => HealthState::Uninitialized,
            State::Sealed(_) => HealthState::Sealed,
            State::Active(_) => HealthState::Active,
        };
        Health { state: health, cluster: cluster(&state), now: self.clock.now() }
    }

    /// Who leads.
    pub fn leader(&self) -> Leader {
        Leader::NoHa
    }

    /// What the configuration sets.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Goes on with audit files that were moved away.
    pub async fn reopen_audit(&self) {
        let state = self.state.load_full();
        if let Some(active) = state.active() {
            active.audit.reopen().await;
        }
    }
}

fn cluster(state: &State) -> Option<Cluster> {
    state.active().map(|active| active.cluster.clone())
}
