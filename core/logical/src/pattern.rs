//! The pattern of a path: literal segments, `:name` for one segment, `:name*` for many.

use crate::Data;

/// A path pattern, such as `data/:path*` or `roles/:role`.
///
/// `:name*` takes everything that is left, also nothing, with inner and trailing slashes; in
/// `:name*/tune` it takes what stands before the literal end. Elsewhere a trailing slash of the
/// path is overlooked.
#[derive(Clone, Copy, Debug)]
pub struct Pattern(pub &'static str);

impl Pattern {
    /// Holds the path against the pattern and calls `capture(name, text)` for each name.
    pub fn matches<'p>(
        &self,
        path: &'p str,
        mut capture: impl FnMut(&'static str, &'p str),
    ) -> bool {
        let mut pattern = self.0;
        let mut rest = path;
        loop {
            if let Some((name, tail)) = rest_name(pattern) {
                return match tail {
                    "" => {
                        capture(name, rest);
                        true
                    }
                    tail => match before(rest, tail) {
                        Some(middle) => {
                            capture(name, middle);
                            true
                        }
                        None => false,
                    },
                };
            }
            let (want, want_rest) = split(pattern);
            let (got, got_rest) = split(rest);
            match want.strip_prefix(':') {
                Some(_) if got.is_empty() => return false,
                Some(name) => capture(name, got),
                None if want == got => {}
                None => return false,
            }
            match (want_rest, got_rest) {
                (None, None | Some("")) => return true,
                (None, Some(_)) => return false,
                // `data/:path*` also takes `data`, with nothing left for the name.
                (Some(next), None) => match rest_name(next) {
                    Some((name, "")) => {
                        capture(name, "");
                        return true;
                    }
                    Some(_) | None => return false,
                },
                (Some(next), Some(left)) => (pattern, rest) = (next, left),
            }
        }
    }

    /// The captures of a path as parameters, or `None`.
    pub fn captures(&self, path: &str) -> Option<Data> {
        let mut data = Data::new();
        self.matches(path, |name, text| {
            data.insert(name.to_owned(), text.into());
        })
        .then_some(data)
    }
}

/// The name of a `:name*` and the literal text after it.
fn rest_name(pattern: &'static str) -> Option<(&'static str, &'static str)> {
    pattern.strip_prefix(':')?.split_once('*').filter(|(name, _)| !name.contains('/'))
}

/// What stands before `tail`, if the path ends in it and something does.
fn before<'p>(path: &'p str, tail: &str) -> Option<&'p str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.strip_suffix(tail).filter(|middle| !middle.is_empty())
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('/') {
        Some((head, tail)) => (head, Some(tail)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests;
