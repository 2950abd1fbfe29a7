//! GOV.UK Frontend and MoJ Frontend components for Rust, run from the official templates.
//!
//! Owns the templates' language and the packages' assets. Refuses HTTP and everything about a product. What follows is the
//! README; the rules are those of the packages and of Nunjucks 3.2.
//!
#![doc = include_str!("../README.md")]

mod assets;
mod components;
mod error;
mod nunjucks;
mod packages;
mod pages;
mod runtime;

pub use assets::{Asset, Assets, DEFAULT_PREFIX, INIT_SCRIPT, asset, asset_path};
pub use components::Components;
pub use error::Error;
pub use pages::{add_page, environment};

/// The versions of GOV.UK Frontend, MoJ Frontend and Accessible Autocomplete that are embedded.
pub fn package_versions() -> [&'static str; 3] {
    packages::VERSIONS
}
