//! `plugin list`: the providers that are there, bundled and in files.

use std::sync::Arc;

use plugin_host::{Kind, PluginSpec};
use serde_json::{Value, json};

use super::{
    file::PluginFile,
    running::{self, RUNNING},
    subject,
};
use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::Outcome,
    globals::{self, Globals},
    out,
    show::{self, Document, Format, table},
    wiring,
};

pub(super) const COMMAND: Command = Command {
    name: "plugin list",
    summary: "List bundled providers, and the plugins of a configuration",
    usage: "[options]",
    about: "Lists the providers of this binary, and with -config those that its plugin stanzas \
            name, with the state of their files. Nothing is loaded.\n\nWith -running it asks a \
            server what it has open, and how the calls of each went.",
    examples: &[
        ("Which storages are there?", "strongroom plugin list"),
        ("Are the plugins of this server in place?", "strongroom plugin list -config=server.hcl"),
        ("How do they do?", "strongroom plugin list -running"),
    ],
    flags: &[&[super::CONFIG, RUNNING], globals::FORMAT],
    globals: Globals::Http,
    arguments: Arguments::Exactly(0),
    run: list,
};

/// One provider.
struct Row {
    kind: String,
    name: String,
    loader: String,
    path: String,
    state: String,
}

fn list(call: &Call) -> Outcome {
    if call.given.is("running") {
        return running::list(call);
    }
    let catalog = wiring::providers(Arc::new(|name| std::env::var(name).ok()));
    let mut rows = Vec::new();
    for kind in [Kind::Storage, Kind::HaLock, Kind::Seal] {
        rows.extend(catalog.labels(kind).into_iter().map(|name| Row {
            kind: kind.to_string(),
            name,
            loader: "bundled".to_owned(),
            path: String::new(),
            state: "ready".to_owned(),
        }));
    }
    if let Some(config) = subject::configuration(call)? {
        let folder = config.plugin_directory.as_deref();
        for stanza in &config.plugins {
            let spec = PluginSpec::from_stanza(stanza, folder);
            rows.push(match spec {
                Ok(spec) => of_file(&spec),
                Err(error) => Row {
                    kind: stanza.kind.clone(),
                    name: stanza.name.clone(),
                    loader: String::new(),
                    path: stanza.settings.get("path").cloned().unwrap_or_default(),
                    state: error.to_string(),
                },
            });
        }
    }
    print(call, &rows);
    Ok(())
}

fn of_file(spec: &PluginSpec) -> Row {
    let path = spec.path.display().to_string();
    let (loader, state) = match PluginFile::read(&path) {
        Err(failure) => (String::new(), failure.text().unwrap_or_default().to_owned()),
        Ok(file) => {
            let state = match spec.sha256 {
                None => "sha256 is missing".to_owned(),
                Some(wanted) if wanted == file.digest => "ready".to_owned(),
                Some(_) => format!("wrong digest: the file has {}", file.sha256()),
            };
            (file.loader().to_owned(), state)
        }
    };
    Row { kind: spec.kind.to_string(), name: spec.name.clone(), loader, path, state }
}

fn print(call: &Call, rows: &[Row]) {
    if call.format != Format::Table {
        let all = rows.iter().map(|row| {
            json!({
                "kind": row.kind,
                "name": row.name,
                "loader": row.loader,
                "path": row.path,
                "state": row.state,
            })
        });
        show::document(call.format, &Document::Leaf(all.collect::<Value>()));
        return;
    }
    let header = ["Kind", "Name", "Loader", "File", "State"].map(str::to_owned).to_vec();
    let rows = rows.iter().map(|row| {
        vec![
            row.kind.clone(),
            row.name.clone(),
            row.loader.clone(),
            row.path.clone(),
            row.state.clone(),
        ]
    });
    out::line(&table::with_header(header, rows.collect()));
}
