//! Reads the golden stores beside this file; included by the tests that open them.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// One golden store.
pub(crate) struct Golden {
    /// Every stored entry, by key.
    pub(crate) entries: BTreeMap<String, Vec<u8>>,
    /// Its keys, tokens and contents.
    pub(crate) facts: Value,
    /// What each entry decrypts to, one object per entry.
    pub(crate) plaintext: Vec<Value>,
}

impl Golden {
    /// Reads a store by the name of its folder.
    pub(crate) fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name);
        let mut entries = BTreeMap::new();
        walk(&folder.join("data"), "", &mut entries);
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let plaintext = text("plaintext.jsonl");
        Self {
            entries,
            facts: serde_json::from_str(&text("facts.json")).unwrap(),
            plaintext: plaintext.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        }
    }
}

fn walk(folder: &Path, prefix: &str, entries: &mut BTreeMap<String, Vec<u8>>) {
    for item in fs::read_dir(folder).unwrap() {
        let item = item.unwrap();
        let name = item.file_name().into_string().unwrap();
        if item.file_type().unwrap().is_dir() {
            walk(&item.path(), &format!("{prefix}{name}/"), entries);
        } else {
            let file: Value = serde_json::from_slice(&fs::read(item.path()).unwrap()).unwrap();
            let value = STANDARD.decode(file["Value"].as_str().unwrap()).unwrap();
            entries.insert(format!("{prefix}{}", name.strip_prefix('_').unwrap()), value);
        }
    }
}
