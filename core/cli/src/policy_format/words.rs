//! A policy file as words: brackets, commas, equals signs, texts, comments and line ends.

/// One word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Word<'a> {
    /// `{` or `[`.
    Open(&'a str),
    /// `}` or `]`.
    Close(&'a str),
    /// `,`
    Comma,
    /// `=` or `:`.
    Equals(&'a str),
    /// A name, number, string or here-document, with its quotes.
    Text(&'a str),
    /// A comment to the end of its line, or between `/*` and `*/`.
    Comment(&'a str),
    /// The end of a line.
    LineEnd,
}

/// Splits a text into words.
pub(super) fn split(text: &str) -> Result<Vec<Word<'_>>, String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (word, length) = match first {
            '\n' => (Some(Word::LineEnd), 1),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            '{' | '[' => (rest.get(..1).map(Word::Open), 1),
            '}' | ']' => (rest.get(..1).map(Word::Close), 1),
            ',' => (Some(Word::Comma), 1),
            '=' | ':' => (rest.get(..1).map(Word::Equals), 1),
            _ => {
                let (word, length) = longer(rest).map_err(|why| {
                    let line = text.len() - rest.len();
                    let line = text.get(..line).unwrap_or_default().matches('\n').count() + 1;
                    format!("line {line}: {why}")
                })?;
                (Some(word), length)
            }
        };
        words.extend(word);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(words)
}

/// A word of more than one sign, with its length.
fn longer(rest: &str) -> Result<(Word<'_>, usize), &'static str> {
    let take = |length: usize| rest.get(..length).unwrap_or_default();
    if rest.starts_with('#') || rest.starts_with("//") {
        let length = rest.find('\n').unwrap_or(rest.len());
        return Ok((Word::Comment(take(length).trim_end()), length));
    }
    if rest.starts_with("/*") {
        let length = rest.find("*/").ok_or("a comment is not closed")? + 2;
        return Ok((Word::Comment(take(length)), length));
    }
    if rest.starts_with('"') {
        let length = quoted(rest).ok_or("a string is not closed")?;
        return Ok((Word::Text(take(length)), length));
    }
    if rest.starts_with("<<") {
        let length = here_document(rest).ok_or("a here-document is not closed")?;
        return Ok((Word::Text(take(length)), length));
    }
    let ends = |c: char| c.is_whitespace() || "{}[],=:\"#".contains(c);
    let length = rest.find(ends).unwrap_or(rest.len());
    Ok((Word::Text(take(length)), length))
}

/// The length of a string with its quotes; it ends on its line.
fn quoted(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (place, letter) in rest.char_indices().skip(1) {
        match letter {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(place + 1),
            _ => {}
        }
    }
    None
}

/// The length of a here-document, up to and with the word that ends it.
fn here_document(rest: &str) -> Option<usize> {
    let mut lines = rest.split_inclusive('\n');
    let first = lines.next()?;
    let end = first.trim_start_matches('<').trim_start_matches('-').trim();
    let mut length = first.len();
    for line in lines {
        if line.trim() == end {
            return Some(length + line.trim_end().len());
        }
        length += line.len();
    }
    None
}
