//! A sent referral with everything that decides what may happen to it next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::action_plan::ActionPlan;
use crate::appointment::{Appointment, Slot};
use crate::catalogue::Intervention;
use crate::end_of_service_report::EndOfServiceReport;
use crate::ending::{Conclusion, EndRequest, ReferralStatus};
use crate::person::PersonDetails;
use crate::{
    AppointmentId, ComplexityLevelId, Crn, DeliverySessionId, DesiredOutcomeId, Fact, ReferralDetailsId, ReferralId,
    ReferralReference, Refused, ServiceCategoryId, SupplementaryRiskId, SupplierAssessmentId, User,
};

/// One version of the referral's details; the newest is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferralDetails {
    /// Its id.
    pub id: ReferralDetailsId,
    /// When this version was made.
    pub created_at: Timestamp,
    /// The id of the user who made it.
    pub created_by_id: String,
    /// Why it was made.
    pub reason_for_change: String,
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

/// What the person needs so that they can take part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Needs in general.
    pub additional_needs_information: Option<String>,
    /// Mobility, disability, accessibility.
    pub accessibility_needs: Option<String>,
    /// Whether an interpreter is needed.
    pub needs_interpreter: Option<bool>,
    /// For which language.
    pub interpreter_language: Option<String>,
    /// Whether the person has caring or employment responsibilities.
    pub has_additional_responsibilities: Option<bool>,
    /// When they cannot come.
    pub when_unavailable: Option<String>,
}

/// What is asked for: categories, and within each a complexity level and outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The chosen service categories.
    pub service_categories: BTreeSet<ServiceCategoryId>,
    /// The complexity level of each category, as far as chosen.
    pub complexity_levels: BTreeMap<ServiceCategoryId, ComplexityLevelId>,
    /// The desired outcomes of each category, as far as chosen.
    pub desired_outcomes: BTreeMap<ServiceCategoryId, BTreeSet<DesiredOutcomeId>>,
}

spelled_enum! {
    /// Where the person is.
    pub enum LocationType {
        /// In prison.
        Custody = "CUSTODY",
        /// In the community.
        Community = "COMMUNITY",
    }
}

/// Where the person is and when they are expected to be released.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Custody or community; a sent referral always says.
    pub location_type: Option<LocationType>,
    /// The prison, by its code.
    pub prison_id: Option<String>,
    /// Expected release date.
    pub expected_release_date: Option<Date>,
    /// Why there is none.
    pub expected_release_date_missing_reason: Option<String>,
    /// Whether release is expected within twelve weeks.
    pub releasing_in_12_weeks: Option<bool>,
    /// The probation office expected after release.
    pub expected_probation_office: Option<String>,
    /// Why it is not known.
    pub expected_probation_office_unknown_reason: Option<String>,
}

/// The probation practitioner, as Delius knows them and as the referrer corrected it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Practitioner {
    /// Name in Delius.
    pub ndelius_name: Option<String>,
    /// E-mail address in Delius.
    pub ndelius_email: Option<String>,
    /// Probation delivery unit in Delius.
    pub ndelius_pdu: Option<String>,
    /// Telephone in Delius.
    pub ndelius_phone: Option<String>,
    /// Team telephone in Delius.
    pub ndelius_team_phone: Option<String>,
    /// Name, as corrected.
    pub name: Option<String>,
    /// E-mail address, as corrected.
    pub email: Option<String>,
    /// Probation delivery unit, as corrected.
    pub pdu: Option<String>,
    /// Telephone, as corrected.
    pub phone: Option<String>,
    /// Team telephone, as corrected.
    pub team_phone: Option<String>,
    /// Probation office.
    pub probation_office: Option<String>,
    /// Role or job title of the main point of contact.
    pub role_or_job_title: Option<String>,
    /// Prison establishment of the main point of contact.
    pub establishment: Option<String>,
}

impl std::fmt::Debug for Practitioner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Practitioner(***)")
    }
}

/// Who works on the referral, from when. The newest assignment counts; all earlier ones are superseded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The caseworker.
    pub to: User,
    /// Who assigned them.
    pub by: User,
    /// When.
    pub at: Timestamp,
}

/// The supplier assessment: one for each referral, made empty at send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplierAssessment {
    /// Its id.
    pub id: SupplierAssessmentId,
    /// Its appointments, oldest first, proposals and refused ones included.
    pub appointments: Vec<Appointment>,
}

