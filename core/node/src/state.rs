//! The states of a node. What needs the keyring exists in one of them only.

use std::sync::Arc;

use crate::{active::Active, workers::Workers};

/// Where the node stands. A storage with an HA lock will add the standby.
pub(crate) enum State {
    /// The store holds no barrier.
    Uninitialized,
    /// The barrier is closed.
    Sealed(SealedBy),
    /// Serving.
    Active(Activation),
}

/// Why the node is sealed: an auto seal opens again only what nobody closed on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SealedBy {
    /// It has just started.
    Start,
    /// An operator sealed it.
    Operator,
}

/// The active node and its background work.
pub(crate) struct Activation {
    pub(crate) active: Arc<Active>,
    /// Ends with the activation.
    pub(crate) _workers: Workers,
}

impl State {
    /// The active node, if this is one.
    pub(crate) fn active(&self) -> Option<&Arc<Active>> {
        match self {
            Self::Active(activation) => Some(&activation.active),
            Self::Uninitialized | Self::Sealed(_) => None,
        }
    }
}
