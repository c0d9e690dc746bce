//! The data of a write as it is given on the command line: `key=value`, `key=@file`, `key=-`,
//! `@file.json` and `-`.

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{Read, stdin},
};

use serde_json::{Map, Value};

use crate::failure::{Failure, Outcome};

/// The most bytes that are read from a file or from standard input.
pub(crate) const INPUT_BYTES_MAX: u64 = 32 << 20;

/// The data in these words. A key that is given twice becomes a list.
pub(crate) fn parse(words: &[String]) -> Outcome<Map<String, Value>> {
    let mut data = Map::new();
    for word in words {
        let bad = |why: String| {
            Failure::local(format!(
                "Failed to parse K=V data: invalid key/value pair {word:?}: {why}"
            ))
        };
        if let Some(source) = whole(word) {
            let text = source.read().map_err(bad)?;
            let object: Map<String, Value> = serde_json::from_str(&text)
                .map_err(|error| bad(format!("not a JSON object: {error}")))?;
            data.extend(object);
            continue;
        }
        let Some((key, value)) = word.split_once('=') else {
            return Err(bad("format must be key=value".to_owned()));
        };
        let value = read_value(value).map_err(bad)?;
        add(&mut data, key, Value::String(value));
    }
    Ok(data)
}

/// The text that a value stands for: itself, a file (`@file`) or standard input (`-`). `\@` and
/// `\-` are a plain `@` and `-`.
pub(crate) fn read_value(value: &str) -> Result<String, String> {
    match value.strip_prefix('\\') {
        Some(rest) if rest.starts_with('@') || rest == "-" => return Ok(rest.to_owned()),
        _ => {}
    }
    match whole(value) {
        Some(source) => source.read(),
        None => Ok(value.to_owned()),
    }
}

/// Where a text is read from.
enum Source<'a> {
    File(&'a str),
    Stdin,
}

fn whole(word: &str) -> Option<Source<'_>> {
    match word.strip_prefix('@') {
        Some(path) => Some(Source::File(path)),
        None if word == "-" => Some(Source::Stdin),
        None => None,
    }
}

impl Source<'_> {
    fn read(&self) -> Result<String, String> {
        match self {
            Self::Stdin => read_stdin(),
            Self::File(path) => read_file(path).map_err(|why| format!("error reading file: {why}")),
        }
    }
}

/// All of standard input.
pub(crate) fn read_stdin() -> Result<String, String> {
    bounded(stdin().lock()).map_err(|why| format!("error reading standard input: {why}"))
}

/// All of a file. The fault reads `open /path: no such file or directory`.
pub(crate) fn read_file(path: &str) -> Result<String, String> {
    let file = File::open(path).map_err(|error| format!("open {path}: {}", cause(&error)))?;
    bounded(file).map_err(|why| format!("read {path}: {why}"))
}

/// What the system says, without its number and in lower case.
pub(crate) fn cause(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

fn bounded(input: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    input.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| cause(&error))?;
    if bytes.len() as u64 > INPUT_BYTES_MAX {
        return Err(format!("longer than {INPUT_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}

fn add(data: &mut Map<String, Value>, key: &str, value: Value) {
    match data.get_mut(key) {
        None => {
            data.insert(key.to_owned(), value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(single) => *single = Value::Array(vec![single.take(), value]),
    }
}
