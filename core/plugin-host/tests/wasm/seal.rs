//! A seal as a component that reaches its KMS, and nothing else, over granted HTTP.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use conformance::{Surroundings, seal::Factory};
use plugin_api::{ErrorKind, Result, Seal, Secret};
use plugin_host::{Grant, GrantTls, Kind, Loaded, PluginSpec, load};

use crate::{
    fixtures::{component, op, open, seal, spec},
    kms::{Kms, TOKEN},
};

fn granted(origin: &str) -> PluginSpec {
    let mut spec = spec(Kind::Seal, &component("seal-rust-http.wasm"));
    spec.grants = vec![Grant::Http {
        name: "kms".to_owned(),
        origins: vec![origin.to_owned()],
        methods: vec!["GET".to_owned(), "POST".to_owned()],
        tls: GrantTls::default(),
    }];
    spec
}

fn settings<'a>(address: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("address", address), ("token", token), ("key_name", "unseal")]
}

/// The seal under the suite, with its KMS.
struct Tested {
    kms: Kms,
    loaded: Loaded,
}

#[async_trait]
impl Factory for Tested {
    async fn open(&self) -> Result<Arc<dyn Seal>> {
        let opened = open(&self.loaded, &settings(&self.kms.address, TOKEN)).await?;
        Ok(opened.seal.unwrap())
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Seal>>> {
        let mut settings = settings(&self.kms.address, TOKEN);
        settings.retain(|(known, _)| *known != name);
        settings.push((name, value));
        Some(open(&self.loaded, &settings).await.map(|opened| opened.seal.unwrap()))
    }

    fn binds_aad(&self) -> Option<bool> {
        Some(true)
    }

    async fn rotate(&self) -> Result<Option<Arc<dyn Seal>>> {
        self.kms.state.version.fetch_add(1, Ordering::Relaxed);
        Ok(Some(self.open().await?))
    }

    async fn disable(&self, disabled: bool) -> Result<bool> {
        self.kms.state.disabled.store(disabled, Ordering::Relaxed);
        Ok(true)
    }

    fn surroundings(&self) -> &dyn Surroundings {
        self
    }
}

impl Surroundings for Tested {
    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    let kms = Kms::start().await;
    let loaded = load(&granted(&kms.address)).unwrap();
    let report = conformance::seal::all(&Tested { kms, loaded }).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_reused() {
    let kms = Kms::start().await;
    let seal = seal(&granted(&kms.address), &settings(&kms.address, TOKEN)).await;
    for _ in 0..20 {
        let blob = seal.wrap(op(), &Secret::new(vec![1; 32]), b"aad").await.unwrap();
        let got = seal.unwrap(op(), &blob, b"aad").await.unwrap();
        assert_eq!(got.expose(), &[1; 32]);
    }
    assert_eq!(kms.state.requests.load(Ordering::Relaxed), 40);
    assert_eq!(kms.state.connections.load(Ordering::Relaxed), 1);
}

async fn unhealthy(origin: &str, address: &str, token: &str, words: &str) {
    let mut spec = granted(origin);
    spec.limits.call_time = Duration::from_secs(5);
    let seal = seal(&spec, &settings(address, token)).await;
    let status = seal.status(op()).await.unwrap();
    assert!(!status.healthy && status.detail.contains(words), "{status:?}");
    let error = seal.wrap(op(), &Secret::new(vec![1; 32]), b"").await.unwrap_err();
    assert!(error.message.contains(words), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_granted() {
    let (kms, other) = (Kms::start().await, Kms::start().await);
    let denied = "the server does not grant this request";
    unhealthy(&kms.address, &other.address, TOKEN, denied).await;
    assert_eq!(other.state.connections.load(Ordering::Relaxed), 0);
    let by_name = kms.address.replace("127.0.0.1", "localhost");
    unhealthy(&kms.address, &by_name, TOKEN, denied).await;
    unhealthy(&kms.address, &kms.address, "wrong", "the KMS refuses the token").await;
    unhealthy("http://127.0.0.1:1", "http://127.0.0.1:1", TOKEN, "cannot be reached").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_granted_methods() {
    let kms = Kms::start().await;
    let mut spec = granted(&kms.address);
    if let Some(Grant::Http { methods, .. }) = spec.grants.first_mut() {
        *methods = vec!["GET".to_owned()];
    }
    let seal = seal(&spec, &settings(&kms.address, TOKEN)).await;
    assert!(seal.status(op()).await.unwrap().healthy);
    let error = seal.wrap(op(), &Secret::new(vec![1; 32]), b"").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
}
