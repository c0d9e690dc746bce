//! THE table from the code of an error to the status of an answer.

use http::StatusCode;
use logical::Code;

/// The status for a code. There is no other place where this is decided.
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::InvalidRequest => StatusCode::BAD_REQUEST,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound | Code::UnsupportedPath => StatusCode::NOT_FOUND,
        Code::UnsupportedOperation => StatusCode::METHOD_NOT_ALLOWED,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Sealed | Code::Standby | Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Upstream => StatusCode::BAD_GATEWAY,
    }
}

/// Whether the same request may succeed a moment later without anybody's help.
pub(crate) const fn passes_by_itself(code: Code) -> bool {
    matches!(code, Code::Standby | Code::Unavailable)
}
