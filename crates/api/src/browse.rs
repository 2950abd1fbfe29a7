//! Where the description of the API can be read: as a document at `/v3/api-docs`, and on a page at `/swagger-ui.html`.
//! Open to everybody, as health is: it says nothing about anybody. The page asks nothing of any other host; its script
//! and its styles come from the npm package `swagger-ui-dist`, embedded when this crate is built.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;

use crate::describe::description;

/// What the page may do: run its own script, which styles as it goes, and ask this service.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>REST API – interventions</title>
  <link rel="stylesheet" href="swagger-ui.css">
  <link rel="icon" type="image/png" href="favicon-32x32.png">
</head>
<body>
  <div id="swagger-ui"><p>The description is loading. Without JavaScript, read <a href="/v3/api-docs">the document</a>.</p></div>
  <script src="swagger-ui-bundle.js"></script>
  <script src="start.js"></script>
</body>
</html>
"#;

const START: &str = "SwaggerUIBundle({ url: '/v3/api-docs', dom_id: '#swagger-ui', deepLinking: true, filter: true, \
                     docExpansion: 'none', defaultModelsExpandDepth: 0, validatorUrl: null });\n";

macro_rules! packaged {
    ($file:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/swagger-ui-dist/", $file))
    };
}

/// The routes; the description is made once.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(version: &str) -> Router<S> {
    let document = Bytes::from(description(version).to_string());
    let json = [(header::CONTENT_TYPE, "application/json")];
    let page = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    let script = packaged!("swagger-ui-bundle.js");
    Router::new()
        .route("/v3/api-docs", get(|| async move { (json, document) }))
        .route(
            "/swagger-ui.html",
            get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/swagger-ui/index.html")]) }),
        )
        .route("/swagger-ui/index.html", get(move || async move { (page, PAGE) }))
        .route("/swagger-ui/start.js", get(|| async { file("text/javascript; charset=utf-8", START.as_bytes()) }))
        .route("/swagger-ui/swagger-ui-bundle.js", get(|| async { file("text/javascript; charset=utf-8", script) }))
        .route("/swagger-ui/swagger-ui.css", get(|| async { file("text/css", packaged!("swagger-ui.css")) }))
        .route("/swagger-ui/favicon-32x32.png", get(|| async { file("image/png", packaged!("favicon-32x32.png")) }))
}

fn file(kind: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], bytes)
}
