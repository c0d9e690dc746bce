//! Plugins as WASM components: in a sandbox, with what the operator grants and no more.
//!
//! ```text
//! load      outline → grants → compile → link      once, nothing of it runs
//! open      pool → instance → `open`               one store of the engine per instance
//! call      adapter → pool → instance → guest → checked answer
//! ```
//!
//! An instance answers one call at a time, and belongs to that call meanwhile. A trap, a timeout or an exhausted
//! limit throws it away, and the next call gets a new one.
//!
//! - `outline.rs`: what a file is, before anything is compiled; `fault.rs`: what is wrong with it.
//! - `grants.rs`, `folders.rs`, `http.rs`, `tcp.rs`, `addresses.rs`: what an instance may reach.
//!   `limits.rs`, `lines.rs`: what it may use and say.
//! - `bindings.rs`, `room.rs`: what a component exports, and what one instance has of the host.
//! - `module.rs`, `engine.rs`: the compiled component. `instance.rs`, `pool.rs`: its instances;
//!   `count.rs`: how many they are.
//! - `provider.rs`, `storage.rs`, `ha_lock.rs`, `seal.rs`: the contracts, on top of the pool.
//! - `words.rs`: from the contracts' words in Rust to those in WIT, and checked answers back.

mod addresses;
mod bindings;
mod count;
mod engine;
mod fault;
mod folders;
mod grants;
mod ha_lock;
mod http;
mod instance;
mod limits;
mod lines;
mod module;
mod outline;
mod pool;
mod provider;
mod room;
mod seal;
mod storage;
mod tcp;
mod words;

use std::sync::Arc;

use plugin_api::{Manifest, manifest::WASM_SECTION};

pub use crate::wasm::fault::ComponentFault;
use crate::{
    Fault, Loaded, Loader, PluginSpec,
    wasm::{module::Module, outline::Outline, provider::WasmProvider},
};

/// Loads a component: checks what it is and what it wants, and compiles it. Nothing of it runs.
pub(crate) fn load(spec: &PluginSpec, bytes: Vec<u8>, digest: [u8; 32]) -> Result<Loaded, Fault> {
    let outline = Outline::read(&bytes)?;
    let manifest = manifest(spec, &outline)?;
    outline.check_exports(spec.kind)?;
    grants::check_imports(&outline, spec)?;
    let module = Module::compile(spec, &bytes)?;
    let vitals = module.vitals.clone();
    let provider = Arc::new(WasmProvider::new(Arc::new(module)));
    let beside = [0; 32];
    Ok(Loaded { provider, manifest, digest, loader: Loader::Wasm, report: None, beside, vitals })
}

/// What the file says of itself. A component need not: its exports say what it is.
fn manifest(spec: &PluginSpec, outline: &Outline) -> Result<Manifest, Fault> {
    let mut manifest = match &outline.manifest {
        Some(section) => {
            Manifest::parse(section).map_err(|why| Fault::BadManifest(why.to_string()))?
        }
        None => {
            let mut manifest = Manifest::default();
            manifest.name.clone_from(&spec.name);
            manifest.kinds = outline.kinds();
            manifest
        }
    };
    manifest.world.get_or_insert_with(|| outline.world());
    tracing::debug!(plugin = spec.name, section = WASM_SECTION, "read the component's outline");
    Ok(manifest)
}
