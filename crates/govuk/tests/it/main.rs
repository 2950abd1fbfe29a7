//! The crate's integration tests.

mod assets;
mod fixtures;
mod moj;
mod oracle;
mod pages;

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
