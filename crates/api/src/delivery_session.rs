//! Delivery sessions: numbered slots of an approved plan, their appointments, and feedback on them.

use domain::appointment::{Appointment, current};
use domain::feedback::Feedback;
use domain::referral::DeliverySession;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::appointment::{WireAddress, WireAppointment, WireFeedback};

/// A delivery session. Its scheduling members mirror the current appointment and are null while it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireSession {
    id: Uuid,
    session_number: u32,
    appointment_time: Option<Timestamp>,
    duration_in_minutes: Option<u32>,
    appointment_delivery_type: Option<&'static str>,
    old_appointments: Vec<WireAppointment>,
    session_type: Option<&'static str>,
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
            appointment_delivery_type: delivery.map(|delivery| delivery.delivery_type().as_str()),
            old_appointments: old.map(Into::into).collect(),
            session_type: now.map(|appointment| appointment.session_type.as_str()),
            nps_office_code: delivery.and_then(|delivery| delivery.office_code()).map(str::to_owned),
            appointment_delivery_address: delivery.and_then(|delivery| delivery.address()).map(WireAddress::of_session),
            appointment_feedback: now.map_or_else(|| (&Feedback::default()).into(), |entry| (&entry.feedback).into()),
            delius_appointment_id: now.and_then(|appointment| appointment.booking.delius_id()),
            appointment_id: now.map(|appointment| appointment.id.0),
        }
    }
}

/// One appointment of a delivery session: what recording feedback answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireSessionAppointment {
    id: Uuid,
    session_number: u32,
    appointment_time: Option<Timestamp>,
    duration_in_minutes: Option<u32>,
    appointment_delivery_type: Option<&'static str>,
    session_type: Option<&'static str>,
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
            appointment_delivery_type: Some(delivery.delivery_type().as_str()),
            session_type: Some(session_type.as_str()),
            nps_office_code: delivery.office_code().map(str::to_owned),
            appointment_delivery_address: delivery.address().map(WireAddress::of_session),
            appointment_feedback: feedback.into(),
        }
    }
}
