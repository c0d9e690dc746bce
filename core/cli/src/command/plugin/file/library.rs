//! A native library: its machine, its symbols, and what it needs of the system.

use object::{
    Endianness, Object, ObjectKind, ObjectSection, ObjectSymbol, elf,
    read::elf::{ElfFile64, SectionTable},
};
use plugin_api::manifest::ELF_SECTION;

use crate::command::plugin::{file::ENTRY, tool};

/// What a library is and wants.
pub(in crate::command::plugin) struct Library {
    /// The machine it was built for: `x86_64`.
    pub(in crate::command::plugin) machine: String,
    /// Whether it is a shared library and not a program or an object file.
    pub(in crate::command::plugin) shared: bool,
    /// The symbols that it exports.
    pub(in crate::command::plugin) exports: Vec<String>,
    /// The symbols that others must have.
    pub(in crate::command::plugin) imports: Vec<String>,
    /// The libraries it needs.
    pub(in crate::command::plugin) needed: Vec<String>,
    /// The newest version of the C library that it needs.
    pub(in crate::command::plugin) glibc: Option<(u32, u32)>,
}

type Sections<'data> = SectionTable<'data, elf::FileHeader64<Endianness>>;

impl Library {
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Option<Vec<u8>>), String> {
        let broken =
            |error: object::Error| format!("the library cannot be read ({error}); build it again");
        let file = ElfFile64::<Endianness>::parse(bytes).map_err(broken)?;
        let mut exports = Vec::new();
        let mut imports = Vec::new();
        for symbol in file.dynamic_symbols() {
            let Ok(name) = symbol.name() else { continue };
            match (name.is_empty(), symbol.is_undefined(), symbol.is_local()) {
                (true, ..) => (),
                // A weak symbol may be missing.
                (false, true, _) if symbol.is_weak() => (),
                (false, true, _) => imports.push(name.to_owned()),
                (false, false, false) => exports.push(name.to_owned()),
                (false, false, true) => (),
            }
        }
        exports.sort();
        imports.sort();
        let section = file.section_by_name(ELF_SECTION).and_then(|section| section.data().ok());
        let library = Self {
            machine: format!("{:?}", file.architecture()).to_lowercase(),
            shared: file.kind() == ObjectKind::Dynamic,
            exports,
            imports,
            needed: needed(file.elf_section_table(), file.endian(), bytes).map_err(broken)?,
            glibc: newest(file.elf_section_table(), file.endian(), bytes).map_err(broken)?,
        };
        Ok((library, section.map(<[u8]>::to_vec)))
    }

    /// Whether it has the symbol that the server looks for.
    pub(in crate::command::plugin) fn has_entry(&self) -> bool {
        self.exports.iter().any(|name| name == ENTRY)
    }
}

fn needed(
    sections: &Sections<'_>,
    endian: Endianness,
    bytes: &[u8],
) -> Result<Vec<String>, object::Error> {
    let table = sections.dynamic_table(endian, bytes)?;
    let libraries = table.iter().filter(|entry| entry.tag == elf::DT_NEEDED);
    libraries.map(|entry| Ok(String::from_utf8_lossy(table.string(entry)?).into_owned())).collect()
}

/// The highest of the versions `GLIBC_x.y` that the symbols ask for.
fn newest(
    sections: &Sections<'_>,
    endian: Endianness,
    bytes: &[u8],
) -> Result<Option<(u32, u32)>, object::Error> {
    let Some((mut needs, link)) = sections.gnu_verneed(endian, bytes)? else { return Ok(None) };
    let strings = sections.strings(endian, bytes, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            let name = version.name(endian, strings)?;
            let text = std::str::from_utf8(name).unwrap_or_default();
            newest = newest.max(text.strip_prefix("GLIBC_").and_then(version_of));
        }
    }
    Ok(newest)
}

/// The version of the C library of this machine, if it is glibc.
pub(in crate::command::plugin) fn glibc() -> Option<(u32, u32)> {
    let text = tool::output("getconf", &["GNU_LIBC_VERSION"])?;
    version_of(text.trim().strip_prefix("glibc ")?)
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next()?.parse().ok()?))
}
