//! What initialization asks for, and what it hands out.

use crypto::{RootKey, Secret};
use plugin_api::Write;

use crate::{Error, Result, SplitRequest};

/// The numbers of shares that initialization asks for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InitParams {
    /// The unseal keys; only with a Shamir seal.
    pub secret: SplitRequest,
    /// The recovery keys; only with an auto seal, and there also none.
    pub recovery: SplitRequest,
}

/// A root key, those who can give it back, and the entries that make it so.
pub struct Initialized {
    /// The root key.
    pub root_key: RootKey,
    /// The shares of a Shamir seal; none with an auto seal.
    pub unseal_keys: Vec<Secret<Vec<u8>>>,
    /// The shares of the recovery key; none with a Shamir seal.
    pub recovery_keys: Vec<Secret<Vec<u8>>>,
    /// With a Shamir seal: what the node keeps at [`SHAMIR_KEK`](crate::SHAMIR_KEK) once the
    /// barrier is open.
    pub shamir_kek: Option<Secret<Vec<u8>>>,
    /// The entries of the seal, in the clear or wrapped. The last one decides which root key the
    /// seal gives. Written by who asked, best together with the keyring.
    pub records: Vec<Write>,
}

impl InitParams {
    /// Refuses parameters of the other kind of seal, all of them by name.
    pub(crate) fn check_applicable(&self, kind: &str, auto: bool) -> Result<()> {
        let (other, prefix) =
            if auto { (&self.secret, "secret") } else { (&self.recovery, "recovery") };
        // The list of PGP keys has no prefix where it is for the unseal keys.
        let pgp_keys = if auto { "pgp_keys".to_owned() } else { format!("{prefix}_pgp_keys") };
        let names: Vec<String> = [
            (other.shares != 0, format!("{prefix}_shares")),
            (other.threshold != 0, format!("{prefix}_threshold")),
            (!other.pgp_keys.is_empty(), pgp_keys),
        ]
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(Error::NotApplicable { names: names.join(","), kind: kind.to_owned() })
    }
}
