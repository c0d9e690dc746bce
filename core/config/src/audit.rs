//! `audit`: devices that are there from the start.

use std::{collections::BTreeMap, fmt};

use hcl::Value;

use crate::{
    error::{Place, Result},
    section::Section,
    stanza::{Names, scalars},
};

/// `audit "file" "main" { … }`.
#[derive(Clone, Eq, PartialEq)]
pub struct AuditStanza {
    /// The kind of device: `file`.
    pub kind: String,
    /// Its name, without a slash at the end: `main`.
    pub path: String,
    /// For people.
    pub description: String,
    /// Whether it is this node's own.
    pub local: bool,
    /// What only the device understands, such as `file_path`.
    pub options: BTreeMap<String, String>,
    /// Where it stands.
    pub place: Place,
}

/// Shows which options there are and none of their values.
impl fmt::Debug for AuditStanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditStanza")
            .field("kind", &self.kind)
            .field("path", &self.path)
            .field("local", &self.local)
            .field("options", &Names(&self.options))
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Reads all audit stanzas.
pub(crate) fn read(
    outermost: &mut Section<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<AuditStanza>> {
    let sections = outermost.sections("audit", 2)?;
    sections.into_iter().map(|mut section| device(&mut section, warnings)).collect()
}

fn device(section: &mut Section<'_>, warnings: &mut Vec<String>) -> Result<AuditStanza> {
    let options = match section.entry("options") {
        None => BTreeMap::new(),
        Some(entry) => match &entry.item.value {
            Value::Object(body) => scalars(entry, body)?,
            // JSON may say it as a list of one object.
            Value::List(values) => match values.as_slice() {
                [Value::Object(body)] => scalars(entry, body)?,
                _ => return Err(entry.fault("must be one object")),
            },
            other => {
                return Err(entry.fault(format!("must be an object, not {}", other.kind())));
            }
        },
    };
    let stanza = AuditStanza {
        kind: section.label(0),
        path: section.label(1).trim_matches('/').to_owned(),
        description: section.text("description")?.unwrap_or_default(),
        local: section.flag("local")?.unwrap_or(false),
        options,
        place: section.place(),
    };
    section.warn_unknown(warnings);
    Ok(stanza)
}
