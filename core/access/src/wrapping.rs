//! Wrapped answers: an answer kept in the cubbyhole of a token that can be used once.

use std::{sync::Arc, time::Duration};

use crypto::Secret;
use jiff::Timestamp;
use logical::{Result, View, Wrap, WrapFormat, WrapInfo};

use crate::{
    Entry, Error, Rooms, Tokens, json,
    wrapping::{
        facts::{Kept, WrapFacts},
        jwt::{Jwts, PublicPoint},
    },
};

pub(crate) mod facts;
pub(crate) mod jwt;

/// The policy of wrapping tokens, which nothing else has.
const POLICY: &str = "response-wrapping";

/// Makes and opens wrapped answers.
pub struct Wrapping {
    tokens: Arc<Tokens>,
    rooms: Arc<dyn Rooms>,
    jwts: Jwts,
}

/// An answer to be wrapped.
#[derive(Clone, Copy, Debug)]
pub struct WrapWish<'a> {
    /// The whole answer as it would have been sent, without the final newline.
    pub body: &'a str,
    /// The path of its request.
    pub path: &'a str,
    /// How it is wrapped.
    pub wrap: Wrap,
    /// The accessor of the token inside, or empty.
    pub wrapped_accessor: &'a str,
    /// The server's address for clients, which a JWT tells, or empty.
    pub address: &'a str,
    /// The time of the request.
    pub now: Timestamp,
}

impl Wrapping {
    /// Wraps answers with these tokens; a fresh store gets a key that signs JWTs.
    pub async fn load(view: &dyn View, tokens: Arc<Tokens>, rooms: Arc<dyn Rooms>) -> Result<Self> {
        Ok(Self { tokens, rooms, jwts: Jwts::load(view).await? })
    }

    /// Wraps an answer.
    pub async fn wrap(&self, view: &dyn View, wish: WrapWish<'_>) -> Result<WrapInfo> {
        let facts = WrapFacts {
            creation_ttl: wish.wrap.ttl,
            creation_time: wish.now,
            creation_path: wish.path.to_owned(),
            wrapped_accessor: wish.wrapped_accessor.to_owned(),
        };
        let info = self.keep(view, wish.body, facts, wish.now).await?;
        let token = match wish.wrap.format {
            WrapFormat::Token => info.token.clone(),
            WrapFormat::Jwt => self.jwts.around(&info, wish.address)?,
        };
        Ok(WrapInfo { token, ..info })
    }

    /// The wrapping token inside a JWT that this store has signed; nothing if it is anything else.
    pub fn inside(&self, jwt: &str) -> Option<Secret<String>> {
        self.jwts.inside(jwt)
    }

    /// What others check the signatures of these JWTs with.
    pub fn public_point(&self) -> PublicPoint {
        self.jwts.public_point()
    }

    /// Whether a token wraps an answer. The error is what the wrapping endpoints answer, before
    /// they look at who asks. Give the token of the body if there is one, else the request's own.
    pub async fn validate(&self, view: &dyn View, token: &str, now: Timestamp) -> Result<()> {
        if token.is_empty() {
            return Err(Error::WrappingEmpty.into());
        }
        self.find(view, token, now).await.map(|_| ())
    }

    /// What may be known of a wrapped answer without opening it.
    pub async fn lookup(&self, view: &dyn View, token: &str, now: Timestamp) -> Result<WrapFacts> {
        let (_, entry) = self.find(view, token, now).await?;
        self.facts(view, &entry).await
    }

    /// Opens a wrapped answer: gives it as it would have been sent, and ends its token.
    pub async fn unwrap(
        &self,
        view: &dyn View,
        token: &str,
        now: Timestamp,
    ) -> Result<Secret<String>> {
        let (id, entry) = self.find(view, token, now).await?;
        let body = self.body(view, &entry).await?;
        self.tokens.revoke(view, &id, now).await?;
        Ok(body)
    }

    /// Moves a wrapped answer to a new token, which lives as long as the old one did at first.
    pub async fn rewrap(&self, view: &dyn View, token: &str, now: Timestamp) -> Result<WrapInfo> {
        let (id, entry) = self.find(view, token, now).await?;
        let body = self.body(view, &entry).await?;
        let facts = self.facts(view, &entry).await?;
        self.tokens.revoke(view, &id, now).await?;
        self.keep(view, body.expose(), WrapFacts { creation_time: now, ..facts }, now).await
    }

    async fn keep(
        &self,
        view: &dyn View,
        body: &str,
        facts: WrapFacts,
        now: Timestamp,
    ) -> Result<WrapInfo> {
        let mut entry = Entry::new(&facts.creation_path, vec![POLICY.to_owned()], now);
        entry.explicit_max_ttl = facts.creation_ttl;
        entry.num_uses = 1;
        // Even a wrapping for less than a second is one that ends.
        entry.lives(facts.creation_ttl.max(Duration::from_secs(1)));
        let issued = self.tokens.issue(view, entry, None).await?;
        let key = |name| self.key(&issued.entry, name);
        json::put(view, &key("response"), &Kept { response: body.to_owned() })?;
        json::put(view, &key("wrapinfo"), &facts)?;
        Ok(WrapInfo {
            token: issued.token.clone(),
            accessor: issued.entry.accessor.clone(),
            ttl: facts.creation_ttl,
            creation_time: facts.creation_time,
            creation_path: facts.creation_path,
            wrapped_accessor: facts.wrapped_accessor,
        })
    }

    /// The id and the entry of a wrapping token, in either form. It may be in its only use.
    async fn find(&self, view: &dyn View, token: &str, now: Timestamp) -> Result<(String, Entry)> {
        let inside = self.inside(token);
        let token = inside.as_ref().map_or(token, |token| token.expose());
        let found = self.tokens.lookup(view, token, now).await?;
        let found = found.filter(|(_, entry)| entry.policies.as_slice() == [POLICY]);
        Ok(found.ok_or(Error::WrappingInvalid)?)
    }

    async fn body(&self, view: &dyn View, entry: &Entry) -> Result<Secret<String>> {
        let kept: Option<Kept> = json::get(view, &self.key(entry, "response")).await?;
        Ok(Secret::new(kept.ok_or(Error::WrappingInvalid)?.response))
    }

    async fn facts(&self, view: &dyn View, entry: &Entry) -> Result<WrapFacts> {
        let facts = json::get(view, &self.key(entry, "wrapinfo")).await?;
        Ok(facts.ok_or(Error::WrappingInvalid)?)
    }

    fn key(&self, entry: &Entry, name: &str) -> String {
        format!("{}{}/{name}", self.rooms.cubbyhole(), entry.cubbyhole_id)
    }
}
