//! Into how many shares a key is split and how many it takes, checked; and the splitting.

use std::fmt;

use crypto::{Secret, shamir};

use crate::{Error, Result};

#[cfg(test)]
mod tests;

/// The shortest unseal or recovery key that is accepted, in bytes.
pub const KEY_BYTES_MIN: usize = 16;
/// The longest unseal or recovery key that is accepted: a 32-byte key and a share's x byte.
pub const KEY_BYTES_MAX: usize = 33;

/// The numbers that somebody asks for; zeros and an empty list if they were not given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SplitRequest {
    /// The number of shares.
    pub shares: i64,
    /// The number that it takes.
    pub threshold: i64,
    /// The PGP keys to encrypt the shares with, one each, or none.
    pub pgp_keys: Vec<String>,
}

/// Numbers that can be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Split {
    /// The number of shares, 1 to 255.
    pub shares: usize,
    /// The number that it takes: 1 of 1, else 2 or more.
    pub threshold: usize,
    /// As many as shares, or none. Encrypting the shares is up to who hands them out.
    pub pgp_keys: Vec<String>,
}

/// What numbers of shares are for; named in what is wrong with them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// The unseal keys, at initialization.
    Seal,
    /// The recovery keys, at initialization.
    Recovery,
    /// Later changes of either.
    Rekey,
}

/// What is wrong with numbers of shares.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SplitFault {
    /// None, or fewer.
    #[error("shares must be at least one")]
    NoShares,
    /// None, or fewer.
    #[error("threshold must be at least one")]
    NoThreshold,
    /// One of several would do.
    #[error("threshold must be greater than one for multiple shares")]
    ThresholdOfOne,
    /// More than there are.
    #[error("shares must be less than 256")]
    TooManyShares,
    /// More than there are shares.
    #[error("threshold cannot be larger than shares")]
    ThresholdAboveShares,
    /// Not one each.
    #[error("count mismatch between number of provided PGP keys and number of shares")]
    PgpKeys,
}

// === impl SplitRequest ===

impl SplitRequest {
    /// Checks the numbers.
    pub fn check(&self, purpose: Purpose) -> Result<Split> {
        let refuse = |fault| Error::Split { purpose, fault };
        if self.shares < 1 {
            return Err(refuse(SplitFault::NoShares));
        }
        if self.threshold < 1 {
            return Err(refuse(SplitFault::NoThreshold));
        }
        if self.shares > 1 && self.threshold == 1 {
            return Err(refuse(SplitFault::ThresholdOfOne));
        }
        let count = |number| usize::try_from(number).ok().filter(|&n| n <= shamir::SHARES_MAX);
        let shares = count(self.shares).ok_or(refuse(SplitFault::TooManyShares))?;
        let threshold = count(self.threshold)
            .filter(|&threshold| threshold <= shares)
            .ok_or(refuse(SplitFault::ThresholdAboveShares))?;
        if !self.pgp_keys.is_empty() && self.pgp_keys.len() != shares {
            return Err(refuse(SplitFault::PgpKeys));
        }
        Ok(Split { shares, threshold, pgp_keys: self.pgp_keys.clone() })
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

// === impl Split ===

impl Split {
    /// One share, which is the key itself; what an auto seal's configuration says.
    pub(crate) fn one() -> Self {
        Self { shares: 1, threshold: 1, pgp_keys: Vec::new() }
    }

    /// Splits a key. A single share is the key itself.
    pub fn split(&self, key: &Secret<Vec<u8>>) -> Result<Vec<Secret<Vec<u8>>>> {
        match self.shares {
            1 => Ok(vec![key.clone()]),
            shares => Ok(shamir::split(key.expose(), shares, self.threshold)?),
        }
    }
}

/// The key that shares make, if they are of one split; a single share is the key itself.
pub(crate) fn combine(shares: &[Secret<Vec<u8>>]) -> Result<Secret<Vec<u8>>> {
    match shares {
        [key] => Ok(key.clone()),
        shares => Ok(shamir::combine(shares)?),
    }
}

/// Checks the length of a share or key that somebody gave.
pub(crate) fn check_key(key: &Secret<Vec<u8>>) -> Result<()> {
    match key.expose().len() {
        ..KEY_BYTES_MIN => Err(Error::KeyTooShort(KEY_BYTES_MIN)),
        KEY_BYTES_MIN..=KEY_BYTES_MAX => Ok(()),
        _ => Err(Error::KeyTooLong(KEY_BYTES_MAX)),
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seal => "seal",
            Self::Recovery => "recovery",
            Self::Rekey => "rekey seal",
        })
    }
}
