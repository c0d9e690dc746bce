//! Who may ask, for how long, and what ends with them: tokens, leases, policies, wrapped answers.
//!
//! All state is in the store, read and written through a [`logical::View`] of the whole barrier,
//! within the transaction of one request. What is kept in memory (the identities of tokens, parsed
//! policies, timers) is only a copy of what has been committed: it changes in
//! [`View::on_commit`](logical::View::on_commit) alone.
//!
//! A listing is no part of what a commit checks. So whoever adds a child to a token, or a lease,
//! also writes a marker beside the list, and whoever ends the token reads that marker first: the
//! two cannot miss each other.
//!
//! Reading order: [`Access`] → [`Tokens`], [`Identity`] → [`Policies`] → [`Leases`] →
//! [`Wrapping`].

mod access;
mod blobs;
mod error;
mod intent;
mod json;
mod lease;
mod policies;
mod rooms;
#[cfg(test)]
mod tests;
mod time;
mod token;
mod ttl;
mod walk;
mod wrapping;

pub use crate::{
    access::Access,
    blobs::Blobs,
    error::{Error, Result},
    lease::{
        Holds, Lease, State,
        leases::{Leases, Manner, Registered, Registration, Renewed},
        timers::LeaseId,
    },
    policies::{
        Policies,
        record::{PolicyRecord, PolicyWrite},
    },
    rooms::Rooms,
    token::{
        Tokens,
        entry::Entry,
        identity::Identity,
        issue::{Issued, LoginAt},
        paths::TokenBackend,
        uses::Use,
    },
    ttl::Limits,
    wrapping::{WrapWish, Wrapping, facts::WrapFacts, jwt::PublicPoint},
};
