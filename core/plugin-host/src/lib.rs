//! Finds the provider that a stanza names and opens it, whichever way it comes into the server.
//!
//! Bundled providers are handed in as one explicit list; the host knows none by name. A `plugin`
//! stanza adds one from a file: [`load`] reads and checks it and picks the loader by its form.
//!
//! - `catalog.rs`: all providers, by kind and label. `error.rs`: why one cannot be had.
//! - `spec.rs`, `stanza.rs`: what to load, and how the configuration says so.
//! - `file.rs`, `load.rs`: from the file to a provider; `fault.rs`: what is wrong with a file.
//! - `runtime.rs`: what is open: counted, shown, exchanged. `report.rs`: what was tested of it.
//! - `voice.rs`: a plugin's log and metrics. `vitals.rs`: its instances, counted.
//! - `native.rs`: libraries, through the C ABI. The only unsafe code here.
//! - `wasm.rs`: components, in a sandbox.

mod catalog;
mod error;
mod fault;
mod file;
mod load;
#[cfg(all(feature = "native", target_os = "linux"))]
mod native;
mod report;
mod runtime;
mod spec;
mod stanza;
mod vitals;
#[cfg(feature = "native")]
mod voice;
#[cfg(feature = "wasm")]
mod wasm;

#[cfg(feature = "wasm")]
pub use crate::wasm::ComponentFault;
pub use crate::{
    catalog::{Catalog, Kind},
    error::Error,
    fault::Fault,
    file::{FILE_BYTES_MAX, find},
    load::{Host, load, load_into},
    report::Report,
    runtime::{Calls, Change, LastError, Reloaded, Runtime, Wanted},
    spec::{
        CALL_TIME, FUEL, Grant, GrantTls, INSTANCES, LOG_LINES_PER_SECOND, Limits, Loaded, Loader,
        MEMORY_BYTES, PluginSpec,
    },
    vitals::Instances,
};
