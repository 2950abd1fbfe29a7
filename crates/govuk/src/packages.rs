//! The files of the npm packages, embedded by `build.rs`: templates by their own names and assets by file name.
//!
//! Owns the look-up, and nothing about what the files mean.

include!(concat!(env!("OUT_DIR"), "/packages.rs"));

/// The source of an official template, by name: `govuk/components/button/macro.njk`, `moj/template.njk`.
pub(crate) fn template(name: &str) -> Option<&'static str> {
    let index = TEMPLATES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(TEMPLATES[index].1)
}
