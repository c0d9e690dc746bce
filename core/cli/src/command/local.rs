//! `server`, `version` and `print token`: the commands that ask no server.

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    globals::Globals,
    out, server,
    session::Session,
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "server",
        summary: "Start a server",
        usage: "[options]",
        about: "Starts a server with the given configuration and runs until it is told to stop \
                (SIGTERM or SIGINT). The configuration says which storage holds the data, which \
                seal protects it, and where to listen.\n\nA new server is neither initialised nor \
                unsealed: see \"strongroom operator init\".\n\nWith -dev it is both, keeps \
                everything in memory, has key-value secrets at secret/, and leaves its root token \
                where the client commands find it. Never use that for real secrets.",
        examples: &[
            ("Try things out, in memory:", "strongroom server -dev"),
            (
                "The same with a root token of your own:",
                "strongroom server -dev \
              -dev-root-token-id=root",
            ),
            ("The same with TLS:", "strongroom server -dev-tls"),
            ("Start with a file:", "strongroom server -config=/etc/strongroom/config.hcl"),
        ],
        flags: &[server::FLAGS],
        globals: Globals::None,
        arguments: Arguments::Exactly(0),
        run: server::server,
    },
    Command {
        name: "version",
        summary: "Print the version of this binary",
        usage: "",
        about: "Prints the version of this binary. The version of a running server is in \
                \"strongroom status\".",
        examples: &[("Which version is this?", "strongroom version")],
        flags: &[],
        globals: Globals::None,
        arguments: Arguments::Exactly(0),
        run: version,
    },
    Command {
        name: "print token",
        summary: "Print the token that commands would use",
        usage: "",
        about: "Prints the token of the environment, or else the one that \"strongroom login\" has \
                stored.",
        examples: &[(
            "Use the token with another program:",
            "curl -H \"X-Vault-Token: $(strongroom print token)\" …",
        )],
        flags: &[],
        globals: Globals::None,
        arguments: Arguments::Exactly(0),
        run: print_token,
    },
];

fn version(_call: &Call) -> Outcome {
    out::line(&format!("Strongroom v{}", env!("CARGO_PKG_VERSION")));
    Ok(())
}

fn print_token(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    match &session.client().settings().token {
        Some(token) => {
            out::line(token.expose());
            Ok(())
        }
        None => Err(Failure::local("No token found")),
    }
}
