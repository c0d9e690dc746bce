//! Components, good and bad, through the loader.

#![cfg(feature = "wasm")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it must be"
)]
#![expect(clippy::print_stdout, reason = "a report, or which tool is missing")]

mod bad;
mod fixtures;
mod kms;
mod languages;
mod refused;
mod seal;
mod storage;
