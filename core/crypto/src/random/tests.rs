//! That random values have their shapes, differ, and favour nothing.

use std::collections::BTreeSet;

use super::{base62, below, bytes, nonce, secret, uuid};

#[test]
fn shapes() {
    let id = uuid();
    assert_eq!(id.len(), 36);
    for (at, c) in id.chars().enumerate() {
        match at {
            8 | 13 | 18 | 23 => assert_eq!(c, '-'),
            14 => assert_eq!(c, '4'),
            19 => assert!("89ab".contains(c)),
            _ => assert!(c.is_ascii_hexdigit() && !c.is_ascii_uppercase()),
        }
    }
    for length in [0, 1, 24, 95] {
        let text = base62(length);
        assert_eq!(text.len(), length);
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_eq!(secret(length).expose().len(), length);
    }
}

#[test]
fn differ() {
    let many = 2_000;
    assert_eq!((0..many).map(|_| uuid()).collect::<BTreeSet<_>>().len(), many);
    assert_eq!((0..many).map(|_| base62(24)).collect::<BTreeSet<_>>().len(), many);
    assert_eq!((0..many).map(|_| nonce()).collect::<BTreeSet<_>>().len(), many);
    assert_eq!((0..many).map(|_| bytes::<32>()).collect::<BTreeSet<_>>().len(), many);
}

#[test]
fn fair() {
    // 62,000 draws of 62 letters: 1,000 each, with a standard deviation of 32.
    let mut seen = [0_u32; 128];
    for c in base62(62_000).bytes() {
        seen[usize::from(c)] += 1;
    }
    let letters = seen.iter().filter(|&&n| n > 0);
    assert_eq!(letters.clone().count(), 62);
    assert!(letters.into_iter().all(|n| (700..1300).contains(n)));
}

#[test]
fn bounds() {
    for bound in 1..=u8::MAX {
        assert!((0..50).all(|_| below(bound) < bound));
    }
    assert_eq!(below(0), 0);
}
