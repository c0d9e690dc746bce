//! Files that are not loaded, each with one sentence that says what to do.

use std::path::{Path, PathBuf};

use plugin_host::{Grant, GrantTls, Kind, PluginSpec, load};

use crate::fixtures::{component, folder, spec};

/// The sentence without its beginning, which names the stanza and the file.
fn sentence(spec: &PluginSpec) -> String {
    let error = load(spec).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(!error.contains('\n'), "{error}");
    let begins = format!("plugin {} \"tested\" ({}): ", spec.kind, spec.path.display());
    error.strip_prefix(&begins).unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn check(spec: &PluginSpec, words: &str) {
    let found = sentence(spec);
    assert!(found.contains(words), "want: {words}\ngot:  {found}");
}

struct Files(tempfile::TempDir);

impl Files {
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(component(name)).unwrap()
}

#[test]
fn files() {
    let files = Files(tempfile::tempdir().unwrap());
    let whole = bytes("misbehaving.wasm");
    let of = |path: &Path| spec(Kind::Storage, path);
    let mut wrong = of(&component("misbehaving.wasm"));
    wrong.sha256 = Some([7; 32]);
    check(&wrong, "the file has the sha256 ");
    wrong.sha256 = None;
    check(
        &wrong,
        "\"sha256\" is missing; if you know where the file comes from, write sha256 = \"",
    );
    let text = files.file("text.wasm", b"a text");
    check(&of(&text), "neither a library (ELF) nor a WASM component");
    for length in [8, 9, 1_000, whole.len() / 2, whole.len() - 1] {
        let cut = files.file("cut.wasm", whole.get(..length).unwrap());
        let found = sentence(&of(&cut));
        let right = found.contains("it may be cut off") || found.contains("exports no contract");
        assert!(right, "{length}: {found}");
    }
    let mut odd = whole.clone();
    odd.iter_mut().skip(5_000).step_by(97).for_each(|byte| *byte ^= 0x55);
    check(&of(&files.file("odd.wasm", &odd)), "the component cannot be read");
    let version = files.file("version.wasm", b"\0asm\x09\0\0\0");
    check(&of(&version), "the component cannot be read");
    let module = files.file("module.wasm", b"\0asm\x01\0\0\0");
    check(&of(&module), "this is a core WASM module, not a component; build it for the target");
    let empty = files.file("empty.wasm", b"\0asm\x0d\0\x01\0");
    check(&of(&empty), "exports no contract of strongroom:plugin (it exports nothing)");
}

#[test]
fn worlds() {
    check(
        &spec(Kind::Seal, &component("storage-rust-mem.wasm")),
        "was built for a storage plugin and cannot be a seal: it does not export \
         strongroom:plugin/seal@0.1.0; correct the stanza's first label, or build it for the world \
         seal-plugin",
    );
    check(
        &spec(Kind::Storage, &component("seal-rust-http.wasm")),
        "was built for a seal plugin and cannot be a storage",
    );
    check(
        &spec(Kind::HaLock, &component("storage-rust-mem.wasm")),
        "was built for a storage plugin and cannot be a ha-lock",
    );
    let files = Files(tempfile::tempdir().unwrap());
    let mut other = bytes("storage-rust-mem.wasm");
    let (name, newer) = (b"/provider@0.1.0", b"/provider@0.2.0");
    let places: Vec<usize> =
        other.windows(name.len()).enumerate().filter(|(_, it)| it == name).map(|it| it.0).collect();
    for place in places {
        other.get_mut(place..place + name.len()).unwrap().copy_from_slice(newer);
    }
    check(
        &spec(Kind::Storage, &files.file("newer.wasm", &other)),
        "was built for strongroom:plugin 0.2.0, and this server has 0.1.0; build it again",
    );
}

#[test]
fn imports_and_grants() {
    let seal = || spec(Kind::Seal, &component("seal-rust-http.wasm"));
    check(&seal(), "imports wasi:http/");
    check(&seal(), "which is not granted; write grant \"http\" \"<name>\" { origins = [");
    let granted = |grant: Grant| {
        let mut spec = seal();
        spec.grants = vec![grant];
        spec
    };
    let http = |origin: &str| Grant::Http {
        name: "kms".to_owned(),
        origins: vec![origin.to_owned()],
        methods: Vec::new(),
        tls: GrantTls::default(),
    };
    check(
        &granted(http("kms")),
        "the grant \"http\" \"kms\" cannot be given: \"kms\" needs a scheme",
    );
    check(&granted(http("http://169.254.169.254")), "link-local or metadata address");
    let nowhere = folder("/data", Path::new("/nonexistent/folder"), true);
    let mut spec = seal();
    spec.grants = vec![http("https://kms.example.com"), nowhere];
    check(&spec, "the grant \"dir\" \"/data\" cannot be given: /nonexistent/folder: ");
    spec.grants = vec![
        http("https://kms.example.com"),
        Grant::Env { variable: "NO_SUCH_VARIABLE_HERE".to_owned() },
    ];
    check(&spec, "the grant \"env\" \"NO_SUCH_VARIABLE_HERE\" cannot be given");
    let tcp = |address: &str| Grant::Tcp { name: "db".to_owned(), address: address.to_owned() };
    spec.grants = vec![http("https://kms.example.com"), tcp("localhost")];
    check(
        &spec,
        "the grant \"tcp\" \"db\" cannot be given: \"localhost\" is not a host and a port",
    );
    spec.grants = vec![http("https://kms.example.com"), tcp("169.254.169.254:80")];
    check(&spec, "\"169.254.169.254:80\" is a link-local or metadata address, which no plugin may");
    let dialer = crate::fixtures::spec(Kind::Storage, &component("dialer.wasm"));
    check(&dialer, "imports wasi:sockets/");
    check(&dialer, "which is not granted; write grant \"tcp\" \"<name>\" { address = \"<host>:");
}
