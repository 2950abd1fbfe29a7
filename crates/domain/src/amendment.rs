//! Amendments of what was sent, and the change log that tells of them.
//!
//! Practitioners amend; the provider reads what changed. One entry of the log is about one field: its values before and
//! after, of the same scope. The topics are the REST contract's eighteen and no more, so a change of the further
//! information for the provider, or of why a referral was made before allocation, has no entry: the versions of the
//! details keep both, with who, when and why. Giving a field the value that it has changes nothing and logs nothing.

mod decide;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::catalogue::ServiceCategory;
use crate::email::EmailPurpose;
use crate::referral::{Location, Needs, Practitioner, ReferralDetails};
use crate::{ChangeLogId, ComplexityLevelId, DesiredOutcomeId, ReferralDetailsId, ServiceCategoryId, User};

spelled_enum! {
    /// The field that an entry of the change log is about.
    pub enum Topic {
        /// The complexity level of one category: its id.
        ComplexityLevel = "COMPLEXITY_LEVEL",
        /// The desired outcomes of one category: their ids.
        DesiredOutcomes = "DESIRED_OUTCOMES",
        /// The completion deadline: `yyyy-MM-dd`.
        CompletionDeadline = "COMPLETION_DATETIME",
        /// The most enforceable days: a number.
        MaximumEnforceableDays = "MAXIMUM_ENFORCEABLE_DAYS",
        /// Why the person is referred.
        ReasonForReferral = "REASON_FOR_REFERRAL",
        /// Further information on the reason.
        ReasonFurtherInformation = "REASON_FOR_REFERRAL_FURTHER_INFORMATION",
        /// Caring or employment responsibilities: `true` or `false`, and when the person cannot come.
        AdditionalResponsibilities = "NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES",
        /// An interpreter: `true` or `false`, and the language.
        InterpreterRequired = "NEEDS_AND_REQUIREMENTS_INTERPRETER_REQUIRED",
        /// Mobility, disability, accessibility.
        AccessibilityNeeds = "NEEDS_AND_REQUIREMENTS_ACCESSIBILITY_NEEDS",
        /// Needs in general.
        AdditionalInformation = "NEEDS_AND_REQUIREMENTS_ADDITIONAL_INFORMATION",
        /// The prison: its code.
        PrisonEstablishment = "PRISON_ESTABLISHMENT",
        /// The expected release date, `dd-MMM-yyyy`, or why there is none.
        ExpectedReleaseDate = "EXPECTED_RELEASE_DATE",
        /// The probation office expected after release.
        ExpectedProbationOffice = "EXPECTED_PROBATION_OFFICE",
        /// The practitioner's probation office.
        PractitionerOffice = "PROBATION_PRACTITIONER_PROBATION_OFFICE",
        /// The practitioner's name.
        PractitionerName = "PROBATION_PRACTITIONER_NAME",
        /// The practitioner's e-mail address.
        PractitionerEmail = "PROBATION_PRACTITIONER_EMAIL",
        /// The practitioner's telephone number.
        PractitionerPhone = "PROBATION_PRACTITIONER_PHONE_NUMBER",
        /// The telephone number of the practitioner's team.
        PractitionerTeamPhone = "PROBATION_PRACTITIONER_TEAM_PHONE_NUMBER",
    }
}

impl Topic {
    /// The e-mail that tells of it.
    pub fn email(self) -> EmailPurpose {
        match self {
            Self::ComplexityLevel => EmailPurpose::ComplexityLevelChanged,
            Self::DesiredOutcomes => EmailPurpose::DesiredOutcomeChanged,
            Self::CompletionDeadline => EmailPurpose::CompletionDeadlineUpdated,
            Self::MaximumEnforceableDays => EmailPurpose::EnforceableDaysUpdated,
            Self::ReasonForReferral | Self::ReasonFurtherInformation => EmailPurpose::ReasonForReferralUpdated,
            Self::AdditionalResponsibilities
            | Self::InterpreterRequired
            | Self::AccessibilityNeeds
            | Self::AdditionalInformation => EmailPurpose::NeedsChanged,
            Self::PrisonEstablishment => EmailPurpose::PrisonEstablishmentUpdated,
            Self::ExpectedReleaseDate => EmailPurpose::ExpectedReleaseDateUpdated,
            Self::ExpectedProbationOffice | Self::PractitionerOffice => EmailPurpose::ProbationOfficeUpdated,
            Self::PractitionerName => EmailPurpose::PractitionerNameUpdated,
            Self::PractitionerEmail => EmailPurpose::PractitionerEmailUpdated,
            Self::PractitionerPhone => EmailPurpose::PractitionerPhoneUpdated,
            Self::PractitionerTeamPhone => EmailPurpose::PractitionerTeamPhoneUpdated,
        }
    }
}

