//! The rewriting of a mount that was version 1 into version 2.

use logical::{Result, View};
use serde_json::value::RawValue;

use crate::{
    kv::{v1, v2::Store},
    walk::Walk,
};

/// The most secrets that one step rewrites, so that it fits into one transaction.
pub const UPGRADE_STEP_MAX: usize = 100;

/// How far a mount has been rewritten.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Upgrade {
    /// There is more: take another step, in another transaction.
    More,
    /// All of it.
    Done,
}

/// Takes one step: rewrites the next secrets of version 1 in the mount's part of the store.
///
/// A version 2 engine serves the mount before, between and after the steps alike.
pub async fn upgrade(view: &dyn View) -> Result<Upgrade> {
    let store = Store::new();
    for path in next(view).await? {
        let Some(record) = store.load::<Box<RawValue>>(view, &path).await? else { continue };
        match record.is_version_1() {
            true => store.save(view, &path, &record)?,
            // Version 2 has its own entry by now; the older one has been out of sight since.
            false => view.delete(&v1::key(&path))?,
        }
    }
    let left = view.list(v1::PREFIX, "", 1).await?;
    Ok(if left.keys.is_empty() { Upgrade::Done } else { Upgrade::More })
}

/// Some paths that have an entry of version 1.
async fn next(view: &dyn View) -> Result<Vec<String>> {
    let mut walk = Walk::new();
    while walk.len() < UPGRADE_STEP_MAX
        && let Some(folder) = walk.next_folder()
    {
        let room = UPGRADE_STEP_MAX - walk.len();
        let entries = view.list(&v1::key(&folder), "", room).await?;
        walk.add(&folder, entries)?;
    }
    Ok(walk.into_found())
}
