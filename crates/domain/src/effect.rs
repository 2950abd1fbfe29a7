//! Effects: what other systems are told when something happens to a referral.
//!
//! An effect is intended in the same transaction as its cause and carried out later. A *line* is one referral and one
//! target system, first in, first out; an effect may also wait for the referral's last earlier call to Delius. This
//! module says which effects a fact has; when and how they are carried out is delivery's work (ADR 2).

use jiff::{SignedDuration, Timestamp};

use crate::amendment::Change;
use crate::appointment::{Appointment, Booking, Slot};
use crate::email::EmailPurpose;
use crate::ending::{ConcludedState, EndReason, WithdrawalState};
use crate::event::EventType;
use crate::feedback::Attended;
use crate::referral::LocationType;
use crate::{
    ActionPlanId, AppointmentId, CaseNoteId, ChangeLogId, EffectId, EndOfServiceReportId, Fact, Referral, User,
};

spelled_enum! {
    /// A system that effects go to; with a referral it makes a line.
    pub enum System {
        /// The probation record.
        Delius = "delius",
        /// The event topic.
        Events = "events",
        /// E-mail.
        Notify = "notify",
        /// Prison records; asked, not told.
        PrisonerSearch = "prisoner-search",
    }
}

spelled_enum! {
    /// Which of the two APIs in front of Delius carries an operation.
    pub enum Adapter {
        /// The probation integration API; the one that carries everything unless told otherwise.
        Integration = "integration",
        /// The older one, community-api.
        Legacy = "legacy",
    }
}

/// What is published, with what must be known about it beyond its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// The referral was sent.
    ReferralSent,
    /// A caseworker was assigned, by username.
    ReferralAssigned(String),
    /// The referral was concluded in this state.
    ReferralConcluded(ConcludedState),
    /// The referral ended in this state.
    ReferralEnded(ConcludedState),
    /// The plan was submitted.
    PlanSubmitted(ActionPlanId),
    /// The plan was approved.
    PlanApproved(ActionPlanId),
    /// Attendance at the appointment was recorded.
    AttendanceRecorded(AppointmentId, Slot, Attended),
    /// The appointment's feedback was submitted.
    FeedbackSubmitted(AppointmentId, Slot),
    /// The report was submitted.
    ReportSubmitted(EndOfServiceReportId),
}

impl Announcement {
    /// The published name.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::ReferralSent => EventType::ReferralSent,
            Self::ReferralAssigned(_) => EventType::ReferralAssigned,
            Self::ReferralConcluded(_) => EventType::ReferralConcluded,
            Self::ReferralEnded(_) => EventType::ReferralEnded,
            Self::PlanSubmitted(_) => EventType::ActionPlanSubmitted,
            Self::PlanApproved(_) => EventType::ActionPlanApproved,
            Self::AttendanceRecorded(_, Slot::Session(..), attended) if attended.is_attendance() => {
                EventType::SessionAttended
            }
            Self::AttendanceRecorded(_, Slot::Session(..), _) => EventType::SessionMissed,
            Self::AttendanceRecorded(_, Slot::Assessment(_), attended) if attended.is_attendance() => {
                EventType::AssessmentAttended
            }
            Self::AttendanceRecorded(_, Slot::Assessment(_), _) => EventType::AssessmentMissed,
            Self::FeedbackSubmitted(_, Slot::Session(..)) => EventType::SessionFeedbackSubmitted,
            Self::FeedbackSubmitted(_, Slot::Assessment(_)) => EventType::AssessmentFeedbackSubmitted,
            Self::ReportSubmitted(_) => EventType::ReportSubmitted,
        }
    }
}

/// Who an e-mail is for; the address is looked up when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The intervention's mailbox for new referrals.
    ProviderMailbox,
    /// The probation practitioner: the responsible officer in Delius, or else who made the referral. Nobody when they
    /// are the one who acted, where `unless` names that user.
    Practitioner {
        /// Who caused the e-mail and needs none.
        unless: Option<User>,
    },
    /// A caseworker, or another user of the provider's.
    ProviderUser(User),
    /// Whoever operates the product.
    Operators,
}

