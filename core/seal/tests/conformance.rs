//! The static seal under the conformance suite, and faulty seals that the suite must find.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use conformance::{
    Options,
    seal::{Factory, Golden, all, run},
};
use parking_lot::Mutex;
use plugin_api::{
    Blob, Error, ErrorKind, Op, Provider, Result, Seal, SealStatus, Secret, Settings,
};
use seal::StaticProvider;

const KEY: &str = "c7ef4289da90d22c2d581fc93b8d8e753711299721460733b08157d1ebff2e75";
const NEXT: &str = "0123456789abcdefghijklmnopqrstuv";

/// The static seal with a key that can be rotated, or with a fault around it.
struct Static {
    fault: Option<Fault>,
    rotated: Mutex<bool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// The same blob for the same secret.
    Repeats,
    /// What does not open is given back as it is.
    GivesGarbage,
    /// Forgets the aad of short secrets.
    BindsSometimes,
    /// Names another key than the status.
    NamesAnotherKey,
    /// Says in the error what it was to wrap.
    Tells,
    /// Cuts long secrets.
    Cuts,
}

async fn open(settings: &[(&str, &str)]) -> Result<Arc<dyn Seal>> {
    let values: BTreeMap<_, _> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let opened = StaticProvider::new(Arc::new(|_| None)).open(Settings::new(values)).await?;
    opened.seal.ok_or_else(|| Error::new(ErrorKind::Internal, "no seal"))
}

#[async_trait]
impl Factory for Static {
    async fn open(&self) -> Result<Arc<dyn Seal>> {
        let rotated = *self.rotated.lock();
        let one = [("current_key_id", "one"), ("current_key", KEY)];
        let two = [
            ("current_key_id", "two"),
            ("current_key", NEXT),
            ("previous_key_id", "one"),
            ("previous_key", KEY),
        ];
        let inner = open(if rotated { &two } else { &one }).await?;
        Ok(match self.fault {
            None => inner,
            Some(fault) => Arc::new(Faulty { inner, fault, kept: Mutex::default() }),
        })
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Seal>>> {
        Some(open(&[("current_key_id", "one"), ("current_key", KEY), (name, value)]).await)
    }

    async fn open_ungranted(&self) -> Option<Result<Arc<dyn Seal>>> {
        Some(open(&[("current_key_id", "one"), ("current_key", "env://HOME")]).await)
    }

    fn binds_aad(&self) -> Option<bool> {
        Some(true)
    }

    fn golden(&self) -> Vec<Golden> {
        let bytes = |text: &str| hex::decode(text).unwrap_or_default();
        vec![Golden {
            release: "0.1.0".into(),
            blob: Blob {
                ciphertext: bytes(CIPHERTEXT),
                iv: bytes(NONCE),
                key_id: "one".into(),
                mechanism: 0,
            },
            aad: b"core/seal".to_vec(),
            plaintext: b"golden secret".to_vec(),
        }]
    }

    async fn rotate(&self) -> Result<Option<Arc<dyn Seal>>> {
        *self.rotated.lock() = true;
        let rotated = self.open().await.map(Some);
        *self.rotated.lock() = false;
        rotated
    }
}

/// A blob of release 0.1.0. It never changes.
const CIPHERTEXT: &str = "b471c529ce34c681de97925cf47eda33e318390a45043a4497ca3e299e";
const NONCE: &str = "000102030405060708090a0b";

/// A secret, its aad, and the blob of the two.
type Kept = (Vec<u8>, Vec<u8>, Blob);

/// The seal with one fault.
struct Faulty {
    inner: Arc<dyn Seal>,
    fault: Fault,
    kept: Mutex<Vec<Kept>>,
}

#[async_trait]
impl Seal for Faulty {
    async fn status(&self, op: Op) -> Result<SealStatus> {
        self.inner.status(op).await
    }

    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let secret = plaintext.expose();
        let found =
            self.kept.lock().iter().find(|kept| kept.0 == *secret && kept.1 == aad).cloned();
        match (self.fault, found) {
            (Fault::Repeats, Some((_, _, blob))) => return Ok(blob),
            (Fault::Tells, _) if secret.len() > 1 << 16 => {
                let begin: Vec<u8> = secret.iter().copied().take(64).collect();
                let message = format!("cannot wrap {begin:?}");
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            _ => (),
        }
        let cut = match self.fault {
            Fault::Cuts => secret.iter().copied().take(1_000).collect(),
            _ => secret.clone(),
        };
        let aad = if self.fault == Fault::BindsSometimes && aad.len() < 4 { b"" } else { aad };
        let mut blob = self.inner.wrap(op, &Secret::new(cut), aad).await?;
        if self.fault == Fault::NamesAnotherKey {
            blob.key_id = "another".into();
        }
        self.kept.lock().push((secret.clone(), aad.to_vec(), blob.clone()));
        Ok(blob)
    }

    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let aad = if self.fault == Fault::BindsSometimes && aad.len() < 4 { b"" } else { aad };
        match self.inner.unwrap(op, blob, aad).await {
            Err(_) if self.fault == Fault::GivesGarbage => Ok(Secret::new(blob.ciphertext.clone())),
            result => result,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_static_seal_conforms() {
    let report = all(&Static { fault: None, rotated: Mutex::new(false) }).await;
    println!("{report}");
    report.assert_ok();
}

/// A seal with this fault is found by this case.
async fn check(fault: Fault, id: &str) {
    let mut options = Options::from_environment();
    options.only = vec![id.to_owned()];
    let report = run(&Static { fault: Some(fault), rotated: Mutex::new(false) }, &options).await;
    assert_eq!(report.failures().count(), 1, "{fault:?} in {id}: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_found() {
    check(Fault::Repeats, "K02").await;
    check(Fault::GivesGarbage, "K03").await;
    check(Fault::BindsSometimes, "K04").await;
    check(Fault::NamesAnotherKey, "K05").await;
    check(Fault::Tells, "K10").await;
    check(Fault::Cuts, "K01").await;
}
