//! `operator init`: initialise a new server and print its keys, once.

use client::{InitRequest, InitResult, Reply, Request};
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out, pairs,
    session::Session,
    show::{self, Document, Format},
};

const SHARES_DEFAULT: u64 = 5;
const THRESHOLD_DEFAULT: u64 = 3;

const FLAGS: &[Flag] = &[
    Flag::new(&["key-shares", "n"], Kind::Number, "How many unseal keys to make; 5 by default."),
    Flag::new(&["key-threshold", "t"], Kind::Number, "How many of them unseal; 3 by default."),
    Flag::new(
        &["pgp-keys"],
        Kind::List,
        "Files with one PGP key for each unseal key, which is then printed encrypted for it.",
    ),
    Flag::new(&["recovery-pgp-keys"], Kind::List, "Files with one PGP key for each recovery key."),
    Flag::new(
        &["recovery-shares"],
        Kind::Number,
        "How many recovery keys to make, where a KMS unseals; 5 by default.",
    ),
    Flag::new(&["recovery-threshold"], Kind::Number, "How many of them authorise; 3 by default."),
    Flag::new(&["root-token-pgp-key"], Kind::Text, "A file with the PGP key for the root token."),
    Flag::new(&["status"], Kind::Bool, "Only say whether the server is initialised."),
    Flag::new(&["stored-shares"], Kind::Number, "Accepted; it has no effect."),
];

pub(super) const COMMAND: Command = Command {
    name: "operator init",
    summary: "Initialise a new server",
    usage: "[options]",
    about: "Initialises a new server: makes its root key and prints the unseal keys and the first \
            token. They are printed once and never again.\n\nThe root key is split into unseal \
            keys, so that no one person can unseal the server alone. Where a KMS unseals, the keys \
            are recovery keys: they authorise what the KMS cannot, and unseal nothing.\n\nWith \
            -status the exit code is 0 if the server is initialised, and 2 if not.",
    examples: &[
        ("Five keys, of which three unseal:", "strongroom operator init"),
        ("One key, for a test:", "strongroom operator init -key-shares=1 -key-threshold=1"),
        ("Is it initialised?", "strongroom operator init -status"),
    ],
    flags: &[FLAGS],
    globals: Globals::Format,
    arguments: Arguments::Exactly(0),
    run: init,
};

fn init(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    if call.given.is("status") {
        return status(call, &session);
    }
    let state = session.send_now(&Request::get("sys/seal-status")).and_then(Reply::check);
    let state = state.map_err(|error| Failure::call("Error initializing", &error))?;
    let recovery = state.member("recovery_seal").and_then(Value::as_bool).unwrap_or_default();
    let wishes = wishes(call, recovery)?;
    let body = serde_json::to_value(&wishes)
        .map_err(|error| Failure::Local(format!("Error initializing: {error}")))?;
    let reply = session.ask("Error initializing", &Request::put("sys/init", body))?;
    let made: InitResult = serde_json::from_str(&reply.text)
        .map_err(|error| Failure::Remote(format!("Error initializing: bad answer: {error}")))?;
    match call.format {
        Format::Table => out::line(&table(&made, &wishes)),
        form => show::document(form, &document(&made, &wishes)),
    }
    Ok(())
}

fn status(call: &Call, session: &Session) -> Outcome {
    let reply = session.send(&Request::get("sys/init"))?.and_then(Reply::check);
    let reply =
        reply.map_err(|error| Failure::Local(format!("Error checking init status: {error}")))?;
    let initialised = reply.member("initialized").and_then(Value::as_bool).unwrap_or_default();
    match (call.format, initialised) {
        (Format::Table, true) => out::line("The server is initialized"),
        (Format::Table, false) => out::line("The server is not initialized"),
        (form, truth) => show::document(form, &Document::Leaf(json!({ "initialized": truth }))),
    }
    if initialised { Ok(()) } else { Err(Failure::Said(2)) }
}

