//! The renewal of tokens.

use std::time::Duration;

use jiff::Timestamp;
use logical::{Result, View};

use crate::{
    Entry, Error, Limits, Tokens,
    time::after,
    ttl::{Life, Wish},
};

/// A token that was renewed.
#[derive(Clone, Debug)]
pub(crate) struct RenewedToken {
    pub entry: Entry,
    /// Time to live from now on.
    pub ttl: Duration,
    pub warnings: Vec<String>,
}

impl Tokens {
    /// Renews a token by `increment`, or by its own time to live if that is zero. `limits` are
    /// those of tokens that were created by tokens.
    pub(crate) async fn renew(
        &self,
        view: &dyn View,
        id: &str,
        increment: Duration,
        (limits, now): (Limits, Timestamp),
    ) -> Result<RenewedToken> {
        let entry = self.must(view, id, now).await?;
        let (lease_id, lease) = entry.lease(id).ok_or(Error::NotLeased)?;
        if !entry.renewable {
            return Err(Error::NotRenewable.into());
        }
        let increment = if increment.is_zero() { entry.ttl } else { increment };
        let Life { ttl, warnings } = match &entry.login {
            None => {
                let (period, explicit_max) = (entry.period, entry.explicit_max_ttl);
                let wish = Wish { ttl: increment, period, explicit_max, ..Wish::default() };
                limits.life(wish, entry.created, now)?
            }
            Some(internal) => {
                let limits = self.rooms.limits(&entry.path).ok_or(Error::NotRenewable)?;
                let terms = self.rooms.renew(view, &entry.path, internal, increment).await?;
                let wish = Wish {
                    ttl: if terms.ttl.is_zero() { increment } else { terms.ttl },
                    period: entry.period,
                    max: if terms.max_ttl.is_zero() { entry.max_ttl } else { terms.max_ttl },
                    explicit_max: entry.explicit_max_ttl,
                };
                limits.life(wish, entry.created, now)?
            }
        };
        let entry = Entry { expires: Some(after(now, ttl)), renewed: Some(now), ..entry };
        self.replace(view, id, &entry)?;
        self.book().update(view, &lease_id, &lease, &lease.prolonged(ttl, now))?;
        Ok(RenewedToken { entry, ttl, warnings })
    }
}
