//! The record of a secret: its settings, its versions, and the data of the current version.
//!
//! The current version's data lies in the record, so that a read of it is one read of the store.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use logical::{Data, duration};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::kv::{v1, v2::config::Config};

/// How many versions are kept where neither the mount nor the secret says.
const VERSIONS_DEFAULT: u64 = 10;

/// The stored record. `D` is how its reader wants the data: as a value, as text, or not at all.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::kv) struct Record<D> {
    /// When the secret was made.
    #[serde(with = "crate::time::required")]
    pub(super) created: Timestamp,
    /// When a version or the settings were last written.
    #[serde(with = "crate::time::required")]
    pub(super) updated: Timestamp,
    /// The newest version; 0 where there is none.
    pub(super) current: u64,
    /// The oldest version that is kept; 0 until the first was dropped.
    pub(super) oldest: u64,
    /// The versions that are kept.
    pub(super) versions: BTreeMap<u64, Version>,
    /// How many versions to keep; 0 leaves it to the mount.
    pub(super) max_versions: u32,
    /// Whether each write must name the current version.
    pub(super) cas_required: bool,
    /// The age in seconds at which a version counts as deleted; 0 for never.
    pub(super) delete_version_after: u64,
    /// Free pairs.
    pub(super) custom_metadata: BTreeMap<String, String>,
    /// How often the settings were written.
    pub(super) metadata_version: u64,
    /// Whether each write of the settings must name `metadata_version`.
    pub(super) metadata_cas_required: bool,
    /// The data of the current version; null where there is none, or none any more.
    pub(super) data: D,
    /// Which entry it came from.
    #[serde(skip)]
    origin: Origin,
}

/// Which entry of the store a record came from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Origin {
    /// One of version 2, or none yet.
    #[default]
    Version2,
    /// One that version 1 left.
    Version1,
}

/// What is known about a version.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Version {
    /// When it was written.
    #[serde(with = "crate::time::required")]
    pub(super) created: Timestamp,
    /// From when on it counts as deleted, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::time::optional")]
    pub(super) deletion: Option<Timestamp>,
    /// Whether its data is gone for good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) destroyed: bool,
}

impl Version {
    /// Whether it counts as deleted or is destroyed.
    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        self.destroyed || self.deletion.is_some_and(|deletion| deletion <= now)
    }

    /// Its members as clients see them.
    fn shown(&self) -> Data {
        Data::from_iter([
            ("created_time".to_owned(), Value::from(self.created.to_string())),
            ("deletion_time".to_owned(), optional(self.deletion)),
            ("destroyed".to_owned(), Value::from(self.destroyed)),
        ])
    }
}

impl Record<Box<RawValue>> {
    /// A secret without versions.
    pub(super) fn new(now: Timestamp) -> Self {
        Self::empty(now, RawValue::NULL.to_owned())
    }

    /// Takes in a new version's data; says which versions fall out of the number to keep, whose
    /// data is still stored.
    pub(super) fn push(
        &mut self,
        data: Box<RawValue>,
        config: &Config,
        now: Timestamp,
    ) -> Vec<u64> {
        let deletion = self.deletion(config, now);
        self.current += 1;
        self.updated = now;
        self.data = data;
        self.versions.insert(self.current, Version { created: now, deletion, destroyed: false });
        let max = match self.max_versions.max(config.max_versions) {
            0 => VERSIONS_DEFAULT,
            max => u64::from(max),
        };
        if self.current.saturating_sub(self.oldest) < max {
            return Vec::new();
        }
        let kept = self.versions.split_off(&(self.current.saturating_sub(max) + 1));
        let dropped = std::mem::replace(&mut self.versions, kept);
        self.oldest = self.current.saturating_sub(max) + 1;
        dropped.into_iter().filter(|(_, v)| !v.destroyed).map(|(number, _)| number).collect()
    }

    /// When a version that is written now counts as deleted: the sooner of mount and secret.
    fn deletion(&self, config: &Config, now: Timestamp) -> Option<Timestamp> {
        let mount = u64::try_from(config.delete_version_after).ok()?;
        let after = match (mount, self.delete_version_after) {
            (0, 0) => return None,
            (0, only) | (only, 0) => only,
            (mount, own) => mount.min(own),
        };
        let after = SignedDuration::from_secs(i64::try_from(after).unwrap_or(i64::MAX));
        Some(now.checked_add(after).unwrap_or(Timestamp::MAX))
    }
}

impl<D> Record<D> {
    /// A secret that version 1 wrote, as its own first version.
    pub(super) fn from_version_1(stored: v1::Stored<D>) -> Self {
        let written = stored.written;
        let first = Version { created: written, deletion: None, destroyed: false };
        Self {
            current: 1,
            oldest: 1,
            versions: BTreeMap::from([(1, first)]),
            origin: Origin::Version1,
            ..Self::empty(written, stored.data)
        }
    }

    fn empty(now: Timestamp, data: D) -> Self {
        Self {
            created: now,
            updated: now,
            current: 0,
            oldest: 0,
            versions: BTreeMap::new(),
            max_versions: 0,
            cas_required: false,
            delete_version_after: 0,
            custom_metadata: BTreeMap::new(),
            metadata_version: 0,
            metadata_cas_required: false,
            data,
            origin: Origin::default(),
        }
    }

    /// Whether it came from an entry that version 1 left.
    pub(in crate::kv) fn is_version_1(&self) -> bool {
        self.origin == Origin::Version1
    }

    /// A version as the answers about it show it, without its data.
    pub(super) fn version(&self, number: u64) -> Data {
        let mut shown = self.versions.get(&number).map(Version::shown).unwrap_or_default();
        shown.insert("custom_metadata".to_owned(), self.custom());
        shown.insert("version".to_owned(), Value::from(number));
        shown
    }

    /// All that is known about the secret.
    pub(super) fn metadata(&self) -> Data {
        let versions: Data =
            self.versions.iter().map(|(n, v)| (n.to_string(), Value::from(v.shown()))).collect();
        let after = duration::text(std::time::Duration::from_secs(self.delete_version_after));
        let members = [
            ("cas_required", Value::from(self.cas_required)),
            ("created_time", Value::from(self.created.to_string())),
            ("current_metadata_version", Value::from(self.metadata_version)),
            ("current_version", Value::from(self.current)),
            ("custom_metadata", self.custom()),
            ("delete_version_after", Value::from(after)),
            ("max_versions", Value::from(self.max_versions)),
            ("metadata_cas_required", Value::from(self.metadata_cas_required)),
            ("oldest_version", Value::from(self.oldest)),
            ("updated_time", Value::from(self.updated.to_string())),
            ("versions", Value::from(versions)),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn custom(&self) -> Value {
        if self.custom_metadata.is_empty() {
            return Value::Null;
        }
        self.custom_metadata.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect()
    }
}

fn optional(time: Option<Timestamp>) -> Value {
    Value::from(time.map_or_else(String::new, |time| time.to_string()))
}
