//! Command lines of the form `--name value`.

use std::{collections::BTreeMap, str::FromStr};

use crate::{Error, Result};

/// The parsed command line.
#[derive(Debug, Default)]
pub struct Args(BTreeMap<String, String>);

impl Args {
    /// The command line of this process; `known` names what may stand there.
    pub fn parse(known: &[&str]) -> Result<Self> {
        let usage = || {
            let all: Vec<_> = known.iter().map(|name| format!("[--{name} …]")).collect();
            Error::Usage(all.join(" "))
        };
        let mut parsed = BTreeMap::new();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").filter(|name| known.contains(name));
            let (name, value) = name.zip(words.next()).ok_or_else(usage)?;
            parsed.insert(name.to_owned(), value);
        }
        Ok(Self(parsed))
    }

    /// A value, if given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value that must be given.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Error::Usage(format!("--{name} is needed")))
    }

    /// A number, or its default.
    pub fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T> {
        let fault = |_| Error::Usage(format!("--{name} must be a number"));
        self.text(name).map_or(Ok(default), |text| text.parse().map_err(fault))
    }
}
