//! Appointments and their feedback, as the supplier assessment and the delivery sessions both show them, and the
//! requests that book them and say what happened.

use domain::appointment::{
    Address, AddressInput, Appointment, AttendanceInput, BookingRequest, DeliveryType, SessionType,
};
use domain::feedback::{Attendance, Attended, Feedback, LegacyFeedback, NoSessionReason, SessionFeedback};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::body::{Members, Object};
use crate::wire::AuthUser;
use crate::word::Word;

/// Where an appointment is held, when that is neither a probation office nor at a distance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Address")]
pub(crate) struct WireAddress {
    first_address_line: String,
    second_address_line: Option<String>,
    town_or_city: Option<String>,
    county: Option<String>,
    post_code: String,
}

impl From<&Address> for WireAddress {
    fn from(address: &Address) -> Self {
        let Address { first_line, second_line, town_or_city, county, postcode } = address.clone();
        Self {
            first_address_line: first_line,
            second_address_line: second_line,
            town_or_city,
            county,
            post_code: postcode,
        }
    }
}

impl WireAddress {
    /// As delivery sessions show it: a missing second line is empty, where plain appointments say null.
    pub(crate) fn of_session(address: &Address) -> Self {
        let mut wire = Self::from(address);
        wire.second_address_line.get_or_insert_default();
        wire
    }
}

/// The first step of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AttendanceFeedback")]
struct WireAttendance {
    did_session_happen: Option<bool>,
    attended: Option<Word<Attended>>,
    additional_attendance_information: Option<String>,
    attendance_failure_information: Option<String>,
    submitted_at: Option<Timestamp>,
    submitted_by: Option<AuthUser>,
}

/// The second step of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SessionFeedback")]
struct WireSessionFeedback {
    late: Option<bool>,
    late_reason: Option<String>,
    future_session_plans: Option<String>,
    no_attendance_information: Option<String>,
    no_session_reason_type: Option<Word<NoSessionReason>>,
    no_session_reason_pop_acceptable: Option<String>,
    no_session_reason_pop_unacceptable: Option<String>,
    no_session_reason_logistics: Option<String>,
    behaviour_description: Option<String>,
    session_summary: Option<String>,
    session_response: Option<String>,
    session_behaviour: Option<String>,
    session_concerns: Option<String>,
    notify_probation_practitioner: Option<bool>,
    notify_probation_practitioner_of_behaviour: Option<bool>,
    notify_probation_practitioner_of_concerns: Option<bool>,
}

/// What happened at an appointment; always an object, even when nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AppointmentFeedback")]
pub(crate) struct WireFeedback {
    attendance_feedback: WireAttendance,
    session_feedback: WireSessionFeedback,
    submitted: bool,
    submitted_by: Option<AuthUser>,
}

impl From<&Feedback> for WireFeedback {
    fn from(feedback: &Feedback) -> Self {
        let Feedback { attendance, session, submitted, legacy } = feedback;
        let LegacyFeedback {
            additional_attendance_information,
            attendance_failure_information,
            attendance_behaviour,
            notify_of_attendance_behaviour,
        } = legacy.clone();
        let SessionFeedback {
            late,
            late_reason,
            future_session_plans,
            no_attendance_information,
            no_session_reason,
            no_session_reason_pop_acceptable,
            no_session_reason_pop_unacceptable,
            no_session_reason_logistics,
            session_summary,
            session_response,
            session_concerns,
            session_behaviour,
            notify_of_behaviour,
            notify_of_concerns,
        } = session.as_ref().map(|(session, _)| session.clone()).unwrap_or_default();
        Self {
            attendance_feedback: WireAttendance {
                did_session_happen: attendance.as_ref().and_then(|attendance| attendance.did_session_happen),
                attended: attendance.as_ref().map(|Attendance { attended, .. }| Word(*attended)),
                additional_attendance_information,
                attendance_failure_information,
                submitted_at: attendance.as_ref().map(|attendance| attendance.recorded.at),
                submitted_by: attendance.as_ref().map(|attendance| (&attendance.recorded.by).into()),
            },
            session_feedback: WireSessionFeedback {
                late,
                late_reason,
                future_session_plans,
                no_attendance_information,
                no_session_reason_type: no_session_reason.map(Word),
                no_session_reason_pop_acceptable,
                no_session_reason_pop_unacceptable,
                no_session_reason_logistics,
                behaviour_description: attendance_behaviour,
                session_summary,
                session_response,
                session_behaviour,
                session_concerns,
                notify_probation_practitioner: notify_of_attendance_behaviour,
                notify_probation_practitioner_of_behaviour: notify_of_behaviour,
                notify_probation_practitioner_of_concerns: notify_of_concerns,
            },
            submitted: submitted.is_some(),
            submitted_by: submitted.as_ref().map(|submitted| (&submitted.by).into()),
        }
    }
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Appointment")]
pub(crate) struct WireAppointment {
    id: Uuid,
    appointment_time: Option<Timestamp>,
    duration_in_minutes: Option<u32>,
    appointment_feedback: WireFeedback,
    appointment_delivery_type: Option<Word<DeliveryType>>,
    session_type: Option<Word<SessionType>>,
    appointment_delivery_address: Option<WireAddress>,
    nps_office_code: Option<String>,
    created_at: Option<Timestamp>,
    superseded: bool,
    reschedule_requested_by: Option<String>,
    rescheduled_reason: Option<String>,
}

impl From<&Appointment> for WireAppointment {
    fn from(appointment: &Appointment) -> Self {
        let Appointment {
            id,
            time,
            duration_minutes,
            delivery,
            session_type,
            created_at,
            created_by: _,
            booking: _,
            replaces: _,
            superseded_by,
            reschedule_requested_by,
            rescheduled_reason,
            stale: _,
            feedback,
        } = appointment;
        Self {
            id: id.0,
            appointment_time: Some(*time),
            duration_in_minutes: Some(*duration_minutes),
            appointment_feedback: feedback.into(),
            appointment_delivery_type: Some(Word(delivery.delivery_type())),
            session_type: Some(Word(*session_type)),
            appointment_delivery_address: delivery.address().map(Into::into),
            nps_office_code: delivery.office_code().map(str::to_owned),
            created_at: Some(*created_at),
            superseded: superseded_by.is_some(),
            reschedule_requested_by: reschedule_requested_by.clone(),
            rescheduled_reason: rescheduled_reason.clone(),
        }
    }
}

impl Object for AddressInput {
    /// Only reads; which lines must be there is the booking's rule, which names them itself.
    fn read(members: &mut Members<'_>) -> Option<Self> {
        Some(Self {
            first_line: members.optional("firstAddressLine"),
            second_line: members.optional("secondAddressLine"),
            town_or_city: members.optional("townOrCity"),
            county: members.optional("county"),
            postcode: members.optional("postCode"),
        })
    }
}

/// Attendance given with a booking, where the booking's rules say what must be there.
struct BookedAttendance(AttendanceInput);

impl Object for BookedAttendance {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let attended = members.optional("attended");
        let did_session_happen = Some(members.flag("didSessionHappen"));
        Some(Self(AttendanceInput { attended, did_session_happen }))
    }
}

