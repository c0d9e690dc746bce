//! A WASM component: what it imports and exports at its outermost level.

use std::path::Path;

use plugin_api::{Manifest, manifest::WASM_SECTION};
use wasmparser::{Encoding, Parser, Payload};

/// The package of the contracts.
const PACKAGE: &str = "strongroom:plugin/";

/// What a component is and wants.
#[derive(Default)]
pub(in crate::command::plugin) struct Component {
    /// The interfaces that somebody must give it.
    pub(in crate::command::plugin) imports: Vec<String>,
    /// The interfaces that it has.
    pub(in crate::command::plugin) exports: Vec<String>,
    pub(super) manifest_is_absent: bool,
}

impl Component {
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Option<Vec<u8>>), String> {
        let core = "this is a core WASM module, not a component; build it for the target \
                    wasm32-wasip2, or with a tool that makes components";
        if Parser::is_core_wasm(bytes) {
            return Err(core.to_owned());
        }
        let (mut component, mut manifest, mut depth) = (Self::default(), None, 0_usize);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|error| broken(&error))? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(core.to_owned());
                }
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 1 => {
                    for import in imports {
                        let import = import.map_err(|error| broken(&error))?;
                        component.imports.push(import.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 1 => {
                    for export in exports {
                        let export = export.map_err(|error| broken(&error))?;
                        component.exports.push(export.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) if section.name() == WASM_SECTION => {
                    manifest.get_or_insert_with(|| section.data().to_vec());
                }
                _ => (),
            }
        }
        component.manifest_is_absent = manifest.is_none();
        Ok((component, manifest))
    }

    /// The contracts that it has: `storage`, `ha-lock`, `seal`.
    pub(in crate::command::plugin) fn kinds(&self) -> Vec<String> {
        let has = |kind: &&str| self.exports.iter().any(|export| contract(export) == Some(*kind));
        ["storage", "ha-lock", "seal"].into_iter().filter(has).map(str::to_owned).collect()
    }

    /// The manifest of a component that has none: its file's name, and what it exports.
    pub(super) fn described(&self, path: &Path) -> Manifest {
        let mut manifest = Manifest::default();
        let stem = path.file_stem().unwrap_or_default();
        manifest.name = stem.to_string_lossy().replace('_', "-");
        manifest.kinds = self.kinds();
        manifest
    }
}

/// The name of one of our contracts, without package and version.
fn contract(export: &str) -> Option<&str> {
    let name = export.strip_prefix(PACKAGE)?;
    Some(name.split_once('@').map_or(name, |(name, _)| name))
}

fn broken(error: &wasmparser::BinaryReaderError) -> String {
    format!("the component cannot be read ({}); build it again", error.message())
}
