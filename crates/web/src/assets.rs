//! `/assets`: the design systems' files, and the few of our own. Paths with a hash never change and are kept for good.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::trouble::Trouble;

/// Our own files: name, content type, bytes.
const OWN: &[(&str, &str, &[u8])] = &[("app.css", "text/css; charset=utf-8", include_bytes!("../assets/app.css"))];

static OWN_HASHES: LazyLock<Vec<String>> = LazyLock::new(|| OWN.iter().map(|(_, _, bytes)| hash(bytes)).collect());

fn hash(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes).iter().take(8) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The path of a file of our own, with its hash; a name that is none gives a path that answers 404.
pub(crate) fn own_path(name: &str) -> String {
    let found = OWN.iter().zip(OWN_HASHES.iter()).find(|((own, _, _), _)| *own == name);
    found.map_or_else(|| format!("/assets/own/{name}"), |(_, hash)| format!("/assets/own/{hash}/{name}"))
}

/// G `/assets/{*path}`.
pub(crate) async fn get(Path(path): Path<String>, request: HeaderMap) -> Response {
    let asset = govuk::asset(&path)
        .map(|asset| (asset.content_type, asset.hash, asset.immutable, asset.bytes.into_owned()))
        .or_else(|| own(&path));
    let Some((content_type, hash, is_immutable, bytes)) = asset else { return Trouble::NotFound.into_response() };
    let tag = format!("\"{hash}\"");
    let caching = if is_immutable { "public, max-age=31536000, immutable" } else { "public, no-cache" };
    let headers =
        [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, caching), (header::ETAG, tag.as_str())];
    let is_known = request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if is_known { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, bytes).into_response() }
}

fn own(path: &str) -> Option<(&'static str, String, bool, Vec<u8>)> {
    let (hash, name) = path.strip_prefix("own/")?.split_once('/')?;
    OWN.iter()
        .zip(OWN_HASHES.iter())
        .find(|((own, _, _), known)| *own == name && *known == hash)
        .map(|((_, content_type, bytes), hash)| (*content_type, hash.clone(), true, bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(path: &str, tag: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(tag) = tag {
            headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        }
        get(Path(path.trim_start_matches("/assets/").to_owned()), headers).await
    }

    #[tokio::test]
    async fn our_style_sheet_and_the_design_systems_are_kept_for_good() {
        for path in [own_path("app.css"), govuk::asset_path("govuk-frontend.min.css")] {
            let response = ask(&path, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
            assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            let tag = response.headers()[header::ETAG].to_str().unwrap().to_owned();
            assert_eq!(ask(&path, Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found() {
        for path in ["/assets/own/0000/app.css", "/assets/nothing.css", "/assets/own/app.css", "/assets/../Cargo.toml"]
        {
            assert_eq!(ask(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
