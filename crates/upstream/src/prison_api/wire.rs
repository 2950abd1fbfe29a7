//! The shape of the API's list of agencies.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agency {
    agency_id: String,
    description: String,
    long_description: Option<String>,
}

impl From<Agency> for super::SecureHome {
    fn from(agency: Agency) -> Self {
        let Agency { agency_id, description, long_description } = agency;
        Self { id: agency_id, name: long_description.unwrap_or(description) }
    }
}
