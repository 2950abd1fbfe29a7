//! Collection: Delius gathers what happens on a referral under an activity (NSI) that carries our URN. Delius collects
//! and does not own: people there may close, delete or double the activity, and nobody tells us (ADR 11, ADR 16).
//!
//! Owns the kinds of discrepancy between the two, what each may be mended by, and what a person may choose. Refuses
//! to undo what a person did in Delius: what would, is offered as a choice and never done by itself.

mod compare;

use std::collections::BTreeMap;

pub use self::compare::{
    ACTIVITY_TYPES, Container, Glass, Reading, SeenAppointment, SentenceSeen, Told, compare, is_changed_since_end,
    may_be_booked_again, outcome_of_end, strays,
};
use crate::AppointmentId;

spelled_enum! {
    /// How what Delius holds differs from what is true here. The names are those of the daily discrepancy report.
    pub enum DiscrepancyKind {
        /// No activity carries our URN, more than a day after the referral was sent, or Delius refused an update so.
        Missing = "missing",
        /// Only a deleted activity carries our URN.
        SoftDeleted = "soft_deleted",
        /// The activity ended while the referral is open: later updates are refused, or half taken.
        ClosedEarly = "closed_early",
        /// The activity is in progress by its status and yet ended: what a replayed start leaves behind.
        HalfReopened = "half_reopened",
        /// The referral was concluded more than a day ago and the activity is open.
        StillOpen = "still_open",
        /// Both ended, with different outcomes.
        OutcomeMismatch = "outcome_mismatch",
        /// The activity has another type than the referral's contract type maps to.
        TypeMismatch = "type_mismatch",
        /// Delius does not know the person by the number that we call with: merged or deleted.
        PersonMismatch = "person_mismatch",
        /// The activity hangs on another sentence than the referral.
        EventMismatch = "event_mismatch",
        /// Start or end differ by more than a day.
        DateMismatch = "date_mismatch",
        /// Several live activities carry our URN.
        Duplicate = "duplicate",
        /// An activity carries a URN of ours that names no referral.
        OrphanUrn = "orphan_urn",
        /// An activity carries what nearly is a URN of ours.
        MalformedUrn = "malformed_urn",
        /// Delius confirmed an appointment and holds it no longer.
        AppointmentMissing = "appointment_missing",
        /// Delius holds another outcome of an appointment than was reported here.
        AppointmentOutcomeMismatch = "appointment_outcome_mismatch",
    }
}

spelled_enum! {
    /// What mends a discrepancy, as an effect of its own with cause and actor. Each may be intended twice and acts once.
    pub enum Repair {
        /// Starts the activity again and books again what is still to come.
        CreateAgain = "create-again",
        /// Books an appointment again under its own id, with its outcome where it has one.
        BookAgain = "book-again",
        /// Announces the end again, so that Delius closes the activity.
        AnnounceEnd = "announce-end",
        /// Records how an appointment went, where Delius has recorded nothing.
        RecordOutcome = "record-outcome",
        /// Calls with the case number that the person has now, once somebody has supplied it and Delius has confirmed it.
        FollowMerge = "follow-merge",
    }
}

spelled_enum! {
    /// What a person decided about a discrepancy that holds a referral's line to Delius.
    pub enum Choice {
        /// Somebody in Delius was asked to reopen the activity; the line stays held until it is open.
        AskToReopen = "ask-to-reopen",
        /// It is open again, on the word of the person who chose this.
        Reopened = "reopened",
        /// Delius is told nothing more of this referral.
        WithoutDelius = "without-delius",
        /// Our referral ends, and Delius keeps what a person recorded there.
        EndReferral = "end-referral",
        /// A new activity is to be made: the former one was deleted or never came to be.
        CreateAgain = "create-again",
    }
}

/// What was seen, as names and plain values for people: dates, statuses and codes of Delius. Never an NSI id, and
/// nothing about the person.
pub type Evidence = BTreeMap<String, String>;

/// Every name of what was seen. Each has words of its own on the operators' pages.
pub const EVIDENCE: [&str; 17] = [
    "activities",
    "caseNumber",
    "endedOn",
    "endedOnExpected",
    "expected",
    "foundWith",
    "outcome",
    "refused",
    "refusedWith",
    EVIDENCE_SENTENCE,
    "sentenceId",
    "sentenceIdExpected",
    "start",
    "startedOn",
    "startedOnExpected",
    "status",
    "type",
];

/// One discrepancy as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is the matter.
    pub kind: DiscrepancyKind,
    /// The appointment that it is about; none: the activity as a whole.
    pub appointment: Option<AppointmentId>,
    /// What was seen.
    pub evidence: Evidence,
}

