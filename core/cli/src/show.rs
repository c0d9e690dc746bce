//! What a command prints: a secret, a listing or a document, as table, JSON or YAML.

pub(crate) mod document;
pub(crate) mod secret;
pub(crate) mod table;
pub(crate) mod text;
mod yaml;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub(crate) use crate::show::{document::Document, secret::Secret};
use crate::{
    call::Call,
    failure::{Failure, Outcome},
    out,
};

/// In which form to print.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// Columns, for people.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// The server's answer, byte for byte.
    Raw,
}

impl Format {
    /// The form of this name.
    pub(crate) fn parse(name: &str) -> Outcome<Self> {
        match name.to_ascii_lowercase().as_str() {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "yaml" | "yml" => Ok(Self::Yaml),
            "raw" => Ok(Self::Raw),
            "pretty" => {
                let text = "Could not parse output: cannot use the pretty formatter for this type";
                Err(Failure::local(text))
            }
            _ => Err(Failure::Local(format!("Invalid output format: {name}"))),
        }
    }

    /// The form that the environment asks for.
    pub(crate) fn from_environment() -> Outcome<Self> {
        match client::settings::variable("FORMAT") {
            Some(name) if !name.is_empty() => Self::parse(&name),
            _ => Ok(Self::Table),
        }
    }
}

/// Prints a document as JSON or YAML. A table is the caller's.
pub(crate) fn document(format: Format, document: &Document) {
    match format {
        Format::Yaml => out::line(yaml::write(&document.value()).trim_end()),
        Format::Table | Format::Json | Format::Raw => out::line(&document.json()),
    }
}

/// Prints an answer: a field of it, a table of it, or all of it.
pub(crate) fn secret(call: &Call, secret: &Secret) -> Outcome {
    if let Some(field) = call.field() {
        let Some(value) = secret.field(field) else { return Err(no_field(field)) };
        return field_value(call, &value);
    }
    match call.format {
        Format::Table => {
            let rows = secret.rows();
            if !rows.is_empty() {
                out::line(&table::pairs(&rows));
            }
            warnings(secret);
        }
        Format::Raw => out::line(secret.raw().trim_end()),
        Format::Json | Format::Yaml => document(call.format, &secret.document()),
    }
    Ok(())
}

/// Prints one field of an object.
pub(crate) fn field(call: &Call, object: &Value, field: &str) -> Outcome {
    match object.get(field) {
        Some(value) => field_value(call, value),
        None => Err(no_field(field)),
    }
}

fn field_value(call: &Call, value: &Value) -> Outcome {
    match call.format {
        Format::Table | Format::Raw => out::value(&text::of(value)),
        Format::Json | Format::Yaml => document(call.format, &Document::Leaf(value.clone())),
    }
    Ok(())
}

fn no_field(field: &str) -> Failure {
    Failure::Local(format!("Field {field:?} not present in secret"))
}

/// Prints the names of a listing, or its rows if it has details and they are asked for.
pub(crate) fn listing(call: &Call, path: &str, found: Option<&Secret>) -> Outcome {
    let keys = found.and_then(|secret| secret.data().get("keys")).and_then(Value::as_array);
    let (Some(secret), Some(keys)) = (found, keys) else {
        return match call.format {
            Format::Table | Format::Raw => {
                Err(Failure::Remote(format!("No value found at {path}")))
            }
            Format::Json | Format::Yaml => {
                document(call.format, &Document::Leaf(Value::Object(Map::new())));
                Err(Failure::Said(2))
            }
        };
    };
    match (call.format, call.detailed()) {
        (Format::Table | Format::Raw, detailed) => {
            let details = secret.data().get("key_info").filter(|_| detailed);
            out::line(&key_table(keys, details));
            warnings(secret);
        }
        (form, true) => document(form, &Document::Leaf(secret.data().clone())),
        (form, false) => document(form, &Document::Leaf(Value::Array(keys.clone()))),
    }
    Ok(())
}

fn key_table(keys: &[Value], details: Option<&Value>) -> String {
    let of = |key: &Value| details.and_then(|all| all.get(key.as_str().unwrap_or_default()));
    let mut columns: Vec<&String> =
        keys.iter().filter_map(of).filter_map(Value::as_object).flat_map(Map::keys).collect();
    columns.sort();
    columns.dedup();
    let mut header = vec!["Keys".to_owned()];
    header.extend(columns.iter().map(|column| (*column).clone()));
    let rows = keys.iter().map(|key| {
        let cell = |column: &&String| of(key).and_then(|info| info.get(column.as_str()));
        let mut row = vec![text::of(key)];
        row.extend(columns.iter().map(|c| cell(c).map(text::of).unwrap_or_default()));
        row
    });
    table::with_header(header, rows.collect())
}

/// Prints what the server remarked.
pub(crate) fn warnings(secret: &Secret) {
    let warnings = secret.warnings();
    if warnings.is_empty() {
        return;
    }
    out::warning("WARNING! The server returned the following warnings:\n");
    for warning in warnings {
        out::warning(&format!("  * {warning}\n"));
    }
}
