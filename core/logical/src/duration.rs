//! Lengths of time as clients write and read them: `90`, `1h30m`, `2d`; `1h30m0s`.
//!
//! The notation is that of Go's `time.ParseDuration` and `Duration.String`, with `d` for days.

use std::time::Duration;

/// The whole seconds of a text: digits alone are seconds.
pub fn seconds(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) {
        return days.checked_mul(86_400).ok_or_else(|| invalid(text));
    }
    nanoseconds(text).map(|nanos| nanos / 1_000_000_000)
}

/// The nanoseconds of a text such as `-1h2.5s`.
pub fn nanoseconds(text: &str) -> Result<i64, String> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(invalid(text));
    }
    let mut rest = unsigned;
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| invalid(text))?;
        let letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        total += number * scale(unit).ok_or_else(|| unit_fault(text, unit))?;
        rest = after;
    }
    if total > 9.2e18 {
        return Err(invalid(text));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within range")]
    let nanos = total as i64;
    Ok(if negative { -nanos } else { nanos })
}

/// A length of time as Go prints it: `0s`, `1.5s`, `24h0m0s`.
pub fn text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let nanos = duration.subsec_nanos();
    if seconds == 0 && nanos > 0 {
        return small(nanos);
    }
    let fraction = match nanos {
        0 => String::new(),
        _ => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}{fraction}s"),
        (0, _) => format!("{minutes}m{rest}{fraction}s"),
        _ => format!("{hours}h{minutes}m{rest}{fraction}s"),
    }
}

fn small(nanos: u32) -> String {
    let (unit, name) = match nanos {
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "µs"),
        _ => (1, "ns"),
    };
    format!("{}{name}", f64::from(nanos) / f64::from(unit))
}

fn scale(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        _ => return None,
    })
}

fn unit_fault(text: &str, unit: &str) -> String {
    match unit {
        "" => format!("time: missing unit in duration \"{text}\""),
        _ => format!("time: unknown unit \"{unit}\" in duration \"{text}\""),
    }
}

fn invalid(text: &str) -> String {
    format!("time: invalid duration \"{text}\"")
}

#[cfg(test)]
mod tests;
