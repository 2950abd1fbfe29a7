//! Changing a draft's answers. Only what is given acts; all faults are found before anything changes.

use jiff::Timestamp;

use super::{ContactPlace, DraftPatch, DraftReferral};
use crate::calendar::day_of;
use crate::referral::{Location, LocationType, Practitioner};
use crate::validation::{TEXT_MAX, is_blank};
use crate::{ErrorCode, FieldErrors, Refused};

impl DraftReferral {
    /// Takes answers in.
    ///
    /// # Errors
    /// Sending or sent; every fault of the patch.
    pub fn patch(&self, patch: DraftPatch, now: Timestamp) -> Result<Self, Refused> {
        self.ensure_editing()?;
        self.check_patch(&patch, now)?;
        let mut draft = self.changed_at(now);
        draft.patch_details(&patch);
        draft.patch_needs(&patch);
        if let Some(ids) = &patch.service_category_ids {
            let selection = &mut draft.selection;
            selection.service_categories = ids.iter().copied().collect();
            let selected = &selection.service_categories;
            selection.complexity_levels.retain(|category, _| selected.contains(category));
            selection.desired_outcomes.retain(|category, _| selected.contains(category));
        }
        if let Some(text) = patch.additional_risk_information.clone() {
            draft.risk.free_text = (!is_blank(Some(&text))).then_some((text, now));
        }
        set(&mut draft.relevant_sentence_id, patch.relevant_sentence_id);
        set(&mut draft.already_know_prison_name, patch.already_know_prison_name);
        set(&mut draft.allocated_community_pp, patch.allocated_community_pp);
        set(&mut draft.has_valid_delius_pp_details, patch.has_valid_delius_pp_details);
        draft.patch_location(&patch);
        draft.patch_practitioner(&patch);
        if let Some((_, person)) = patch.person {
            draft.person = person;
        }
        Ok(draft)
    }

    fn check_patch(&self, patch: &DraftPatch, now: Timestamp) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let past = patch.completion_deadline.is_some_and(|deadline| deadline < day_of(now));
        errors.require(!past, "completionDeadline", ErrorCode::DateMustBeInTheFuture);
        for (field, answer, text) in [
            ("needsInterpreter", patch.needs_interpreter, &patch.interpreter_language),
            ("hasAdditionalResponsibilities", patch.has_additional_responsibilities, &patch.when_unavailable),
        ] {
            let is_bare = answer == Some(true) && is_blank(text.as_deref());
            errors.require(!is_bare, field, ErrorCode::ConditionalFieldMustBeSet);
        }
        let other_person = patch.person.as_ref().is_some_and(|(crn, _)| *crn != self.crn);
        errors.require(!other_person, "serviceUser.crn", ErrorCode::FieldCannotBeChanged);
        let offered = &self.intervention.contract.service_categories;
        let foreign = patch.service_category_ids.iter().flatten().any(|id| !offered.contains(id));
        errors.require(!foreign, "serviceCategoryIds", ErrorCode::InvalidServiceCategoryForContract);
        let undated = patch.has_expected_release_date == Some(true)
            && patch.expected_release_date.is_none()
            && is_blank(patch.expected_release_date_missing_reason.as_deref());
        errors.require(!undated, "expectedReleaseDate", ErrorCode::ConditionalFieldMustBeSet);
        check_lengths(patch, &mut errors);
        errors.into_result()
    }

    fn patch_details(&mut self, patch: &DraftPatch) {
        let details = &mut self.details;
        set(&mut details.completion_deadline, patch.completion_deadline);
        set(&mut details.further_information, patch.further_information.clone());
        set(&mut details.maximum_enforceable_days, patch.maximum_enforceable_days);
        set(&mut details.reason_for_referral, patch.reason_for_referral.clone());
        set(
            &mut details.reason_for_referral_further_information,
            patch.reason_for_referral_further_information.clone(),
        );
        set(&mut details.reason_for_referral_before_allocation, patch.reason_for_referral_before_allocation.clone());
    }

    fn patch_needs(&mut self, patch: &DraftPatch) {
        let needs = &mut self.needs;
        set(&mut needs.additional_needs_information, patch.additional_needs_information.clone());
        set(&mut needs.accessibility_needs, patch.accessibility_needs.clone());
        set(&mut needs.interpreter_language, patch.interpreter_language.clone());
        set(&mut needs.when_unavailable, patch.when_unavailable.clone());
        set(&mut needs.needs_interpreter, patch.needs_interpreter);
        set(&mut needs.has_additional_responsibilities, patch.has_additional_responsibilities);
        if patch.needs_interpreter == Some(false) {
            needs.interpreter_language = None;
        }
        if patch.has_additional_responsibilities == Some(false) {
            needs.when_unavailable = None;
        }
    }

    /// The request's own answer about allocation is taken in before what depends on it.
    fn patch_location(&mut self, patch: &DraftPatch) {
        let location = &mut self.location;
        set(&mut location.prison_id, patch.prison_id.clone());
        if patch.expected_release_date.is_some() || patch.expected_release_date_missing_reason.is_some() {
            location.expected_release_date = patch.expected_release_date;
            location.expected_release_date_missing_reason.clone_from(&patch.expected_release_date_missing_reason);
        }
        if let Some(reason) = &patch.expected_probation_office_unknown_reason {
            location.expected_probation_office = None;
            location.expected_probation_office_unknown_reason = Some(reason.clone());
        } else if let Some(office) = &patch.expected_probation_office {
            location.expected_probation_office = Some(office.clone());
            location.expected_probation_office_unknown_reason = None;
        }
        let Some(location_type) = patch.location_type else { return };
        location.location_type = Some(location_type);
        match location_type {
            LocationType::Community => {
                *location = Location {
                    prison_id: None,
                    expected_release_date: None,
                    expected_release_date_missing_reason: None,
                    ..location.clone()
                };
                self.already_know_prison_name = None;
            }
            LocationType::Custody => {
                set(&mut location.releasing_in_12_weeks, patch.releasing_in_12_weeks);
                if self.allocated_community_pp == Some(true) {
                    location.releasing_in_12_weeks = None;
                }
            }
        }
    }

    fn patch_practitioner(&mut self, patch: &DraftPatch) {
        let given = &patch.practitioner;
        let held = &mut self.practitioner;
        set(&mut held.ndelius_name, given.ndelius_name.clone());
        set(&mut held.ndelius_pdu, given.ndelius_pdu.clone());
        set(&mut held.name, given.name.clone());
        set(&mut held.pdu, given.pdu.clone());
        set_or_clear(&mut held.ndelius_email, given.ndelius_email.as_ref());
        set_or_clear(&mut held.ndelius_phone, given.ndelius_phone.as_ref());
        set_or_clear(&mut held.ndelius_team_phone, given.ndelius_team_phone.as_ref());
        set_or_clear(&mut held.email, given.email.as_ref());
        set_or_clear(&mut held.phone, given.phone.as_ref());
        set_or_clear(&mut held.team_phone, given.team_phone.as_ref());
        set_or_clear(&mut held.probation_office, given.probation_office.as_ref());
        if patch.has_main_point_of_contact.is_none() {
            return;
        }
        self.has_main_point_of_contact = patch.has_main_point_of_contact;
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        held.name = text(&given.name);
        held.role_or_job_title = text(&given.role_or_job_title);
        held.email = text(&given.email);
        held.phone = text(&given.phone);
        match patch.contact_place {
            Some(ContactPlace::Establishment) => {
                held.establishment = text(&given.establishment);
                held.probation_office = None;
            }
            Some(ContactPlace::ProbationOffice) => {
                held.probation_office = text(&given.probation_office);
                held.establishment = None;
            }
            None => {}
        }
    }
}

