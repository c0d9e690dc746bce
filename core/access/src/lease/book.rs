//! The records of leases in the store, the index by token, and the timers that follow them.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use logical::{Result, View};

use crate::{
    intent::Budget,
    json,
    lease::{
        Holds, Lease, State,
        timers::{LeaseId, Place, Timers},
    },
};

/// Where leases are kept, by their ids.
pub(crate) const LEASES: &str = "sys/expire/id/";

/// Where the leases of a token are listed, by its id; the key without a slash is the marker.
const BY_TOKEN: &str = "sys/expire/token/";

/// What ending the hold of a token on a lease costs in writes.
const RELEASE_WRITES: usize = 2;

/// The book of all leases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) timers: Arc<Timers>,
}

impl Book {
    /// The lease of an id, if there is one.
    pub(crate) async fn get(&self, view: &dyn View, id: &str) -> Result<Option<Lease>> {
        match is_id(id) {
            true => json::get(view, &key(id)).await,
            false => Ok(None),
        }
    }

    /// Writes a new lease. One that a token owns is found by the token from now on.
    pub(crate) fn insert(&self, view: &dyn View, id: &str, lease: &Lease) -> Result<()> {
        json::put(view, &key(id), lease)?;
        if matches!(lease.holds, Holds::Secret(_)) && !lease.owner.is_empty() {
            let name = Bytes::copy_from_slice(id.as_bytes());
            view.put(&index_key(&lease.owner, id), name.clone())?;
            // Another name each time: whoever ends the token at this moment finds it changed.
            view.put(&marker(&lease.owner), name)?;
        }
        self.place(view, id, Place::Gone, place(lease));
        Ok(())
    }

    /// Replaces a lease.
    pub(crate) fn update(&self, view: &dyn View, id: &str, old: &Lease, new: &Lease) -> Result<()> {
        json::put(view, &key(id), new)?;
        self.place(view, id, place(old), place(new));
        Ok(())
    }

    /// Removes a lease.
    pub(crate) fn remove(&self, view: &dyn View, id: &str, lease: &Lease) -> Result<()> {
        view.delete(&key(id))?;
        if matches!(lease.holds, Holds::Secret(_)) && !lease.owner.is_empty() {
            view.delete(&index_key(&lease.owner, id))?;
        }
        self.place(view, id, place(lease), Place::Gone);
        Ok(())
    }

    /// Ends the leases of a token that is no more; says whether that was all of them.
    pub(crate) async fn release(
        &self,
        view: &dyn View,
        token: &str,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<bool> {
        let marker = marker(token);
        if view.get(&marker).await?.is_none() {
            return Ok(true);
        }
        let room = budget.room(RELEASE_WRITES);
        if room == 0 {
            return Ok(false);
        }
        let folder = format!("{marker}/");
        let page = view.list(&folder, "", room).await?;
        for name in &page.keys {
            budget.spend(RELEASE_WRITES);
            let index = format!("{folder}{name}");
            let Some(id) = view.get(&index).await? else { continue };
            let id = String::from_utf8_lossy(&id);
            if let Some(lease) = self.get(view, &id).await? {
                self.update(
                    view,
                    &id,
                    &lease,
                    &Lease { owner: String::new(), ..lease.ended(now) },
                )?;
            }
            view.delete(&index)?;
        }
        if !page.more {
            view.delete(&marker)?;
        }
        Ok(!page.more)
    }

    fn place(&self, view: &dyn View, id: &str, old: Place, new: Place) {
        if old == new {
            return;
        }
        let (timers, id) = (Arc::clone(&self.timers), LeaseId::from(id));
        view.on_commit(Box::new(move || timers.set(&id, old, new)));
    }
}

/// Where a lease's timer stands.
pub(crate) fn place(lease: &Lease) -> Place {
    match lease.state {
        State::Irrevocable { .. } => Place::Irrevocable,
        State::Live | State::Forced | State::Failing { .. } => Place::At(lease.expires),
    }
}

/// Whether a text can be a lease's id at all.
pub(crate) fn is_id(id: &str) -> bool {
    plugin_api::key::check_key(&key(id)).is_ok()
}

fn key(id: &str) -> String {
    format!("{LEASES}{id}")
}

fn marker(token: &str) -> String {
    format!("{BY_TOKEN}{token}")
}

fn index_key(token: &str, id: &str) -> String {
    format!("{BY_TOKEN}{token}/{}", hex::encode(crypto::sha1(id.as_bytes())))
}
