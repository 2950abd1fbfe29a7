//! Style sheets, scripts, fonts and images, served from the binary.
//!
//! Owns names, content types, hashes and the addresses inside style sheets. Refuses HTTP: the caller answers the request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::packages;

/// Where assets are served unless the caller says otherwise; the packages' style sheets assume the same.
pub const DEFAULT_PREFIX: &str = "/assets";

/// A script made here: a module that starts the JavaScript of both packages.
pub const INIT_SCRIPT: &str = "init.mjs";

/// Hexadecimal digits of the hash in a path: 64 bits.
const HASH_LENGTH: usize = 16;

/// A file to serve.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Asset {
    /// The whole file.
    pub bytes: Cow<'static, [u8]>,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The first 64 bits of the SHA-256 of `bytes`, in hexadecimal; quoted, it is the `ETag`.
    pub hash: String,
    /// It was asked for by its hashed path, whose content can never change: cache it for good.
    pub immutable: bool,
}

/// The assets of the packages below one prefix.
#[derive(Debug)]
pub struct Assets {
    prefix: String,
    files: BTreeMap<&'static str, Asset>,
}

impl Assets {
    /// The assets as served below `prefix`, an absolute path without a closing slash, such as `/assets`.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let mut assets = Self { prefix: prefix.trim_end_matches('/').to_owned(), files: BTreeMap::new() };
        let (texts, others): (Vec<_>, Vec<_>) =
            packages::ASSETS.iter().partition(|(name, _)| matches!(extension(name), "css" | "js"));
        for (name, bytes) in others {
            assets.insert(name, Cow::Borrowed(bytes));
        }
        // Style sheets come second, since they name the hashed paths of fonts and images.
        for (name, bytes) in texts {
            let text = without_source_map(&String::from_utf8_lossy(bytes)).to_owned();
            let text = if extension(name) == "css" { assets.with_hashed_urls(&text) } else { text };
            assets.insert(name, Cow::Owned(text.into_bytes()));
        }
        let init = format!(
            "import {{ initAll as initGovuk }} from \"{}\";\nimport {{ initAll as initMoj }} from \"{}\";\ninitGovuk();\ninitMoj();\n",
            assets.path("govuk-frontend.min.js"),
            assets.path("moj-frontend.min.js"),
        );
        assets.insert(INIT_SCRIPT, Cow::Owned(init.into_bytes()));
        assets
    }

    /// The asset at `path`, which is what follows the prefix: a plain name (`images/favicon.svg`) or a hashed one.
    ///
    /// A path with an out-of-date hash finds nothing, so that no cache keeps new content under an old address.
    pub fn get(&self, path: &str) -> Option<Asset> {
        let path = path.trim_start_matches('/');
        if let Some(asset) = self.files.get(path) {
            return Some(asset.clone());
        }
        let (hash, name) = path.split_once('/')?;
        let asset = self.files.get(name).filter(|asset| asset.hash == hash)?;
        Some(Asset { immutable: true, ..asset.clone() })
    }

    /// The path of an asset with its hash, below the prefix: `/assets/0123456789abcdef/govuk-frontend.min.css`.
    ///
    /// A name that is not an asset gives the path without a hash, which answers 404 when served.
    pub fn path(&self, name: &str) -> String {
        match self.files.get(name) {
            Some(asset) => format!("{}/{}/{name}", self.prefix, asset.hash),
            None => format!("{}/{name}", self.prefix),
        }
    }

    /// The names of all assets, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.files.keys().copied()
    }

    fn insert(&mut self, name: &'static str, bytes: Cow<'static, [u8]>) {
        let mut hash = String::with_capacity(HASH_LENGTH);
        for byte in Sha256::digest(&bytes).iter().take(HASH_LENGTH / 2) {
            // Writing to a String cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        self.files.insert(name, Asset { bytes, content_type: content_type(name), hash, immutable: false });
    }

    /// Points `url(/assets/…)` at this prefix and the hashed paths.
    fn with_hashed_urls(&self, css: &str) -> String {
        let marker = "url(/assets/";
        let mut out = String::with_capacity(css.len() + 1024);
        let mut rest = css;
        while let Some(start) = rest.find(marker) {
            let (before, from) = rest.split_at(start);
            let from = &from[marker.len()..];
            let (name, after) = from.split_at(from.find(')').unwrap_or(from.len()));
            let _ = write!(out, "{before}url({}", self.path(name));
            rest = after;
        }
        out + rest
    }
}

fn default_assets() -> &'static Assets {
    static DEFAULT: LazyLock<Assets> = LazyLock::new(|| Assets::new(DEFAULT_PREFIX));
    &DEFAULT
}

/// [`Assets::get`] for assets served below [`DEFAULT_PREFIX`].
pub fn asset(path: &str) -> Option<Asset> {
    default_assets().get(path)
}

/// [`Assets::path`] for assets served below [`DEFAULT_PREFIX`].
pub fn asset_path(name: &str) -> String {
    default_assets().path(name)
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The text without the comment that names a source map, which is not served.
fn without_source_map(text: &str) -> &str {
    let end = ["/*# sourceMappingURL=", "//# sourceMappingURL="].iter().filter_map(|mark| text.rfind(mark)).max();
    end.map_or(text, |end| text[..end].trim_end())
}

fn content_type(name: &str) -> &'static str {
    match extension(name) {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
