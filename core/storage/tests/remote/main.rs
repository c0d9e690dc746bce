//! A storage behind a network, made for the suite alone: it shows that the groups `F`, `X` and `G`
//! find what they look for, and that an honest provider passes them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first thing that is not as it must be"
)]

mod client;
mod server;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use conformance::{Class, Network, Options, Outcome, Report, storage::Factory};
use plugin_api::{HaLock, Result, Storage};
use storage::InmemLock;

use crate::{
    client::{Client, Manners},
    server::Server,
};

/// The service and a way to it.
struct Remote {
    server: Server,
    lock: InmemLock,
    manners: Manners,
}

impl Remote {
    async fn start(manners: Manners) -> Self {
        let lock = InmemLock::new();
        let server = Server::start(lock.clone(), manners).await;
        Self { server, lock, manners }
    }

    fn client(&self, address: &str, password: &str) -> Arc<dyn Storage> {
        Arc::new(Client::new(address, password, self.manners))
    }
}

#[async_trait]
impl Factory for Remote {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(self.client(&self.server.address, server::PASSWORD))
    }

    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        self.open().await.map(Some)
    }

    async fn reopen(&self, storage: Arc<dyn Storage>) -> Result<Option<Arc<dyn Storage>>> {
        drop(storage);
        self.open().await.map(Some)
    }

    async fn lock(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(Some(Arc::new(self.lock.clone())))
    }

    fn lock_ttl(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn network(&self) -> Option<&dyn Network<dyn Storage>> {
        Some(self)
    }
}

#[async_trait]
impl Network<dyn Storage> for Remote {
    fn upstream(&self) -> String {
        self.server.address.clone()
    }

    async fn open_at(&self, address: &str) -> Result<Arc<dyn Storage>> {
        Ok(self.client(address, server::PASSWORD))
    }

    async fn open_denied(&self, address: &str, password: &str) -> Option<Result<Arc<dyn Storage>>> {
        Some(Ok(self.client(address, password)))
    }

    fn connections_max(&self) -> Option<usize> {
        Some(client::CONNECTIONS_MAX)
    }
}

async fn report(manners: Manners, only: &[&str]) -> Report {
    let mut options = Options { class: Class::Quick, ..Options::from_environment() };
    options.only = only.iter().map(|id| (*id).to_owned()).collect();
    conformance::storage::run(&Remote::start(manners).await, &options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_provider_passes() {
    let report = report(Manners::Honest, &[]).await;
    println!("{report}");
    report.assert_ok();
    let skipped = report.cases.iter().filter(|case| matches!(case.outcome, Outcome::Skip(_)));
    let mut skipped: Vec<&str> = skipped.map(|case| case.id).collect();
    skipped.sort_unstable();
    // What is claimed cannot be unclaimed, and nobody here has TLS, settings or a clock.
    assert_eq!(skipped, ["F07", "U01", "U02", "U03", "U04", "Y01", "Y06"]);
}

/// A provider with this fault is found by this case, and the case says why. A race shows when the
/// two sides meet in time, so a case has some tries to see it.
async fn check(manners: Manners, id: &str, words: &str) {
    const TRIES: usize = 8;
    let mut told = String::new();
    for _ in 0..TRIES {
        let report = report(manners, &[id]).await;
        told = match report.cases.as_slice() {
            [case] => match &case.outcome {
                Outcome::Fail(why) => why.clone(),
                other => format!("{other:?}"),
            },
            others => format!("{} cases", others.len()),
        };
        if told.contains(words) {
            break;
        }
    }
    assert!(told.contains(words), "{manners:?} in {id}: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_found() {
    check(Manners::ChecksTheFenceFirst, "X03", "after the").await;
    check(Manners::IgnoresFences, "X02", "want the error Fenced").await;
    check(Manners::DeniesLostAnswers, "F05", "not marked maybe_applied").await;
    check(Manners::NeverReconnects, "F02", "not usable").await;
    check(Manners::IgnoresDeadlines, "F03", "hangs").await;
    check(Manners::TellsSecrets, "F06", "repeats the password").await;
    check(Manners::TellsSecrets, "Y05", "tells a value").await;
    check(Manners::LosesChanges, "G03", "not told").await;
}
