//! Runs cases one after the other: times them, ends those that hang, survives those that panic.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;

use crate::{
    Case, Class, Options, Outcome, Random, Report,
    case::{Stop, Verdict, fail},
    watch::Record,
};

/// How long one case may take.
const CASE_TIME: Duration = Duration::from_secs(600);
/// How long one case may take in a soak.
const SOAK_TIME: Duration = Duration::from_secs(6 * 3600);

/// A run under way.
pub(crate) struct Runner<'a> {
    pub(crate) options: &'a Options,
    pub(crate) report: Report,
    /// What every watched handle tells.
    pub(crate) record: Arc<Record>,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(contract: &'static str, options: &'a Options, secrets: Vec<String>) -> Self {
        let report = Report::new(contract, options);
        Self { options, report, record: Arc::new(Record::new(secrets)) }
    }

    /// The seed of a case.
    pub(crate) fn seed(&self, id: &str) -> u64 {
        let mix = |seed, byte| Random::new(seed ^ u64::from(byte)).next_u64();
        id.bytes().fold(self.options.seed, mix)
    }

    /// The place of a case, ending in `/`.
    pub(crate) fn prefix(&self, id: &str) -> String {
        format!("{}{id}/", self.all())
    }

    /// The place of the whole run, ending in `/`.
    pub(crate) fn all(&self) -> String {
        format!("conformance/{:08x}/", self.options.seed as u32)
    }

    /// Runs one case, if it is asked for, and writes down how it ended.
    pub(crate) async fn case(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl Future<Output = Verdict>,
    ) {
        if !self.options.wants(id) {
            return;
        }
        let limit = if self.options.class == Class::Soak { SOAK_TIME } else { CASE_TIME };
        let start = Instant::now();
        let body = AssertUnwindSafe(tokio::time::timeout(limit, body)).catch_unwind();
        let verdict = match body.await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_elapsed)) => fail(format!("not done after {limit:?}")),
            Err(_panic) => fail("the provider panicked"),
        };
        let outcome = match (verdict, self.options.excuse(id)) {
            (Ok(()), _) => Outcome::Pass,
            (Err(Stop::Skip(why)), _) => Outcome::Skip(why),
            (Err(Stop::Fail(why)), None) => Outcome::Fail(why),
            (Err(Stop::Fail(why)), Some(reason)) => {
                Outcome::Excused { why, reason: reason.to_owned() }
            }
        };
        self.report.cases.push(Case { id, title, outcome, time: start.elapsed() });
    }

    /// The report, with the latencies of all calls that were watched.
    pub(crate) fn finish(mut self) -> Report {
        self.report.latencies = self.record.latencies();
        self.report
    }
}
