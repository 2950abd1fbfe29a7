//! Whose turn it is: who must act before a message goes out. The only place that says so; `docs/delivery.md`, "Parked:
//! what it means and who may act", is this in words.

use domain::effect::{Action, System};
use store::outbox::{EffectState, FEEDBACK_FIRST, LedgerEntry, NOT_YET};

/// Who must act before an effect goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody: it is finished, or goes out by itself.
    Nobody,
    /// The probation practitioner, who chooses what becomes of a referral that Delius takes no updates about.
    Practitioner,
    /// The caseworker at the provider: another time, or feedback.
    Caseworker,
    /// An operator: a paused system, the configuration, a refusal.
    Operator,
    /// Somebody with access to Delius.
    DeliusUser,
    /// Whoever keeps the directory of users.
    UserAdministration,
    /// A developer: the message cannot be put together.
    Developer,
}

impl Owner {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Nobody,
        Self::Practitioner,
        Self::Caseworker,
        Self::Operator,
        Self::DeliusUser,
        Self::UserAdministration,
        Self::Developer,
    ];

    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Practitioner => "practitioner",
            Self::Caseworker => "caseworker",
            Self::Operator => "operator",
            Self::DeliusUser => "delius-user",
            Self::UserAdministration => "user-administration",
            Self::Developer => "developer",
        }
    }
}

/// What stands around an effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// Whose turn it is with the unfinished effect that it waits for.
    pub(super) before: Option<Owner>,
    /// Whether its system is paused.
    pub(super) is_paused: bool,
    /// Whose turn it is with the referral's line to Delius, where that is held and the effect reaches Delius.
    pub(super) held_by: Option<Owner>,
}

/// Whose turn it is with an effect.
pub(super) fn owner_of(entry: &LedgerEntry, around: Around) -> Owner {
    match entry.state {
        EffectState::Delivered | EffectState::Refused | EffectState::Superseded | EffectState::InFlight => {
            Owner::Nobody
        }
        EffectState::Parked => around.held_by.unwrap_or_else(|| owner_of_parked(entry)),
        EffectState::Waiting | EffectState::Retrying => around
            .before
            .filter(|owner| *owner != Owner::Nobody)
            .or(around.held_by)
            .or(around.is_paused.then_some(Owner::Operator))
            .unwrap_or_else(|| owner_of_waiting(entry)),
    }
}

/// What waits by itself for something that has yet to happen waits for whoever brings it about.
fn owner_of_waiting(entry: &LedgerEntry) -> Owner {
    match entry.last_error.as_deref().and_then(|error| error.strip_prefix(NOT_YET)) {
        Some(FEEDBACK_FIRST) => Owner::Caseworker,
        Some(reason) if reason.contains("switched off") || reason.contains("does not let us see") => Owner::Operator,
        _ => Owner::Nobody,
    }
}

/// By the answer where one came, and by what delivery said where the message was not sent.
fn owner_of_parked(entry: &LedgerEntry) -> Owner {
    let reason = entry.reason.as_deref().unwrap_or_default();
    let says = |words: &[&str]| words.iter().any(|part| reason.contains(part));
    if says(&["cannot be put together", "does not fit what it is about", "is not one of the referral's"]) {
        return Owner::Developer;
    }
    if says(&["keeps failing on this very message"]) {
        return Owner::Operator;
    }
    match entry.system {
        System::Delius => owner_of_parked_call(entry, says),
        System::Notify if says(&["address", "does not know the user"]) => Owner::UserAdministration,
        System::Notify | System::Events | System::PrisonerSearch => Owner::Operator,
    }
}

fn owner_of_parked_call(entry: &LedgerEntry, says: impl Fn(&[&str]) -> bool) -> Owner {
    let is_booking = matches!(entry.action, Action::PutAppointment(_) | Action::BookAgain(_));
    match entry.last_status {
        _ if says(&["check it there", "check it in", "look in Delius", "move it in", "record it in"]) => {
            Owner::DeliusUser
        }
        Some(409) if is_booking => Owner::Caseworker,
        Some(400 | 404) => Owner::Practitioner,
        _ if says(&["feedback"]) => Owner::Caseworker,
        _ => Owner::Operator,
    }
}

