//! What anybody may ask of a node, sealed or not.

use std::time::Duration;

use jiff::Timestamp;
use plugin_api::Secret;

/// How far the node is from serving.
#[derive(Clone, Debug)]
pub struct SealStatus {
    /// The type of the seal: `shamir`, `static`, …
    pub kind: String,
    /// The store holds a barrier.
    pub initialized: bool,
    /// The barrier is closed.
    pub sealed: bool,
    /// Keys that are needed: unseal keys, or recovery keys with an auto seal.
    pub threshold: u32,
    /// Keys that exist.
    pub shares: u32,
    /// Keys given so far.
    pub progress: u32,
    /// Names the present attempt; empty before the first key.
    pub nonce: String,
    /// A change of seal is going on.
    pub migration: bool,
    /// Once unsealed.
    pub cluster: Option<Cluster>,
    /// The seal is an auto seal, with recovery keys.
    pub recovery_seal: bool,
    /// The type of the storage.
    pub storage_kind: String,
}

/// The names of the cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// From the configuration, or made up.
    pub name: String,
    /// A UUID.
    pub id: String,
}

/// What a load balancer asks for.
#[derive(Clone, Debug)]
pub struct Health {
    /// The state.
    pub state: HealthState,
    /// Once unsealed.
    pub cluster: Option<Cluster>,
    /// The clock of the node.
    pub now: Timestamp,
}

/// The state of a node, as health codes tell it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HealthState {
    /// No barrier in the store.
    Uninitialized,
    /// The barrier is closed.
    Sealed,
    /// Another node is active.
    Standby,
    /// Serving.
    Active,
}

/// Who leads.
#[derive(Clone, Debug)]
pub enum Leader {
    /// The storage has no HA lock: there is only this node.
    NoHa,
    /// This node is active since then.
    Myself {
        /// The start of the activation.
        since: Timestamp,
        /// Its address for clients.
        api_addr: String,
        /// Its address for nodes.
        cluster_addr: String,
    },
    /// Another node, or nobody known.
    Other {
        /// Its address for clients, or empty.
        api_addr: String,
        /// Its address for nodes, or empty.
        cluster_addr: String,
    },
}

/// How to initialize.
#[derive(Clone, Debug, Default)]
pub struct InitRequest {
    /// Unseal keys to make; `None` where the client left it out.
    pub secret_shares: Option<i64>,
    /// How many of them unseal.
    pub secret_threshold: Option<i64>,
    /// Recovery keys to make.
    pub recovery_shares: Option<i64>,
    /// How many of them authorise.
    pub recovery_threshold: Option<i64>,
    /// PGP keys to encrypt the shares with.
    pub pgp_keys: Vec<String>,
    /// PGP keys to encrypt the recovery shares with.
    pub recovery_pgp_keys: Vec<String>,
    /// A PGP key to encrypt the root token with.
    pub root_token_pgp_key: String,
}

/// What initializing hands out, once.
pub struct Initialized {
    /// Unseal keys; none with an auto seal.
    pub unseal_keys: Vec<Secret<Vec<u8>>>,
    /// Recovery keys; `None` if none were asked for.
    pub recovery_keys: Option<Vec<Secret<Vec<u8>>>>,
    /// The first root token.
    pub root_token: Secret<String>,
}

/// One step of unsealing.
#[derive(Clone, Debug)]
pub enum UnsealRequest {
    /// Forget the keys given so far.
    Reset,
    /// Take a key.
    Key {
        /// Its bytes.
        key: Secret<Vec<u8>>,
        /// For a change of seal.
        migrate: bool,
    },
}

/// The limits of leases that the configuration sets.
#[derive(Clone, Copy, Debug)]
pub struct Ttls {
    /// Where a request and a mount name none.
    pub default: Duration,
    /// The longest.
    pub max: Duration,
}
