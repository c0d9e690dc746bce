//! `auth help`: how to log in with an auth method.

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    globals::Globals,
    out,
};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "auth help",
    summary: "Explain how to log in with an auth method",
    usage: "TYPE",
    about: "Explains how to log in with an auth method of this type. The server is not asked; what \
            can be configured is explained by \"strongroom path-help auth/<path>\".",
    examples: &[("How do I use a password?", "strongroom auth help userpass")],
    flags: &[],
    globals: Globals::None,
    arguments: Arguments::Exactly(1),
    run: help,
}];

const TEXTS: &[(&str, &str)] = &[
    (
        "token",
        "A token is asked for and stored.\n\n    $ strongroom login\n    $ strongroom login - < file",
    ),
    (
        "userpass",
        "A name and a password. A password that is not given is asked for.\n\n    \
         $ strongroom login -method=userpass username=me",
    ),
    (
        "ldap",
        "The name and password of the directory. A password that is not given is asked for.\n\n    \
         $ strongroom login -method=ldap username=me",
    ),
    (
        "radius",
        "The name and password of the RADIUS server. A password that is not given is asked for.\n\n    \
         $ strongroom login -method=radius username=me",
    ),
    (
        "approle",
        "A role id and, unless the role does without, a secret id.\n\n    \
         $ strongroom login -method=approle role_id=… secret_id=@file",
    ),
    (
        "cert",
        "The certificate of this client.\n\n    \
         $ strongroom login -client-cert=c.pem -client-key=k.pem -method=cert name=role",
    ),
    (
        "jwt",
        "A signed token of another service.\n\n    \
         $ strongroom login -method=jwt role=app jwt=@token",
    ),
    (
        "kubernetes",
        "The token of a pod's service account.\n\n    $ strongroom login -method=kubernetes role=app \
         jwt=@/var/run/secrets/kubernetes.io/serviceaccount/token",
    ),
];

fn help(call: &Call) -> Outcome {
    let kind = call.path(0);
    match TEXTS.iter().find(|(name, _)| *name == kind) {
        Some((name, text)) => {
            out::line(&format!("Logging in with {name}\n\n{text}"));
            Ok(())
        }
        None => Err(Failure::Local(format!(
            "Nothing is known here about the auth method {kind:?}; see \"strongroom path-help \
             auth/{kind}\""
        ))),
    }
}
