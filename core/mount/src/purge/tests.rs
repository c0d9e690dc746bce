//! Removing more than one transaction may.

use logical::testing::Memory;

use super::*;

#[tokio::test]
async fn goes_on_until_all_is_gone() {
    let store = Memory::default();
    store.put("logical/other/x", Bytes::new()).unwrap();
    for n in 0..100 {
        store.put(&format!("logical/gone/{}/{}", n % 3, n), Bytes::new()).unwrap();
    }
    start(&store, "gone", "logical/gone/").unwrap();
    let mut rounds = 1;
    while purge(&store).await.unwrap() {
        rounds += 1;
    }
    assert_eq!((rounds, store.keys().as_slice()), (2, &["logical/other/x".to_owned()][..]));
    assert!(!purge(&store).await.unwrap());
}
