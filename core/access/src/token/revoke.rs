//! The end of a token, and of what hangs on it: its leases, its cubbyhole, its children.
//!
//! The token itself ends at once. What hangs on it ends in the same transaction as far as that may
//! write, and later, from an intent in the store, as far as it may not.

use jiff::Timestamp;
use logical::{Result, View};

use crate::{
    Entry, Tokens,
    intent::{Budget, Children, Intent, Remains},
    token::{child_key, children_marker, id_key},
    walk::Walk,
};

/// What the end of one token costs in writes.
const TOKEN_WRITES: usize = 5;

impl Tokens {
    /// Ends a token and all its children; says whether there was such a token.
    pub async fn revoke(&self, view: &dyn View, id: &str, now: Timestamp) -> Result<bool> {
        self.revoke_within(view, id, now, &mut Budget::full()).await
    }

    /// Ends a token; its children live on as orphans.
    pub async fn revoke_orphan(&self, view: &dyn View, id: &str, now: Timestamp) -> Result<bool> {
        self.start(view, (id, Children::Orphan), now, &mut Budget::full()).await
    }

    /// Ends a token and all its children, within what the transaction may still write.
    pub(crate) async fn revoke_within(
        &self,
        view: &dyn View,
        id: &str,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<bool> {
        self.start(view, (id, Children::Revoke), now, budget).await
    }

    /// Goes on with what an ended token left behind.
    pub(crate) async fn finish(
        &self,
        view: &dyn View,
        first: Remains,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<()> {
        let mut work = vec![first];
        while let Some(remains) = work.pop() {
            let leases = self.book().release(view, &remains.id, now, budget).await?;
            let children = match remains.children {
                Children::Revoke => self.end_children(view, &remains.id, budget, &mut work).await?,
                Children::Orphan => self.free_children(view, &remains.id, budget).await?,
            };
            let cubbyhole = self.empty_cubbyhole(view, &remains.cubbyhole_id, budget).await?;
            if !(leases && children && cubbyhole) {
                Intent::Remains(remains).put(view)?;
                let timers = self.book().timers.clone();
                view.on_commit(Box::new(move || timers.wake()));
            }
        }
        Ok(())
    }

    async fn start(
        &self,
        view: &dyn View,
        (id, children): (&str, Children),
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<bool> {
        let Some(entry) = self.stored(view, id).await? else { return Ok(false) };
        budget.spend(TOKEN_WRITES);
        let remains = self.remove(view, id, &entry, children)?;
        self.finish(view, remains, now, budget).await?;
        Ok(true)
    }

    /// Removes one token from the store; what it leaves behind is for the caller to see to.
    fn remove(
        &self,
        view: &dyn View,
        id: &str,
        entry: &Entry,
        children: Children,
    ) -> Result<Remains> {
        view.delete(&id_key(id))?;
        view.delete(&self.accessor_key(&entry.accessor))?;
        if !entry.parent.is_empty() {
            view.delete(&child_key(&entry.parent, id))?;
        }
        if let Some((lease_id, lease)) = entry.lease(id) {
            self.book().remove(view, &lease_id, &lease)?;
        }
        self.forget(view, id);
        Ok(Remains { id: id.to_owned(), cubbyhole_id: entry.cubbyhole_id.clone(), children })
    }

    /// Ends the children of a token; theirs are added to the work. Says whether that was all.
    async fn end_children(
        &self,
        view: &dyn View,
        parent: &str,
        budget: &mut Budget,
        work: &mut Vec<Remains>,
    ) -> Result<bool> {
        let Some((names, more)) = self.children(view, parent, budget).await? else {
            return Ok(true);
        };
        for child in &names {
            view.delete(&child_key(parent, child))?;
            if let Some(entry) = self.stored(view, child).await? {
                work.push(self.remove(view, child, &entry, Children::Revoke)?);
            }
        }
        self.settle(view, parent, more)
    }

    /// Makes orphans of the children of a token. Says whether that was all.
    async fn free_children(
        &self,
        view: &dyn View,
        parent: &str,
        budget: &mut Budget,
    ) -> Result<bool> {
        let Some((names, more)) = self.children(view, parent, budget).await? else {
            return Ok(true);
        };
        for child in &names {
            view.delete(&child_key(parent, child))?;
            if let Some(entry) = self.stored(view, child).await? {
                self.replace(view, child, &Entry { parent: String::new(), ..entry })?;
            }
        }
        self.settle(view, parent, more)
    }

    /// The ids of as many children as can be paid for, paid for, and whether there are more;
    /// `None` if there has never been one.
    async fn children(
        &self,
        view: &dyn View,
        parent: &str,
        budget: &mut Budget,
    ) -> Result<Option<(Vec<String>, bool)>> {
        let marker = children_marker(parent);
        if view.get(&marker).await?.is_none() {
            return Ok(None);
        }
        let room = budget.room(TOKEN_WRITES);
        if room == 0 {
            return Ok(Some((Vec::new(), true)));
        }
        let page = view.list(&format!("{marker}/"), "", room).await?;
        budget.spend(page.keys.len() * TOKEN_WRITES);
        Ok(Some((page.keys, page.more)))
    }

    fn settle(&self, view: &dyn View, parent: &str, more: bool) -> Result<bool> {
        if !more {
            view.delete(&children_marker(parent))?;
        }
        Ok(!more)
    }

    /// Empties the cubbyhole of a token. Says whether that was all.
    async fn empty_cubbyhole(
        &self,
        view: &dyn View,
        cubbyhole_id: &str,
        budget: &mut Budget,
    ) -> Result<bool> {
        if cubbyhole_id.is_empty() {
            return Ok(true);
        }
        let prefix = format!("{}{cubbyhole_id}/", self.rooms.cubbyhole());
        let room = budget.room(1);
        let mut walk = Walk::new(view, prefix.as_str());
        let mut keys = walk.take(room + 1).await?;
        let more = keys.len() > room;
        keys.truncate(room);
        budget.spend(keys.len());
        keys.iter().try_for_each(|key| view.delete(&format!("{prefix}{key}")))?;
        Ok(!more)
    }
}
