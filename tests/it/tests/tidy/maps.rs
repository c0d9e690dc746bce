//! The maps in the README files show every folder, and only what is there.

use super::{folders, nothing_of, read};
use crate::support::repository;

/// What may stand at the top, besides files whose name begins with a dot.
const TOP: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "config",
    "core",
    "plugins",
    "tests",
    "wit",
];

#[test]
fn nothing_strange_at_the_top() {
    let entries = std::fs::read_dir(repository()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let strange = names
        .filter(|name| !name.starts_with('.') && name != "target" && !TOP.contains(&name.as_str()));
    nothing_of(strange.map(|name| format!("{name} does not belong at the top")).collect());
}

#[test]
fn the_map_shows_every_folder() {
    let map = read("README.md");
    let tops = folders("").into_iter().map(|name| format!("{name}/"));
    let crates = folders("core").into_iter().map(|name| format!("core/{name}"));
    let missing = tops.chain(crates).filter(|name| !map.contains(&format!("`{name}`")));
    nothing_of(missing.map(|name| format!("README.md: the map lacks `{name}`")).collect());
}

#[test]
fn what_the_map_shows_is_there() {
    let map = read("README.md");
    let shown = map
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .filter(|name| name.contains('/'));
    let lost = shown.filter(|name| !repository().join(name).exists());
    nothing_of(lost.map(|name| format!("README.md: {name} is not there")).collect());
}
