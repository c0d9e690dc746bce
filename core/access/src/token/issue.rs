//! New tokens: for other tokens, for logins, and the root token of a fresh server.

use std::time::Duration;

use bytes::Bytes;
use crypto::{Secret, random};
use jiff::Timestamp;
use logical::{Auth, Login, Result, TokenType, View};

use crate::{
    Entry, Error, Limits, Tokens, json,
    time::{after, whole},
    token::{
        AccessorRecord, TOKEN_BYTES_MAX, child_key, children_marker, entry::ROOT_PATH, id_key,
        names,
    },
    ttl::Wish,
};

/// How service tokens begin.
pub(crate) const SERVICE_PREFIX: &str = "s.";

/// How long the random part of a token and of an accessor is.
const NAME_LENGTH: usize = 24;

/// A token that was made, to be handed out once.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: Secret<String>,
    /// The id under which it is kept; empty for a batch token.
    pub id: String,
    /// What is kept of it.
    pub entry: Entry,
}

/// Where a login was made.
#[derive(Clone, Copy, Debug)]
pub struct LoginAt<'a> {
    /// The path of the request.
    pub path: &'a str,
    /// The times to live of the auth method.
    pub limits: Limits,
    /// The time of the request.
    pub now: Timestamp,
}

impl Issued {
    /// As an answer shows it.
    pub fn auth(&self) -> Auth {
        self.entry.auth(self.token.clone(), self.entry.ttl)
    }
}

impl Tokens {
    /// A root token that lives for ever.
    pub async fn create_root(&self, view: &dyn View, now: Timestamp) -> Result<Issued> {
        let mut entry = Entry::new(ROOT_PATH, vec!["root".to_owned()], now);
        entry.display_name = "root".to_owned();
        self.issue(view, entry, None).await
    }

    /// The token of a login, and what the client is to be told about it.
    pub async fn login(
        &self,
        view: &dyn View,
        login: &Login,
        at: LoginAt<'_>,
    ) -> Result<(Auth, Vec<String>)> {
        let policies = names::policies(&login.policies, !login.no_default_policy);
        if policies.iter().any(|name| name == "root") {
            return Err(Error::RootLogin.into());
        }
        let wish = Wish {
            ttl: login.ttl,
            period: login.period,
            max: login.max_ttl,
            explicit_max: login.explicit_max_ttl,
        };
        let life = at.limits.life(wish, at.now, at.now)?;
        let mut entry = Entry::new(at.path, policies, at.now);
        entry.kind = login.token_type;
        entry.display_name.clone_from(&login.display_name);
        entry.meta.clone_from(&login.metadata);
        entry.max_ttl = login.max_ttl;
        entry.explicit_max_ttl = login.explicit_max_ttl;
        entry.period = login.period;
        entry.renewable = login.renewable;
        entry.num_uses = login.num_uses.max(0);
        entry.bound_cidrs.clone_from(&login.bound_cidrs);
        entry.login = Some(login.internal.clone());
        entry.lives(life.ttl);
        let issued = self.issue(view, entry, None).await?;
        Ok((issued.auth(), life.warnings))
    }

    /// Makes a token of an entry. `own` is the token if the client chose it.
    ///
    /// A child is made only while its parent lives: the commit checks it.
    pub(crate) async fn issue(
        &self,
        view: &dyn View,
        mut entry: Entry,
        own: Option<Secret<String>>,
    ) -> Result<Issued> {
        entry.given_uses = entry.num_uses;
        if !entry.parent.is_empty() && !self.exists(view, &entry.parent).await? {
            return Err(Error::NoToken.into());
        }
        match entry.kind {
            TokenType::Batch => self.issue_batch(entry),
            TokenType::Service => self.issue_service(view, entry, own).await,
        }
    }

    fn issue_batch(&self, mut entry: Entry) -> Result<Issued> {
        entry.renewable = false;
        entry.created = whole(entry.created);
        entry.lives(entry.ttl);
        let token = self.seal_batch(&entry)?;
        // A longer one would be refused whenever it is used.
        if token.expose().len() > TOKEN_BYTES_MAX {
            return Err(Error::TooMany { what: "bytes", max: TOKEN_BYTES_MAX }.into());
        }
        Ok(Issued { token, id: String::new(), entry })
    }

    async fn issue_service(
        &self,
        view: &dyn View,
        mut entry: Entry,
        own: Option<Secret<String>>,
    ) -> Result<Issued> {
        let token = match own {
            None => Secret::new(format!("{SERVICE_PREFIX}{}", random::base62(NAME_LENGTH))),
            Some(own) if self.exists(view, &self.id(own.expose())).await? => {
                return Err(Error::IdTaken.into());
            }
            Some(own) => own,
        };
        let id = self.id(token.expose());
        entry.accessor = random::base62(NAME_LENGTH);
        entry.cubbyhole_id = random::base62(NAME_LENGTH);
        json::put(view, &id_key(&id), &entry)?;
        let record = AccessorRecord { accessor: entry.accessor.clone(), token: id.clone() };
        json::put(view, &self.accessor_key(&entry.accessor), &record)?;
        if !entry.parent.is_empty() {
            view.put(&child_key(&entry.parent, &id), Bytes::new())?;
            // Another value each time: whoever ends the parent at this moment finds it changed.
            view.put(&children_marker(&entry.parent), Bytes::from(id.clone()))?;
        }
        if let Some((lease_id, lease)) = entry.lease(&id) {
            self.book().insert(view, &lease_id, &lease)?;
        }
        Ok(Issued { token, id, entry })
    }
}

impl Entry {
    /// Sets how long it lives, from its making; zero for ever.
    pub(crate) fn lives(&mut self, ttl: Duration) {
        self.ttl = ttl;
        self.expires = (!ttl.is_zero()).then(|| after(self.created, ttl));
    }
}
