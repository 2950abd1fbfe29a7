//! What an amendment leads to. Narrower than it must be where that protects what was sent: a level must be one of its
//! category's, an outcome must be offered on the contract or chosen before, and nothing changes after the conclusion.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Amended, Amendment, Change, Contact, DetailsChange, NeedsSection, Topic, Values};
use crate::catalogue::ServiceCategory;
use crate::referral::{Location, LocationType, ReferralDetails};
use crate::validation::{LINE_MAX, TEXT_MAX, is_blank};
use crate::{ChangeLogId, ComplexityLevelId, DesiredOutcomeId, ErrorCode, Fact, FieldErrors, Referral, Refused, User};

/// A field that may differ.
struct Difference {
    topic: Topic,
    old: Values,
    new: Values,
}

/// What a decision comes to before it is signed: the part as it would be, and its fields before and after.
struct Decided {
    part: Amended,
    differences: Vec<Difference>,
    reason: String,
    tell_provider: bool,
}

impl Referral {
    /// Amends what was sent. `new_id` gives the ids of the entries of the change log.
    ///
    /// Answers with nothing when every value is as it was, except for the details: each accepted change of them makes a
    /// version, since its reason is worth keeping.
    ///
    /// # Errors
    /// Concluded; a plan was approved (levels and outcomes); blank or too long texts; something that does not belong.
    pub fn amend(
        &self,
        amendment: Amendment,
        by: &User,
        now: Timestamp,
        mut new_id: impl FnMut() -> ChangeLogId,
    ) -> Result<Vec<Fact>, Refused> {
        self.ensure_open()?;
        let keeps_versions = matches!(amendment, Amendment::Details(_));
        let Decided { part, differences, reason, tell_provider } = match amendment {
            Amendment::Details(change) => self.amend_details(change, by, now)?,
            Amendment::Complexity { category, level, reason } => self.amend_complexity(&category, level, reason)?,
            Amendment::Outcomes { category, outcomes, reason } => self.amend_outcomes(&category, outcomes, reason)?,
            Amendment::Needs { section, reason } => self.amend_needs(section, reason)?,
            Amendment::Prison { id, old_name, new_name, reason } => {
                self.amend_prison(&id, old_name, new_name, reason)?
            }
            Amendment::ReleaseDate(date, missing_reason) => self.amend_release_date(date, missing_reason.as_deref())?,
            Amendment::ExpectedOffice { office, tell_provider } => {
                Decided { tell_provider, ..self.amend_expected_office(&office)? }
            }
            Amendment::PractitionerOffice { office, tell_provider } => {
                Decided { tell_provider, ..self.amend_practitioner_office(&office)? }
            }
            Amendment::Practitioner(contact, text) => self.amend_contact(contact, &text)?,
        };
        let changes: Vec<Change> = differences
            .into_iter()
            .filter(|Difference { old, new, .. }| old.texts != new.texts)
            .map(|Difference { topic, old, new }| Change {
                id: new_id(),
                topic,
                old,
                new,
                reason: reason.clone(),
                at: now,
                by: by.clone(),
            })
            .collect();
        if changes.is_empty() && !keeps_versions {
            return Ok(Vec::new());
        }
        Ok(vec![Fact::Amended { part: Box::new(part), changes, tell_provider }])
    }

    /// Every value that is not given is carried over, whatever it is.
    fn amend_details(&self, change: DetailsChange, by: &User, now: Timestamp) -> Result<Decided, Refused> {
        check_details(&change)?;
        let DetailsChange {
            id,
            reason,
            completion_deadline,
            maximum_enforceable_days,
            further_information,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation,
        } = change;
        let before = self.details.as_ref();
        let after = ReferralDetails {
            id,
            created_at: now,
            created_by_id: by.id.clone(),
            reason_for_change: reason.clone(),
            completion_deadline: completion_deadline.or(before.and_then(|held| held.completion_deadline)),
            further_information: further_information.or(before.and_then(|held| held.further_information.clone())),
            maximum_enforceable_days: maximum_enforceable_days
                .or(before.and_then(|held| held.maximum_enforceable_days)),
            reason_for_referral: reason_for_referral.or(before.and_then(|held| held.reason_for_referral.clone())),
            reason_for_referral_further_information: reason_for_referral_further_information
                .or(before.and_then(|held| held.reason_for_referral_further_information.clone())),
            reason_for_referral_before_allocation: reason_for_referral_before_allocation
                .or(before.and_then(|held| held.reason_for_referral_before_allocation.clone())),
        };
        let differ = |topic, text: fn(&ReferralDetails) -> Option<String>| Difference {
            topic,
            old: one(before.and_then(text)),
            new: one(text(&after)),
        };
        let differences = vec![
            differ(Topic::CompletionDeadline, |held| held.completion_deadline.map(|day| day.to_string())),
            differ(Topic::MaximumEnforceableDays, |held| held.maximum_enforceable_days.map(|days| days.to_string())),
            differ(Topic::ReasonForReferral, |held| held.reason_for_referral.clone()),
            differ(Topic::ReasonFurtherInformation, |held| held.reason_for_referral_further_information.clone()),
        ];
        Ok(Decided { part: Amended::Details(after), differences, reason, tell_provider: true })
    }

