//! What counts as two holders at once.

use std::time::Duration;

use tokio::time::Instant;

use super::{Tenure, apart};

fn check(tenures: &[(u64, u64, u64)], want: Result<(), &str>) {
    let start = Instant::now();
    let at = |milliseconds: u64| start + Duration::from_millis(milliseconds);
    let tenures: Vec<_> = tenures
        .iter()
        .map(|&(from, until, epoch)| Tenure { from: at(from), until: at(until), epoch })
        .collect();
    let got = apart(tenures.clone());
    match want {
        Ok(()) => assert_eq!(got, Ok(()), "{tenures:?}"),
        Err(word) => assert!(got.as_ref().is_err_and(|why| why.contains(word)), "{got:?}"),
    }
}

#[test]
fn tenures() {
    check(&[], Ok(()));
    check(&[(0, 10, 1), (10, 20, 2), (25, 30, 7)], Ok(()));
    check(&[(25, 30, 7), (0, 10, 1)], Ok(()));
    check(&[(0, 10, 1), (9, 20, 2)], Err("both held"));
    check(&[(0, 10, 2), (10, 20, 1)], Err("epoch 1 came after"));
    check(&[(0, 10, 2), (10, 20, 2)], Err("epoch 2 came after"));
}
