//! The holder of a token, found out once and kept.

use std::{net::IpAddr, sync::Arc};

use arc_swap::ArcSwapOption;
use crypto::Secret;
use jiff::Timestamp;
use logical::{Caller, Result, View};

use crate::{
    Entry, Tokens,
    policies::compiled::Compiled,
    token::{TOKEN_BYTES_MAX, cidr::Block},
};

/// Who sent a request, by its token.
pub struct Identity {
    token: Secret<String>,
    /// What is kept of the token.
    pub entry: Entry,
    /// The holder, as backends see it.
    pub caller: Caller,
    /// The addresses that may use it; `None` for all.
    blocks: Option<Vec<Block>>,
    /// What its policies allow, compiled.
    pub(crate) compiled: ArcSwapOption<Compiled>,
}

impl Identity {
    pub(crate) fn new(token: Secret<String>, id: &str, entry: Entry) -> Self {
        let caller = entry.caller(id);
        // A block that cannot be read holds no address.
        let blocks = entry.bound_cidrs.iter().filter_map(|text| Block::parse(text)).collect();
        let blocks = (!entry.bound_cidrs.is_empty()).then_some(blocks);
        Self { token, entry, caller, blocks, compiled: ArcSwapOption::empty() }
    }

    /// Whether a client at this address may use the token.
    pub fn allows(&self, address: IpAddr) -> bool {
        match &self.blocks {
            None => true,
            Some(blocks) => blocks.iter().any(|block| block.contains(address)),
        }
    }

    /// Whether it is this token's; compared in constant time.
    pub(crate) fn is_of(&self, token: &str) -> bool {
        crypto::ct_eq(self.token.expose().as_bytes(), token.as_bytes())
    }
}

impl Tokens {
    /// The holder of a token, or `None` if there is no such token (any more).
    ///
    /// This is the first thing that a transaction does: what it reads is kept in memory for later
    /// requests, and must not have been read, or written, earlier in the same transaction. A token
    /// with a limited number of uses is never kept, so that each use reads it.
    pub async fn identify(
        &self,
        view: &dyn View,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Identity>>> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        if let Some(identity) = self.cache.find(token) {
            return Ok(Some(identity).filter(|identity| identity.entry.is_live(now)));
        }
        if let Some(entry) = self.open_batch(view, token, now).await? {
            let token = Secret::new(token.to_owned());
            return Ok(Some(Arc::new(Identity::new(token, "", entry))));
        }
        let generation = self.cache.generation();
        let id = self.id(token);
        let Some(entry) = self.entry(view, &id, now).await? else { return Ok(None) };
        let identity = Arc::new(Identity::new(Secret::new(token.to_owned()), &id, entry));
        if identity.entry.num_uses == 0 {
            self.cache.insert(&identity, token, generation);
        }
        Ok(Some(identity))
    }
}
