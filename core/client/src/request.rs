//! One call of the HTTP API, before it is sent.

use http::Method;
use serde_json::Value;

/// One call: what to send, and nothing about how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method on the wire. Listing is `GET` with `list=true`.
    pub method: Method,
    /// The path after `/v1/`, unescaped, without a leading slash.
    pub path: String,
    /// The query, unescaped, in order.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<Value>,
}

impl Request {
    /// A call without query and body.
    pub fn new(method: Method, path: impl AsRef<str>) -> Self {
        let path = path.as_ref().trim_start_matches('/').to_owned();
        Self { method, path, query: Vec::new(), body: None }
    }

    /// A read.
    pub fn get(path: impl AsRef<str>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A write.
    pub fn put(path: impl AsRef<str>, body: Value) -> Self {
        Self::new(Method::PUT, path).body(body)
    }

    /// A write, for the endpoints whose clients have always said `POST`.
    pub fn post(path: impl AsRef<str>, body: Value) -> Self {
        Self::new(Method::POST, path).body(body)
    }

    /// A merge patch.
    pub fn patch(path: impl AsRef<str>, body: Value) -> Self {
        Self::new(Method::PATCH, path).body(body)
    }

    /// A removal.
    pub fn delete(path: impl AsRef<str>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// A listing of the immediate children.
    pub fn list(path: impl AsRef<str>) -> Self {
        Self::get(path).query("list", "true")
    }

    /// A listing of all descendants.
    pub fn scan(path: impl AsRef<str>) -> Self {
        Self::get(path).query("scan", "true")
    }

    /// The same with one more query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The media type of the body.
    pub fn content_type(&self) -> &'static str {
        if self.method == Method::PATCH {
            "application/merge-patch+json"
        } else {
            "application/json"
        }
    }

    /// Whether sending it twice does the same as sending it once.
    pub fn idempotent(&self) -> bool {
        self.method.is_safe()
    }
}
