//! Delivery sessions: numbered slots of an approved plan, their appointments, and feedback on them.

use app::referral::Seen;
use domain::access::Operation;
use domain::appointment::{Appointment, BookingRequest, DeliveryType, SessionType, Slot, current};
use domain::feedback::Feedback;
use domain::referral::DeliverySession;
use domain::{ActionPlanId, AppointmentId, ReferralId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::appointment::{AttendanceRequest, SessionFeedbackRequest, WireAddress, WireAppointment, WireFeedback};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Body, Id, Ids, SessionNumber};
use crate::word::Word;

/// A delivery session. Its scheduling members mirror the current appointment and are null while it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DeliverySession")]
pub(crate) struct WireSession {
    id: Uuid,
    session_number: u32,
    appointment_time: Option<Timestamp>,
    duration_in_minutes: Option<u32>,
    appointment_delivery_type: Option<Word<DeliveryType>>,
    old_appointments: Vec<WireAppointment>,
    session_type: Option<Word<SessionType>>,
    nps_office_code: Option<String>,
    appointment_delivery_address: Option<WireAddress>,
    appointment_feedback: WireFeedback,
    delius_appointment_id: Option<i64>,
    appointment_id: Option<Uuid>,
}

impl From<&DeliverySession> for WireSession {
    fn from(session: &DeliverySession) -> Self {
        let DeliverySession { id, number, appointments } = session;
        let now = current(appointments);
        let old = appointments
            .iter()
            .filter(|entry| entry.booking.is_ours() && now.is_none_or(|current| current.id != entry.id));
        let delivery = now.map(|appointment| &appointment.delivery);
        Self {
            id: id.0,
            session_number: *number,
            appointment_time: now.map(|appointment| appointment.time),
            duration_in_minutes: now.map(|appointment| appointment.duration_minutes),
            appointment_delivery_type: delivery.map(|delivery| Word(delivery.delivery_type())),
            old_appointments: old.map(Into::into).collect(),
            session_type: now.map(|appointment| Word(appointment.session_type)),
            nps_office_code: delivery.and_then(|delivery| delivery.office_code()).map(str::to_owned),
            appointment_delivery_address: delivery.and_then(|delivery| delivery.address()).map(WireAddress::of_session),
            appointment_feedback: now.map_or_else(|| (&Feedback::default()).into(), |entry| (&entry.feedback).into()),
            delius_appointment_id: now.and_then(|appointment| appointment.booking.delius_id()),
            appointment_id: now.map(|appointment| appointment.id.0),
        }
    }
}

/// One appointment of a delivery session: what recording feedback answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DeliverySessionAppointment")]
pub(crate) struct WireSessionAppointment {
    id: Uuid,
    session_number: u32,
    appointment_time: Option<Timestamp>,
    duration_in_minutes: Option<u32>,
    appointment_delivery_type: Option<Word<DeliveryType>>,
    session_type: Option<Word<SessionType>>,
    nps_office_code: Option<String>,
    appointment_delivery_address: Option<WireAddress>,
    appointment_feedback: WireFeedback,
}

impl WireSessionAppointment {
    /// The appointment of the session with this number.
    pub(crate) fn new(number: u32, appointment: &Appointment) -> Self {
        let Appointment { id, time, duration_minutes, delivery, session_type, feedback, .. } = appointment;
        Self {
            id: id.0,
            session_number: number,
            appointment_time: Some(*time),
            duration_in_minutes: Some(*duration_minutes),
            appointment_delivery_type: Some(Word(delivery.delivery_type())),
            session_type: Some(Word(*session_type)),
            nps_office_code: delivery.office_code().map(str::to_owned),
            appointment_delivery_address: delivery.address().map(WireAddress::of_session),
            appointment_feedback: feedback.into(),
        }
    }
}

/// The session with this number.
fn numbered(seen: &Seen, SessionNumber(number): SessionNumber) -> Answer<WireSession> {
    let session = seen.session(number).ok_or_else(|| Failure::not_found("there is no such delivery session"))?;
    ok(session.into())
}

/// The appointment that was just given feedback.
fn with_feedback(seen: &Seen, id: AppointmentId) -> Answer<WireSessionAppointment> {
    match seen.appointment(id) {
        Some((Slot::Session(_, number), appointment)) => ok(WireSessionAppointment::new(number, appointment)),
        _ => Err(Failure::unexpected()),
    }
}

/// `GET /action-plan/{id}/appointments`: every session of the plan's referral.
pub(crate) async fn list_of_plan(Caller(ctx): Caller, Id(id): Id<ActionPlanId>) -> Answer<Vec<WireSession>> {
    let seen = app::referral::of_plan(&ctx, Operation::ListDeliverySessionsForPlan, id).await?;
    ok(seen.sessions.iter().map(Into::into).collect())
}

/// `GET /action-plan/{id}/appointments/{sessionNumber}`.
pub(crate) async fn get_of_plan(
    Caller(ctx): Caller,
    Ids(id, number): Ids<ActionPlanId, SessionNumber>,
) -> Answer<WireSession> {
    numbered(&app::referral::of_plan(&ctx, Operation::GetDeliverySessionForPlan, id).await?, number)
}

/// `GET /referral/{id}/sessions/{sessionNumber}`.
pub(crate) async fn get_of_referral(
    Caller(ctx): Caller,
    Ids(id, number): Ids<ReferralId, SessionNumber>,
) -> Answer<WireSession> {
    numbered(&app::referral::get(&ctx, Operation::GetDeliverySessionForReferral, id).await?, number)
}

/// `PATCH /action-plan/{id}/appointment/{sessionNumber}`.
pub(crate) async fn schedule(
    Caller(ctx): Caller,
    Ids(id, number): Ids<ActionPlanId, SessionNumber>,
    Body(wish): Body<BookingRequest>,
) -> Answer<WireSession> {
    numbered(&Box::pin(app::appointment::schedule_session(&ctx, id, number.0, wish)).await?, number)
}

/// `PUT /referral/{referralId}/delivery-session-appointments/{appointmentId}/attendance`.
pub(crate) async fn record_attendance(
    Caller(ctx): Caller,
    Ids(id, appointment): Ids<ReferralId, AppointmentId>,
    Body(AttendanceRequest(attendance)): Body<AttendanceRequest>,
) -> Answer<WireSessionAppointment> {
    let seen = app::appointment::record_session_attendance(&ctx, id, appointment, attendance).await?;
    with_feedback(&seen, appointment)
}

/// `PUT /referral/{referralId}/delivery-session-appointments/{appointmentId}/session-feedback`.
pub(crate) async fn record_feedback(
    Caller(ctx): Caller,
    Ids(id, appointment): Ids<ReferralId, AppointmentId>,
    Body(SessionFeedbackRequest(feedback)): Body<SessionFeedbackRequest>,
) -> Answer<WireSessionAppointment> {
    let seen = app::appointment::record_session_feedback(&ctx, id, appointment, feedback).await?;
    with_feedback(&seen, appointment)
}

/// `POST /referral/{referralId}/delivery-session-appointments/{appointmentId}/submit-feedback`: a body is not read.
pub(crate) async fn submit_feedback(
    Caller(ctx): Caller,
    Ids(id, appointment): Ids<ReferralId, AppointmentId>,
) -> Answer<WireSessionAppointment> {
    with_feedback(&app::appointment::submit_session_feedback(&ctx, id, appointment).await?, appointment)
}
