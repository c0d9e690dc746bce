//! What secrets engines and auth methods have in common: the settings of a mount, their listing,
//! and moving one to another path.

use std::{thread, time::Duration};

use client::Request;
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    out,
    session::Session,
    show::{self, Document, Format, table, text},
};

/// How long a move is waited for, in steps of [`MOVE_STEP`].
const MOVE_STEPS_MAX: usize = 600;
const MOVE_STEP: Duration = Duration::from_secs(1);

/// The settings that can be given when a mount is enabled and changed later.
pub(super) const TUNE: &[Flag] = &[
    Flag::new(
        &["allowed-response-headers"],
        Kind::List,
        "Response headers that the mount may set. May be repeated.",
    ),
    Flag::new(
        &["audit-non-hmac-request-keys"],
        Kind::List,
        "Members of requests that the audit trail shows in clear. May be repeated.",
    ),
    Flag::new(
        &["audit-non-hmac-response-keys"],
        Kind::List,
        "Members of responses that the audit trail shows in clear. May be repeated.",
    ),
    Flag::new(&["default-lease-ttl"], Kind::Ttl, "How long its leases live if nothing is said."),
    Flag::new(&["description"], Kind::Text, "What it is for."),
    Flag::new(
        &["listing-visibility"],
        Kind::Text,
        "unauth: shown to everyone; hidden: shown to nobody who may not use it.",
    ),
    Flag::new(&["max-lease-ttl"], Kind::Ttl, "How long its leases live at most."),
    Flag::new(&["options"], Kind::Pairs, "An option of the mount. May be repeated."),
    Flag::new(
        &["passthrough-request-headers"],
        Kind::List,
        "Request headers that the mount gets to see. May be repeated.",
    ),
    Flag::new(&["plugin-version"], Kind::Text, "Which version of the plugin to run."),
];

/// What can only be said when a mount is enabled.
pub(super) const ENABLE: &[Flag] = &[
    Flag::new(&["external-entropy-access"], Kind::Bool, "Accepted; it has no effect."),
    Flag::new(&["force-no-cache"], Kind::Bool, "Do not cache what it stores."),
    Flag::new(&["local"], Kind::Bool, "Do not replicate it."),
    Flag::new(&["path"], Kind::Text, "Where to enable it; by default at the name of its type."),
    Flag::new(&["plugin-name"], Kind::Text, "Which plugin, if it is not the type."),
    Flag::new(&["seal-wrap"], Kind::Bool, "Encrypt what it stores with the seal as well."),
];

/// The name and number of the option `version`, for the key-value engine.
pub(super) const VERSION: &[Flag] =
    &[Flag::new(&["version"], Kind::Number, "Which version of the engine: 1 or 2 for kv.")];

const INFO: [&str; 14] = [
    "uuid",
    "type",
    "description",
    "accessor",
    "config",
    "options",
    "local",
    "seal_wrap",
    "external_entropy_access",
    "plugin_version",
    "running_plugin_version",
    "running_sha256",
    "deprecation_status",
    "user_lockout_config",
];
const CONFIG: [&str; 10] = [
    "default_lease_ttl",
    "max_lease_ttl",
    "force_no_cache",
    "audit_non_hmac_request_keys",
    "audit_non_hmac_response_keys",
    "listing_visibility",
    "passthrough_request_headers",
    "allowed_response_headers",
    "token_type",
    "user_lockout_config",
];

/// The settings that were given, as the API names them.
pub(super) fn settings(call: &Call) -> Map<String, Value> {
    let given = &call.given;
    let mut config = Map::new();
    for name in ["default-lease-ttl", "max-lease-ttl"] {
        if let Some(ttl) = given.ttl(name) {
            config.insert(member(name), Value::String(ttl));
        }
    }
    for name in ["listing-visibility", "plugin-version", "plugin-name", "token-type"] {
        if let Some(value) = given.text(name) {
            config.insert(member(name), Value::from(value));
        }
    }
    for name in [
        "allowed-response-headers",
        "audit-non-hmac-request-keys",
        "audit-non-hmac-response-keys",
        "passthrough-request-headers",
    ] {
        if given.has(name) {
            config.insert(member(name), Value::from(given.list(name)));
        }
    }
    if let Some(truth) = given.truth("force-no-cache") {
        config.insert(member("force-no-cache"), Value::Bool(truth));
    }
    config
}

