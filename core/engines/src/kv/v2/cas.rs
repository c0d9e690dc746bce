//! Check-and-set: a write that names the version it was made for.

use logical::{Error, Fields, Kind, Result};

use crate::kv::v2::{config::Config, record::Record};

/// The version that a write of data names in `options.cas`; 0 for a secret that must not exist.
pub(super) fn asked(fields: &Fields) -> Result<Option<i64>> {
    let Some(cas) = fields.map("options").and_then(|options| options.get("cas")) else {
        return Ok(None);
    };
    let number = Kind::Int.convert(cas).ok().and_then(|number| number.as_i64());
    number.map(Some).ok_or_else(|| Error::invalid("error parsing check-and-set parameter"))
}

/// Whether data may be written.
pub(super) fn check<D>(asked: Option<i64>, config: &Config, record: &Record<D>) -> Result<()> {
    match asked {
        None if config.cas_required || record.cas_required => {
            Err(Error::invalid("check-and-set parameter required for this call"))
        }
        Some(number) if u64::try_from(number) != Ok(record.current) => {
            Err(Error::invalid("check-and-set parameter did not match the current version"))
        }
        None | Some(_) => Ok(()),
    }
}

/// Whether metadata may be written.
pub(super) fn check_metadata<D>(
    asked: Option<i64>,
    config: &Config,
    record: &Record<D>,
) -> Result<()> {
    match asked {
        None if config.metadata_cas_required || record.metadata_cas_required => {
            Err(Error::invalid("metadata check-and-set parameter required for this call"))
        }
        Some(number) if u64::try_from(number) != Ok(record.metadata_version) => Err(
            Error::invalid("metadata check-and-set parameter does not match the current version"),
        ),
        None | Some(_) => Ok(()),
    }
}
