//! The leases of the server: made, looked up, renewed, ended.

use std::{sync::Arc, time::Duration};

use crypto::random;
use jiff::Timestamp;
use logical::{Caller, LeaseTerms, Result, Shown, View};

use crate::{
    Error, Limits, Rooms, Tokens,
    intent::Budget,
    lease::{
        Holds, Lease, State,
        book::{Book, LEASES, place},
        timers::{LeaseId, Place},
    },
    time::{after, until},
    ttl::Wish,
    walk::Walk,
};

/// What ending a lease that is no token's costs in writes.
const SECRET_WRITES: usize = 2;

/// All leases. Cheap to share behind an `Arc`.
pub struct Leases {
    pub(super) tokens: Arc<Tokens>,
    pub(super) rooms: Arc<dyn Rooms>,
    pub(super) book: Book,
}

/// An answer that may get a lease.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// Who asked.
    pub caller: &'a Caller,
    /// The request's path.
    pub path: &'a str,
    /// The times to live of its mount.
    pub limits: Limits,
    /// What the backend says.
    pub terms: LeaseTerms,
    /// The time of the request.
    pub now: Timestamp,
}

/// A lease that was made, or a secret's age where there is none.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The lease's id; empty if it has none.
    pub lease_id: String,
    /// The effective terms, for the answer.
    pub terms: LeaseTerms,
    /// What the client is to be told.
    pub warnings: Vec<String>,
}

/// A lease that was renewed.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// Time to live from now on.
    pub ttl: Duration,
    /// Whether it can be renewed again.
    pub renewable: bool,
    /// What the client is to be told.
    pub warnings: Vec<String>,
}

/// How a lease is ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Manner {
    /// Soon, by whoever works off what is due.
    Queued,
    /// At once: the backend is asked within the request, and its refusal is the answer.
    Inline,
    /// Soon, whatever the backend says.
    Forced,
}

impl Leases {
    /// The leases of a server whose tokens these are.
    pub fn new(tokens: Arc<Tokens>, rooms: Arc<dyn Rooms>) -> Self {
        let book = tokens.book().clone();
        Self { tokens, rooms, book }
    }

    /// Finds all leases in the store, at activation: names only. Their records are read by
    /// [`absorb`](Self::absorb), while the server already serves.
    pub async fn load(&self, view: &dyn View) -> Result<()> {
        let mut walk = Walk::new(view, LEASES);
        while let Some(id) = walk.next().await? {
            self.book.timers.add_unread(LeaseId::from(id));
        }
        self.book.timers.wake();
        Ok(())
    }

    /// Reads the records of leases that [`load`](Self::load) found, at most so many; says whether
    /// there may be more. To be called until there are none, from several tasks at will.
    pub async fn absorb(&self, view: &dyn View, max: usize) -> Result<bool> {
        let ids = self.book.timers.take_unread(max);
        for (done, id) in ids.iter().enumerate() {
            match self.book.get(view, id).await {
                Ok(Some(lease)) => self.book.timers.set(id, Place::Gone, place(&lease)),
                Ok(None) => {}
                Err(error) => {
                    self.book.timers.put_back(ids.into_iter().skip(done));
                    return Err(error);
                }
            }
        }
        Ok(ids.len() == max)
    }

    /// Makes the lease of an answer, if its terms ask for one.
    pub async fn register(&self, view: &dyn View, asked: Registration<'_>) -> Result<Registered> {
        let Registration { caller, path, limits, terms, now } = asked;
        let wish = Wish { ttl: terms.ttl, max: terms.max_ttl, ..Wish::default() };
        let mut life = limits.life(wish, now, now)?;
        let Some(internal) = terms.internal else {
            let terms = LeaseTerms { ttl: life.ttl, internal: None, ..terms };
            let warnings = life.warnings;
            return Ok(Registered { lease_id: String::new(), terms, warnings });
        };
        // What a batch token asked for cannot be found by the token, so it ends with it.
        let is_batch = caller.token_id.is_empty();
        let ends_by = is_batch.then(|| after(caller.issued, caller.ttl));
        if let Some(end) = ends_by {
            life.ttl = life.ttl.min(until(now, end));
        } else if !self.tokens.exists(view, &caller.token_id).await? {
            return Err(Error::NoToken.into());
        }
        let path = path.trim_matches('/');
        let lease_id = format!("{path}/{}", random::base62(24));
        let lease = Lease {
            path: path.to_owned(),
            owner: caller.token_id.to_string(),
            holds: Holds::Secret(internal.clone()),
            issued: now,
            expires: after(now, life.ttl),
            renewed: None,
            ttl: life.ttl,
            max_ttl: terms.max_ttl,
            ends_by,
            renewable: terms.renewable,
            state: State::Live,
        };
        self.book.insert(view, &lease_id, &lease)?;
        let terms = LeaseTerms { ttl: life.ttl, internal: Some(internal), ..terms };
        Ok(Registered { lease_id, terms, warnings: life.warnings })
    }

