//! Clients that others wrote, unmodified, against the server.

use std::collections::HashMap;

use serde_json::{Value, json};
use vaultrs::{
    api::{
        ResponseWrapper,
        kv2::requests::{ReadSecretRequest, SetSecretMetadataRequest, SetSecretRequestOptions},
        sys::requests::EnableEngineRequest,
        token::requests::CreateTokenRequest,
    },
    client::{VaultClient, VaultClientSettingsBuilder},
    cubbyhole,
    error::ClientError,
    kv1, kv2, sys, token,
};

use crate::support::{INMEM, TestServer};

const POLICY: &str = "path \"kv/data/*\" { capabilities = [\"read\"] }";

fn client(server: &TestServer, token: &str) -> VaultClient {
    let settings = VaultClientSettingsBuilder::default()
        .address(server.url())
        .token(token)
        .ca_certs(Vec::new())
        .identity(None)
        .verify(true)
        .build();
    VaultClient::new(settings.unwrap()).unwrap()
}

async fn unsealed() -> (TestServer, VaultClient) {
    let server = TestServer::with_config(INMEM).await;
    let anybody = client(&server, "");
    assert!(matches!(sys::status(&anybody).await, Ok(sys::ServerStatus::UNINITIALIZED)));
    let keys = sys::start_initialization(&anybody, 3, 2, None).await.unwrap();
    assert_eq!((keys.keys.len(), keys.keys_base64.len()), (3, 3));
    assert!(matches!(sys::status(&anybody).await, Ok(sys::ServerStatus::SEALED)));
    let first = sys::unseal(&anybody, Some(keys.keys[0].clone()), None, None).await.unwrap();
    assert!(first.sealed && first.progress == 1);
    let second = sys::unseal(&anybody, Some(keys.keys_base64[2].clone()), None, None).await;
    assert!(!second.unwrap().sealed);
    let root = client(&server, &keys.root_token);
    assert!(matches!(sys::status(&root).await, Ok(sys::ServerStatus::OK)));
    (server, root)
}

async fn mounted(version: &str) -> (TestServer, VaultClient) {
    let (server, root) = unsealed().await;
    let options = HashMap::from([("version".to_owned(), version.to_owned())]);
    let mut request = EnableEngineRequest::builder();
    request.options(options);
    sys::mount::enable(&root, "kv", "kv", Some(&mut request)).await.unwrap();
    (server, root)
}

/// The status of an error of the API.
fn status<T>(result: Result<T, ClientError>) -> u16 {
    match result {
        Err(ClientError::APIError { code, .. }) => code,
        // An answer with data besides its status, such as that of a deleted version.
        Err(other) => {
            let shown = format!("{other:?}");
            let code = shown.split_once("code: ").map(|(_, rest)| &rest[..3]);
            code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{shown}"))
        }
        Ok(_) => 200,
    }
}

#[tokio::test]
async fn vaultrs_mounts_and_seals() {
    let (_server, root) = mounted("1").await;
    let mounts = sys::mount::list(&root).await.unwrap();
    assert_eq!(mounts["kv/"].mount_type, "kv");
    assert!(mounts.contains_key("cubbyhole/") && mounts.contains_key("sys/"));
    assert!(sys::auth::list(&root).await.unwrap().contains_key("token/"));
    sys::mount::disable(&root, "kv").await.unwrap();
    assert!(!sys::mount::list(&root).await.unwrap().contains_key("kv/"));
    sys::seal(&root).await.unwrap();
    assert!(matches!(sys::status(&root).await, Ok(sys::ServerStatus::SEALED)));
}

#[tokio::test]
async fn vaultrs_kv_1_and_cubbyhole() {
    let (_server, root) = mounted("1").await;
    let data = HashMap::from([("a", "b")]);
    kv1::set(&root, "kv", "x/y", &data).await.unwrap();
    let got: HashMap<String, String> = kv1::get(&root, "kv", "x/y").await.unwrap();
    assert_eq!(got["a"], "b");
    assert_eq!(kv1::list(&root, "kv", "x").await.unwrap().data.keys, ["y"]);
    kv1::delete(&root, "kv", "x/y").await.unwrap();
    assert_eq!(status(kv1::get_raw(&root, "kv", "x/y").await), 404);
    cubbyhole::set(&root, "cubbyhole", "z", &data).await.unwrap();
    let got: HashMap<String, String> = cubbyhole::get(&root, "cubbyhole", "z").await.unwrap();
    assert_eq!(got["a"], "b");
}

