//! The hash functions: SHA-256 for checks and digests, SHA-1 for names that Vault salts with it.

use aws_lc_rs::digest;

#[cfg(test)]
mod tests;

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(&digest::digest(&digest::SHA256, bytes))
}

/// The SHA-384 of some bytes.
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    fixed(&digest::digest(&digest::SHA384, bytes))
}

/// The SHA-512 of some bytes.
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    fixed(&digest::digest(&digest::SHA512, bytes))
}

/// The SHA-1 of some bytes. Only for stored names whose form is given (token accessors); nothing
/// rests on it.
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    fixed(&digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes))
}

/// A SHA-256 over bytes that come piece by piece.
pub struct Sha256 {
    context: digest::Context,
}

impl Sha256 {
    /// An empty input.
    pub fn new() -> Self {
        Self { context: digest::Context::new(&digest::SHA256) }
    }

    /// Appends to the input.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// The hash of all that came.
    pub fn finish(self) -> [u8; 32] {
        fixed(&self.context.finish())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

fn fixed<const N: usize>(digest: &digest::Digest) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(digest.as_ref());
    out
}
