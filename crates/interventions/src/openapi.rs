//! `openapi`: the description of the REST API, as the service shows it.

use std::io::Write as _;

use anyhow::Context;

use crate::build;

/// Prints the description as JSON, or as YAML.
pub(crate) fn print(yaml: bool) -> anyhow::Result<()> {
    let description = api::description(&build::this().version);
    let text = if yaml { api::yaml(&description) } else { format!("{description:#}\n") };
    std::io::stdout().write_all(text.as_bytes()).context("the description could not be written")
}
