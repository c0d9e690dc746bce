//! A transaction lists what the store will hold after its commit, page by page.

use barrier::{Barrier, Transaction};

use crate::support::{KINDS, Kind, fresh};

/// Every name of a folder, through pages of this size.
async fn all(t: &Transaction, prefix: &str, limit: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().cloned().unwrap_or_default();
        let page = t.list(prefix, &after, limit).await.unwrap();
        assert!(limit == 0 || page.keys.len() <= limit);
        assert!(page.keys.is_sorted() && page.keys.first().is_none_or(|name| *name > after));
        names.extend(page.keys);
        if !page.more {
            return names;
        }
    }
}

async fn check(barrier: &Barrier, changes: &str, prefix: &str, want: &str) {
    for limit in [0, 1, 2, 5, 100] {
        let t = barrier.begin(None);
        for change in changes.split_whitespace() {
            match change.split_at(1) {
                ("+", key) => t.put(key, "v"),
                (_, key) => t.delete(key),
            }
        }
        let got = all(&t, prefix, limit).await.join(" ");
        assert_eq!(got, want, "{changes} {prefix} {limit}");
    }
}

#[tokio::test]
async fn names_appear_and_vanish() {
    for kind in KINDS {
        let (_, barrier) = fresh(kind).await;
        for key in ["d/a", "d/b", "d/b/x", "d/c/d/e/f", "d/c/g", "d/z1/1", "d/z2/1", "d/z3/1"] {
            barrier.put(key, "v", None).await.unwrap();
        }
        check(&barrier, "", "d/", "a b b/ c/ z1/ z2/ z3/").await;
        check(&barrier, "+d/aa +d/zz", "d/", "a aa b b/ c/ z1/ z2/ z3/ zz").await;
        check(&barrier, "-d/a -d/unknown", "d/", "b b/ c/ z1/ z2/ z3/").await;
        check(&barrier, "-d/b", "d/", "a b/ c/ z1/ z2/ z3/").await;
        check(&barrier, "-d/b/x", "d/", "a b c/ z1/ z2/ z3/").await;
        check(&barrier, "-d/c/g", "d/", "a b b/ c/ z1/ z2/ z3/").await;
        check(&barrier, "-d/c/g -d/c/d/e/f", "d/", "a b b/ z1/ z2/ z3/").await;
        check(&barrier, "-d/c/g -d/c/d/e/f +d/c/h/i", "d/", "a b b/ c/ z1/ z2/ z3/").await;
        check(&barrier, "-d/z1/1 -d/z2/1 -d/z3/1", "d/", "a b b/ c/").await;
        check(&barrier, "+new/deep/key", "", "core/ d/ new/").await;
        check(&barrier, "+new/deep/key", "new/", "deep/").await;
        check(&barrier, "+d", "", "core/ d d/").await;
        check(&barrier, "-d/a", "none/", "").await;
        check(&barrier, "-n/a", "n/", "").await;
    }
}

/// Random changes: the listing before the commit is the listing after it.
#[tokio::test]
async fn as_after_the_commit() {
    let (_, barrier) = fresh(Kind::Checked).await;
    let mut seed = 1_u64;
    let mut random = |bound: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    for _ in 0..60 {
        let t = barrier.begin(None);
        for _ in 0..random(12) {
            let depth = 1 + random(3);
            let parts = (0..depth).map(|_| ["a", "a-", "b", "b0", "c"][random(5) as usize]);
            let key = format!("r/{}", parts.collect::<Vec<_>>().join("/"));
            if random(2) == 0 { t.put(&key, "v") } else { t.delete(&key) }
        }
        let mut before = Vec::new();
        for prefix in ["r/", "r/a/", "r/b/", "r/a/b/", "r/c/c/"] {
            before.push((prefix, all(&t, prefix, 1 + random(4) as usize).await));
        }
        t.commit().await.unwrap();
        let t = barrier.begin(None);
        for (prefix, names) in before {
            assert_eq!(all(&t, prefix, 0).await, names, "{prefix}");
        }
    }
}
