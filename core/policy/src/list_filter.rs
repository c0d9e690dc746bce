//! The path that decides whether a key is shown in a list.

/// `list_scan_response_keys_filter_path`: a template of `{{ .path }}`, the path that was listed,
/// and `{{ .key }}`, one of the keys found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListFilter {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Path,
    Key,
}

impl ListFilter {
    /// Reads a template; nothing if something else stands in its braces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}")?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match name.trim() {
                ".path" => Piece::Path,
                ".key" => Piece::Key,
                _ => return None,
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Some(Self { pieces })
    }

    /// Whether the key decides anything.
    pub(crate) fn has_key(&self) -> bool {
        self.pieces.contains(&Piece::Key)
    }

    /// The path that the caller must have access to for the key to be shown.
    pub fn path(&self, listed: &str, key: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Path => listed.to_owned(),
            Piece::Key => key.to_owned(),
        };
        self.pieces.iter().map(piece).collect()
    }
}
