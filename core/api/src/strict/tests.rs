//! Strict bodies, as a table.

use config::RequestLimits;

use super::{init, unseal};

fn refused(body: &str, want: &str) {
    let got = init(body.as_bytes(), &RequestLimits::DEFAULT).unwrap_err();
    assert_eq!(got.public, format!("failed to decode JSON input: json: cannot unmarshal {want}"));
}

#[test]
fn bodies_of_init() {
    let got = init(b"", &RequestLimits::DEFAULT).unwrap();
    assert_eq!((got.secret_shares, got.pgp_keys.len()), (None, 0));
    let body = br#"{"Secret_Shares":5,"secret_threshold":3,"unknown":{},"pgp_keys":null}"#;
    let got = init(body, &RequestLimits::DEFAULT).unwrap();
    assert_eq!((got.secret_shares, got.secret_threshold), (Some(5), Some(3)));
    let field = |what: &str, name: &str, kind: &str| {
        format!("{what} into Go struct field InitRequest.{name} of type {kind}")
    };
    refused(r#"{"secret_shares":"5"}"#, &field("string", "secret_shares", "int"));
    refused(r#"{"secret_shares":1.5}"#, &field("number 1.5", "secret_shares", "int"));
    refused(r#"{"pgp_keys":"x"}"#, &field("string", "pgp_keys", "[]string"));
    refused(r#"{"pgp_keys":[1]}"#, &field("number", "pgp_keys", "string"));
    refused(r#"{"root_token_pgp_key":1}"#, &field("number", "root_token_pgp_key", "string"));
    refused("[]", "array into Go value of type http.InitRequest");
}

#[test]
fn bodies_of_unseal() {
    let got = unseal(br#"{"key":"ab","reset":true}"#, &RequestLimits::DEFAULT).unwrap();
    assert_eq!((got.key.as_str(), got.reset, got.migrate), ("ab", true, false));
    let got = unseal(br#"{"key":5}"#, &RequestLimits::DEFAULT).unwrap_err();
    assert!(got.public.ends_with("number into Go struct field UnsealRequest.key of type string"));
    let got = unseal(br#"{"reset":"true"}"#, &RequestLimits::DEFAULT).unwrap_err();
    assert!(got.public.ends_with("string into Go struct field UnsealRequest.reset of type bool"));
}
