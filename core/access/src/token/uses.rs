//! The uses of a token that has a limited number of them.

use logical::{Result, View};

use crate::{Error, Identity, Tokens};

/// What one use came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Use {
    /// The token may be used any number of times.
    Unlimited,
    /// There are further uses.
    Counted,
    /// That was the last one: the token is to be revoked at the end of the request, in the same
    /// transaction.
    Last,
}

impl Tokens {
    /// Counts a use. A request that a policy refuses counts as well, so its transaction is
    /// committed too, with this in it.
    pub async fn use_once(&self, view: &dyn View, identity: &Identity) -> Result<Use> {
        if identity.entry.num_uses == 0 {
            return Ok(Use::Unlimited);
        }
        let id = &identity.caller.token_id;
        let entry = self.stored(view, id).await?.filter(|entry| entry.num_uses > 0);
        let mut entry = entry.ok_or(Error::NoToken)?;
        let used = match entry.num_uses {
            1 => Use::Last,
            _ => Use::Counted,
        };
        entry.num_uses = if used == Use::Last { -1 } else { entry.num_uses - 1 };
        self.replace(view, id, &entry)?;
        Ok(used)
    }
}
