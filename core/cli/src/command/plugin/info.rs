//! `plugin info`: what a file says of itself and what it wants, without running it.

use serde_json::{Map, Value, json};

use super::{
    file::{Form, PluginFile},
    running::{self, RUNNING},
};
use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::Outcome,
    globals::{self, Globals},
    out,
    show::{self, Document, Format, table},
};

pub(super) const COMMAND: Command = Command {
    name: "plugin info",
    summary: "Print what a plugin's file is, without running it",
    usage: "[options] FILE|NAME",
    about: "Reads a plugin's file and prints its manifest, its digest, how the server would load \
            it, what it exports and what it needs. Nothing of the file runs.\n\nWith -running it \
            asks a server about the plugin of this name: what it may do, its instances, its calls \
            and its last fault.",
    examples: &[
        ("What is in this file?", "strongroom plugin info ./mystore.so"),
        ("Its digest, for a script:", "strongroom plugin info -format=json ./mystore.wasm"),
        ("How does the server's do?", "strongroom plugin info -running mystore"),
    ],
    flags: &[&[RUNNING], globals::FORMAT],
    globals: Globals::Http,
    arguments: Arguments::Exactly(1),
    run: info,
};

/// The order in which the members are printed.
const ORDER: [&str; 16] = [
    "path",
    "bytes",
    "sha256",
    "loader",
    "name",
    "version",
    "kinds",
    "description",
    "license",
    "sdk",
    "abi",
    "world",
    "machine",
    "glibc",
    "exports",
    "imports",
];

/// The most names of a list in the table.
const NAMES_SHOWN: usize = 8;

fn info(call: &Call) -> Outcome {
    if call.given.is("running") {
        return running::info(call);
    }
    let file = PluginFile::read(call.argument(0))?;
    let all = described(&file);
    if call.format != Format::Table {
        show::document(call.format, &Document::ordered(&all, &ORDER));
        return Ok(());
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => shortened(list),
        other => other.to_string(),
    };
    let names = ORDER.iter().chain(&["libraries"]);
    let rows = names.filter_map(|name| Some(((*name).to_owned(), text(all.get(*name)?))));
    out::line(&table::pairs(&rows.collect::<Vec<_>>()));
    if let Err(why) = &file.manifest {
        out::warning(&format!("The manifest cannot be read: {why}"));
    }
    Ok(())
}

/// A list in one cell of a table.
fn shortened(list: &[Value]) -> String {
    let shown: Vec<&str> = list.iter().filter_map(Value::as_str).take(NAMES_SHOWN).collect();
    match list.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{}, and {more} more", shown.join(", ")),
    }
}

/// All that can be told of a file.
pub(super) fn described(file: &PluginFile) -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| _ = all.insert(name.to_owned(), value);
    add("path", json!(file.path.display().to_string()));
    add("bytes", json!(file.bytes));
    add("sha256", json!(file.sha256()));
    add("loader", json!(file.loader()));
    if let Ok(manifest) = &file.manifest {
        add("name", json!(manifest.name));
        add("kinds", json!(manifest.kinds));
        let optional = [
            ("version", Some(&manifest.version)),
            ("license", manifest.license.as_ref()),
            ("description", manifest.description.as_ref()),
            ("abi", manifest.abi.as_ref()),
            ("world", manifest.world.as_ref()),
            ("sdk", manifest.sdk.as_ref()),
        ];
        for (name, text) in optional {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                add(name, json!(text));
            }
        }
    }
    match &file.form {
        Form::Library(library) => {
            add("machine", json!(library.machine));
            add("exports", json!(library.exports));
            add("imports", json!(library.imports));
            add("libraries", json!(library.needed));
            if let Some((major, minor)) = library.glibc {
                add("glibc", json!(format!("{major}.{minor}")));
            }
        }
        Form::Component(component) => {
            add("exports", json!(component.exports));
            add("imports", json!(component.imports));
        }
    }
    all
}
