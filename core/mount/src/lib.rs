//! The mount table and the router: from a path to the backend that answers it and its part of the
//! store.
//!
//! A [`Record`] is what is kept of a mount, a [`Mount`] is one that serves, the [`MountTable`] holds
//! them all. The table is an immutable snapshot that a committed change replaces, so that a request
//! finds its mount without a lock. Which backends there are is told by a [`Catalog`].
//!
//! Reading order: [`record`] → [`mount`] → [`catalog`] → [`table`] → [`enable`], [`disable`],
//! [`tune`].

pub mod builtin;
pub mod catalog;
pub mod disable;
pub mod enable;
pub mod mount;
pub mod purge;
pub mod record;
pub mod routes;
pub mod table;
pub mod ttl;
pub mod tune;
pub mod view;

pub use crate::{
    builtin::Unsupported,
    catalog::{Alias, Catalog, Kind, Open},
    enable::Enable,
    mount::{Class, Mount, Scope},
    purge::{PURGE_MAX, purge},
    record::{Config, IssuedTokens, Lockout, Record},
    table::MountTable,
    ttl::SystemTtls,
    tune::{LockoutTune, Tune},
    view::{TransactionView, is_conflict, is_uncertain, translate},
};