    fn amend_complexity(
        &self,
        category: &ServiceCategory,
        level: ComplexityLevelId,
        reason: String,
    ) -> Result<Decided, Refused> {
        self.ensure_selection_is_open(category, &reason)?;
        if category.complexity_levels.iter().all(|own| own.id != level) {
            let id = category.id;
            return Err(Refused::Bad(format!("complexity level {level} is not one of service category {id}")));
        }
        let before = self.selection.complexity_levels.get(&category.id);
        let old = list(before.map(ToString::to_string));
        let differences = vec![Difference { topic: Topic::ComplexityLevel, old, new: list([level.to_string()]) }];
        Ok(Decided { part: Amended::Complexity(category.id, level), differences, reason, tell_provider: true })
    }

    fn amend_outcomes(
        &self,
        category: &ServiceCategory,
        outcomes: BTreeSet<DesiredOutcomeId>,
        reason: String,
    ) -> Result<Decided, Refused> {
        if outcomes.is_empty() {
            return Err(Refused::Bad("desired outcomes cannot be empty".to_owned()));
        }
        self.ensure_selection_is_open(category, &reason)?;
        let contract = &self.intervention.contract.reference;
        let chosen = self.selection.desired_outcomes.get(&category.id).cloned().unwrap_or_default();
        for outcome in &outcomes {
            let Some(own) = category.desired_outcomes.iter().find(|own| own.id == *outcome) else {
                let id = category.id;
                return Err(Refused::Bad(format!("desired outcome {outcome} is not one of service category {id}")));
            };
            if !own.is_offered_on(contract) && !chosen.contains(outcome) {
                return Err(Refused::Bad(format!("desired outcome {outcome} is not offered on contract {contract}")));
            }
        }
        let old = list(chosen.iter().map(ToString::to_string));
        let new = list(outcomes.iter().map(ToString::to_string));
        let differences = vec![Difference { topic: Topic::DesiredOutcomes, old, new }];
        Ok(Decided { part: Amended::Outcomes(category.id, outcomes), differences, reason, tell_provider: true })
    }

