//! Removing the data of mounts that are gone, a bounded piece at a time.

use bytes::Bytes;
use logical::{Result, View};

#[cfg(test)]
mod tests;

/// How many keys one transaction removes: well within the least batch of a storage.
pub const PURGE_MAX: usize = 64;

/// Where the prefixes that are still to be emptied are noted, by the UUID of the mount.
const INTENTS: &str = "core/purge/";

/// Notes the prefix for [`purge`], which whoever takes a mount away wakes after the commit: that
/// request has enough to write.
///
/// The note is left even where nothing seems to be left: a write that was under way when the mount
/// was taken away is committed later, and goes with the note.
pub(crate) fn start(view: &dyn View, uuid: &str, prefix: &str) -> Result<()> {
    view.put(&format!("{INTENTS}{uuid}"), Bytes::copy_from_slice(prefix.as_bytes()))
}

/// Goes on removing the data of mounts that are gone; says whether there is more to do. To be called
/// in transactions of its own until there is not, after an activation and after a mount was disabled.
pub async fn purge(view: &dyn View) -> Result<bool> {
    let mut budget = PURGE_MAX;
    let intents = view.list(INTENTS, "", 0).await?;
    for uuid in &intents.keys {
        let key = format!("{INTENTS}{uuid}");
        let Some(value) = view.get(&key).await? else { continue };
        budget -= remove(view, &String::from_utf8_lossy(&value), budget).await?;
        if budget == 0 {
            return Ok(true);
        }
        view.delete(&key)?;
    }
    Ok(intents.more)
}

/// Removes up to `budget` keys below a prefix; says how many.
async fn remove(view: &dyn View, prefix: &str, budget: usize) -> Result<usize> {
    let mut removed = 0;
    let mut folders = vec![prefix.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut after = String::new();
        loop {
            if removed == budget {
                return Ok(removed);
            }
            let page = view.list(&folder, &after, budget - removed).await?;
            for name in &page.keys {
                let full = format!("{folder}{name}");
                if name.ends_with('/') {
                    folders.push(full);
                } else if removed < budget {
                    view.delete(&full)?;
                    removed += 1;
                }
            }
            match page.keys.last() {
                Some(last) if page.more => after.clone_from(last),
                _ => break,
            }
        }
    }
    Ok(removed)
}
