//! What the sandbox is told when it is opened, and how opening can fail.

use std::path::PathBuf;

use crate::notify::templates;

/// How to open a sandbox.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that keeps the state over restarts; `None` keeps it in memory.
    pub state_file: Option<PathBuf>,
    /// Where callers find the sandbox, without a trailing slash, e.g. `http://localhost:9090`. The issuer of its tokens
    /// is `{public_url}/auth/issuer`.
    pub public_url: String,
    /// The seed of every generated id and key, and of the draws of the fault plan.
    pub seed: u64,
    /// Where Delius's consumer calls our product back instead of the origin of a published `detailUrl`; `None` uses the
    /// `detailUrl` as published.
    pub callback_base: Option<String>,
    /// Addresses registered for the client `interventions-web`; sign-out may also return to their origins.
    pub redirect_uris: Vec<String>,
    /// The e-mail templates that the account holds.
    pub notify_templates: NotifyTemplates,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state_file: None,
            public_url: "http://localhost:9090".to_owned(),
            seed: 1,
            callback_base: None,
            redirect_uris: vec!["http://localhost:3000/sign-in/callback".to_owned()],
            notify_templates: NotifyTemplates::default(),
        }
    }
}

/// The e-mail templates of the account; the default holds one for every purpose that the product knows.
#[derive(Debug, Clone)]
pub struct NotifyTemplates(pub Vec<NotifyTemplate>);

impl Default for NotifyTemplates {
    fn default() -> Self {
        Self(templates::every_purpose())
    }
}

/// One e-mail template.
#[derive(Debug, Clone)]
pub struct NotifyTemplate {
    /// What the product uses it for, e.g. `referral-sent`.
    pub purpose: String,
    /// Its id in the account, a uuid.
    pub id: String,
    /// The subject, with `((placeholder))` where a value goes.
    pub subject: String,
    /// The text, with `((placeholder))` where a value goes.
    pub body: String,
    /// The names of all placeholders of subject and text.
    pub placeholders: Vec<String>,
}

/// Why a sandbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state file exists but cannot be read.
    #[error("cannot read the state file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The state file was not written by this version of the sandbox.
    #[error("the state file {path} does not hold a sandbox state; remove it to start afresh")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// The state file cannot be written.
    #[error("cannot write the state file {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A signing key could not be made or read.
    #[error("cannot make or read a signing key")]
    Key(#[from] crate::auth::KeyError),
    /// The client for call-backs could not be built.
    #[error("cannot build the call-back client")]
    Client(#[source] reqwest::Error),
}
