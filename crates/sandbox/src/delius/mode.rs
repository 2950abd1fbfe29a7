//! How this Delius behaves: one named switch for each quirk of the real one.
//!
//! Owns the switches and their defaults; refuses to act on them (each operation asks). `true` on a quirk means "as the
//! real system does"; `false` means the behaviour one would wish for, so that a client can be tested against both.

use serde::{Deserialize, Serialize};

/// What happens to an update of an activity (NSI) that is completed or has an end date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClosedNsi {
    /// Refused: 400 over HTTP; acknowledged and rejected with a recorded reason as an event.
    Strict,
    /// Taken, whatever it overwrites.
    Lenient,
}

macro_rules! mode {
    ($($(#[$doc:meta])* $name:ident = $default:expr;)+) => {
        /// The switches. A reset restores the defaults.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct Mode {
            /// How updates to a closed activity are met.
            pub closed_nsi: ClosedNsi,
            $($(#[$doc])* pub $name: bool,)+
        }

        /// A change of some switches; an absent one stays.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct ModePatch {
            closed_nsi: Option<ClosedNsi>,
            $($name: Option<bool>,)+
        }

        impl Default for Mode {
            fn default() -> Self {
                Self { closed_nsi: ClosedNsi::Strict, $($name: $default,)+ }
            }
        }

        impl Mode {
            /// Applies what the patch names.
            pub(crate) fn apply(&mut self, patch: &ModePatch) {
                if let Some(closed_nsi) = patch.closed_nsi { self.closed_nsi = closed_nsi; }
                $(if let Some(value) = patch.$name { self.$name = value; })+
            }
        }
    };
}

mode! {
    /// Whether an activity can be read by URN: our proposal to the owner, absent today.
    urn_read = false;
    /// Whether Delius consumes our events at all.
    events = true;
    /// Whether the queue's filter lets the action plan events through; one known version does not.
    action_plan_events = true;
    /// Whether every contract type gives the same activity type. No client's result may depend on it.
    one_nsi_type = false;
    /// Access: an unknown case number is reported as neither excluded nor restricted.
    unknown_case_accessible = true;
    /// Access: a limit without a message is reported as no limit.
    blank_message_accessible = true;
    /// Access: 0 or more than 500 case numbers answer 500; otherwise 400.
    access_size_internal_error = true;
    /// Identifiers of an unknown case answer 200 with nothing in it; otherwise 404.
    unknown_case_has_identifiers = true;
    /// Start of a closed referral (lenient): in progress again yet inactive, ended and with an outcome; otherwise untouched.
    half_reopen = true;
    /// Start with an unmapped contract type answers 500; otherwise 400.
    unmapped_contract_internal_error = true;
    /// Merge: with a previous id, appointments without an external reference are left out of the clash test.
    clash_blind_spot = true;
    /// Merge: a repeated reschedule makes another replacement; otherwise the first one is found.
    reschedule_repeat_duplicates = true;
    /// Merge: a repeated relocation makes another appointment; otherwise the first one is found.
    relocate_repeat_duplicates = true;
    /// Merge: the same id at new times leaves two appointments with one URN; otherwise the replaced one gives it up.
    same_id_new_times_duplicates = true;
    /// Merge: the Delius id matches an appointment of any case; otherwise of this case alone.
    delius_id_crosses_cases = true;
    /// Merge: the Delius id matches a soft-deleted appointment, which stays deleted; otherwise a new one is made.
    delius_id_finds_deleted = true;
    /// Outcome: a change from failure to compliance leaves the enforcement and its contacts standing.
    enforcement_stays = true;
    /// End: a sentence that is terminated or deleted blocks our ending, as in the newest version read.
    terminated_sentence_blocks_end = true;
    /// End: the event must carry a withdrawal code, empty at least; without it the message fails.
    withdrawal_code_required = true;
    /// Events: a business rejection is acknowledged and known to nobody; otherwise it goes to the dead letters.
    silent_rejection = true;
}
