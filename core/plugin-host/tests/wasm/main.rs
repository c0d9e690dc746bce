//! Components, good and bad, through the loader.

#![cfg(feature = "wasm")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it must be"
)]
#![expect(clippy::print_stdout, reason = "a report, or which tool is missing")]

mod bad;
mod dialer;
mod fixtures;
mod folders;
mod kms;
mod languages;
mod ledger;
mod refused;
mod reload;
mod seal;
mod storage;
mod tls;
