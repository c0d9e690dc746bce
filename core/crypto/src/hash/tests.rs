//! The hash functions against the published values for "abc".

use super::{Sha256, sha1, sha256, sha384, sha512};

#[test]
fn abc() {
    let check = |got: &[u8], want: &str| assert_eq!(hex::encode(got), want);
    check(&sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    check(&sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check(
        &sha384(b"abc"),
        concat!(
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163",
            "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        ),
    );
    check(
        &sha512(b"abc"),
        concat!(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    );
}

#[test]
fn piecewise() {
    let mut hash = Sha256::default();
    hash.update(b"a");
    hash.update(b"");
    hash.update(b"bc");
    assert_eq!(hash.finish(), sha256(b"abc"));
}
