//! The parameters of a path: their types, and the weak conversion that clients rely on.
//!
//! Numbers are taken for strings, digits for numbers, `"a,b"` for a list, one value for a list of
//! it. What cannot be converted is a mistake of the client that names the field.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::{Data, Error, Result, duration};

/// A parameter that a path knows.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it means.
    pub description: &'static str,
}

impl Field {
    /// A parameter.
    pub const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, kind, description }
    }
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
    /// A length of time: whole seconds, or text such as `1h30m`. Kept as seconds.
    Duration,
    /// Texts: a list, or one text with commas.
    List,
    /// Whole numbers: a list, or one text with commas.
    IntList,
    /// An object.
    Map,
    /// An object of texts, or a list of `key=value`.
    Pairs,
    /// Any value, as it is.
    Any,
}

/// The converted parameters of a call, captures of the path among them.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    values: Data,
}

impl Fields {
    /// Converts the parameters that `fields` knows; names the others in `unknown`.
    pub fn convert(fields: &[Field], given: &Data, captures: Data) -> Result<(Self, Vec<String>)> {
        let mut values = Data::new();
        let mut unknown = Vec::new();
        for (name, value) in given {
            match fields.iter().find(|field| field.name == name) {
                Some(_) if value.is_null() => {}
                Some(field) => {
                    let value = field.kind.convert(value).map_err(|why| {
                        Error::invalid(format!(
                            "Field validation failed: error converting input for field \
                             \"{name}\": {why}"
                        ))
                    })?;
                    values.insert(name.clone(), value);
                }
                None if captures.contains_key(name) => {}
                None => unknown.push(name.clone()),
            }
        }
        values.extend(captures);
        Ok((Self { values }, unknown))
    }

    /// Whether the parameter was given.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The converted value, if given.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The text of a parameter; empty if not given.
    pub fn str(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text of a parameter that must be there and not be empty.
    pub fn required(&self, name: &str) -> Result<&str> {
        match self.str(name) {
            "" => Err(Error::invalid(format!("missing {name}"))),
            text => Ok(text),
        }
    }

    /// The whole number of a parameter, if given.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.values.get(name).and_then(Value::as_i64)
    }

    /// The truth of a parameter, if given.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.values.get(name).and_then(Value::as_bool)
    }

    /// The seconds of a parameter, if given; they may be negative.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        self.int(name)
    }

    /// The length of time of a parameter, if given; a negative one is zero.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        Some(Duration::from_secs(u64::try_from(self.seconds(name)?).unwrap_or(0)))
    }

    /// The texts of a list parameter, if given.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let items = self.values.get(name)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The whole numbers of a list parameter, if given.
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        Some(self.values.get(name)?.as_array()?.iter().filter_map(Value::as_i64).collect())
    }

    /// The members of an object parameter, if given.
    pub fn map(&self, name: &str) -> Option<&Data> {
        self.values.get(name)?.as_object()
    }

    /// The pairs of an object parameter, if given.
    pub fn pairs(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(self.map(name)?.iter().map(|(key, value)| (key.clone(), text(value))).collect())
    }
}

impl Kind {
    /// Converts a value, or says why it cannot be done.
    pub fn convert(self, value: &Value) -> Result<Value, String> {
        match self {
            Self::String => text(value).map(Value::from),
            Self::Int => int(value).map(Value::from),
            Self::Float => float(value),
            Self::Bool => bool(value).map(Value::from),
            Self::Duration => seconds(value).map(Value::from),
            Self::List => list(value).map(Value::from),
            Self::IntList => match value {
                Value::Array(items) => each(items, int),
                other => each(&list(other)?, |text| digits(text)),
            }
            .map(Value::from),
            Self::Map => match value {
                Value::Object(_) => Ok(value.clone()),
                other => Err(unconvertible("map[string]interface {}", other)),
            },
            Self::Pairs => pairs(value),
            Self::Any => Ok(value.clone()),
        }
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("1".to_owned()),
        Value::Bool(false) => Ok("0".to_owned()),
        other => Err(unconvertible("string", other)),
    }
}

fn int(value: &Value) -> Result<i64, String> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| whole(number.as_f64()?))
            .ok_or_else(|| format!("'' cannot parse value as 'int': {number} is out of range")),
        Value::String(text) => digits(text),
        Value::Bool(flag) => Ok(i64::from(*flag)),
        other => Err(unconvertible("int", other)),
    }
}

fn whole(number: f64) -> Option<i64> {
    // Within 2^53 a float holds a whole number exactly; beyond it the client must send digits.
    #[expect(clippy::cast_possible_truncation, reason = "checked: whole and below 2^53")]
    (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
}

fn digits(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    text.trim()
        .parse()
        .map_err(|_| "'' cannot parse value as 'int': strconv.ParseInt: invalid syntax".to_owned())
}

fn float(value: &Value) -> Result<Value, String> {
    match value {
        Value::Number(_) => Ok(value.clone()),
        Value::String(text) => text
            .trim()
            .parse::<f64>()
            .map(Value::from)
            .map_err(|_| "'' cannot parse value as 'float': invalid syntax".to_owned()),
        other => Err(unconvertible("float64", other)),
    }
}

fn bool(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) => Ok(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.as_str() {
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            _ => Err("'' cannot parse value as 'bool': strconv.ParseBool: invalid syntax".into()),
        },
        other => Err(unconvertible("bool", other)),
    }
}

fn seconds(value: &Value) -> Result<i64, String> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| whole(number.as_f64()?.trunc()))
            .ok_or_else(|| format!("could not parse duration from {number}")),
        Value::String(text) => duration::seconds(text),
        other => Err(format!("could not parse duration from {}", type_name(other))),
    }
}

fn list(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(items) => each(items, text),
        Value::String(text) if text.trim().is_empty() => Ok(Vec::new()),
        Value::String(text) => Ok(text.split(',').map(|item| item.trim().to_owned()).collect()),
        other => each(std::slice::from_ref(other), text),
    }
}

/// Converts all items, or says of each that cannot be which one it is: what is wrong with a value by
/// itself begins with its empty name, `''`, and in a list its place is its name.
fn each<T, U>(items: &[T], convert: impl Fn(&T) -> Result<U, String>) -> Result<Vec<U>, String> {
    let mut converted = Vec::with_capacity(items.len());
    let mut wrong = Vec::new();
    for (place, item) in items.iter().enumerate() {
        match convert(item) {
            Ok(item) => converted.push(item),
            Err(why) => wrong.push(why.replacen("''", &format!("'[{place}]'"), 1)),
        }
    }
    if wrong.is_empty() {
        return Ok(converted);
    }
    Err(format!("decoding failed due to the following error(s):\n\n{}", wrong.join("\n")))
}

fn pairs(value: &Value) -> Result<Value, String> {
    let mut out = Data::new();
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let member = if member.is_null() { String::new() } else { text(member)? };
                out.insert(key.clone(), member.into());
            }
        }
        Value::String(all) if all.is_empty() => {}
        other => {
            for pair in list(other)? {
                let (key, member) =
                    pair.split_once('=').ok_or_else(|| format!("invalid key pair \"{pair}\""))?;
                out.insert(key.to_owned(), member.into());
            }
        }
    }
    Ok(Value::Object(out))
}

fn unconvertible(want: &str, value: &Value) -> String {
    format!("'' expected type '{want}', got unconvertible type '{}'", type_name(value))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(_) => "json.Number",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests;
