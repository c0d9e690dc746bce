//! The suite for seals: `K01` to `K14`. What is wrapped comes back, nothing else does, and nothing
//! is told on the way.

use std::{ops::Deref, sync::Arc, time::Duration};

use plugin_api::{Blob, Op, Result, Seal, Secret};

pub use crate::seal::factory::{Factory, Golden};
use crate::{
    Class, Options, Random, Report,
    case::{Verdict, ensure},
    runner::Runner,
    watch::Record,
};

mod factory;
mod service;
mod told;
mod wrapping;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);

/// Runs all cases, with the options of the environment ([`Options::from_environment`]).
pub async fn all(factory: &dyn Factory) -> Report {
    run(factory, &Options::from_environment()).await
}

/// Runs what the options ask for.
pub async fn run(factory: &dyn Factory, options: &Options) -> Report {
    let runner = Runner::new("seal", options, factory.surroundings().secrets());
    let mut suite = Suite { factory, runner };
    wrapping::run(&mut suite).await;
    service::run(&mut suite).await;
    // Last: it also looks back on what all the others have heard.
    told::run(&mut suite).await;
    suite.runner.finish()
}

/// A run under way.
struct Suite<'a> {
    factory: &'a dyn Factory,
    runner: Runner<'a>,
}

/// What a case is given.
struct Context<'a> {
    place: Place<'a>,
    seal: Arc<dyn Seal>,
}

struct Place<'a> {
    factory: &'a dyn Factory,
    class: Class,
    seed: u64,
    record: Arc<Record>,
}

impl Suite<'_> {
    async fn case(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFn(&Context<'_>) -> Verdict,
    ) {
        let (factory, record) = (self.factory, self.runner.record.clone());
        let (class, seed) = (self.runner.options.class, self.runner.seed(id));
        let attempt = async move {
            let seal = record.seal(factory.open().await?);
            let place = Place { factory, class, seed, record };
            body(&Context { place, seal }).await
        };
        self.runner.case(id, title, attempt).await;
    }
}

impl<'a> Deref for Context<'a> {
    type Target = Place<'a>;

    fn deref(&self) -> &Place<'a> {
        &self.place
    }
}

impl Context<'_> {
    fn random(&self) -> Random {
        Random::new(self.seed)
    }

    async fn wrap(&self, plaintext: &[u8], aad: &[u8]) -> Result<Blob> {
        self.seal.wrap(op(), &Secret::new(plaintext.to_vec()), aad).await
    }
}

/// The case fails unless the blob opens to this.
async fn opens(seal: &Arc<dyn Seal>, blob: &Blob, aad: &[u8], want: &[u8], what: &str) -> Verdict {
    let plaintext = seal.unwrap(op(), blob, aad).await?;
    // Never the plaintexts themselves in a message: some of them are real.
    ensure(plaintext.expose().as_slice() == want, || format!("{what} opens to something else"))
}

/// The context of one call.
fn op() -> Op {
    Op::within(CALL)
}
