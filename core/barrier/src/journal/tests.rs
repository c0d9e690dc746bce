//! The form of a record: there and back, and nothing else.

use bytes::Bytes;
use plugin_api::Write;

use super::form::{decode, encode, head, parse_head};

#[test]
fn round_trips() {
    let put = |key: &str, size| Write::Put(key.to_owned(), Bytes::from(vec![7; size]));
    let delete = |key: &str| Write::Delete(key.to_owned());
    let check = |writes: &[Write]| {
        let payload = encode(writes);
        assert_eq!(decode(&payload).unwrap(), writes);
        let inline = head(0, &payload);
        assert_eq!(parse_head(&inline).unwrap(), (0, payload.as_slice()));
        // Cut anywhere, it is the record of fewer writes or none.
        for length in 0..payload.len() {
            if let Ok(fewer) = decode(&payload[..length]) {
                assert!(writes.starts_with(&fewer) && fewer.len() < writes.len());
            }
        }
    };
    check(&[]);
    check(&[put("a", 0)]);
    check(&[delete("a/b"), put("a/c", 300), put("ü", 1), delete("z")]);
}

#[test]
fn malformed() {
    assert!(parse_head(&[0, 0, 0]).is_err());
    assert!(decode(&[2, 0, 0, 0, 1, b'a']).is_err());
    assert!(decode(&[0, 0, 0, 0, 1, 0xff]).is_err());
    assert!(decode(&[1, 0, 0, 0, 1, b'a']).is_err());
    assert!(decode(&[0, 0xff, 0xff, 0xff, 0xff, b'a']).is_err());
}
