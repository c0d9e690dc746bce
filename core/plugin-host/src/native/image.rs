//! A library's file, before any of it runs: what it is, whether it fits, and the copy that is loaded.

use std::{fs::File, io::Write as _};

use object::{Endianness, Object, ObjectKind, ObjectSection, ObjectSymbol, read::elf::ElfFile64};
use plugin_api::{
    Manifest,
    abi::{ABI, ABI_MAJOR, ABI_MINOR, ENTRY},
    manifest::ELF_SECTION,
};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use crate::Fault;

/// What a library says of itself, if it is one that this server can load.
pub(crate) fn manifest(bytes: &[u8]) -> Result<Manifest, Fault> {
    let broken = |error: object::Error| Fault::Broken(error.to_string());
    let file = match ElfFile64::<Endianness>::parse(bytes) {
        Ok(file) => file,
        Err(error) => return Err(other_class(bytes).unwrap_or_else(|| broken(error))),
    };
    check_machine(&file)?;
    if file.kind() != ObjectKind::Dynamic {
        return Err(Fault::NotALibrary);
    }
    let section = file.section_by_name(ELF_SECTION);
    let section = section.ok_or(Fault::NoManifest("there is no section .sr.manifest"))?;
    let text = section.data().map_err(broken)?;
    let manifest = Manifest::parse(text).map_err(|error| Fault::BadManifest(error.to_string()))?;
    check_abi(&manifest)?;
    let is_entry = |name: &str| name == ENTRY;
    let mut symbols = file.dynamic_symbols();
    if !symbols.any(|it| it.is_definition() && it.name().is_ok_and(is_entry)) {
        return Err(Fault::NoEntry(ENTRY));
    }
    Ok(manifest)
}

/// A file of 32 bits is not broken, but built for something else.
fn other_class(bytes: &[u8]) -> Option<Fault> {
    let is_32 = bytes.get(4) == Some(&1);
    is_32.then(|| Fault::Machine { found: "a 32-bit machine".to_owned(), wanted: ours() })
}

fn ours() -> String {
    std::env::consts::ARCH.to_owned()
}

fn check_machine(file: &ElfFile64<'_, Endianness>) -> Result<(), Fault> {
    let found = match file.architecture() {
        object::Architecture::X86_64 => "x86_64".to_owned(),
        object::Architecture::Aarch64 => "aarch64".to_owned(),
        object::Architecture::Riscv64 => "riscv64".to_owned(),
        object::Architecture::S390x => "s390x".to_owned(),
        object::Architecture::PowerPc64 => "powerpc64".to_owned(),
        other => format!("{other:?}"),
    };
    let little = cfg!(target_endian = "little");
    if found == ours() && file.is_little_endian() == little {
        return Ok(());
    }
    Err(Fault::Machine { found, wanted: ours() })
}

/// While the major is 0, nothing is promised from one minor to the next.
fn check_abi(manifest: &Manifest) -> Result<(), Fault> {
    let unclear = || Fault::BadManifest(format!("\"abi\" must be like \"{ABI}\""));
    let text = manifest.abi.as_deref().ok_or_else(unclear)?;
    let (major, minor) = text.split_once('.').ok_or_else(unclear)?;
    let version: (u16, u16) = match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => (major, minor),
        _ => return Err(unclear()),
    };
    let (found, ours) = (text.to_owned(), ABI.to_owned());
    match version.cmp(&(ABI_MAJOR, ABI_MINOR)) {
        std::cmp::Ordering::Less => Err(Fault::Older { found, ours }),
        std::cmp::Ordering::Greater => Err(Fault::Newer { found, ours }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

/// The bytes in a file of the memory that nobody can change, not even we.
pub(super) fn sealed(bytes: &[u8]) -> std::io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("strongroom-plugin", flags)?);
    file.write_all(bytes)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}
