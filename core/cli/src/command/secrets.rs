//! `secrets …`: enable, list, tune, move and disable secrets engines.

use client::Request;
use serde_json::Value;

use crate::{
    call::Call,
    command::{Arguments, Command, mounts},
    failure::Outcome,
    globals::Globals,
    out,
    session::Session,
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "secrets list",
        summary: "List the secrets engines",
        usage: "[options]",
        about: "Prints the enabled secrets engines and where each is.",
        examples: &[
            ("List them:", "strongroom secrets list"),
            ("With their settings:", "strongroom secrets list -detailed"),
        ],
        flags: &[],
        globals: Globals::Listing,
        arguments: Arguments::Exactly(0),
        run: list,
    },
    Command {
        name: "secrets enable",
        summary: "Enable a secrets engine",
        usage: "[options] TYPE",
        about: "Enables a secrets engine at a path. The same type can be enabled at several paths; \
                they share nothing.",
        examples: &[
            ("Key-value secrets with versions:", "strongroom secrets enable -version=2 kv"),
            ("At another path:", "strongroom secrets enable -path=keys transit"),
        ],
        flags: &[mounts::ENABLE, mounts::TUNE, mounts::VERSION],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: enable,
    },
    Command {
        name: "secrets tune",
        summary: "Change the settings of a secrets engine",
        usage: "[options] PATH",
        about: "Changes what is given and keeps the rest.",
        examples: &[(
            "Let its leases live for an hour:",
            "strongroom secrets tune -default-lease-ttl=1h database/",
        )],
        flags: &[mounts::TUNE, mounts::VERSION],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: tune,
    },
    Command {
        name: "secrets move",
        summary: "Move a secrets engine to another path",
        usage: "[options] FROM TO",
        about: "Moves a secrets engine with all it stores. Its leases are revoked, and policies \
                that name the old path have to be changed by hand.",
        examples: &[("Move one:", "strongroom secrets move secret/ kv/")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(2),
        run: relocate,
    },
    Command {
        name: "secrets disable",
        summary: "Disable a secrets engine and delete all it stores",
        usage: "[options] PATH",
        about: "Disables a secrets engine. Its leases are revoked and all that it stores is \
                deleted, for good. It is no error if there is none.",
        examples: &[("Disable one:", "strongroom secrets disable kv/")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: disable,
    },
];

fn list(call: &Call) -> Outcome {
    mounts::list(call, "sys/mounts", "secrets engines", false)
}

fn enable(call: &Call) -> Outcome {
    let kind = call.argument(0).trim();
    let path = mounts::enabled_at(call, kind);
    let session = Session::open(call)?;
    let at = path.trim_end_matches('/');
    let request = Request::post(format!("sys/mounts/{at}"), mounts::enabling(call, kind));
    session.ask("Error enabling", &request)?;
    out::line(&format!("Success! Enabled the {kind} secrets engine at: {path}"));
    Ok(())
}

fn tune(call: &Call) -> Outcome {
    let path = call.path(0);
    let session = Session::open(call)?;
    let body = Value::Object(mounts::tuning(call));
    let request = Request::post(format!("sys/mounts/{path}/tune"), body);
    session.ask(&format!("Error tuning secrets engine {path}/"), &request)?;
    out::line(&format!("Success! Tuned the secrets engine at: {path}/"));
    Ok(())
}

fn relocate(call: &Call) -> Outcome {
    mounts::relocate(call, "secrets engine")
}

fn disable(call: &Call) -> Outcome {
    let path = call.path(0);
    let session = Session::open(call)?;
    let request = Request::delete(format!("sys/mounts/{path}"));
    session.ask(&format!("Error disabling secrets engine at {path}/"), &request)?;
    out::line(&format!("Success! Disabled the secrets engine (if it existed) at: {path}/"));
    Ok(())
}
