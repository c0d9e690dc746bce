//! Strings: in quotes, with escapes and `${…}`, and as heredocs.

use crate::{
    cursor::Cursor,
    error::{Cause, Result},
};

/// Reads a string from its opening quote on. What stands in `${…}` is kept as written: it is for
/// whoever reads the value.
pub(super) fn string(cursor: &mut Cursor<'_>) -> Result<String> {
    cursor.bump();
    let mut out = String::new();
    loop {
        if cursor.rest().starts_with("${") {
            out.push_str(interpolation(cursor)?);
            continue;
        }
        match cursor.peek() {
            None | Some('\n') => return Err(cursor.error(Cause::OpenString)),
            Some('"') => {
                cursor.bump();
                return Ok(out);
            }
            Some('\\') => out.push(escape(cursor)?),
            Some(plain) => {
                cursor.bump();
                out.push(plain);
            }
        }
    }
}

/// Takes `${…}` up to the brace that closes it, over lines and quotes.
fn interpolation<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str> {
    let start = cursor.rest();
    let mut open = 0_usize;
    loop {
        match cursor.bump() {
            None => return Err(cursor.error(Cause::OpenString)),
            Some('{') => open += 1,
            Some('}') if open == 1 => return Ok(cursor.since(start)),
            Some('}') => open = open.saturating_sub(1),
            Some(_) => {}
        }
    }
}

fn escape(cursor: &mut Cursor<'_>) -> Result<char> {
    cursor.bump();
    let plain = match cursor.peek() {
        Some('a') => '\u{7}',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('v') => '\u{b}',
        Some(same @ ('\\' | '"')) => same,
        Some('x') => return numbered(cursor, 16, 2),
        Some('u') => return numbered(cursor, 16, 4),
        Some('U') => return numbered(cursor, 16, 8),
        Some('0'..='7') => return octal(cursor),
        Some(_) | None => return Err(cursor.error(Cause::Escape)),
    };
    cursor.bump();
    Ok(plain)
}

fn numbered(cursor: &mut Cursor<'_>, radix: u32, digits: u32) -> Result<char> {
    cursor.bump();
    code_point(cursor, radix, digits)
}

fn octal(cursor: &mut Cursor<'_>) -> Result<char> {
    code_point(cursor, 8, 3)
}

fn code_point(cursor: &mut Cursor<'_>, radix: u32, digits: u32) -> Result<char> {
    let mut code = 0_u32;
    for _ in 0..digits {
        let digit = cursor.peek().and_then(|c| c.to_digit(radix));
        let digit = digit.ok_or_else(|| cursor.error(Cause::Escape))?;
        code = code.wrapping_mul(radix).wrapping_add(digit);
        cursor.bump();
    }
    char::from_u32(code).ok_or_else(|| cursor.error(Cause::Escape))
}

/// Reads a heredoc from `<<` on. Its text ends with the line break before the closing name.
pub(super) fn heredoc(cursor: &mut Cursor<'_>) -> Result<String> {
    if !cursor.eat("<<") {
        return Err(cursor.error(Cause::Character));
    }
    let indented = cursor.eat("-");
    let name = line(cursor).trim_end_matches('\r');
    if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_alphanumeric()) {
        return Err(cursor.error(Cause::HeredocName));
    }
    let mut lines = Vec::new();
    loop {
        if cursor.bump().is_none() {
            return Err(cursor.error(Cause::OpenHeredoc));
        }
        let next = line(cursor);
        if next.trim() == name && (indented || next.trim_end() == name) {
            let margin = if indented { next.split(name).next().unwrap_or_default() } else { "" };
            return Ok(without_margin(&lines, margin));
        }
        lines.push(next);
    }
}

/// The rest of the line; the line break stays.
fn line<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|c| c != '\n')
}

/// Takes the white space before the closing name from each line, if every line has it.
fn without_margin(lines: &[&str], margin: &str) -> String {
    let common = lines.iter().all(|line| line.starts_with(margin) || line.trim().is_empty());
    let margin = if common { margin } else { "" };
    let mut out = String::new();
    for line in lines {
        out.push_str(line.strip_prefix(margin).unwrap_or_default());
        out.push('\n');
    }
    out
}
