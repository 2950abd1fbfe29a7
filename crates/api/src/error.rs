//! Every error answer of the REST contract: one body shape, a closed list of families, one mapping from the use cases'
//! errors. Refuses to show internals: an unexpected error carries a correlation id and nothing else.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, FieldError, FieldErrors};
use schemars::JsonSchema;
use serde::Serialize;

use crate::word::Word;

/// The short summaries in `error`, as the contract spells them. Where a status was chosen for its own sake, its reason
/// phrase stands instead.
pub(crate) mod family {
    pub(crate) const ACCESS_ERROR: &str = "access error";
    pub(crate) const ACCESS_DENIED: &str = "access denied";
    pub(crate) const INVALID_PARAMETER: &str = "invalid parameter";
    pub(crate) const VALIDATION: &str = "validation error";
    pub(crate) const ILLEGAL_ARGUMENT: &str = "Illegal argument provided";
    pub(crate) const NOT_FOUND: &str = "entity not found";
    pub(crate) const DEPENDENCY_REQUEST: &str = "Call to dependency request exception";
    pub(crate) const DEPENDENCY_RESPONSE: &str = "Call to dependency response exception";
    pub(crate) const UNEXPECTED: &str = "unexpected error";
}

const UNREACHABLE_FOR_USERS: &str =
    "Another system that we need did not answer. Nothing was changed. Try again in a few minutes.";
const ILLEGAL_FOR_USERS: &str = "The request holds a value that this service does not know.";

/// One field and the rule that it broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FieldError")]
pub(crate) struct WireFieldError {
    field: String,
    error: Word<ErrorCode>,
}

/// The body of every error answer. Unlike ordinary payloads it leaves out what there is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorResponse {
    status: u16,
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    user_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<WireFieldError>")]
    validation_errors: Option<Vec<WireFieldError>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    access_errors: Option<Vec<String>>,
}

/// An answer that is not a success; boxed, since it travels in every `Result`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(Box<ErrorResponse>);

/// Marks an answer as unexpected, so that the outermost layer puts the correlation id into its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unexpected;

impl Failure {
    fn new(status: StatusCode, error: &'static str, message: Option<String>) -> Self {
        Self(Box::new(ErrorResponse {
            status: status.as_u16(),
            error,
            message,
            user_message: None,
            validation_errors: None,
            access_errors: None,
        }))
    }

    /// A status of its own, with its reason phrase as the summary.
    pub(crate) fn status(status: StatusCode, message: impl Into<String>) -> Self {
        let reason = status.canonical_reason().unwrap_or(family::UNEXPECTED);
        Self::new(status, reason, Some(message.into()))
    }

