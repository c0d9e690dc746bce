//! HKDF-SHA256: several keys from one, each bound to what it is for.

use aws_lc_rs::hkdf as lc;

use crate::{Error, Result, Secret};

#[cfg(test)]
mod tests;

/// Derives `length` bytes (at most 8,160) from key material, a salt and a purpose.
pub fn hkdf_sha256(
    salt: &[u8],
    key_material: &[u8],
    purpose: &[u8],
    length: usize,
) -> Result<Secret<Vec<u8>>> {
    let too_long = |_| Error::DerivedLength(length);
    let prk = lc::Salt::new(lc::HKDF_SHA256, salt).extract(key_material);
    let info = [purpose];
    let okm = prk.expand(&info, Length(length)).map_err(too_long)?;
    let mut out = vec![0; length];
    okm.fill(&mut out).map_err(too_long)?;
    Ok(Secret::new(out))
}

struct Length(usize);

impl lc::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
