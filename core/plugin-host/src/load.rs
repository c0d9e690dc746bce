//! From a `plugin` stanza to a provider: reads the file, checks it, picks the loader.

#[cfg(feature = "native")]
use plugin_api::{
    Manifest,
    abi::{SrHost, struct_size},
};

#[cfg(feature = "native")]
use crate::Kind;
use crate::{
    Error, Fault, Loaded, PluginSpec, Report,
    file::{Form, Image},
};

/// How much of the host's table a server knows: one that is as old as this, an older or a newer one.
/// Plugins must get along with each (R1 of the header). Components have no such table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Host {
    /// This server.
    Ours,
    /// One whose table ends before the last members.
    Older,
    /// One whose table goes on.
    Newer,
}

impl Host {
    /// What a newer server knows besides, in bytes.
    pub(crate) const MORE: usize = 64;

    /// How much of the table it knows, in bytes.
    #[cfg(feature = "native")]
    pub(crate) const fn knows(self) -> u32 {
        let ours = struct_size::<SrHost>();
        match self {
            Self::Ours => ours,
            Self::Older => std::mem::offset_of!(SrHost, worker_threads) as u32,
            Self::Newer => ours + Self::MORE as u32,
        }
    }
}

/// Loads the provider of a stanza. Nothing of the file runs before it is known to be the one that
/// the operator means, of the right kind, and for this server.
pub fn load(spec: &PluginSpec) -> Result<Loaded, Error> {
    load_into(spec, Host::Ours)
}

/// The same as a server of another age would: for tests of plugins.
pub fn load_into(spec: &PluginSpec, host: Host) -> Result<Loaded, Error> {
    loaded(spec, host).map_err(|source| Error::Load {
        kind: spec.kind,
        name: spec.name.clone(),
        path: spec.path.clone(),
        source,
    })
}

fn loaded(spec: &PluginSpec, host: Host) -> Result<Loaded, Fault> {
    // Before it is read: what changes meanwhile is seen by the next reload.
    let beside = spec.beside();
    let image = Image::read(spec)?;
    let mut loaded = match image.form()? {
        Form::Elf => native(spec, image, host)?,
        Form::Wasm => wasm(spec, image)?,
    };
    loaded.beside = beside;
    let report = spec.report.as_deref();
    loaded.report = report.map(|path| Report::read(path, &spec.name, &loaded.digest));
    Ok(loaded)
}

/// Whether a file is a provider of the kind that the stanza says.
#[cfg(feature = "native")]
pub(crate) fn check_kind(wanted: Kind, manifest: &Manifest) -> Result<(), Fault> {
    if manifest.kinds.iter().any(|word| Kind::from_word(word) == Some(wanted)) {
        return Ok(());
    }
    Err(Fault::WrongKind { found: manifest.kinds.clone(), wanted: wanted.to_string() })
}

#[cfg(all(feature = "native", target_os = "linux"))]
fn native(spec: &PluginSpec, image: Image, host: Host) -> Result<Loaded, Fault> {
    crate::native::load(spec, image, host)
}

#[cfg(not(all(feature = "native", target_os = "linux")))]
fn native(_spec: &PluginSpec, _image: Image, _host: Host) -> Result<Loaded, Fault> {
    Err(Fault::NoLoader("native"))
}

#[cfg(feature = "wasm")]
fn wasm(spec: &PluginSpec, image: Image) -> Result<Loaded, Fault> {
    crate::wasm::load(spec, image.bytes, image.digest)
}

#[cfg(not(feature = "wasm"))]
fn wasm(_spec: &PluginSpec, _image: Image) -> Result<Loaded, Fault> {
    Err(Fault::NoLoader("WASM"))
}