/// The options that were given; `-version` is one of them.
pub(super) fn options(call: &Call) -> Map<String, Value> {
    let pairs = call.given.pairs("options").into_iter();
    let mut options: Map<String, Value> =
        pairs.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    if let Some(version) = call.given.number("version").filter(|version| *version > 0) {
        options.insert("version".to_owned(), Value::from(version.to_string()));
    }
    options
}

/// The body that enables a mount of this type.
pub(super) fn enabling(call: &Call, kind: &str) -> Value {
    let given = &call.given;
    let mut body = Map::new();
    body.insert("type".to_owned(), Value::from(kind));
    body.insert("config".to_owned(), Value::Object(settings(call)));
    body.insert("options".to_owned(), Value::Object(options(call)));
    body.insert("description".to_owned(), given.text("description").unwrap_or_default().into());
    for name in ["local", "seal-wrap", "external-entropy-access"] {
        body.insert(member(name), Value::Bool(given.is(name)));
    }
    Value::Object(body)
}

/// The body that changes a mount: only what was given.
pub(super) fn tuning(call: &Call) -> Map<String, Value> {
    let mut body = settings(call);
    let options = options(call);
    if !options.is_empty() {
        body.insert("options".to_owned(), Value::Object(options));
    }
    if let Some(description) = call.given.text("description") {
        body.insert("description".to_owned(), Value::from(description));
    }
    body
}

/// The path that was given, or the type, with a slash behind.
pub(super) fn enabled_at(call: &Call, kind: &str) -> String {
    let path = call.given.text("path").unwrap_or(kind).trim().trim_matches('/');
    format!("{path}/")
}

fn member(flag: &str) -> String {
    flag.replace('-', "_")
}

/// Prints the mounts, with the columns that a family has.
pub(super) fn list(call: &Call, path: &str, what: &str, auth: bool) -> Outcome {
    let session = Session::open(call)?;
    let reply = session.ask(&format!("Error listing {what}"), &Request::get(path))?;
    let mounts = reply.data().and_then(Value::as_object).cloned().unwrap_or_default();
    let mounts: Vec<(&String, &Map<String, Value>)> =
        mounts.iter().filter_map(|(path, about)| Some((path, about.as_object()?))).collect();
    if call.format != Format::Table {
        let members = mounts.iter().map(|(path, about)| ((*path).clone(), document(about)));
        show::document(call.format, &Document::Members(members.collect()));
        return Ok(());
    }
    let columns = match (call.detailed(), auth) {
        (false, false) => &["Path", "Type", "Accessor", "Description"][..],
        (false, true) => &["Path", "Type", "Accessor", "Description", "Version"],
        (true, false) => DETAILED_SECRETS,
        (true, true) => DETAILED_AUTH,
    };
    let rows = mounts.iter().map(|(path, about)| {
        columns.iter().map(|column| cell(column, path, about)).collect::<Vec<String>>()
    });
    let header = columns.iter().map(|column| (*column).to_owned()).collect();
    out::line(&table::with_header(header, rows.collect()));
    Ok(())
}

const DETAILED_SECRETS: &[&str] = &[
    "Path",
    "Plugin",
    "Accessor",
    "Default TTL",
    "Max TTL",
    "Force No Cache",
    "Replication",
    "Seal Wrap",
    "External Entropy Access",
    "Options",
    "Description",
    "UUID",
    "Version",
    "Running Version",
    "Running SHA256",
    "Deprecation Status",
];
const DETAILED_AUTH: &[&str] = &[
    "Path",
    "Plugin",
    "Accessor",
    "Default TTL",
    "Max TTL",
    "Token Type",
    "Replication",
    "Seal Wrap",
    "External Entropy Access",
    "Options",
    "Description",
    "UUID",
    "Version",
    "Running Version",
    "Running SHA256",
    "Deprecation Status",
];

