//! Storages in other languages: built here where their tools are, and run under the suite.
//!
//! A tool is looked for in the `PATH`, or where `COMPONENTIZE_PY` or `COMPONENTIZE_JS` says.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use plugin_host::{Kind, load};

use crate::{
    fixtures::{root, spec},
    storage::Components,
};

/// The tool, if it is there; else a sentence says how to get it.
fn tool(variable: &str, name: &str, install: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from).or_else(|| {
        let folders = env::var_os("PATH")?;
        env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    if found.is_none() {
        println!("skipped: {name} is not installed; install it with: {install}");
    }
    found
}

fn build(command: &mut Command) {
    let built = command.output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{command:?}: {said}");
}

async fn conforms(path: &Path) {
    let mut spec = spec(Kind::Storage, path);
    // An engine without optimisation, as tests have it, is slow to start and to run.
    spec.limits.call_time = Duration::from_secs(60);
    let loaded = load(&spec).unwrap();
    assert_eq!(loaded.manifest.kinds, ["storage"]);
    let report = conformance::storage::all(&Components::new(loaded, &[], false)).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    let install = "pip install componentize-py==0.25.1";
    let Some(tool) = tool("COMPONENTIZE_PY", "componentize-py", install) else { return };
    let (folder, out) =
        (root().join("plugins/examples/storage-python"), tempfile::tempdir().unwrap());
    let component = out.path().join("storage-python.wasm");
    build(
        Command::new(tool)
            .current_dir(folder)
            .args(["--wit-path", "../../../wit", "--world", "storage-plugin"])
            .args(["componentize", "--stub-wasi", "storage_mem", "-o"])
            .arg(&component),
    );
    conforms(&component).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript() {
    let install = "npm install --global @bytecodealliance/componentize-js@0.23.0";
    let Some(tool) = tool("COMPONENTIZE_JS", "componentize-js", install) else { return };
    let (folder, out) = (root().join("plugins/examples/storage-js"), tempfile::tempdir().unwrap());
    let component = out.path().join("storage-js.wasm");
    build(
        Command::new(tool)
            .current_dir(folder)
            .args(["storage-mem.js", "--wit", "../../../wit", "--world-name", "storage-plugin"])
            .args(["--disable", "stdio", "random", "clocks", "http", "fetch-event", "--out"])
            .arg(&component),
    );
    conforms(&component).await;
}
