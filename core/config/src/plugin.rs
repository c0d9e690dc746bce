//! `plugin`: a provider that is loaded from a file, and what it is allowed.

use std::{collections::BTreeMap, fmt};

use crate::{
    error::{Place, Result},
    section::Section,
    stanza::{Names, Stanza},
};

/// `plugin "storage" "mystore" { … }`.
#[derive(Clone, Eq, PartialEq)]
pub struct PluginStanza {
    /// What it provides: `storage`.
    pub kind: String,
    /// The label under which stanzas use it: `mystore`.
    pub name: String,
    /// `path`, `sha256`, `trust` and what else there is.
    pub settings: BTreeMap<String, String>,
    /// What it may reach.
    pub grants: Vec<PluginGrant>,
    /// How much it may use.
    pub limits: BTreeMap<String, String>,
    /// Where it stands.
    pub place: Place,
}

/// `grant "http" "kms" { … }`.
#[derive(Clone, Eq, PartialEq)]
pub struct PluginGrant {
    /// The kind of thing that is granted: `http`.
    pub kind: String,
    /// What the plugin calls it: `kms`.
    pub name: String,
    /// What exactly.
    pub settings: BTreeMap<String, String>,
    /// Where it stands.
    pub place: Place,
}

/// Shows which settings there are and none of their values: an environment may hold secrets.
impl fmt::Debug for PluginStanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginStanza")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("settings", &Names(&self.settings))
            .field("grants", &self.grants)
            .field("limits", &self.limits)
            .field("place", &self.place)
            .finish()
    }
}

impl fmt::Debug for PluginGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginGrant")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("settings", &Names(&self.settings))
            .finish_non_exhaustive()
    }
}

/// Reads all plugin stanzas.
pub(crate) fn read(outermost: &mut Section<'_>) -> Result<Vec<PluginStanza>> {
    outermost.sections("plugin", 2)?.iter_mut().map(plugin).collect()
}

fn plugin(section: &mut Section<'_>) -> Result<PluginStanza> {
    let grants = section.sections("grant", 2)?;
    let limits = section.section("limits", 0)?;
    let limits = limits.map(|limits| flat(&limits)).transpose()?.unwrap_or_default();
    Ok(PluginStanza {
        kind: section.label(0),
        name: section.label(1),
        settings: flat(section)?,
        grants: grants.iter().map(grant).collect::<Result<_>>()?,
        limits,
        place: section.place(),
    })
}

fn grant(section: &Section<'_>) -> Result<PluginGrant> {
    Ok(PluginGrant {
        kind: section.label(0),
        name: section.label(1),
        settings: flat(section)?,
        place: section.place(),
    })
}

/// The settings of a stanza that has no blocks besides those that were taken.
fn flat(section: &Section<'_>) -> Result<BTreeMap<String, String>> {
    let is_block = |value: &hcl::Value| matches!(value, hcl::Value::Object(_));
    for entry in section.rest() {
        let value = &entry.item.value;
        if is_block(value) || matches!(value, hcl::Value::List(all) if all.iter().any(is_block)) {
            return Err(entry.fault("no such block is known here"));
        }
    }
    Ok(Stanza::rest_of(section)?.settings)
}
