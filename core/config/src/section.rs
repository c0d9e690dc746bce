//! The keys of one stanza, taken out one by one; what nobody took is unknown.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use hcl::{Item, Value, units};

use crate::error::{Error, Place, Result};

/// One `key = value` or block, and the file in which it stands.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) file: &'a Arc<str>,
    pub(crate) item: &'a Item,
}

impl Entry<'_> {
    pub(crate) fn place(&self) -> Place {
        Place { file: Arc::clone(self.file), line: self.item.at.line }
    }

    /// An error that says what is wrong with this setting.
    pub(crate) fn fault(&self, problem: impl Into<String>) -> Error {
        let (key, problem) = (self.item.key.clone(), problem.into());
        Error::Setting { place: self.place(), key, problem }
    }
}

/// A stanza, or the outermost keys of all files together.
pub(crate) struct Section<'a> {
    entries: Vec<Entry<'a>>,
    taken: BTreeSet<&'a str>,
    labels: Vec<&'a str>,
    place: Place,
}

impl<'a> Section<'a> {
    /// The outermost keys.
    pub(crate) fn outermost(entries: Vec<Entry<'a>>) -> Self {
        let place = Place { file: Arc::from("the configuration"), line: 0 };
        Self { entries, taken: BTreeSet::new(), labels: Vec::new(), place }
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The names before the brace.
    pub(crate) fn label(&self, index: usize) -> String {
        self.labels.get(index).copied().unwrap_or_default().to_owned()
    }

    /// Marks keys as known.
    pub(crate) fn accept(&mut self, keys: &[&'static str]) {
        self.taken.extend(keys);
    }

    /// The entries that nobody took yet.
    pub(crate) fn rest(&self) -> impl Iterator<Item = Entry<'a>> {
        self.entries.iter().copied().filter(|entry| !self.taken.contains(entry.item.key.as_str()))
    }

    /// Adds a warning for each key that is left, in the words of OpenBao.
    pub(crate) fn warn_unknown(&self, warnings: &mut Vec<String>) {
        warnings.extend(self.rest().map(|entry| {
            let (key, place) = (&entry.item.key, entry.place());
            let column = entry.item.at.column;
            format!("unknown or unsupported field {key} found in configuration at {place}:{column}")
        }));
    }

    /// Adds a warning for each of these keys that is there, and takes them.
    pub(crate) fn warn_unused(&mut self, keys: &[&'static str], warnings: &mut Vec<String>) {
        for entry in self.entries.iter().filter(|entry| keys.contains(&entry.item.key.as_str())) {
            let (key, place) = (&entry.item.key, entry.place());
            warnings.push(format!("{key} at {place} is known, but has no effect on this server"));
        }
        self.accept(keys);
    }

    /// The last entry with this key.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.taken.insert(key);
        self.entries.iter().rev().copied().find(|entry| entry.item.key == key)
    }

    /// The scalar of a key; an empty text is the same as no key.
    pub(crate) fn scalar(&mut self, key: &'static str) -> Result<Option<(Entry<'a>, &'a str)>> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        match entry.item.value.scalar() {
            Some("") => Ok(None),
            Some(text) => Ok(Some((entry, text))),
            None => Err(entry.fault(format!("must be a text, not {}", entry.item.value.kind()))),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        Ok(self.scalar(key)?.map(|(_, text)| text.to_owned()))
    }

    /// A text that a function can read, or else says why not.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>> {
        let Some((entry, text)) = self.scalar(key)? else { return Ok(None) };
        parse(text).map(Some).map_err(|problem| entry.fault(problem))
    }

    /// True or false, in any of the forms that are in use.
    pub(crate) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.parsed(key, flag)
    }

    /// A whole number.
    pub(crate) fn count(&mut self, key: &'static str) -> Result<Option<u64>> {
        self.parsed(key, |text| {
            text.parse().map_err(|_| format!("must be a whole number, not \"{text}\""))
        })
    }

    /// A number of bytes.
    pub(crate) fn size(&mut self, key: &'static str) -> Result<Option<u64>> {
        self.parsed(key, |text| units::size(text).map_err(|error| error.to_string()))
    }

    /// A number of bytes or things, at most; nothing and 0 are the default, below 0 is no limit.
    pub(crate) fn limit(&mut self, key: &'static str, default: u64) -> Result<u64> {
        let limit = self.parsed(key, |text| match text.strip_prefix('-') {
            Some(digits) if digits.parse::<u64>().is_ok() => Ok(u64::MAX),
            _ => units::size(text).map_err(|error| error.to_string()),
        })?;
        Ok(limit.filter(|limit| *limit > 0).unwrap_or(default))
    }

    /// A duration.
    pub(crate) fn duration(&mut self, key: &'static str) -> Result<Option<Duration>> {
        let Some((entry, _)) = self.scalar(key)? else { return Ok(None) };
        let duration = units::duration_of(&entry.item.value);
        duration.map(Some).map_err(|error| {
            entry.fault(format!("{error}; write a duration like 90s, 5m or 24h, or seconds"))
        })
    }

    /// Several texts: a list, or one text with commas.
    pub(crate) fn list(&mut self, key: &'static str) -> Result<Vec<String>> {
        let Some(entry) = self.entry(key) else { return Ok(Vec::new()) };
        texts(&entry.item.value)
            .ok_or_else(|| entry.fault("must be a list of texts, or one text with commas"))
    }

    /// The stanzas with this key and this many names before the brace.
    pub(crate) fn sections(&mut self, key: &'static str, labels: usize) -> Result<Vec<Self>> {
        self.taken.insert(key);
        let mut sections = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.item.key == key) {
            let file = entry.file;
            let blocks = entry
                .item
                .blocks(labels)
                .map_err(|cause| Error::Syntax { file: file.to_string(), cause })?;
            sections.extend(blocks.into_iter().map(|block| Self {
                entries: block.body.items.iter().map(|item| Entry { file, item }).collect(),
                taken: BTreeSet::new(),
                labels: block.labels,
                place: Place { file: Arc::clone(file), line: block.at.line },
            }));
        }
        Ok(sections)
    }

    /// The stanza of which there may be one.
    pub(crate) fn section(&mut self, key: &'static str, labels: usize) -> Result<Option<Self>> {
        let mut sections = self.sections(key, labels)?.into_iter();
        match (sections.next(), sections.next()) {
            (Some(first), Some(second)) => {
                let (place, first) = (second.place, first.place);
                Err(Error::Twice { place, first, stanza: key })
            }
            (first, _) => Ok(first),
        }
    }
}

/// Reads true or false.
pub(crate) fn flag(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        other => Err(format!("must be true or false, not \"{other}\"")),
    }
}

/// The texts of a list of scalars, or of one text with commas.
pub(crate) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::List(values) => {
            values.iter().map(|value| value.scalar().map(str::to_owned)).collect()
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            let text = value.scalar().unwrap_or_default();
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Some(parts.map(str::to_owned).collect())
        }
        Value::Object(_) => None,
    }
}
