//! Forms as they are sent: read only when they carry the token of the session that sends them.

use axum::extract::{FromRequest, RawForm, Request};
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};
use serde::de::DeserializeOwned;

use crate::cookie;
use crate::trouble::Trouble;

/// The hidden field that carries the token.
const TOKEN_FIELD: &str = "_csrf";

/// A form of this session.
#[derive(Debug)]
pub(crate) struct OwnForm<T>(pub(crate) T);

/// A form without fields of its own.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct NoFields {}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OwnForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let Some(key) = cookie::session(request.headers()) else {
            return Err(Trouble::ForeignForm.into_response());
        };
        let RawForm(body) =
            RawForm::from_request(request, state).await.map_err(|_| Trouble::ForeignForm.into_response())?;
        let fields: Vec<(String, String)> =
            serde_urlencoded::from_bytes(&body).map_err(|_| Trouble::ForeignForm.into_response())?;
        let given = fields.iter().find(|(name, _)| name == TOKEN_FIELD).map_or("", |(_, value)| value.as_str());
        if !is_same(given, &key.csrf_token()) {
            return Err(Trouble::ForeignForm.into_response());
        }
        let own = fields.iter().filter(|(name, _)| name != TOKEN_FIELD).collect::<Vec<_>>();
        let text = serde_urlencoded::to_string(own).map_err(|_| Trouble::Broken.into_response())?;
        serde_urlencoded::from_str(&text).map(Self).map_err(|_| Trouble::ForeignForm.into_response())
    }
}

/// Compares digests, so that the time taken tells nothing about where two texts differ.
fn is_same(given: &str, expected: &str) -> bool {
    digest(&SHA256, given.as_bytes()).as_ref() == digest(&SHA256, expected.as_bytes()).as_ref()
}

#[cfg(test)]
mod tests {
    use app::session::SessionKey;
    use axum::Router;
    use axum::body::Body;
    use axum::routing::post;
    use http::{StatusCode, header};
    use tower::ServiceExt as _;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Name {
        name: String,
    }

    async fn send(cookie: Option<&SessionKey>, body: String) -> (StatusCode, Option<Trouble>) {
        let router: Router = Router::new().route("/", post(|OwnForm(form): OwnForm<Name>| async move { form.name }));
        let mut request = http::Request::post("/").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(key) = cookie {
            request = request.header(header::COOKIE, format!("interventions-session={}", key.to_cookie()));
        }
        let mut response = router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        (response.status(), response.extensions_mut().remove())
    }

    fn key(letter: &str) -> SessionKey {
        SessionKey::from_cookie(&letter.repeat(43)).unwrap()
    }

    #[tokio::test]
    async fn a_form_is_read_only_with_the_token_of_its_session() {
        let (mine, other) = (key("A"), key("Q"));
        let with = |token: &str| format!("name=Alex&_csrf={token}");
        assert_eq!(send(Some(&mine), with(&mine.csrf_token())).await, (StatusCode::OK, None));
        for (cookie, body) in [
            (Some(&mine), with(&other.csrf_token())),
            (Some(&mine), "name=Alex".to_owned()),
            (Some(&mine), with("")),
            (None, with(&mine.csrf_token())),
        ] {
            assert_eq!(send(cookie, body).await, (StatusCode::FORBIDDEN, Some(Trouble::ForeignForm)));
        }
    }
}
