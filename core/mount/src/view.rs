//! A barrier transaction as the view of a handler.

use async_trait::async_trait;
use barrier::Transaction;
use bytes::Bytes;
use logical::{Code, Entries, Error, Result, View};
use plugin_api::ErrorKind;

#[cfg(test)]
mod tests;

/// All of the barrier, within one transaction.
pub struct TransactionView<'a>(pub &'a Transaction);

#[async_trait]
impl View for TransactionView<'_> {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        self.0.get(key).await.map_err(translate)
    }

    async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        self.0.peek(key).await.map_err(translate)
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        let mut all = Entries::default();
        loop {
            let from = all.keys.last().map_or(after, String::as_str);
            let room = limit.saturating_sub(all.keys.len());
            // A storage gives as many at once as it likes.
            let page = self.0.list(prefix, from, room).await.map_err(translate)?;
            let last = !page.more || page.keys.is_empty();
            all.more = page.more;
            all.keys.extend(page.keys);
            if last || (limit > 0 && all.keys.len() >= limit) {
                return Ok(all);
            }
        }
    }

    fn put(&self, key: &str, value: Bytes) -> Result<()> {
        self.0.put(key, value);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.0.delete(key);
        Ok(())
    }

    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>) {
        self.0.on_commit(effect);
    }
}

/// A barrier's error as a client sees it, with the barrier's as its source: the pipeline looks for
/// `barrier::Error::Conflict` there and runs the handler again.
pub fn translate(error: barrier::Error) -> Error {
    let public = error.to_string();
    match &error {
        barrier::Error::Conflict => {
            Error::unavailable("the request met another one that changed the same thing", error)
        }
        barrier::Error::Fenced => Error::unavailable(public, error),
        barrier::Error::Sealed => with_source(Error::new(Code::Sealed, "Vault is sealed"), error),
        barrier::Error::TooLarge { .. } => with_source(Error::new(Code::TooLarge, public), error),
        barrier::Error::Reserved(_) => with_source(Error::invalid(public), error),
        barrier::Error::Storage(cause) => match cause.kind {
            ErrorKind::InvalidArgument => with_source(Error::invalid(public), error),
            ErrorKind::TooLarge => with_source(Error::new(Code::TooLarge, public), error),
            _ if cause.retryable => Error::unavailable("the storage does not answer", error),
            _ => Error::internal(error),
        },
        _ => Error::internal(error),
    }
}

/// The error of a handler that saw an old state in memory: as if the commit had conflicted.
pub(crate) fn conflict() -> Error {
    translate(barrier::Error::Conflict)
}

/// Whether the handler is to be run again.
pub fn is_conflict(error: &Error) -> bool {
    matches!(of_barrier(error), Some(barrier::Error::Conflict))
}

/// Whether nobody knows what became of the writes: what is kept in memory of them may be wrong.
pub fn is_uncertain(error: &Error) -> bool {
    matches!(of_barrier(error), Some(barrier::Error::Storage(cause)) if cause.maybe_applied)
}

fn of_barrier(error: &Error) -> Option<&barrier::Error> {
    error.source.as_ref().and_then(|source| source.downcast_ref())
}

fn with_source(error: Error, source: barrier::Error) -> Error {
    Error { source: Some(Box::new(source)), ..error }
}
