//! An answer before it is sent: status, body, and the few headers that are its own.

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use http_body_util::Full;
use logical::{Code, Error};

use crate::{
    encode,
    headers::Standing,
    status::{passes_by_itself, status},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// What is about to be sent.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The connection cannot be used again: the request was not read to its end.
    pub(crate) close: bool,
    /// Without the standing headers: the request was refused before it was one of this API.
    pub(crate) bare: bool,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: Some(JSON),
            body: body.into(),
            headers: Vec::new(),
            close: false,
            bare: false,
        }
    }

    /// An error without a word: `{"errors":[]}`.
    pub(crate) fn wordless(status: StatusCode) -> Self {
        Self::json(status, encode::errors(""))
    }

    /// Done, nothing to say.
    pub(crate) fn no_content() -> Self {
        Self::json(StatusCode::NO_CONTENT, Bytes::new())
    }

    pub(crate) fn text(status: StatusCode, text: &'static str) -> Self {
        Self { content_type: Some(TEXT), ..Self::json(status, Bytes::from_static(text.as_bytes())) }
    }

    /// Another place of this server; with a page for those who look at it.
    pub(crate) fn moved(location: &str, with_page: bool) -> Self {
        let page = format!("<a href=\"{location}\">Temporary Redirect</a>.\n\n");
        let mut answer = Self::json(
            StatusCode::TEMPORARY_REDIRECT,
            if with_page { page } else { String::new() },
        );
        answer.content_type = with_page.then_some(HTML);
        if let Ok(location) = HeaderValue::from_str(location) {
            answer.headers.push((LOCATION, location));
        }
        answer
    }

    /// A request that is not even one of this API.
    pub(crate) fn unread(status: StatusCode, text: &'static str) -> Self {
        let content_type = (!text.is_empty()).then_some(TEXT);
        Self { content_type, bare: true, ..Self::text(status, text) }
    }

    /// Ends the connection after this answer.
    #[must_use]
    pub(crate) fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    pub(crate) fn into_response(mut self, version: Version, standing: &Standing) -> Wire {
        let mut response = Response::new(Full::new(std::mem::take(&mut self.body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(8);
        if !self.bare {
            standing.apply(self.status, headers);
        }
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, content_type);
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        // HTTP/2 has no such header, and needs none: a stream is no connection.
        if self.close && version <= Version::HTTP_11 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        let mut answer = Self::json(status(error.code), encode::errors(&error.public));
        if passes_by_itself(error.code) {
            answer.headers.push((RETRY_AFTER, HeaderValue::from_static("1")));
        }
        answer.close = error.code == Code::TooLarge;
        answer
    }
}

/// An answer as the HTTP library takes it.
pub(crate) type Wire = Response<Full<Bytes>>;
