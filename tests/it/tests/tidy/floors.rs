//! Who may know whom: the floors of `core/README.md` against `cargo metadata`.

use std::process::Command;

use serde_json::Value;

use super::{nothing_of, read};
use crate::support::repository;

/// Each crate of `core/` and its floor. A crate uses only crates on floors below its own.
const FLOORS: [(&str, u8); 22] = [
    ("cli", 5),
    ("api", 5),
    ("client", 5),
    ("ui", 5),
    ("node", 4),
    ("sys", 4),
    ("engines", 3),
    ("mount", 3),
    ("access", 3),
    ("audit", 3),
    ("barrier", 2),
    ("seal", 2),
    ("ha", 2),
    ("storage", 1),
    ("cluster", 1),
    ("plugin-host", 1),
    ("config", 0),
    ("logical", 0),
    ("policy", 0),
    ("hcl", 0),
    ("crypto", 0),
    ("plugin-api", 0),
];

/// The pairs on one floor of which the first may use the second.
const NEIGHBOURS: [(&str, &str); 8] = [
    ("cli", "api"),
    ("cli", "client"),
    ("node", "sys"),
    ("config", "hcl"),
    ("policy", "hcl"),
    ("logical", "policy"),
    ("logical", "plugin-api"),
    ("crypto", "plugin-api"),
];

/// What a crate must not use although it is on a floor below.
const STRANGERS: [(&str, &[&str]); 6] = [
    ("api", &["storage", "barrier", "engines", "plugin-host", "seal", "mount", "access", "audit"]),
    ("ui", &["node", "sys", "storage"]),
    ("client", &["node", "sys", "storage", "barrier", "logical"]),
    ("node", &["config", "hcl", "plugin-host"]),
    ("engines", &["storage", "barrier", "seal"]),
    ("storage", &["crypto"]),
];

/// Big dependencies have one door each: who may use them (besides tests).
const DOORS: [(&str, &[&str]); 8] = [
    ("hyper", &["api", "bench"]),
    ("hyper-util", &["api", "bench"]),
    // A plugin in a sandbox reaches what it was granted through the host.
    ("reqwest", &["client", "plugin-host"]),
    ("aws-lc-rs", &["crypto"]),
    ("rustls", &["api", "client", "cluster", "bench"]),
    ("openraft", &["storage-raft"]),
    ("wasmtime", &["plugin-host"]),
    ("libloading", &["plugin-host"]),
];

/// One use of a crate by another, tests aside.
struct Use {
    by: String,
    /// The folder of the user: `core`, `plugins` or `tests`.
    folder: String,
    of: String,
    /// Of this repository.
    ours: bool,
}

fn uses() -> Vec<Use> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut uses = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.rsplit('/').nth(2).unwrap_or_default().to_owned();
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] != "dev" {
                let (by, of) = (text(&package["name"]), text(&dependency["name"]));
                let ours = dependency["path"].is_string();
                uses.push(Use { by, folder: folder.clone(), of, ours });
            }
        }
    }
    assert!(!uses.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    uses
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor)
}

fn complaint(r#use: &Use) -> Option<String> {
    let Use { by, folder, of, ours } = r#use;
    if !ours {
        let (_, doors) = DOORS.iter().find(|(name, _)| name == of)?;
        return (!doors.contains(&by.as_str()))
            .then(|| format!("{by} uses {of}, whose door is {doors:?}"));
    }
    match folder.as_str() {
        "tests" => None,
        // `plugin test` runs the public suite.
        "core" if of == "conformance" => {
            (by != "cli").then(|| format!("{by} uses the conformance suite"))
        }
        "plugins" => {
            (of != "plugin-api").then(|| format!("{by} may use plugin-api only, not {of}"))
        }
        // The binary alone knows which providers are bundled.
        "core" if of.starts_with("storage-") || of.starts_with("seal-") => {
            (by != "cli").then(|| format!("{by} uses the provider {of}"))
        }
        _ => within_core(by, of),
    }
}

fn within_core(by: &str, of: &str) -> Option<String> {
    let (Some(own), Some(other)) = (floor(by), floor(of)) else {
        return Some(format!("{by} uses {of}: put both into the table of floors"));
    };
    if STRANGERS.iter().any(|(name, not)| *name == by && not.contains(&of)) {
        return Some(format!("{by} must not know {of}"));
    }
    let allowed = other < own || NEIGHBOURS.contains(&(by, of));
    (!allowed).then(|| format!("{by} (floor {own}) uses {of} (floor {other})"))
}

#[test]
fn arrows_point_down() {
    nothing_of(uses().iter().filter_map(complaint).collect());
}

#[test]
fn the_table_is_the_printed_one() {
    let printed = read("core/README.md");
    let complaint = |name: &String| {
        let missing = floor(name).is_none() || !printed.contains(&format!("`{name}`"));
        missing.then(|| format!("core/{name}: put it into the floors, here and in core/README.md"))
    };
    nothing_of(super::folders("core").iter().filter_map(complaint).collect());
}
