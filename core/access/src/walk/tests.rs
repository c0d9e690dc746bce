//! Walks over trees of keys.

use super::Walk;
use crate::tests::store::Store;

const KEYS: &[&str] = &["r/a", "r/a/b", "r/a/c/d", "r/b", "r/c/x/y/z", "r/c/x/z", "s/a"];
const WANT: &[&str] = &["a", "a/b", "a/c/d", "b", "c/x/y/z", "c/x/z"];

fn store() -> Store {
    Store::with(KEYS)
}

#[tokio::test]
async fn all() -> logical::Result<()> {
    let (store, mut got) = (store(), Vec::new());
    let view = store.begin();
    let mut walk = Walk::new(&view, "r/");
    while let Some(key) = walk.next().await? {
        got.push(key);
    }
    assert_eq!(got, WANT);
    assert!(Walk::new(&view, "t/").next().await?.is_none());
    Ok(())
}

#[tokio::test]
async fn taken_up_again_after_each_key() -> logical::Result<()> {
    let store = store();
    let view = store.begin();
    for (done, key) in WANT.iter().enumerate() {
        let mut walk = Walk::after(&view, "r/", key);
        let rest = walk.take(100).await?;
        assert_eq!(rest, WANT.get(done + 1..).unwrap_or_default(), "after {key}");
    }
    let two = Walk::after(&view, "r/", "a/b").take(2).await?;
    assert_eq!(two, ["a/c/d", "b"]);
    Ok(())
}
