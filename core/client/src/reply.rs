//! One answer of the HTTP API, whatever its status.

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::{ApiError, Error, Result};

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The method that was asked.
    pub method: Method,
    /// The address that answered, after redirects.
    pub url: String,
    /// The namespace that was asked for; empty for the root one.
    pub namespace: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON, if it is that.
    pub json: Option<Value>,
}

impl Reply {
    /// This answer, if its status is one of success; the server's errors otherwise.
    pub fn check(self) -> Result<Self> {
        if self.status.is_success() { Ok(self) } else { Err(self.into_error()) }
    }

    /// The answer of a read or listing: `None` if there is nothing there.
    ///
    /// A 404 that carries data or warnings (a deleted version, a wrong path) is an answer all the
    /// same.
    pub fn found(self) -> Result<Option<Self>> {
        if self.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        if self.status != StatusCode::NOT_FOUND {
            return self.check().map(Some);
        }
        let filled = |name: &str| match self.member(name) {
            Some(Value::Object(members)) => !members.is_empty(),
            Some(Value::Array(members)) => !members.is_empty(),
            _ => false,
        };
        let has_content = filled("data") || filled("warnings");
        Ok(has_content.then_some(self))
    }

    /// A member of the JSON object at the top.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.json.as_ref()?.get(name)
    }

    /// The member `data`, or the whole object where the server does not wrap it.
    pub fn data(&self) -> Option<&Value> {
        match self.member("data") {
            Some(data) if !data.is_null() => Some(data),
            Some(_) => None,
            None => self.json.as_ref(),
        }
    }

    fn into_error(self) -> Error {
        let listed = self.member("errors").and_then(Value::as_array).map(|errors| {
            errors.iter().map(|error| error.as_str().unwrap_or_default().to_owned()).collect()
        });
        Error::Api(Box::new(ApiError {
            method: self.method,
            url: self.url,
            namespace: self.namespace,
            status: self.status,
            errors: listed,
            raw: self.text,
        }))
    }
}