#[tokio::test]
async fn vaultrs_kv_2() {
    let (_server, root) = mounted("2").await;
    let set = |n: i64| json!({ "n": n });
    assert_eq!(kv2::set(&root, "kv", "a", &set(1)).await.unwrap().version, 1);
    assert_eq!(kv2::set(&root, "kv", "a", &set(2)).await.unwrap().version, 2);
    let stale = SetSecretRequestOptions { cas: 1 };
    assert_eq!(status(kv2::set_with_options(&root, "kv", "a", &set(3), stale).await), 400);
    assert_eq!(kv2::read::<Value>(&root, "kv", "a").await.unwrap(), set(2));
    assert_eq!(kv2::read_version::<Value>(&root, "kv", "a", 1).await.unwrap(), set(1));
    assert_eq!(kv2::list(&root, "kv", "").await.unwrap(), ["a"]);
    kv2::delete_latest(&root, "kv", "a").await.unwrap();
    assert_eq!(status(kv2::read::<Value>(&root, "kv", "a").await), 404);
    kv2::undelete_versions(&root, "kv", "a", vec![2]).await.unwrap();
    assert_eq!(kv2::read::<Value>(&root, "kv", "a").await.unwrap(), set(2));
    kv2::destroy_versions(&root, "kv", "a", vec![1]).await.unwrap();
    let mut wanted = SetSecretMetadataRequest::builder();
    wanted.max_versions(5u64);
    kv2::set_metadata(&root, "kv", "a", Some(&mut wanted)).await.unwrap();
    let metadata = kv2::read_metadata(&root, "kv", "a").await.unwrap();
    assert_eq!((metadata.current_version, metadata.max_versions), (2, 5));
    assert!(metadata.versions["1"].destroyed);
    assert_eq!(kv2::config::read(&root, "kv").await.unwrap().max_versions, 0);
    kv2::delete_metadata(&root, "kv", "a").await.unwrap();
    assert_eq!(status(kv2::list(&root, "kv", "").await), 404);
}

#[tokio::test]
async fn vaultrs_policies_and_tokens() {
    let (server, root) = mounted("2").await;
    kv2::set(&root, "kv", "a", &json!({"n": 1})).await.unwrap();
    sys::policy::set(&root, "reader", POLICY).await.unwrap();
    assert!(sys::policy::list(&root).await.unwrap().policies.contains(&"reader".to_owned()));
    assert_eq!(sys::policy::read(&root, "reader").await.unwrap().rules, POLICY);
    let mut wanted = CreateTokenRequest::builder();
    wanted.policies(vec!["reader".to_owned()]).ttl("1h");
    let made = token::new(&root, Some(&mut wanted)).await.unwrap();
    assert_eq!((made.lease_duration, made.renewable), (3600, true));
    let reader = client(&server, &made.client_token);
    assert_eq!(kv2::read::<Value>(&reader, "kv", "a").await.unwrap(), json!({"n": 1}));
    assert_eq!(status(kv2::set(&reader, "kv", "a", &json!({})).await), 403);
    assert_eq!(token::lookup_self(&reader).await.unwrap().policies, ["default", "reader"]);
    let by_accessor = token::lookup_accessor(&root, &made.accessor).await.unwrap();
    assert_eq!(by_accessor.policies, ["default", "reader"]);
    assert_eq!(token::renew_self(&reader, Some("30m")).await.unwrap().lease_duration, 1800);
    token::revoke(&root, &made.client_token).await.unwrap();
    assert_eq!(status(token::lookup_self(&reader).await), 403);
    sys::policy::delete(&root, "reader").await.unwrap();
    assert_eq!(status(sys::policy::read(&root, "reader").await), 404);
}

#[tokio::test]
async fn vaultrs_wrapping() {
    let (_server, root) = mounted("2").await;
    kv2::set(&root, "kv", "a", &json!({"n": 1})).await.unwrap();
    let read = || ReadSecretRequest::builder().mount("kv").path("a").build().unwrap();
    let wrapped = read().wrap(&root).await.unwrap();
    assert_eq!(wrapped.lookup(&root).await.unwrap().creation_path, "kv/data/a");
    assert_eq!(wrapped.unwrap(&root).await.unwrap().data, json!({"n": 1}));
    assert!(matches!(wrapped.lookup(&root).await, Err(ClientError::WrapInvalidError)));
}
