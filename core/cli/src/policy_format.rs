//! The usual form of a policy file: its words and comments stay, its blanks are made regular.
//!
//! It works on words and not on meaning, so that it formats a policy of a newer server too.

#[cfg(test)]
mod tests;

mod words;

use words::{Word, split};

/// How deep blocks and lists may be nested.
const DEPTH_MAX: usize = 64;

/// The formatted text, or where it breaks off. A policy in JSON stays as it is.
pub(crate) fn format(text: &str) -> Result<String, String> {
    if text.trim_start().starts_with('{') {
        return Ok(text.to_owned());
    }
    let words = split(text)?;
    let mut writer = Writer::default();
    for (place, word) in words.iter().enumerate() {
        let long = matches!(word, Word::Open("[")) && has_lines(&words, place);
        writer.word(word, long)?;
    }
    if !writer.open.is_empty() {
        return Err("a bracket is not closed".to_owned());
    }
    writer.end_line();
    Ok(writer.done)
}

/// Whether a list is written over several lines, or holds a comment and therefore must be.
fn has_lines(words: &[Word<'_>], open: usize) -> bool {
    let mut depth = 0_usize;
    for word in words.iter().skip(open) {
        match word {
            Word::Open(_) => depth += 1,
            Word::Close(_) => depth = depth.saturating_sub(1),
            Word::LineEnd | Word::Comment(_) => return true,
            Word::Comma | Word::Equals(_) | Word::Text(_) => {}
        }
        if depth == 0 {
            return false;
        }
    }
    false
}

/// What is written so far, and what is open.
#[derive(Default)]
struct Writer {
    done: String,
    line: String,
    open: Vec<Bracket>,
    /// What comes next begins a line, unless it belongs to this one (a comma, a comment).
    full: bool,
    /// The line was ended already; the line end that follows in the source is not an empty line.
    ended: bool,
    /// An empty line comes before the next line.
    gap: bool,
}

/// An open bracket: a block, or a list over several lines or within one.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Bracket {
    Block,
    LongList,
    ShortList,
}

impl Writer {
    fn word(&mut self, word: &Word<'_>, long: bool) -> Result<(), String> {
        let ended = std::mem::take(&mut self.ended);
        match word {
            Word::LineEnd if ended => {}
            Word::LineEnd if self.line.is_empty() => self.gap = true,
            Word::LineEnd => self.end_line(),
            Word::Open(sign) => return self.open(sign, long),
            Word::Close(sign) => return self.close(sign),
            Word::Comma => {
                self.line.push(',');
                self.full = self.open.last() != Some(&Bracket::ShortList);
            }
            Word::Equals(sign) => {
                self.line.push_str(if *sign == ":" { ":" } else { " =" });
            }
            Word::Text(text) => self.text(text),
            Word::Comment(text) => {
                self.full = false;
                self.text(text);
                self.end_line();
                self.ended = true;
            }
        }
        Ok(())
    }

    fn open(&mut self, sign: &str, long: bool) -> Result<(), String> {
        if self.open.len() == DEPTH_MAX {
            return Err(format!("brackets are nested deeper than {DEPTH_MAX}"));
        }
        self.text(sign);
        let bracket = match (sign, long) {
            ("{", _) => Bracket::Block,
            (_, true) => Bracket::LongList,
            (_, false) => Bracket::ShortList,
        };
        if bracket != Bracket::ShortList {
            self.end_line();
            self.ended = true;
        }
        self.open.push(bracket);
        Ok(())
    }

    fn close(&mut self, sign: &str) -> Result<(), String> {
        let bracket = self.open.last().copied();
        let fits = match bracket {
            Some(Bracket::Block) => sign == "}",
            Some(Bracket::LongList | Bracket::ShortList) => sign == "]",
            None => false,
        };
        if !fits {
            return Err(format!("\"{sign}\" closes nothing"));
        }
        if bracket == Some(Bracket::ShortList) {
            self.line.truncate(self.line.trim_end_matches(',').len());
        } else {
            self.end_line();
            self.gap = false;
        }
        self.open.pop();
        self.line.push_str(sign);
        self.full = bracket == Some(Bracket::Block);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if std::mem::take(&mut self.full) {
            self.end_line();
        }
        if !self.line.is_empty() && !self.line.ends_with('[') {
            self.line.push(' ');
        }
        self.line.push_str(text);
    }

    /// Several empty lines become one; none stays at the beginning of a block or of the file.
    fn end_line(&mut self) {
        self.full = false;
        if self.line.is_empty() {
            return;
        }
        let opened = self.done.ends_with("{\n") || self.done.ends_with("[\n");
        if std::mem::take(&mut self.gap) && !self.done.is_empty() && !opened {
            self.done.push('\n');
        }
        // Only its first line is indented: the further lines of a here-document are its value.
        self.done.push_str(&"  ".repeat(self.open.len()));
        self.done.push_str(&std::mem::take(&mut self.line));
        self.done.push('\n');
    }
}
