//! The shape of the register's list.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prison {
    prison_id: String,
    prison_name: String,
}

impl From<Prison> for super::Prison {
    fn from(prison: Prison) -> Self {
        let Prison { prison_id, prison_name } = prison;
        Self { id: prison_id, name: prison_name }
    }
}
