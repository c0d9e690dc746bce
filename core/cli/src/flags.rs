//! Flags in Go's dialect, which operators' scripts are written in and no Rust library speaks.
//!
//! `-flag=v`, `-flag v`, `--flag`; a boolean is `-flag` or `-flag=false`, never `-flag false`; there
//! are no bundles (`-mns` is a flag of that name). Flags stand before the arguments. A known flag
//! behind an argument is understood all the same; an unknown one there is an argument. `--` ends
//! the flags.

#[cfg(test)]
mod tests;

use crate::durations;

/// One flag that a command knows.
#[derive(Debug)]
pub(crate) struct Flag {
    /// Its name, then its other names, without dashes.
    pub(crate) names: &'static [&'static str],
    /// What its value is.
    pub(crate) kind: Kind,
    /// What it does, for the help text.
    pub(crate) help: &'static str,
    /// The environment variable that says the same, without prefix; empty if there is none.
    pub(crate) variable: &'static str,
}

/// What the value of a flag is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// True or false.
    Bool,
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A time span: `30s`, `1h30m`, `2d`, a number of seconds, or `system`.
    Ttl,
    /// Texts, separated by commas; may be repeated.
    List,
    /// `name=value`; may be repeated.
    Pairs,
}

impl Flag {
    /// A flag without an environment variable.
    pub(crate) const fn new(
        names: &'static [&'static str],
        kind: Kind,
        help: &'static str,
    ) -> Self {
        Self { names, kind, help, variable: "" }
    }

    /// The same, with the environment variable that says the same.
    pub(crate) const fn or_variable(mut self, variable: &'static str) -> Self {
        self.variable = variable;
        self
    }

    /// The name it is known by inside.
    pub(crate) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

/// The flags that were given, by name and in order.
#[derive(Debug, Default)]
pub(crate) struct Given {
    values: Vec<(&'static str, String)>,
}

impl Given {
    /// Whether it was given at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    /// Whether it was given and is not `false`.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.last(name).and_then(truth).unwrap_or_default()
    }

    /// A boolean that may be absent.
    pub(crate) fn truth(&self, name: &str) -> Option<bool> {
        self.last(name).and_then(truth)
    }

    /// The last value.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.last(name)
    }

    /// The last value as a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.last(name)?.parse().ok()
    }

    /// The last value as the API writes time spans: `3600s` or `system`.
    pub(crate) fn ttl(&self, name: &str) -> Option<String> {
        let text = self.last(name)?;
        Some(durations::parse(text).map_or_else(|| "system".to_owned(), |s| format!("{s}s")))
    }

    /// All values, commas split.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let all = self.values.iter().filter(|(given, _)| *given == name);
        all.flat_map(|(_, text)| text.split(',')).map(str::trim).filter(|t| !t.is_empty()).collect()
    }

    /// All values as names and values.
    pub(crate) fn pairs(&self, name: &str) -> Vec<(&str, &str)> {
        let all = self.values.iter().filter(|(given, _)| *given == name);
        all.filter_map(|(_, text)| text.split_once('=')).collect()
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(given, _)| *given == name).map(|(_, text)| text.as_str())
    }
}

/// Takes the flags out of a command's words; what is left are its arguments.
pub(crate) fn parse(
    known: &[&'static [Flag]],
    words: &[String],
) -> Result<(Given, Vec<String>), String> {
    let mut given = Given::default();
    let mut arguments = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            arguments.extend(words.cloned());
            break;
        }
        let Some((name, value)) = dashed(word) else {
            arguments.push(word.clone());
            continue;
        };
        let flag = known.iter().flat_map(|flags| flags.iter()).find(|f| f.names.contains(&name));
        let Some(flag) = flag else {
            if arguments.is_empty() {
                return Err(format!("flag provided but not defined: -{name}"));
            }
            arguments.push(word.clone());
            continue;
        };
        let value = match (value, flag.kind) {
            (Some(value), _) => value.to_owned(),
            (None, Kind::Bool) => "true".to_owned(),
            (None, _) => {
                words.next().cloned().ok_or_else(|| format!("flag needs an argument: -{name}"))?
            }
        };
        check(flag.kind, &value).map_err(|expected| {
            format!("invalid value {value:?} for flag -{name}: must be {expected}")
        })?;
        given.values.push((flag.name(), value));
    }
    Ok((given, arguments))
}

/// The name and value in `-name=value`; `None` for an argument, and `-` is one.
fn dashed(word: &str) -> Option<(&str, Option<&str>)> {
    let rest = word.strip_prefix('-')?;
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    if rest.is_empty() || rest.starts_with(['-', '=']) {
        return None;
    }
    match rest.split_once('=') {
        Some((name, value)) => Some((name, Some(value))),
        None => Some((rest, None)),
    }
}

fn check(kind: Kind, value: &str) -> Result<(), &'static str> {
    let good = match kind {
        Kind::Bool => truth(value).is_some(),
        Kind::Number => value.parse::<i64>().is_ok(),
        Kind::Ttl => value == "system" || value == "-1" || durations::parse(value).is_some(),
        Kind::Pairs => value.split_once('=').is_some_and(|(name, _)| !name.is_empty()),
        Kind::Text | Kind::List => true,
    };
    if good { Ok(()) } else { Err(expectation(kind)) }
}

fn expectation(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::Number => "a whole number",
        Kind::Ttl => "a duration such as 90s, 1h30m or 2d",
        Kind::Pairs => "name=value",
        Kind::Text | Kind::List => "a text",
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
