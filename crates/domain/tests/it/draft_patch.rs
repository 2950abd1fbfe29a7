//! Patching a draft, rule by rule.

use domain::draft::{ContactPlace, DraftPatch};
use domain::person::PersonDetails;
use domain::referral::{LocationType, Practitioner};
use domain::{Crn, DraftReferral, ServiceCategoryId};
use jiff::civil::date;
use uuid::Uuid;

use crate::build::{
    CATEGORY, LEVEL, OTHER_CATEGORY, OUTCOMES, a_draft, at, category, faults, intervention, practitioner, sent_at,
};

#[expect(clippy::unnecessary_wraps, reason = "every answer of a patch is optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn patched(draft: &DraftReferral, patch: DraftPatch) -> DraftReferral {
    draft.patch(patch, sent_at()).expect("a patch that keeps the rules")
}

#[test]
fn every_fault_of_a_patch_is_reported_at_once() {
    let patch = DraftPatch {
        completion_deadline: Some(date(2026, 5, 31)),
        needs_interpreter: Some(true),
        interpreter_language: text(" \n"),
        has_additional_responsibilities: Some(true),
        person: Some((Crn("X999999".to_owned()), PersonDetails::default())),
        service_category_ids: Some(vec![CATEGORY, ServiceCategoryId(Uuid::from_u128(7)), OTHER_CATEGORY]),
        has_expected_release_date: Some(true),
        reason_for_referral: Some("x".repeat(4001)),
        ..DraftPatch::default()
    };
    assert_eq!(
        faults(a_draft().patch(patch, sent_at())),
        "completionDeadline DATE_MUST_BE_IN_THE_FUTURE, needsInterpreter CONDITIONAL_FIELD_MUST_BE_SET, \
         hasAdditionalResponsibilities CONDITIONAL_FIELD_MUST_BE_SET, serviceUser.crn FIELD_CANNOT_BE_CHANGED, \
         serviceCategoryIds INVALID_SERVICE_CATEGORY_FOR_CONTRACT, expectedReleaseDate CONDITIONAL_FIELD_MUST_BE_SET, \
         reasonForReferral INVALID_LENGTH"
    );
}

#[test]
fn the_deadline_may_be_today_and_today_is_a_london_day() {
    let deadline = |day| DraftPatch { completion_deadline: Some(day), ..DraftPatch::default() };
    assert!(a_draft().patch(deadline(date(2026, 6, 1)), sent_at()).is_ok());
    let just_after_midnight = at("2026-06-01T23:30:00Z");
    assert!(a_draft().patch(deadline(date(2026, 6, 1)), just_after_midnight).is_err());
    assert!(a_draft().patch(deadline(date(2026, 6, 2)), just_after_midnight).is_ok());
}

#[test]
fn conditional_answers_come_with_their_text_and_go_with_a_no() {
    let yes = DraftPatch {
        needs_interpreter: Some(true),
        interpreter_language: text("Welsh"),
        has_additional_responsibilities: Some(true),
        when_unavailable: text("mornings"),
        ..DraftPatch::default()
    };
    let draft = patched(&a_draft(), yes);
    assert_eq!(draft.needs.interpreter_language, text("Welsh"));
    let untouched = patched(&draft, DraftPatch::default());
    assert_eq!(untouched.needs, draft.needs);
    let no = DraftPatch {
        needs_interpreter: Some(false),
        interpreter_language: text("Welsh"),
        has_additional_responsibilities: Some(false),
        ..DraftPatch::default()
    };
    let draft = patched(&draft, no);
    assert_eq!((draft.needs.interpreter_language, draft.needs.when_unavailable), (None, None));
}

#[test]
fn dropped_categories_take_their_choices_along() {
    let begun = a_draft();
    let several = intervention(vec![CATEGORY, OTHER_CATEGORY]);
    let draft = DraftReferral::begin(begun.id, begun.crn, several, &practitioner(), sent_at());
    let choose = |ids: Vec<_>| DraftPatch { service_category_ids: Some(ids), ..DraftPatch::default() };
    let mut draft = patched(&draft, choose(vec![CATEGORY, OTHER_CATEGORY]));
    for id in [CATEGORY, OTHER_CATEGORY] {
        draft = draft
            .choose_complexity(&category(id), LEVEL, sent_at())
            .and_then(|draft| draft.choose_outcomes(&category(id), &OUTCOMES[..1], sent_at()))
            .expect("a selected category");
    }
    let draft = patched(&draft, choose(vec![OTHER_CATEGORY]));
    assert!(draft.selection.complexity_levels.keys().eq([&OTHER_CATEGORY]));
    assert!(draft.selection.desired_outcomes.keys().eq([&OTHER_CATEGORY]));
}

#[test]
fn release_date_and_reason_clear_one_another() {
    let dated = DraftPatch {
        has_expected_release_date: Some(true),
        expected_release_date: Some(date(2026, 9, 1)),
        ..DraftPatch::default()
    };
    let draft = patched(&a_draft(), dated);
    let reasoned = DraftPatch {
        has_expected_release_date: Some(true),
        expected_release_date_missing_reason: text("recalled"),
        ..DraftPatch::default()
    };
    let draft = patched(&draft, reasoned);
    assert_eq!(draft.location.expected_release_date, None);
    assert_eq!(draft.location.expected_release_date_missing_reason, text("recalled"));
}

