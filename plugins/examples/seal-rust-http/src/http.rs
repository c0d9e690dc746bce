//! One HTTP request through `wasi:http`: the host makes the connection, and TLS, if it is granted.

use plugin_api::{Error, ErrorKind, Op, Result};
use wasip2::{
    http::{
        outgoing_handler::{RequestOptions, handle},
        types::{
            ErrorCode, Fields, IncomingBody, IncomingResponse, Method as WasiMethod, OutgoingBody,
            OutgoingRequest, Scheme,
        },
    },
    io::streams::StreamError,
};

/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// What a stream takes at once.
const CHUNK_BYTES: usize = 4096;

/// The methods that are used here.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    Get,
    Post,
}

/// Makes a request, and gives the status and the body of the answer.
pub(crate) fn request(
    op: Op,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, Vec<u8>)> {
    let request = OutgoingRequest::new(fields(headers)?);
    let (scheme, rest) = match url.strip_prefix("http://") {
        Some(rest) => (Scheme::Http, rest),
        None => (Scheme::Https, url.trim_start_matches("https://")),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let method = match method {
        Method::Get => WasiMethod::Get,
        Method::Post => WasiMethod::Post,
    };
    let set = request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(&format!("/{path}"))));
    set.map_err(|()| Error::new(ErrorKind::ConfigInvalid, "the address cannot be used"))?;
    let outgoing = request.body().map_err(|()| internal("the request has no body"))?;
    let options = RequestOptions::new();
    // What cannot be set is the host's to limit.
    options.set_first_byte_timeout(u64::try_from(op.remaining().as_nanos()).ok()).ok();
    let answer = handle(request, Some(options)).map_err(|why| failed(&why))?;
    match send(&outgoing, body) {
        Ok(()) => OutgoingBody::finish(outgoing, None).map_err(|why| failed(&why))?,
        // Nobody takes it: the answer says why, and may even be one.
        Err(_closed) => drop(outgoing),
    }
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Ok(response))) => receive(response),
        Some(Ok(Err(why))) => Err(failed(&why)),
        Some(Err(())) | None => Err(internal("the answer is not there")),
    }
}

fn fields(headers: &[(&str, &str)]) -> Result<Fields> {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    Fields::from_list(&headers).map_err(|_bad| {
        Error::new(ErrorKind::ConfigInvalid, "the token cannot be the value of a header")
    })
}

fn send(outgoing: &OutgoingBody, body: &[u8]) -> Result<()> {
    let stream = outgoing.write().map_err(|()| internal("the request cannot be written"))?;
    for chunk in body.chunks(CHUNK_BYTES) {
        let written = stream.blocking_write_and_flush(chunk);
        written.map_err(|_closed| unavailable("the KMS closed the connection"))?;
    }
    Ok(())
}

fn receive(response: IncomingResponse) -> Result<(u16, Vec<u8>)> {
    let status = response.status();
    let body: IncomingBody = response.consume().map_err(|()| internal("the answer has no body"))?;
    let stream = body.stream().map_err(|()| internal("the answer cannot be read"))?;
    let mut answer = Vec::new();
    loop {
        match stream.blocking_read(CHUNK_BYTES as u64) {
            Ok(chunk) => answer.extend(chunk),
            Err(StreamError::Closed) => return Ok((status, answer)),
            Err(StreamError::LastOperationFailed(_why)) => {
                return Err(unavailable("the KMS broke off its answer"));
            }
        }
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(internal("the answer of the KMS is too long"));
        }
    }
}

fn failed(why: &ErrorCode) -> Error {
    match why {
        ErrorCode::HttpRequestDenied => {
            let message = "the server does not grant this request; see its grant \"http\"";
            Error::new(ErrorKind::PermissionDenied, message)
        }
        ErrorCode::HttpResponseTimeout | ErrorCode::ConnectionReadTimeout => {
            Error::new(ErrorKind::Timeout, "the KMS did not answer in time")
        }
        other => unavailable(&format!("the KMS cannot be reached: {other:?}")),
    }
}

fn unavailable(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

fn internal(message: &str) -> Error {
    Error::new(ErrorKind::Internal, message)
}
