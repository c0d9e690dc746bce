//! What a run came to, case by case.

use std::{fmt, time::Duration};

/// How one case ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The provider does what it must.
    Pass,
    /// The case does not apply, and why.
    Skip(String),
    /// What is wrong.
    Fail(String),
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

/// A whole run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed of everything random in the run; set `CONFORMANCE_SEED` to it to run the same again.
    pub seed: u64,
    /// The cases in the order they ran.
    pub cases: Vec<Case>,
}

impl Report {
    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Fail(_)))
    }

    /// Panics with the whole report if a case failed. For tests.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.failures().next().is_none(), "the storage does not conform\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            let (word, why) = match &case.outcome {
                Outcome::Pass => ("pass", ""),
                Outcome::Skip(why) => ("skip", why.as_str()),
                Outcome::Fail(why) => ("FAIL", why.as_str()),
            };
            let milliseconds = case.time.as_millis();
            write!(f, "{} {word} {milliseconds:>6} ms  {}", case.id, case.title)?;
            if why.is_empty() {
                writeln!(f)?;
            } else {
                writeln!(f, ": {why}")?;
            }
        }
        writeln!(f, "seed {}", self.seed)
    }
}