/// A numbered slot that an approved plan made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySession {
    /// Its id.
    pub id: DeliverySessionId,
    /// From 1.
    pub number: u32,
    /// Its appointments, oldest first, proposals and refused ones included.
    pub appointments: Vec<Appointment>,
}

/// The sentence under which the referral is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelevantSentence {
    /// The Delius event's id.
    pub id: i64,
    /// When the sentence is expected to end, once known.
    pub expected_end: Option<Date>,
}

/// A sent referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// Its id, shared with the draft that it was.
    pub id: ReferralId,
    /// Rises with every change; for optimistic locking.
    pub version: i64,
    /// What people call it.
    pub reference: ReferralReference,
    /// When the draft was begun.
    pub created_at: Timestamp,
    /// Who began it.
    pub created_by: User,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who sent it.
    pub sent_by: User,
    /// The person, by their number at the time of the referral.
    pub crn: Crn,
    /// What is known of the person.
    pub person: PersonDetails,
    /// What they are referred to.
    pub intervention: Intervention,
    /// The sentence.
    pub sentence: RelevantSentence,
    /// The current details; an old record may have none.
    pub details: Option<ReferralDetails>,
    /// What the person needs.
    pub needs: Needs,
    /// What is asked for.
    pub selection: Selection,
    /// Where the person is.
    pub location: Location,
    /// Their practitioner.
    pub practitioner: Practitioner,
    /// The risk system's record of the redacted risk.
    pub supplementary_risk_id: SupplementaryRiskId,
    /// Whether a main point of contact was named because no practitioner is allocated.
    pub has_main_point_of_contact: Option<bool>,
    /// Oldest first; the last one counts.
    pub assignments: Vec<Assignment>,
    /// The first meeting.
    pub assessment: SupplierAssessment,
    /// Every version, oldest first.
    pub plans: Vec<ActionPlan>,
    /// By number.
    pub sessions: Vec<DeliverySession>,
    /// The report, once begun.
    pub report: Option<EndOfServiceReport>,
    /// The request to end it, once made.
    pub end_request: Option<EndRequest>,
    /// The conclusion, once reached.
    pub conclusion: Option<Conclusion>,
    /// Whether a delivery session has ever been held.
    pub status: ReferralStatus,
}

impl Referral {
    /// The current caseworker.
    pub fn assignee(&self) -> Option<&User> {
        self.assignments.last().map(|assignment| &assignment.to)
    }

    /// An appointment of this referral, with what it is for; proposals and refused ones included.
    pub fn appointment(&self, id: AppointmentId) -> Option<(Slot, &Appointment)> {
        self.appointments().find(|(_, appointment)| appointment.id == id)
    }

    /// Every appointment, the assessment's first, each history oldest first.
    pub fn appointments(&self) -> impl Iterator<Item = (Slot, &Appointment)> {
        let assessment = Slot::Assessment(self.assessment.id);
        self.assessment.appointments.iter().map(move |appointment| (assessment, appointment)).chain(
            self.sessions.iter().flat_map(|session| {
                let slot = Slot::Session(session.id, session.number);
                session.appointments.iter().map(move |appointment| (slot, appointment))
            }),
        )
    }

    /// The delivery session with this number.
    pub fn session(&self, number: u32) -> Option<&DeliverySession> {
        self.sessions.iter().find(|session| session.number == number)
    }

    /// The plan that was approved last.
    pub fn approved_plan(&self) -> Option<&ActionPlan> {
        self.plans
            .iter()
            .filter_map(|plan| plan.approved().map(|approved| (approved.at, plan)))
            .max_by_key(|(at, plan)| (*at, plan.id))
            .map(|(_, plan)| plan)
    }

    /// Whether the referral is concluded.
    pub fn is_concluded(&self) -> bool {
        self.conclusion.is_some()
    }

    /// Every desired outcome that was asked for, whatever its category.
    pub fn selected_outcomes(&self) -> BTreeSet<DesiredOutcomeId> {
        self.selection.desired_outcomes.values().flatten().copied().collect()
    }

    /// After its conclusion a referral takes only an end of service report that is still owed, and case notes.
    pub(crate) fn ensure_open(&self) -> Result<(), Refused> {
        if self.is_concluded() { Err(Refused::Conflict("this referral is concluded")) } else { Ok(()) }
    }

    /// Gives the referral to a caseworker, who may be the present one.
    pub fn assign(&self, to: User, by: &User, now: Timestamp) -> Result<Vec<Fact>, Refused> {
        self.ensure_open()?;
        Ok(vec![Fact::Assigned(Assignment { to, by: by.clone(), at: now })])
    }
}
