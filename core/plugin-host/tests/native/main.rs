//! Libraries, good and bad, through the loader.

#![cfg(all(feature = "native", target_os = "linux"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends at the first thing that is not as it must be, and says what it skips"
)]

mod build;
mod calls;
mod fixtures;
mod guest;
mod refused;
mod reload;
mod voice;
