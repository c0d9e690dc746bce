//! The barrier: everything above it is plain, everything below it is ciphertext.
//!
//! A [`Barrier`] exists only while it is open. Its entries, its keyring and its key records have
//! Vault's formats on disk, so what OpenBao wrote opens here. Handlers do not use it directly: they
//! read and write through a [`Transaction`], which commits once.
//!
//! Reading order: [`barrier`](Barrier) → `keyring`, `entry` → [`transaction`](Transaction) →
//! `store`, `journal`.

mod barrier;
mod change;
mod claim;
mod detached;
mod entry;
mod error;
mod journal;
mod keyring;
mod listing;
mod open;
mod record;
mod reroot;
mod rotate;
mod rotation;
mod store;
mod term;
mod transaction;

pub use plugin_api::Fence;

pub use crate::{
    barrier::Barrier,
    claim::Claim,
    error::{Corruption, Error, Result},
    rotation::{KeyInfo, Persist, RotationConfig, RotationReason},
    term::Term,
    transaction::{Effect, Transaction},
};
