//! What can go wrong when a template is read or run.

/// Why a template was refused, or a component could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source is not the Nunjucks that this crate reads.
    #[error("template {template} line {line}: {reason}")]
    Syntax {
        /// The template's name.
        template: String,
        /// The line on which the offending tag begins, counted from 1.
        line: usize,
        /// What is wrong, as a fragment.
        reason: String,
    },
    /// No such template or macro in the packages.
    #[error("no official template or macro {name}")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// The engine refused the template or failed while running it.
    #[error("template engine: {0}")]
    Engine(#[from] minijinja::Error),
}

impl From<Error> for minijinja::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine(error) => error,
            Error::Unknown { .. } => Self::new(minijinja::ErrorKind::TemplateNotFound, error.to_string()),
            Error::Syntax { .. } => Self::new(minijinja::ErrorKind::SyntaxError, error.to_string()),
        }
    }
}
