//! Case lists: the paged one, and two older ones that come whole.

use app::dashboard::{DashboardFilter, DashboardRow, Direction, ProviderDashboard, ProviderRow, SortKey};
use domain::referral::LocationType;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::caller::Caller;
use crate::draft_referral::ReferralFields;
use crate::error::Failure;
use crate::extract::{Params, Query, QueryShape};
use crate::page::{Order, Page, PageRequest, read_sort};
use crate::sent_referral::WireReferral;
use crate::wire::{AuthUser, ServiceProvider, ServiceUser};
use crate::word::Word;

/// One row of the case list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SentReferralSummary")]
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
    pub(crate) location_type: Option<Word<LocationType>>,
    #[serde(rename = "isReferralReleasingIn12Weeks")]
    pub(crate) is_referral_releasing_in_12_weeks: Option<bool>,
}

impl From<DashboardRow> for WireSummary {
    fn from(row: DashboardRow) -> Self {
        let DashboardRow {
            id,
            sent_at,
            sent_by,
            reference,
            assigned_to,
            crn,
            first_name,
            last_name,
            provider,
            intervention_title,
            concluded_at,
            expected_release_date,
            location,
            location_type,
            releasing_in_12_weeks,
        } = row;
        Self {
            id: id.0,
            sent_at,
            sent_by: (&sent_by).into(),
            reference_number: reference.0,
            assigned_to: assigned_to.as_ref().map(Into::into),
            service_user: ServiceUser::named(&crn, first_name, last_name),
            service_provider: (&provider).into(),
            intervention_title,
            concluded_at,
            expected_release_date,
            location: shown_location(location, location_type),
            location_type: location_type.map(Word),
            is_referral_releasing_in_12_weeks: releasing_in_12_weeks,
        }
    }
}

/// A prison may be unknown; any other place is always said, if only to say that none is known.
fn shown_location(location: Option<String>, location_type: Option<LocationType>) -> Option<String> {
    match location_type {
        Some(LocationType::Custody) => location,
        Some(LocationType::Community) | None => Some(location.unwrap_or_else(|| "Not available".to_owned())),
    }
}

/// Rows of a page when the query does not say.
const USUAL_SIZE: u32 = 50;

/// What a list can be sorted by: in the spelling of the existing public client's dashboards, and in that of others.
fn sort_key(name: &str) -> Option<SortKey> {
    Some(match name {
        "sentat" | "sentAt" => SortKey::SentAt,
        "referencenumber" | "referenceNumber" => SortKey::Reference,
        "serviceuserlastname" | "serviceUserData.lastName" => SortKey::Surname,
        "interventiontitle" | "intervention.title" => SortKey::InterventionTitle,
        "serviceprovidername" | "intervention.dynamicFrameworkContract.primeProvider.name" => SortKey::ProviderName,
        "assignedtousername" | "assignments.assignedTo.userName" => SortKey::AssigneeUsername,
        "expectedreleasedate" | "referralLocation.expectedReleaseDate" => SortKey::ExpectedReleaseDate,
        _ => return None,
    })
}

impl QueryShape for DashboardFilter {
    /// Which referrals are asked for.
    fn read(params: &Params) -> Result<Self, Failure> {
        Ok(Self {
            completed: params.boolean("completed")?,
            cancelled: params.boolean("cancelled")?,
            unassigned: params.boolean("unassigned")?,
            assigned_to: params.text("assignedTo")?,
            search: params.text("search")?,
            ..Self::default()
        })
    }
}

/// Which page of which referrals.
pub(crate) struct SummariesRequest {
    asked: PageRequest,
    filter: DashboardFilter,
    orders: Vec<Order<SortKey>>,
}

impl QueryShape for SummariesRequest {
    fn read(params: &Params) -> Result<Self, Failure> {
        let asked = PageRequest::read(params, USUAL_SIZE);
        Ok(Self { asked, filter: QueryShape::read(params)?, orders: read_sort(params, sort_key)? })
    }
}

/// One row of the provider's older list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ServiceProviderSentReferralSummary")]
pub(crate) struct WireProviderSummary {
    referral_id: Uuid,
    sent_at: Timestamp,
    reference_number: String,
    intervention_title: String,
    assigned_to_user_name: Option<String>,
    service_user_first_name: Option<String>,
    service_user_last_name: Option<String>,
    has_end_of_service_report: bool,
    end_of_service_report_submitted: bool,
}

