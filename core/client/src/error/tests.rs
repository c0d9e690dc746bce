//! The texts of errors.

use http::{Method, StatusCode};

use super::{ApiError, Error};

fn check(errors: Option<&[&str]>, namespace: &str, raw: &str, expected: &str) {
    let error = Error::Api(Box::new(ApiError {
        method: Method::GET,
        url: "http://h/v1/x".to_owned(),
        namespace: namespace.to_owned(),
        status: StatusCode::FORBIDDEN,
        errors: errors.map(|list| list.iter().map(|text| (*text).to_owned()).collect()),
        raw: raw.to_owned(),
    }));
    assert_eq!(error.to_string(), expected);
}

#[test]
fn api_errors_read_as_they_always_did() {
    let head = "Error making API request.\n\nURL: GET http://h/v1/x\n";
    check(Some(&["a"]), "", "", &format!("{head}Code: 403. Errors:\n\n* a"));
    check(Some(&["a", "b"]), "", "", &format!("{head}Code: 403. Errors:\n\n* a\n* b"));
    check(Some(&[]), "", "", &format!("{head}Code: 403. Errors:\n"));
    check(None, "", "oops", &format!("{head}Code: 403. Raw Message:\n\noops"));
    let text = "Error making API request.\n\nNamespace: t\nURL: GET http://h/v1/x\n\
                Code: 403. Errors:\n\n* a";
    check(Some(&["a"]), "t", "", text);
}

#[test]
fn transport_errors_name_the_address() {
    let error = Error::Transport {
        method: Method::GET,
        url: "http://h/v1/x".to_owned(),
        reason: "connection refused".to_owned(),
    };
    assert_eq!(error.to_string(), "Get \"http://h/v1/x\": connection refused");
}
