//! The older API's writes and their shapes.
//!
//! None of them takes an idempotency key. Start and booking make something new with every call; a move makes a new
//! appointment with every call, which takes the slot that a repeat asks for; relocation, outcome and a note (told apart
//! by its second) may be repeated; an end meets its own closed activity. The caller knows what may have arrived.

use domain::ending::ConcludedState;
use domain::feedback::Attended;
use domain::{Crn, ReferralId};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Legacy, offender};
use crate::delius::{
    DeliusContactId, EndReferral, Note, Operation, PutAppointment, RecordOutcome, SessionOutcome, StartReferral, call,
};
use crate::error::{Kind, System, UpstreamError};
use crate::http::{Answer, Request};
use crate::trace::Trace;

/// The only integration context there is.
const CONTEXT: &str = "commissioned-rehabilitation-services";
/// Who asked for a move, where it was the provider.
const PROVIDER: &str = "Service Provider";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    started_at: Timestamp,
    contract_type: &'a str,
    sentence_id: i64,
    referral_id: Uuid,
    notes: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct End<'a> {
    contract_type: &'a str,
    started_at: Timestamp,
    referral_id: Uuid,
    ended_at: Timestamp,
    sentence_id: i64,
    end_type: &'a str,
    notes: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Booking<'a> {
    contract_type: &'a str,
    referral_start: Timestamp,
    referral_id: Uuid,
    appointment_start: Timestamp,
    appointment_end: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    office_location_code: Option<&'a str>,
    notes: &'a str,
    counts_towards_rar_days: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    attended: Option<&'static str>,
    #[serde(rename = "notifyPPOfAttendanceBehaviour", skip_serializing_if = "Option::is_none")]
    notify: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reschedule<'a> {
    updated_appointment_start: Timestamp,
    updated_appointment_end: Timestamp,
    initiated_by_service_provider: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    office_location_code: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relocate<'a> {
    office_location_code: &'a str,
}

#[derive(Serialize)]
struct Outcome<'a> {
    notes: &'a str,
    attended: &'static str,
    #[serde(rename = "notifyPPOfAttendanceBehaviour")]
    notify: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    contract_type: &'a str,
    referral_start: Timestamp,
    referral_id: Uuid,
    contact_date_time: Timestamp,
    notes: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppointmentAnswer {
    appointment_id: i64,
}

/// Attendance and the flag about behaviour. This API takes whoever attended to have had a session.
fn attendance(operation: &'static str, outcome: SessionOutcome) -> Result<(&'static str, bool), UpstreamError> {
    match outcome {
        SessionOutcome::Happened { attended: attended @ (Attended::Yes | Attended::Late), behaviour_notified } => {
            Ok((attended.as_str(), behaviour_notified))
        }
        SessionOutcome::NotAttended => Ok((Attended::No.as_str(), false)),
        SessionOutcome::Happened { attended: Attended::No, .. } | SessionOutcome::DidNotHappen { .. } => {
            Err(unsendable(operation, "the older API cannot say that somebody attended and no session took place"))
        }
    }
}

pub(in crate::delius) fn unsendable(operation: &'static str, at: &'static str) -> UpstreamError {
    UpstreamError::new(System::CommunityApi, operation, Kind::Unsendable { at })
}

impl Legacy {
    pub(in crate::delius) async fn start_referral(
        &self,
        trace: &Trace,
        crn: &Crn,
        start: &StartReferral,
    ) -> Result<(), UpstreamError> {
        let StartReferral { referral_id, started_at, contract_type, sentence_id, notes } = start;
        let body = Start {
            started_at: *started_at,
            contract_type,
            sentence_id: *sentence_id,
            referral_id: referral_id.0,
            notes,
        };
        let path = offender(crn, &["referral", "start", "context", CONTEXT]);
        self.post(trace, call::START, &path, &body).await?;
        Ok(())
    }

    pub(in crate::delius) async fn end_referral(
        &self,
        trace: &Trace,
        crn: &Crn,
        end: &EndReferral,
    ) -> Result<(), UpstreamError> {
        let EndReferral { referral_id, contract_type, started_at, sentence_id, ended_at, state, notes } = end;
        let body = End {
            contract_type,
            started_at: *started_at,
            referral_id: referral_id.0,
            ended_at: *ended_at,
            sentence_id: *sentence_id,
            end_type: ConcludedState::as_str(*state),
            notes,
        };
        let path = offender(crn, &["referral", "end", "context", CONTEXT]);
        self.post(trace, call::END, &path, &body).await?;
        Ok(())
    }

    pub(in crate::delius) async fn put_appointment(
        &self,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        match appointment.operation {
            Operation::Reschedule => self.reschedule(trace, crn, appointment).await,
            Operation::Relocate => self.relocate(trace, crn, appointment).await,
            _ => self.book(trace, crn, appointment).await,
        }
    }