#[test]
fn the_community_has_no_prison_and_no_release_date() {
    let custody = DraftPatch {
        location_type: Some(LocationType::Custody),
        prison_id: text("LEI"),
        already_know_prison_name: Some(true),
        expected_release_date: Some(date(2026, 9, 1)),
        releasing_in_12_weeks: Some(true),
        ..DraftPatch::default()
    };
    let draft = patched(&a_draft(), custody);
    assert_eq!(draft.location.releasing_in_12_weeks, Some(true));
    let community = DraftPatch { location_type: Some(LocationType::Community), ..DraftPatch::default() };
    let draft = patched(&draft, community);
    assert_eq!((draft.location.prison_id, draft.location.expected_release_date), (None, None));
    assert_eq!(draft.already_know_prison_name, None);
}

#[test]
fn allocation_as_the_request_says_decides_about_release_within_twelve_weeks() {
    for (stored, requested, expected) in [
        (None, None, Some(true)),
        (None, Some(true), None),
        (Some(true), None, None),
        (Some(true), Some(false), Some(true)),
        (Some(false), Some(true), None),
    ] {
        let mut draft = a_draft();
        draft.allocated_community_pp = stored;
        let patch = DraftPatch {
            location_type: Some(LocationType::Custody),
            releasing_in_12_weeks: Some(true),
            allocated_community_pp: requested,
            ..DraftPatch::default()
        };
        assert_eq!(patched(&draft, patch).location.releasing_in_12_weeks, expected, "{stored:?} {requested:?}");
    }
    let without_location = DraftPatch { releasing_in_12_weeks: Some(true), ..DraftPatch::default() };
    assert_eq!(patched(&a_draft(), without_location).location.releasing_in_12_weeks, None);
}

#[test]
fn the_reason_wins_over_the_expected_office() {
    let office = DraftPatch { expected_probation_office: text("Leeds"), ..DraftPatch::default() };
    let draft = patched(&a_draft(), office);
    let both = DraftPatch {
        expected_probation_office: text("York"),
        expected_probation_office_unknown_reason: text("not decided"),
        ..DraftPatch::default()
    };
    let draft = patched(&draft, both);
    assert_eq!(draft.location.expected_probation_office, None);
    let again = DraftPatch { expected_probation_office: text("York"), ..DraftPatch::default() };
    let draft = patched(&draft, again);
    assert_eq!(draft.location.expected_probation_office, text("York"));
    assert_eq!(draft.location.expected_probation_office_unknown_reason, None);
}

#[test]
fn an_empty_text_clears_what_the_contract_lets_it_clear() {
    let full = || Practitioner {
        ndelius_name: text("a"),
        ndelius_email: text("a"),
        ndelius_pdu: text("a"),
        ndelius_phone: text("a"),
        ndelius_team_phone: text("a"),
        name: text("a"),
        email: text("a"),
        pdu: text("a"),
        phone: text("a"),
        team_phone: text("a"),
        probation_office: text("a"),
        role_or_job_title: text("a"),
        establishment: text("a"),
    };
    let draft = patched(&a_draft(), DraftPatch { practitioner: full(), ..DraftPatch::default() });
    assert_eq!((&draft.practitioner.role_or_job_title, &draft.practitioner.establishment), (&None, &None));
    let empty = Practitioner {
        ndelius_email: text(""),
        ndelius_phone: text(""),
        ndelius_team_phone: text(""),
        email: text(""),
        phone: text(""),
        team_phone: text(""),
        probation_office: text(""),
        ..Practitioner::default()
    };
    let draft = patched(&draft, DraftPatch { practitioner: empty, ..DraftPatch::default() });
    let kept = Practitioner {
        ndelius_name: text("a"),
        ndelius_pdu: text("a"),
        name: text("a"),
        pdu: text("a"),
        ..Practitioner::default()
    };
    assert!(draft.practitioner == kept);
}

#[test]
fn a_main_point_of_contact_overwrites_all_of_itself_and_has_one_place() {
    let contact = |place, answer| DraftPatch {
        has_main_point_of_contact: Some(answer),
        contact_place: Some(place),
        practitioner: Practitioner {
            name: text("Sam"),
            role_or_job_title: text("officer"),
            establishment: text("Leeds prison"),
            probation_office: text("Leeds"),
            ..Practitioner::default()
        },
        ..DraftPatch::default()
    };
    let mut draft = a_draft();
    draft.practitioner.email = text("old@example");
    let draft = patched(&draft, contact(ContactPlace::Establishment, true));
    assert_eq!(draft.practitioner.email, None);
    assert_eq!(draft.practitioner.establishment, text("Leeds prison"));
    assert_eq!(draft.practitioner.probation_office, None);
    let draft = patched(&draft, contact(ContactPlace::ProbationOffice, false));
    assert_eq!((draft.practitioner.establishment, draft.practitioner.probation_office), (None, text("Leeds")));
    assert_eq!(draft.has_main_point_of_contact, Some(false));
}

#[test]
fn further_information_alone_and_the_check_of_delius_details_are_kept() {
    let patch = DraftPatch {
        reason_for_referral_further_information: text("more"),
        has_valid_delius_pp_details: Some(false),
        additional_risk_information: text("text"),
        ..DraftPatch::default()
    };
    let draft = patched(&a_draft(), patch);
    assert_eq!(draft.details.reason_for_referral_further_information, text("more"));
    assert_eq!(draft.has_valid_delius_pp_details, Some(false));
    assert_eq!(draft.risk.free_text, Some(("text".to_owned(), sent_at())));
}
