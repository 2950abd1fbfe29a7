//! The forms of a successful answer.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, NoContent, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::describe::{Output, Reply, Schemas};
use crate::error::Failure;

impl<T: JsonSchema> Output for Json<T> {
    fn replies(schemas: &mut Schemas) -> Vec<Reply> {
        vec![Reply::json::<T>(200, schemas)]
    }
}

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

impl<T: JsonSchema> Output for Created<T> {
    fn replies(schemas: &mut Schemas) -> Vec<Reply> {
        vec![Reply::json::<T>(201, schemas).with_location()]
    }
}

impl Output for NoContent {
    fn replies(_: &mut Schemas) -> Vec<Reply> {
        vec![Reply::empty(204)]
    }
}

/// 204, or an error.
pub(crate) type Done = Result<NoContent, Failure>;

/// 204: it is done, and there is nothing to show.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it, and they may fail")]
pub(crate) fn done() -> Done {
    Ok(NoContent)
}

/// 200 with a JSON body, or with none when there is nothing to say.
pub(crate) struct Perhaps<T>(pub(crate) Option<T>);

impl<T: Serialize> IntoResponse for Perhaps<T> {
    fn into_response(self) -> Response {
        self.0.map_or_else(|| ().into_response(), |shape| Json(shape).into_response())
    }
}

impl<T: JsonSchema> Output for Perhaps<T> {
    fn replies(schemas: &mut Schemas) -> Vec<Reply> {
        vec![Reply::json::<T>(200, schemas).or_empty()]
    }
}

/// 200 with text.
pub(crate) struct PlainText(pub(crate) &'static str);

impl IntoResponse for PlainText {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], self.0).into_response()
    }
}

impl Output for PlainText {
    fn replies(_: &mut Schemas) -> Vec<Reply> {
        vec![Reply::text(200)]
    }
}

/// 202: it will be done, and there is nothing to show.
pub(crate) struct Queued;

impl IntoResponse for Queued {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

impl Output for Queued {
    fn replies(_: &mut Schemas) -> Vec<Reply> {
        vec![Reply::empty(202)]
    }
}
