//! The mount table: the snapshot that serves, and how it is loaded from the store.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use logical::{Error, Result, View};

use crate::{
    Catalog, Class, Mount, Record, SystemTtls,
    builtin::{BUILTINS, Unopened},
    routes::Routes,
};

#[cfg(test)]
pub(crate) mod tests;

/// Counts the changes of the table: each one reads and writes it, so that of two at a time one
/// conflicts, whatever paths they are about.
const GENERATION: &str = "core/mount-generation";

/// All mounts of an active node.
pub struct MountTable {
    pub(crate) routes: Arc<ArcSwap<Routes>>,
    catalog: ArcSwapOption<Catalog>,
    pub(crate) system: SystemTtls,
}

impl MountTable {
    /// A table without mounts.
    pub fn new(system: SystemTtls) -> Self {
        Self {
            routes: Arc::new(ArcSwap::from_pointee(Routes::default())),
            catalog: ArcSwapOption::empty(),
            system,
        }
    }

    /// Reads the table from the store, at activation; makes the built-in mounts of a fresh store.
    ///
    /// `view` is all of the barrier. The mounts serve once its transaction has been committed.
    pub async fn load(&self, view: &dyn View, catalog: Arc<Catalog>) -> Result<()> {
        let generation = read_generation(view).await?;
        let mut mounts = Vec::new();
        for class in [Class::Secret, Class::Auth] {
            for record in read_records(view, class).await? {
                mounts.push(Arc::new(self.open_or_explain(&catalog, class, record)));
            }
        }
        for builtin in BUILTINS {
            let there = |mount: &Arc<Mount>| {
                mount.class == builtin.class && mount.record.path == builtin.path
            };
            if !mounts.iter().any(there) {
                let record = builtin.record();
                put_record(view, builtin.class, &record)?;
                mounts.push(Arc::new(self.open_or_explain(&catalog, builtin.class, record)));
            }
        }
        self.catalog.store(Some(catalog));
        self.swap(view, Routes::new(mounts, generation));
        Ok(())
    }

    /// Lets go of all mounts and the catalog. Nothing is routed afterwards.
    pub fn clear(&self) {
        self.routes.store(Arc::default());
        self.catalog.store(None);
    }

    /// The mount of a path and what is left of the path.
    pub fn resolve<'p>(&self, path: &'p str) -> Option<(Arc<Mount>, &'p str)> {
        let routes = self.routes.load();
        routes.resolve(path).map(|(mount, rest)| (Arc::clone(mount), rest))
    }

    /// The mount at this full path (`kv`, `kv/`, `auth/approle/`).
    pub fn at(&self, path: &str) -> Option<Arc<Mount>> {
        self.routes.load().at(path).cloned()
    }

    /// The mounts of a class, sorted by path.
    pub fn list(&self, class: Class) -> Vec<Arc<Mount>> {
        self.routes.load().class(class).cloned().collect()
    }

    /// The mount with this accessor.
    pub fn by_accessor(&self, accessor: &str) -> Option<Arc<Mount>> {
        self.routes.load().by_accessor(accessor).cloned()
    }

    /// All mounts at this time.
    pub fn routes(&self) -> Arc<Routes> {
        self.routes.load_full()
    }

    /// The limits that the configuration sets.
    pub const fn system_ttls(&self) -> SystemTtls {
        self.system
    }

    /// The types that can be mounted.
    pub(crate) fn catalog(&self) -> Result<Arc<Catalog>> {
        self.catalog.load_full().ok_or_else(|| {
            Error::unavailable("the mount table is not loaded", "no catalog of backends")
        })
    }

    /// The snapshot to change, if it is what the store says, too.
    pub(crate) async fn begin(&self, view: &dyn View) -> Result<Arc<Routes>> {
        let stored = read_generation(view).await?;
        let routes = self.routes.load_full();
        if stored == routes.generation() {
            return Ok(routes);
        }
        // Another change was committed, and is about to replace the snapshot: as good as a conflict.
        Err(crate::view::conflict())
    }

    /// Writes that the table changes, and lets `next` serve once that is committed.
    pub(crate) fn commit(&self, view: &dyn View, next: Routes) -> Result<()> {
        view.put(GENERATION, Bytes::from(next.generation().to_string()))?;
        self.swap(view, next);
        Ok(())
    }

    /// Opens the backend of a record.
    pub(crate) fn open(&self, catalog: &Catalog, class: Class, record: Record) -> Result<Mount> {
        let kind = catalog
            .find(class, &record.kind)
            .ok_or_else(|| crate::catalog::unknown(&record.kind))?;
        let backend = (kind.open)(&record)?;
        Ok(Mount::new(record, class, Some(kind), backend, self.system))
    }

    /// Opens the backend of a stored record; one that does not open must not take the others down.
    fn open_or_explain(&self, catalog: &Catalog, class: Class, record: Record) -> Mount {
        match self.open(catalog, class, record.clone()) {
            Ok(mount) => mount,
            Err(error) => {
                let why = format!("the mount {} cannot be used: {error}", record.path);
                let kind = catalog.find(class, &record.kind);
                Mount::new(record, class, kind, Arc::new(Unopened { why }), self.system)
            }
        }
    }

    fn swap(&self, view: &dyn View, next: Routes) {
        let routes = Arc::clone(&self.routes);
        let next = Arc::new(next);
        view.on_commit(Box::new(move || routes.store(next)));
    }
}

/// Writes the record of a mount.
pub(crate) fn put_record(view: &dyn View, class: Class, record: &Record) -> Result<()> {
    view.put(&record_key(class, &record.uuid), record.encode()?)
}

/// The key of a record.
pub(crate) fn record_key(class: Class, uuid: &str) -> String {
    format!("{}{uuid}", class.records())
}

async fn read_records(view: &dyn View, class: Class) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut after = String::new();
    loop {
        let page = view.list(class.records(), &after, 0).await?;
        for uuid in &page.keys {
            let key = record_key(class, uuid);
            if let Some(value) = view.get(&key).await? {
                records.push(Record::decode(&key, &value)?);
            }
        }
        match page.keys.last() {
            Some(last) if page.more => after.clone_from(last),
            _ => return Ok(records),
        }
    }
}

async fn read_generation(view: &dyn View) -> Result<u64> {
    let Some(value) = view.get(GENERATION).await? else { return Ok(0) };
    std::str::from_utf8(&value)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal(format!("corrupt entry {GENERATION}")))
}