/// One side of a change.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The values in the form of the topic. A topic of one value holds one text, empty when there was none; needs,
    /// levels and outcomes hold an empty list then.
    pub texts: Vec<String>,
    /// The value as people know it, where that differs: the prison's name.
    pub shown: Option<String>,
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values(***)")
    }
}

/// An entry of the change log.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: ChangeLogId,
    /// The field.
    pub topic: Topic,
    /// Before.
    pub old: Values,
    /// After.
    pub new: Values,
    /// Why; empty where nobody is asked.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: User,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({} {} by {:?})", self.id, self.topic, self.by)
    }
}

/// A part of what was sent, as it is after an amendment, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amended {
    /// A new version of the details.
    Details(ReferralDetails),
    /// The complexity level of one category.
    Complexity(ServiceCategoryId, ComplexityLevelId),
    /// The desired outcomes of one category.
    Outcomes(ServiceCategoryId, BTreeSet<DesiredOutcomeId>),
    /// The needs.
    Needs(Needs),
    /// The location.
    Location(Location),
    /// The practitioner.
    Practitioner(Practitioner),
}

/// What is asked of the details; only what is given acts.
#[derive(Clone, PartialEq, Eq)]
pub struct DetailsChange {
    /// The id of the version to make.
    pub id: ReferralDetailsId,
    /// Why.
    pub reason: String,
    /// Another deadline.
    pub completion_deadline: Option<Date>,
    /// Another number of enforceable days.
    pub maximum_enforceable_days: Option<i32>,
    /// Other further information for the provider.
    pub further_information: Option<String>,
    /// Another reason for the referral.
    pub reason_for_referral: Option<String>,
    /// Other further information on the reason; on its own not enough for a change.
    pub reason_for_referral_further_information: Option<String>,
    /// Another reason for referring before allocation.
    pub reason_for_referral_before_allocation: Option<String>,
}

/// One section of the needs, answered anew; what is not answered is left empty.
#[derive(Clone, PartialEq, Eq)]
pub enum NeedsSection {
    /// Whether the person has responsibilities, and when they cannot come.
    Responsibilities(Option<bool>, Option<String>),
    /// Mobility, disability, accessibility.
    Accessibility(Option<String>),
    /// Needs in general.
    Additional(Option<String>),
    /// Whether an interpreter is needed, and for which language.
    Interpreter(Option<bool>, Option<String>),
}

/// How the practitioner is named or reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// Name.
    Name,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// The team's telephone number.
    TeamPhone,
}

/// A wish to amend what was sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Amendment {
    /// The details.
    Details(DetailsChange),
    /// The complexity level of one selected category.
    Complexity {
        /// The category.
        category: ServiceCategory,
        /// One of its levels.
        level: ComplexityLevelId,
        /// Why.
        reason: String,
    },
    /// The desired outcomes of one selected category, in place of those chosen before.
    Outcomes {
        /// The category.
        category: ServiceCategory,
        /// Outcomes of it.
        outcomes: BTreeSet<DesiredOutcomeId>,
        /// Why.
        reason: String,
    },
    /// One section of the needs.
    Needs {
        /// Which, and the answers.
        section: NeedsSection,
        /// Why.
        reason: String,
    },
    /// The prison.
    Prison {
        /// Its code.
        id: String,
        /// The name of the prison before, as the practitioner saw it.
        old_name: String,
        /// Its name.
        new_name: String,
        /// Why.
        reason: String,
    },
    /// The expected release date, or else why there is none; one of them is needed, and the date counts.
    ReleaseDate(Option<Date>, Option<String>),
    /// The probation office expected after release.
    ExpectedOffice {
        /// Its name.
        office: String,
        /// Whether the provider is e-mailed.
        tell_provider: bool,
    },
    /// The practitioner's probation office.
    PractitionerOffice {
        /// Its name.
        office: String,
        /// Whether the provider is e-mailed.
        tell_provider: bool,
    },
    /// The practitioner's name, or how to reach them.
    Practitioner(Contact, String),
}

impl fmt::Debug for Amendment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Amendment(***)")
    }
}
