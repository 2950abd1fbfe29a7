//! Appointments and what was recorded of them.

use std::collections::BTreeMap;

use domain::appointment::{Appointment, Booking, DeliveryType, SessionType};
use domain::feedback::{Attended, NoSessionReason};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::text::{or_empty, time};
use crate::word::Word;

/// An appointment.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SarAppointment {
    id: Uuid,
    appointment_time: String,
    duration_minutes: Option<u32>,
    booking_state: SarBookingState,
    created_at: Option<String>,
    attendance_submitted_at: Option<String>,
    notifyppof_attendance_behaviour: Option<bool>,
    attendance_behaviour_submitted_at: Option<String>,
    appointment_feedback_submitted_at: Option<String>,
    superseded: Option<bool>,
    superseded_by_appointment_id: Option<Uuid>,
    session_feedback_submitted_at: Option<String>,
    session_feedback_submitted_by: Option<String>,
    did_session_happen: Option<bool>,
    late: Option<bool>,
    /// Always null: the value is in the singular.
    future_session_plans: Option<String>,
    reschedule_requested_by: Option<String>,
    rescheduled_reasons: Option<String>,
    session_summary: String,
    session_response: String,
    session_concerns: String,
    late_reason: String,
    future_session_plan: String,
    attended: Option<Word<Attended>>,
    additional_attendance_information: Option<String>,
    attendance_behaviour: Option<String>,
    attendance_failure_information: Option<String>,
    no_attendance_information: Option<String>,
    no_session_reason_type: Option<Word<NoSessionReason>>,
    no_session_reason_pop_acceptable: Option<String>,
    no_session_reason_pop_unacceptable: Option<String>,
    no_session_reason_logistics: Option<String>,
    session_behaviour: Option<String>,
    appointment_delivery_address: SarAddress,
    appointment_delivery_type: SarDelivery,
}

/// Where it is held; parts that there are not are empty.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarAppointmentDeliveryAddress")]
struct SarAddress {
    first_address_line: String,
    second_address_line: Option<String>,
    town_or_city: String,
    county: Option<String>,
    postcode: String,
}

/// How it is held.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarAppointmentDeliveryType")]
struct SarDelivery {
    appointment_delivery_type: Word<DeliveryType>,
    nps_office_name: Option<String>,
    appointment_session_type: Option<Word<SessionType>>,
    first_address_line: Option<String>,
}

impl SarAppointment {
    /// The appointment; `offices` names probation offices by code.
    pub(super) fn new(appointment: &Appointment, offices: &BTreeMap<String, String>) -> Self {
        let feedback = &appointment.feedback;
        let session = feedback.session.as_ref().map(|(session, _)| session.clone()).unwrap_or_default();
        let recorded = feedback.session.as_ref().map(|(_, recorded)| recorded);
        let attendance = feedback.attendance.as_ref();
        let legacy = feedback.legacy.clone();
        let address = appointment.delivery.address();
        Self {
            id: appointment.id.0,
            appointment_time: time(appointment.time),
            duration_minutes: Some(appointment.duration_minutes),
            booking_state: appointment.booking.into(),
            created_at: Some(time(appointment.created_at)),
            attendance_submitted_at: attendance.map(|attendance| time(attendance.recorded.at)),
            notifyppof_attendance_behaviour: legacy.notify_of_attendance_behaviour,
            attendance_behaviour_submitted_at: None,
            appointment_feedback_submitted_at: feedback.submitted.as_ref().map(|stamp| time(stamp.at)),
            superseded: Some(appointment.superseded_by.is_some()),
            superseded_by_appointment_id: appointment.superseded_by.map(|id| id.0),
            session_feedback_submitted_at: recorded.map(|stamp| time(stamp.at)),
            session_feedback_submitted_by: recorded.map(|stamp| stamp.by.username.clone()),
            did_session_happen: attendance.and_then(|attendance| attendance.did_session_happen),
            late: session.late,
            future_session_plans: None,
            reschedule_requested_by: appointment.reschedule_requested_by.clone(),
            rescheduled_reasons: appointment.rescheduled_reason.clone(),
            session_summary: session.session_summary.unwrap_or_default(),
            session_response: session.session_response.unwrap_or_default(),
            session_concerns: session.session_concerns.unwrap_or_default(),
            late_reason: session.late_reason.unwrap_or_default(),
            future_session_plan: session.future_session_plans.unwrap_or_default(),
            attended: attendance.map(|attendance| Word(attendance.attended)),
            additional_attendance_information: legacy.additional_attendance_information,
            attendance_behaviour: legacy.attendance_behaviour,
            attendance_failure_information: legacy.attendance_failure_information,
            no_attendance_information: session.no_attendance_information,
            no_session_reason_type: session.no_session_reason.map(Word),
            no_session_reason_pop_acceptable: session.no_session_reason_pop_acceptable,
            no_session_reason_pop_unacceptable: session.no_session_reason_pop_unacceptable,
            no_session_reason_logistics: session.no_session_reason_logistics,
            session_behaviour: session.session_behaviour,
            appointment_delivery_address: SarAddress {
                first_address_line: or_empty(address.map(|address| &address.first_line)),
                second_address_line: address.and_then(|address| address.second_line.clone()),
                town_or_city: or_empty(address.and_then(|address| address.town_or_city.as_ref())),
                county: address.and_then(|address| address.county.clone()),
                postcode: or_empty(address.map(|address| &address.postcode)),
            },
            appointment_delivery_type: SarDelivery {
                appointment_delivery_type: Word(appointment.delivery.delivery_type()),
                nps_office_name: appointment.delivery.office_code().and_then(|code| offices.get(code).cloned()),
                appointment_session_type: Some(Word(appointment.session_type)),
                first_address_line: address.map(|address| address.first_line.clone()),
            },
        }
    }
}

/// What became of the booking; a refused one never took place.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum SarBookingState {
    Proposed,
    Unconfirmed,
    Confirmed,
    Refused,
    Clash,
}

impl From<Booking> for SarBookingState {
    fn from(booking: Booking) -> Self {
        match booking {
            Booking::Proposed => Self::Proposed,
            Booking::Unconfirmed => Self::Unconfirmed,
            Booking::Confirmed(_) => Self::Confirmed,
            Booking::Refused => Self::Refused,
            Booking::Clash => Self::Clash,
        }
    }
}
