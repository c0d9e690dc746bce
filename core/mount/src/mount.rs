//! A mount that serves: its record, what its backend may know of it, and the backend.

use std::sync::Arc;

use logical::{Backend, Mounted, Prefixed, View};

use crate::{Kind, Record, SystemTtls, ttl};

/// What sort of backend a mount has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// A secrets engine, or a part of the server.
    Secret,
    /// An auth method, below `auth/`.
    Auth,
}

impl Class {
    /// The word of audit lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Auth => "auth",
        }
    }

    /// What the router puts before the path of a record.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Secret => "",
            Self::Auth => "auth/",
        }
    }

    /// Where the records of the class are stored.
    pub const fn records(self) -> &'static str {
        match self {
            Self::Secret => "core/mounts/",
            Self::Auth => "core/auth/",
        }
    }

    /// Where the mounts of the class keep their data.
    pub const fn data(self) -> &'static str {
        match self {
            Self::Secret => "logical/",
            Self::Auth => "auth/",
        }
    }

    /// How the accessors of the class begin.
    pub(crate) const fn accessor_prefix(self) -> &'static str {
        match self {
            Self::Secret => "",
            Self::Auth => "auth_",
        }
    }
}

/// Which part of the store a backend sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Its own.
    Mount,
    /// All of the barrier: only `sys/` and `auth/token/`.
    Barrier,
}

/// One mount of the table.
pub struct Mount {
    /// What is stored of it.
    pub record: Record,
    /// What the backend is told: full path, effective times to live.
    pub info: Mounted,
    /// What sort of backend.
    pub class: Class,
    /// Which part of the store it sees.
    pub scope: Scope,
    /// It belongs to the server and is neither enabled nor disabled by clients.
    pub builtin: bool,
    /// The version of the backend.
    pub running_version: Arc<str>,
    /// Answers the requests.
    pub backend: Arc<dyn Backend>,
    prefix: String,
}

impl Mount {
    /// Joins a record with the backend that was opened for it.
    pub(crate) fn new(
        record: Record,
        class: Class,
        kind: Option<&Kind>,
        backend: Arc<dyn Backend>,
        system: SystemTtls,
    ) -> Self {
        let terms = ttl::effective(&record.config, system);
        let info = Mounted {
            path: format!("{}{}", class.prefix(), record.path),
            kind: record.kind.clone(),
            accessor: record.accessor.clone(),
            uuid: record.uuid.clone(),
            options: record.options.clone().unwrap_or_default(),
            default_ttl: terms.default,
            max_ttl: terms.max,
        };
        Self {
            prefix: data_prefix(class, &record.uuid),
            info,
            class,
            scope: kind.map_or(Scope::Mount, |kind| kind.scope),
            builtin: kind.is_some_and(|kind| kind.builtin),
            running_version: kind.map_or_else(|| "".into(), |kind| kind.running_version.clone()),
            backend,
            record,
        }
    }

    /// The full path: `kv/`, or `auth/approle/`.
    pub fn path(&self) -> &str {
        &self.info.path
    }

    /// Where the mount keeps its data: `logical/<uuid>/`.
    pub fn data_prefix(&self) -> &str {
        &self.prefix
    }

    /// The part of the store that the backend sees, out of all of the barrier.
    pub fn view<'a>(&self, barrier: &'a dyn View) -> Prefixed<'a> {
        let prefix = match self.scope {
            Scope::Barrier => "",
            Scope::Mount => self.prefix.as_str(),
        };
        Prefixed::new(barrier, prefix)
    }
}

/// Where the mount with this UUID keeps its data.
pub(crate) fn data_prefix(class: Class, uuid: &str) -> String {
    format!("{}{uuid}/", class.data())
}
