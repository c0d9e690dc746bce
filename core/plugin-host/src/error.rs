//! Why a provider cannot be had.

use std::path::PathBuf;

use crate::{Fault, Kind};

/// A stanza that leads to no provider.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No provider of this kind has this label.
    #[error("provider not found: {kind} \"{label}\" (this build has: {})", known.join(", "))]
    NotFound {
        /// What was looked for.
        kind: Kind,
        /// The label of the stanza.
        label: String,
        /// The labels that are there.
        known: Vec<String>,
    },
    /// The provider opened, but is not what the stanza needs.
    #[error("the provider \"{label}\" is no {kind}")]
    WrongKind {
        /// What was needed.
        kind: Kind,
        /// The label of the stanza.
        label: String,
    },
    /// The provider refused its settings or could not start.
    #[error("{kind} \"{label}\": {source}")]
    Open {
        /// What was opened.
        kind: Kind,
        /// The label of the stanza.
        label: String,
        /// What the provider says.
        source: plugin_api::Error,
    },
    /// The file of a `plugin` stanza cannot be loaded.
    #[error("plugin {kind} \"{name}\" ({}): {source}", path.display())]
    Load {
        /// What it is to provide.
        kind: Kind,
        /// The name of the stanza.
        name: String,
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        source: Fault,
    },
    /// A new version of a plugin does not take the place of the one in use.
    #[error("plugin {kind} \"{name}\": the old one stays: {why}")]
    Reload {
        /// What it provides.
        kind: Kind,
        /// Its name.
        name: String,
        /// What is wrong with the new one.
        why: String,
    },
    /// A `plugin` stanza says something that cannot be.
    #[error("plugin \"{kind}\" \"{name}\": {why}")]
    Stanza {
        /// Its first label.
        kind: String,
        /// Its second label.
        name: String,
        /// What to change.
        why: String,
    },
}
