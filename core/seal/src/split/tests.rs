//! Numbers of shares at their edges, with the sentences that OpenBao answers.

use crypto::Secret;

use super::{Purpose, SplitRequest, check_key, combine};

fn request(shares: i64, threshold: i64, pgp_keys: usize) -> SplitRequest {
    SplitRequest { shares, threshold, pgp_keys: vec!["key".to_owned(); pgp_keys] }
}

#[test]
fn refused() {
    let check = |shares, threshold, pgp_keys, want: &str| {
        let error = request(shares, threshold, pgp_keys).check(Purpose::Seal).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid seal configuration: {want}"));
    };
    check(0, 0, 0, "shares must be at least one");
    check(-1, 1, 0, "shares must be at least one");
    check(i64::MIN, i64::MIN, 0, "shares must be at least one");
    check(5, 0, 0, "threshold must be at least one");
    check(5, -3, 0, "threshold must be at least one");
    check(5, 1, 0, "threshold must be greater than one for multiple shares");
    check(3, 5, 0, "threshold cannot be larger than shares");
    check(1, 2, 0, "threshold cannot be larger than shares");
    check(256, 2, 0, "shares must be less than 256");
    check(i64::MAX, i64::MAX, 0, "shares must be less than 256");
    check(255, i64::MAX, 0, "threshold cannot be larger than shares");
    check(2, 2, 1, "count mismatch between number of provided PGP keys and number of shares");
    check(2, 2, 3, "count mismatch between number of provided PGP keys and number of shares");
    let error = request(1, 2, 0).check(Purpose::Recovery).unwrap_err().to_string();
    assert_eq!(error, "invalid recovery configuration: threshold cannot be larger than shares");
    let error = request(0, 0, 0).check(Purpose::Rekey).unwrap_err().to_string();
    assert_eq!(error, "invalid rekey seal configuration: shares must be at least one");
}

#[test]
fn there_and_back() {
    let key = Secret::new(vec![7; 32]);
    for (shares, threshold) in [(1, 1), (2, 2), (5, 3), (255, 255)] {
        let split = request(shares, threshold, 0).check(Purpose::Seal).unwrap();
        let mut parts = split.split(&key).unwrap();
        assert_eq!(parts.len(), split.shares);
        assert!(parts.iter().all(|part| check_key(part).is_ok()));
        parts.truncate(split.threshold);
        assert_eq!(combine(&parts).unwrap(), key);
    }
    assert!(request(2, 2, 2).check(Purpose::Seal).is_ok());
}

#[test]
fn lengths() {
    for length in 0..50 {
        let checked = check_key(&Secret::new(vec![0; length]));
        assert_eq!(checked.is_ok(), (16..=33).contains(&length));
    }
}
