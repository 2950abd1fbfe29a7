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
