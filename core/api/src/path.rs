//! The rules of paths: what is cleaned, what is refused, what belongs to the API.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Where a path leads.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Place<'a> {
    /// Below `/v1/`: the rest, decoded.
    Api(Cow<'a, str>),
    /// A clean path says the same; the client is sent there.
    Moved(String),
    /// The pages for people: `/`, `/ui`, `/robots.txt` and such.
    Pages,
    /// Nothing is there.
    Nowhere,
    /// It holds characters that cannot be printed.
    Unprintable,
    /// It holds `..` or an empty segment, hidden by an encoding.
    Relative,
}

/// Finds the place of a path as it came in the request.
pub(crate) fn place(raw: &str) -> Place<'_> {
    let Ok(decoded) = percent_decode_str(raw).decode_utf8() else {
        return Place::Unprintable;
    };
    if decoded.chars().any(is_unprintable) {
        return Place::Unprintable;
    }
    if let Some(clean) = cleaned(raw) {
        return Place::Moved(clean);
    }
    if raw == "/v1/sys" {
        return Place::Moved("/v1/sys/".to_owned());
    }
    match decoded {
        Cow::Borrowed(path) => within(path, Cow::Borrowed),
        Cow::Owned(path) => within(&path, |rest| Cow::Owned(rest.to_owned())),
    }
}

fn within<'a, 'b>(path: &'b str, keep: impl Fn(&'b str) -> Cow<'a, str>) -> Place<'a> {
    let Some(rest) = path.strip_prefix("/v1/") else {
        return outside(path);
    };
    // What is unclean here was hidden by an encoding.
    let is_relative = || rest.split('/').any(|segment| segment == "..");
    let has_empty = || rest.starts_with('/') || rest.contains("//");
    let suspicious = |pair: &[u8]| matches!(pair, b"//" | b"/.");
    if path.as_bytes().windows(2).any(suspicious) && (is_relative() || has_empty()) {
        return Place::Relative;
    }
    Place::Api(keep(rest))
}

fn outside<'a>(path: &str) -> Place<'a> {
    let is_page = matches!(path, "/" | "/ui" | "/robots.txt")
        || path.starts_with("/ui/")
        || path.starts_with("/.well-known/acme-challenge/");
    if is_page { Place::Pages } else { Place::Nowhere }
}

/// The path without `//`, `/./` and `/../`, if it has any of them.
fn cleaned(raw: &str) -> Option<String> {
    let inner = raw.strip_prefix('/')?;
    // Only such a pair can be unclean; nearly no path has one.
    if !raw.as_bytes().windows(2).any(|pair| matches!(pair, b"//" | b"/.")) {
        return None;
    }
    let mut segments = inner.split('/').peekable();
    let mut dirty = false;
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        dirty |= matches!(segment, "." | "..") || segment.is_empty() && !is_last;
    }
    if !dirty {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in inner.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let slash = if raw.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    Some(format!("/{}{slash}", kept.join("/")))
}

/// Control characters and the invisible ones that make two different paths look the same.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}')
}

#[cfg(test)]
mod tests;
