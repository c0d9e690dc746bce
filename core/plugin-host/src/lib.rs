//! Finds the provider that a stanza names and opens it, whichever way it comes into the server.
//!
//! Bundled providers are handed in as one explicit list; the host knows none by name.

mod catalog;
mod error;

pub use crate::{
    catalog::{Catalog, Kind},
    error::Error,
};
