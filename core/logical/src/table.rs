//! The endpoints of a backend, in order; the first whose pattern fits answers.

use crate::{Call, Data, Error, Fields, Operation, Path, PathAuth, Response, Result, field::Field};

/// All paths of a backend.
pub struct Table<B> {
    paths: Vec<Path<B>>,
}

impl<B> Table<B> {
    /// A table of these paths.
    pub fn new(paths: Vec<Path<B>>) -> Self {
        Self { paths }
    }

    /// The paths, in order.
    pub fn paths(&self) -> &[Path<B>] {
        &self.paths
    }

    /// What a request to `path` must bring; a path that nobody answers asks for a token.
    pub fn auth(&self, path: &str) -> PathAuth {
        self.find(path).map_or(PathAuth::Token, |found| found.auth)
    }

    /// Whether what a write aims at exists, where the path can tell.
    pub async fn exists(&self, backend: &B, call: Call<'_>) -> Result<Option<bool>> {
        let Some((path, captures)) = self.resolve(call.path) else { return Ok(None) };
        let Some(exists) = path.exists else { return Ok(None) };
        let (fields, _) = Fields::convert(path.fields, &call.request.data, captures)?;
        exists(backend, call, fields).await.map(Some)
    }

    /// Answers a request.
    pub async fn handle(&self, backend: &B, call: Call<'_>) -> Result<Response> {
        let (path, captures) = self.resolve(call.path).ok_or_else(Error::unsupported_path)?;
        let handler = path.handler(call.operation).ok_or_else(Error::unsupported_operation)?;
        let given = &call.request.data;
        let (fields, mut unknown) = Fields::convert(path.fields, given, captures)?;
        if call.operation == Operation::List || call.operation == Operation::Scan {
            // The words that made a GET a listing are no parameters of the path.
            unknown.retain(|name| !is_list_word(name, given));
        }
        let response = handler(backend, call, fields).await?;
        Ok(if path.free_form { response } else { warn(response, unknown) })
    }

    fn find(&self, path: &str) -> Option<&Path<B>> {
        self.paths.iter().find(|candidate| candidate.pattern.matches(path, |_, _| ()))
    }

    fn resolve(&self, path: &str) -> Option<(&Path<B>, Data)> {
        self.paths.iter().find_map(|p| p.pattern.captures(path).map(|captures| (p, captures)))
    }
}

/// The parameter `list` or `scan` of a listing made by GET.
fn is_list_word(name: &str, given: &Data) -> bool {
    matches!(name, "list" | "scan") && given.get(name).is_some_and(|value| value.is_string())
}

/// An answer with a body says which parameters had no effect; one without has no place for it.
fn warn(response: Response, unknown: Vec<String>) -> Response {
    if unknown.is_empty() || response.is_empty() || response.raw.is_some() {
        return response;
    }
    let names = unknown.join(" ");
    response.with_warning(format!("Endpoint ignored these unrecognized parameters: [{names}]"))
}

/// A field of a path by name, for documentation.
pub fn field<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    fields.iter().find(|field| field.name == name)
}