/// Attendance recorded on its own.
pub(crate) struct AttendanceRequest(pub(crate) AttendanceInput);

impl Object for AttendanceRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let attended = members.required("attended");
        let did_session_happen = Some(members.flag("didSessionHappen"));
        Some(Self(AttendanceInput { attended: Some(attended?), did_session_happen }))
    }
}

fn read_session_feedback(members: &mut Members<'_>) -> SessionFeedback {
    SessionFeedback {
        late: members.optional("late"),
        late_reason: members.optional("lateReason"),
        future_session_plans: members.optional("futureSessionPlans"),
        no_attendance_information: members.optional("noAttendanceInformation"),
        no_session_reason: members.optional("noSessionReasonType"),
        no_session_reason_pop_acceptable: members.optional("noSessionReasonPopAcceptable"),
        no_session_reason_pop_unacceptable: members.optional("noSessionReasonPopUnacceptable"),
        no_session_reason_logistics: members.optional("noSessionReasonLogistics"),
        session_summary: members.optional("sessionSummary"),
        session_response: members.optional("sessionResponse"),
        session_concerns: members.optional("sessionConcerns"),
        session_behaviour: members.optional("sessionBehaviour"),
        notify_of_behaviour: members.optional("notifyProbationPractitionerOfBehaviour"),
        notify_of_concerns: members.optional("notifyProbationPractitionerOfConcerns"),
    }
}

/// Session feedback given with a booking, whose rules look at the newer flag only.
struct BookedSessionFeedback(SessionFeedback);

impl Object for BookedSessionFeedback {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        Some(Self(read_session_feedback(members)))
    }
}

/// Session feedback recorded on its own; the older single flag stands for the concerns flag when that is missing.
pub(crate) struct SessionFeedbackRequest(pub(crate) SessionFeedback);

impl Object for SessionFeedbackRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let mut feedback = read_session_feedback(members);
        let older = members.optional("notifyProbationPractitioner");
        feedback.notify_of_concerns = feedback.notify_of_concerns.or(older);
        Some(Self(feedback))
    }
}

impl Object for BookingRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let time = members.required("appointmentTime");
        let duration_minutes = members.required("durationInMinutes");
        let delivery_type: Option<DeliveryType> = members.required("appointmentDeliveryType");
        let session_type: Option<SessionType> = members.optional("sessionType");
        let address = members.optional("appointmentDeliveryAddress");
        let office_code = members.optional("npsOfficeCode");
        let reschedule_requested_by = members.optional("rescheduleRequestedBy");
        let rescheduled_reason = members.optional("rescheduledReason");
        let attendance: Option<BookedAttendance> = members.optional("attendanceFeedback");
        let session_feedback: Option<BookedSessionFeedback> = members.optional("sessionFeedback");
        Some(Self {
            time: time?,
            duration_minutes: duration_minutes?,
            delivery_type: delivery_type?,
            session_type,
            address,
            office_code,
            reschedule_requested_by,
            rescheduled_reason,
            attendance: attendance.map(|BookedAttendance(attendance)| attendance),
            session_feedback: session_feedback.map(|BookedSessionFeedback(feedback)| feedback),
        })
    }
}
