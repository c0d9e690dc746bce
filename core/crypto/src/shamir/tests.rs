//! Sharing against shares that OpenBao gave out, and round trips through every subset.

use super::{SHARES_MAX, combine, field, split};
use crate::{Error, Secret};

/// The five unseal keys of a real store, threshold three.
const GOLDEN: [&str; 5] = [
    "cbfcd65e942e8f38bd009d87d2229c3ee68d81297cbbb5df7089b3e702898a1efe",
    "83137659e345373b735fab6020dfb07f657f0cd58e5eecedbb5d9e9ecfd1f21179",
    "c00b1f8a95f54a8c0b6764f60108d8d9542ee267d2a0298d1fb147d995694a8bcb",
    "94491382a42c4c70fcaba89dc42b0e7a1287431abe70ac0a63252e57e5acab1ae1",
    "59ef0e6d5730c55fec5a964732c28c5e520ac94aae7571a984dda1b49f37f72681",
];
const GOLDEN_KEY: &str = "a4565536b59dedbead1c85edb7b69122e00c1b9f709869dd294b4d1887972832";

fn secret(text: &str) -> Secret<Vec<u8>> {
    Secret::new(hex::decode(text).unwrap())
}

#[test]
fn golden() {
    for subset in 0_u32..32 {
        let chosen: Vec<_> = (0..5)
            .filter(|at| subset >> at & 1 == 1)
            .map(|at| secret(GOLDEN[at as usize]))
            .collect();
        let whole = combine(&chosen).map(|key| hex::encode(key.expose()));
        match subset.count_ones() {
            0 | 1 => assert_eq!(whole, Err(Error::TooFewShares)),
            2 => assert_ne!(whole.unwrap(), GOLDEN_KEY),
            _ => assert_eq!(whole.unwrap(), GOLDEN_KEY),
        }
    }
}

#[test]
fn round_trips() {
    let key: Vec<u8> = (0..32).collect();
    for (shares, threshold) in [(2, 2), (3, 2), (5, 3), (10, 10), (255, 2), (255, 255)] {
        let mut parts = split(&key, shares, threshold).unwrap();
        assert_eq!(parts.len(), shares);
        assert!(parts.iter().all(|part| part.expose().len() == 33));
        assert_eq!(combine(&parts).unwrap().expose(), &key);
        parts.reverse();
        parts.truncate(threshold);
        assert_eq!(combine(&parts).unwrap().expose(), &key);
        parts.truncate(threshold - 1);
        assert_ne!(combine(&parts).map_or(Vec::new(), |got| got.expose().clone()), key);
    }
}

#[test]
fn shapes_of_a_split() {
    let check = |shares, threshold| {
        let refused = Err(Error::SplitShape { shares, threshold });
        assert_eq!(split(&[1], shares, threshold).map(|_| ()), refused);
    };
    check(0, 0);
    check(1, 1);
    check(2, 1);
    check(2, 3);
    check(SHARES_MAX + 1, 2);
    assert_eq!(split(&[], 2, 2).map(|_| ()), Err(Error::EmptySecret));
}

#[test]
fn bad_shares() {
    let check = |shares: &[&str], want| {
        let shares: Vec<_> = shares.iter().map(|text| secret(text)).collect();
        assert_eq!(combine(&shares).map(|_| ()), Err(want));
    };
    check(&[], Error::TooFewShares);
    check(&["0101"], Error::TooFewShares);
    check(&["", "0101"], Error::ShareTooShort);
    check(&["01", "02"], Error::ShareTooShort);
    check(&["0101", "020202"], Error::ShareLengths);
    check(&["0101", "0101"], Error::DuplicateShare);
    check(&["0101", "0201"], Error::DuplicateShare);
    check(&["0101", "0200"], Error::ZeroShare);
    check(&["0101"; 256], Error::TooManyShares);
}

#[test]
fn field_laws() {
    assert_eq!(field::multiply(0x57, 0x83), 0xc1);
    assert_eq!(field::multiply(0x57, 0x13), 0xfe);
    assert_eq!(field::invert(0), 0);
    for a in 1..=u8::MAX {
        assert_eq!(field::multiply(a, field::invert(a)), 1);
        assert_eq!(field::multiply(a, 1), a);
        assert_eq!(field::multiply(a, 0), 0);
        for b in [2, 3, 0x53, 0xca, 0xff] {
            assert_eq!(field::multiply(a, b), field::multiply(b, a));
            assert_eq!(
                field::multiply(a, b ^ 0x11),
                field::multiply(a, b) ^ field::multiply(a, 0x11)
            );
        }
    }
    assert_eq!(field::evaluate(&[42, 7, 9], 0), 42);
    assert_eq!(field::evaluate(&[1, 2, 3], 1), 1 ^ 2 ^ 3);
}
