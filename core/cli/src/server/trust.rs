//! The end of a server whose storage cannot be relied on any more.
//!
//! After a failed sync nobody knows what is on the disk, and only opening the store anew tells. The
//! storage may be a plugin and ends nobody's process: it refuses writes and answers its health with
//! `corrupt`. Whoever started it asks for that, and ends.

use std::time::Duration;

use plugin_api::{ErrorKind, Op, Storage};

use crate::failure::Failure;

#[cfg(test)]
mod tests;

/// How often the storage is asked.
const PERIOD: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Waits until the storage says that it cannot be relied on, and gives what to end with. Never
/// comes back while all is well.
pub(crate) async fn lost(storage: &dyn Storage) -> Failure {
    watch(storage, PERIOD).await
}

async fn watch(storage: &dyn Storage, period: Duration) -> Failure {
    loop {
        tokio::time::sleep(period).await;
        // A storage that cannot be reached may come back; the requests that meet it tell of it.
        if let Err(error) = storage.health(Op::within(ANSWER_MAX)).await
            && error.kind == ErrorKind::Corrupt
        {
            tracing::error!(%error, "the storage cannot be relied on any more; the server ends");
            return Failure::local(format!(
                "the server has ended because its storage cannot be relied on any more: {error}. \
                 Find and mend the fault (the system's log tells what the disk reported), then \
                 start the server: it reads the store anew and says if anything is missing"
            ));
        }
    }
}