/// What to ask for. What was given is sent whatever the seal, so that the server can refuse it; the
/// defaults are those of the keys that this seal has.
fn wishes(call: &Call, recovery: bool) -> Outcome<InitRequest> {
    let given = &call.given;
    let number = |name: &str| given.number(name).and_then(|number| u64::try_from(number).ok());
    let keys = |name: &str| given.list(name).into_iter().map(pgp_key).collect::<Outcome<Vec<_>>>();
    for name in ["key-shares", "key-threshold", "recovery-shares", "recovery-threshold"] {
        if given.number(name).is_some_and(|number| number < 0) {
            return Err(Failure::Local(format!("-{name} must not be negative")));
        }
    }
    let or = |value: Option<u64>, wanted: bool, otherwise: u64| {
        value.or_else(|| wanted.then_some(otherwise))
    };
    Ok(InitRequest {
        secret_shares: or(number("key-shares"), !recovery, SHARES_DEFAULT),
        secret_threshold: or(number("key-threshold"), !recovery, THRESHOLD_DEFAULT),
        pgp_keys: keys("pgp-keys")?,
        recovery_shares: or(number("recovery-shares"), recovery, SHARES_DEFAULT),
        recovery_threshold: or(number("recovery-threshold"), recovery, THRESHOLD_DEFAULT),
        recovery_pgp_keys: keys("recovery-pgp-keys")?,
        root_token_pgp_key: match given.text("root-token-pgp-key") {
            Some(path) => pgp_key(path)?,
            None => String::new(),
        },
    })
}

/// The base64 in a file with a PGP key: the armour around it is taken off, if there is one.
fn pgp_key(path: &str) -> Outcome<String> {
    let path = path.trim_start_matches('@');
    let text = pairs::read_file(path)
        .map_err(|why| Failure::Local(format!("Error reading PGP key: {why}")))?;
    let text = text.trim();
    if !text.starts_with("-----BEGIN PGP") {
        return Ok(text.split_whitespace().collect());
    }
    // Headers end at an empty line; the checksum line begins with an equals sign.
    let body = text.lines().map(str::trim).skip_while(|line| !line.is_empty());
    let body = body.take_while(|line| !line.starts_with('=') && !line.starts_with("-----END"));
    Ok(body.collect())
}

fn table(made: &InitResult, wishes: &InitRequest) -> String {
    let mut lines = Vec::new();
    for (kind, keys) in [("Unseal", &made.keys_base64), ("Recovery", &made.recovery_keys_base64)] {
        let numbered = keys.iter().enumerate();
        lines.extend(numbered.map(|(at, key)| format!("{kind} Key {}: {key}", at + 1)));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!("Initial Root Token: {}", made.root_token));
    lines.push(String::new());
    let (shares, threshold) = (wishes.secret_shares, wishes.secret_threshold);
    lines.push(match (shares, threshold) {
        (Some(shares), Some(threshold)) => format!(
            "The server is initialized with {shares} key shares and a key threshold of {threshold}. \
             Give each\nkey to someone else, and keep none of them together. Whenever the server \
             is\nsealed or restarted, {threshold} of these keys are needed before it answers \
             anything.\n\nThe root key is stored nowhere outside the seal: without {threshold} of \
             these keys, all\nthat the server holds is lost."
        ),
        _ => "The server is initialized and unseals itself through its KMS. The recovery keys\n\
              unseal nothing: they authorise what the KMS cannot, such as making a new root\n\
              token. Give each to someone else."
            .to_owned(),
    });
    lines.join("\n")
}

fn document(made: &InitResult, wishes: &InitRequest) -> Document {
    let none = |keys: &[String]| {
        if keys.is_empty() { Value::Null } else { Value::from(keys.to_vec()) }
    };
    let members = [
        ("unseal_keys_b64", json!(made.keys_base64)),
        ("unseal_keys_hex", json!(made.keys)),
        ("unseal_shares", json!(wishes.secret_shares.unwrap_or(0))),
        ("unseal_threshold", json!(wishes.secret_threshold.unwrap_or(0))),
        ("recovery_keys_b64", none(&made.recovery_keys_base64)),
        ("recovery_keys_hex", none(&made.recovery_keys)),
        ("recovery_keys_shares", json!(wishes.recovery_shares.unwrap_or(0))),
        ("recovery_keys_threshold", json!(wishes.recovery_threshold.unwrap_or(0))),
        ("root_token", json!(made.root_token)),
    ];
    let order = members.each_ref().map(|(name, _)| *name);
    let members: Map<String, Value> =
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Document::ordered(&members, &order)
}
