//! A storage with everything that a component can claim: batches, checks, its own lock whose fences
//! it honours, and changes. All of it is one file of a granted folder.

mod file;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use plugin_api::{
    Acquired, Bytes, Capabilities, Changes, Check, Error, ErrorKind, Fence, HaLock, Holder, Op,
    Opened, Page, Provider, Result, Settings, Storage, Write, async_trait, digest, key,
};

use crate::file::{Entry, File};

/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 1 << 20;
/// The most writes in one batch.
const BATCH_OPS_MAX: usize = 1_000;
/// The most bytes of keys and values in one batch.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Changes that are remembered; who asks for older ones is told that some were lost.
const CHANGES_MAX: usize = 10_000;

plugin_api::export! {
    provider = Ledger,
    manifest = {
        name: "ledger",
        kinds: [storage, storage_changes, ha_lock],
        license: "Apache-2.0",
        description: "A storage with its lock and its changes in one file.",
    }
}

struct Ledger;

#[async_trait]
impl Provider for Ledger {
    fn name(&self) -> &str {
        "ledger"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        let folder = settings.require("path")?;
        settings.finish()?;
        let mut state = State::default();
        let file = File::open(Path::new(&folder), |entry| state.take(entry))?;
        let books = Arc::new(Books { all: Mutex::new((state, file)) });
        Ok(Opened { storage: Some(books.clone()), ha_lock: Some(books), ..Opened::default() })
    }
}

/// The opened ledger. What its file says and what is in memory is the same.
struct Books {
    all: Mutex<(State, File)>,
}

/// What all entries of the file come to.
#[derive(Default)]
struct State {
    values: BTreeMap<String, Bytes>,
    locks: BTreeMap<String, Tenure>,
    /// How many keys were ever written, and the last of them.
    written: u64,
    recent: VecDeque<String>,
}

/// Who has, or last had, a lock.
#[derive(Clone)]
struct Tenure {
    epoch: u64,
    value: String,
    /// Milliseconds since 1970; zero once it was given up.
    until: u64,
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn token(epoch: u64) -> String {
    format!("ledger-{epoch}")
}

// === impl State ===

impl State {
    /// Takes an entry of the file over.
    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Written(written) => {
                self.written = written;
                self.recent.clear();
            }
            Entry::Lock { key, epoch, value, until } => {
                self.locks.insert(key, Tenure { epoch, value, until });
            }
            Entry::Writes(writes) => {
                for write in writes {
                    self.written += 1;
                    self.recent.push_back(write.key().to_owned());
                    match write {
                        Write::Put(key, value) => self.values.insert(key, value),
                        Write::Delete(key) => self.values.remove(&key),
                    };
                }
                let old = self.recent.len().saturating_sub(CHANGES_MAX);
                self.recent.drain(..old);
            }
        }
    }

    fn held(&self, key: &str) -> Option<&Tenure> {
        self.locks.get(key).filter(|tenure| now() < tenure.until)
    }

    fn held_by(&self, fence: &Fence) -> Option<&Tenure> {
        let own = |held: &&Tenure| held.epoch == fence.epoch && token(held.epoch) == fence.token;
        self.held(&fence.lock_key).filter(own)
    }

    fn holds(&self, check: &Check) -> bool {
        match check {
            Check::Absent(key) => !self.values.contains_key(key),
            Check::ValueIs(key, wanted) => {
                self.values.get(key).is_some_and(|value| digest::sha256(value) == *wanted)
            }
        }
    }

    /// The keys written after a cursor; `None` if they are not all remembered.
    fn since(&self, cursor: u64) -> Option<BTreeSet<String>> {
        let missed = usize::try_from(self.written.checked_sub(cursor)?).ok()?;
        let first = self.recent.len().checked_sub(missed)?;
        Some(self.recent.iter().skip(first).cloned().collect())
    }

    /// The entries of a file that comes to the same.
    fn entries(&self) -> Vec<Entry> {
        let put = |(key, value): (&String, &Bytes)| Write::Put(key.clone(), value.clone());
        let lock = |(key, tenure): (&String, &Tenure)| {
            let Tenure { epoch, value, until } = tenure.clone();
            Entry::Lock { key: key.clone(), epoch, value, until }
        };
        let values = self.values.iter().map(|entry| Entry::Writes(vec![put(entry)]));
        let mut entries: Vec<Entry> = values.chain(self.locks.iter().map(lock)).collect();
        entries.push(Entry::Written(self.written));
        entries
    }
}

// === impl Books ===

impl Books {
    fn open(&self) -> MutexGuard<'_, (State, File)> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an entry down, and then takes it over.
    fn enter(books: &mut (State, File), entry: Entry) -> Result<()> {
        let (state, file) = books;
        file.append(&entry)?;
        state.take(entry);
        if file.is_long() { file.rewrite(&state.entries()) } else { Ok(()) }
    }
}

#[async_trait]
impl Storage for Books {
    fn capabilities(&self) -> Capabilities {
        let mut caps = Capabilities::basic()
            .with_batches(BATCH_OPS_MAX, BATCH_BYTES_MAX)
            .with_checks()
            .with_entry_limits(key::KEY_BYTES_MAX, VALUE_BYTES_MAX);
        (caps.fencing, caps.changes) = (true, true);
        caps
    }

