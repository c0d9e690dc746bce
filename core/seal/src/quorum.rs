//! Shares that come one by one, until there are enough of them.

use std::mem;

use crypto::{Secret, random};

use crate::Result;

#[cfg(test)]
mod tests;

/// A collection of shares. They are wiped when it goes.
pub struct Quorum {
    threshold: usize,
    shares: Vec<Secret<Vec<u8>>>,
    nonce: String,
}

/// How far a collection is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// The number of different shares.
    pub given: usize,
    /// Names this attempt; empty before the first share.
    pub nonce: String,
}

/// What became of a share.
pub enum Given {
    /// It was given before; nothing changed.
    Again,
    /// More are needed.
    More,
    /// These are enough. The collection is empty again.
    Enough(Vec<Secret<Vec<u8>>>),
}

impl Quorum {
    /// An empty collection that this many shares complete.
    pub fn new(threshold: usize) -> Self {
        Self { threshold, shares: Vec::new(), nonce: String::new() }
    }

    /// Takes a share of 16 to 33 bytes. Whether it is a right one shows only once there are enough.
    pub fn give(&mut self, share: Secret<Vec<u8>>) -> Result<Given> {
        crate::split::check_key(&share)?;
        if self.shares.contains(&share) {
            return Ok(Given::Again);
        }
        if self.shares.is_empty() {
            self.nonce = random::uuid();
        }
        self.shares.push(share);
        if self.shares.len() < self.threshold {
            return Ok(Given::More);
        }
        self.nonce.clear();
        Ok(Given::Enough(mem::take(&mut self.shares)))
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress { given: self.shares.len(), nonce: self.nonce.clone() }
    }

    /// Forgets the shares.
    pub fn reset(&mut self) {
        self.shares.clear();
        self.nonce.clear();
    }
}
