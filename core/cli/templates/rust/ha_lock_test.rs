//! The conformance suite on this lock, without the loader.

use std::{sync::Arc, time::Duration};

use conformance::ha_lock::{Factory, all};
use plugin_api::{HaLock, Provider, Result, Settings, async_trait};
use {{name_}}::Opener;

/// Gives the same handle each time: the stand-in has everything in it. Once a service keeps the
/// locks, open a new handle in `open`, and implement `second` and `reopen` too.
struct OneHandle(Arc<dyn HaLock>);

#[async_trait]
impl Factory for OneHandle {
    async fn open(&self) -> Result<Arc<dyn HaLock>> {
        Ok(self.0.clone())
    }

    fn ttl(&self) -> Duration {
        Duration::from_millis(400)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    let opened = Opener.open(Settings::default()).await.expect("it opens");
    let report = all(&OneHandle(opened.ha_lock.expect("it is a lock"))).await;
    println!("{report}");
    report.assert_ok();
}
