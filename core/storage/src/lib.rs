//! What lies between the barrier and a storage provider: layers that are storages themselves.
//!
//! - [`Inmem`]: a storage in memory, for development and for tests; [`InmemLock`]: its HA lock.
//! - [`Cache`], [`Limits`], [`Retry`], [`Metered`]: one layer each around any storage.
//! - [`stack`]: the chain of layers, drawn and built in one place.
//!
//! Nothing here knows what the values mean: they are ciphertext.

mod cache;
mod inmem;
mod inmem_lock;
mod limits;
mod metrics;
mod retry;
mod stack;

pub use crate::{
    cache::{Cache, CacheOptions},
    inmem::{Inmem, InmemProvider},
    inmem_lock::InmemLock,
    limits::{Limits, PARALLEL_MAX},
    metrics::Metered,
    retry::Retry,
    stack::{Options, Stack, stack},
};
