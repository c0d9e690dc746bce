//! All providers that this server has, by kind and label.

use std::{fmt, sync::Arc};

use plugin_api::{HaLock, Opened, Provider, Seal, Settings, Storage};

use crate::{Error, Loaded, PluginSpec};

/// What a provider is for: the word of its stanza.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `storage "…"`.
    Storage,
    /// `ha_storage "…"`.
    HaLock,
    /// `seal "…"`.
    Seal,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Storage => "storage",
            Self::HaLock => "ha-lock",
            Self::Seal => "seal",
        })
    }
}

impl Kind {
    /// The kind of a word; `ha_lock` and `ha_storage` are the lock too.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "storage" => Some(Self::Storage),
            "ha-lock" | "ha_lock" | "ha_storage" => Some(Self::HaLock),
            "seal" => Some(Self::Seal),
            _ => None,
        }
    }
}

/// The explicit list of providers, and those that were loaded from files.
#[derive(Clone, Default)]
pub struct Catalog {
    providers: Vec<(Kind, String, Arc<dyn Provider>)>,
    loaded: Vec<(PluginSpec, Loaded)>,
}

impl Catalog {
    /// A catalog of the bundled providers.
    pub fn new(bundled: Vec<(Kind, Arc<dyn Provider>)>) -> Self {
        let named = bundled.into_iter().map(|(kind, it)| (kind, it.name().to_owned(), it));
        Self { providers: named.collect(), loaded: Vec::new() }
    }

    /// Loads the plugins of the configuration, all or none. A loaded provider goes by the name of
    /// its stanza, and shadows a bundled one of that name.
    pub fn load(&mut self, specs: &[PluginSpec]) -> Result<(), Error> {
        let mut loaded = Vec::with_capacity(specs.len());
        for spec in specs {
            let same =
                |(it, _): &&(PluginSpec, Loaded)| it.kind == spec.kind && it.name == spec.name;
            if self.loaded.iter().chain(&loaded).find(same).is_some() {
                let why = "there are two stanzas of this name; give each its own".to_owned();
                let (kind, name) = (spec.kind.to_string(), spec.name.clone());
                return Err(Error::Stanza { kind, name, why });
            }
            loaded.push((spec.clone(), crate::load(spec)?));
        }
        for (spec, it) in loaded {
            self.replace(spec, it);
        }
        Ok(())
    }

    /// The plugins that were loaded, in the order of their stanzas.
    pub fn loaded(&self) -> &[(PluginSpec, Loaded)] {
        &self.loaded
    }

    /// The stanza and the file of a provider; `None` for a bundled one.
    pub fn loaded_as(&self, kind: Kind, name: &str) -> Option<&(PluginSpec, Loaded)> {
        self.loaded.iter().find(|(spec, _)| spec.kind == kind && spec.name == name)
    }

    /// Puts another generation of a plugin in the place of the one before.
    pub(crate) fn replace(&mut self, spec: PluginSpec, loaded: Loaded) {
        self.providers.retain(|(kind, name, _)| (*kind, name) != (spec.kind, &spec.name));
        self.providers.push((spec.kind, spec.name.clone(), loaded.provider.clone()));
        self.loaded.retain(|(it, _)| (it.kind, &it.name) != (spec.kind, &spec.name));
        self.loaded.push((spec, loaded));
    }

    /// The labels of a kind, sorted.
    pub fn labels(&self, kind: Kind) -> Vec<String> {
        let of_kind = self.providers.iter().filter(|(k, ..)| *k == kind);
        let mut labels: Vec<String> = of_kind.map(|(_, name, _)| name.clone()).collect();
        labels.sort();
        labels
    }

    /// Opens the storage that a `storage` stanza names.
    pub async fn storage(
        &self,
        label: &str,
        settings: Settings,
    ) -> Result<Arc<dyn Storage>, Error> {
        let opened = self.open(Kind::Storage, label, settings).await?;
        let wrong = || Error::WrongKind { kind: Kind::Storage, label: label.to_owned() };
        opened.storage.ok_or_else(wrong)
    }

    /// Opens the HA lock that a `ha_storage` stanza names.
    pub async fn ha_lock(&self, label: &str, settings: Settings) -> Result<Arc<dyn HaLock>, Error> {
        let opened = self.open(Kind::HaLock, label, settings).await?;
        let wrong = || Error::WrongKind { kind: Kind::HaLock, label: label.to_owned() };
        opened.ha_lock.ok_or_else(wrong)
    }

    /// Opens the seal that a `seal` stanza names.
    pub async fn seal(&self, label: &str, settings: Settings) -> Result<Arc<dyn Seal>, Error> {
        let opened = self.open(Kind::Seal, label, settings).await?;
        let wrong = || Error::WrongKind { kind: Kind::Seal, label: label.to_owned() };
        opened.seal.ok_or_else(wrong)
    }

    /// The provider that a stanza of this kind names.
    pub fn find(&self, kind: Kind, label: &str) -> Result<&Arc<dyn Provider>, Error> {
        let found = self.providers.iter().find(|(k, name, _)| *k == kind && name == label);
        let absent = || Error::NotFound { kind, label: label.to_owned(), known: self.labels(kind) };
        found.map(|(.., provider)| provider).ok_or_else(absent)
    }

    async fn open(&self, kind: Kind, label: &str, settings: Settings) -> Result<Opened, Error> {
        let provider = self.find(kind, label)?;
        let failed = |source| Error::Open { kind, label: label.to_owned(), source };
        provider.open(settings).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests;
