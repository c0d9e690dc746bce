//! What is written is what was written before there were times of our own, and is read back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Entry {
    #[serde(with = "super::required")]
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional")]
    end: Option<Timestamp>,
}

#[test]
fn times() {
    let time = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap();
    let check = |at, end, text: &str| {
        let entry = Entry { at, end };
        assert_eq!(serde_json::to_string(&entry).unwrap(), text);
        assert_eq!(serde_json::from_str::<Entry>(text).unwrap(), entry);
    };
    check(time(0), None, r#"{"at":0}"#);
    check(time(-1), Some(time(1)), r#"{"at":-1,"end":1}"#);
    check(time(1_700_000_000_123_456_789), None, r#"{"at":1700000000123456789}"#);
    check(Timestamp::MAX, None, r#"{"at":253402207200999999999}"#);
    check(Timestamp::MIN, None, r#"{"at":-377705023201000000000}"#);
    assert_eq!(
        serde_json::from_str::<Entry>(r#"{"at": 5 ,"end":null}"#).unwrap(),
        Entry { at: time(5), end: None }
    );
    for text in [r#"{}"#, r#"{"at":"5"}"#, r#"{"at":null}"#, r#"{"at":1.5}"#, r#"{"at":1e40}"#] {
        assert!(serde_json::from_str::<Entry>(text).is_err(), "{text}");
    }
}
