//! From one generation of a plugin to the next, while the server runs.
//!
//! The new one is loaded and opened beside the old, and must be well and see the same data before
//! any call goes to it. Where two cannot be open at once, because the data has one owner at a time,
//! the old one is closed first and calls wait; if the new one then fails, the old is opened again.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use plugin_api::{ErrorKind, Op, Opened, Page, Provider, Secret, Settings, Storage};

use crate::{
    Error, Kind, Loaded, PluginSpec, Runtime,
    runtime::{Contract, InUse, seal::SealInUse, storage::StorageInUse},
};

/// How long calls of the old generation may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long each question to a new generation may take.
const QUESTION: Duration = Duration::from_secs(10);
/// The names that two generations of a storage are compared by.
const NAMES: usize = 100;
/// What two generations of a seal are compared by; it is no secret.
const PROBE: &[u8; 32] = b"strongroom: one key, two readers";

/// A `plugin` stanza as it now stands, and the settings of the stanza that uses the plugin.
pub struct Wanted {
    /// What to load.
    pub spec: PluginSpec,
    /// What to open it with; `None` where no stanza uses it.
    pub settings: Option<Settings>,
}

/// What became of one plugin.
#[derive(Debug)]
pub struct Reloaded {
    /// What it provides.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The change, or why the old one stays.
    pub outcome: Result<Change, Error>,
}

/// What a reload changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// The stanza is what it was.
    None,
    /// Nothing uses the plugin; the next one to open it gets the new one.
    Loaded,
    /// Calls go to this generation now.
    Exchanged {
        /// Its number; the first was 1.
        generation: u64,
    },
}

/// An error says why the old generation stays.
type Kept<T> = Result<T, String>;

impl Runtime {
    /// Loads every plugin whose stanza has changed, and exchanges those in use. A failure keeps the
    /// old one.
    pub async fn reload(&self, wanted: Vec<Wanted>) -> Vec<Reloaded> {
        let _turn = self.reloading.lock().await;
        let mut all = Vec::with_capacity(wanted.len());
        for Wanted { spec, settings } in wanted {
            let (kind, name) = (spec.kind, spec.name.clone());
            let outcome = self.reload_one(spec, settings).await;
            if let Some(used) = self.in_use(kind, &name) {
                used.history.lock().kept = outcome.as_ref().err().map(ToString::to_string);
            }
            all.push(Reloaded { kind, name, outcome });
        }
        all
    }

    async fn reload_one(
        &self,
        spec: PluginSpec,
        settings: Option<Settings>,
    ) -> Result<Change, Error> {
        let before = self.catalog.lock().loaded_as(spec.kind, &spec.name).cloned();
        let used = self.in_use(spec.kind, &spec.name);
        match (&before, &used) {
            (Some((before, _)), _) if *before == spec => return Ok(Change::None),
            (None, Some(_)) => {
                return Err(refused(&spec, "a bundled provider of this name is in use; restart"));
            }
            _ => (),
        }
        let loading = spec.clone();
        // Compiling a component takes a while.
        let loaded = tokio::task::spawn_blocking(move || crate::load(&loading)).await;
        let loaded = loaded.map_err(|_panicked| refused(&spec, "loading it has panicked"))??;
        let Some(used) = used else {
            self.catalog.lock().replace(spec, loaded);
            return Ok(Change::Loaded);
        };
        let old = before.map(|(_, loaded)| loaded.provider);
        let settings = settings.unwrap_or_else(|| used.history.lock().settings.clone());
        let exchange = Exchange { used: &used, old, new: &loaded, settings: &settings };
        exchange.run().await.map_err(|why| refused(&spec, &why))?;
        self.catalog.lock().replace(spec, loaded);
        let mut history = used.history.lock();
        history.generation += 1;
        history.since = Timestamp::now();
        history.settings = settings;
        Ok(Change::Exchanged { generation: history.generation })
    }
}

fn refused(spec: &PluginSpec, why: &str) -> Error {
    Error::Reload { kind: spec.kind, name: spec.name.clone(), why: why.to_owned() }
}

/// One exchange.
struct Exchange<'e> {
    used: &'e InUse,
    /// Opens the old generation again.
    old: Option<Arc<dyn Provider>>,
    new: &'e Loaded,
    settings: &'e Settings,
}

