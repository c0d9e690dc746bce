//! What a component is and wants, read from its outermost sections before anything is compiled.

use plugin_api::manifest::WASM_SECTION;
use wasmparser::{Encoding, Parser, Payload};

use crate::{Kind, wasm::fault::ComponentFault};

/// The package of our contracts.
const PACKAGE: &str = "strongroom:plugin/";
/// The version of our contracts.
const VERSION: &str = "0.1.0";
/// The most imports or exports that a component may have.
const NAMES_MAX: usize = 1_000;

/// The outermost names of a component, and its manifest.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) imports: Vec<String>,
    exports: Vec<String>,
    /// The bytes of its manifest section, if it has one. A linker leaves the section of the core
    /// module where it is, so it is looked for at all depths.
    pub(crate) manifest: Option<Vec<u8>>,
}

impl Outline {
    /// Reads the bytes of a file that begins like WASM.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ComponentFault> {
        let broken = |error: wasmparser::BinaryReaderError| {
            ComponentFault::Broken(error.message().trim_end_matches('.').to_owned())
        };
        if Parser::is_core_wasm(bytes) {
            return Err(ComponentFault::CoreModule);
        }
        let mut outline = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(broken)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(ComponentFault::CoreModule);
                }
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 1 => {
                    for import in imports {
                        outline.imports.push(import.map_err(broken)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 1 => {
                    for export in exports {
                        outline.exports.push(export.map_err(broken)?.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) if section.name() == WASM_SECTION => {
                    outline.manifest.get_or_insert_with(|| section.data().to_vec());
                }
                _ => (),
            }
            if outline.imports.len().max(outline.exports.len()) > NAMES_MAX {
                let why = format!("it has more than {NAMES_MAX} imports or exports");
                return Err(ComponentFault::Broken(why));
            }
        }
        Ok(outline)
    }

    /// Whether it exports all that a plugin of this kind must.
    pub(crate) fn check_exports(&self, kind: Kind) -> Result<(), ComponentFault> {
        let ours = self.imports.iter().chain(&self.exports).filter_map(|it| contract(it));
        for (_, version) in ours {
            if !compatible(version) {
                let found = version.to_owned();
                return Err(ComponentFault::Version { found, ours: VERSION });
            }
        }
        let found = self.kinds();
        if found.is_empty() && !self.exports_contract("provider") {
            let found = match self.exports.as_slice() {
                [] => "nothing".to_owned(),
                exports => exports.join(", "),
            };
            return Err(ComponentFault::NoContract { found });
        }
        let (wanted, world) = needed(kind);
        let missing = ["provider", wanted].into_iter().find(|it| !self.exports_contract(it));
        let Some(missing) = missing else { return Ok(()) };
        let found = if found.is_empty() { "unknown".to_owned() } else { found.join(" and ") };
        Err(ComponentFault::World {
            found,
            wanted: wanted.to_owned(),
            missing: format!("{PACKAGE}{missing}@{VERSION}"),
            world,
        })
    }

    /// What it can be: `storage`, `ha-lock`, `seal`.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let kinds = [Kind::Storage, Kind::HaLock, Kind::Seal];
        let words = kinds.into_iter().map(|kind| needed(kind).0);
        words.filter(|word| self.exports_contract(word)).map(str::to_owned).collect()
    }

    /// Its world, as far as the exports tell it: `strongroom:plugin/storage@0.1.0`.
    pub(crate) fn world(&self) -> String {
        format!("{PACKAGE}{}@{VERSION}", self.kinds().join("+"))
    }

    fn exports_contract(&self, name: &str) -> bool {
        self.exports.iter().filter_map(|it| contract(it)).any(|(it, _)| it == name)
    }
}

/// The export that makes a component a plugin of this kind, and the world that has it.
fn needed(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Storage => ("storage", "storage-plugin"),
        Kind::HaLock => ("ha-lock", "ha-plugin"),
        Kind::Seal => ("seal", "seal-plugin"),
    }
}

/// The name and version of one of our contracts.
fn contract(name: &str) -> Option<(&str, &str)> {
    let name = name.strip_prefix(PACKAGE)?;
    Some(name.split_once('@').unwrap_or((name, "")))
}

/// Below 1.0 a minor version may change anything.
fn compatible(version: &str) -> bool {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    minor(version) == minor(VERSION)
}
