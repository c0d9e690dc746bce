//! Libraries that are built when a test asks for them, and a stanza for each.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use plugin_api::digest;
use plugin_host::{Kind, Limits, PluginSpec};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Compiles a library; `None`, and a sentence, where there is no compiler.
pub(crate) fn c(source: &str, defines: &[&str]) -> Option<PathBuf> {
    let name = digest::sha256(format!("{source} {defines:?}").as_bytes());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = folder.join(format!("{}.so", hex::encode(&name[..8])));
    // Tests run at the same time, and some build the same library.
    let own = tempfile::NamedTempFile::new_in(folder).unwrap().into_temp_path();
    let include = root().join("core/plugin-api/include");
    let compiled = Command::new("gcc")
        .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread"])
        .args(defines)
        .arg("-I")
        .arg(include)
        .arg("-o")
        .arg(&own)
        .arg(root().join(source))
        .output();
    let Ok(output) = compiled else {
        println!("skipped: gcc is missing; install it (apt install gcc)");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    own.persist(&built).unwrap();
    Some(built)
}

/// Builds a library with cargo, apart from the folder that this very run may have locked.
pub(crate) fn rust(folder: &str, arguments: &[&str], name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libraries");
    let output = Command::new(env!("CARGO"))
        .current_dir(root().join(folder))
        .args(arguments)
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("debug").join(name)
}

/// The plugin in Rust that is everything at once.
pub(crate) fn everything() -> PathBuf {
    let folder = "core/plugin-host/tests/native/everything";
    rust(folder, &["build", "--quiet"], "libeverything.so")
}

/// A stanza for a file, with the digest that it has.
pub(crate) fn spec(kind: Kind, path: &Path) -> PluginSpec {
    let bytes = std::fs::read(path).unwrap();
    PluginSpec {
        kind,
        name: "tested".to_owned(),
        path: path.to_owned(),
        sha256: Some(digest::sha256(&bytes)),
        trust_full: true,
        report: None,
        grants: Vec::new(),
        limits: Limits::default(),
    }
}
