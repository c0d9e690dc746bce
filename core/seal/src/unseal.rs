//! What unsealing comes to: more shares are needed, or here is the root key.

use crypto::{RootKey, Secret};

use crate::Progress;

/// The answer to a share.
pub enum Unsealing {
    /// More are needed.
    Progress(Progress),
    /// The seal is open.
    Unsealed(Unsealed),
}

/// An opened seal.
pub struct Unsealed {
    /// The root key.
    pub root_key: RootKey,
    /// The combined unseal key of a Shamir seal, to be kept at [`SHAMIR_KEK`](crate::SHAMIR_KEK)
    /// if it is not there.
    pub shamir_kek: Option<Secret<Vec<u8>>>,
}
