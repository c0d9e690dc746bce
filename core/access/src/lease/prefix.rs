//! Ending all leases below a prefix, and the going on with whatever one transaction did not finish.

use jiff::Timestamp;
use logical::{Result, View};

use crate::{
    Leases,
    intent::{Budget, Intent, PrefixIntent},
    lease::{
        book::{LEASES, is_id},
        leases::Manner,
    },
    walk::Walk,
};

impl Leases {
    /// Ends the lease of this very id and all leases below it. What is more than one transaction
    /// may write is left to [`sweep`](Self::sweep).
    pub async fn revoke_prefix(
        &self,
        view: &dyn View,
        prefix: &str,
        manner: Manner,
        now: Timestamp,
    ) -> Result<()> {
        let id = prefix.trim_matches('/');
        if !is_id(id) {
            return Ok(());
        }
        let mut budget = Budget::full();
        if let Some(lease) = self.book.get(view, id).await? {
            self.end(view, (id, &lease), manner, now, &mut budget).await?;
        }
        let forced = manner == Manner::Forced;
        let (prefix, after) = (format!("{id}/"), String::new());
        let intent = PrefixIntent { prefix, after, forced, before: Some(now) };
        self.end_below(view, intent, manner, now, budget).await
    }

    /// Goes on with what one transaction did not finish; says whether there may be more.
    pub async fn sweep(&self, view: &dyn View, now: Timestamp) -> Result<bool> {
        match Intent::take(view).await? {
            None => return Ok(false),
            Some(Intent::Remains(remains)) => {
                self.tokens.finish(view, remains, now, &mut Budget::full()).await?;
            }
            Some(Intent::Prefix(intent)) => {
                let manner = if intent.forced { Manner::Forced } else { Manner::Queued };
                self.end_below(view, intent, manner, now, Budget::full()).await?;
            }
        }
        Ok(true)
    }

    async fn end_below(
        &self,
        view: &dyn View,
        mut intent: PrefixIntent,
        manner: Manner,
        now: Timestamp,
        mut budget: Budget,
    ) -> Result<()> {
        let root = format!("{LEASES}{}", intent.prefix);
        let mut walk = match intent.after.as_str() {
            "" => Walk::new(view, root),
            key => Walk::after(view, root, key),
        };
        while budget.room(1) > 0 {
            let Some(name) = walk.next().await? else { return Ok(()) };
            let id = format!("{}{name}", intent.prefix);
            match self.book.get(view, &id).await? {
                Some(lease) if intent.before.is_none_or(|at| lease.issued <= at) => {
                    self.end(view, (&id, &lease), manner, now, &mut budget).await?;
                }
                _ => budget.spend(1),
            }
            intent.after = name;
        }
        Intent::Prefix(intent).put(view)?;
        let timers = self.book.timers.clone();
        view.on_commit(Box::new(move || timers.wake()));
        Ok(())
    }
}
