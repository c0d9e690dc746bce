//! The suite for what comes from a file: `A01` to `A06`. Whatever it provides, it gets along with the
//! process and the servers around it, and answers many at once.

use async_trait::async_trait;
use plugin_api::{Error, ErrorKind, Opened, Result};

use crate::{
    Options, Report,
    case::{Verdict, ensure, fail, skip},
    process::Process,
    runner::Runner,
};

mod crowd;

/// How the suite gets at a provider that comes from a file.
#[async_trait]
pub trait Factory: Send + Sync {
    /// The provider, opened. Every call may give the same handles.
    async fn open(&self) -> Result<Opened>;

    /// The symbols that the file exports, and the one that it must; `None` for a component, whose
    /// world says it.
    fn symbols(&self) -> Option<(Vec<String>, String)>;

    /// The process before the file was loaded; `None` for a component, which cannot change it.
    fn before(&self) -> Option<Process>;

    /// Loads the file once more, for this host, and opens it; `None` if that host is none of its
    /// kind.
    async fn copy(&self, host: Host) -> Option<Result<Opened>>;
}

/// The age of a host that loads a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Host {
    /// As old as this one.
    Same,
    /// One that offers less.
    Older,
    /// One that offers more.
    Newer,
}

/// Runs all cases, with the options of the environment ([`Options::from_environment`]).
pub async fn all(factory: &dyn Factory) -> Report {
    run(factory, &Options::from_environment()).await
}

/// Runs what the options ask for.
pub async fn run(factory: &dyn Factory, options: &Options) -> Report {
    let mut runner = Runner::new("", options, Vec::new());
    let place = runner.prefix("A");
    let class = options.class;
    runner.case("A01", "a library exports its entry and nothing else", symbols(factory)).await;
    let many = async { crowd::many(&factory.open().await?, &place, class).await };
    runner.case("A02", "many threads at once each get their own answer", many).await;
    let given_up = async { crowd::given_up(&factory.open().await?, &place).await };
    runner.case("A03", "calls that are given up are in nobody's way", given_up).await;
    let copy = copies(factory, &place, &[Host::Same]);
    runner.case("A04", "a second copy of the file works beside the first", copy).await;
    let ages = copies(factory, &place, &[Host::Older, Host::Newer]);
    runner.case("A05", "hosts that offer less or more are served", ages).await;
    // Last: it looks back on what all the others have made it do.
    runner.case("A06", "signals, environment and folder stay as they were", alone(factory)).await;
    runner.finish()
}

async fn symbols(factory: &dyn Factory) -> Verdict {
    let Some((exported, entry)) = factory.symbols() else {
        return skip("a component has no symbols");
    };
    let others: Vec<_> = exported.iter().filter(|name| **name != entry).collect();
    ensure(others.is_empty(), || {
        format!("it exports {others:?} too, which may meet those of others; hide them")
    })
}

async fn copies(factory: &dyn Factory, place: &str, hosts: &[Host]) -> Verdict {
    let first = factory.open().await?;
    for host in hosts {
        let copy = match factory.copy(*host).await {
            None => return skip("a component knows no ages of hosts"),
            Some(Err(error)) if is_taken(&error) => continue,
            Some(copy) => copy?,
        };
        crowd::answers(&copy, place, 1).await?;
        crowd::answers(&first, place, 2).await?;
        if let Some(storage) = &copy.storage {
            storage.close().await?;
        }
        drop(copy);
        crowd::answers(&first, place, 3).await?;
    }
    Ok(())
}

/// Its data is one handle's alone: it was loaded, and has looked.
fn is_taken(error: &Error) -> bool {
    error.kind == ErrorKind::Conflict
}

async fn alone(factory: &dyn Factory) -> Verdict {
    let Some(before) = factory.before() else { return skip("a component has none of them") };
    match Process::now().difference(&before) {
        None => Ok(()),
        Some(what) => fail(format!("it has changed {what}")),
    }
}
