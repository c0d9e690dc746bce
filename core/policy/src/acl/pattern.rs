//! Patterns in which `+` stands for one whole segment, and the order of patterns by how specific
//! they are.

use std::cmp::Reverse;

/// A path with `+` segments, and perhaps a `*` at its end.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The text without a `*` at its end.
    text: String,
    segments: Vec<Segment>,
    glob: bool,
    first_wildcard: usize,
    wildcards: usize,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Segment {
    Any,
    Literal(String),
}

/// How specific a pattern is; the greatest one that fits counts, alone. In this order: the first
/// wildcard stands late, it is no prefix, it has few `+`, it is long, it sorts late.
pub(super) type Priority<'a> = (usize, bool, Reverse<usize>, usize, &'a str);

/// The priority of `prefix*`.
pub(super) fn priority_of_prefix(prefix: &str) -> Priority<'_> {
    (prefix.len(), false, Reverse(0), prefix.len(), prefix)
}

/// Whether a path has a `+` segment. A `+` within a segment is a plus.
pub(super) fn has_wildcard_segment(path: &str) -> bool {
    path.split('/').any(|segment| segment == "+")
}

impl Pattern {
    pub(super) fn new(path: &str) -> Self {
        let (text, glob) = path.strip_suffix('*').map_or((path, false), |text| (text, true));
        let segments: Vec<_> = text
            .split('/')
            .map(|segment| match segment {
                "+" => Segment::Any,
                literal => Segment::Literal(literal.to_owned()),
            })
            .collect();
        let wildcards = segments.iter().filter(|segment| **segment == Segment::Any).count();
        // Each literal before the first wildcard takes its own length and a slash.
        let first_wildcard = segments
            .iter()
            .map_while(|segment| match segment {
                Segment::Any => None,
                Segment::Literal(text) => Some(text.len() + 1),
            })
            .sum();
        Self { text: text.to_owned(), segments, glob, first_wildcard, wildcards }
    }

    pub(super) fn priority(&self) -> Priority<'_> {
        (self.first_wildcard, !self.glob, Reverse(self.wildcards), self.text.len(), &self.text)
    }

    /// Whether a path fits.
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let mut segments = self.segments.iter().peekable();
        while let Some(segment) = segments.next() {
            let Some(part) = parts.next() else { return false };
            match segment {
                Segment::Any => {}
                Segment::Literal(text) if text == part => {}
                Segment::Literal(text) if self.glob && segments.peek().is_none() => {
                    return part.starts_with(text);
                }
                Segment::Literal(_) => return false,
            }
        }
        self.glob || parts.next().is_none()
    }

    /// Whether some path that begins with the folder `prefix` may fit.
    pub(super) fn may_match_below(&self, prefix: &str) -> bool {
        let mut segments = self.segments.iter().peekable();
        for part in prefix.trim_end_matches('/').split('/') {
            match segments.next() {
                None => return self.glob,
                Some(Segment::Any) => {}
                Some(Segment::Literal(text)) if text == part => {}
                Some(Segment::Literal(text)) => {
                    return self.glob && segments.peek().is_none() && part.starts_with(text);
                }
            }
        }
        true
    }
}
