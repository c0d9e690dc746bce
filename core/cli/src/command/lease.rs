//! `lease …`: look leases up, renew them, revoke them.

use client::Request;
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    command::{Arguments, Command},
    durations,
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out,
    session::Session,
    show::{self, Secret},
};

const INCREMENT: &[Flag] = &[Flag::new(
    &["increment", "i"],
    Kind::Ttl,
    "How long it is to live from now. The server may grant less.",
)];
const REVOKE: &[Flag] = &[
    Flag::new(
        &["force", "f"],
        Kind::Bool,
        "Forget the leases even if what they stand for cannot be revoked. Needs -prefix.",
    ),
    Flag::new(&["prefix"], Kind::Bool, "The argument is the beginning of the leases' names."),
    Flag::new(&["sync"], Kind::Bool, "Wait until it is done."),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "lease lookup",
        summary: "Print what is known of a lease",
        usage: "[options] LEASE_ID",
        about: "Prints when a lease was made and when it ends.",
        examples: &[("Look a lease up:", "strongroom lease lookup database/creds/app/2f6a614c")],
        flags: &[],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: lookup,
    },
    Command {
        name: "lease renew",
        summary: "Let a lease live longer",
        usage: "[options] LEASE_ID",
        about: "Renews a lease, by as long as the server grants.",
        examples: &[(
            "For an hour from now:",
            "strongroom lease renew -increment=1h database/creds/app/2f6a614c",
        )],
        flags: &[INCREMENT],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: renew,
    },
    Command {
        name: "lease revoke",
        summary: "Revoke a lease, or all with the same beginning",
        usage: "[options] ID",
        about: "Revokes the secret of a lease before its time, or with -prefix of all leases whose \
                names begin alike.",
        examples: &[
            ("Revoke one:", "strongroom lease revoke database/creds/app/2f6a614c"),
            ("Revoke all of a role:", "strongroom lease revoke -prefix database/creds/app"),
        ],
        flags: &[REVOKE],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: revoke,
    },
];

fn lookup(call: &Call) -> Outcome {
    let id = call.argument(0).trim();
    let session = Session::open(call)?;
    let request = Request::put("sys/leases/lookup", json!({ "lease_id": id }));
    let reply = session.ask(&format!("error looking up lease id {id}"), &request)?;
    print(call, Secret::of(&reply))
}

fn renew(call: &Call) -> Outcome {
    let id = call.argument(0).trim();
    let mut body = Map::from_iter([("lease_id".to_owned(), Value::from(id))]);
    if let Some(seconds) = call.given.text("increment").and_then(durations::parse) {
        body.insert("increment".to_owned(), Value::from(seconds));
    }
    let session = Session::open(call)?;
    let request = Request::put("sys/leases/renew", Value::Object(body));
    let reply = session.ask(&format!("Error renewing {id}"), &request)?;
    print(call, Secret::of(&reply))
}

fn print(call: &Call, secret: Option<Secret>) -> Outcome {
    match secret {
        Some(secret) => show::secret(call, &secret),
        None => Err(Failure::remote("The server answered without data")),
    }
}

fn revoke(call: &Call) -> Outcome {
    let (force, prefix) = (call.given.is("force"), call.given.is("prefix"));
    let id = call.argument(0).trim();
    if force && !prefix {
        return Err(Failure::local("Specifying -force requires also specifying -prefix"));
    }
    let sync = call.given.is("sync");
    let request = match (force, prefix) {
        (true, _) => {
            out::warning(
                "Warning! What these leases stand for may live on where the server could not reach \
                 it:\nthe server only forgets it.",
            );
            Request::put(format!("sys/leases/revoke-force/{id}"), json!({}))
        }
        (false, true) => {
            Request::put(format!("sys/leases/revoke-prefix/{id}"), json!({ "sync": sync }))
        }
        (false, false) => {
            Request::put("sys/leases/revoke", json!({ "lease_id": id, "sync": sync }))
        }
    };
    let session = Session::open(call)?;
    let tried = match (force, prefix) {
        (true, _) => format!("Error force revoking leases with prefix {id}"),
        (false, true) => format!("Error revoking leases with prefix {id}"),
        (false, false) => format!("Error revoking lease {id}"),
    };
    session.ask(&tried, &request)?;
    out::line(&match (force, prefix, sync) {
        (true, _, _) => format!("Success! Force revoked any leases with prefix: {id}"),
        (false, true, true) => format!("Success! Revoked any leases with prefix: {id}"),
        (false, false, true) => format!("Success! Revoked lease: {id}"),
        (false, _, false) => "All revocation operations queued successfully!".to_owned(),
    });
    Ok(())
}
