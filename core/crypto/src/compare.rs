//! Comparison in constant time, for everything a caller could guess at byte by byte.

use subtle::ConstantTimeEq;

/// Whether two byte strings are equal. The time depends on the lengths alone.
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
