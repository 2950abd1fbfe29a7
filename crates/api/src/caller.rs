//! Who calls: the bearer token of a request, checked before anything else of it is read.

use app::version::Shown;
use app::{AuthenticationError, Correlation, OpCtx};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::error::{Failure, Unauthorised};
use crate::router::Api;
use crate::version::expected;

/// The context of the operation, made from the caller's token.
pub(crate) struct Caller(pub(crate) OpCtx);

impl FromRequestParts<Api> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Response> {
        let ctx = let_in(parts, api).await?;
        let Some(shown) = parts.extensions.get::<Shown>() else { return Ok(Self(ctx)) };
        let expected = expected(&parts.method, &parts.headers).map_err(IntoResponse::into_response)?;
        Ok(Self(ctx.with_versions(expected, shown.clone())))
    }
}

async fn let_in(parts: &Parts, api: &Api) -> Result<OpCtx, Response> {
    // A request that may be repeated was let in by the layer around its handler.
    if let Some(ctx) = parts.extensions.get::<OpCtx>() {
        return Ok(ctx.clone());
    }
    let correlation = parts.extensions.get::<Correlation>().cloned();
    let correlation = correlation.ok_or_else(|| Failure::unexpected().into_response())?;
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let context = api.app.authenticate(authorization.and_then(bearer), correlation).await;
    context.map_err(|error| match error {
        AuthenticationError::Unavailable => Failure::unavailable().into_response(),
        AuthenticationError::Missing
        | AuthenticationError::Invalid
        | AuthenticationError::Expired
        | AuthenticationError::Revoked => {
            tracing::info!(outcome = %error, "a caller was not let in");
            Unauthorised.into_response()
        }
    })
}

/// The token of an `Authorization` header.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_tokens_count() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer"), None);
    }
}