fn set<T>(held: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *held = given;
    }
}

/// An empty text clears.
fn set_or_clear(held: &mut Option<String>, given: Option<&String>) {
    if let Some(text) = given {
        *held = (!text.is_empty()).then(|| text.clone());
    }
}

fn check_lengths(patch: &DraftPatch, errors: &mut FieldErrors) {
    let Practitioner {
        ndelius_name,
        ndelius_email,
        ndelius_pdu,
        ndelius_phone,
        ndelius_team_phone,
        name,
        email,
        pdu,
        phone,
        team_phone,
        probation_office,
        role_or_job_title,
        establishment,
    } = &patch.practitioner;
    for (field, text) in [
        ("furtherInformation", &patch.further_information),
        ("reasonForReferral", &patch.reason_for_referral),
        ("reasonForReferralFurtherInformation", &patch.reason_for_referral_further_information),
        ("reasonForReferralCreationBeforeAllocation", &patch.reason_for_referral_before_allocation),
        ("additionalNeedsInformation", &patch.additional_needs_information),
        ("accessibilityNeeds", &patch.accessibility_needs),
        ("interpreterLanguage", &patch.interpreter_language),
        ("whenUnavailable", &patch.when_unavailable),
        ("additionalRiskInformation", &patch.additional_risk_information),
        ("personCustodyPrisonId", &patch.prison_id),
        ("expectedReleaseDateMissingReason", &patch.expected_release_date_missing_reason),
        ("expectedProbationOffice", &patch.expected_probation_office),
        ("expectedProbationOfficeUnKnownReason", &patch.expected_probation_office_unknown_reason),
        ("ndeliusPPName", ndelius_name),
        ("ndeliusPPEmailAddress", ndelius_email),
        ("ndeliusPDU", ndelius_pdu),
        ("ndeliusPhoneNumber", ndelius_phone),
        ("ndeliusTeamPhoneNumber", ndelius_team_phone),
        ("ppName", name),
        ("ppEmailAddress", email),
        ("ppPdu", pdu),
        ("ppPhoneNumber", phone),
        ("ppTeamPhoneNumber", team_phone),
        ("ppProbationOffice", probation_office),
        ("roleOrJobTitle", role_or_job_title),
        ("ppEstablishment", establishment),
    ] {
        errors.limit(text.as_deref(), field, TEXT_MAX);
    }
}