    /// The lease of an id.
    pub async fn lookup(&self, view: &dyn View, id: &str) -> Result<Lease> {
        Ok(self.book.get(view, id).await?.ok_or(Error::LeaseInvalid)?)
    }

    /// Renews a lease by `increment`, or by its own time to live if that is zero.
    pub async fn renew(
        &self,
        view: &dyn View,
        id: &str,
        increment: Duration,
        now: Timestamp,
    ) -> Result<Renewed> {
        let lease = self.book.get(view, id).await?.filter(|lease| lease.expires > now);
        let lease = lease.ok_or(Error::LeaseNotFound)?;
        let internal = match &lease.holds {
            Holds::Token => return Err(Error::TokenLease.into()),
            Holds::Secret(internal) => internal,
        };
        if !lease.renewable || lease.state != State::Live {
            return Err(Error::NotRenewable.into());
        }
        let limits = self.rooms.limits(&lease.path).ok_or(Error::LeaseNotFound)?;
        let increment = if increment.is_zero() { lease.ttl } else { increment };
        let terms = self.rooms.renew(view, &lease.path, internal, increment).await?;
        let ttl = if terms.ttl.is_zero() { increment } else { terms.ttl };
        let max = if terms.max_ttl.is_zero() { lease.max_ttl } else { terms.max_ttl };
        let mut life = limits.life(Wish { ttl, max, ..Wish::default() }, lease.issued, now)?;
        if let Some(end) = lease.ends_by {
            life.ttl = life.ttl.min(until(now, end));
        }
        let mut renewed = lease.prolonged(life.ttl, now);
        renewed.renewable = terms.renewable;
        if let Some(internal) = terms.internal {
            renewed.holds = Holds::Secret(internal);
        }
        self.book.update(view, id, &lease, &renewed)?;
        Ok(Renewed { ttl: life.ttl, renewable: renewed.renewable, warnings: life.warnings })
    }

    /// Ends a lease. One that is not there has ended.
    pub async fn revoke(
        &self,
        view: &dyn View,
        id: &str,
        manner: Manner,
        now: Timestamp,
    ) -> Result<()> {
        match self.book.get(view, id).await? {
            Some(lease) => self.end(view, (id, &lease), manner, now, &mut Budget::full()).await,
            None => Ok(()),
        }
    }

    /// The names below a prefix of lease ids (`auth/`, or nothing for the outermost).
    pub async fn list(&self, view: &dyn View, prefix: &str) -> Result<Vec<String>> {
        let prefix = prefix.trim_matches('/');
        let folder = match prefix {
            "" => LEASES.to_owned(),
            _ => format!("{LEASES}{prefix}/"),
        };
        if plugin_api::key::check_prefix(&folder).is_err() {
            return Ok(Vec::new());
        }
        Ok(view.list(&folder, "", 0).await?.keys)
    }

    /// The leases that could not be ended, with what the backend said.
    pub async fn irrevocable(&self, view: &dyn View) -> Result<Vec<(LeaseId, Lease)>> {
        let mut found = Vec::new();
        for id in self.book.timers.irrevocable() {
            if let Some(lease) = self.book.get(&Shown(view), &id).await? {
                found.push((id, lease));
            }
        }
        Ok(found)
    }

    /// How many leases end some time.
    pub fn count(&self) -> usize {
        self.book.timers.len()
    }

    /// Ends one lease within what the transaction may write.
    pub(super) async fn end(
        &self,
        view: &dyn View,
        (id, lease): (&str, &Lease),
        manner: Manner,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<()> {
        let internal = match &lease.holds {
            Holds::Token => return self.end_token(view, (id, lease), now, budget).await,
            Holds::Secret(internal) => internal,
        };
        budget.spend(SECRET_WRITES);
        let ended = match manner {
            Manner::Inline => {
                self.rooms.revoke(view, &lease.path, internal).await?;
                return self.book.remove(view, id, lease);
            }
            // What was given up is tried again when somebody asks for it.
            Manner::Queued => Lease { state: State::Live, ..lease.ended(now) },
            Manner::Forced => Lease { state: State::Forced, ..lease.ended(now) },
        };
        self.book.update(view, id, lease, &ended)
    }

    /// Ends a token by its lease.
    pub(super) async fn end_token(
        &self,
        view: &dyn View,
        (id, lease): (&str, &Lease),
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<()> {
        if !self.tokens.revoke_within(view, &lease.owner, now, budget).await? {
            self.book.remove(view, id, lease)?;
        }
        Ok(())
    }
}