impl Exchange<'_> {
    async fn run(&self) -> Kept<()> {
        let opened = self.new.provider.open(self.settings.clone()).await;
        match (opened, &self.used.contract) {
            (Ok(opened), Contract::Storage(old)) => self.storage(old, opened).await,
            (Ok(opened), Contract::Seal(old)) => self.seal(old, opened).await,
            (Err(error), Contract::Storage(old)) if error.kind == ErrorKind::Conflict => {
                self.hand_over(old).await
            }
            (Err(error), _) => Err(format!("the new one cannot be opened: {error}")),
        }
    }

    async fn storage(&self, old: &StorageInUse, opened: Opened) -> Kept<()> {
        let new = opened.storage.ok_or("the new one is no storage")?;
        let checked = match names(old.slot.present().as_deref()).await {
            Ok(before) => check(old, new.as_ref(), &before).await,
            Err(why) => Err(why),
        };
        if let Err(why) = checked {
            close(new.as_ref()).await;
            return Err(why);
        }
        if let Some(before) = old.slot.exchange(new, PATIENCE).await {
            if !before.idle {
                tracing::warn!("the old generation still has calls after {PATIENCE:?}");
            }
            close(before.plugin.as_ref()).await;
        }
        Ok(())
    }

    /// The data has one owner at a time: the old one is closed before the new one is opened.
    async fn hand_over(&self, old: &StorageInUse) -> Kept<()> {
        let before = names(old.slot.present().as_deref()).await?;
        let taken = old.slot.take(PATIENCE).await;
        let taken = taken.ok_or("the old one has calls that do not end, and cannot be closed")?;
        close(taken.as_ref()).await;
        drop(taken);
        let failed = match self.new.provider.open(self.settings.clone()).await {
            Err(error) => format!("the new one cannot be opened: {error}"),
            Ok(Opened { storage: None, .. }) => "the new one is no storage".to_owned(),
            Ok(Opened { storage: Some(new), .. }) => {
                match check(old, new.as_ref(), &before).await {
                    Ok(()) => {
                        old.slot.fill(new);
                        return Ok(());
                    }
                    Err(why) => {
                        close(new.as_ref()).await;
                        why
                    }
                }
            }
        };
        let settings = self.used.history.lock().settings.clone();
        let reopened = match &self.old {
            Some(provider) => provider.open(settings).await.map_err(|error| error.to_string()),
            None => Err("it was never loaded".to_owned()),
        };
        match reopened.map(|opened| opened.storage) {
            Ok(Some(again)) => {
                old.slot.fill(again);
                Err(failed)
            }
            Ok(None) => Err(format!("{failed}; and the old one is no storage any more; restart")),
            Err(why) => Err(format!("{failed}; and the old one cannot be opened again: {why}")),
        }
    }

    /// A seal must unwrap what the one before wrapped: the root key is among it.
    async fn seal(&self, old: &SealInUse, opened: Opened) -> Kept<()> {
        let new = opened.seal.ok_or("the new one is no seal")?;
        let op = || Op::within(QUESTION);
        let status = new.status(op()).await.map_err(|error| unwell(&error.to_string()))?;
        if !status.healthy {
            return Err(unwell(&status.detail));
        }
        let present = old.slot.present().ok_or("the old one is gone")?;
        let probe = Secret::new(PROBE.to_vec());
        let told = |error| format!("the two cannot be compared: {error}");
        let blob = present.wrap(op(), &probe, b"reload").await.map_err(told)?;
        match new.unwrap(op(), &blob, b"reload").await {
            Ok(plain) if plain == probe => (),
            Ok(_) => return Err("the new one unwraps to something else".to_owned()),
            Err(error) => {
                return Err(format!("the new one cannot unwrap what the old one wrapped: {error}"));
            }
        }
        drop(present);
        // A seal has nothing to close: the last call's handle is the last of it.
        old.slot.exchange(new, PATIENCE).await;
        Ok(())
    }
}

/// Whether a new generation can stand in for the old one.
async fn check(old: &StorageInUse, new: &dyn Storage, before: &Page) -> Kept<()> {
    if new.capabilities() != old.capabilities() {
        return Err("the new one claims other capabilities; restart the server for it".to_owned());
    }
    let health = new.health(Op::within(QUESTION)).await;
    health.map_err(|error| unwell(&error.to_string()))?;
    let after = names(Some(new)).await?;
    if after == *before {
        return Ok(());
    }
    Err("the new one does not see the data of the old one; check its settings".to_owned())
}

/// The first names of a storage: the same for everyone who sees the same data.
async fn names(storage: Option<&dyn Storage>) -> Kept<Page> {
    let storage = storage.ok_or("the storage is gone")?;
    let told = |error| format!("it cannot be listed: {error}");
    storage.list(Op::within(QUESTION), "", "", NAMES).await.map_err(told)
}

fn unwell(why: &str) -> String {
    format!("the new one is not well: {why}")
}

async fn close(storage: &dyn Storage) {
    if let Err(error) = storage.close().await {
        tracing::warn!(%error, "a generation of a plugin could not be closed in order");
    }
}
