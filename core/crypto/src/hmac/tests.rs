//! HMAC-SHA256 against RFC 4231 and against a token id that OpenBao stored.

use super::{Hmac, hmac_sha256};

fn check(key: &[u8], message: &[u8], want: &str) {
    assert_eq!(hex::encode(hmac_sha256(key, message)), want);
    let hmac = Hmac::new(key);
    assert_eq!(hmac.sign_hex(message), want);
    assert!(hmac.verify(message, &hex::decode(want).unwrap()));
    assert!(!hmac.verify(message, &[0; 32]));
    assert!(!hmac.verify(message, &[]));
    assert!(!hmac.verify(b"other", &hex::decode(want).unwrap()));
}

#[test]
fn vectors() {
    check(
        &[0x0b; 20],
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
    check(
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    check(
        &[0xaa; 131],
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
    check(
        b"1ab55c89-7cff-75c5-78c8-3e54a1a1fb93",
        b"s.x0VXzFxXd5VDtYMlpOQLhlan",
        "df02309e88db9955dbd20c331fd12250d94cbbad95317c42ef7336cc64587811",
    );
}
