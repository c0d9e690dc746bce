//! A JSON body as request data, after a look at how much of everything it holds.
//!
//! The look is one pass over the bytes that builds nothing, so that a small body cannot make a
//! large structure. It also words mistakes the way clients know them.

use config::RequestLimits;
use logical::{Data, Error};
use serde_json::Value;

mod scan;

/// How deep arrays and objects may nest. What is stored is read back by a parser that stops at
/// 128, with the layers of the store around it.
pub(crate) const JSON_DEPTH_MAX: usize = 100;

/// The members of the object that a body holds; none for an empty body or `null`.
///
/// `target` is what a client reads where the body is no object.
pub(crate) fn object(body: &[u8], limits: &RequestLimits, target: &str) -> Result<Data, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Data::new());
    }
    scan::check(body, limits)?;
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() {
            return undecodable("unexpected EOF");
        }
        undecodable(format_args!(
            "invalid value at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;
    match value {
        Value::Object(data) => Ok(data),
        Value::Null => Ok(Data::new()),
        other => Err(undecodable(format_args!(
            "json: cannot unmarshal {} into Go value of type {target}",
            type_name(&other)
        ))),
    }
}

/// The type of a value, as clients read it in errors.
pub(crate) const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A body that is not what it should be.
pub(crate) fn undecodable(why: impl std::fmt::Display) -> Error {
    Error::invalid(format!("failed to decode JSON input: {why}"))
}

#[cfg(test)]
mod tests;
