//! The conformance suite on this seal, without the loader.

use std::{collections::BTreeMap, sync::Arc};

use conformance::seal::{Factory, all};
use plugin_api::{Error, ErrorKind, Provider, Result, Seal, Settings, async_trait};
use {{name_}}::Opener;

/// A made-up key.
const KEY: &str = "c7ef4289da90d22c2d581fc93b8d8e753711299721460733b08157d1ebff2e75";

struct WithKey;

async fn open(more: Option<(&str, &str)>) -> Result<Arc<dyn Seal>> {
    let settings = [("key_id", "one"), ("key", KEY)].into_iter().chain(more);
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let opened = Opener.open(Settings::new(settings.collect::<BTreeMap<_, _>>())).await?;
    opened.seal.ok_or_else(|| Error::new(ErrorKind::Internal, "it is no seal"))
}

#[async_trait]
impl Factory for WithKey {
    async fn open(&self) -> Result<Arc<dyn Seal>> {
        open(None).await
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Seal>>> {
        Some(open(Some((name, value))).await)
    }

    fn binds_aad(&self) -> Option<bool> {
        Some(true)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    let report = all(&WithKey).await;
    println!("{report}");
    report.assert_ok();
}
