//! The paged case list.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::wire::{AuthUser, ServiceProvider, ServiceUser};

/// One row of the case list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireSummary {
    pub(crate) id: Uuid,
    pub(crate) sent_at: Timestamp,
    pub(crate) sent_by: AuthUser,
    pub(crate) reference_number: String,
    pub(crate) assigned_to: Option<AuthUser>,
    pub(crate) service_user: ServiceUser,
    pub(crate) service_provider: ServiceProvider,
    pub(crate) intervention_title: String,
    pub(crate) concluded_at: Option<Timestamp>,
    pub(crate) expected_release_date: Option<Date>,
    pub(crate) location: Option<String>,
    pub(crate) location_type: Option<&'static str>,
    #[serde(rename = "isReferralReleasingIn12Weeks")]
    pub(crate) is_referral_releasing_in_12_weeks: Option<bool>,
}