/// What an e-mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailSubject {
    /// The referral as a whole.
    Referral,
    /// An action plan.
    Plan(ActionPlanId),
    /// An appointment.
    Appointment(AppointmentId, Slot),
    /// The end of service report.
    Report(EndOfServiceReportId),
    /// A case note.
    CaseNote(CaseNoteId),
    /// A change of what was sent: an entry of the change log, which holds the texts before and after.
    Change(ChangeLogId),
}

/// What is to be done. Holds ids and the few facts that would be lost; everything else is read when it is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the activity (NSI) that collects this referral in Delius.
    StartReferral,
    /// Book, move or complete the appointment in Delius.
    PutAppointment(AppointmentId),
    /// Start the activity again, which Delius no longer has. Does nothing where it is there after all.
    RestartReferral,
    /// Book the appointment again under its own id, as a first booking, with its outcome where it has one.
    BookAgain(AppointmentId),
    /// Record in Delius how an appointment went that it holds, which it also learns from our event: before an end that
    /// might be read first.
    RecordOutcome(AppointmentId),
    /// Tell Delius by a call what it would have learnt from this announcement, where it does not read events. Follows
    /// from the publication, never from the fact itself (ADR 20).
    TellDelius(Announcement),
    /// Publish an event.
    Publish(Announcement),
    /// Send an e-mail.
    Email {
        /// Which template.
        purpose: EmailPurpose,
        /// For whom.
        to: Recipient,
        /// About what.
        about: EmailSubject,
    },
    /// Look up the prison and the release dates of a person in custody and keep them for comparison.
    LookUpCustody,
}

impl Action {
    /// The system that it goes to.
    pub fn system(&self) -> System {
        match self {
            Self::StartReferral
            | Self::PutAppointment(_)
            | Self::RestartReferral
            | Self::BookAgain(_)
            | Self::RecordOutcome(_)
            | Self::TellDelius(_) => System::Delius,
            Self::Publish(_) => System::Events,
            Self::Email { .. } => System::Notify,
            Self::LookUpCustody => System::PrisonerSearch,
        }
    }

    /// Whether Delius acts on it: calls to it, and the events that its consumer reads. What does, waits while the
    /// referral's line to Delius is held.
    pub fn reaches_delius(&self) -> bool {
        match self {
            Self::StartReferral
            | Self::PutAppointment(_)
            | Self::RestartReferral
            | Self::BookAgain(_)
            | Self::RecordOutcome(_)
            | Self::TellDelius(_) => true,
            Self::Publish(announcement) => announcement.event_type().is_consumed_by_delius(),
            Self::Email { .. } | Self::LookUpCustody => false,
        }
    }

    /// Whether it goes out without waiting for what is before it in its line. An e-mail that asks somebody to choose
    /// must not wait behind e-mails that wait for that very choice.
    pub fn is_out_of_line(&self) -> bool {
        matches!(self, Self::Email { purpose: EmailPurpose::DeliusNeedsChoice | EmailPurpose::AppointmentClash, .. })
    }

    /// Whether it has no purpose where a referral goes on without Delius: calls to it, and the announcement that closes
    /// the activity there. Everybody else learns of the end by the announcement of the conclusion.
    pub fn is_only_for_delius(&self) -> bool {
        match self {
            Self::StartReferral
            | Self::PutAppointment(_)
            | Self::RestartReferral
            | Self::BookAgain(_)
            | Self::RecordOutcome(_)
            | Self::TellDelius(_) => true,
            Self::Publish(announcement) => matches!(announcement, Announcement::ReferralEnded(_)),
            Self::Email { .. } | Self::LookUpCustody => false,
        }
    }
}

/// An effect that a fact has; the store gives it its place in its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The stable id that the receiver sees.
    pub id: EffectId,
    /// What is to be done.
    pub action: Action,
    /// Whether it waits for the referral's last earlier call to Delius, finished or not.
    pub after_delius: bool,
    /// When its cause happened.
    pub occurred_at: Timestamp,
}

