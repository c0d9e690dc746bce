//! Shamir's secret sharing, byte by byte over GF(2⁸): a key as shares of which a threshold suffices.
//!
//! A share is one y byte for each byte of the secret and then its x byte, so it is one byte longer
//! than the secret; this is Vault's form, and shares carry over.

use zeroize::Zeroizing;

use crate::{Error, Result, Secret, random};

mod field;
#[cfg(test)]
mod tests;

/// The most shares: one for each x coordinate but zero, where the secret lies.
pub const SHARES_MAX: usize = 255;

/// Splits a secret into `shares` parts of which any `threshold` give it back.
///
/// Both must lie in 2..=255. What is not split (one share) is not this function's business.
pub fn split(secret: &[u8], shares: usize, threshold: usize) -> Result<Vec<Secret<Vec<u8>>>> {
    if threshold < 2 || threshold > shares || shares > SHARES_MAX {
        return Err(Error::SplitShape { shares, threshold });
    }
    if secret.is_empty() {
        return Err(Error::EmptySecret);
    }
    let xs = coordinates();
    // Allocated whole, so that no growth leaves a half-written share behind unwiped.
    let mut parts: Vec<(u8, Vec<u8>)> =
        xs.into_iter().take(shares).map(|x| (x, Vec::with_capacity(secret.len() + 1))).collect();
    let mut polynomial = Zeroizing::new(vec![0; threshold]);
    for &byte in secret {
        random::fill(&mut polynomial);
        if let Some(constant) = polynomial.first_mut() {
            *constant = byte;
        }
        for (x, share) in &mut parts {
            share.push(field::evaluate(&polynomial, *x));
        }
    }
    let finish = |(x, mut share): (u8, Vec<u8>)| {
        share.push(x);
        Secret::new(share)
    };
    Ok(parts.into_iter().map(finish).collect())
}

/// Combines shares into the secret that they were split from.
///
/// Fewer shares than the threshold, or shares of different splits, give other bytes and no error:
/// only whoever uses the key can tell.
pub fn combine(shares: &[Secret<Vec<u8>>]) -> Result<Secret<Vec<u8>>> {
    let parts = parse(shares)?;
    let length = parts.first().map_or(0, |(_, ys)| ys.len());
    let mut secret = vec![0; length];
    for (at, &(x, ys)) in parts.iter().enumerate() {
        let others = parts.iter().enumerate().filter(|&(other, _)| other != at);
        // The Lagrange basis polynomial of this share, at zero.
        let (above, below) = others.fold((1, 1), |(above, below), (_, &(other, _))| {
            (field::multiply(above, other), field::multiply(below, x ^ other))
        });
        let weight = field::multiply(above, field::invert(below));
        for (out, &y) in secret.iter_mut().zip(ys) {
            *out ^= field::multiply(weight, y);
        }
    }
    Ok(Secret::new(secret))
}

/// The x coordinate and the y bytes of each share, all of one length and at distinct x.
fn parse(shares: &[Secret<Vec<u8>>]) -> Result<Vec<(u8, &[u8])>> {
    match shares.len() {
        0 | 1 => return Err(Error::TooFewShares),
        n if n > SHARES_MAX => return Err(Error::TooManyShares),
        _ => {}
    }
    let mut parts: Vec<(u8, &[u8])> = Vec::with_capacity(shares.len());
    for share in shares {
        let (&x, ys) = share.expose().split_last().ok_or(Error::ShareTooShort)?;
        if ys.is_empty() {
            return Err(Error::ShareTooShort);
        }
        if x == 0 {
            return Err(Error::ZeroShare);
        }
        if parts.iter().any(|(_, other)| other.len() != ys.len()) {
            return Err(Error::ShareLengths);
        }
        if parts.iter().any(|&(other, _)| other == x) {
            return Err(Error::DuplicateShare);
        }
        parts.push((x, ys));
    }
    Ok(parts)
}

/// The numbers 1..=255 in random order.
fn coordinates() -> Vec<u8> {
    let mut xs: Vec<u8> = (1..=u8::MAX).collect();
    for last in (1..u8::MAX).rev() {
        xs.swap(usize::from(last), usize::from(random::below(last + 1)));
    }
    xs
}
