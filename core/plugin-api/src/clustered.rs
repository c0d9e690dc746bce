//! The cluster contract of a storage that lives on the nodes themselves, as Raft does.

use async_trait::async_trait;

use crate::{Op, Result};

/// Membership and leadership of a storage that its nodes form among themselves.
#[async_trait]
pub trait ClusteredStorage: Send + Sync {
    /// Makes this node the first member of a new cluster. Refused if it is a member already.
    async fn bootstrap(&self, op: Op) -> Result<()>;

    /// The members as this node has them applied.
    async fn members(&self, op: Op) -> Result<Vec<Member>>;

    /// Takes a member out.
    async fn remove(&self, op: Op, id: &str) -> Result<()>;

    /// Gives a member a vote.
    async fn promote(&self, op: Op, id: &str) -> Result<()>;

    /// Takes a member's vote.
    async fn demote(&self, op: Op, id: &str) -> Result<()>;

    /// Hands leadership to another voter, if there is one.
    async fn transfer_leadership(&self, op: Op) -> Result<()>;
}

/// A node of the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The node id.
    pub id: String,
    /// Where its peers reach it, `host:port`.
    pub address: String,
    /// Whether it leads.
    pub leader: bool,
    /// Whether it votes.
    pub voter: bool,
}
