//! `list` and `scan`: the names below any path of the API.

use client::Request;

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::Outcome,
    globals::Globals,
    session::Session,
    show::{self, Secret},
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "list",
        summary: "List the names at a path",
        usage: "[options] PATH",
        about: "Prints the names directly below a path; one that ends in a slash has names below \
                it. Names only, never values: keep secrets out of names.",
        examples: &[
            ("List notes:", "strongroom list cubbyhole"),
            ("With what is known of each:", "strongroom list -detailed auth/token/roles"),
        ],
        flags: &[],
        globals: Globals::Listing,
        arguments: Arguments::Exactly(1),
        run: list,
    },
    Command {
        name: "scan",
        summary: "List all names below a path",
        usage: "[options] PATH",
        about: "Prints the names below a path at any depth. Not every path can be scanned.",
        examples: &[("All secrets of a mount:", "strongroom scan secret/metadata")],
        flags: &[],
        globals: Globals::Listing,
        arguments: Arguments::Exactly(1),
        run: scan,
    },
];

fn list(call: &Call) -> Outcome {
    let path = call.path(0);
    print(call, &path, &Request::list(&path), "listing")
}

fn scan(call: &Call) -> Outcome {
    let path = call.path(0);
    print(call, &path, &Request::scan(&path), "scanning")
}

/// Makes a listing call and prints the names.
pub(super) fn print(call: &Call, path: &str, request: &Request, doing: &str) -> Outcome {
    let session = Session::open(call)?;
    let reply = session.find(&format!("Error {doing} {path}"), request)?;
    show::listing(call, path, reply.as_ref().and_then(Secret::of).as_ref())
}