    async fn book(
        &self,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        const OPERATION: &str = call::BOOK;
        let attended = appointment.outcome.map(|outcome| attendance(OPERATION, outcome)).transpose()?;
        let sentence = appointment.sentence_id.ok_or_else(|| unsendable(OPERATION, "the sentence is not known"))?;
        let body = Booking {
            contract_type: &appointment.contract_type,
            referral_start: appointment.referral_started_at,
            referral_id: appointment.referral_id.0,
            appointment_start: appointment.start,
            appointment_end: end_of(appointment),
            office_location_code: appointment.office_location_code.as_deref(),
            notes: appointment.notes.as_deref().unwrap_or_default(),
            counts_towards_rar_days: appointment.counts_towards_rar,
            attended: attended.map(|(attended, _)| attended),
            notify: attended.map(|(_, notify)| notify),
        };
        let sentence = sentence.to_string();
        let path = offender(crn, &["sentence", &sentence, "appointments", "context", CONTEXT]);
        contact(&self.post(trace, OPERATION, &path, &body).await?)
    }

    async fn reschedule(
        &self,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        const OPERATION: &str = call::RESCHEDULE;
        if appointment.outcome.is_some() {
            return Err(unsendable(
                OPERATION,
                "the older API cannot move an appointment and record its outcome at once",
            ));
        }
        let moved = moved(OPERATION, appointment)?.to_string();
        let asked_by = appointment.reschedule_requested_by.as_deref();
        let body = Reschedule {
            updated_appointment_start: appointment.start,
            updated_appointment_end: end_of(appointment),
            initiated_by_service_provider: asked_by.is_none_or(|asked_by| asked_by == PROVIDER),
            office_location_code: appointment.office_location_code.as_deref(),
        };
        let path = offender(crn, &["appointments", &moved, "reschedule", "context", CONTEXT]);
        contact(&self.post(trace, OPERATION, &path, &body).await?)
    }

    async fn relocate(
        &self,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        const OPERATION: &str = call::RELOCATE;
        if appointment.outcome.is_some() {
            return Err(unsendable(
                OPERATION,
                "the older API cannot move an appointment and record its outcome at once",
            ));
        }
        let moved = moved(OPERATION, appointment)?;
        let office_location_code = appointment
            .office_location_code
            .as_deref()
            .ok_or_else(|| unsendable(OPERATION, "the office is not known"))?;
        let id = moved.to_string();
        let path = offender(crn, &["appointments", &id, "relocate"]);
        self.post(trace, OPERATION, &path, &Relocate { office_location_code }).await?;
        Ok(moved)
    }

    pub(in crate::delius) async fn record_outcome(
        &self,
        trace: &Trace,
        crn: &Crn,
        outcome: &RecordOutcome,
    ) -> Result<(), UpstreamError> {
        const OPERATION: &str = call::OUTCOME;
        let RecordOutcome { delius_id, outcome, notes } = outcome;
        let (attended, notify) = attendance(OPERATION, *outcome)?;
        let id = delius_id.to_string();
        let path = offender(crn, &["appointments", &id, "outcome", "context", CONTEXT]);
        self.post(trace, OPERATION, &path, &Outcome { notes, attended, notify }).await?;
        Ok(())
    }

    pub(in crate::delius) async fn notify(&self, trace: &Trace, crn: &Crn, note: &Note) -> Result<(), UpstreamError> {
        let Note { referral_id: ReferralId(referral_id), contract_type, referral_started_at, sentence_id, at, text } =
            note;
        let body = Notification {
            contract_type,
            referral_start: *referral_started_at,
            referral_id: *referral_id,
            contact_date_time: *at,
            notes: text,
        };
        let sentence = sentence_id.to_string();
        let path = offender(crn, &["sentences", &sentence, "notifications", "context", CONTEXT]);
        self.post(trace, call::NOTIFY, &path, &body).await?;
        Ok(())
    }

    async fn post(
        &self,
        trace: &Trace,
        operation: &'static str,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Answer, UpstreamError> {
        self.service.call(trace, Request::write(operation, Method::POST, path).json(body)).await
    }
}

fn end_of(appointment: &PutAppointment) -> Timestamp {
    let length = SignedDuration::from_mins(i64::from(appointment.duration_in_minutes));
    appointment.start.saturating_add(length).unwrap_or(appointment.start)
}

fn moved(operation: &'static str, appointment: &PutAppointment) -> Result<DeliusContactId, UpstreamError> {
    appointment
        .delius_id
        .ok_or_else(|| unsendable(operation, "Delius's id of the appointment is not known, and this API needs it"))
}

fn contact(answer: &Answer) -> Result<DeliusContactId, UpstreamError> {
    answer.json().map(|AppointmentAnswer { appointment_id }| DeliusContactId(appointment_id))
}