    /// What was asked for stands once a plan was agreed on it.
    fn ensure_selection_is_open(&self, category: &ServiceCategory, reason: &str) -> Result<(), Refused> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "reasonForChange", reason);
        errors.into_result()?;
        if self.approved_plan().is_some() {
            return Err(Refused::Bad("an action plan has already been approved".to_owned()));
        }
        if !self.selection.service_categories.contains(&category.id) {
            return Err(Refused::Bad(format!("service category {} has not been selected", category.id)));
        }
        Ok(())
    }

    fn amend_needs(&self, section: NeedsSection, reason: String) -> Result<Decided, Refused> {
        let mut errors = FieldErrors::default();
        check_text(&mut errors, "reasonForChange", &reason);
        let before = &self.needs;
        let mut after = before.clone();
        let difference = match section {
            NeedsSection::Responsibilities(answer, text) => {
                errors.limit(text.as_deref(), "whenUnavailable", TEXT_MAX);
                after.has_additional_responsibilities = answer;
                after.when_unavailable = filled(text).filter(|_| answer == Some(true));
                Difference {
                    topic: Topic::AdditionalResponsibilities,
                    old: answered(before.has_additional_responsibilities, before.when_unavailable.clone()),
                    new: answered(answer, after.when_unavailable.clone()),
                }
            }
            NeedsSection::Interpreter(answer, text) => {
                errors.limit(text.as_deref(), "interpreterLanguage", TEXT_MAX);
                after.needs_interpreter = answer;
                after.interpreter_language = filled(text).filter(|_| answer == Some(true));
                Difference {
                    topic: Topic::InterpreterRequired,
                    old: answered(before.needs_interpreter, before.interpreter_language.clone()),
                    new: answered(answer, after.interpreter_language.clone()),
                }
            }
            NeedsSection::Accessibility(text) => {
                errors.limit(text.as_deref(), "accessibilityNeeds", TEXT_MAX);
                after.accessibility_needs = filled(text);
                Difference {
                    topic: Topic::AccessibilityNeeds,
                    old: list(filled(before.accessibility_needs.clone())),
                    new: list(after.accessibility_needs.clone()),
                }
            }
            NeedsSection::Additional(text) => {
                errors.limit(text.as_deref(), "additionalNeedsInformation", TEXT_MAX);
                after.additional_needs_information = filled(text);
                Difference {
                    topic: Topic::AdditionalInformation,
                    old: list(filled(before.additional_needs_information.clone())),
                    new: list(after.additional_needs_information.clone()),
                }
            }
        };
        errors.into_result()?;
        Ok(Decided { part: Amended::Needs(after), differences: vec![difference], reason, tell_provider: true })
    }

    fn amend_prison(&self, id: &str, old_name: String, new_name: String, reason: String) -> Result<Decided, Refused> {
        let mut errors = FieldErrors::default();
        check_line(&mut errors, "personCustodyPrisonId", id);
        check_line(&mut errors, "oldPrisonEstablishment", &old_name);
        check_line(&mut errors, "newPrisonEstablishment", &new_name);
        check_text(&mut errors, "reasonForChange", &reason);
        errors.into_result()?;
        let id = id.trim().to_owned();
        let old = Values { shown: Some(old_name), ..one(self.location.prison_id.clone()) };
        let new = Values { shown: Some(new_name), ..one(Some(id.clone())) };
        let part = Amended::Location(Location { prison_id: Some(id), ..self.custody() });
        let differences = vec![Difference { topic: Topic::PrisonEstablishment, old, new }];
        Ok(Decided { part, differences, reason, tell_provider: true })
    }

    fn amend_release_date(&self, date: Option<Date>, missing_reason: Option<&str>) -> Result<Decided, Refused> {
        let mut errors = FieldErrors::default();
        match (date, missing_reason) {
            (Some(_), _) => {}
            (None, Some(text)) => check_text(&mut errors, "expectedReleaseDateMissingReason", text),
            (None, None) => errors.add("expectedReleaseDate", ErrorCode::CannotBeEmpty),
        }
        errors.into_result()?;
        let reason = if date.is_some() { None } else { missing_reason.map(|text| text.trim().to_owned()) };
        let shown = |date: Option<Date>, reason: Option<String>| {
            one(date.map(|date| date.strftime(RELEASE_DATE_FORM).to_string()).or(reason))
        };
        let held = &self.location;
        let old = shown(held.expected_release_date, held.expected_release_date_missing_reason.clone());
        let new = shown(date, reason.clone());
        let location =
            Location { expected_release_date: date, expected_release_date_missing_reason: reason, ..self.custody() };
        Ok(unexplained(Amended::Location(location), Topic::ExpectedReleaseDate, old, new))
    }

    fn amend_expected_office(&self, office: &str) -> Result<Decided, Refused> {
        let office = line("probationOffice", office)?;
        let (old, new) = (one(self.location.expected_probation_office.clone()), one(Some(office.clone())));
        let location = Location {
            expected_probation_office: Some(office),
            expected_probation_office_unknown_reason: None,
            ..self.custody()
        };
        Ok(unexplained(Amended::Location(location), Topic::ExpectedProbationOffice, old, new))
    }

    fn amend_practitioner_office(&self, office: &str) -> Result<Decided, Refused> {
        let office = line("probationOffice", office)?;
        let (old, new) = (one(self.practitioner.probation_office.clone()), one(Some(office.clone())));
        let mut practitioner = self.practitioner.clone();
        practitioner.probation_office = Some(office);
        Ok(unexplained(Amended::Practitioner(practitioner), Topic::PractitionerOffice, old, new))
    }

    /// A correction is held against what is shown so far: an earlier correction, or else what Delius said.
    fn amend_contact(&self, contact: Contact, text: &str) -> Result<Decided, Refused> {
        let mut practitioner = self.practitioner.clone();
        let held = &self.practitioner;
        let (field, topic, place, delius) = match contact {
            Contact::Name => ("ppName", Topic::PractitionerName, &mut practitioner.name, &held.ndelius_name),
            Contact::Email => ("ppEmail", Topic::PractitionerEmail, &mut practitioner.email, &held.ndelius_email),
            Contact::Phone => ("ppPhoneNumber", Topic::PractitionerPhone, &mut practitioner.phone, &held.ndelius_phone),
            Contact::TeamPhone => (
                "ppTeamPhoneNumber",
                Topic::PractitionerTeamPhone,
                &mut practitioner.team_phone,
                &held.ndelius_team_phone,
            ),
        };
        let text = line(field, text)?;
        let old = one(place.clone().or_else(|| delius.clone()));
        *place = Some(text.clone());
        Ok(unexplained(Amended::Practitioner(practitioner), topic, old, one(Some(text))))
    }

    /// The location to change. Prison, release and the office after it are asked of people in custody only, so a
    /// record that does not say where the person is begins there.
    fn custody(&self) -> Location {
        let mut location = self.location.clone();
        location.location_type.get_or_insert(LocationType::Custody);
        location
    }
}

