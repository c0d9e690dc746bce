//! Which of several seals this is, and where it keeps its entries.

use std::fmt;

use crate::{Error, Result};

#[cfg(test)]
mod tests;

/// Where the combined unseal key lies inside the barrier, for changes of the shares by those who
/// may, without the shares. The node writes it once the barrier is open.
pub const SHAMIR_KEK: &str = "core/shamir-kek";

/// The longest name of a seal.
const NAME_MAX: usize = 64;

/// A seal's name and rank.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Label {
    /// The same on all nodes.
    pub name: SealName,
    /// Seals are tried in ascending order.
    pub priority: u32,
}

/// The name of a seal: `default` unless the configuration gives another.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SealName(String);

/// The keys of a seal's entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paths {
    /// How the root key is guarded, in the clear.
    pub config: String,
    /// How the recovery key is split, in the clear.
    pub recovery_config: String,
    /// The wrapped root key.
    pub root_key: String,
    /// The wrapped recovery key.
    pub recovery_key: String,
}

// === impl SealName ===

impl SealName {
    const DEFAULT: &'static str = "default";

    /// Checks a name: 1 to 64 characters of a-z, 0-9, `-` and `_`.
    pub fn new(name: &str) -> Result<Self> {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if (1..=NAME_MAX).contains(&name.len()) && name.chars().all(known) {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::Name(name.to_owned()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where this seal keeps its entries: the default one where Vault does.
    pub fn paths(&self) -> Paths {
        let below = |entry: &str| format!("core/seals/{}/{entry}", self.0);
        if self.0 == Self::DEFAULT {
            Paths {
                config: "core/seal-config".to_owned(),
                recovery_config: "core/recovery-config".to_owned(),
                root_key: "core/hsm/barrier-unseal-keys".to_owned(),
                recovery_key: "core/recovery-key".to_owned(),
            }
        } else {
            Paths {
                config: below("config"),
                recovery_config: below("recovery-config"),
                root_key: below("encrypted-root"),
                recovery_key: below("recovery-key"),
            }
        }
    }
}

impl Default for SealName {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl fmt::Display for SealName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
