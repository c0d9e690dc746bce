//! What a run is asked for: how long it may take, its seed, which cases, which excuses.

use std::{fmt, str::FromStr};

use crate::random;

/// How much time a run may take.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Class {
    /// Under a minute on a local provider.
    #[default]
    Quick,
    /// Larger data, longer histories, more rounds: minutes.
    Full,
    /// The same again and again: hours.
    Soak,
}

/// A case that may fail, and why. It runs all the same, and the report shows the reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exception {
    /// The case (`L07`) or the group (`L`).
    pub id: String,
    /// Why it may fail.
    pub reason: String,
}

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much time it may take.
    pub class: Class,
    /// The seed of everything random in it.
    pub seed: u64,
    /// The cases (`S01`) or groups (`S`) to run; all if there are none.
    pub only: Vec<String>,
    /// What may fail.
    pub exceptions: Vec<Exception>,
}

/// The word is none of `quick`, `full` and `soak`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoSuchClass;

impl Options {
    /// Everything in this class, with a seed of its own.
    pub fn of(class: Class) -> Self {
        Self { class, seed: random::seed(), only: Vec::new(), exceptions: Vec::new() }
    }

    /// Everything, in the class that `CONFORMANCE_CLASS` says (`quick`, `full`, `soak`), with the
    /// seed of `CONFORMANCE_SEED`, only the cases of `CONFORMANCE_ONLY` (`S,L07`).
    /// `CONFORMANCE_FULL=1` is `CONFORMANCE_CLASS=full`.
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var(name).ok();
        let word = variable("CONFORMANCE_CLASS").and_then(|word| word.parse().ok());
        let full = variable("CONFORMANCE_FULL").map(|_| Class::Full);
        let mut options = Self::of(word.or(full).unwrap_or_default());
        let only = variable("CONFORMANCE_ONLY").unwrap_or_default();
        options.only =
            only.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Into::into).collect();
        options
    }

    /// Whether a case is asked for.
    pub(crate) fn wants(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| covers(name, id))
    }

    /// Why a case may fail, if it may.
    pub(crate) fn excuse(&self, id: &str) -> Option<&str> {
        let found = self.exceptions.iter().find(|exception| covers(&exception.id, id));
        found.map(|exception| exception.reason.as_str())
    }
}

/// Whether a name is the case's, or that of its group.
fn covers(name: &str, id: &str) -> bool {
    name == id || (!name.is_empty() && name == id.trim_end_matches(|c: char| c.is_ascii_digit()))
}

impl Class {
    /// `quick`, `full`, or ten times `full`.
    pub(crate) fn sized(self, quick: usize, full: usize) -> usize {
        match self {
            Self::Quick => quick,
            Self::Full => full,
            Self::Soak => full.saturating_mul(10),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quick => "quick",
            Self::Full => "full",
            Self::Soak => "soak",
        })
    }
}

impl FromStr for Class {
    type Err = NoSuchClass;

    fn from_str(word: &str) -> Result<Self, NoSuchClass> {
        match word {
            "quick" => Ok(Self::Quick),
            "full" => Ok(Self::Full),
            "soak" => Ok(Self::Soak),
            _ => Err(NoSuchClass),
        }
    }
}

impl fmt::Display for NoSuchClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the class must be quick, full or soak")
    }
}

impl std::error::Error for NoSuchClass {}