/// `dd-MMM-yyyy`, the form in which the change log keeps a release date.
const RELEASE_DATE_FORM: &str = "%d-%b-%Y";

fn check_details(change: &DetailsChange) -> Result<(), Refused> {
    let mut errors = FieldErrors::default();
    check_text(&mut errors, "reasonForChange", &change.reason);
    if let Some(text) = &change.reason_for_referral {
        check_text(&mut errors, "reasonForReferral", text);
    }
    for (field, text) in [
        ("furtherInformation", &change.further_information),
        ("reasonForReferralFurtherInformation", &change.reason_for_referral_further_information),
        ("reasonForReferralCreationBeforeAllocation", &change.reason_for_referral_before_allocation),
    ] {
        errors.limit(text.as_deref(), field, TEXT_MAX);
    }
    errors.into_result()?;
    let is_something = change.completion_deadline.is_some()
        || change.maximum_enforceable_days.is_some()
        || change.further_information.is_some()
        || change.reason_for_referral.is_some()
        || change.reason_for_referral_before_allocation.is_some();
    if is_something { Ok(()) } else { Err(Refused::Unmet("at least one of the details must be given")) }
}

/// A change that nobody is asked to explain.
fn unexplained(part: Amended, topic: Topic, old: Values, new: Values) -> Decided {
    Decided { part, differences: vec![Difference { topic, old, new }], reason: String::new(), tell_provider: true }
}

/// The one text of a topic that always has one; empty when there is none.
fn one(text: Option<String>) -> Values {
    list([text.unwrap_or_default()])
}

fn list(texts: impl IntoIterator<Item = String>) -> Values {
    Values { texts: texts.into_iter().collect(), shown: None }
}

/// An answer and the text that belongs to a yes. A question that was never answered has no values.
fn answered(answer: Option<bool>, text: Option<String>) -> Values {
    list(answer.map(|answer| answer.to_string()).into_iter().chain(filled(text).filter(|_| answer == Some(true))))
}

/// A text that says something.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !is_blank(Some(text)))
}

fn check_text(errors: &mut FieldErrors, field: &str, text: &str) {
    errors.require(!is_blank(Some(text)), field, ErrorCode::CannotBeEmpty);
    errors.limit(Some(text), field, TEXT_MAX);
}

fn check_line(errors: &mut FieldErrors, field: &str, text: &str) {
    errors.require(!is_blank(Some(text)), field, ErrorCode::CannotBeEmpty);
    errors.limit(Some(text), field, LINE_MAX);
}

/// A text of one line, without the white space around it.
fn line(field: &str, text: &str) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    check_line(&mut errors, field, text);
    errors.into_result()?;
    Ok(text.trim().to_owned())
}
