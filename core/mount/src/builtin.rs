//! The mounts that every server has, and the backends that stand in for what is not there.

use async_trait::async_trait;
use logical::{Backend, Call, Code, Error, Operation, PathAuth, Response, Result};

use crate::{Class, Config, IssuedTokens, Record};

/// A mount that the server makes on a fresh store.
pub(crate) struct Builtin {
    pub class: Class,
    pub path: &'static str,
    pub kind: &'static str,
    description: &'static str,
    local: bool,
    seal_wrap: bool,
    headers: &'static [&'static str],
}

/// All of them.
pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin {
        class: Class::Secret,
        path: "sys/",
        kind: "system",
        description: "system endpoints used for control, policy and debugging",
        local: false,
        seal_wrap: true,
        headers: &["Accept"],
    },
    Builtin {
        class: Class::Secret,
        path: "cubbyhole/",
        kind: "cubbyhole",
        description: "per-token private secret storage",
        local: true,
        seal_wrap: false,
        headers: &[],
    },
    Builtin {
        class: Class::Secret,
        path: "identity/",
        kind: "identity",
        description: "identity store",
        local: false,
        seal_wrap: false,
        headers: &["Authorization"],
    },
    Builtin {
        class: Class::Auth,
        path: "token/",
        kind: "token",
        description: "token based credentials",
        local: false,
        seal_wrap: false,
        headers: &[],
    },
];

impl Builtin {
    /// A fresh record.
    pub(crate) fn record(&self) -> Record {
        let issued = (self.class == Class::Auth).then_some(IssuedTokens::DefaultService);
        let headers = self.headers.iter().map(|&name| name.to_owned()).collect();
        Record {
            description: self.description.to_owned(),
            config: Config {
                passthrough_request_headers: headers,
                token_type: issued,
                ..Config::default()
            },
            options: None,
            local: self.local,
            seal_wrap: self.seal_wrap,
            ..Record::new(self.class, self.path, self.kind)
        }
    }
}

/// A backend without paths: what is mounted, but answers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unsupported;

#[async_trait]
impl Backend for Unsupported {
    fn auth(&self, _path: &str, _operation: Operation) -> PathAuth {
        PathAuth::Token
    }

    async fn handle(&self, _call: Call<'_>) -> Result<Response> {
        Err(Error::unsupported_path())
    }
}

/// Stands in for a backend that could not be opened: the mount and its data are kept, and whoever
/// asks reads why it does not answer.
#[derive(Clone, Debug)]
pub(crate) struct Unopened {
    pub why: String,
}

#[async_trait]
impl Backend for Unopened {
    fn auth(&self, _path: &str, _operation: Operation) -> PathAuth {
        PathAuth::Token
    }

    async fn handle(&self, _call: Call<'_>) -> Result<Response> {
        Err(Error::new(Code::Unavailable, self.why.clone()))
    }
}
