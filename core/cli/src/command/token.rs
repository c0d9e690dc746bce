//! `token …`: make tokens, look them up, renew and revoke them.

mod manage;

use client::Request;
use serde_json::{Map, Value};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    session::Session,
    show::{self, Secret},
};

const CREATE: &[Flag] = &[
    Flag::new(&["display-name"], Kind::Text, "A name to show in the audit trail."),
    Flag::new(&["entity-alias"], Kind::Text, "The alias of the entity; only with -role."),
    Flag::new(&["explicit-max-ttl"], Kind::Ttl, "Renewals never go beyond this."),
    Flag::new(&["id"], Kind::Text, "The token itself, instead of one that is made up."),
    Flag::new(&["metadata"], Kind::Pairs, "A name and value to keep. May be repeated."),
    Flag::new(&["no-default-policy"], Kind::Bool, "Leave out the policy \"default\"."),
    Flag::new(&["orphan"], Kind::Bool, "Without a parent: it outlives the token that made it."),
    Flag::new(&["period"], Kind::Ttl, "Each renewal sets it to this, without an end."),
    Flag::new(&["policy"], Kind::List, "A policy. May be repeated; by default those of yours."),
    Flag::new(&["renewable"], Kind::Bool, "Whether it can be renewed; true by default."),
    Flag::new(&["role"], Kind::Text, "The token role to make it by."),
    Flag::new(&["ttl"], Kind::Ttl, "How long it lives."),
    Flag::new(&["type"], Kind::Text, "service or batch."),
    Flag::new(&["use-limit"], Kind::Number, "How often it can be used; 0 is without limit."),
];
const ACCESSOR: &[Flag] =
    &[Flag::new(&["accessor"], Kind::Bool, "The argument is an accessor and not a token.")];
const INCREMENT: &[Flag] = &[Flag::new(
    &["increment", "i"],
    Kind::Ttl,
    "How long it is to live from now. The server may grant less.",
)];
const REVOKE: &[Flag] = &[
    Flag::new(&["self"], Kind::Bool, "Revoke the token of this client."),
    Flag::new(
        &["mode"],
        Kind::Text,
        "orphan: leave its children alive; path: revoke all whose path begins with the argument.",
    ),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "token create",
        summary: "Create a token",
        usage: "[options]",
        about: "Creates a token. It is a child of yours and is revoked with yours, unless -orphan \
                says otherwise. Without -policy it may do what yours may do.",
        examples: &[
            ("For an hour, with a policy:", "strongroom token create -policy=app -ttl=1h"),
            ("Forever, if renewed each day:", "strongroom token create -policy=app -period=24h"),
            ("For a script:", "strongroom token create -field=token -policy=app"),
        ],
        flags: &[CREATE],
        globals: Globals::Field,
        arguments: Arguments::Exactly(0),
        run: create,
    },
    Command {
        name: "token lookup",
        summary: "Print what is known of a token",
        usage: "[options] [TOKEN | ACCESSOR]",
        about: "Prints what is known of a token: its policies, how long it lives, who made it. \
                Without an argument it is your own.",
        examples: &[
            ("Look your own up:", "strongroom token lookup"),
            ("Look one up that you do not have:", "strongroom token lookup -accessor 9793c9b3e04a"),
        ],
        flags: &[ACCESSOR],
        globals: Globals::Field,
        arguments: Arguments::Between(0, 1),
        run: manage::lookup,
    },
    Command {
        name: "token renew",
        summary: "Let a token live longer",
        usage: "[options] [TOKEN | ACCESSOR]",
        about: "Renews a token. Without an argument it is your own.",
        examples: &[
            ("Renew your own:", "strongroom token renew"),
            ("For half an hour from now:", "strongroom token renew -increment=30m"),
        ],
        flags: &[ACCESSOR, INCREMENT],
        globals: Globals::Field,
        arguments: Arguments::Between(0, 1),
        run: manage::renew,
    },
    Command {
        name: "token revoke",
        summary: "Revoke a token",
        usage: "[options] [TOKEN | ACCESSOR]",
        about: "Revokes a token, its children, and the leases of all of them.",
        examples: &[
            ("Revoke your own:", "strongroom token revoke -self"),
            ("Revoke one by its accessor:", "strongroom token revoke -accessor 9793c9b3e04a"),
        ],
        flags: &[ACCESSOR, REVOKE],
        globals: Globals::Http,
        arguments: Arguments::Between(0, 1),
        run: manage::revoke,
    },
    Command {
        name: "token capabilities",
        summary: "Print what a token may do at a path",
        usage: "[options] [TOKEN | ACCESSOR] PATH",
        about: "Prints what a token may do at a path. Without a token it is your own.",
        examples: &[("What may I do?", "strongroom token capabilities secret/data/app")],
        flags: &[ACCESSOR],
        globals: Globals::Format,
        arguments: Arguments::Between(1, 2),
        run: manage::capabilities,
    },
];

fn create(call: &Call) -> Outcome {
    let given = &call.given;
    let session = Session::open(call)?;
    let path = match given.text("role").filter(|role| !role.is_empty()) {
        Some(role) => format!("auth/token/create/{role}"),
        None => "auth/token/create".to_owned(),
    };
    let request = Request::post(path, Value::Object(wishes(call)));
    let reply = session.ask("Error creating token", &request)?;
    match Secret::of(&reply) {
        Some(secret) => show::secret(call, &secret),
        None => Err(Failure::remote("Error creating token: the server answered without one")),
    }
}

fn wishes(call: &Call) -> Map<String, Value> {
    let given = &call.given;
    let mut body = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        value.map(|value| body.insert(name.to_owned(), value));
    };
    let text = |name: &str| given.text(name).map(Value::from);
    add("id", text("id"));
    add("display_name", text("display-name"));
    add("entity_alias", text("entity-alias"));
    add("type", text("type"));
    add("ttl", given.ttl("ttl").map(Value::String));
    add("explicit_max_ttl", given.ttl("explicit-max-ttl").map(Value::String));
    add("period", given.ttl("period").map(Value::String));
    add("num_uses", given.number("use-limit").map(Value::from));
    add("no_parent", given.truth("orphan").map(Value::Bool));
    add("no_default_policy", given.truth("no-default-policy").map(Value::Bool));
    add("renewable", given.truth("renewable").map(Value::Bool));
    if given.has("policy") {
        add("policies", Some(Value::from(given.list("policy"))));
    }
    if given.has("metadata") {
        let pairs = given.pairs("metadata").into_iter();
        let pairs = pairs.map(|(name, value)| (name.to_owned(), Value::from(value)));
        add("meta", Some(Value::Object(pairs.collect())));
    }
    body
}
