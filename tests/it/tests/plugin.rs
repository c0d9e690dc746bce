//! The author's tools: from an empty folder to a tested plugin, and what they say of bad files.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use client::InitRequest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TestServer, binary, repository};

/// A folder in which plugins are made.
struct Shop {
    folder: TempDir,
}

/// What a command came to.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Shop {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `strongroom plugin …` in the folder.
    fn plugin(&self, line: &str) -> Ended {
        self.run(line, |_| ())
    }

    fn run(&self, line: &str, more: impl FnOnce(&mut Command)) -> Ended {
        let mut command = Command::new(binary());
        command.arg("plugin").args(line.split_whitespace()).current_dir(self.folder.path());
        // One place for all runs: what a Rust plugin is made of is built once.
        command.env("CARGO_TARGET_DIR", target());
        command.env_remove("STRONGROOM_SDK");
        more(&mut command);
        let Output { status, stdout, stderr } = command.output().unwrap();
        Ended {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// A storage in C with these changes to its source; gives the library.
    fn spoilt(&self, changes: &[(&str, &str)]) -> String {
        self.built("storage", Lang::C);
        let source = self.path("c-storage/src/storage.c");
        let mut text = fs::read_to_string(&source).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "the template has no {from:?} any more");
            text = text.replacen(from, to, 1);
        }
        fs::write(&source, text).unwrap();
        let built = self.plugin("build -format=json c-storage").ends(0);
        let built: Value = serde_json::from_str(&built.out).unwrap();
        built["path"].as_str().unwrap().to_owned()
    }

    /// Makes a project and builds it; gives what `build` prints.
    fn built(&self, kind: &str, lang: Lang) -> Built {
        let (name, word) = (format!("{}-{kind}", lang.word()), lang.word());
        let sdk = repository().display().to_string();
        self.plugin(&format!("new -kind={kind} -lang={word} -sdk={sdk} {name}")).ends(0);
        match lang {
            // The versions that the server itself has: they are on this machine already.
            Lang::Rust | Lang::RustWasm => {
                let lock = self.path(&name).join("Cargo.lock");
                fs::copy(repository().join("Cargo.lock"), lock).unwrap();
            }
            Lang::Js => {
                let modules = lang.tool().unwrap().ancestors().nth(2).unwrap().to_owned();
                symlink(modules, self.path(&name).join("node_modules")).unwrap();
            }
            Lang::C | Lang::Python => (),
        }
        let target = if lang == Lang::RustWasm { "-target=wasm " } else { "" };
        let built = self.run(&format!("build {target}-format=json {name}"), |command| {
            if let Some(folder) = lang.tool().as_deref().and_then(Path::parent) {
                let path = std::env::var("PATH").unwrap_or_default();
                command.env("PATH", format!("{}:{path}", folder.display()));
            }
        });
        let built: Value = serde_json::from_str(&built.ends(0).out).unwrap();
        assert_eq!(built["name"], name);
        assert_eq!(built["kind"], kind);
        let text = |member: &str| built[member].as_str().unwrap().to_owned();
        let (sha256, stanza) = (text("sha256"), text("stanza"));
        assert_eq!(sha256.len(), 64);
        assert!(stanza.contains(&sha256));
        Built { name, path: text("path"), stanza }
    }
}

/// What `plugin build` prints.
struct Built {
    name: String,
    path: String,
    stanza: String,
}

/// What a plugin is written in, and which form it then has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lang {
    C,
    Rust,
    RustWasm,
    Python,
    Js,
}

impl Lang {
    const fn word(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Rust | Self::RustWasm => "rust",
            Self::Python => "python",
            Self::Js => "js",
        }
    }

    const fn loader(self) -> &'static str {
        match self {
            Self::C | Self::Rust => "native",
            Self::RustWasm | Self::Python | Self::Js => "wasm",
        }
    }

    /// The tool that `tests/run` has installed for it.
    fn tool(self) -> Option<PathBuf> {
        let variable = match self {
            Self::Python => "COMPONENTIZE_PY",
            Self::Js => "COMPONENTIZE_JS",
            Self::C | Self::Rust | Self::RustWasm => return None,
        };
        std::env::var_os(variable).map(PathBuf::from)
    }

    /// Whether it can be built here; says so if not.
    fn is_here(self) -> bool {
        let here = match self {
            Self::C | Self::Rust => true,
            Self::RustWasm => has_target(),
            Self::Python | Self::Js => self.tool().is_some(),
        };
        if !here {
            println!("skipped: the tools for {self:?} are not installed; tests/run tools does it");
        }
        here
    }
}

