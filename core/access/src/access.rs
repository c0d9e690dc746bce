//! All of it together, as the node opens it at activation.

use std::sync::Arc;

use jiff::Timestamp;
use logical::{Backend, Result, View};

use crate::{Blobs, Leases, Policies, Rooms, TokenBackend, Tokens, Wrapping};

/// Tokens, leases, policies and wrapped answers of one store.
#[derive(Clone)]
pub struct Access {
    /// The policies.
    pub policies: Arc<Policies>,
    /// The tokens.
    pub tokens: Arc<Tokens>,
    /// The leases.
    pub leases: Arc<Leases>,
    /// Wrapped answers.
    pub wrapping: Arc<Wrapping>,
}

impl Access {
    /// Opens what is in the store; a fresh one gets what it needs, so the transaction is to be
    /// committed. The timers of leases are started by [`Leases::load`].
    pub async fn open(
        view: &dyn View,
        rooms: Arc<dyn Rooms>,
        blobs: Arc<dyn Blobs>,
        now: Timestamp,
    ) -> Result<Self> {
        let policies = Arc::new(Policies::load(view, now).await?);
        let tokens = Arc::new(Tokens::load(view, Arc::clone(&rooms), blobs).await?);
        let wrapping = Wrapping::load(view, Arc::clone(&tokens), Arc::clone(&rooms)).await?;
        let leases = Arc::new(Leases::new(Arc::clone(&tokens), rooms));
        Ok(Self { policies, tokens, leases, wrapping: Arc::new(wrapping) })
    }

    /// The backend of `auth/token`.
    pub fn token_backend(&self) -> Arc<dyn Backend> {
        let (tokens, policies) = (Arc::clone(&self.tokens), Arc::clone(&self.policies));
        Arc::new(TokenBackend::new(tokens, policies))
    }
}