#[cfg(test)]
mod tests {
    use domain::appointment::Slot;
    use domain::effect::{Announcement, EmailSubject, Recipient};
    use domain::email::EmailPurpose;
    use domain::{AppointmentId, AuthSource, EffectId, ReferralId, SupplierAssessmentId, User};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn entry(action: Action, state: EffectState) -> LedgerEntry {
        let now = Timestamp::UNIX_EPOCH;
        LedgerEntry {
            id: EffectId(Uuid::nil()),
            position: 1,
            referral_id: ReferralId(Uuid::nil()),
            system: action.system(),
            action,
            after: None,
            state,
            attempts: 1,
            was_ambiguous: false,
            adapter: None,
            not_before: now,
            last_status: None,
            last_error: None,
            last_attempt_at: None,
            settled_at: None,
            receipt: None,
            reason: None,
            cause: "cause".to_owned(),
            actor: User { id: "1".to_owned(), source: AuthSource::Delius, username: "A".to_owned() },
            correlation_id: "request".to_owned(),
            occurred_at: now,
            created_at: now,
        }
    }

    fn parked(action: Action, status: Option<i32>, reason: &str) -> Owner {
        let mut entry = entry(action, EffectState::Parked);
        entry.last_status = status;
        entry.reason = Some(reason.to_owned());
        owner_of(&entry, Around::default())
    }

    fn email() -> Action {
        Action::Email {
            purpose: EmailPurpose::DeliusNeedsChoice,
            to: Recipient::ProviderMailbox,
            about: EmailSubject::Referral,
        }
    }

    /// Every reason that delivery gives, as its sources spell it.
    #[test]
    fn every_parked_effect_is_somebodys() {
        let put = || Action::PutAppointment(AppointmentId(Uuid::nil()));
        let slot = Slot::Assessment(SupplierAssessmentId(Uuid::nil()));
        let told = || Action::TellDelius(Announcement::FeedbackSubmitted(AppointmentId(Uuid::nil()), slot));
        let cases = [
            (Action::StartReferral, Some(404), "Delius has no open activity", Owner::Practitioner),
            (put(), Some(400), "Delius has no open activity", Owner::Practitioner),
            (put(), Some(409), "the person has another appointment in Delius at that time", Owner::Caseworker),
            (put(), Some(409), "Delius reports a clash for an appointment; check it there", Owner::DeliusUser),
            (put(), None, "it is not known whether Delius moved this appointment; check it there", Owner::DeliusUser),
            (told(), None, "Delius's id is not known; record it in Delius", Owner::DeliusUser),
            (told(), None, "the appointment has no feedback", Owner::Caseworker),
            (put(), None, "the feedback lacks the reason that Delius needs", Owner::Caseworker),
            (put(), None, "the appointment is not one of the referral's", Owner::Developer),
            (Action::StartReferral, None, "this message cannot be put together; somebody must look", Owner::Developer),
            (Action::StartReferral, Some(403), "Delius has no open activity", Owner::Operator),
            (Action::StartReferral, Some(500), "the other system keeps failing on this very message", Owner::Operator),
            (email(), None, "the user's e-mail address is not verified", Owner::UserAdministration),
            (email(), Some(400), "the e-mail service does not accept the address", Owner::UserAdministration),
            (email(), None, "the directory does not know the user", Owner::UserAdministration),
            (email(), None, "no template is configured for this e-mail", Owner::Operator),
            (email(), None, "the e-mail's purpose does not fit what it is about", Owner::Developer),
            (Action::LookUpCustody, Some(403), "the other system refuses this; somebody must look", Owner::Operator),
        ];
        for (action, status, reason, owner) in cases {
            assert_eq!(parked(action, status, reason), owner, "{reason}");
        }
    }

    #[test]
    fn what_waits_is_nobodys_until_somebody_holds_it_up() {
        let waiting = entry(Action::StartReferral, EffectState::Waiting);
        let owner = |around| owner_of(&waiting, around);
        assert_eq!(owner(Around::default()), Owner::Nobody);
        assert_eq!(owner(Around { is_paused: true, ..Around::default() }), Owner::Operator);
        let held = Around { held_by: Some(Owner::Practitioner), is_paused: true, before: Some(Owner::Nobody) };
        assert_eq!(owner(held), Owner::Practitioner);
        assert_eq!(owner(Around { before: Some(Owner::Caseworker), ..held }), Owner::Caseworker);
        let delivered = entry(Action::StartReferral, EffectState::Delivered);
        assert_eq!(owner_of(&delivered, held), Owner::Nobody, "it is finished");
    }

    #[test]
    fn what_has_yet_to_happen_is_whose_turn_it_is() {
        let late = |error: &str| {
            let mut entry = entry(Action::StartReferral, EffectState::Retrying);
            entry.last_error = Some(error.to_owned());
            owner_of(&entry, Around::default())
        };
        assert_eq!(late(&format!("{NOT_YET}{FEEDBACK_FIRST}")), Owner::Caseworker);
        assert_eq!(late(&format!("{NOT_YET}e-mail is switched off by configuration")), Owner::Operator);
        assert_eq!(late("delius start referral could not be reached"), Owner::Nobody, "it is tried again by itself");
    }
}
