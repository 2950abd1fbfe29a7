//! The forms of a successful answer.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Failure;

/// 200 with a JSON body, or an error.
pub(crate) type Answer<T> = Result<Json<T>, Failure>;

/// 200 with this body.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it, and they may fail")]
pub(crate) fn ok<T>(shape: T) -> Answer<T> {
    Ok(Json(shape))
}

/// 201 with the absolute address of what was made, and its shape.
pub(crate) struct Created<T> {
    /// Where it can be read.
    pub(crate) location: String,
    /// What it is.
    pub(crate) shape: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(header::LOCATION, self.location)], Json(self.shape)).into_response()
    }
}

/// 204, or an error.
pub(crate) type Done = Result<StatusCode, Failure>;

/// 204: it is done, and there is nothing to show.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it, and they may fail")]
pub(crate) fn done() -> Done {
    Ok(StatusCode::NO_CONTENT)
}
