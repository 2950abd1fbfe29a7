//! The shape of the token check's answer.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Verification {
    pub(super) active: bool,
}
