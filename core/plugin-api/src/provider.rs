//! How a provider is named and opened: the same three things whichever way it was loaded.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use crate::{Error, ErrorKind, HaLock, Result, Seal, Storage};

/// Something that can be opened from a stanza of the configuration.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The label in the configuration: `file` in `storage "file" { … }`.
    fn name(&self) -> &str;

    /// Opens one instance. A wrong or unknown setting is `config_invalid` and names the setting. Data
    /// that another instance has for itself is `conflict`: if that instance is the server's own, which
    /// this one is to replace, the server closes it first and asks again.
    async fn open(&self, settings: Settings) -> Result<Opened>;
}

/// What opening a provider gives: the contracts that it fulfils.
#[derive(Clone, Default)]
pub struct Opened {
    /// The storage, if it is one.
    pub storage: Option<Arc<dyn Storage>>,
    /// The HA lock, if it has one and the stanza asks for it.
    pub ha_lock: Option<Arc<dyn HaLock>>,
    /// The seal, if it is one.
    pub seal: Option<Arc<dyn Seal>>,
}

/// The keys and values of a provider's stanza.
///
/// A provider takes each setting it knows; [`finish`](Self::finish) refuses what is left over.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settings {
    values: BTreeMap<String, String>,
}

impl Settings {
    /// Settings from the stanza's keys and values.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self { values }
    }

    /// Takes a setting out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    /// Takes a setting that must be there.
    pub fn require(&mut self, name: &str) -> Result<String> {
        self.take(name).ok_or_else(|| {
            Error::new(
                ErrorKind::ConfigInvalid,
                format!("the setting \"{name}\" is missing; set it"),
            )
        })
    }

    /// Takes a setting that is `true` or `false` (also 1 and 0).
    pub fn take_bool(&mut self, name: &str) -> Result<Option<bool>> {
        match self.take(name).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(Error::new(
                ErrorKind::ConfigInvalid,
                format!("the setting \"{name}\" must be true or false, not \"{other}\""),
            )),
        }
    }

    /// The keys and values, for a loader that hands them on.
    pub fn into_values(self) -> BTreeMap<String, String> {
        self.values
    }

    /// Ends the reading: a setting that nobody took is an error that names it.
    pub fn finish(self) -> Result<()> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::new(
                ErrorKind::ConfigInvalid,
                format!("the setting \"{name}\" is not known here; remove it"),
            )),
        }
    }
}
