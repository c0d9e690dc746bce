//! `policy …`: read, write and list what tokens may do.

use std::{fs, path::PathBuf};

use client::Request;
use serde_json::{Value, json};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    globals::Globals,
    out, pairs, policy_format,
    session::Session,
    show::{self, Document, Format},
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "policy list",
        summary: "List the policies",
        usage: "[options]",
        about: "Prints the names of all policies.",
        examples: &[("List them:", "strongroom policy list")],
        flags: &[],
        globals: Globals::Format,
        arguments: Arguments::Exactly(0),
        run: list,
    },
    Command {
        name: "policy read",
        summary: "Print a policy",
        usage: "[options] NAME",
        about: "Prints the text of a policy. The policy \"root\" has none: it may do everything.",
        examples: &[("Print one:", "strongroom policy read default")],
        flags: &[],
        globals: Globals::Format,
        arguments: Arguments::Exactly(1),
        run: read,
    },
    Command {
        name: "policy write",
        summary: "Write a policy",
        usage: "[options] NAME FILE",
        about: "Writes a policy from a file, or from standard input if the file is -. It takes \
                effect at once, for tokens that are already out too.",
        examples: &[
            ("From a file:", "strongroom policy write app app.hcl"),
            (
                "From standard input:",
                "echo 'path \"secret/data/app\" { capabilities = [\"read\"] }' | strongroom policy \
                 write app -",
            ),
        ],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(2),
        run: write,
    },
    Command {
        name: "policy delete",
        summary: "Delete a policy",
        usage: "[options] NAME",
        about: "Deletes a policy. Tokens that have it lose at once what it allowed.",
        examples: &[("Delete one:", "strongroom policy delete app")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: delete,
    },
    Command {
        name: "policy fmt",
        summary: "Format a policy file",
        usage: "FILE",
        about: "Rewrites a policy file in the usual form: two blanks for each level, one around \
                each equals sign. The server is not asked; comments stay.",
        examples: &[("Format a file:", "strongroom policy fmt app.hcl")],
        flags: &[],
        globals: Globals::None,
        arguments: Arguments::Exactly(1),
        run: format,
    },
];

fn list(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let reply = session.ask("Error listing policies", &Request::list("sys/policies/acl"))?;
    let keys = reply.data().and_then(|data| data.get("keys")).cloned().unwrap_or_default();
    if call.format != Format::Table {
        show::document(call.format, &Document::Leaf(keys));
        return Ok(());
    }
    for name in keys.as_array().into_iter().flatten().filter_map(Value::as_str) {
        out::line(name);
    }
    Ok(())
}

fn read(call: &Call) -> Outcome {
    let name = call.argument(0).trim().to_lowercase();
    let session = Session::open(call)?;
    let request = Request::get(format!("sys/policies/acl/{name}"));
    let reply = session.find(&format!("Error reading policy named {name}"), &request)?;
    let rules = reply.as_ref().and_then(|reply| reply.data()?.get("policy")?.as_str());
    // The policy "root" is there, but has no text that could be printed.
    match (rules.filter(|rules| !rules.is_empty()), call.format) {
        (None, _) => Err(Failure::Remote(format!("No policy named: {name}"))),
        (Some(rules), Format::Table) => {
            out::line(rules.trim());
            Ok(())
        }
        (Some(rules), form) => {
            show::document(form, &Document::Leaf(json!({ "policy": rules })));
            Ok(())
        }
    }
}

fn write(call: &Call) -> Outcome {
    let given = call.argument(0).trim();
    let name = given.to_lowercase();
    if name != given {
        out::note(&format!("Policy name was converted from {given:?} to {name:?}"));
    }
    let rules = match call.argument(1) {
        "-" => pairs::read_stdin(),
        path => pairs::read_file(path.trim()),
    };
    let rules =
        rules.map_err(|why| Failure::Remote(format!("Error opening policy file: {why}")))?;
    let session = Session::open(call)?;
    let request = Request::put(format!("sys/policies/acl/{name}"), json!({ "policy": rules }));
    session.ask("Error uploading policy", &request)?;
    out::line(&format!("Success! Uploaded policy: {name}"));
    Ok(())
}

fn delete(call: &Call) -> Outcome {
    let name = call.argument(0).trim().to_lowercase();
    let session = Session::open(call)?;
    let request = Request::delete(format!("sys/policies/acl/{name}"));
    session.ask(&format!("Error deleting {name}"), &request)?;
    out::line(&format!("Success! Deleted policy: {name}"));
    Ok(())
}

fn format(call: &Call) -> Outcome {
    let path = call.argument(0).trim();
    let text = pairs::read_file(path)
        .map_err(|why| Failure::Local(format!("Error reading source file: {why}")))?;
    let formatted = policy_format::format(&text)
        .map_err(|why| Failure::Local(format!("Failed to parse policy: {why}")))?;
    let written = if formatted == text { Ok(()) } else { replace(path, &formatted) };
    written.map_err(|error| {
        let cause = pairs::cause(&error);
        Failure::Local(format!("Error writing result: write {path}: {cause}"))
    })?;
    out::line(&format!("Success! Formatted policy: {path}"));
    Ok(())
}

/// Written beside and renamed, so that a full disk never leaves half a policy.
fn replace(path: &str, text: &str) -> std::io::Result<()> {
    let beside = PathBuf::from(format!("{path}.tmp"));
    fs::write(&beside, text)?;
    fs::set_permissions(&beside, fs::metadata(path)?.permissions())?;
    fs::rename(&beside, path)
}
