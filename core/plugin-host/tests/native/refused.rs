//! Files that are not loaded: each is one sentence that says what to do.

use std::path::{Path, PathBuf};

use plugin_host::{Catalog, FILE_BYTES_MAX, Kind, Loader, PluginSpec, load};

use crate::fixtures::{impatient, naughty, spec};

fn refuses(spec: &PluginSpec, words: &str) {
    match load(spec) {
        Ok(_) => panic!("{} was loaded, and not refused: {words}", spec.path.display()),
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(words), "{text:?} does not say {words:?}");
            assert!(text.starts_with("plugin "), "{text:?}");
            assert!(!text.contains("/proc/self"), "{text:?}");
        }
    }
}

/// A changed stanza.
fn with(spec: &PluginSpec, change: impl FnOnce(&mut PluginSpec)) -> PluginSpec {
    let mut spec = spec.clone();
    change(&mut spec);
    spec
}

fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[tokio::test]
async fn stanzas() {
    let Some(path) = naughty(&[]) else { return };
    let good = spec(Kind::Storage, &path);
    let loaded = load(&good).unwrap();
    assert_eq!((loaded.loader, loaded.digest), (Loader::Native, good.sha256.unwrap()));
    assert_eq!((loaded.manifest.name.as_str(), loaded.provider.name()), ("naughty", "tested"));

    refuses(&with(&good, |it| it.trust_full = false), "write trust = \"full\" if you trust it");
    refuses(&with(&good, |it| it.sha256 = Some([7; 32])), "and the stanza says 070707");
    let digest = hex::encode(good.sha256.unwrap());
    refuses(&with(&good, |it| it.sha256 = None), &format!("write sha256 = \"{digest}\""));
    refuses(&with(&good, |it| it.path = "/no/such.so".into()), "there is no such file; put it");
    refuses(&with(&good, |it| it.path = "/".into()), "this is not a regular file");
    refuses(&with(&good, |it| it.path = "/dev/zero".into()), "this is not a regular file");
    refuses(&with(&good, |it| it.kind = Kind::Seal), "it provides storage, not seal; correct");
    load(&good).unwrap();
}

#[tokio::test]
async fn files() {
    let Some(path) = naughty(&[]) else { return };
    let bytes = std::fs::read(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, content: &[u8], words: &str| {
        refuses(&spec(Kind::Storage, &file(&folder, name, content)), words);
    };
    check("text.so", b"I am a library, trust me\n", "neither a library (ELF) nor a WASM component");
    check("empty.so", b"", "neither a library (ELF) nor a WASM component");
    check("short.so", &bytes[..40], "may be cut off: copy or build it again");
    check("half.so", &bytes[..bytes.len() / 2], "may be cut off: copy or build it again");
    check("last.so", &bytes[..bytes.len() - 1], "may be cut off: copy or build it again");
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    check("arm.so", &changed(18, &[183, 0]), "the library was built for ");
    check("32.so", &changed(4, &[1]), "the library was built for a 32-bit machine");
    check("object.so", &changed(16, &[1, 0]), "not a shared library; link it with -shared");
    check("a.wasm", b"\0asm\x01\0\0\0", "WASM");

    let large = folder.path().join("large.so");
    std::fs::File::create(&large).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
    let large = with(&spec(Kind::Storage, &path), |it| it.path = large);
    refuses(&large, &format!("the limit is {FILE_BYTES_MAX}"));
    load(&spec(Kind::Storage, &path)).unwrap();
}

fn check(defines: &[&str], words: &str) {
    let Some(path) = naughty(defines) else { return };
    refuses(&impatient(&path), words);
}

#[tokio::test]
async fn libraries() {
    check(&["-DNO_ENTRY"], "it does not export sr_plugin_entry_v0; build it with");
    check(&["-DNO_MANIFEST"], "it has no manifest (there is no section .sr.manifest)");
    check(&["-DMANIFEST=\"[]\""], "its manifest cannot be read (");
    check(&["-DMANIFEST=\"\\xff\""], "its manifest cannot be read (");
    check(&["-DMANIFEST_ABI=\"0.1\""], "built for the older ABI 0.1, and this server has 0.2");
    check(&["-DMANIFEST_ABI=\"0.3\""], "built for the newer ABI 0.3, and this server has 0.2");
    check(&["-DMANIFEST_ABI=\"1.0\""], "the newer ABI 1.0, and this server has 0.2; use a newer");
    check(&["-DMANIFEST_ABI=\"one\""], "\"abi\" must be like \"0.2\"");
    check(&["-DOTHER_MANIFEST=1"], "it says another manifest than its file");
    check(&["-DTABLE_MINOR=9"], "its table has another ABI than its manifest");
    check(&["-DKINDS=\"\\\"seal\\\"\""], "it provides seal, not storage");
    check(&["-DREFUSES"], "it refuses to start (its entry gives no table); see its lines");
    check(&["-DNO_TABLE"], "it refuses to start (it has no table of the kind it claims)");
}

/// The bytes that were checked are the ones that run: the file may be exchanged meanwhile.
#[tokio::test]
async fn exchanged() {
    let Some(path) = naughty(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.so");
    std::fs::copy(&path, &copy).unwrap();
    let spec = spec(Kind::Storage, &copy);
    let loaded = load(&spec).unwrap();
    std::fs::write(&copy, b"something else").unwrap();
    assert!(crate::fixtures::open(&loaded, &[]).await.is_ok());
    refuses(&spec, "put the right file there");
}

#[tokio::test]
async fn catalog() {
    let Some(path) = naughty(&[]) else { return };
    let good = spec(Kind::Storage, &path);
    let mut catalog = Catalog::default();
    let twice = catalog.load(&[good.clone(), good.clone()]).unwrap_err().to_string();
    assert!(twice.contains("there are two stanzas of this name"), "{twice}");
    assert!(catalog.labels(Kind::Storage).is_empty());
    catalog.load(&[good]).unwrap();
    assert_eq!(catalog.labels(Kind::Storage), ["tested"]);
    assert!(catalog.storage("tested", plugin_api::Settings::default()).await.is_ok());
    assert_eq!(catalog.loaded().len(), 1);
    assert!(Path::new(&catalog.loaded()[0].0.path).is_absolute());
}