    async fn get(&self, _op: Op, key: &str) -> Result<Option<Bytes>> {
        check_entry(key, 0)?;
        Ok(self.open().0.values.get(key).cloned())
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.apply(op, &[], &[Write::Put(key.to_owned(), value)], fence).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.apply(op, &[], &[Write::Delete(key.to_owned())], fence).await
    }

    async fn list(&self, _op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        let books = self.open();
        let below = books.0.values.range(prefix.to_owned()..);
        let rests = below.map_while(|(key, _)| key.strip_prefix(prefix));
        let names = rests.map(|rest| rest.split_inclusive('/').next().unwrap_or(rest));
        let mut keys: Vec<String> = names.filter(|it| *it > after).map(str::to_owned).collect();
        keys.dedup();
        let more = limit > 0 && keys.len() > limit;
        if more {
            keys.truncate(limit);
        }
        Ok(Page { keys, more })
    }

    async fn apply(
        &self,
        _op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        check_batch(checks, writes)?;
        let mut books = self.open();
        if fence.is_some_and(|fence| books.0.held_by(fence).is_none()) {
            return Err(Error::new(ErrorKind::Fenced, "the fence is not that of the holder"));
        }
        if !checks.iter().all(|check| books.0.holds(check)) {
            return Err(Error::new(ErrorKind::Conflict, "a checked key was changed meanwhile"));
        }
        if writes.is_empty() {
            return Ok(());
        }
        Self::enter(&mut books, Entry::Writes(writes.to_vec()))
    }

    /// Waits for as long as it is told to, and keeps the instance from everything else meanwhile.
    async fn changes(&self, _op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        let state = &self.open().0;
        let cursor_now = state.written.to_string();
        let Some(cursor) = cursor else {
            return Ok(Changes { cursor: cursor_now, ..Changes::default() });
        };
        let wrong = || Error::new(ErrorKind::InvalidArgument, "the cursor is none of the ledger's");
        let since = state.since(cursor.parse().map_err(|_not_a_number| wrong())?);
        if since.as_ref().is_some_and(BTreeSet::is_empty) {
            thread::sleep(wait);
        }
        let overflow = since.is_none();
        let keys = since.unwrap_or_default().into_iter().collect();
        Ok(Changes { cursor: cursor_now, keys, overflow })
    }
}

#[async_trait]
impl HaLock for Books {
    async fn acquire(&self, _op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        check_entry(key, value.len())?;
        let mut books = self.open();
        if let Some(held) = books.0.held(key) {
            let holder = Holder { value: held.value.clone(), epoch: held.epoch };
            return Ok(Acquired::Held(holder));
        }
        let epoch = books.0.locks.get(key).map_or(1, |before| before.epoch + 1);
        Self::enter(
            &mut books,
            lock(key, Tenure { epoch, value: value.to_owned(), until: 0 }, ttl),
        )?;
        Ok(Acquired::Acquired(Fence { lock_key: key.to_owned(), token: token(epoch), epoch }))
    }

    async fn renew(&self, _op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let mut books = self.open();
        let Some(tenure) = books.0.held_by(fence).cloned() else { return Ok(false) };
        Self::enter(&mut books, lock(&fence.lock_key, tenure, ttl))?;
        Ok(true)
    }

    async fn release(&self, _op: Op, fence: &Fence) -> Result<()> {
        let mut books = self.open();
        let Some(Tenure { epoch, value, .. }) = books.0.held_by(fence).cloned() else {
            return Ok(());
        };
        let key = fence.lock_key.clone();
        Self::enter(&mut books, Entry::Lock { key, epoch, value, until: 0 })
    }

    async fn current(&self, _op: Op, key: &str) -> Result<Option<Holder>> {
        let books = self.open();
        let held = books.0.held(key);
        Ok(held.map(|it| Holder { value: it.value.clone(), epoch: it.epoch }))
    }
}

/// The entry of a tenure that lasts so long from now; a begun millisecond counts as none, or the next
/// holder would come too soon.
fn lock(key: &str, tenure: Tenure, ttl: Duration) -> Entry {
    let Tenure { epoch, value, .. } = tenure;
    let until = (now() + 1).saturating_add(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
    Entry::Lock { key: key.to_owned(), epoch, value, until }
}

fn check_batch(checks: &[Check], writes: &[Write]) -> Result<()> {
    check_size("writes in a batch", writes.len(), BATCH_OPS_MAX)?;
    check_size("checks in a batch", checks.len(), BATCH_OPS_MAX)?;
    check_size("bytes in a batch", writes.iter().map(Write::bytes).sum(), BATCH_BYTES_MAX)?;
    for write in writes {
        match write {
            Write::Put(key, value) => check_entry(key, value.len())?,
            Write::Delete(key) => check_entry(key, 0)?,
        }
    }
    checks.iter().try_for_each(|check| match check {
        Check::Absent(key) | Check::ValueIs(key, _) => check_entry(key, 0),
    })
}

fn check_entry(key: &str, value_bytes: usize) -> Result<()> {
    key::check_key(key)?;
    check_size("bytes in a value", value_bytes, VALUE_BYTES_MAX)
}

fn check_size(what: &str, size: usize, limit: usize) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("{size} {what}, the limit is {limit}")))
}
