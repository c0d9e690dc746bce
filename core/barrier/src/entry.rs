//! The form of an encrypted entry: term (4 bytes, big-endian), version, nonce, ciphertext, tag.
//!
//! Version 2 binds the entry to its key, as associated data, so that no entry can be passed off as
//! another; version 1, which old stores have, does not. Only version 2 is written.

use crypto::{
    Aead,
    aead::{NONCE_BYTES, Nonce, TAG_BYTES},
    random,
};

use crate::{Corruption, Error, Result, Term};

#[cfg(test)]
mod tests;

/// What encryption adds to a value, in bytes.
pub(crate) const OVERHEAD: usize = HEADER_BYTES + TAG_BYTES;

const TERM_BYTES: usize = 4;
const HEADER_BYTES: usize = TERM_BYTES + 1 + NONCE_BYTES;

/// An entry, taken apart but not yet opened.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Entry<'a> {
    pub(crate) term: u32,
    version: Version,
    nonce: Nonce,
    sealed: &'a [u8],
}

/// How an entry was encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Version {
    /// Without associated data.
    Unbound,
    /// With the key as associated data.
    Bound,
}

/// Encrypts a value, in one allocation.
pub(crate) fn seal(aead: &Aead, term: Term, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let nonce = random::nonce();
    let mut out = Vec::with_capacity(plaintext.len() + OVERHEAD);
    out.extend_from_slice(&term.get().to_be_bytes());
    out.push(Version::Bound.byte());
    out.extend_from_slice(&nonce);
    aead.seal_onto(nonce, aad, plaintext, &mut out)?;
    Ok(out)
}

impl<'a> Entry<'a> {
    /// Takes the stored bytes apart.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Corruption> {
        if bytes.len() < OVERHEAD {
            return Err(Corruption::Short(bytes.len()));
        }
        let short = Corruption::Short(bytes.len());
        let (term, rest) = bytes.split_first_chunk::<TERM_BYTES>().ok_or(short)?;
        let (&version, rest) = rest.split_first().ok_or(short)?;
        let (&nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(short)?;
        let version = Version::parse(version)?;
        Ok(Self { term: u32::from_be_bytes(*term), version, nonce, sealed })
    }

    /// Decrypts it under the key of its term.
    pub(crate) fn open(&self, aead: &Aead, aad: &[u8]) -> Result<Vec<u8>, Corruption> {
        let aad = match self.version {
            Version::Unbound => &[],
            Version::Bound => aad,
        };
        aead.open(self.nonce, aad, self.sealed).map_err(|_| Corruption::Authentication)
    }
}

impl Version {
    fn parse(byte: u8) -> Result<Self, Corruption> {
        match byte {
            1 => Ok(Self::Unbound),
            2 => Ok(Self::Bound),
            other => Err(Corruption::Version(other)),
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Unbound => 1,
            Self::Bound => 2,
        }
    }
}

/// Names the key in what went wrong with its entry.
pub(crate) fn at<T>(key: &str, result: Result<T, Corruption>) -> Result<T> {
    result.map_err(|reason| Error::corrupt(key, reason))
}