/// The effects of one fact, in order. `referral` is the referral with the fact already taken in.
pub fn effects_of(
    referral: &Referral,
    fact: &Fact,
    now: Timestamp,
    mut new_id: impl FnMut() -> EffectId,
) -> Vec<Intent> {
    actions_of(referral, fact, now)
        .into_iter()
        .map(|action| {
            let after_delius = waits_for_delius(referral, &action);
            Intent { id: new_id(), after_delius, occurred_at: now, action }
        })
        .collect()
}

/// An event that Delius acts on must find there what it is about; an e-mail about a booking must be true, and so must
/// what is published about an appointment that Delius may still refuse.
fn waits_for_delius(referral: &Referral, action: &Action) -> bool {
    let is_proposed =
        |id: &AppointmentId| referral.appointment(*id).is_some_and(|(_, held)| held.booking == Booking::Proposed);
    match action {
        Action::Publish(Announcement::AttendanceRecorded(appointment, ..)) => is_proposed(appointment),
        Action::Publish(announcement) => announcement.event_type().is_consumed_by_delius(),
        // The clash is Delius's answer: there is nothing more to wait for.
        Action::Email { purpose: EmailPurpose::AppointmentClash, .. } => false,
        Action::Email { about: EmailSubject::Appointment(..), .. } => true,
        Action::StartReferral
        | Action::PutAppointment(_)
        | Action::RestartReferral
        | Action::BookAgain(_)
        | Action::RecordOutcome(_)
        | Action::TellDelius(_)
        | Action::Email { .. }
        | Action::LookUpCustody => false,
    }
}