impl Finding {
    /// About the activity.
    pub fn new(kind: DiscrepancyKind) -> Self {
        Self { kind, appointment: None, evidence: Evidence::new() }
    }

    /// The same with something more that was seen: its name is one of [`EVIDENCE`].
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.evidence.insert(name.to_owned(), value.to_string());
        self
    }

    /// What mends it without overriding anybody, where its conditions hold; none where a person must decide or act.
    pub fn repair(&self) -> Option<Repair> {
        match self.kind {
            // Nobody recorded anything there that could be overwritten: the news of it never arrived.
            DiscrepancyKind::AppointmentOutcomeMismatch => {
                let is_empty = self.evidence.get("outcome").is_some_and(|outcome| outcome == compare::NO_OUTCOME);
                is_empty.then_some(Repair::RecordOutcome)
            }
            kind => kind.repair(),
        }
    }
}

impl DiscrepancyKind {
    /// Whether nothing more may be sent to Delius about the referral until it is settled: whatever is sent would be
    /// refused, or would change what a person did.
    pub fn holds(self) -> bool {
        match self {
            Self::Missing
            | Self::SoftDeleted
            | Self::ClosedEarly
            | Self::HalfReopened
            | Self::PersonMismatch
            | Self::Duplicate => true,
            Self::StillOpen
            | Self::OutcomeMismatch
            | Self::TypeMismatch
            | Self::EventMismatch
            | Self::DateMismatch
            | Self::OrphanUrn
            | Self::MalformedUrn
            | Self::AppointmentMissing
            | Self::AppointmentOutcomeMismatch => false,
        }
    }

    /// What a practitioner or an operator may choose about it; empty where there is nothing for them to decide.
    pub fn choices(self) -> &'static [Choice] {
        match self {
            Self::ClosedEarly | Self::HalfReopened => {
                &[Choice::AskToReopen, Choice::Reopened, Choice::WithoutDelius, Choice::EndReferral]
            }
            Self::Missing | Self::SoftDeleted => &[Choice::CreateAgain, Choice::WithoutDelius, Choice::EndReferral],
            Self::Duplicate | Self::PersonMismatch => &[Choice::WithoutDelius, Choice::EndReferral],
            Self::StillOpen
            | Self::OutcomeMismatch
            | Self::TypeMismatch
            | Self::EventMismatch
            | Self::DateMismatch
            | Self::OrphanUrn
            | Self::MalformedUrn
            | Self::AppointmentMissing
            | Self::AppointmentOutcomeMismatch => &[],
        }
    }

    /// What mends every discrepancy of this kind; see [`Finding::repair`].
    pub fn repair(self) -> Option<Repair> {
        match self {
            Self::Missing => Some(Repair::CreateAgain),
            Self::StillOpen => Some(Repair::AnnounceEnd),
            Self::PersonMismatch => Some(Repair::FollowMerge),
            Self::AppointmentMissing => Some(Repair::BookAgain),
            Self::SoftDeleted
            | Self::ClosedEarly
            | Self::HalfReopened
            | Self::OutcomeMismatch
            | Self::TypeMismatch
            | Self::EventMismatch
            | Self::DateMismatch
            | Self::Duplicate
            | Self::OrphanUrn
            | Self::MalformedUrn
            | Self::AppointmentOutcomeMismatch => None,
        }
    }

    /// Why it is not mended by itself, or what to do when the repair does not take, in plain words.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Missing => {
                "Delius has no activity for this referral. It is made again by itself where an earlier one was confirmed \
                 and the sentence is active; otherwise somebody must choose."
            }
            Self::SoftDeleted => {
                "Somebody deleted the activity in Delius. Making another would undo that: the practitioner chooses."
            }
            Self::ClosedEarly => {
                "Somebody closed the activity in Delius while this referral goes on. Reopening it is theirs to do: the \
                 practitioner chooses."
            }
            Self::HalfReopened => {
                "The activity in Delius is in progress by its status and yet ended. Somebody must put it right there."
            }
            Self::StillOpen => {
                "The referral was concluded and the activity is still open. The end is announced again; where the \
                 sentence was terminated Delius refuses that, and somebody must close the activity there."
            }
            Self::OutcomeMismatch => {
                "The outcome in Delius is another than ours. What was recorded there is not overwritten."
            }
            Self::TypeMismatch => "The activity has another type than the contract. Nothing here depends on it.",
            Self::PersonMismatch => {
                "Delius does not know this case number any more: the person was merged or deleted there. Neither Delius \
                 nor the prison search can be asked for the new number: somebody must supply it."
            }
            Self::EventMismatch => {
                "The activity hangs on another sentence. Somebody must move it in Delius or amend the referral."
            }
            Self::DateMismatch => {
                "The dates in Delius are others than ours. What was recorded there is not overwritten."
            }
            Self::Duplicate => {
                "Several activities in Delius carry this referral's reference, and updates fail. Somebody must remove \
                 all but one of them there."
            }
            Self::OrphanUrn => "An activity in Delius names a referral that does not exist here.",
            Self::MalformedUrn => {
                "An activity in Delius carries a damaged reference. Somebody must put it right there."
            }
            Self::AppointmentMissing => "Delius no longer holds an appointment that it confirmed. It is booked again.",
            Self::AppointmentOutcomeMismatch => {
                "Delius holds another outcome of an appointment. What was recorded there is not overwritten; where \
                 nothing is, it is recorded again."
            }
        }
    }
}