    /// A request that cannot be meant, for a reason that belongs to no field.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::status(StatusCode::BAD_REQUEST, message)
    }

    /// A path or query value of the wrong type.
    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, family::INVALID_PARAMETER, Some(message.into()))
    }

    /// A text that names none of the values that there are.
    pub(crate) fn illegal_argument(message: impl Into<String>) -> Self {
        let mut failure = Self::new(StatusCode::BAD_REQUEST, family::ILLEGAL_ARGUMENT, Some(message.into()));
        failure.0.user_message = Some(ILLEGAL_FOR_USERS.to_owned());
        failure
    }

    /// Fields that break rules, all of them; the list may be empty.
    pub(crate) fn validation(message: impl Into<String>, errors: FieldErrors) -> Self {
        let mut failure = Self::new(StatusCode::BAD_REQUEST, family::VALIDATION, Some(message.into()));
        let wire = |FieldError { field, code }| WireFieldError { field, error: Word(code) };
        failure.0.validation_errors = Some(errors.0.into_iter().map(wire).collect());
        failure
    }

    /// What the request names does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, family::NOT_FOUND, Some(message.into()))
    }

    /// None of the roles, or user claims missing.
    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, family::ACCESS_DENIED, Some(message.into()))
    }

    /// Refused for this caller, with every reason.
    pub(crate) fn access_error(message: impl Into<String>, errors: Vec<String>) -> Self {
        let mut failure = Self::new(StatusCode::FORBIDDEN, family::ACCESS_ERROR, Some(message.into()));
        failure.0.access_errors = Some(errors);
        failure
    }

    /// Another system failed us: with its status when it answered, as our own failure when it did not.
    pub(crate) fn dependency(status: Option<u16>, message: String, user_message: Option<String>) -> Self {
        let passed_on = status
            .and_then(|status| StatusCode::from_u16(status).ok())
            .filter(|status| status.is_client_error() || status.is_server_error());
        let user_message = match passed_on {
            Some(_) => user_message,
            None => Some(user_message.unwrap_or_else(|| UNREACHABLE_FOR_USERS.to_owned())),
        };
        let mut failure = match passed_on {
            Some(status) => Self::new(status, family::DEPENDENCY_RESPONSE, Some(message)),
            None => Self::new(StatusCode::INTERNAL_SERVER_ERROR, family::DEPENDENCY_REQUEST, Some(message)),
        };
        failure.0.user_message = user_message;
        failure
    }

    /// We cannot work just now: our own database or a part that we need is away.
    pub(crate) fn unavailable() -> Self {
        let mut failure =
            Self::status(StatusCode::SERVICE_UNAVAILABLE, "this service cannot answer just now; try again shortly");
        failure.0.user_message = Some(UNREACHABLE_FOR_USERS.to_owned());
        failure
    }

    /// A bug of ours; the message is filled in by the outermost layer.
    pub(crate) fn unexpected() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, family::UNEXPECTED, None)
    }

    /// A bug of ours, with the id under which it can be found in the log.
    pub(crate) fn unexpected_with(correlation_id: &str) -> Self {
        let message = format!("something went wrong on our side; quote {correlation_id} when you report it");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, family::UNEXPECTED, Some(message))
    }

    /// The status of the answer.
    pub(crate) fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.code();
        // Trying again soon helps where something is away, not where something is yet to be built.
        let passes = self.0.user_message.as_deref() == Some(UNREACHABLE_FOR_USERS);
        let unexpected = self.0.error == family::UNEXPECTED && self.0.message.is_none();
        let mut response = (status, Json(self.0)).into_response();
        if unexpected {
            response.extensions_mut().insert(Unexpected);
        }
        if passes && status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        use app::Error;
        match error {
            Error::NotFound(message) => Self::not_found(message),
            Error::AccessDenied(message) => Self::access_denied(message),
            Error::AccessError { message, errors } => Self::access_error(message, errors),
            Error::Fields(errors) => {
                let message = format!("the request cannot be accepted: {errors}");
                Self::validation(message, errors)
            }
            Error::Unmet(message) => Self::validation(message, FieldErrors::default()),
            Error::Bad(message) => Self::bad_request(message),
            Error::IllegalArgument(message) => Self::illegal_argument(message),
            Error::Conflict(message) => Self::status(StatusCode::CONFLICT, message),
            Error::NotReady(message) => Self::status(StatusCode::UNPROCESSABLE_ENTITY, message),
            Error::Gone(message) => Self::status(StatusCode::GONE, message),
            Error::NotOffered(message) => Self::status(StatusCode::SERVICE_UNAVAILABLE, message),
            Error::Dependency(app::DependencyError { system, status, message, user_message }) => {
                tracing::warn!(upstream.system = system, upstream.status = status, "another system failed a request");
                Self::dependency(status, message, user_message)
            }
            Error::Unavailable(cause) => {
                tracing::error!(error = &cause as &dyn std::error::Error, "the database is not available");
                Self::unavailable()
            }
            Error::Internal(cause) => {
                tracing::error!(error = &*cause as &dyn std::error::Error, "a request failed unexpectedly");
                Self::unexpected()
            }
        }
    }
}

/// No token, or none that we accept: an empty body and the challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unauthorised;

impl IntoResponse for Unauthorised {
    fn into_response(self) -> Response {
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))]).into_response()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(failure: &Failure) -> serde_json::Value {
        serde_json::to_value(&failure.0).expect("error bodies serialise")
    }

    #[test]
    fn absent_members_are_left_out_and_empty_lists_are_kept() {
        assert_eq!(
            body(&Failure::invalid_parameter("id must be a UUID")),
            json!({"status": 400, "error": "invalid parameter", "message": "id must be a UUID"})
        );
        assert_eq!(
            body(&Failure::validation("too early", FieldErrors::default())),
            json!({"status": 400, "error": "validation error", "message": "too early", "validationErrors": []})
        );
        assert_eq!(
            body(&Failure::access_error("not yours", vec![])),
            json!({"status": 403, "error": "access error", "message": "not yours", "accessErrors": []})
        );
    }

    #[test]
    fn fields_are_named_with_their_code() {
        let errors = FieldErrors::one("completionDeadline", ErrorCode::DateMustBeInTheFuture);
        assert_eq!(
            body(&Failure::validation("draft", errors))["validationErrors"],
            json!([{"field": "completionDeadline", "error": "DATE_MUST_BE_IN_THE_FUTURE"}])
        );
    }

    #[test]
    fn a_dependency_s_refusal_keeps_its_status_and_anything_else_is_500() {
        let answered = Failure::dependency(Some(409), "clash".to_owned(), None);
        assert_eq!(
            body(&answered),
            json!({"status": 409, "error": "Call to dependency response exception", "message": "clash"})
        );
        for status in [None, Some(200), Some(302), Some(1)] {
            let silent = Failure::dependency(status, "no answer".to_owned(), None);
            assert_eq!(silent.code(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(body(&silent)["error"], "Call to dependency request exception");
            assert!(body(&silent)["userMessage"].is_string());
        }
    }

    #[test]
    fn statuses_chosen_for_their_own_sake_carry_their_reason_phrase() {
        for (status, reason) in
            [(400, "Bad Request"), (404, "Not Found"), (409, "Conflict"), (410, "Gone"), (422, "Unprocessable Entity")]
        {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(body(&Failure::status(status, "text"))["error"], reason);
        }
    }
}
