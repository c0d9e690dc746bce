//! What a run came to, case by case; for people here, for programs in `json.rs` and `junit.rs`.

use std::{fmt, time::Duration};

use plugin_api::Capabilities;

use crate::{Class, Options};

mod json;
mod junit;
#[cfg(test)]
mod tests;

/// The version of the suite.
pub const SUITE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// How one case ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The provider does what it must.
    Pass,
    /// The case does not apply, and why.
    Skip(String),
    /// What is wrong.
    Fail(String),
    /// What is wrong, and why it may be.
    Excused {
        /// What is wrong.
        why: String,
        /// The reason of the exception.
        reason: String,
    },
}

/// One case of a run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name in the suite (`S01`).
    pub id: &'static str,
    /// What it asks, in one line.
    pub title: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub time: Duration,
}

/// How long the calls of one name took in the whole run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Latency {
    /// The call: `get`.
    pub call: &'static str,
    /// How many there were.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// Of a hundred, ninety-nine took no longer.
    pub p99: Duration,
}

/// What was tested, as far as the one who runs the suite can say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Subject {
    /// Its name: `file`.
    pub name: String,
    /// Its version; empty if it says none.
    pub version: String,
    /// How it was loaded: `bundled`, `native` or `wasm`.
    pub loader: String,
    /// The SHA-256 of its file, hexadecimal; empty if it has none.
    pub sha256: String,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was tested.
    pub subject: Subject,
    /// The contract: `storage`, `ha-lock` or `seal`; several with a comma between.
    pub contract: String,
    /// How much time the run had.
    pub class: Class,
    /// The seed of everything random in the run; set `CONFORMANCE_SEED` to it to run the same again.
    pub seed: u64,
    /// What the storage claims.
    pub capabilities: Option<Capabilities>,
    /// The cases in the order they ran.
    pub cases: Vec<Case>,
    /// The calls of the run, by name.
    pub latencies: Vec<Latency>,
}

impl Report {
    pub(crate) fn new(contract: &str, options: &Options) -> Self {
        Self {
            subject: Subject::default(),
            contract: contract.to_owned(),
            class: options.class,
            seed: options.seed,
            capabilities: None,
            cases: Vec::new(),
            latencies: Vec::new(),
        }
    }

    /// The cases that failed without an excuse.
    pub fn failures(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Fail(_)))
    }

    /// How many cases passed, were skipped, failed, and failed with an excuse.
    pub fn counts(&self) -> (usize, usize, usize, usize) {
        self.cases.iter().fold((0, 0, 0, 0), |(pass, skip, fail, excused), case| {
            match case.outcome {
                Outcome::Pass => (pass + 1, skip, fail, excused),
                Outcome::Skip(_) => (pass, skip + 1, fail, excused),
                Outcome::Fail(_) => (pass, skip, fail + 1, excused),
                Outcome::Excused { .. } => (pass, skip, fail, excused + 1),
            }
        })
    }

    /// Takes in the run of another contract of the same provider.
    pub fn append(&mut self, other: Self) {
        // The cases of a file are no contract.
        if !other.contract.is_empty() {
            self.contract = format!("{},{}", self.contract, other.contract);
        }
        self.capabilities = self.capabilities.or(other.capabilities);
        self.cases.extend(other.cases);
        self.latencies.extend(other.latencies);
    }

    /// Panics with the whole report if a case failed. For tests.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.failures().next().is_none(), "the provider does not conform\n{self}");
    }
}

impl Outcome {
    /// The word for it, and what there is to say.
    fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Pass => ("pass", String::new()),
            Self::Skip(why) => ("skip", why.clone()),
            Self::Fail(why) => ("fail", why.clone()),
            Self::Excused { why, reason } => ("excused", format!("{why} (excused: {reason})")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            let (word, why) = case.outcome.parts();
            let word = if word == "fail" { "FAIL" } else { word };
            let milliseconds = case.time.as_millis();
            write!(f, "{} {word} {milliseconds:>6} ms  {}", case.id, case.title)?;
            if why.is_empty() {
                writeln!(f)?;
            } else {
                writeln!(f, ": {why}")?;
            }
        }
        for latency in &self.latencies {
            let Latency { call, count, p50, p99 } = latency;
            writeln!(f, "{call}: {count} calls, p50 {p50:.1?}, p99 {p99:.1?}")?;
        }
        let (pass, skip, fail, excused) = self.counts();
        write!(f, "{pass} passed, {skip} skipped, {fail} failed")?;
        if excused > 0 {
            write!(f, ", {excused} excused")?;
        }
        writeln!(f, "; class {}, seed {}", self.class, self.seed)
    }
}
