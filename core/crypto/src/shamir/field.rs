//! Arithmetic in GF(2⁸) modulo x⁸+x⁴+x³+x+1, in constant time: no table and no branch on a value.

/// The product of two elements.
pub(super) fn multiply(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let mut shifted = a;
    for bit in 0..8 {
        product ^= shifted & mask(b >> bit);
        shifted = (shifted << 1) ^ (0x1b & mask(shifted >> 7));
    }
    product
}

/// The inverse of an element; that of zero is zero.
pub(super) fn invert(a: u8) -> u8 {
    // a²⁵⁴, as the product of a to the powers 2, 4, …, 128.
    let mut power = a;
    let mut inverse = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    inverse
}

/// The value at `x` of a polynomial whose constant term comes first.
pub(super) fn evaluate(polynomial: &[u8], x: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, &coefficient| multiply(sum, x) ^ coefficient)
}

/// All ones if the lowest bit is set, else zero.
fn mask(bit: u8) -> u8 {
    (bit & 1).wrapping_neg()
}
