//! `plugin list -running` and `plugin info -running`: what a server tells of the plugins it has open.

use client::Request;
use serde_json::{Map, Value};

use crate::{
    call::Call,
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    out,
    session::Session,
    show::{self, Document, Format, table, text},
};

/// Asks the server at the address.
pub(super) const RUNNING: Flag = Flag::new(
    &["running"],
    Kind::Bool,
    "Ask the server at the address what it has open: generation, instances, calls, the last fault.",
);

type Members = Map<String, Value>;

/// `plugin list -running`.
pub(super) fn list(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let reply = session.ask("Error listing plugins", &Request::get("sys/plugins/runtime"))?;
    let plugins = reply.data().and_then(|data| data.get("plugins")).cloned().unwrap_or_default();
    if call.format != Format::Table {
        show::document(call.format, &Document::Leaf(plugins));
        return Ok(());
    }
    let header = ["Kind", "Name", "Loader", "Generation", "Calls", "Errors", "Last error"];
    let rows = plugins.as_array().into_iter().flatten().filter_map(Value::as_object).map(row);
    out::line(&table::with_header(header.map(str::to_owned).to_vec(), rows.collect()));
    Ok(())
}

fn row(plugin: &Members) -> Vec<String> {
    let of = |name: &str| plugin.get(name).map(text::of).unwrap_or_default();
    let sum = |name: &str| {
        let calls = plugin.get("calls").and_then(Value::as_object);
        let numbers = calls.into_iter().flat_map(|calls| calls.values());
        numbers.filter_map(|it| it.get(name)?.as_u64()).sum::<u64>().to_string()
    };
    let last = plugin.get("last_error").and_then(|error| error.get("message"));
    vec![
        of("kind"),
        of("name"),
        of("loader"),
        of("generation"),
        sum("count"),
        sum("errors"),
        last.map(text::of).unwrap_or_default(),
    ]
}

/// `plugin info -running NAME`.
pub(super) fn info(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let name = call.argument(0);
    if name.is_empty() || name.contains(['/', '?', '#']) {
        let hint = "with -running, give the label of a plugin's stanza and not a file";
        return Err(Failure::Local(format!("{name}: {hint}")));
    }
    let request = Request::get(format!("sys/plugins/runtime/{name}"));
    let reply = session.ask("Error reading the plugin", &request)?;
    let all = reply.data().and_then(Value::as_object).cloned().unwrap_or_default();
    if call.format != Format::Table {
        show::document(call.format, &Document::Leaf(Value::Object(all)));
        return Ok(());
    }
    let mut rows = Vec::new();
    for name in ORDER {
        if let Some(value) = all.get(name) {
            flatten(name, value, &mut rows);
        }
    }
    out::line(&table::pairs(&rows));
    Ok(())
}

/// The order in which the members are printed.
const ORDER: [&str; 17] = [
    "kind",
    "name",
    "loader",
    "in_use",
    "path",
    "sha256",
    "manifest",
    "generation",
    "since",
    "reload_error",
    "capabilities",
    "conformance",
    "grants",
    "limits",
    "instances",
    "calls",
    "last_error",
];

/// Members of members as rows of their own: `instances.open`.
fn flatten(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (inner, value) in members {
                flatten(&format!("{name}.{inner}"), value, rows);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (number, value) in list.iter().enumerate() {
                flatten(&format!("{name}.{number}"), value, rows);
            }
        }
        Value::Null => (),
        other => rows.push((name.to_owned(), text::of(other))),
    }
}