/// What stands in a column of a mount's row.
fn cell(column: &str, path: &str, about: &Map<String, Value>) -> String {
    let of = |name: &str| about.get(name).filter(|value| !value.is_null()).map(text::of);
    let config = |name: &str| about.get("config").and_then(|config| config.get(name));
    let text = match column {
        "Path" => Some(path.to_owned()),
        "Type" | "Plugin" => of("type"),
        "Accessor" => of("accessor"),
        "Description" => of("description"),
        "Default TTL" => Some(ttl(about, config("default_lease_ttl"))),
        "Max TTL" => Some(ttl(about, config("max_lease_ttl"))),
        "Force No Cache" => config("force_no_cache").map(text::of),
        "Token Type" => config("token_type").map(text::of),
        "Replication" => {
            let local = about.get("local").and_then(Value::as_bool).unwrap_or_default();
            Some(if local { "local" } else { "replicated" }.to_owned())
        }
        "Seal Wrap" => of("seal_wrap"),
        "External Entropy Access" => of("external_entropy_access"),
        "Options" => Some(of("options").unwrap_or_else(|| "map[]".to_owned())),
        "UUID" => of("uuid"),
        "Version" => of("plugin_version"),
        "Running Version" => of("running_plugin_version"),
        "Running SHA256" => of("running_sha256"),
        "Deprecation Status" => of("deprecation_status"),
        _ => None,
    };
    text.unwrap_or_default()
}

/// Seconds, `system` for the server's own, nothing for a mount that has no leases.
fn ttl(about: &Map<String, Value>, value: Option<&Value>) -> String {
    let kind = about.get("type").and_then(Value::as_str).unwrap_or_default();
    match value.and_then(Value::as_i64) {
        _ if matches!(kind, "system" | "cubbyhole") => String::new(),
        Some(0) | None => "system".to_owned(),
        Some(seconds) => seconds.to_string(),
    }
}

fn document(about: &Map<String, Value>) -> Document {
    let mut about = about.clone();
    about.entry("deprecation_status").or_insert_with(|| Value::from(""));
    let mut document = Document::ordered(&about, &INFO);
    if let Some(config) = about.get("config").and_then(Value::as_object) {
        document.replace("config", Document::ordered(config, &CONFIG));
    }
    document
}

/// Moves a mount and waits until it has arrived.
pub(super) fn relocate(call: &Call, what: &str) -> Outcome {
    let (from, to) = (format!("{}/", call.path(0)), format!("{}/", call.path(1)));
    let session = Session::open(call)?;
    let request = Request::post("sys/remount", json!({ "from": from, "to": to }));
    let tried = format!("Error moving {what} {from} to {to}");
    let reply = session.ask(&tried, &request)?;
    let id = reply.data().and_then(|data| data.get("migration_id")).and_then(Value::as_str);
    let Some(id) = id else {
        out::line(&format!("Success! Moved {what} {from} to: {to}"));
        return Ok(());
    };
    let tail = format!("{what} {from} to {to}, with migration ID {id}");
    out::line(&format!("Started moving {tail}"));
    out::line(&format!("Waiting for terminal status in migration of {tail}"));
    let status = Request::get(format!("sys/remount/status/{id}"));
    for _ in 0..MOVE_STEPS_MAX {
        let reply = session.ask(&format!("Error checking migration status of {tail}"), &status)?;
        let info = reply.data().and_then(|data| data.get("migration_info"));
        match info.and_then(|info| info.get("status")).and_then(Value::as_str) {
            Some("success") => {
                out::line(&format!("Success! Finished moving {tail}"));
                return Ok(());
            }
            Some("failure") => {
                return Err(Failure::Remote(format!("Failure! Error encountered moving {tail}")));
            }
            _ => thread::sleep(MOVE_STEP),
        }
    }
    Err(Failure::Remote(format!("Gave up waiting for the move of {tail}; it goes on")))
}
