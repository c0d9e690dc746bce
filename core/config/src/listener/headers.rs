//! Headers that an operator adds to answers, by status.

use hcl::{Body, Value};

use crate::{
    error::Result,
    section::{Entry, Section, texts},
};

/// The headers for some statuses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseHeaders {
    /// Which answers get them.
    pub status: StatusPattern,
    /// Names and values; several values of one name are joined by `; `.
    pub headers: Vec<(String, String)>,
}

/// The answers that are meant. Closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusPattern {
    /// All.
    Default,
    /// `4xx`.
    Class(u16),
    /// `404`.
    Exact(u16),
}

impl StatusPattern {
    /// Whether an answer with this status is meant.
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Default => true,
            Self::Class(class) => status / 100 == class,
            Self::Exact(exact) => status == exact,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "default" => Some(Self::Default),
            _ => match text.strip_suffix("xx") {
                Some(class) => {
                    class.parse().ok().filter(|class| (1..=5).contains(class)).map(Self::Class)
                }
                None => {
                    text.parse().ok().filter(|code| (100..=599).contains(code)).map(Self::Exact)
                }
            },
        }
    }
}

/// Reads `custom_response_headers`, in the order in which it is written.
pub(super) fn read(section: &mut Section<'_>) -> Result<Vec<ResponseHeaders>> {
    let Some(inner) = section.section("custom_response_headers", 0)? else {
        return Ok(Vec::new());
    };
    inner.rest().map(by_status).collect()
}

fn by_status(entry: Entry<'_>) -> Result<ResponseHeaders> {
    let status = StatusPattern::parse(&entry.item.key).ok_or_else(|| {
        entry.fault("must be \"default\", a class like \"4xx\" or a status like \"404\"")
    })?;
    let headers = match &entry.item.value {
        Value::Object(body) => headers(entry, body)?,
        // JSON may say it as a list of objects.
        Value::List(values) => {
            let mut all = Vec::new();
            for value in values {
                let Value::Object(body) = value else {
                    return Err(entry.fault("must be an object of headers"));
                };
                all.extend(headers(entry, body)?);
            }
            all
        }
        other => {
            return Err(entry.fault(format!("must be an object of headers, not {}", other.kind())));
        }
    };
    Ok(ResponseHeaders { status, headers })
}

fn headers(entry: Entry<'_>, body: &Body) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    for item in &body.items {
        let entry = Entry { file: entry.file, item };
        if item.key.to_ascii_lowercase().starts_with("x-vault-") {
            return Err(entry.fault("headers that begin with X-Vault- are the server's own"));
        }
        if item.key.is_empty() || !item.key.bytes().all(is_token) {
            return Err(entry.fault("is no name of a header"));
        }
        // Only a list is several values: a comma may be part of one.
        let values = match &item.value {
            Value::List(_) => texts(&item.value),
            single => single.scalar().map(|text| vec![text.to_owned()]),
        };
        let values = values.ok_or_else(|| entry.fault("must be a list of texts"))?;
        if values.iter().any(|value| value.contains(|c: char| c.is_control())) {
            return Err(entry.fault("must not hold line breaks or other control characters"));
        }
        headers.push((item.key.clone(), values.join("; ")));
    }
    Ok(headers)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
