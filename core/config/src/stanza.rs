//! A provider's stanza: settings that only the provider understands.

use std::{collections::BTreeMap, fmt};

use hcl::{Body, Value};

use crate::{
    error::{Place, Result},
    section::{Entry, Section, texts},
};

/// `storage "raft" { … }` and the like.
#[derive(Clone, Eq, PartialEq)]
pub struct Stanza {
    /// The provider: `raft`.
    pub label: String,
    /// Its settings; numbers and booleans as text, lists joined by commas.
    pub settings: BTreeMap<String, String>,
    /// The blocks within, in their order: `("retry_join", …)`.
    pub blocks: Vec<(String, BTreeMap<String, String>)>,
    /// Where it stands.
    pub place: Place,
}

/// Shows which settings there are and none of their values.
impl fmt::Debug for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocks: Vec<_> = self.blocks.iter().map(|(key, _)| key).collect();
        f.debug_struct("Stanza")
            .field("label", &self.label)
            .field("settings", &Names(&self.settings))
            .field("blocks", &blocks)
            .field("place", &self.place)
            .finish()
    }
}

/// The names of settings, without their values.
pub(crate) struct Names<'a>(pub(crate) &'a BTreeMap<String, String>);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Stanza {
    /// All of it for a provider: settings by name, those of the blocks within as
    /// `retry_join.0.leader_api_addr`, where the number is that of the block.
    pub fn flat(&self) -> BTreeMap<String, String> {
        let mut all = self.settings.clone();
        for (number, (block, settings)) in self.blocks.iter().enumerate() {
            let named = |(key, value): (&String, &String)| {
                (format!("{block}.{number}.{key}"), value.clone())
            };
            all.extend(settings.iter().map(named));
        }
        all
    }

    /// Takes all that is left of a stanza.
    pub(crate) fn rest_of(section: &Section<'_>) -> Result<Self> {
        let mut stanza = Self {
            label: section.label(0),
            settings: BTreeMap::new(),
            blocks: Vec::new(),
            place: section.place(),
        };
        for entry in section.rest() {
            stanza.add(entry)?;
        }
        Ok(stanza)
    }

    fn add(&mut self, entry: Entry<'_>) -> Result<()> {
        let key = &entry.item.key;
        if !entry.item.labels.is_empty() {
            return Err(entry.fault("must have no names before its brace"));
        }
        match &entry.item.value {
            Value::Object(body) => self.blocks.push((key.clone(), scalars(entry, body)?)),
            Value::List(values) if values.iter().any(|value| matches!(value, Value::Object(_))) => {
                for value in values {
                    let Value::Object(body) = value else {
                        return Err(entry.fault("must be a list of objects only"));
                    };
                    self.blocks.push((key.clone(), scalars(entry, body)?));
                }
            }
            value => {
                self.settings.insert(key.clone(), text(entry, value)?);
            }
        }
        Ok(())
    }
}

/// The settings of a block that has no blocks within.
pub(crate) fn scalars(entry: Entry<'_>, body: &Body) -> Result<BTreeMap<String, String>> {
    let file = entry.file;
    body.items
        .iter()
        .map(|item| Ok((item.key.clone(), text(Entry { file, item }, &item.value)?)))
        .collect()
}

fn text(entry: Entry<'_>, value: &Value) -> Result<String> {
    if let Some(text) = value.scalar() {
        return Ok(text.to_owned());
    }
    let texts = texts(value).ok_or_else(|| {
        entry.fault(format!("must be a text or a list of texts, not {}", value.kind()))
    })?;
    Ok(texts.join(","))
}
