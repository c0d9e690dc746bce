//! The settings of the mount, which hold for secrets that have none of their own.

use std::time::Duration;

use logical::{Call, Data, Field, Fields, Kind, Operation, Path, Response, Result, View, duration};
use serde::{Deserialize, Serialize};

use crate::{entry, kv::v2::store::Store};

const KEY: &str = "config";

const FIELDS: &[Field] = &[
    Field::new("max_versions", Kind::Int, "How many versions of a secret to keep; 0 means 10."),
    Field::new("cas_required", Kind::Bool, "Whether writes must name the current version."),
    Field::new(
        "metadata_cas_required",
        Kind::Bool,
        "Whether writes of metadata must name the current version of the metadata.",
    ),
    Field::new(
        "delete_version_after",
        Kind::Duration,
        "The age at which a version is deleted; 0 for never, negative for never on any secret.",
    ),
];

/// The settings.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Config {
    /// How many versions to keep; 0 for the default.
    pub(super) max_versions: u32,
    /// Whether each write must name the current version.
    pub(super) cas_required: bool,
    /// Whether each write of metadata must name its version.
    pub(super) metadata_cas_required: bool,
    /// Seconds; 0 leaves it to the secret, a negative number switches it off for all.
    pub(super) delete_version_after: i64,
}

impl Config {
    /// The settings of a mount; those of one that was never set are all zero.
    pub(super) async fn load(view: &dyn View) -> Result<Self> {
        match view.get(KEY).await? {
            Some(value) => entry::decode(KEY, &value),
            None => Ok(Self::default()),
        }
    }
}

/// `config`.
pub(super) fn path() -> Path<Store> {
    Path::new("config")
        .help("Reads and writes the settings of the mount.")
        .fields(FIELDS)
        .on(Operation::Read, |_, call, _| Box::pin(read(call)))
        .on(Operation::Update, |_, call, fields| Box::pin(write(call, fields)))
}

/// A number of versions as it is kept: clients read a negative one back as they do from others.
pub(super) fn wrapped(number: i64) -> u32 {
    u32::try_from(number.rem_euclid(1 << 32)).unwrap_or(u32::MAX)
}

async fn read(call: Call<'_>) -> Result<Response> {
    let config = Config::load(call.view).await?;
    let sign = if config.delete_version_after < 0 { "-" } else { "" };
    let after = Duration::from_secs(config.delete_version_after.unsigned_abs());
    Ok(Response::data(Data::from_iter([
        ("cas_required".to_owned(), config.cas_required.into()),
        ("delete_version_after".to_owned(), format!("{sign}{}", duration::text(after)).into()),
        ("max_versions".to_owned(), config.max_versions.into()),
        ("metadata_cas_required".to_owned(), config.metadata_cas_required.into()),
    ])))
}

async fn write(call: Call<'_>, fields: Fields) -> Result<Response> {
    let before = Config::load(call.view).await?;
    let config = Config {
        max_versions: fields.int("max_versions").map_or(before.max_versions, wrapped),
        cas_required: fields.bool("cas_required").unwrap_or(before.cas_required),
        metadata_cas_required: fields
            .bool("metadata_cas_required")
            .unwrap_or(before.metadata_cas_required),
        delete_version_after: fields
            .seconds("delete_version_after")
            .unwrap_or(before.delete_version_after),
    };
    call.view.put(KEY, entry::encode(KEY, &config)?)?;
    Ok(Response::none())
}
