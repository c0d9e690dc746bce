//! All providers that this server has, by kind and label.

use std::{fmt, sync::Arc};

use plugin_api::{Opened, Provider, Seal, Settings, Storage};

use crate::Error;

/// What a provider is for: the word of its stanza.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `storage "…"`.
    Storage,
    /// `seal "…"`.
    Seal,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Storage => "storage",
            Self::Seal => "seal",
        })
    }
}

/// The explicit list of providers.
#[derive(Clone, Default)]
pub struct Catalog {
    providers: Vec<(Kind, Arc<dyn Provider>)>,
}

impl Catalog {
    /// A catalog of the bundled providers.
    pub fn new(bundled: Vec<(Kind, Arc<dyn Provider>)>) -> Self {
        Self { providers: bundled }
    }

    /// The labels of a kind, sorted.
    pub fn labels(&self, kind: Kind) -> Vec<String> {
        let of_kind = self.providers.iter().filter(|(k, _)| *k == kind);
        let mut labels: Vec<String> = of_kind.map(|(_, p)| p.name().to_owned()).collect();
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

    /// Opens the seal that a `seal` stanza names.
    pub async fn seal(&self, label: &str, settings: Settings) -> Result<Arc<dyn Seal>, Error> {
        let opened = self.open(Kind::Seal, label, settings).await?;
        let wrong = || Error::WrongKind { kind: Kind::Seal, label: label.to_owned() };
        opened.seal.ok_or_else(wrong)
    }

    async fn open(&self, kind: Kind, label: &str, settings: Settings) -> Result<Opened, Error> {
        let found = self.providers.iter().find(|(k, p)| *k == kind && p.name() == label);
        let Some((_, provider)) = found else {
            return Err(Error::NotFound {
                kind,
                label: label.to_owned(),
                known: self.labels(kind),
            });
        };
        let failed = |source| Error::Open { kind, label: label.to_owned(), source };
        provider.open(settings).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests;
