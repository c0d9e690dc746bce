//! `audit …`: enable, list and disable audit devices.

use client::Request;
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out, pairs,
    session::Session,
    show::{self, Document, Format, table, text},
};

const ENABLE: &[Flag] = &[
    Flag::new(&["description"], Kind::Text, "What it is for."),
    Flag::new(&["local"], Kind::Bool, "Do not replicate it."),
    Flag::new(&["path"], Kind::Text, "Where to enable it; by default at the name of its type."),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "audit list",
        summary: "List the audit devices",
        usage: "[options]",
        about: "Prints the enabled audit devices. The exit code is 2 if there is none.",
        examples: &[("List them with their options:", "strongroom audit list -detailed")],
        flags: &[],
        globals: Globals::Listing,
        arguments: Arguments::Exactly(0),
        run: list,
    },
    Command {
        name: "audit enable",
        summary: "Enable an audit device",
        usage: "[options] TYPE [CONFIG K=V...]",
        about: "Enables an audit device. From then on a request is answered only if at least one \
                device could write it down.",
        examples: &[(
            "Write to a file:",
            "strongroom audit enable file file_path=/var/log/strongroom-audit.log",
        )],
        flags: &[ENABLE],
        globals: Globals::Http,
        arguments: Arguments::AtLeast(1),
        run: enable,
    },
    Command {
        name: "audit disable",
        summary: "Disable an audit device",
        usage: "[options] PATH",
        about: "Disables an audit device. What it has written stays, but the key that its hashes \
                were made with is gone. It is no error if there is none.",
        examples: &[("Disable one:", "strongroom audit disable file/")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: disable,
    },
];

const ORDER: [&str; 5] = ["type", "description", "options", "local", "path"];

fn list(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let reply = session.ask("Error listing audits", &Request::get("sys/audit"))?;
    let devices = reply.data().and_then(Value::as_object).cloned().unwrap_or_default();
    let devices: Vec<(&String, &Map<String, Value>)> =
        devices.iter().filter_map(|(path, about)| Some((path, about.as_object()?))).collect();
    if call.format != Format::Table {
        let of = |about| Document::ordered(about, &ORDER);
        let members = devices.iter().map(|(path, about)| ((*path).clone(), of(about)));
        show::document(call.format, &Document::Members(members.collect()));
        return if devices.is_empty() { Err(Failure::Said(2)) } else { Ok(()) };
    }
    if devices.is_empty() {
        out::line("No audit devices are enabled.");
        return Err(Failure::Said(2));
    }
    let mut header = vec!["Path", "Type", "Description"];
    if call.detailed() {
        header.extend(["Replication", "Options"]);
    }
    let rows = devices.iter().map(|(path, about)| row(path, about, call.detailed()));
    let header = header.into_iter().map(str::to_owned).collect();
    out::line(&table::with_header(header, rows.collect()));
    Ok(())
}

fn row(path: &str, about: &Map<String, Value>, detailed: bool) -> Vec<String> {
    let of = |name: &str| about.get(name).map(text::of).unwrap_or_default();
    let mut row = vec![path.to_owned(), of("type"), of("description")];
    if detailed {
        let local = about.get("local").and_then(Value::as_bool).unwrap_or_default();
        row.push(if local { "local" } else { "replicated" }.to_owned());
        let options = about.get("options").and_then(Value::as_object).into_iter().flatten();
        let options: Vec<String> =
            options.map(|(name, value)| format!("{name}={}", text::of(value))).collect();
        row.push(options.join(" "));
    }
    row
}

fn enable(call: &Call) -> Outcome {
    let kind = call.argument(0).trim();
    let path = call.given.text("path").unwrap_or(kind).trim().trim_matches('/');
    let body = json!({
        "type": kind,
        "description": call.given.text("description").unwrap_or_default(),
        "options": pairs::parse(call.rest(1))?,
        "local": call.given.is("local"),
    });
    let session = Session::open(call)?;
    session.ask("Error enabling audit device", &Request::put(format!("sys/audit/{path}"), body))?;
    out::line(&format!("Success! Enabled the {kind} audit device at: {path}/"));
    Ok(())
}

fn disable(call: &Call) -> Outcome {
    let path = call.path(0);
    let session = Session::open(call)?;
    let request = Request::delete(format!("sys/audit/{path}"));
    session.ask("Error disabling audit device", &request)?;
    out::line(&format!("Success! Disabled audit device (if it was enabled) at: {path}/"));
    Ok(())
}
