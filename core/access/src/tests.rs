//! The crate as the server uses it: requests over a store in memory, and the recorded corpus.

mod leases;
mod policies;
mod races;
mod recorded;
mod replay;
pub(crate) mod store;
mod tokens;
pub(crate) mod world;
mod wrapping;
