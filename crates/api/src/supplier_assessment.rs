//! The supplier assessment: the first meeting, its appointments, and feedback on the current one.

use app::referral::Seen;
use domain::access::Operation;
use domain::appointment::{BookingRequest, current};
use domain::{AppointmentId, Referral, ReferralId, SupplierAssessmentId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::appointment::{AttendanceRequest, SessionFeedbackRequest, WireAppointment};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Body, Id, Ids};

/// The assessment of a referral with every appointment that was ever ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SupplierAssessment")]
pub(crate) struct WireAssessment {
    id: Uuid,
    appointments: Vec<WireAppointment>,
    current_appointment_id: Option<Uuid>,
    referral_id: Uuid,
}

impl From<&Referral> for WireAssessment {
    fn from(referral: &Referral) -> Self {
        let history = &referral.assessment.appointments;
        Self {
            id: referral.assessment.id.0,
            appointments: history.iter().filter(|entry| entry.booking.is_ours()).map(Into::into).collect(),
            current_appointment_id: current(history).map(|appointment| appointment.id.0),
            referral_id: referral.id.0,
        }
    }
}

/// The current appointment, which every change of the assessment answers with.
fn current_of(seen: &Seen) -> Answer<WireAppointment> {
    current(&seen.assessment.appointments).map_or_else(|| Err(Failure::unexpected()), |entry| ok(entry.into()))
}

/// `GET /sent-referral/{id}/supplier-assessment`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<WireAssessment> {
    let seen = app::referral::get(&ctx, Operation::GetSupplierAssessmentForReferral, id).await?;
    ok((&seen.referral).into())
}

/// `PUT /supplier-assessment/{id}/schedule-appointment`.
pub(crate) async fn schedule(
    Caller(ctx): Caller,
    Id(id): Id<SupplierAssessmentId>,
    Body(wish): Body<BookingRequest>,
) -> Answer<WireAppointment> {
    current_of(&Box::pin(app::appointment::schedule_assessment(&ctx, id, wish)).await?)
}

/// `POST /referral/{referralId}/supplier-assessment`.
pub(crate) async fn schedule_further(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(wish): Body<BookingRequest>,
) -> Answer<WireAppointment> {
    current_of(&Box::pin(app::appointment::schedule_further_assessment(&ctx, id, wish)).await?)
}

/// `PUT /referral/{referralId}/supplier-assessment/{appointmentId}`.
pub(crate) async fn reschedule(
    Caller(ctx): Caller,
    Ids(id, appointment): Ids<ReferralId, AppointmentId>,
    Body(wish): Body<BookingRequest>,
) -> Answer<WireAppointment> {
    current_of(&Box::pin(app::appointment::reschedule_assessment(&ctx, id, appointment, wish)).await?)
}

/// `PUT /referral/{referralId}/supplier-assessment/record-attendance`.
pub(crate) async fn record_attendance(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(AttendanceRequest(attendance)): Body<AttendanceRequest>,
) -> Answer<WireAppointment> {
    current_of(&app::appointment::record_assessment_attendance(&ctx, id, attendance).await?)
}

/// `PUT /referral/{referralId}/supplier-assessment/record-session-feedback`.
pub(crate) async fn record_feedback(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(SessionFeedbackRequest(feedback)): Body<SessionFeedbackRequest>,
) -> Answer<WireAppointment> {
    current_of(&app::appointment::record_assessment_feedback(&ctx, id, feedback).await?)
}

/// `POST /referral/{referralId}/supplier-assessment/submit-feedback`: a body is not read.
pub(crate) async fn submit_feedback(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<WireAppointment> {
    current_of(&app::appointment::submit_assessment_feedback(&ctx, id).await?)
}
