//! A component, compiled and linked once; its instances are made from it.

use std::sync::Arc;

use wasmtime::{
    Engine,
    component::{Component, InstancePre},
};

use crate::{
    Kind, Limits, PluginSpec,
    voice::{Voice, cut},
    wasm::{
        bindings::{ha_lock, provider, seal, storage, storage_changes},
        count::Count,
        engine,
        fault::ComponentFault,
        grants::Grants,
        http::Http,
        room::{self, Room},
        tcp::Tcp,
    },
};

/// A compiled component with what its instances are given.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    pub(crate) http: Option<Arc<Http>>,
    pub(crate) tcp: Option<Arc<Tcp>>,
    pub(crate) voice: Arc<Voice>,
    pub(crate) vitals: Arc<Count>,
    pub(crate) linked: InstancePre<Room>,
    pub(crate) indices: Indices,
}

/// Where the contracts are among the component's exports; those that it does not export are `None`.
pub(crate) struct Indices {
    pub(crate) provider: provider::GuestIndices,
    pub(crate) storage: Option<storage::GuestIndices>,
    pub(crate) storage_changes: Option<storage_changes::GuestIndices>,
    pub(crate) ha_lock: Option<ha_lock::GuestIndices>,
    pub(crate) seal: Option<seal::GuestIndices>,
}

impl Module {
    /// Compiles a component and checks its types against the contracts. Nothing of it runs.
    pub(crate) fn compile(spec: &PluginSpec, bytes: &[u8]) -> Result<Self, ComponentFault> {
        let grants = Grants::new(spec)?;
        let voice = Arc::new(Voice::new(&spec.name, spec.limits.log_lines_per_second));
        let http = Http::new(spec, voice.clone())?;
        let tcp = Tcp::new(spec, voice.clone())?;
        let engine = engine::engine().map_err(|why| ComponentFault::Engine(said(&why)))?;
        let (linked, indices) = link(&engine, spec.kind, bytes)?;
        Ok(Self {
            name: spec.name.clone(),
            kind: spec.kind,
            limits: spec.limits,
            grants,
            http,
            tcp,
            voice,
            vitals: Arc::default(),
            linked,
            indices,
        })
    }
}

fn link(
    engine: &Engine,
    kind: Kind,
    bytes: &[u8],
) -> Result<(InstancePre<Room>, Indices), ComponentFault> {
    let broken = |why: wasmtime::Error| ComponentFault::Broken(said(&why));
    let unfit = |why: wasmtime::Error| ComponentFault::Unfit(said(&why));
    let component = Component::new(engine, bytes).map_err(broken)?;
    let linker = room::linker(engine).map_err(|why| ComponentFault::Engine(said(&why)))?;
    let linked = linker.instantiate_pre(&component).map_err(unfit)?;
    // What the stanza needs must be there and fit; what else is there may be used if it fits.
    let indices = Indices {
        provider: provider::GuestIndices::new(&linked).map_err(unfit)?,
        storage: optional(storage::GuestIndices::new(&linked), kind == Kind::Storage)?,
        storage_changes: optional(storage_changes::GuestIndices::new(&linked), false)?,
        ha_lock: optional(ha_lock::GuestIndices::new(&linked), kind == Kind::HaLock)?,
        seal: optional(seal::GuestIndices::new(&linked), kind == Kind::Seal)?,
    };
    Ok((linked, indices))
}

fn optional<T>(found: wasmtime::Result<T>, needed: bool) -> Result<Option<T>, ComponentFault> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why) if needed => Err(ComponentFault::Unfit(said(&why))),
        Err(_absent) => Ok(None),
    }
}

/// The causes of an error of the engine, in one line.
pub(crate) fn said(error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let text = causes.join(": ").split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&text, 500).to_owned()
}
