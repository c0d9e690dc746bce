//! `ha_storage "{{name}}"`: an HA lock that keeps everything in memory, until your service is in its
//! place.
//!
//! What each call promises is said at the trait, `plugin_api::HaLock`. There is no background work:
//! the server renews and gives up by itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use plugin_api::{
    Acquired, Fence, HaLock, Holder, Op, Opened, Provider, Result, Settings, async_trait, key,
};

/// Opens the lock of a stanza.
pub struct Opener;

plugin_api::export! {
    provider = Opener,
    manifest = {
        name: "{{name}}",
        kinds: [ha_lock],
        license: "Apache-2.0",
        description: "An HA lock for Strongroom.",
    }
}

#[async_trait]
impl Provider for Opener {
    fn name(&self) -> &str {
        "{{name}}"
    }

    async fn open(&self, settings: Settings) -> Result<Opened> {
        // `settings.require("address")?` takes a setting; what nobody took is refused by its name.
        settings.finish()?;
        Ok(Opened { ha_lock: Some(Arc::new(Locks::default())), ..Opened::default() })
    }
}

/// All locks by their keys. Those that nobody holds stay: their epochs must go on growing.
#[derive(Default)]
struct Locks {
    by_key: Mutex<BTreeMap<String, Lock>>,
}

#[derive(Default)]
struct Lock {
    epoch: u64,
    value: String,
    until: Option<Instant>,
}

impl Locks {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Lock>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lock {
    fn is_held(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }

    fn is_held_by(&self, fence: &Fence) -> bool {
        self.is_held() && self.epoch == fence.epoch && token(self.epoch) == fence.token
    }
}

/// Unique to an acquisition.
fn token(epoch: u64) -> String {
    format!("{{name}}-{epoch}")
}

#[async_trait]
impl HaLock for Locks {
    async fn acquire(&self, _op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        key::check_key(key)?;
        let mut all = self.all();
        let lock = all.entry(key.to_owned()).or_default();
        if lock.is_held() {
            let holder = Holder { value: lock.value.clone(), epoch: lock.epoch };
            return Ok(Acquired::Held(holder));
        }
        let epoch = lock.epoch + 1;
        *lock = Lock { epoch, value: value.to_owned(), until: Some(Instant::now() + ttl) };
        Ok(Acquired::Acquired(Fence { lock_key: key.to_owned(), token: token(epoch), epoch }))
    }

    async fn renew(&self, _op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let mut all = self.all();
        match all.get_mut(&fence.lock_key).filter(|lock| lock.is_held_by(fence)) {
            None => Ok(false),
            Some(lock) => {
                lock.until = Some(Instant::now() + ttl);
                Ok(true)
            }
        }
    }

    async fn release(&self, _op: Op, fence: &Fence) -> Result<()> {
        let mut all = self.all();
        if let Some(lock) = all.get_mut(&fence.lock_key).filter(|lock| lock.is_held_by(fence)) {
            lock.until = None;
        }
        Ok(())
    }

    async fn current(&self, _op: Op, key: &str) -> Result<Option<Holder>> {
        let all = self.all();
        let lock = all.get(key).filter(|lock| lock.is_held());
        Ok(lock.map(|lock| Holder { value: lock.value.clone(), epoch: lock.epoch }))
    }
}
