//! `metadata/`: the settings of a secret and what is known about its versions.

use std::collections::BTreeMap;

use logical::{Call, Data, Error, Field, Fields, Kind, Operation, Path, Response, Result};
use serde_json::{Value, value::RawValue};

use crate::{
    kv::v2::{
        cas,
        config::{Config, wrapped},
        custom, data, listing,
        merge::merge,
        nothing_to_patch,
        record::Record,
        store::Store,
    },
    path,
};

const FIELDS: &[Field] = &[
    Field::new("max_versions", Kind::Int, "How many versions to keep; 0 leaves it to the mount."),
    Field::new("cas_required", Kind::Bool, "Whether writes must name the current version."),
    Field::new(
        "metadata_cas_required",
        Kind::Bool,
        "Whether writes of metadata must name the current version of the metadata.",
    ),
    Field::new("metadata_cas", Kind::Int, "The version that must be that of the metadata."),
    Field::new("delete_version_after", Kind::Duration, "The age at which a version is deleted."),
    Field::new("custom_metadata", Kind::Map, "Free pairs."),
    Field::new("after", Kind::String, "List only names after this one."),
    Field::new("limit", Kind::Int, "List at most so many names."),
];

/// `metadata/:path*`.
pub(super) fn path() -> Path<Store> {
    Path::new("metadata/:path*")
        .help("Reads and writes what is known about a secret; lists secrets.")
        .fields(FIELDS)
        .on(Operation::Read, |store, call, fields| Box::pin(read(store, call, fields)))
        .on(Operation::Update, |store, call, fields| Box::pin(write(store, call, fields)))
        .on(Operation::Patch, |store, call, fields| Box::pin(patch(store, call, fields)))
        .on(Operation::Delete, |store, call, fields| Box::pin(delete(store, call, fields)))
        .on(Operation::List, |store, call, fields| Box::pin(listing::list(store, call, fields)))
        .on(Operation::Scan, |store, call, fields| Box::pin(listing::scan(store, call, fields)))
        .exists(|store, call, fields| Box::pin(data::exists(store, call, fields)))
}

/// The settings that a request changes; `None` leaves one as it is.
#[derive(Default)]
struct Change {
    max_versions: Option<u32>,
    cas_required: Option<bool>,
    metadata_cas_required: Option<bool>,
    delete_version_after: Option<u64>,
    custom_metadata: Option<BTreeMap<String, String>>,
}

impl Change {
    /// The change that the converted fields tell.
    fn of(fields: &Fields) -> Result<Self> {
        Ok(Self {
            max_versions: fields.int("max_versions").map(wrapped),
            cas_required: fields.bool("cas_required"),
            metadata_cas_required: fields.bool("metadata_cas_required"),
            delete_version_after: fields.seconds("delete_version_after").map(age).transpose()?,
            custom_metadata: None,
        })
    }

    /// What a write does: the custom metadata is replaced whole.
    fn of_write(fields: &Fields) -> Result<Self> {
        let custom_metadata = fields.map("custom_metadata").map(custom::parse).transpose()?;
        Ok(Self { custom_metadata, ..Self::of(fields)? })
    }

    /// What a patch does: a null resets, the custom metadata is merged.
    fn of_patch(fields: &Fields, given: &Data, before: &Record<Box<RawValue>>) -> Result<Self> {
        let reset = |name| given.get(name).is_some_and(Value::is_null);
        let mut change = Self::of(fields)?;
        if reset("max_versions") {
            change.max_versions = Some(0);
        }
        if reset("cas_required") {
            change.cas_required = Some(false);
        }
        if reset("metadata_cas_required") {
            change.metadata_cas_required = Some(false);
        }
        if reset("delete_version_after") {
            change.delete_version_after = Some(0);
        }
        if reset("custom_metadata") {
            change.custom_metadata = Some(BTreeMap::new());
        }
        if let Some(wanted) = fields.map("custom_metadata") {
            let pairs = before.custom_metadata.iter();
            let mut merged: Data = pairs.map(|(k, v)| (k.clone(), v.as_str().into())).collect();
            merge(&mut merged, wanted);
            change.custom_metadata = Some(custom::parse(&merged)?);
        }
        Ok(change)
    }

    fn is_empty(&self) -> bool {
        self.max_versions.is_none()
            && self.cas_required.is_none()
            && self.metadata_cas_required.is_none()
            && self.delete_version_after.is_none()
            && self.custom_metadata.is_none()
    }

    fn apply(self, call: &Call<'_>, record: &mut Record<Box<RawValue>>) {
        record.max_versions = self.max_versions.unwrap_or(record.max_versions);
        record.cas_required = self.cas_required.unwrap_or(record.cas_required);
        record.metadata_cas_required =
            self.metadata_cas_required.unwrap_or(record.metadata_cas_required);
        record.delete_version_after =
            self.delete_version_after.unwrap_or(record.delete_version_after);
        if let Some(custom_metadata) = self.custom_metadata {
            record.custom_metadata = custom_metadata;
        }
        record.metadata_version += 1;
        record.updated = call.now;
    }
}

/// The age of a version, which a secret cannot switch off as the mount can.
fn age(seconds: i64) -> Result<u64> {
    u64::try_from(seconds).map_err(|_| {
        Error::invalid(format!(
            "error converting input for field \"delete_version_after\": cannot provide negative \
             value '{seconds}'"
        ))
    })
}

async fn read(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let Some(path) = path::named(fields.str("path"))? else { return Ok(Response::none()) };
    let record = store.load::<serde::de::IgnoredAny>(call.view, path).await?;
    let Some(record) = record else { return Ok(Response::none()) };
    let metadata = record.metadata();
    Ok(Response { times: data::times(&metadata), ..Response::data(metadata) })
}

async fn write(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let path = path::writable(fields.str("path"))?;
    let change = Change::of_write(&fields)?;
    if change.is_empty() {
        return Ok(Response::none());
    }
    let config = Config::load(call.view).await?;
    let record = store.load(call.view, path).await?;
    let mut record = record.unwrap_or_else(|| Record::new(call.now));
    cas::check_metadata(fields.int("metadata_cas"), &config, &record)?;
    change.apply(&call, &mut record);
    store.save(call.view, path, &record)?;
    Ok(Response::none())
}

async fn patch(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let path = path::writable(fields.str("path"))?;
    let Some(mut record) = store.load::<Box<RawValue>>(call.view, path).await? else {
        return Ok(nothing_to_patch());
    };
    let change = Change::of_patch(&fields, &call.request.data, &record)?;
    if change.is_empty() {
        return Ok(Response::none());
    }
    let config = Config::load(call.view).await?;
    cas::check_metadata(fields.int("metadata_cas"), &config, &record)?;
    change.apply(&call, &mut record);
    store.save(call.view, path, &record)?;
    Ok(Response::none())
}

async fn delete(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    if let Some(path) = path::named(fields.str("path"))? {
        store.remove(call.view, path).await?;
    }
    Ok(Response::none())
}
