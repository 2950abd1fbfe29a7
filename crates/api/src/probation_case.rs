//! What other systems ask about a case by its reference number.

use app::probation_case::{AccommodationReferral, CaseAppointment, CaseAppointments, CaseReferral, NamedCaseReferral};
use domain::Crn;
use domain::accommodation::AccommodationStatus;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, Created, ok};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Id, Origin};
use crate::wire::{AuthUser, ServiceProvider};
use crate::word::Word;

/// A referral of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProbationCaseReferral")]
pub(crate) struct WireCaseReferral {
    id: Uuid,
    reference_number: Option<String>,
    service_categories: Option<Vec<String>>,
    contract_type: String,
    referral_created_at: Option<Timestamp>,
    referral_sent_at: Option<Timestamp>,
    referral_concluded_at: Option<Timestamp>,
    intervention_title: String,
    referring_officer: String,
    responsible_officer: Option<String>,
    service_provider_user: Option<String>,
    service_provider_location: Option<String>,
    service_provider_name: Option<String>,
    is_draft: bool,
}

impl From<NamedCaseReferral> for WireCaseReferral {
    fn from(named: NamedCaseReferral) -> Self {
        let NamedCaseReferral { referral, referring_officer, responsible_officer, provider_user } = named;
        let CaseReferral {
            id,
            reference,
            service_categories,
            contract_type,
            created_at,
            sent_at,
            sent_by: _,
            concluded_at,
            intervention_title,
            assigned_to: _,
            region,
            provider,
        } = referral;
        Self {
            id: id.0,
            reference_number: Some(reference.0),
            service_categories: Some(service_categories),
            contract_type,
            referral_created_at: Some(created_at),
            referral_sent_at: Some(sent_at),
            referral_concluded_at: concluded_at,
            intervention_title,
            referring_officer,
            responsible_officer,
            service_provider_user: provider_user,
            service_provider_location: region,
            service_provider_name: Some(provider),
            is_draft: false,
        }
    }
}

/// Where and when a session takes place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CaseAppointmentDetails")]
pub(crate) struct WireCaseAppointment {
    appointment_id: Option<Uuid>,
    appointment_date_time: Option<Timestamp>,
    appointment_duration_in_minutes: Option<u32>,
    superseded_indicator: Option<bool>,
    appointment_delivery_first_address_line: String,
    appointment_delivery_second_address_line: String,
    appointment_delivery_town_city: String,
    appointment_delivery_county: String,
    appointment_delivery_postcode: String,
}

impl From<CaseAppointment> for WireCaseAppointment {
    fn from(appointment: CaseAppointment) -> Self {
        let CaseAppointment {
            id,
            time,
            duration_minutes,
            superseded,
            first_address_line,
            second_address_line,
            town_or_city,
            county,
            postcode,
        } = appointment;
        Self {
            appointment_id: Some(id.0),
            appointment_date_time: Some(time),
            appointment_duration_in_minutes: Some(duration_minutes),
            superseded_indicator: Some(superseded),
            appointment_delivery_first_address_line: first_address_line.unwrap_or_default(),
            appointment_delivery_second_address_line: second_address_line.unwrap_or_default(),
            appointment_delivery_town_city: town_or_city.unwrap_or_default(),
            appointment_delivery_county: county.unwrap_or_default(),
            appointment_delivery_postcode: postcode.unwrap_or_default(),
        }
    }
}

/// A referral of a case with the appointments of its sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CaseReferralAppointments")]
pub(crate) struct WireCaseAppointments {
    referral_number: Option<String>,
    intervention_title: Option<String>,
    appointments: Vec<WireCaseAppointment>,
}

impl From<CaseAppointments> for WireCaseAppointments {
    fn from(referral: CaseAppointments) -> Self {
        let CaseAppointments { reference, intervention_title, appointments } = referral;
        Self {
            referral_number: Some(reference.0),
            intervention_title: Some(intervention_title),
            appointments: appointments.into_iter().map(Into::into).collect(),
        }
    }
}

/// Where the sessions of a case take place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ReferralAppointmentDetails")]
pub(crate) struct WireLocations {
    crn: String,
    referrals: Vec<WireCaseAppointments>,
}

/// What the accommodation service sees of a referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SASReferral")]
pub(crate) struct WireAccommodation {
    status: Word<AccommodationStatus>,
    sent_at: Timestamp,
    sent_by: AuthUser,
    referral: WireAccommodationDetails,
}

/// When it was begun, and who delivers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SASReferralDetails")]
pub(crate) struct WireAccommodationDetails {
    created_at: Timestamp,
    service_providers: Vec<ServiceProvider>,
}

impl From<AccommodationReferral> for WireAccommodation {
    fn from(referral: AccommodationReferral) -> Self {
        let AccommodationReferral { status, created_at, sent_at, sent_by, providers } = referral;
        let service_providers = providers.iter().map(Into::into).collect();
        Self {
            status: Word(status),
            sent_at,
            sent_by: (&sent_by).into(),
            referral: WireAccommodationDetails { created_at, service_providers },
        }
    }
}

/// `GET /probation-case/{crn}/referral`: answers 201 although it is a read, with the address that was read twice over
/// as `Location`, as its readers know it.
pub(crate) async fn referrals(
    Caller(ctx): Caller,
    Id(crn): Id<String>,
    origin: Origin,
    uri: axum::http::Uri,
) -> Result<Created<Vec<WireCaseReferral>>, Failure> {
    let found = app::probation_case::referrals(&ctx, &Crn(crn)).await?;
    let twice = uri.path().repeat(2);
    Ok(Created { location: origin.address(&twice), shape: found.into_iter().map(Into::into).collect() })
}

/// `GET /appointments-location/{crn}`.
pub(crate) async fn locations(Caller(ctx): Caller, Id(crn): Id<String>) -> Answer<WireLocations> {
    let crn = Crn(crn);
    let found = app::probation_case::appointments(&ctx, &crn).await?;
    ok(WireLocations { crn: crn.0, referrals: found.into_iter().map(Into::into).collect() })
}

/// `GET /sas-referral-details/{crn}`.
pub(crate) async fn accommodation(Caller(ctx): Caller, Id(crn): Id<String>) -> Answer<Vec<WireAccommodation>> {
    let found = app::probation_case::accommodation(&ctx, &Crn(crn)).await?;
    ok(found.into_iter().map(Into::into).collect())
}
