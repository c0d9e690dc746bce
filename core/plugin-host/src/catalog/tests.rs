//! Stanzas against a catalog.

use std::{collections::BTreeMap, sync::Arc};

use plugin_api::{Opened, Provider, Result, Settings, async_trait};

use super::{Catalog, Kind};

/// A provider that takes one setting and opens nothing.
struct Empty(&'static str);

#[async_trait]
impl Provider for Empty {
    fn name(&self) -> &str {
        self.0
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        settings.require("path")?;
        settings.finish()?;
        Ok(Opened::default())
    }
}

async fn check(label: &str, settings: &[(&str, &str)], want: &str) {
    let catalog = Catalog::new(vec![
        (Kind::Storage, Arc::new(Empty("zinc"))),
        (Kind::Storage, Arc::new(Empty("file"))),
        (Kind::Seal, Arc::new(Empty("awskms"))),
    ]);
    let settings: BTreeMap<_, _> =
        settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    match catalog.storage(label, Settings::new(settings)).await {
        Ok(_) => panic!("{label} opened"),
        Err(error) => assert_eq!(error.to_string(), want),
    }
}

#[tokio::test]
async fn stanzas() {
    check("raft", &[], "provider not found: storage \"raft\" (this build has: file, zinc)").await;
    check("awskms", &[], "provider not found: storage \"awskms\" (this build has: file, zinc)")
        .await;
    check("file", &[], "storage \"file\": the setting \"path\" is missing; set it").await;
    check(
        "file",
        &[("path", "x"), ("pth", "y")],
        "storage \"file\": the setting \"pth\" is not known here; remove it",
    )
    .await;
    check("file", &[("path", "x")], "the provider \"file\" is no storage").await;
}
