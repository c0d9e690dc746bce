//! `operator …`: initialise, unseal, seal, rotate and step down.

mod init;
mod unseal;

use client::{Reply, Request};
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::Outcome,
    globals::Globals,
    out,
    session::Session,
    show::{self, Document, Format, table, text},
};

pub(super) const COMMANDS: &[Command] = &[
    init::COMMAND,
    unseal::COMMAND,
    Command {
        name: "operator seal",
        summary: "Seal the server",
        usage: "[options]",
        about: "Seals the server: it forgets the root key and answers nothing more until it is \
                unsealed. Do this if you suspect that someone has broken in.",
        examples: &[("Seal it:", "strongroom operator seal")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(0),
        run: seal,
    },
    Command {
        name: "operator rotate",
        summary: "Begin a new key in the keyring",
        usage: "[options]",
        about: "Begins a new term of the keyring: what is written from now on is encrypted with a \
                new key. The old keys stay for what they have encrypted. The unseal keys do not \
                change and nobody notices.",
        examples: &[("Begin a new key:", "strongroom operator rotate")],
        flags: &[],
        globals: Globals::Format,
        arguments: Arguments::Exactly(0),
        run: rotate,
    },
    Command {
        name: "operator key-status",
        summary: "Print the term of the keyring's present key",
        usage: "[options]",
        about: "Prints the term of the key that is written with, since when, and how often it was \
                used.",
        examples: &[("Print it:", "strongroom operator key-status")],
        flags: &[],
        globals: Globals::Format,
        arguments: Arguments::Exactly(0),
        run: key_status,
    },
    Command {
        name: "operator step-down",
        summary: "Let another node become active",
        usage: "[options]",
        about: "Tells the active node to give up its place, so that a standby takes it. Before \
                maintenance this is quicker than stopping it.",
        examples: &[("Before maintenance:", "strongroom operator step-down")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(0),
        run: step_down,
    },
];

fn seal(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    session.ask("Error sealing", &Request::put("sys/seal", json!({})))?;
    out::line("Success! The server is sealed.");
    Ok(())
}

fn step_down(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    session.ask("Error stepping down", &Request::put("sys/step-down", json!({})))?;
    let address = &session.client().settings().address;
    out::line(&format!("Success! Stepped down: {address}"));
    Ok(())
}

fn rotate(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    session.ask("Error rotating key", &Request::put("sys/rotate", json!({})))?;
    let state = read_key_status(&session)?;
    if call.format == Format::Table {
        out::line("Success! Rotated key\n");
    }
    print_key_status(call, &state);
    Ok(())
}

fn key_status(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let state = read_key_status(&session)?;
    print_key_status(call, &state);
    Ok(())
}

fn read_key_status(session: &Session) -> Outcome<Map<String, Value>> {
    let reply: Reply = session.ask("Error reading key status", &Request::get("sys/key-status"))?;
    Ok(reply.data().and_then(Value::as_object).cloned().unwrap_or_default())
}

fn print_key_status(call: &Call, state: &Map<String, Value>) {
    let order = ["term", "install_time", "encryptions"];
    if call.format != Format::Table {
        let mut only = state.clone();
        only.retain(|name, _| order.contains(&name.as_str()));
        show::document(call.format, &Document::ordered(&only, &order));
        return;
    }
    let of = |name: &str| state.get(name).map(text::of).unwrap_or_default();
    let rows = [
        ("Key Term", of("term")),
        ("Install Time", minute(&of("install_time"))),
        ("Encryption Count", of("encryptions")),
    ];
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    out::line(&table::plain(&rows));
}

/// A time to the minute, as `22 Nov 26 04:44 UTC`.
fn minute(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%d %b %y %H:%M UTC").to_string(),
        Err(_) => text.to_owned(),
    }
}
