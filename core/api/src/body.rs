//! The body of a request: read to its end, within the limits of the listener.

use std::error::Error as StdError;

use bytes::{Bytes, BytesMut};
use config::{HttpTimeouts, RequestLimits};
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::Body;
use logical::{Code, Error};

use crate::answer::Answer;

/// Reads a body. A client that is too slow, or gone, gets an answer that ends the connection.
pub(crate) async fn read<B>(
    body: B,
    limits: &RequestLimits,
    timeouts: &HttpTimeouts,
) -> Result<Bytes, Answer>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: StdError,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let reading = collect(body, limits.max_request_size);
    let Some(wait) = timeouts.read else {
        return reading.await;
    };
    match tokio::time::timeout(wait, reading).await {
        Ok(read) => read,
        Err(_) => Err(Answer::wordless(StatusCode::REQUEST_TIMEOUT).closing()),
    }
}

async fn collect<B>(mut body: B, bytes_max: u64) -> Result<Bytes, Answer>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: StdError,
{
    if body.size_hint().lower() > bytes_max {
        return Err(too_large());
    }
    // Most bodies come in one piece, which is then not copied.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Answer::wordless(StatusCode::BAD_REQUEST).closing());
        };
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        if (first.len() + all.len() + piece.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        if first.is_empty() && all.is_empty() {
            first = piece;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&piece);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn too_large() -> Answer {
    Error::new(Code::TooLarge, "http: request body too large").into()
}
