//! The secrets engines: KV versions 1 and 2, and the cubbyhole.
//!
//! An engine is a [`logical::Backend`]: it answers calls about its own part of the store and knows
//! nothing of mounts, tokens or of where the store is. Each has a constructor, [`kv::open`] and
//! [`cubbyhole::open`]; which types of mount exist is listed by whoever wires a node.

pub mod cubbyhole;
mod entry;
pub mod error;
pub mod kv;
pub mod path;
mod time;
mod walk;

pub use crate::error::Error;
