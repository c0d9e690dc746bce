//! The number of a barrier key: it grows by one with each rotation.

use std::fmt;

/// A term of the keyring, from 1 up.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Term(u32);

impl Term {
    /// The term of a fresh keyring, and of the keyring's own entry for ever.
    pub const FIRST: Self = Self(1);

    /// The term of this number; zero is none.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The term after this one, if the numbers last.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