/// What a call that Delius refused as "bad" or "not there" (400, 404) tells where nothing more can be seen; none for
/// other statuses. The text of the answer is never looked at: versions differ in it.
///
/// An activity cannot have been closed that never was: `was_started` is whether a start was confirmed or may have been.
pub fn kind_of_refusal(status: u16, was_started: bool) -> Option<DiscrepancyKind> {
    match (status, was_started) {
        (400, true) => Some(DiscrepancyKind::ClosedEarly),
        (400, false) | (404, _) => Some(DiscrepancyKind::Missing),
        _ => None,
    }
}

/// The withdrawal reason to offer first when a referral ends because its sentence did: "sentence expired".
pub const SENTENCE_EXPIRED: &str = "SEE";
/// The withdrawal reasons that fit a sentence that ended: expired, revoked, acquitted on appeal, returned to custody.
pub const SENTENCE_REASONS: [&str; 4] = [SENTENCE_EXPIRED, "SER", "ACQ", "RET"];
/// The withdrawal reason to offer first otherwise: "any other change".
pub const OTHER_REASON: &str = "ANO";

/// The name under which a finding's evidence says whether the sentence is active, ended or not there.
pub const EVIDENCE_SENTENCE: &str = "sentence";
/// The value of [`EVIDENCE_SENTENCE`] for a sentence that ended.
pub const SENTENCE_ENDED: &str = "ended";

/// The withdrawal reason to offer first for a discrepancy with this evidence.
pub fn likely_reason(evidence: &Evidence) -> &'static str {
    let ended = evidence.get(EVIDENCE_SENTENCE).is_some_and(|value| value != "active");
    if ended { SENTENCE_EXPIRED } else { OTHER_REASON }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_holds_a_line_leaves_somebody_a_way_on() {
        for kind in DiscrepancyKind::ALL.iter().filter(|kind| kind.holds()) {
            let choices = kind.choices();
            assert!(choices.contains(&Choice::WithoutDelius) && choices.contains(&Choice::EndReferral), "{kind}");
        }
    }

    #[test]
    fn nothing_that_a_person_did_is_mended_by_itself() {
        for kind in [
            DiscrepancyKind::SoftDeleted,
            DiscrepancyKind::ClosedEarly,
            DiscrepancyKind::HalfReopened,
            DiscrepancyKind::OutcomeMismatch,
            DiscrepancyKind::DateMismatch,
            DiscrepancyKind::AppointmentOutcomeMismatch,
        ] {
            assert_eq!(kind.repair(), None, "{kind}");
        }
    }

    #[test]
    fn an_outcome_is_recorded_where_there_is_none_and_never_over_another() {
        let found = |outcome: &str| Finding::new(DiscrepancyKind::AppointmentOutcomeMismatch).with("outcome", outcome);
        assert_eq!(found(compare::NO_OUTCOME).repair(), Some(Repair::RecordOutcome));
        assert_eq!(found("AFTA").repair(), None);
        assert_eq!(Finding::new(DiscrepancyKind::StillOpen).repair(), Some(Repair::AnnounceEnd));
    }

    #[test]
    fn a_refusal_is_told_by_its_status_alone() {
        assert_eq!(kind_of_refusal(400, true), Some(DiscrepancyKind::ClosedEarly));
        assert_eq!(kind_of_refusal(400, false), Some(DiscrepancyKind::Missing));
        assert_eq!(kind_of_refusal(404, true), Some(DiscrepancyKind::Missing));
        for status in [401, 403, 409, 422, 500] {
            assert_eq!(kind_of_refusal(status, true), None, "{status}");
        }
    }
}
