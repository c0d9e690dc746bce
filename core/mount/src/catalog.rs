//! What can be mounted: the explicit list of backends that the node hands in.

use std::sync::Arc;

use logical::{Backend, Error, Result};

use crate::{Class, Record, Scope};

/// Opens the backend of a mount.
pub type Open = Box<dyn Fn(&Record) -> Result<Arc<dyn Backend>> + Send + Sync>;

/// One type of backend.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Other names, and the options they stand for.
    pub aliases: Vec<Alias>,
    /// Secrets engine or auth method.
    pub class: Class,
    /// Which part of the store it sees.
    pub scope: Scope,
    /// It belongs to the server: clients cannot mount it.
    pub builtin: bool,
    /// Its version, `v1.0.0+builtin`.
    pub running_version: Arc<str>,
    /// Opens it.
    pub open: Open,
}

impl Kind {
    /// A type that clients can mount and that sees its own part of the store.
    pub fn new(name: &'static str, class: Class, version: impl Into<Arc<str>>, open: Open) -> Self {
        Self {
            name,
            aliases: Vec::new(),
            class,
            scope: Scope::Mount,
            builtin: false,
            running_version: version.into(),
            open,
        }
    }

    /// Makes it a part of the server.
    #[must_use]
    pub fn builtin(mut self, scope: Scope) -> Self {
        self.builtin = true;
        self.scope = scope;
        self
    }

    /// Adds another name, which stands for these options too.
    #[must_use]
    pub fn alias(
        mut self,
        name: &'static str,
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.aliases.push(Alias { name, options });
        self
    }
}

/// Another name of a type.
pub struct Alias {
    /// The name, `kv-v2`.
    pub name: &'static str,
    /// The options that it stands for, `version=2`.
    pub options: &'static [(&'static str, &'static str)],
}

/// All types.
#[derive(Default)]
pub struct Catalog {
    kinds: Vec<Kind>,
}

impl Catalog {
    /// A catalog of these.
    pub fn new(kinds: Vec<Kind>) -> Self {
        Self { kinds }
    }

    /// All of them.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The type of this very name.
    pub fn find(&self, class: Class, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.class == class && kind.name == name)
    }

    /// The type of this name or alias, and the options that the alias stands for.
    pub fn resolve(
        &self,
        class: Class,
        name: &str,
    ) -> Option<(&Kind, &'static [(&'static str, &'static str)])> {
        if let Some(kind) = self.find(class, name) {
            return Some((kind, &[]));
        }
        self.kinds.iter().filter(|kind| kind.class == class).find_map(|kind| {
            let alias = kind.aliases.iter().find(|alias| alias.name == name)?;
            Some((kind, alias.options))
        })
    }
}

/// A client named a type that there is none of.
pub(crate) fn unknown(name: &str) -> Error {
    Error::invalid(format!("plugin not found in the catalog: {name}"))
}
