//! Origins, and the requests that they allow.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Uri};
use http_body_util::Full;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::Error;

use super::{Http, Origin};
use crate::voice::Voice;

/// What all instances keep together has a limit; what they let go of makes room again.
#[tokio::test]
async fn bodies() {
    let http = Http {
        doors: Vec::new(),
        timeout: std::time::Duration::ZERO,
        room: Arc::new(Semaphore::new(1000)),
        voice: Arc::new(Voice::new("tested", 100)),
    };
    let whole = async |size| {
        let body = Full::new(Bytes::from(vec![7; size]));
        http.whole(body, Error::HttpResponseBodySize, |never| match never {}).await
    };
    let kept = whole(600).await.unwrap();
    assert!(whole(600).await.is_err());
    let more = whole(400).await.unwrap();
    drop(kept);
    assert_eq!((whole(600).await.unwrap().len(), more.len()), (600, 400));
}

fn allows(origin: &str, methods: &[&str], method: Method, uri: &str, want: bool) {
    let methods: Vec<String> = methods.iter().map(|it| (*it).to_owned()).collect();
    let uri: Uri = uri.parse().unwrap();
    assert_eq!(Origin::parse(origin, &methods).unwrap().allows(&method, &uri), want, "{uri}");
}

#[test]
fn requests() {
    let kms = "https://kms.example.com";
    allows(kms, &[], Method::POST, "https://kms.example.com/a?b", true);
    allows(kms, &[], Method::POST, "https://KMS.example.com:443/", true);
    allows(kms, &[], Method::POST, "http://kms.example.com/", false);
    allows(kms, &[], Method::POST, "https://kms.example.com:444/", false);
    allows(kms, &[], Method::POST, "https://kms.example.com.evil.example/", false);
    allows(kms, &[], Method::POST, "https://user@kms.example.com/", true);
    allows(kms, &[], Method::POST, "https://kms.example.com@evil.example/", false);
    allows(kms, &["get"], Method::GET, "https://kms.example.com/", true);
    allows(kms, &["get"], Method::POST, "https://kms.example.com/", false);
    allows("http://[::1]:8080", &[], Method::GET, "http://[::1]:8080/x", true);
}

fn refused(origin: &str, words: &str) {
    let error = Origin::parse(origin, &[]).unwrap_err();
    assert!(error.contains(words), "{origin}: {error}");
}

#[test]
fn origins() {
    refused("kms.example.com", "needs a scheme");
    refused("ftp://kms.example.com", "neither http nor https");
    refused("https://kms.example.com/v1", "has a path");
    refused("http://169.254.169.254", "link-local or metadata");
    refused("http://[fe80::1]", "link-local or metadata");
    refused("http://2852039166", "link-local or metadata");
    refused("http://0xa9fea9fe:80", "link-local or metadata");
    refused("https://", "not an origin");
}
