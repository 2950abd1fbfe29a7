//! The stored form of an [`Action`]: a kind and a payload of ids. Rows outlive releases: a field is only ever added,
//! with a default, and a kind is never renamed.

use domain::appointment::Slot;
use domain::effect::{Action, Announcement, EmailSubject, Recipient, System};
use domain::email::EmailPurpose;
use domain::ending::ConcludedState;
use domain::feedback::Attended;
use domain::{
    ActionPlanId, AppointmentId, AuthSource, CaseNoteId, ChangeLogId, DeliverySessionId, EndOfServiceReportId,
    SupplierAssessmentId, User,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// What an appointment is for.
#[derive(Serialize, Deserialize)]
#[serde(tag = "slot", rename_all = "kebab-case")]
enum SlotPart {
    Assessment { id: Uuid },
    Session { id: Uuid, number: u32 },
}

#[derive(Serialize, Deserialize)]
struct UserPart {
    source: String,
    id: String,
    username: String,
}

#[derive(Serialize, Deserialize)]
struct AppointmentPart {
    appointment: Uuid,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum AnnouncementPart {
    ReferralSent,
    ReferralAssigned { to_username: String },
    ReferralConcluded { state: String },
    ReferralEnded { state: String },
    PlanSubmitted { plan: Uuid },
    PlanApproved { plan: Uuid },
    AttendanceRecorded { appointment: Uuid, slot: SlotPart, attended: String },
    FeedbackSubmitted { appointment: Uuid, slot: SlotPart },
    ReportSubmitted { report: Uuid },
}

#[derive(Serialize, Deserialize)]
struct EmailPart {
    purpose: String,
    to: RecipientPart,
    about: SubjectPart,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
enum RecipientPart {
    ProviderMailbox,
    Practitioner { unless: Option<UserPart> },
    ProviderUser { user: UserPart },
    Operators,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "subject", rename_all = "kebab-case")]
enum SubjectPart {
    Referral,
    Plan { id: Uuid },
    Appointment { id: Uuid, slot: SlotPart },
    Report { id: Uuid },
    CaseNote { id: Uuid },
    Change { id: Uuid },
}

/// Every kind, with the system that it is for.
pub const KINDS: &[(System, &str)] = &[
    (System::Delius, "start-referral"),
    (System::Delius, "put-appointment"),
    (System::Delius, "restart-referral"),
    (System::Delius, "book-again"),
    (System::Delius, "record-outcome"),
    (System::Delius, "tell-delius"),
    (System::Events, "publish"),
    (System::Notify, "email"),
    (System::PrisonerSearch, "look-up-custody"),
];

/// The kind of an action, as the ledger and the metrics spell it.
pub fn kind_of(action: &Action) -> &'static str {
    to_json(action).0
}

/// The kind and the payload of an action.
pub(super) fn to_json(action: &Action) -> (&'static str, Value) {
    match action {
        Action::StartReferral => ("start-referral", json!({})),
        Action::PutAppointment(id) => ("put-appointment", value(&AppointmentPart { appointment: id.0 })),
        Action::RestartReferral => ("restart-referral", json!({})),
        Action::BookAgain(id) => ("book-again", value(&AppointmentPart { appointment: id.0 })),
        Action::RecordOutcome(id) => ("record-outcome", value(&AppointmentPart { appointment: id.0 })),
        Action::TellDelius(announcement) => ("tell-delius", value(&announcement_part(announcement))),
        Action::Publish(announcement) => ("publish", value(&announcement_part(announcement))),
        Action::Email { purpose, to, about } => {
            let part =
                EmailPart { purpose: purpose.as_str().to_owned(), to: recipient_part(to), about: subject_part(about) };
            ("email", value(&part))
        }
        Action::LookUpCustody => ("look-up-custody", json!({})),
    }
}

/// The action of a kind and a payload; none when they are not of this release or an earlier one.
pub(super) fn from_json(kind: &str, payload: Value) -> Option<Action> {
    match kind {
        "start-referral" => Some(Action::StartReferral),
        "put-appointment" => {
            let AppointmentPart { appointment } = serde_json::from_value(payload).ok()?;
            Some(Action::PutAppointment(AppointmentId(appointment)))
        }
        "restart-referral" => Some(Action::RestartReferral),
        "book-again" => {
            let AppointmentPart { appointment } = serde_json::from_value(payload).ok()?;
            Some(Action::BookAgain(AppointmentId(appointment)))
        }
        "record-outcome" => {
            let AppointmentPart { appointment } = serde_json::from_value(payload).ok()?;
            Some(Action::RecordOutcome(AppointmentId(appointment)))
        }
        "tell-delius" => announcement(serde_json::from_value(payload).ok()?).map(Action::TellDelius),
        "publish" => announcement(serde_json::from_value(payload).ok()?).map(Action::Publish),
        "email" => {
            let EmailPart { purpose, to, about } = serde_json::from_value(payload).ok()?;
            Some(Action::Email {
                purpose: EmailPurpose::from_text(&purpose)?,
                to: recipient(to),
                about: subject(&about),
            })
        }
        "look-up-custody" => Some(Action::LookUpCustody),
        _ => None,
    }
}

/// Plain structs of text and ids always have a JSON form.
fn value(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn slot_part(slot: Slot) -> SlotPart {
    match slot {
        Slot::Assessment(id) => SlotPart::Assessment { id: id.0 },
        Slot::Session(id, number) => SlotPart::Session { id: id.0, number },
    }
}

fn slot(part: &SlotPart) -> Slot {
    match *part {
        SlotPart::Assessment { id } => Slot::Assessment(SupplierAssessmentId(id)),
        SlotPart::Session { id, number } => Slot::Session(DeliverySessionId(id), number),
    }
}

fn user_part(user: &User) -> UserPart {
    UserPart { source: user.source.as_str().to_owned(), id: user.id.clone(), username: user.username.clone() }
}

fn user(part: UserPart) -> User {
    User { source: AuthSource::from_text(&part.source), id: part.id, username: part.username }
}

fn recipient_part(to: &Recipient) -> RecipientPart {
    match to {
        Recipient::ProviderMailbox => RecipientPart::ProviderMailbox,
        Recipient::Operators => RecipientPart::Operators,
        Recipient::Practitioner { unless } => RecipientPart::Practitioner { unless: unless.as_ref().map(user_part) },
        Recipient::ProviderUser(user) => RecipientPart::ProviderUser { user: user_part(user) },
    }
}

fn recipient(part: RecipientPart) -> Recipient {
    match part {
        RecipientPart::ProviderMailbox => Recipient::ProviderMailbox,
        RecipientPart::Operators => Recipient::Operators,
        RecipientPart::Practitioner { unless } => Recipient::Practitioner { unless: unless.map(user) },
        RecipientPart::ProviderUser { user: part } => Recipient::ProviderUser(user(part)),
    }
}

fn subject_part(about: &EmailSubject) -> SubjectPart {
    match about {
        EmailSubject::Referral => SubjectPart::Referral,
        EmailSubject::Plan(id) => SubjectPart::Plan { id: id.0 },
        EmailSubject::Appointment(id, slot) => SubjectPart::Appointment { id: id.0, slot: slot_part(*slot) },
        EmailSubject::Report(id) => SubjectPart::Report { id: id.0 },
        EmailSubject::CaseNote(id) => SubjectPart::CaseNote { id: id.0 },
        EmailSubject::Change(id) => SubjectPart::Change { id: id.0 },
    }
}

fn subject(part: &SubjectPart) -> EmailSubject {
    match part {
        SubjectPart::Referral => EmailSubject::Referral,
        SubjectPart::Plan { id } => EmailSubject::Plan(ActionPlanId(*id)),
        SubjectPart::Appointment { id, slot: part } => EmailSubject::Appointment(AppointmentId(*id), slot(part)),
        SubjectPart::Report { id } => EmailSubject::Report(EndOfServiceReportId(*id)),
        SubjectPart::CaseNote { id } => EmailSubject::CaseNote(CaseNoteId(*id)),
        SubjectPart::Change { id } => EmailSubject::Change(ChangeLogId(*id)),
    }
}

fn announcement_part(announcement: &Announcement) -> AnnouncementPart {
    match announcement {
        Announcement::ReferralSent => AnnouncementPart::ReferralSent,
        Announcement::ReferralAssigned(username) => {
            AnnouncementPart::ReferralAssigned { to_username: username.clone() }
        }
        Announcement::ReferralConcluded(state) => {
            AnnouncementPart::ReferralConcluded { state: state.as_str().to_owned() }
        }
        Announcement::ReferralEnded(state) => AnnouncementPart::ReferralEnded { state: state.as_str().to_owned() },
        Announcement::PlanSubmitted(plan) => AnnouncementPart::PlanSubmitted { plan: plan.0 },
        Announcement::PlanApproved(plan) => AnnouncementPart::PlanApproved { plan: plan.0 },
        Announcement::AttendanceRecorded(appointment, slot, attended) => AnnouncementPart::AttendanceRecorded {
            appointment: appointment.0,
            slot: slot_part(*slot),
            attended: attended.as_str().to_owned(),
        },
        Announcement::FeedbackSubmitted(appointment, slot) => {
            AnnouncementPart::FeedbackSubmitted { appointment: appointment.0, slot: slot_part(*slot) }
        }
        Announcement::ReportSubmitted(report) => AnnouncementPart::ReportSubmitted { report: report.0 },
    }
}

fn announcement(part: AnnouncementPart) -> Option<Announcement> {
    Some(match part {
        AnnouncementPart::ReferralSent => Announcement::ReferralSent,
        AnnouncementPart::ReferralAssigned { to_username } => Announcement::ReferralAssigned(to_username),
        AnnouncementPart::ReferralConcluded { state } => {
            Announcement::ReferralConcluded(ConcludedState::from_text(&state)?)
        }
        AnnouncementPart::ReferralEnded { state } => Announcement::ReferralEnded(ConcludedState::from_text(&state)?),
        AnnouncementPart::PlanSubmitted { plan } => Announcement::PlanSubmitted(ActionPlanId(plan)),
        AnnouncementPart::PlanApproved { plan } => Announcement::PlanApproved(ActionPlanId(plan)),
        AnnouncementPart::AttendanceRecorded { appointment, slot: part, attended } => {
            let attended = Attended::from_text(&attended)?;
            Announcement::AttendanceRecorded(AppointmentId(appointment), slot(&part), attended)
        }
        AnnouncementPart::FeedbackSubmitted { appointment, slot: part } => {
            Announcement::FeedbackSubmitted(AppointmentId(appointment), slot(&part))
        }
        AnnouncementPart::ReportSubmitted { report } => Announcement::ReportSubmitted(EndOfServiceReportId(report)),
    })
}

#[cfg(test)]
mod tests;
