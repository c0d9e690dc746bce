//! From one generation of a plugin to the next, while the server runs.
//!
//! The new one is loaded and opened beside the old, and must be well and see the same data before
//! any call goes to it. Where two cannot be open at once, because the data has one owner at a time,
//! the old one is closed first and calls wait; if the new one then fails, the old is opened again.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use plugin_api::{Bytes, ErrorKind, Op, Opened, Provider, Secret, Settings, Storage};

use crate::{
    Error, Kind, Loaded, PluginSpec, Runtime,
    runtime::{Contract, InUse, seal::SealInUse, storage::StorageInUse},
};

/// How long calls of the old generation may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long each question to a new generation may take.
const QUESTION: Duration = Duration::from_secs(10);
/// A key that one generation writes and the next must see; it is not there for long.
const PROBE_KEY: &str = "core/plugin-reload-probe";
/// How often the old generation is tried to be opened again, and how long between two tries: what
/// holds its data may need a moment to let go.
const REOPEN_TRIES: u32 = 50;
const REOPEN_PAUSE: Duration = Duration::from_millis(200);
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
        let beside = spec.beside();
        let same = before.clone().filter(|(it, loaded)| *it == spec && loaded.beside == beside);
        let is_opened = |it: &Arc<InUse>| it.is_opened_with(settings.as_ref());
        // A generation that could not be opened again is not left at that.
        if same.is_some() && used.as_ref().is_none_or(is_opened) {
            return Ok(Change::None);
        }
        if before.is_none() && used.is_some() {
            return Err(refused(&spec, "a bundled provider of this name is in use; restart"));
        }
        let loaded = match same {
            Some((_, loaded)) => loaded,
            None => self.load(&spec, &beside).await?,
        };
        let Some(used) = used else {
            self.catalog.lock().replace(spec, loaded);
            return Ok(Change::Loaded);
        };
        let old = before.map(|(_, loaded)| loaded.provider);
        let settings = settings.unwrap_or_else(|| used.history.lock().settings.clone());
        let exchange = Exchange { used: &used, old, new: &loaded, settings: &settings };
        if let Err(why) = exchange.run().await {
            let error = refused(&spec, &why);
            self.keep_spare(spec, loaded);
            return Err(error);
        }
        self.catalog.lock().replace(spec, loaded);
        let mut history = used.history.lock();
        history.generation += 1;
        history.since = Timestamp::now();
        history.settings = settings;
        Ok(Change::Exchanged { generation: history.generation })
    }

    /// Loads a plugin, or takes what an earlier reload has loaded and could not use: a library is
    /// never unloaded, and each reload would leave one more behind.
    async fn load(&self, spec: &PluginSpec, beside: &[u8; 32]) -> Result<Loaded, Error> {
        let spare = {
            let mut all = self.spare.lock();
            let place = all.iter().position(|(it, has)| it == spec && has.beside == *beside);
            place.map(|place| all.swap_remove(place).1)
        };
        if let Some(loaded) = spare {
            return Ok(loaded);
        }
        let loading = spec.clone();
        // Compiling a component takes a while.
        let loaded = tokio::task::spawn_blocking(move || crate::load(&loading)).await;
        loaded.map_err(|_panicked| refused(spec, "loading it has panicked"))?
    }

    fn keep_spare(&self, spec: PluginSpec, loaded: Loaded) {
        let mut spare = self.spare.lock();
        spare.retain(|(it, _)| (it.kind, &it.name) != (spec.kind, &spec.name));
        spare.push((spec, loaded));
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
        let Some(present) = old.slot.present() else {
            // An earlier exchange has closed the last one, whose mark must be seen.
            let probe = Probe(old.left.lock().clone());
            self.sees(old, &new, &probe).await?;
            probe.remove(new.as_ref()).await;
            old.slot.fill(new);
            return Ok(());
        };
        let probe = Probe::write(present.as_ref()).await?;
        let seen = self.sees(old, &new, &probe).await;
        probe.remove(present.as_ref()).await;
        drop(present);
        seen?;
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
        let present = old.slot.present().ok_or("the data is in use by somebody else")?;
        let probe = Probe::write(present.as_ref()).await?;
        drop(present);
        let taken = old.slot.take(PATIENCE).await;
        let Some(taken) = taken else {
            if let Some(present) = old.slot.present() {
                probe.remove(present.as_ref()).await;
            }
            return Err("the old one has calls that do not end, and cannot be closed".to_owned());
        };
        let closed = taken.close().await;
        let closed = closed.map_err(|error| format!("the old one cannot be closed: {error}"));
        // One that refused may serve on; one that failed midway is closed, and is opened again.
        if let Err(why) = &closed
            && taken.health(Op::within(QUESTION)).await.is_ok()
        {
            probe.remove(taken.as_ref()).await;
            old.slot.fill(taken);
            return Err(why.clone());
        }
        drop(taken);
        let replaced = match closed {
            Ok(()) => self.replacement(old, &probe).await,
            Err(why) => Err(why),
        };
        let failed = match replaced {
            Ok(new) => {
                probe.remove(new.as_ref()).await;
                old.slot.fill(new);
                return Ok(());
            }
            Err(why) => why,
        };
        match self.old_again().await {
            Ok(again) => {
                probe.remove(again.as_ref()).await;
                old.slot.fill(again);
                Err(failed)
            }
            Err(why) => {
                *old.left.lock() = probe.0;
                Err(format!(
                    "{failed}; and the old one cannot be opened again ({why}): reload anew"
                ))
            }
        }
    }

    /// The new generation, opened after the old one was closed.
    async fn replacement(&self, old: &StorageInUse, probe: &Probe) -> Kept<Arc<dyn Storage>> {
        let opened = self.new.provider.open(self.settings.clone()).await;
        let opened = opened.map_err(|error| format!("the new one cannot be opened: {error}"))?;
        let new = opened.storage.ok_or("the new one is no storage")?;
        self.sees(old, &new, probe).await?;
        Ok(new)
    }

    /// Whether a new generation is well and has the data of the old one; it is closed if not.
    async fn sees(&self, old: &StorageInUse, new: &Arc<dyn Storage>, probe: &Probe) -> Kept<()> {
        let seen = match healthy(old, new.as_ref()).await {
            Ok(()) => probe.check(new.as_ref()).await,
            unwell => unwell,
        };
        if seen.is_err() {
            close(new.as_ref()).await;
        }
        seen
    }

    /// The old generation, opened once more.
    async fn old_again(&self) -> Kept<Arc<dyn Storage>> {
        let provider = self.old.as_ref().ok_or("it was never loaded")?;
        let settings = self.used.history.lock().settings.clone();
        let mut tries = 0;
        loop {
            tries += 1;
            match provider.open(settings.clone()).await {
                Ok(opened) => return Ok(opened.storage.ok_or("it is no storage any more")?),
                Err(error) if tries >= REOPEN_TRIES => return Err(error.to_string()),
                Err(_in_use) => tokio::time::sleep(REOPEN_PAUSE).await,
            }
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

/// Whether a new generation can do what the old one does.
async fn healthy(old: &StorageInUse, new: &dyn Storage) -> Kept<()> {
    if new.capabilities() != old.capabilities() {
        return Err("the new one claims other capabilities; restart the server for it".to_owned());
    }
    let health = new.health(Op::within(QUESTION)).await;
    health.map_err(|error| unwell(&error.to_string()))
}

/// What one generation has written and the next must see. A copy of the data, or an older state of
/// it, has everything else, and not this.
struct Probe(Bytes);

impl Probe {
    async fn write(storage: &dyn Storage) -> Kept<Self> {
        let mark: [u8; 16] = crypto::random::bytes();
        let mark = Bytes::copy_from_slice(&mark);
        let written = storage.put(Op::within(QUESTION), PROBE_KEY, mark.clone(), None).await;
        written.map_err(|error| format!("the old one cannot be written to: {error}"))?;
        Ok(Self(mark))
    }

    async fn check(&self, storage: &dyn Storage) -> Kept<()> {
        match storage.get(Op::within(QUESTION), PROBE_KEY).await {
            Ok(Some(mark)) if mark == self.0 => Ok(()),
            Ok(_) => {
                Err("the new one does not see the data of the old one; check its settings and \
                          grants"
                    .to_owned())
            }
            Err(error) => Err(format!("the new one cannot be read: {error}")),
        }
    }

    async fn remove(&self, storage: &dyn Storage) {
        if let Err(error) = storage.delete(Op::within(QUESTION), PROBE_KEY, None).await {
            tracing::warn!(%error, key = PROBE_KEY, "a key of a reload is left behind");
        }
    }
}

fn unwell(why: &str) -> String {
    format!("the new one is not well: {why}")
}

async fn close(storage: &dyn Storage) {
    if let Err(error) = storage.close().await {
        tracing::warn!(%error, "a generation of a plugin could not be closed in order");
    }
}