impl From<ProviderRow> for WireProviderSummary {
    fn from(row: ProviderRow) -> Self {
        let ProviderRow {
            id,
            reference,
            sent_at,
            intervention_title,
            assigned_to,
            first_name,
            last_name,
            has_report,
            report_submitted,
        } = row;
        Self {
            referral_id: id.0,
            sent_at,
            reference_number: reference.0,
            intervention_title,
            assigned_to_user_name: assigned_to,
            service_user_first_name: first_name,
            service_user_last_name: last_name,
            has_end_of_service_report: has_report,
            end_of_service_report_submitted: report_submitted,
        }
    }
}

/// The names of the provider's dashboards.
const DASHBOARDS: [&str; 4] = ["MyCases", "OpenCases", "UnassignedCases", "CompletedCases"];

/// The dashboard of this name; all of them when none is named.
fn read_dashboard(name: Option<&str>) -> Result<ProviderDashboard, Failure> {
    match name {
        None | Some("") => Ok(ProviderDashboard::All),
        Some("MyCases") => Ok(ProviderDashboard::MyCases),
        Some("OpenCases") => Ok(ProviderDashboard::OpenCases),
        Some("UnassignedCases") => Ok(ProviderDashboard::UnassignedCases),
        Some("CompletedCases") => Ok(ProviderDashboard::CompletedCases),
        Some(_) => Err(Failure::illegal_argument("dashboardType is not a dashboard of providers")),
    }
}

impl QueryShape for ProviderDashboard {
    fn read(params: &Params) -> Result<Self, Failure> {
        params.ask("dashboardType", || json!({ "type": "string", "enum": DASHBOARDS }));
        read_dashboard(params.first("dashboardType"))
    }
}

/// `GET /sent-referrals/summary/service-provider`.
pub(crate) async fn provider_list(
    Caller(ctx): Caller,
    Query(dashboard): Query<ProviderDashboard>,
) -> Answer<Vec<WireProviderSummary>> {
    let rows = app::dashboard::provider_list(&ctx, dashboard).await?;
    ok(rows.into_iter().map(Into::into).collect())
}

/// `GET /sent-referrals`: the newest only, see [`app::dashboard::WHOLE_LIST_MAX`].
pub(crate) async fn whole(
    Caller(ctx): Caller,
    Query(filter): Query<DashboardFilter>,
) -> Answer<Vec<WireReferral<ReferralFields>>> {
    let referrals = app::dashboard::whole(&ctx, filter).await?;
    ok(referrals.iter().map(|seen| WireReferral::read(seen, &seen.outcomes)).collect())
}

/// `GET /sent-referrals/summaries`.
pub(crate) async fn page(
    Caller(ctx): Caller,
    Query(SummariesRequest { asked, filter, orders }): Query<SummariesRequest>,
) -> Answer<Page<WireSummary>> {
    let direction = |order: Order<SortKey>| {
        (order.key, if order.descending { Direction::Descending } else { Direction::Ascending })
    };
    let sort = orders.into_iter().map(direction).collect();
    ok(Page::new(asked, app::dashboard::page(&ctx, filter, sort, asked.number + 1, asked.size).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_place_is_said_outside_custody_only() {
        let office = || Some("Harbour office".to_owned());
        assert_eq!(shown_location(office(), Some(LocationType::Community)), office());
        assert_eq!(shown_location(None, Some(LocationType::Community)).as_deref(), Some("Not available"));
        assert_eq!(shown_location(None, None).as_deref(), Some("Not available"));
        assert_eq!(shown_location(None, Some(LocationType::Custody)), None);
    }

    #[test]
    fn dashboards_are_told_apart_by_case_and_cancelled_cases_have_none() {
        assert_eq!(read_dashboard(None), Ok(ProviderDashboard::All));
        assert_eq!(read_dashboard(Some("MyCases")), Ok(ProviderDashboard::MyCases));
        assert!(read_dashboard(Some("myCases")).is_err());
        assert!(read_dashboard(Some("CancelledCases")).is_err());
    }

    #[test]
    fn both_spellings_of_each_sort_property_are_taken() {
        let both = [
            ("sentat", "sentAt", SortKey::SentAt),
            ("referencenumber", "referenceNumber", SortKey::Reference),
            ("serviceuserlastname", "serviceUserData.lastName", SortKey::Surname),
            ("interventiontitle", "intervention.title", SortKey::InterventionTitle),
            ("serviceprovidername", "intervention.dynamicFrameworkContract.primeProvider.name", SortKey::ProviderName),
            ("assignedtousername", "assignments.assignedTo.userName", SortKey::AssigneeUsername),
            ("expectedreleasedate", "referralLocation.expectedReleaseDate", SortKey::ExpectedReleaseDate),
        ];
        for (lower, other, key) in both {
            assert_eq!((sort_key(lower), sort_key(other)), (Some(key), Some(key)));
        }
        assert_eq!(sort_key("crn"), None);
    }
}
