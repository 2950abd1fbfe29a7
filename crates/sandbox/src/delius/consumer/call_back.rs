//! Calling our API back: the three answers the consumer reads, and which appointment they speak of.
//!
//! Owns these shapes as the consumer demands them and the choice of the appointment; refuses to share them with our API,
//! so that the two cannot agree on a mistake. The token is a client's own, with the role to read everything.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use uuid::Uuid;

use crate::delius::outcome::{Attended, SessionOutcome};
use crate::delius::refusal::Failure;
use crate::sandbox::Sandbox;

/// The client that Delius calls us with.
const CLIENT: &str = "delius-integration";

/// Gets and reads what an event's `detailUrl` points at.
///
/// # Errors
/// A [`Failure`] with our status, or saying that we could not be reached or read.
pub(super) async fn get<T: DeserializeOwned>(sandbox: &Sandbox, detail_url: &str) -> Result<T, Failure> {
    let url = address(detail_url, sandbox.config().callback_base.as_deref()).ok_or(Failure::Lacking("detailUrl"))?;
    let token = sandbox.client_token(CLIENT).map_err(|_no_client| Failure::CallBackUnreachable)?;
    let request = sandbox.http().get(url).bearer_auth(token).header("Accept", "application/json");
    let response = request.send().await.map_err(|_unreachable| Failure::CallBackUnreachable)?;
    let status = response.status();
    if !status.is_success() {
        return Err(Failure::CallBackStatus(status.as_u16()));
    }
    let body = response.bytes().await.map_err(|_broken_off| Failure::CallBackUnreachable)?;
    serde_json::from_slice(&body).map_err(|_unreadable| Failure::AnswerUnreadable)
}

/// The published address, at another origin where the sandbox was told so.
fn address(detail_url: &str, base: Option<&str>) -> Option<Url> {
    let published = Url::parse(detail_url).ok()?;
    let Some(base) = base else { return Some(published) };
    let mut address = Url::parse(&format!("{}{}", base.trim_end_matches('/'), published.path())).ok()?;
    address.set_query(published.query());
    Some(address)
}

/// `GET /sent-referral/{id}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SentReferral {
    reference_number: String,
    #[serde(rename = "relevantSentenceId")]
    _relevant_sentence_id: i64,
    referral: ReferralFields,
    #[serde(rename = "sentAt")]
    _sent_at: Timestamp,
    #[serde(default)]
    end_requested_at: Option<Timestamp>,
    #[serde(default)]
    concluded_at: Option<Timestamp>,
    #[serde(default)]
    end_of_service_report: Option<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferralFields {
    #[serde(alias = "provider")]
    service_provider: Provider,
    #[serde(alias = "contractType")]
    contract_type_name: String,
}

#[derive(Deserialize)]
struct Provider {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(default)]
    submitted_at: Option<Timestamp>,
}

impl SentReferral {
    /// Conclusion, or else the request to end.
    ///
    /// # Errors
    /// Neither is there.
    pub(super) fn ended_at(&self) -> Result<Timestamp, Failure> {
        self.concluded_at.or(self.end_requested_at).ok_or(Failure::AnswerLacking("concludedAt or endRequestedAt"))
    }

    /// Whether the end of service report was submitted.
    pub(super) fn report_submitted(&self) -> bool {
        self.end_of_service_report.as_ref().is_some_and(|report| report.submitted_at.is_some())
    }

    /// Contract type, reference and provider in one line.
    pub(super) fn described(&self) -> String {
        let ReferralFields { service_provider, contract_type_name } = &self.referral;
        format!("{contract_type_name} referral {} with prime provider {}", self.reference_number, service_provider.name)
    }
}

/// `GET /referral/{id}/sessions/{sessionNumber}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    #[serde(rename = "id")]
    _id: Uuid,
    #[serde(rename = "sessionNumber")]
    _session_number: u32,
    appointment_id: Uuid,
    appointment_feedback: AppointmentFeedback,
    #[serde(default)]
    old_appointments: Vec<Appointment>,
}

impl Session {
    /// The current appointment if its attendance is recorded, else the old one with the latest feedback.
    ///
    /// # Errors
    /// No appointment has feedback, or its attendance has no rule.
    pub(super) fn latest_feedback(&self) -> Result<(Uuid, SessionOutcome), Failure> {
        if self.appointment_feedback.attendance_feedback.attended.is_some() {
            return Ok((self.appointment_id, self.appointment_feedback.outcome()?));
        }
        latest(&self.old_appointments)
    }
}

/// `GET /sent-referral/{id}/supplier-assessment`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SupplierAssessment {
    #[serde(rename = "id")]
    _id: Uuid,
    #[serde(rename = "referralId")]
    _referral_id: Uuid,
    appointments: Vec<Appointment>,
}