fn actions_of(referral: &Referral, fact: &Fact, now: Timestamp) -> Vec<Action> {
    let practitioner = || Recipient::Practitioner { unless: None };
    match fact {
        Fact::Sent => {
            let mut actions = vec![
                Action::StartReferral,
                Action::Publish(Announcement::ReferralSent),
                email(EmailPurpose::ReferralSent, Recipient::ProviderMailbox, EmailSubject::Referral),
            ];
            if referral.location.location_type == Some(LocationType::Custody) {
                actions.push(Action::LookUpCustody);
            }
            actions
        }
        Fact::Assigned(assignment) => vec![
            Action::Publish(Announcement::ReferralAssigned(assignment.to.username.clone())),
            email(
                EmailPurpose::ReferralAssigned,
                Recipient::ProviderUser(assignment.to.clone()),
                EmailSubject::Referral,
            ),
        ],
        Fact::Amended { part: _, changes, tell_provider } => {
            if *tell_provider {
                amendment_emails(referral, changes)
            } else {
                Vec::new()
            }
        }
        Fact::AppointmentProposed { slot, appointment, .. } => {
            let mut actions = vec![Action::PutAppointment(appointment.id)];
            if let Slot::Assessment(_) = slot {
                let about = EmailSubject::Appointment(appointment.id, *slot);
                actions.push(email(EmailPurpose::InitialAssessmentScheduled, practitioner(), about));
            }
            actions
        }
        Fact::FeedbackSubmitted { appointment, slot, .. } => feedback_actions(referral, *appointment, *slot),
        Fact::PlanSubmitted(plan, _) => vec![
            Action::Publish(Announcement::PlanSubmitted(*plan)),
            email(EmailPurpose::ActionPlanSubmitted, practitioner(), EmailSubject::Plan(*plan)),
        ],
        Fact::PlanApproved(plan, _) => {
            let submitter = referral
                .plans
                .iter()
                .find(|candidate| candidate.id == *plan)
                .and_then(|plan| plan.submitted())
                .map(|submitted| submitted.by.clone());
            let mut actions = vec![Action::Publish(Announcement::PlanApproved(*plan))];
            actions.extend(submitter.map(|user| {
                let about = EmailSubject::Plan(*plan);
                email(EmailPurpose::ActionPlanApproved, Recipient::ProviderUser(user), about)
            }));
            actions
        }
        Fact::ReportSubmitted(report, _) => vec![
            Action::Publish(Announcement::ReportSubmitted(*report)),
            email(EmailPurpose::EndOfServiceReportSubmitted, practitioner(), EmailSubject::Report(*report)),
        ],
        Fact::Concluded(conclusion) => {
            let state = conclusion.state.unwrap_or_else(|| referral.delivery_state().concluded_state());
            let mut actions = vec![Action::Publish(Announcement::ReferralConcluded(state))];
            actions.extend(withdrawal_email(referral, state));
            actions
        }
        Fact::Ended(state) => {
            let mut actions = outcomes_before_end(referral, now);
            actions.push(Action::Publish(Announcement::ReferralEnded(*state)));
            actions
        }
        Fact::CaseNoteAdded { note, tell_practitioner } => {
            let about = EmailSubject::CaseNote(note.id);
            let mut actions = Vec::new();
            if let Some(assignee) = referral.assignee().filter(|assignee| !assignee.is_same_person(&note.sent_by)) {
                let to = Recipient::ProviderUser(assignee.clone());
                actions.push(email(EmailPurpose::CaseNoteSent, to, about));
            }
            if *tell_practitioner {
                let to = Recipient::Practitioner { unless: Some(note.sent_by.clone()) };
                actions.push(email(EmailPurpose::CaseNoteSentPp, to, about));
            }
            actions
        }
        Fact::AppointmentClashed(id) => clash_email(referral, *id).into_iter().collect(),
        Fact::AppointmentTaken { .. }
        | Fact::AppointmentConfirmed { .. }
        | Fact::AppointmentRefused(_)
        | Fact::DeliveryChanged { .. }
        | Fact::AttendanceRecorded { .. }
        | Fact::SessionFeedbackRecorded { .. }
        | Fact::FirstSessionHeld
        | Fact::PlanDrafted(_)
        | Fact::PlanSessionsSet(..)
        | Fact::ActivityAdded(..)
        | Fact::ActivityReworded(..)
        | Fact::SessionsMade(_)
        | Fact::ReportBegun(_)
        | Fact::ReportInformationSet(..)
        | Fact::ReportOutcomeSet(..)
        | Fact::EndRequested(_)
        | Fact::Transferred(_) => Vec::new(),
    }
}

fn email(purpose: EmailPurpose, to: Recipient, about: EmailSubject) -> Action {
    Action::Email { purpose, to, about }
}

/// The assignee learns of each change, once for changes that share a template, and the practitioner of another deadline
/// that somebody else set. While nobody is assigned there is nobody to be told.
fn amendment_emails(referral: &Referral, changes: &[Change]) -> Vec<Action> {
    let Some(assignee) = referral.assignee() else { return Vec::new() };
    let mut told = Vec::new();
    let mut actions = Vec::new();
    for change in changes {
        let purpose = change.topic.email();
        if told.contains(&purpose) {
            continue;
        }
        told.push(purpose);
        let about = EmailSubject::Change(change.id);
        actions.push(email(purpose, Recipient::ProviderUser(assignee.clone()), about));
        if purpose == EmailPurpose::CompletionDeadlineUpdated {
            actions.push(email(purpose, Recipient::Practitioner { unless: Some(change.by.clone()) }, about));
        }
    }
    actions
}

/// The assignee must choose another time for an appointment that was taken before Delius found that it clashes.
fn clash_email(referral: &Referral, id: AppointmentId) -> Option<Action> {
    let (slot, _) = referral.appointment(id)?;
    let to = Recipient::ProviderUser(referral.assignee()?.clone());
    Some(email(EmailPurpose::AppointmentClash, to, EmailSubject::Appointment(id, slot)))
}

