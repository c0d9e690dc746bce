//! The projects of `plugin new`, as they lie in `core/cli/templates`.
//!
//! `{{name}}` is the provider's name, `{{name_}}` the same with `_` for `-`, `{{sdk}}` the source
//! tree that has the Rust SDK.

/// What a plugin is to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PluginKind {
    Storage,
    HaLock,
    Seal,
}

/// What it is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lang {
    Rust,
    C,
    Python,
    JavaScript,
}

/// A path in the project, and its content.
type File = (&'static str, &'static str);

impl PluginKind {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "storage" => Some(Self::Storage),
            "ha-lock" | "ha_lock" => Some(Self::HaLock),
            "seal" => Some(Self::Seal),
            _ => None,
        }
    }
}

impl Lang {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "rust" => Some(Self::Rust),
            "c" => Some(Self::C),
            "python" => Some(Self::Python),
            "js" | "javascript" => Some(Self::JavaScript),
            _ => None,
        }
    }
}

/// A file of the templates.
macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../templates/", $path))
    };
}

/// A file of the contracts in WIT.
macro_rules! wit {
    ($name:literal) => {
        (concat!("wit/", $name), include_str!(concat!("../../../../../wit/", $name)))
    };
}

const RUST: &[File] = &[
    ("Cargo.toml", template!("rust/Cargo.toml.in")),
    (".gitignore", template!("rust/gitignore.in")),
];

const C: &[File] = &[
    ("Makefile", template!("c/Makefile.in")),
    (".gitignore", template!("c/gitignore.in")),
    ("src/strongroom_plugin.h", include_str!("../../../../plugin-api/include/strongroom_plugin.h")),
];

/// The examples are templates too: only their names are others.
const IN_C: &str = include_str!("../../../../../plugins/examples/storage-c/storage.c");
const IN_RUST: &str = include_str!("../../../../../plugins/examples/storage-rust-mem/src/lib.rs");
const IN_PYTHON: &str =
    include_str!("../../../../../plugins/examples/storage-python/storage_mem.py");
const IN_JAVASCRIPT: &str =
    include_str!("../../../../../plugins/examples/storage-js/storage-mem.js");
/// The names of those examples.
pub(super) const EXAMPLES: [&str; 4] = ["mem-rust", "mem-c", "mem-python", "mem-js"];

const WIT: &[File] = &[
    wit!("types.wit"),
    wit!("host.wit"),
    wit!("provider.wit"),
    wit!("storage.wit"),
    wit!("ha-lock.wit"),
    wit!("seal.wit"),
    wit!("world.wit"),
];

const PYTHON: &[File] = &[(".gitignore", template!("python/gitignore.in"))];
const JAVASCRIPT: &[File] = &[
    (".gitignore", template!("js/gitignore.in")),
    ("package.json", template!("js/package.json.in")),
];

/// The file that an author reads first.
pub(super) fn source(kind: PluginKind, lang: Lang) -> &'static str {
    match (lang, kind) {
        (Lang::Rust, _) => "src/lib.rs",
        (Lang::C, PluginKind::Storage) => "src/storage.c",
        (Lang::C, PluginKind::HaLock) => "src/lock.c",
        (Lang::C, PluginKind::Seal) => "src/seal.c",
        (Lang::Python, _) => "app.py",
        (Lang::JavaScript, _) => "app.js",
    }
}

/// What the stand-in in Rust needs besides the SDK.
pub(super) fn dependencies(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Storage | PluginKind::HaLock => "",
        PluginKind::Seal => {
            "# the cipher of the stand-in: leave it out once your service wraps\n\
             chacha20poly1305 = \"0.10\"\n"
        }
    }
}

/// All files of a project.
pub(super) fn files(kind: PluginKind, lang: Lang) -> impl Iterator<Item = File> {
    let common: &[&[File]] = match lang {
        Lang::Rust => &[RUST],
        Lang::C => &[C],
        Lang::Python => &[PYTHON, WIT],
        Lang::JavaScript => &[JAVASCRIPT, WIT],
    };
    let test = match kind {
        PluginKind::Storage => template!("test-storage.hcl"),
        PluginKind::HaLock => template!("test-ha-lock.hcl"),
        PluginKind::Seal => template!("test-seal.hcl"),
    };
    let readme = match lang {
        Lang::Rust => template!("rust/README.md.in"),
        Lang::C => template!("c/README.md.in"),
        Lang::Python => template!("python/README.md.in"),
        Lang::JavaScript => template!("js/README.md.in"),
    };
    let common = common.iter().flat_map(|files| files.iter().copied());
    common.chain([("test.hcl", test), ("README.md", readme)]).chain(own(kind, lang).iter().copied())
}

/// What one kind in one language has of its own.
fn own(kind: PluginKind, lang: Lang) -> &'static [File] {
    use {Lang as L, PluginKind as K};
    match (lang, kind) {
        (L::Rust, K::Storage) => {
            &[("src/lib.rs", IN_RUST), ("tests/conformance.rs", template!("rust/storage_test.rs"))]
        }
        (L::Rust, K::HaLock) => &[
            ("src/lib.rs", template!("rust/ha_lock.rs")),
            ("tests/conformance.rs", template!("rust/ha_lock_test.rs")),
        ],
        (L::Rust, K::Seal) => &[
            ("src/lib.rs", template!("rust/seal.rs")),
            ("tests/conformance.rs", template!("rust/seal_test.rs")),
        ],
        (L::C, K::Storage) => &[("src/storage.c", IN_C)],
        (L::C, K::HaLock) => &[("src/lock.c", template!("c/lock.c"))],
        (L::C, K::Seal) => {
            &[("src/seal.c", template!("c/seal.c")), ("src/sha256.h", template!("c/sha256.h"))]
        }
        (L::Python, K::Storage) => {
            &[("app.py", IN_PYTHON), ("plugin.json", template!("python/storage.json"))]
        }
        (L::Python, K::HaLock) => &[
            ("app.py", template!("python/ha_lock.py")),
            ("plugin.json", template!("python/ha_lock.json")),
        ],
        (L::Python, K::Seal) => &[
            ("app.py", template!("python/seal.py")),
            ("plugin.json", template!("python/seal.json")),
        ],
        (L::JavaScript, K::Storage) => {
            &[("app.js", IN_JAVASCRIPT), ("plugin.json", template!("js/storage.json"))]
        }
        (L::JavaScript, K::HaLock) => {
            &[("app.js", template!("js/ha_lock.js")), ("plugin.json", template!("js/ha_lock.json"))]
        }
        (L::JavaScript, K::Seal) => {
            &[("app.js", template!("js/seal.js")), ("plugin.json", template!("js/seal.json"))]
        }
    }
}
