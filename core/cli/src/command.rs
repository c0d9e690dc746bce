//! The list of all commands, and what a command is.
//!
//! A command is data: its words, its help, its flags, and the function that does it. Each family
//! has a file of its own; this list says which there are.

mod audit;
mod auth;
mod auth_help;
mod generic;
mod kv;
mod lease;
mod listing;
pub(crate) mod local;
mod login;
mod mounts;
mod operator;
mod plugin;
mod policy;
mod secrets;
mod status;
mod token;

#[cfg(test)]
mod tests;

use crate::{call::Call, failure::Outcome, flags::Flag, globals::Globals};

/// A command.
pub(crate) struct Command {
    /// Its words, such as `kv metadata get`.
    pub(crate) name: &'static str,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// Its arguments as they are written in the usage line.
    pub(crate) usage: &'static str,
    /// What one needs to know, in paragraphs.
    pub(crate) about: &'static str,
    /// What for, and the line to type.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// Its own flags.
    pub(crate) flags: &'static [&'static [Flag]],
    /// The shared flags it knows.
    pub(crate) globals: Globals,
    /// How many arguments it takes.
    pub(crate) arguments: Arguments,
    /// What does it.
    pub(crate) run: fn(&Call) -> Outcome,
}

/// How many arguments a command takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Arguments {
    /// So many.
    Exactly(usize),
    /// So many or more.
    AtLeast(usize),
    /// From so many to so many.
    Between(usize, usize),
}

/// Some commands that begin with the same words.
pub(crate) struct Group {
    /// The words.
    pub(crate) name: &'static str,
    /// What they are about, in one line.
    pub(crate) summary: &'static str,
    /// What one needs to know, in paragraphs.
    pub(crate) about: &'static str,
}

impl Command {
    /// Every flag it knows, its own and the shared ones.
    pub(crate) fn all_flags(&self) -> impl Iterator<Item = &'static [Flag]> {
        let shared = self.globals.groups().iter().map(|(_, flags)| *flags);
        self.flags.iter().copied().chain(shared)
    }
}

const FAMILIES: &[&[Command]] = &[
    local::COMMANDS,
    status::COMMANDS,
    login::COMMANDS,
    generic::COMMANDS,
    listing::COMMANDS,
    kv::COMMANDS,
    token::COMMANDS,
    policy::COMMANDS,
    secrets::COMMANDS,
    auth::COMMANDS,
    auth_help::COMMANDS,
    audit::COMMANDS,
    lease::COMMANDS,
    operator::COMMANDS,
    plugin::COMMANDS,
];

/// The commands that a newcomer needs first; the usage text names them first.
pub(crate) const COMMON: &[&str] =
    &["read", "write", "delete", "list", "login", "server", "status", "unwrap"];

/// The groups, by name.
pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: "audit",
        summary: "Manage audit devices",
        about: "An audit device writes down every request and every response. Secrets in them are \
                hashed. While one is enabled, no request is answered that could not be written \
                down.",
    },
    Group {
        name: "auth",
        summary: "Manage auth methods",
        about: "An auth method turns what someone can prove (a password, a certificate, the name \
                of a pod) into a token with policies. Each is enabled at a path of its own.",
    },
    Group {
        name: "kv",
        summary: "Work with key-value secrets",
        about: "Reads and writes secrets of the key-value secrets engine. Version 2 keeps older \
                versions of each secret; these commands find out which version a path is, so the \
                same line works for both.\n\nSay the path in full (secret/app), or the mount with \
                -mount and the rest of the path (-mount=secret app).",
    },
    Group {
        name: "kv metadata",
        summary: "Work with what is kept about key-value secrets",
        about: "Each secret of version 2 has metadata: its versions and their times, limits on \
                them, and names and values of your own.",
    },
    Group {
        name: "lease",
        summary: "Manage leases",
        about: "A secret that was made for you lives as long as its lease. A lease can be looked \
                up, renewed while it lives, and revoked before its time.",
    },
    Group {
        name: "operator",
        summary: "Run the server: initialise, unseal, seal, rotate",
        about: "These commands are for those who run the server, not for those who use its \
                secrets.",
    },
    Group {
        name: "plugin",
        summary: "Write, test and look at storages, HA locks and seals of one's own",
        about: "A plugin is a storage, an HA lock or a seal in a file: a library, or a component \
                in a sandbox. These commands begin one, build it, hold it against the conformance \
                suite, and print the stanza that loads it. Only list and info with -running ask a \
                server.",
    },
    Group {
        name: "policy",
        summary: "Manage policies",
        about: "A policy says which paths a token may use, and how. What no policy allows is \
                denied.",
    },
    Group { name: "print", summary: "Print what this client knows", about: "Asks no server." },
    Group {
        name: "secrets",
        summary: "Manage secrets engines",
        about: "A secrets engine stores secrets or makes them. Each is enabled at a path of its \
                own, and everything below that path is its own.",
    },
    Group {
        name: "token",
        summary: "Manage tokens",
        about: "A token is what every request is judged by. Its accessor names it without being \
                it: with the accessor one can look a token up or revoke it, but not use it.",
    },
];

/// All commands.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The command of these words.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

/// The group of these words.
pub(crate) fn find_group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}