/// Submitting feedback announces attendance, then the feedback, and tells the practitioner what they asked to hear.
fn feedback_actions(referral: &Referral, appointment: AppointmentId, slot: Slot) -> Vec<Action> {
    let Some((_, held)) = referral.appointment(appointment) else { return Vec::new() };
    let feedback = &held.feedback;
    let Some(attendance) = &feedback.attendance else { return Vec::new() };
    let told = |flag: fn(&crate::feedback::SessionFeedback) -> Option<bool>| {
        feedback.session.as_ref().is_some_and(|(session, _)| flag(session) == Some(true))
    };
    let mut actions = vec![
        Action::Publish(Announcement::AttendanceRecorded(appointment, slot, attendance.attended)),
        Action::Publish(Announcement::FeedbackSubmitted(appointment, slot)),
    ];
    let about = EmailSubject::Appointment(appointment, slot);
    let wanted = [
        (attendance.attended == Attended::No, EmailPurpose::AppointmentNotAttended),
        (told(|session| session.notify_of_behaviour), EmailPurpose::SessionPoorBehaviour),
        (told(|session| session.notify_of_concerns), EmailPurpose::SessionConcerns),
    ];
    for (_, purpose) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
        actions.push(email(purpose, Recipient::Practitioner { unless: None }, about));
    }
    actions
}

/// How long Delius may take to read feedback that was announced. Of what was submitted longer ago it is not told again:
/// somebody may have recorded there since what they know better.
const UNREAD: SignedDuration = SignedDuration::from_hours(1);

/// The outcomes that Delius may not have read yet. Events keep no order on their way to it: an end that is read first
/// withdraws the day's appointments and closes the activity, and what comes after that is refused.
fn outcomes_before_end(referral: &Referral, now: Timestamp) -> Vec<Action> {
    if !referral.ends_for_the_first_time() {
        return Vec::new();
    }
    let may_be_unread = |appointment: &Appointment| {
        let submitted = appointment.feedback.submitted.as_ref();
        appointment.booking.is_ours() && submitted.is_some_and(|submitted| now.duration_since(submitted.at) < UNREAD)
    };
    let appointments = referral.appointments().map(|(_, appointment)| appointment);
    appointments.filter(|one| may_be_unread(one)).map(|one| Action::RecordOutcome(one.id)).collect()
}

/// The assignee learns of a withdrawal; an ordinary conclusion sends nothing, nor does one nobody is assigned to.
fn withdrawal_email(referral: &Referral, concluded: ConcludedState) -> Option<Action> {
    let Some(EndReason::Withdrawal { state, .. }) = referral.end_request.as_ref()?.reason.as_ref() else { return None };
    let assignee = referral.assignee()?;
    let purpose = match (concluded, state) {
        (ConcludedState::Cancelled, WithdrawalState::PreIca) => EmailPurpose::ReferralPreIcaWithdrawn,
        (ConcludedState::PrematurelyEnded | ConcludedState::Completed, WithdrawalState::PreIca) => return None,
        (_, WithdrawalState::PostIca) => EmailPurpose::ReferralPostIcaWithdrawn,
        (_, WithdrawalState::CloseEarly) => EmailPurpose::ReferralWithdrawEarly,
    };
    Some(email(purpose, Recipient::ProviderUser(assignee.clone()), EmailSubject::Referral))
}

impl Action {
    /// What is done, in a few words, for ledgers.
    pub fn name(&self) -> String {
        match self {
            Self::StartReferral => "start of referral".to_owned(),
            Self::PutAppointment(_) => "appointment".to_owned(),
            Self::RestartReferral => "start of referral, again".to_owned(),
            Self::BookAgain(_) => "appointment, again".to_owned(),
            Self::RecordOutcome(_) => "outcome of appointment".to_owned(),
            Self::TellDelius(announcement) => format!("call in place of {}", announcement.event_type()),
            Self::Publish(announcement) => announcement.event_type().to_string(),
            Self::Email { purpose, .. } => format!("{purpose} e-mail"),
            Self::LookUpCustody => "custody look-up".to_owned(),
        }
    }
}
