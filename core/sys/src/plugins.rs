//! `sys/plugins/runtime`: the plugins of this server, as they run.

use logical::{
    Code, Data, Error, Field, Fields, Kind, Operation, Path, PathAuth, Response, Result,
};
use serde_json::{Value, json};

use crate::Sys;

const WHICH: &[Field] = &[
    Field::new("name", Kind::String, "The label of the plugin's stanza."),
    Field::new("kind", Kind::String, "\"storage\" or \"seal\", where two have the same label."),
];

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("plugins/runtime")
            .auth(PathAuth::Sudo)
            .help("Tells of all providers that are open or loaded on this node.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { Ok(all(sys)) }))
            .on(Operation::List, |sys, _, _| Box::pin(async { Ok(names(sys)) })),
        Path::new("plugins/runtime/:name")
            .auth(PathAuth::Sudo)
            .fields(WHICH)
            .help("Tells of one provider: its file, what it may do, and how its calls went.")
            .on(Operation::Read, |sys, _, fields| Box::pin(async move { one(sys, &fields) })),
    ]
}

fn all(sys: &Sys) -> Response {
    let plugins: Vec<Value> =
        sys.handles.control.plugins().into_iter().map(Value::Object).collect();
    Response::json(json!({ "plugins": plugins }))
}

fn names(sys: &Sys) -> Response {
    let mut keys: Vec<String> = sys.handles.control.plugins().iter().map(name).collect();
    keys.sort();
    keys.dedup();
    Response::json(json!({ "keys": keys }))
}

fn one(sys: &Sys, fields: &Fields) -> Result<Response> {
    let (wanted, kind) = (fields.str("name"), fields.str("kind"));
    let is_it =
        |plugin: &Data| name(plugin) == wanted && (kind.is_empty() || text(plugin, "kind") == kind);
    let found = sys.handles.control.plugins().into_iter().find(is_it);
    let absent = || Error::new(Code::NotFound, format!("there is no plugin \"{wanted}\" here"));
    found.map(Response::data).ok_or_else(absent)
}

fn name(plugin: &Data) -> String {
    text(plugin, "name").to_owned()
}

fn text<'d>(plugin: &'d Data, member: &str) -> &'d str {
    plugin.get(member).and_then(Value::as_str).unwrap_or_default()
}