impl SupplierAssessment {
    /// The appointment with the latest feedback.
    ///
    /// # Errors
    /// No appointment has feedback, or its attendance has no rule.
    pub(super) fn latest_feedback(&self) -> Result<(Uuid, SessionOutcome), Failure> {
        latest(&self.appointments)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Appointment {
    id: Uuid,
    appointment_feedback: AppointmentFeedback,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppointmentFeedback {
    attendance_feedback: AttendanceFeedback,
    session_feedback: SessionFeedback,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttendanceFeedback {
    #[serde(default)]
    attended: Option<Attended>,
    #[serde(default)]
    did_session_happen: Option<bool>,
    #[serde(default)]
    submitted_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionFeedback {
    #[serde(default)]
    no_session_reason_type: Option<String>,
    #[serde(default)]
    notify_probation_practitioner_of_behaviour: Option<bool>,
}

impl AppointmentFeedback {
    fn outcome(&self) -> Result<SessionOutcome, Failure> {
        let AttendanceFeedback { attended, did_session_happen, .. } = self.attendance_feedback;
        let attended = match (attended, did_session_happen) {
            (Some(attended), _) => attended,
            // Any attendance will do when the session happened.
            (None, Some(true)) => Attended::Yes,
            (None, _) => return Err(Failure::NoOutcomeRule),
        };
        Ok(SessionOutcome {
            attended,
            did_session_happen,
            no_session_reason_type: self.session_feedback.no_session_reason_type.clone(),
            notify_probation_practitioner_of_behaviour: self
                .session_feedback
                .notify_probation_practitioner_of_behaviour
                .unwrap_or(false),
        })
    }
}

fn latest(appointments: &[Appointment]) -> Result<(Uuid, SessionOutcome), Failure> {
    let submitted = |appointment: &&Appointment| appointment.appointment_feedback.attendance_feedback.submitted_at;
    let latest = appointments
        .iter()
        .filter(|appointment| submitted(appointment).is_some())
        .max_by_key(submitted)
        .ok_or(Failure::AnswerLacking("an appointment with feedback"))?;
    Ok((latest.id, latest.appointment_feedback.outcome()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feedback(attended: Option<&str>, submitted_at: Option<&str>) -> serde_json::Value {
        json!({
            "attendanceFeedback": { "attended": attended, "didSessionHappen": attended.map(|_| true), "submittedAt": submitted_at },
            "sessionFeedback": { "notifyProbationPractitionerOfBehaviour": null }
        })
    }

    #[test]
    fn the_current_appointment_counts_once_attendance_is_recorded() {
        let old = json!([{ "id": Uuid::from_u128(2), "appointmentFeedback": feedback(Some("NO"), Some("2026-03-01T10:00:00Z")) }]);
        let session = |current| -> Session {
            serde_json::from_value(json!({
                "id": Uuid::from_u128(9), "sessionNumber": 1, "appointmentId": Uuid::from_u128(1),
                "appointmentFeedback": current, "oldAppointments": old
            }))
            .unwrap()
        };
        let recorded = session(feedback(Some("yes"), Some("2026-03-02T10:00:00Z"))).latest_feedback().unwrap();
        assert_eq!((recorded.0, recorded.1.attended), (Uuid::from_u128(1), Attended::Yes));
        let open = session(feedback(None, None)).latest_feedback().unwrap();
        assert_eq!((open.0, open.1.attended), (Uuid::from_u128(2), Attended::No));
    }

    #[test]
    fn a_supplier_assessment_counts_by_the_latest_feedback() {
        let appointment = |id, at: Option<&str>| json!({ "id": Uuid::from_u128(id), "appointmentFeedback": feedback(Some("LATE"), at) });
        let assessment = |appointments: serde_json::Value| -> SupplierAssessment {
            serde_json::from_value(json!({
                "id": Uuid::from_u128(8), "referralId": Uuid::from_u128(7), "appointments": appointments
            }))
            .unwrap()
        };
        let three = json!([
            appointment(1, Some("2026-03-01T10:00:00Z")),
            appointment(2, Some("2026-03-03T10:00:00Z")),
            appointment(3, None)
        ]);
        assert_eq!(assessment(three).latest_feedback().unwrap().0, Uuid::from_u128(2));
        let none = assessment(json!([appointment(3, None)])).latest_feedback().unwrap_err();
        assert_eq!(none, Failure::AnswerLacking("an appointment with feedback"));
    }

    #[test]
    fn the_end_is_the_conclusion_or_else_the_request() {
        let referral = |concluded: Option<&str>, requested: Option<&str>| -> SentReferral {
            serde_json::from_value(json!({
                "referenceNumber": "AB1234CD", "relevantSentenceId": 1, "sentAt": "2026-01-01T10:00:00Z",
                "referral": { "id": Uuid::from_u128(1), "provider": { "name": "P" }, "contractType": "C" },
                "concludedAt": concluded, "endRequestedAt": requested, "endOfServiceReport": null
            }))
            .unwrap()
        };
        let (early, late) = ("2026-02-01T10:00:00Z", "2026-03-01T10:00:00Z");
        assert_eq!(referral(Some(late), Some(early)).ended_at().unwrap(), late.parse().unwrap());
        assert_eq!(referral(None, Some(early)).ended_at().unwrap(), early.parse().unwrap());
        assert!(matches!(referral(None, None).ended_at(), Err(Failure::AnswerLacking(_))));
    }

    #[test]
    fn the_origin_of_the_address_can_be_replaced() {
        let published = "https://ram.example/sent-referral/1?x=2";
        assert_eq!(address(published, None).unwrap().as_str(), published);
        let moved = address(published, Some("http://127.0.0.1:8080/")).unwrap();
        assert_eq!(moved.as_str(), "http://127.0.0.1:8080/sent-referral/1?x=2");
    }
}
