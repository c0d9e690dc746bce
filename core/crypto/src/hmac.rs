//! HMAC-SHA256 under one key, prepared once: the audit trail hashes every string with it.

use aws_lc_rs::hmac as lc;

#[cfg(test)]
mod tests;

/// An HMAC-SHA256 key, ready for use from any thread.
#[derive(Clone)]
pub struct Hmac {
    key: lc::Key,
}

impl Hmac {
    /// Prepares a key of any length.
    pub fn new(key: &[u8]) -> Self {
        Self { key: lc::Key::new(lc::HMAC_SHA256, key) }
    }

    /// The HMAC of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(lc::sign(&self.key, message).as_ref());
        out
    }

    /// The HMAC of a message, in lower-case hex.
    pub fn sign_hex(&self, message: &[u8]) -> String {
        hex::encode(self.sign(message))
    }

    /// The same as bytes of ASCII, without an allocation.
    pub fn sign_digits(&self, message: &[u8]) -> [u8; 64] {
        let mut digits = [0; 64];
        // It fails only for a buffer of another length.
        let _ = hex::encode_to_slice(self.sign(message), &mut digits);
        digits
    }

    /// Whether `tag` is the HMAC of a message; compared in constant time.
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        crate::ct_eq(&self.sign(message), tag)
    }
}

/// The HMAC-SHA256 of one message under a key that is used once.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    Hmac::new(key).sign(message)
}
