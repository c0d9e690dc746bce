//! Time spans as operators write and read them: `90s`, `1h30m`, `768h`.

#[cfg(test)]
mod tests;

/// Seconds in a time span: a number of seconds, or numbers with the units `s`, `m`, `h`, `d`.
/// Fractions of a second are dropped. `None` if it is not one.
pub(crate) fn parse(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut rest = text;
    let mut milliseconds: f64 = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().ok()?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        milliseconds += number * unit_milliseconds(unit)?;
        rest = tail;
    }
    let seconds = milliseconds / 1000.0;
    // Beyond this a sum of floats would no longer be exact, and no lease lives 285 million years.
    let exact = !text.is_empty() && seconds <= 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked and dropping the fraction is meant"
    )]
    exact.then_some(seconds as u64)
}

fn unit_milliseconds(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(1.0),
        "s" => Some(1_000.0),
        "m" => Some(60_000.0),
        "h" => Some(3_600_000.0),
        "d" => Some(86_400_000.0),
        _ => None,
    }
}

/// Seconds in hours, minutes and seconds, without zeros at the end.
pub(crate) fn human(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let text = match (hours, minutes, rest) {
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, 0, 0) => format!("{h}h"),
        (h, m, 0) => format!("{h}h{m}m"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    };
    format!("{sign}{text}")
}
