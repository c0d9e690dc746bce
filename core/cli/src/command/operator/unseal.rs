//! `operator unseal`: give the server one of the unseal keys.

use client::Request;
use serde_json::json;

use crate::{
    call::Call,
    command::{Arguments, Command, status},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    prompt,
    session::Session,
};

const FLAGS: &[Flag] = &[
    Flag::new(&["migrate"], Kind::Bool, "The key is meant for moving to another seal."),
    Flag::new(&["reset"], Kind::Bool, "Forget the keys that were given so far."),
];

pub(super) const COMMAND: Command = Command {
    name: "operator unseal",
    summary: "Give the server an unseal key",
    usage: "[options] [KEY]",
    about: "Gives the server one of the unseal keys. It is unsealed once it has as many as its \
            threshold says; each may come from another person and another machine.\n\nWithout an \
            argument the key is asked for and not shown. That is the better way: an argument stays \
            in the shell's history.",
    examples: &[
        ("Be asked for the key:", "strongroom operator unseal"),
        ("Begin again:", "strongroom operator unseal -reset"),
    ],
    flags: &[FLAGS],
    globals: Globals::Format,
    arguments: Arguments::Between(0, 1),
    run: unseal,
};

fn unseal(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let body = if call.given.is("reset") {
        json!({ "reset": true })
    } else {
        json!({ "key": key(call)?, "migrate": call.given.is("migrate") })
    };
    let reply = session.ask("Error unsealing", &Request::put("sys/unseal", body))?;
    status::print(call, &session, &reply)
}

fn key(call: &Call) -> Outcome<String> {
    if let Some(key) = call.arguments.first() {
        return Ok(key.trim().to_owned());
    }
    if call.given.is("non-interactive") {
        return Err(Failure::local("The unseal key must be given with -non-interactive"));
    }
    prompt::hidden("Unseal Key (will be hidden): ").map_err(|why| {
        Failure::Local(format!(
            "The unseal key could not be asked for: {why}.\nUsually a value was piped into the \
             command. A terminal is the safest way; where\nthere is none, give the key as the \
             first argument."
        ))
    })
}
