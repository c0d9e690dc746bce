//! Randomness, all of it: bytes, numbers, names and key material from the library's generator.

use aws_lc_rs::rand;

use crate::{Secret, aead::Nonce};

#[cfg(test)]
mod tests;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Fills a buffer with random bytes.
///
/// A process whose random source fails ends at once: there is no safe way to go on.
pub fn fill(out: &mut [u8]) {
    if rand::fill(out).is_err() {
        std::process::abort();
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}

/// A random nonce.
pub fn nonce() -> Nonce {
    bytes()
}

/// Fresh key material of `length` bytes.
pub fn secret(length: usize) -> Secret<Vec<u8>> {
    let mut out = vec![0; length];
    fill(&mut out);
    Secret::new(out)
}

/// A text of `length` characters of 0-9, A-Z, a-z, each equally likely.
pub fn base62(length: usize) -> String {
    let mut out = String::with_capacity(length);
    while out.len() < length {
        let digit = below(62);
        out.extend(BASE62.get(usize::from(digit)).map(|&c| char::from(c)));
    }
    out
}

/// A random identifier in the form of a version 4 UUID, lower case.
pub fn uuid() -> String {
    let mut id = u128::from_be_bytes(bytes());
    id = id & !(0xf << 76) | (0x4 << 76);
    id = id & !(0x3 << 62) | (0x2 << 62);
    // Each request has one, and five numbers formatted one by one took longer than its bytes.
    let mut text = hex::encode(id.to_be_bytes());
    for dash in [20, 16, 12, 8] {
        text.insert(dash, '-');
    }
    text
}

/// A random number below `bound`, each equally likely; 0 if `bound` is 0.
pub fn below(bound: u8) -> u8 {
    if bound == 0 {
        return 0;
    }
    // Bytes in the last, incomplete run of `bound` values would favour the small ones.
    let whole = u16::from(u8::MAX) + 1;
    let fair = whole - whole % u16::from(bound);
    loop {
        let [byte] = bytes::<1>();
        if u16::from(byte) < fair {
            return byte % bound;
        }
    }
}
