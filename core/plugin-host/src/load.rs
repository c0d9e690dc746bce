//! From a `plugin` stanza to a provider: reads the file, checks it, picks the loader.

#[cfg(feature = "native")]
use plugin_api::Manifest;

#[cfg(feature = "native")]
use crate::Kind;
use crate::{
    Error, Fault, Loaded, PluginSpec, Report,
    file::{Form, Image},
};

/// Loads the provider of a stanza. Nothing of the file runs before it is known to be the one that
/// the operator means, of the right kind, and for this server.
pub fn load(spec: &PluginSpec) -> Result<Loaded, Error> {
    loaded(spec).map_err(|source| Error::Load {
        kind: spec.kind,
        name: spec.name.clone(),
        path: spec.path.clone(),
        source,
    })
}

fn loaded(spec: &PluginSpec) -> Result<Loaded, Fault> {
    // Before it is read: what changes meanwhile is seen by the next reload.
    let beside = spec.beside();
    let image = Image::read(spec)?;
    let mut loaded = match image.form()? {
        Form::Elf => native(spec, image)?,
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
fn native(spec: &PluginSpec, image: Image) -> Result<Loaded, Fault> {
    crate::native::load(spec, image)
}

#[cfg(not(all(feature = "native", target_os = "linux")))]
fn native(_spec: &PluginSpec, _image: Image) -> Result<Loaded, Fault> {
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
