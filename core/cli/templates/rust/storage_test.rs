//! The conformance suite on this storage, without the loader.

use std::sync::Arc;

use conformance::storage::{Factory, all};
use plugin_api::{Provider, Result, Settings, Storage, async_trait};
use {{name_}}::Opener;

/// Gives the same handle each time: the stand-in has everything in it. Once a service keeps the
/// data, open a new handle in `open`, and implement `second` and `reopen` too.
struct OneHandle(Arc<dyn Storage>);

#[async_trait]
impl Factory for OneHandle {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(self.0.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    let opened = Opener.open(Settings::default()).await.expect("it opens");
    let report = all(&OneHandle(opened.storage.expect("it is a storage"))).await;
    println!("{report}");
    report.assert_ok();
}
