//! The recovery key beside an auto seal: people's shares that authorise, and never decrypt.

use crypto::Secret;
use plugin_api::Storage;

use crate::{Auto, Error, Paths, Result, split, stored};

/// The length of a recovery key, in bytes.
pub(crate) const RECOVERY_KEY_BYTES: usize = 32;

/// Checks that shares, enough in number, make the recovery key of the store.
pub(crate) async fn verify(
    storage: &dyn Storage,
    auto: &Auto,
    paths: &Paths,
    shares: &[Secret<Vec<u8>>],
) -> Result<()> {
    let key = paths.recovery_key.as_str();
    let stored = stored::get(storage, key).await?.ok_or(Error::NoRecoveryKey)?;
    let wanted = auto.unwrap(key, &stored).await?;
    let given = split::combine(shares).map_err(|_| Error::RecoveryMismatch)?;
    if given == wanted { Ok(()) } else { Err(Error::RecoveryMismatch) }
}
