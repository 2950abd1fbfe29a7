//! A referral that is being made: half-finished answers, kept until they are sent.

mod choose;
mod patch;
mod retention;
mod send;

use jiff::Timestamp;
use jiff::civil::Date;

pub use self::retention::Retention;
pub use self::send::{NewReferralIds, RiskToHandOver};
use crate::catalogue::Intervention;
use crate::person::PersonDetails;
use crate::referral::{Location, Needs, Practitioner, Selection};
use crate::{Crn, ReferralId, ReferralReference, SupplementaryRiskId, User};

/// The answers that become the details of the sent referral.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftDetails {
    /// The day by which the work is to be done.
    pub completion_deadline: Option<Date>,
    /// Further information for the provider.
    pub further_information: Option<String>,
    /// The most RAR days that the provider may use.
    pub maximum_enforceable_days: Option<i32>,
    /// Why the person is referred.
    pub reason_for_referral: Option<String>,
    /// Further information on the reason.
    pub reason_for_referral_further_information: Option<String>,
    /// Why the referral is made before a community practitioner is allocated.
    pub reason_for_referral_before_allocation: Option<String>,
}

/// A risk assessment's texts as the practitioner redacted them for the provider. Erased when the draft is sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedactedRisk {
    /// Who is at risk.
    pub who_is_at_risk: Option<String>,
    /// The nature of the risk.
    pub nature_of_risk: Option<String>,
    /// When the risk is greatest.
    pub risk_imminence: Option<String>,
    /// Concerns about suicide.
    pub suicide: Option<String>,
    /// Concerns about self-harm.
    pub self_harm: Option<String>,
    /// Concerns about coping in a hostel.
    pub hostel_setting: Option<String>,
    /// Concerns about vulnerability.
    pub vulnerability: Option<String>,
    /// Anything else.
    pub additional_information: Option<String>,
}

impl std::fmt::Debug for RedactedRisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedactedRisk(***)")
    }
}

/// The risk information of a draft: the redacted assessment, a single free text, or neither yet. When both were
/// given, the assessment is what is handed over.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DraftRisk {
    /// The redacted assessment, when it was last changed and by whom.
    pub redacted: Option<(RedactedRisk, Timestamp, User)>,
    /// The free text and when it was last changed.
    pub free_text: Option<(String, Timestamp)>,
}

impl std::fmt::Debug for DraftRisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DraftRisk(***)")
    }
}

/// What is fixed at the first attempt to send, so that every further attempt says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The reference number, reserved.
    pub reference: ReferralReference,
    /// When it was first sent.
    pub sent_at: Timestamp,
    /// Who sent it.
    pub sent_by: User,
}

/// How far a draft has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftState {
    /// Being written.
    Editing,
    /// Being sent: the risk text is frozen until the risk system has answered.
    Sending(Reservation),
    /// Sent; still readable, never changed again.
    Sent,
}

/// A referral that is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftReferral {
    /// Its id; the sent referral keeps it.
    pub id: ReferralId,
    /// Rises with every change; for optimistic locking.
    pub version: i64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Who began it.
    pub created_by: User,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// The person.
    pub crn: Crn,
    /// What is known of the person.
    pub person: PersonDetails,
    /// What they are referred to.
    pub intervention: Intervention,
    /// The Delius event under which the referral is made.
    pub relevant_sentence_id: Option<i64>,
    /// Answers that become the details.
    pub details: DraftDetails,
    /// What the person needs.
    pub needs: Needs,
    /// What is asked for.
    pub selection: Selection,
    /// Where the person is.
    pub location: Location,
    /// Whether the prison's name was already known.
    pub already_know_prison_name: Option<bool>,
    /// Whether a community practitioner is allocated.
    pub allocated_community_pp: Option<bool>,
    /// Whether the practitioner's details in Delius are right.
    pub has_valid_delius_pp_details: Option<bool>,
    /// Whether a main point of contact is named.
    pub has_main_point_of_contact: Option<bool>,
    /// The practitioner.
    pub practitioner: Practitioner,
    /// The risk information.
    pub risk: DraftRisk,
    /// How far it has come.
    pub state: DraftState,
}

/// What sending settled, once the risk system has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The risk system's record.
    pub supplementary_risk_id: SupplementaryRiskId,
    /// When the sentence is expected to end, where Delius could say.
    pub expected_sentence_end: Option<Date>,
}

/// Answers to change. Absent and null both mean "leave as it is", unless a rule says otherwise.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DraftPatch {
    /// The day by which the work is to be done; not before today.
    pub completion_deadline: Option<Date>,
    /// Further information for the provider.
    pub further_information: Option<String>,
    /// The most RAR days that the provider may use.
    pub maximum_enforceable_days: Option<i32>,
    /// Why the person is referred.
    pub reason_for_referral: Option<String>,
    /// Further information on the reason.
    pub reason_for_referral_further_information: Option<String>,
    /// Why the referral is made before a community practitioner is allocated.
    pub reason_for_referral_before_allocation: Option<String>,
    /// Replaces the choice of categories; levels and outcomes of dropped ones go.
    pub service_category_ids: Option<Vec<crate::ServiceCategoryId>>,
    /// Needs in general.
    pub additional_needs_information: Option<String>,
    /// Mobility, disability, accessibility.
    pub accessibility_needs: Option<String>,
    /// True needs the language in the same patch; false clears it.
    pub needs_interpreter: Option<bool>,
    /// For which language.
    pub interpreter_language: Option<String>,
    /// True needs `when_unavailable` in the same patch; false clears it.
    pub has_additional_responsibilities: Option<bool>,
    /// When they cannot come.
    pub when_unavailable: Option<String>,
    /// The free risk text.
    pub additional_risk_information: Option<String>,
    /// The person: the number must be the draft's, the rest replaces what is held.
    pub person: Option<(Crn, PersonDetails)>,
    /// The Delius event.
    pub relevant_sentence_id: Option<i64>,
    /// Custody or community, with what follows from it.
    pub location_type: Option<crate::referral::LocationType>,
    /// Whether the prison's name was already known.
    pub already_know_prison_name: Option<bool>,
    /// The prison.
    pub prison_id: Option<String>,
    /// True needs the date or the reason why there is none.
    pub has_expected_release_date: Option<bool>,
    /// Clears the reason.
    pub expected_release_date: Option<Date>,
    /// Clears the date.
    pub expected_release_date_missing_reason: Option<String>,
    /// Read only together with custody.
    pub releasing_in_12_weeks: Option<bool>,
    /// Clears the reason.
    pub expected_probation_office: Option<String>,
    /// Clears the office; wins over it.
    pub expected_probation_office_unknown_reason: Option<String>,
    /// Whether a community practitioner is allocated.
    pub allocated_community_pp: Option<bool>,
    /// Whether the practitioner's details in Delius are right.
    pub has_valid_delius_pp_details: Option<bool>,
    /// Present, whatever it says: name, role, e-mail and telephone are overwritten, absent ones cleared.
    pub has_main_point_of_contact: Option<bool>,
    /// Where the main point of contact works.
    pub contact_place: Option<ContactPlace>,
    /// The practitioner's texts; where empty text clears, the patch rules say so.
    pub practitioner: Practitioner,
}

impl std::fmt::Debug for DraftPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DraftPatch(***)")
    }
}

/// Where the main point of contact works; keeps one of the two places and clears the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactPlace {
    /// A prison establishment.
    Establishment,
    /// A probation office.
    ProbationOffice,
}
