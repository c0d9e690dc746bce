//! `auth …`: enable, list, tune, move and disable auth methods.

use client::Request;
use serde_json::{Map, Value};

use crate::{
    call::Call,
    command::{Arguments, Command, mounts},
    durations,
    failure::Outcome,
    flags::{Flag, Kind},
    globals::Globals,
    out,
    session::Session,
};

const TOKEN_TYPE: &[Flag] = &[Flag::new(
    &["token-type"],
    Kind::Text,
    "Which tokens its logins give: default-service, default-batch, service or batch.",
)];
const LOCKOUT: &[Flag] = &[
    Flag::new(
        &["user-lockout-counter-reset-duration"],
        Kind::Ttl,
        "Forget failed logins after this long.",
    ),
    Flag::new(&["user-lockout-disable"], Kind::Bool, "Never lock a user out."),
    Flag::new(&["user-lockout-duration"], Kind::Ttl, "Lock a user out for this long."),
    Flag::new(
        &["user-lockout-threshold"],
        Kind::Number,
        "Lock a user out after so many failed logins.",
    ),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "auth list",
        summary: "List the auth methods",
        usage: "[options]",
        about: "Prints the enabled auth methods and where each is.",
        examples: &[
            ("List them:", "strongroom auth list"),
            ("With their settings:", "strongroom auth list -detailed"),
        ],
        flags: &[],
        globals: Globals::Listing,
        arguments: Arguments::Exactly(0),
        run: list,
    },
    Command {
        name: "auth enable",
        summary: "Enable an auth method",
        usage: "[options] TYPE",
        about: "Enables an auth method at a path. Nobody can log in through it until it is \
                configured.",
        examples: &[
            ("Names and passwords:", "strongroom auth enable userpass"),
            ("At another path:", "strongroom auth enable -path=ci approle"),
        ],
        flags: &[mounts::ENABLE, mounts::TUNE, TOKEN_TYPE],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: enable,
    },
    Command {
        name: "auth tune",
        summary: "Change the settings of an auth method",
        usage: "[options] PATH",
        about: "Changes what is given and keeps the rest.",
        examples: &[(
            "Let its tokens live for an hour:",
            "strongroom auth tune -default-lease-ttl=1h userpass/",
        )],
        flags: &[mounts::TUNE, TOKEN_TYPE, LOCKOUT],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: tune,
    },
    Command {
        name: "auth move",
        summary: "Move an auth method to another path",
        usage: "[options] FROM TO",
        about: "Moves an auth method with all its settings. Both paths begin with auth/.",
        examples: &[("Move one:", "strongroom auth move auth/approle/ auth/ci/")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(2),
        run: relocate,
    },
    Command {
        name: "auth disable",
        summary: "Disable an auth method and revoke its tokens",
        usage: "[options] PATH",
        about: "Disables an auth method. Its settings are deleted and the tokens it has given are \
                revoked. It is no error if there is none.",
        examples: &[("Disable one:", "strongroom auth disable userpass/")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: disable,
    },
];

fn list(call: &Call) -> Outcome {
    mounts::list(call, "sys/auth", "enabled authentications", true)
}

fn enable(call: &Call) -> Outcome {
    let kind = call.argument(0).trim();
    let path = mounts::enabled_at(call, kind);
    let session = Session::open(call)?;
    let at = path.trim_end_matches('/');
    let request = Request::post(format!("sys/auth/{at}"), mounts::enabling(call, kind));
    session.ask(&format!("Error enabling {kind} auth"), &request)?;
    out::line(&format!("Success! Enabled {kind} auth method at: {path}"));
    Ok(())
}

fn tune(call: &Call) -> Outcome {
    let path = call.path(0);
    let mut body = mounts::tuning(call);
    let lockout = lockout(call);
    if !lockout.is_empty() {
        body.insert("user_lockout_config".to_owned(), Value::Object(lockout));
    }
    let session = Session::open(call)?;
    let request = Request::post(format!("sys/mounts/auth/{path}/tune"), Value::Object(body));
    session.ask(&format!("Error tuning auth method {path}/"), &request)?;
    out::line(&format!("Success! Tuned the auth method at: {path}/"));
    Ok(())
}

fn lockout(call: &Call) -> Map<String, Value> {
    let given = &call.given;
    let mut config = Map::new();
    if let Some(threshold) = given.number("user-lockout-threshold") {
        config.insert("lockout_threshold".to_owned(), Value::from(threshold.to_string()));
    }
    for (flag, member) in [
        ("user-lockout-duration", "lockout_duration"),
        ("user-lockout-counter-reset-duration", "lockout_counter_reset_duration"),
    ] {
        if let Some(seconds) = given.text(flag).and_then(durations::parse) {
            config.insert(member.to_owned(), Value::from(format!("{seconds}s")));
        }
    }
    if let Some(disable) = given.truth("user-lockout-disable") {
        config.insert("lockout_disable".to_owned(), Value::Bool(disable));
    }
    config
}

fn relocate(call: &Call) -> Outcome {
    mounts::relocate(call, "auth method")
}

fn disable(call: &Call) -> Outcome {
    let path = call.path(0);
    let session = Session::open(call)?;
    let request = Request::delete(format!("sys/auth/{path}"));
    session.ask(&format!("Error disabling auth method at {path}/"), &request)?;
    out::line(&format!("Success! Disabled the auth method (if it existed) at: {path}/"));
    Ok(())
}
