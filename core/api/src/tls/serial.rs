//! The serial number of a certificate, as audit lines show it.

use rustls_pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const INTEGER: u8 = 0x02;

/// `1a:2b:…`; `None` for what is no certificate.
pub(crate) fn serial(certificate: &CertificateDer<'_>) -> Option<String> {
    let (whole, _) = element(certificate, SEQUENCE)?;
    let (signed, _) = element(whole, SEQUENCE)?;
    // The version comes first; the oldest certificates have none.
    let rest = element(signed, VERSION).map_or(signed, |(_, rest)| rest);
    let (number, _) = element(rest, INTEGER)?;
    // A leading zero byte only says that the number is positive.
    let number = match number {
        [0, digits @ ..] if !digits.is_empty() => digits,
        digits => digits,
    };
    let bytes: Vec<_> = number.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(bytes.join(":"))
}

/// The content of a DER element of this tag at the beginning, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
