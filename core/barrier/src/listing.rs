//! A listing as it will be once some writes are done, though they are not done yet.

use std::collections::{BTreeMap, BTreeSet};

use plugin_api::{ErrorKind, Page, async_trait};

use crate::Result;

/// Something that can be listed.
#[async_trait]
pub(crate) trait Lister: Send + Sync {
    /// A page, in the terms of the storage contract.
    async fn page(&self, span: Span<'_>) -> Result<Page>;
}

/// Which names are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) after: &'a str,
    pub(crate) limit: usize,
}

/// Keys that will be there (`true`) or not (`false`).
pub(crate) type Changes = BTreeMap<String, bool>;

/// The changes among `writes` that concern the listing of a prefix.
pub(crate) fn changes<T>(writes: &BTreeMap<String, Option<T>>, prefix: &str) -> Changes {
    writes
        .range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded))
        .take_while(|(key, _)| key.starts_with(prefix))
        .map(|(key, value)| (key.clone(), value.is_some()))
        .collect()
}

/// A page of the listing below, with the changes done.
pub(crate) async fn merged(below: &dyn Lister, changes: &Changes, span: Span<'_>) -> Result<Page> {
    if changes.is_empty() {
        return below.page(span).await;
    }
    let children = children(changes, span.prefix);
    let mut names = BTreeSet::new();
    let mut cursor = span.after.to_owned();
    // Names beyond `end` are for the next page: those of the storage are not known yet.
    let end = loop {
        let page = below.page(Span { after: &cursor, ..span }).await?;
        let last = page.keys.last().cloned();
        for name in page.keys {
            if !vanishes(below, changes, &children, span.prefix, &name).await? {
                names.insert(name);
            }
        }
        match (page.more, last) {
            (false, _) => break None,
            (true, None) => return Err(stalled().into()),
            (true, Some(last)) => cursor = last,
        }
        if !names.is_empty() && names.len() >= span.limit {
            break Some(cursor);
        }
    };
    let wanted = |name: &str| name > span.after && end.as_deref().is_none_or(|end| name <= end);
    names.extend(
        children
            .into_iter()
            .filter(|(name, fate)| matches!(fate, Fate::Present) && wanted(name))
            .map(|(name, _)| name.to_owned()),
    );
    let mut keys: Vec<String> = names.into_iter().collect();
    let more = end.is_some() || (span.limit > 0 && keys.len() > span.limit);
    if span.limit > 0 {
        keys.truncate(span.limit);
    }
    Ok(Page { keys, more })
}

/// What the changes do to one name of the listing.
enum Fate {
    /// It is there afterwards.
    Present,
    /// A key that is not there afterwards.
    Absent,
    /// A folder in which keys are only removed: it is there if anything is left in it.
    Emptied,
}

fn children<'a>(changes: &'a Changes, prefix: &str) -> BTreeMap<&'a str, Fate> {
    let mut children = BTreeMap::new();
    for (key, &present) in changes {
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        let folder = rest.find('/').and_then(|at| rest.get(..=at));
        match (folder, present) {
            (None, true) => drop(children.insert(rest, Fate::Present)),
            (None, false) => drop(children.insert(rest, Fate::Absent)),
            (Some(folder), true) => drop(children.insert(folder, Fate::Present)),
            (Some(folder), false) => drop(children.entry(folder).or_insert(Fate::Emptied)),
        }
    }
    children
}

async fn vanishes(
    below: &dyn Lister,
    changes: &Changes,
    children: &BTreeMap<&str, Fate>,
    prefix: &str,
    name: &str,
) -> Result<bool> {
    match children.get(name) {
        None | Some(Fate::Present) => Ok(false),
        Some(Fate::Absent) => Ok(true),
        Some(Fate::Emptied) => Ok(!survives(below, changes, format!("{prefix}{name}")).await?),
    }
}

/// Whether any key of a folder is left. It stops at the first, so that it looks at no more keys
/// than were removed, and one.
async fn survives(below: &dyn Lister, changes: &Changes, folder: String) -> Result<bool> {
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let mut after = String::new();
        loop {
            let span = Span { prefix: &folder, after: &after, limit: 0 };
            let page = below.page(span).await?;
            for name in &page.keys {
                let path = format!("{folder}{name}");
                if name.ends_with('/') {
                    folders.push(path);
                } else if changes.get(&path) != Some(&false) {
                    return Ok(true);
                }
            }
            match (page.more, page.keys.last()) {
                (false, _) => break,
                (true, None) => return Err(stalled().into()),
                (true, Some(last)) => after.clone_from(last),
            }
        }
    }
    Ok(false)
}

fn stalled() -> plugin_api::Error {
    plugin_api::Error::new(ErrorKind::Internal, "a page of a listing is empty and not the last")
}