/// Whether this machine compiles Rust to components.
fn has_target() -> bool {
    let mut rustc = Command::new("rustc");
    let output = rustc.args(["--print", "target-libdir", "--target", TARGET]).output().unwrap();
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists()
}

const TARGET: &str = "wasm32-wasip2";

fn target() -> PathBuf {
    // target/debug/deps/main-… → target/plugins
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(3).unwrap().join("plugins")
}

impl Ended {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, words: &[&str]) -> Self {
        for word in words {
            let said = self.out.contains(word) || self.err.contains(word);
            assert!(said, "{word:?} is not said:\n{}\n{}", self.out, self.err);
        }
        self
    }
}

/// A project of this kind and language builds, passes the suite, and a server runs on it.
async fn check(kind: &str, lang: Lang) {
    if !lang.is_here() {
        return;
    }
    let shop = Shop::new();
    let built = shop.built(kind, lang);
    let (name, file) = (&built.name, &built.path);
    let tested = shop.plugin(&format!(
        "test -config={name}/test.hcl -volatile -ttl=1s -report=r.json -junit=r.xml {file}"
    ));
    tested.ends(0).says(&[" passed, ", " 0 failed; class quick, seed "]);
    let report = fs::read_to_string(shop.path("r.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["contract"], kind);
    assert_eq!(report["summary"]["fail"], 0);
    assert_eq!(report["subject"]["loader"], lang.loader());
    let junit = fs::read_to_string(shop.path("r.xml")).unwrap();
    assert!(junit.contains("<testsuites ") && junit.contains("failures=\"0\""), "{junit}");
    if kind != "ha-lock" {
        serves(&shop, kind, &built, lang).await;
    }
}

/// A server starts with the stanza that `build` printed, with the report that `test` wrote.
async fn serves(shop: &Shop, kind: &str, built: &Built, lang: Lang) {
    let report = shop.path("r.json").display().to_string();
    let stanza = built.stanza.replacen("sha256", &format!("report = \"{report}\"\n  sha256"), 1);
    // A seal's settings, and a storage beside it, are in the configuration of its test.
    let config = match kind {
        "storage" => stanza,
        _ => {
            let own = fs::read_to_string(shop.path(&built.name).join("test.hcl")).unwrap();
            let end = stanza.find(&format!("\n{kind} \"")).unwrap();
            format!("{}\n{own}", &stanza[..end])
        }
    };
    let server = TestServer::with_config(&config).await;
    let ask = match kind {
        "seal" => InitRequest {
            recovery_shares: Some(1),
            recovery_threshold: Some(1),
            ..InitRequest::default()
        },
        _ => InitRequest::shamir(1, 1),
    };
    let keys = server.client(None).init(&ask).await.unwrap();
    server.unseal(&keys).await;
    let root = server.client(Some(&keys.root_token));
    root.write("sys/mounts/kv", &json!({"type": "kv"})).await.unwrap();
    root.write("kv/a", &json!({"n": 1})).await.unwrap();
    let read = root.read("kv/a").await.unwrap().unwrap();
    assert_eq!(read.data(), Some(&json!({"n": 1})));
    let path = format!("sys/plugins/runtime/{}", built.name);
    let shown = root.read(&path).await.unwrap().unwrap().data().cloned().unwrap();
    assert_eq!((&shown["kind"], &shown["loader"]), (&json!(kind), &json!(lang.loader())));
    assert_eq!(shown["conformance"]["fail"], 0, "{shown:#}");
    assert_eq!(shown["manifest"]["name"], json!(built.name));
    assert!(!shown["calls"].as_object().unwrap().is_empty(), "{shown:#}");
    assert_eq!(shown["last_error"], Value::Null, "{shown:#}");
    // The same on the command line.
    let running = |line: &str| {
        let ended = shop.run(&format!("{line} -address={}", server.url()), |command| {
            command.env("VAULT_TOKEN", &keys.root_token);
        });
        ended.ends(0)
    };
    running("list -running").says(&[&built.name, lang.loader()]);
    let info = running(&format!("info -running {}", built.name));
    info.says(&["instances.open", "calls.", "generation", "conformance.pass"]);
}

#[tokio::test]
async fn a_storage_in_c() {
    check("storage", Lang::C).await;
}

#[tokio::test]
async fn a_lock_in_c() {
    check("ha-lock", Lang::C).await;
}

#[tokio::test]
async fn a_seal_in_c() {
    check("seal", Lang::C).await;
}

#[tokio::test]
async fn a_storage_in_rust() {
    check("storage", Lang::Rust).await;
}

#[tokio::test]
async fn a_lock_in_rust() {
    check("ha-lock", Lang::Rust).await;
}

#[tokio::test]
async fn a_seal_in_rust() {
    check("seal", Lang::Rust).await;
}

#[tokio::test]
async fn components_in_rust() {
    for kind in ["storage", "ha-lock", "seal"] {
        check(kind, Lang::RustWasm).await;
    }
}

#[tokio::test]
async fn components_in_python() {
    for kind in ["storage", "ha-lock", "seal"] {
        check(kind, Lang::Python).await;
    }
}

#[tokio::test]
async fn components_in_javascript() {
    for kind in ["storage", "ha-lock", "seal"] {
        check(kind, Lang::Js).await;
    }
}

#[test]
fn a_storage_with_a_fault_does_not_conform() {
    let shop = Shop::new();
    // A deleted key stays.
    let file = shop.spoilt(&[("if (!found) return;", "if (found || !found) return;")]);
    shop.plugin(&format!("test -volatile -only=S03 {file}")).ends(2).says(&["S03 FAIL"]);
    let line = format!("test -volatile -only=S03 -except=S03=known {file}");
    shop.plugin(&line).says(&["S03 excused", "(excused: known)"]);
}

#[test]
fn a_library_that_meddles_does_not_conform() {
    let shop = Shop::new();
    // It exports what is its own affair, and ignores a signal of the whole process.
    let file = shop.spoilt(&[
        ("#include <pthread.h>", "#include <pthread.h>\n#include <signal.h>"),
        ("static const sr_host *host;", "SR_EXPORT int helper = 1;\nstatic const sr_host *host;"),
        ("  host = the_host;", "  signal(SIGUSR2, SIG_IGN);\n  host = the_host;"),
    ]);
    let tested = shop.plugin(&format!("test -volatile -only=A {file}")).ends(2);
    tested.says(&["A01 FAIL", "helper", "A06 FAIL", "how signals are handled", "A02 pass"]);
}

#[test]
fn a_file_is_looked_at_without_running_it() {
    let shop = Shop::new();
    let file = shop.built("storage", Lang::C).path;
    shop.plugin(&format!("info {file}")).ends(0).says(&[
        "c-storage",
        "sr_plugin_entry_v0",
        "native",
    ]);
    let info = shop.plugin(&format!("info -format=json {file}")).ends(0);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    assert_eq!(info["kinds"], serde_json::json!(["storage"]));
    shop.plugin(&format!("doctor {file}")).ends(0).says(&["it exports sr_plugin_entry_v0"]);
    shop.plugin(&format!("doctor -load {file}")).ends(0).says(&["it loads"]);
    shop.plugin(&format!("bench -n=50 {file}")).ends(0).says(&["put", "inmem p99"]);
    let stanza = |sha256: &str| {
        format!(
            "plugin \"storage\" \"c-storage\" {{\n path = \"{file}\"\n sha256 = \"{sha256}\"\n}}\n\
             storage \"c-storage\" {{}}\n"
        )
    };
    let wrong = "0".repeat(64);
    fs::write(shop.path("s.hcl"), stanza(&wrong)).unwrap();
    let said = ["the file has the sha256", "write trust = \"full\""];
    shop.plugin(&format!("doctor -config=s.hcl {file}")).ends(2).says(&said);
    shop.plugin("list -config=s.hcl").ends(0).says(&["c-storage", "wrong digest", "bundled"]);
    fs::write(shop.path("s.hcl"), stanza(info["sha256"].as_str().unwrap())).unwrap();
    shop.plugin("list -config=s.hcl -format=json").ends(0).says(&["\"ready\""]);
}

#[test]
fn bundled_providers_are_tested_by_their_label() {
    let shop = Shop::new();
    shop.plugin("test -volatile -only=S,L inmem").ends(0).says(&["0 failed"]);
    fs::write(shop.path("f.hcl"), "storage \"file\" { path = \"data\" }\n").unwrap();
    shop.plugin("test -config=f.hcl -only=S,D,Y01 file").ends(0).says(&["D01 pass", "Y01 pass"]);
    shop.plugin("bench -n=20 inmem").ends(0).says(&["p50"]);
}

#[test]
fn faults_are_one_sentence() {
    let shop = Shop::new();
    fs::create_dir(shop.path("empty")).unwrap();
    fs::create_dir(shop.path("full")).unwrap();
    fs::write(shop.path("full/x"), "x").unwrap();
    fs::write(shop.path("text.so"), "hello").unwrap();
    for (line, words) in [
        ("new -kind=database x", "the kinds are storage, ha-lock and seal"),
        ("new -lang=cobol x", "the languages are rust, c, python and js"),
        ("new -lang=c Big.Name", "is no name for a plugin"),
        ("new -lang=c full", "is not empty"),
        ("new -lang=rust -sdk=/nowhere x", "is not the source tree of Strongroom"),
        ("build empty", "is no project"),
        ("build nowhere", "is no project"),
        ("info nowhere.so", "No such file"),
        ("info text.so", "neither a library (ELF) nor a WASM component"),
        ("info empty", "this is not a file"),
        ("test text.so", "neither a library (ELF) nor a WASM component"),
        ("test -class=long inmem", "the class must be quick, full or soak"),
        ("test -seed=x inmem", "the seed must be a whole number"),
        ("test file", "the setting \"path\" is missing"),
        ("bench -n=0 inmem", "give 1 to 1000000"),
        ("list -config=nowhere.hcl", "nowhere.hcl"),
    ] {
        let ended = shop.plugin(line).ends(1).says(&[words]);
        assert_eq!(ended.err.trim_end().lines().count(), 1, "{line}: {}", ended.err);
    }
}

#[test]
fn a_missing_tool_is_named_with_how_to_install_it() {
    let shop = Shop::new();
    let sdk = repository().display().to_string();
    for (lang, kind, words) in [
        ("c", "storage", "cc is not installed; install it with: apt-get install gcc"),
        ("rust", "storage", "cargo is not installed; install it with: curl"),
        ("python", "storage", "componentize-py is not installed; install it with: pip install"),
        ("js", "seal", "componentize-js is not installed; install it with: npm"),
    ] {
        shop.plugin(&format!("new -lang={lang} -kind={kind} -sdk={sdk} {lang}")).ends(0);
        let nothing = shop.path("empty");
        fs::create_dir_all(&nothing).unwrap();
        let built = shop.run(&format!("build {lang}"), |command| {
            command.env("PATH", &nothing);
        });
        built.ends(1).says(&[words]);
    }
}

#[test]
fn a_text_is_no_component() {
    let shop = Shop::new();
    fs::write(shop.path("core.wasm"), b"\0asm\x01\0\0\0").unwrap();
    shop.plugin("info core.wasm").ends(1).says(&["a core WASM module, not a component"]);
    fs::write(shop.path("cut.wasm"), b"\0asm\x0d\0\x01\0\x07").unwrap();
    shop.plugin("info cut.wasm").ends(1).says(&["the component cannot be read"]);
    let kept = Path::new("tests/components");
    for entry in fs::read_dir(repository().join(kept)).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "wasm") {
            shop.plugin(&format!("info {}", path.display())).ends(0).says(&["strongroom:plugin/"]);
        }
    }
}
