//! The order of a walk, over a tree in memory.

use logical::Entries;

use super::Walk;

#[test]
fn folders_come_after_keys() {
    let tree = [
        ("", vec!["a", "b/", "c", "d/"]),
        ("b/", vec!["deep/", "x"]),
        ("d/", vec!["y"]),
        ("b/deep/", vec!["z"]),
    ];
    let mut walk = Walk::new();
    while let Some(folder) = walk.next_folder() {
        let (_, names) = tree.iter().find(|(name, _)| *name == folder).unwrap();
        let keys = names.iter().map(|&name| name.to_owned()).collect();
        walk.add(&folder, Entries { keys, more: false }).unwrap();
    }
    assert_eq!(walk.len(), 5);
    assert_eq!(walk.into_found(), ["a", "c", "b/x", "d/y", "b/deep/z"]);
}
