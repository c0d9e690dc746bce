//! `status`: whether the server is initialised and sealed, and who is active.
//!
//! Its exit code is the answer for scripts: 0 unsealed, 2 sealed or not initialised, 1 no answer.

use client::{Reply, Request};
use serde_json::{Map, Value};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    globals::Globals,
    out,
    session::Session,
    show::{self, Document, Format, table, text},
};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "status",
    summary: "Print whether the server is sealed, and who is active",
    usage: "[options]",
    about: "Prints the state of the server at the address. No token is needed.\n\nThe exit code \
            tells the same to a script: 0 unsealed, 2 sealed or not yet initialised, 1 if there is \
            no answer.",
    examples: &[
        ("How is the server?", "strongroom status"),
        ("The same for a program:", "strongroom status -format=json"),
    ],
    flags: &[],
    globals: Globals::Format,
    arguments: Arguments::Exactly(0),
    run: status,
}];

/// The order in which the members of the state are printed as JSON.
const ORDER: [&str; 24] = [
    "type",
    "initialized",
    "sealed",
    "t",
    "n",
    "progress",
    "nonce",
    "version",
    "commit_date",
    "migration",
    "cluster_name",
    "cluster_id",
    "recovery_seal",
    "recovery_seal_type",
    "storage_type",
    "build_date",
    "ha_enabled",
    "is_self",
    "active_time",
    "leader_address",
    "leader_cluster_address",
    "raft_committed_index",
    "raft_applied_index",
    "warnings",
];

/// What Go writes for "no time".
const NO_TIME: &str = "0001-01-01T00:00:00Z";

fn status(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let reply = session.send(&Request::get("sys/seal-status"))?;
    let state = reply
        .and_then(Reply::check)
        .map_err(|error| Failure::local(format!("Error checking seal status: {error}")))?;
    print(call, &session, &state)?;
    match state.member("sealed").and_then(Value::as_bool) {
        Some(false) => Ok(()),
        _ => Err(Failure::Said(2)),
    }
}

/// Prints the state in an answer of `sys/seal-status` or `sys/unseal`, with who is active.
pub(super) fn print(call: &Call, session: &Session, state: &Reply) -> Outcome {
    let mut all = state.json.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    for name in ["commit_date", "build_date"] {
        all.entry(name).or_insert_with(|| Value::String(String::new()));
    }
    // A sealed node cannot tell who is active; that is no fault.
    let leader = session.send_once(&Request::get("sys/leader")).and_then(Reply::check);
    let leader = leader.ok().and_then(|reply| reply.json);
    all.insert("ha_enabled".to_owned(), Value::Bool(false));
    all.extend(leader.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
    if call.format != Format::Table {
        show::document(call.format, &Document::ordered(&all, &ORDER));
        return Ok(());
    }
    out::line(&table::pairs(&rows(&all)));
    for warning in all.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        out::warning(&format!("WARNING! {}", text::of(warning)));
    }
    Ok(())
}

fn rows(state: &Map<String, Value>) -> Vec<(String, String)> {
    let of = |name: &str| state.get(name).map(text::of).unwrap_or_default();
    let is = |name: &str| state.get(name).and_then(Value::as_bool).unwrap_or_default();
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
    let recovery = if is("recovery_seal") { "Recovery " } else { "" };
    add("Seal Type", of("type"));
    if is("recovery_seal") {
        add("Recovery Seal Type", of("recovery_seal_type"));
    }
    add("Initialized", of("initialized"));
    add("Sealed", of("sealed"));
    add(&format!("Total {recovery}Shares"), of("n"));
    add("Threshold", of("t"));
    if is("sealed") {
        add("Unseal Progress", format!("{}/{}", of("progress"), of("t")));
        add("Unseal Nonce", of("nonce"));
    }
    if is("migration") {
        add("Seal Migration in Progress", of("migration"));
    }
    add("Version", of("version"));
    if !of("build_date").is_empty() {
        add("Build Date", of("build_date"));
    }
    add("Storage Type", of("storage_type"));
    if !of("cluster_name").is_empty() {
        add("Cluster Name", of("cluster_name"));
        add("Cluster ID", of("cluster_id"));
    }
    add("HA Enabled", is("ha_enabled").to_string());
    if is("ha_enabled") && !is("sealed") {
        ha_rows(state, &mut add);
    }
    rows
}

fn ha_rows(state: &Map<String, Value>, add: &mut impl FnMut(&str, String)) {
    let of = |name: &str| state.get(name).map(text::of).unwrap_or_default();
    let active = state.get("is_self").and_then(Value::as_bool).unwrap_or_default();
    add("HA Cluster", of("leader_cluster_address"));
    add("HA Mode", if active { "active" } else { "standby" }.to_owned());
    if active {
        if !matches!(of("active_time").as_str(), "" | NO_TIME) {
            add("Active Since", of("active_time"));
        }
    } else if !of("leader_address").is_empty() {
        add("Active Node Address", of("leader_address"));
    }
    for (name, title) in [
        ("raft_committed_index", "Raft Committed Index"),
        ("raft_applied_index", "Raft Applied Index"),
    ] {
        if !matches!(of(name).as_str(), "" | "0") {
            add(title, of(name));
        }
    }
}
