//! The providers that a server has open: counted, shown, and exchanged while it runs.
//!
//! ```text
//! stanza ──▶ catalog ──▶ open ──▶ slot ◀── calls
//!                                  ▲
//! reload: load ─▶ open ─▶ check ───┘ swap, drain, close; on failure the old one stays
//! ```
//!
//! - `slot.rs`: the place of an opened provider, whose generations are exchanged.
//! - `storage.rs`, `seal.rs`: the contracts on top of it. `meter.rs`: how their calls went.
//! - `reload.rs`: from one generation to the next. `shown.rs`: what an operator is told.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use plugin_api::{Seal, Settings, Storage};

use crate::{
    Catalog, Error, Kind, Loaded, PluginSpec,
    runtime::{meter::Meter, seal::SealInUse, storage::StorageInUse},
};

mod meter;
mod reload;
mod seal;
mod shown;
mod slot;
mod storage;

pub use crate::runtime::{
    meter::{Calls, LastError},
    reload::{Change, Reloaded, Wanted},
};

/// The open providers of a server.
pub struct Runtime {
    catalog: Mutex<Catalog>,
    used: Mutex<Vec<Arc<InUse>>>,
    /// What a reload has loaded and could not use, for the next one.
    spare: Mutex<Vec<(PluginSpec, Loaded)>>,
    /// One reload at a time.
    reloading: tokio::sync::Mutex<()>,
}

/// One provider that a stanza uses.
struct InUse {
    kind: Kind,
    name: String,
    contract: Contract,
    meter: Arc<Meter>,
    history: Mutex<History>,
}

enum Contract {
    Storage(Arc<StorageInUse>),
    Seal(Arc<SealInUse>),
}

/// What became of a provider since the server started.
struct History {
    /// The settings that it is opened with.
    settings: Settings,
    /// 1, and one more with each exchange.
    generation: u64,
    /// When the present generation was opened.
    since: Timestamp,
    /// Why the last reload kept the old generation.
    kept: Option<String>,
}

impl InUse {
    /// Whether calls have somewhere to go.
    fn is_open(&self) -> bool {
        match &self.contract {
            Contract::Storage(storage) => storage.slot.present().is_some(),
            Contract::Seal(seal) => seal.slot.present().is_some(),
        }
    }

    /// Whether they have, with these settings; `None` are any.
    fn is_opened_with(&self, settings: Option<&Settings>) -> bool {
        self.is_open() && settings.is_none_or(|it| *it == self.history.lock().settings)
    }
}

impl Runtime {
    /// Nothing is open yet.
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog: Mutex::new(catalog),
            used: Mutex::default(),
            spare: Mutex::default(),
            reloading: Default::default(),
        }
    }

    /// Opens the storage that a `storage` stanza names.
    pub async fn storage(
        &self,
        label: &str,
        settings: Settings,
    ) -> Result<Arc<dyn Storage>, Error> {
        let catalog = self.catalog.lock().clone();
        let opened = catalog.storage(label, settings.clone()).await?;
        let meter = Meter::new(Kind::Storage, label);
        let bundled = catalog.loaded_as(Kind::Storage, label).is_none();
        let storage = Arc::new(StorageInUse::new(opened, bundled, &meter));
        self.keep(Kind::Storage, label, Contract::Storage(Arc::clone(&storage)), meter, settings);
        Ok(storage)
    }

    /// Opens the seal that a `seal` stanza names.
    pub async fn seal(&self, label: &str, settings: Settings) -> Result<Arc<dyn Seal>, Error> {
        let catalog = self.catalog.lock().clone();
        let opened = catalog.seal(label, settings.clone()).await?;
        let meter = Meter::new(Kind::Seal, label);
        let seal = Arc::new(SealInUse::new(opened, &meter));
        self.keep(Kind::Seal, label, Contract::Seal(Arc::clone(&seal)), meter, settings);
        Ok(seal)
    }

    /// Whether there is a provider that a stanza of this kind names.
    pub fn find(&self, kind: Kind, label: &str) -> Result<(), Error> {
        self.catalog.lock().find(kind, label).map(drop)
    }

    fn keep(
        &self,
        kind: Kind,
        name: &str,
        contract: Contract,
        meter: Arc<Meter>,
        settings: Settings,
    ) {
        let history = History { settings, generation: 1, since: Timestamp::now(), kept: None };
        let history = Mutex::new(history);
        let in_use = InUse { kind, name: name.to_owned(), contract, meter, history };
        self.used.lock().push(Arc::new(in_use));
    }

    fn in_use(&self, kind: Kind, name: &str) -> Option<Arc<InUse>> {
        let used = self.used.lock();
        used.iter().find(|it| it.kind == kind && it.name == name).cloned()
    }
}
