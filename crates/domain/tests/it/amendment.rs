//! Amendments: what is logged, what is refused, what is left alone.

use std::collections::BTreeSet;

use domain::amendment::{Amended, Amendment, Change, Contact, DetailsChange, NeedsSection, Topic};
use domain::catalogue::{Complexity, ComplexityLevel, ServiceCategory};
use domain::email::EmailPurpose;
use domain::ending::WithdrawalState;
use domain::referral::{Location, LocationType, Practitioner};
use domain::{ChangeLogId, ComplexityLevelId, DesiredOutcomeId, Fact, Referral, ReferralDetailsId, Refused};
use jiff::civil::{Date, date};
use uuid::Uuid;

use crate::build::{CATEGORY, LEVEL, OTHER_CATEGORY, OUTCOMES, Story, category, faults, practitioner};

pub(crate) const OTHER_LEVEL: ComplexityLevelId = ComplexityLevelId(Uuid::from_u128(0xA2));

/// The category with a second level.
pub(crate) fn two_levels() -> ServiceCategory {
    let mut category = category(CATEGORY);
    let other = ComplexityLevel {
        id: OTHER_LEVEL,
        title: "High complexity".to_owned(),
        description: "Much help".to_owned(),
        complexity: Complexity::High,
    };
    category.complexity_levels.push(other);
    category
}

fn amend(story: &Story, amendment: Amendment) -> Result<Vec<Fact>, Refused> {
    let mut ids = 0xCE_0000;
    story.referral.amend(amendment, &practitioner(), story.now, || {
        ids += 1;
        ChangeLogId(Uuid::from_u128(ids))
    })
}

/// Amends, takes it in, and answers with what was logged.
fn taken(story: &mut Story, amendment: Amendment) -> Vec<Change> {
    story.pass(1);
    let facts = amend(story, amendment);
    let logged = |fact| match fact {
        Fact::Amended { changes, .. } => changes,
        other => panic!("{other:?}"),
    };
    story.take(facts).into_iter().flat_map(logged).collect()
}

/// One line for each change: the topic, before and after.
fn lines(changes: &[Change]) -> Vec<String> {
    let line =
        |change: &Change| format!("{}: {} > {}", change.topic, change.old.texts.join("|"), change.new.texts.join("|"));
    changes.iter().map(line).collect()
}

fn reason() -> String {
    "a reason".to_owned()
}

pub(crate) fn details() -> DetailsChange {
    DetailsChange {
        id: ReferralDetailsId(Uuid::from_u128(0xDE)),
        reason: reason(),
        completion_deadline: None,
        maximum_enforceable_days: None,
        further_information: None,
        reason_for_referral: None,
        reason_for_referral_further_information: None,
        reason_for_referral_before_allocation: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every use is an optional text")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn outcomes(category: ServiceCategory, outcomes: &[DesiredOutcomeId]) -> Amendment {
    Amendment::Outcomes { category, outcomes: outcomes.iter().copied().collect(), reason: reason() }
}

fn complexity(category: ServiceCategory, level: ComplexityLevelId) -> Amendment {
    Amendment::Complexity { category, level, reason: reason() }
}

fn needs(section: NeedsSection) -> Amendment {
    Amendment::Needs { section, reason: reason() }
}

fn prison(id: &str) -> Amendment {
    let (old_name, new_name) = ("Old Gate".to_owned(), "New Gate".to_owned());
    Amendment::Prison { id: id.to_owned(), old_name, new_name, reason: reason() }
}

fn release(date: Option<Date>, missing: Option<&str>) -> Amendment {
    Amendment::ReleaseDate(date, missing.map(str::to_owned))
}

#[test]
fn each_changed_detail_has_an_entry_and_nothing_is_dropped() {
    let mut story = Story::sent();
    let first = DetailsChange {
        completion_deadline: Some(date(2026, 12, 1)),
        maximum_enforceable_days: Some(12),
        further_information: text("call first"),
        reason_for_referral_before_allocation: text("no allocation yet"),
        ..details()
    };
    let changes = taken(&mut story, Amendment::Details(first));
    assert_eq!(lines(&changes), ["COMPLETION_DATETIME:  > 2026-12-01", "MAXIMUM_ENFORCEABLE_DAYS:  > 12"]);
    assert!(changes.iter().all(|change| change.reason == reason() && change.by == practitioner()));
    assert_eq!(changes[0].at, story.now);

    let second = DetailsChange {
        id: ReferralDetailsId(Uuid::from_u128(0xDF)),
        maximum_enforceable_days: Some(15),
        reason_for_referral: text("needs a home"),
        reason_for_referral_further_information: text("soon"),
        ..details()
    };
    let changes = taken(&mut story, Amendment::Details(second));
    assert_eq!(
        lines(&changes),
        [
            "MAXIMUM_ENFORCEABLE_DAYS: 12 > 15",
            "REASON_FOR_REFERRAL:  > needs a home",
            "REASON_FOR_REFERRAL_FURTHER_INFORMATION:  > soon",
        ]
    );
    let held = story.referral.details.expect("details");
    assert_eq!(held.id, ReferralDetailsId(Uuid::from_u128(0xDF)));
    assert_eq!(held.completion_deadline, Some(date(2026, 12, 1)));
    assert_eq!(held.further_information, text("call first"));
    assert_eq!(held.reason_for_referral_before_allocation, text("no allocation yet"));
    assert_eq!((held.created_by_id, held.created_at), (practitioner().id, story.now));
}

#[test]
fn a_change_of_details_makes_a_version_even_when_the_log_has_no_topic_for_it() {
    let mut story = Story::sent();
    let change = DetailsChange { further_information: text("call first"), ..details() };
    assert!(taken(&mut story, Amendment::Details(change)).is_empty());
    assert_eq!(story.referral.details.expect("details").further_information, text("call first"));
}

#[test]
fn details_that_say_nothing_are_refused() {
    let story = Story::sent();
    let only_further = DetailsChange { reason_for_referral_further_information: text("soon"), ..details() };
    for change in [details(), only_further] {
        assert!(matches!(amend(&story, Amendment::Details(change)), Err(Refused::Unmet(_))));
    }
    let blank = DetailsChange {
        reason: " ".to_owned(),
        reason_for_referral: text("\t"),
        further_information: Some("x".repeat(4001)),
        ..details()
    };
    assert_eq!(
        faults(amend(&story, Amendment::Details(blank))),
        "reasonForChange CANNOT_BE_EMPTY, reasonForReferral CANNOT_BE_EMPTY, furtherInformation INVALID_LENGTH"
    );
}

#[test]
fn a_level_and_outcomes_change_within_their_category() {
    let mut story = Story::sent();
    let changes = taken(&mut story, complexity(two_levels(), OTHER_LEVEL));
    assert_eq!(lines(&changes), [format!("COMPLEXITY_LEVEL: {LEVEL} > {OTHER_LEVEL}")]);
    assert_eq!(story.referral.selection.complexity_levels[&CATEGORY], OTHER_LEVEL);

    story.referral.selection.service_categories.insert(OTHER_CATEGORY);
    story.referral.selection.desired_outcomes.insert(OTHER_CATEGORY, BTreeSet::from([OUTCOMES[4]]));
    let changes = taken(&mut story, outcomes(category(CATEGORY), &OUTCOMES[1..2]));
    assert_eq!(lines(&changes), [format!("DESIRED_OUTCOMES: {}|{} > {}", OUTCOMES[0], OUTCOMES[1], OUTCOMES[1])]);
    assert_eq!(story.referral.selection.desired_outcomes[&CATEGORY], BTreeSet::from([OUTCOMES[1]]));
    assert_eq!(story.referral.selection.desired_outcomes[&OTHER_CATEGORY], BTreeSet::from([OUTCOMES[4]]));
}

#[test]
fn a_category_without_a_level_is_given_one() {
    let mut story = Story::sent();
    story.referral.selection.complexity_levels.clear();
    let changes = taken(&mut story, complexity(two_levels(), LEVEL));
    assert_eq!(lines(&changes), [format!("COMPLEXITY_LEVEL:  > {LEVEL}")]);
    assert!(changes[0].old.texts.is_empty());
}

#[test]
fn an_outcome_that_is_no_longer_offered_may_stay_but_not_come() {
    let mut story = Story::sent();
    story.referral.selection.desired_outcomes.insert(CATEGORY, BTreeSet::from([OUTCOMES[2]]));
    taken(&mut story, outcomes(category(CATEGORY), &[OUTCOMES[0], OUTCOMES[2]]));
    taken(&mut story, outcomes(category(CATEGORY), &OUTCOMES[..1]));
    assert!(matches!(amend(&story, outcomes(category(CATEGORY), &OUTCOMES[2..3])), Err(Refused::Bad(_))));
}

#[test]
fn what_does_not_belong_is_refused() {
    let story = Story::sent();
    let unknown = DesiredOutcomeId(Uuid::from_u128(0xEE));
    for amendment in [
        complexity(category(CATEGORY), OTHER_LEVEL),
        complexity(category(OTHER_CATEGORY), LEVEL),
        outcomes(category(CATEGORY), &[]),
        outcomes(category(CATEGORY), &[unknown]),
        outcomes(category(CATEGORY), &OUTCOMES[3..4]),
        outcomes(category(OTHER_CATEGORY), &OUTCOMES[..1]),
    ] {
        let refused = amend(&story, amendment);
        assert!(matches!(refused, Err(Refused::Bad(_))), "{refused:?}");
    }
}

#[test]
fn what_was_asked_for_stands_once_a_plan_is_approved() {
    let story = Story::sent().assessed().planned(1);
    for amendment in [complexity(two_levels(), OTHER_LEVEL), outcomes(category(CATEGORY), &OUTCOMES[..1])] {
        assert_eq!(amend(&story, amendment), Err(Refused::Bad("an action plan has already been approved".to_owned())));
    }
    assert!(amend(&story, needs(NeedsSection::Accessibility(text("a ramp")))).is_ok());
}

#[test]
fn nothing_is_amended_after_the_conclusion() {
    let story = Story::sent().withdrawn(WithdrawalState::PreIca);
    let change = DetailsChange { maximum_enforceable_days: Some(3), ..details() };
    for amendment in [
        Amendment::Details(change),
        complexity(two_levels(), OTHER_LEVEL),
        outcomes(category(CATEGORY), &OUTCOMES[..1]),
        needs(NeedsSection::Additional(text("quiet"))),
        prison("ABC"),
        release(None, Some("not known")),
        Amendment::ExpectedOffice { office: "Quay".to_owned(), tell_provider: true },
        Amendment::PractitionerOffice { office: "Quay".to_owned(), tell_provider: true },
        Amendment::Practitioner(Contact::Name, "Sam Field".to_owned()),
    ] {
        assert_eq!(amend(&story, amendment), Err(Refused::Conflict("this referral is concluded")));
    }
}

#[test]
fn needs_are_answered_section_by_section() {
    let mut story = Story::sent();
    story.referral.needs = domain::referral::Needs::default();
    for (section, logged) in [
        (
            NeedsSection::Responsibilities(Some(true), text("Tuesdays")),
            "NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES:  > true|Tuesdays",
        ),
        (
            NeedsSection::Responsibilities(Some(false), text("Tuesdays")),
            "NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES: true|Tuesdays > false",
        ),
        (
            NeedsSection::Responsibilities(None, None),
            "NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES: false > ",
        ),
        (
            NeedsSection::Interpreter(Some(true), text("Welsh")),
            "NEEDS_AND_REQUIREMENTS_INTERPRETER_REQUIRED:  > true|Welsh",
        ),
        (NeedsSection::Interpreter(Some(true), None), "NEEDS_AND_REQUIREMENTS_INTERPRETER_REQUIRED: true|Welsh > true"),
        (NeedsSection::Accessibility(text("a ramp")), "NEEDS_AND_REQUIREMENTS_ACCESSIBILITY_NEEDS:  > a ramp"),
        (NeedsSection::Accessibility(text(" ")), "NEEDS_AND_REQUIREMENTS_ACCESSIBILITY_NEEDS: a ramp > "),
        (NeedsSection::Additional(text("quiet")), "NEEDS_AND_REQUIREMENTS_ADDITIONAL_INFORMATION:  > quiet"),
    ] {
        assert_eq!(lines(&taken(&mut story, needs(section))), [logged]);
    }
    let held = &story.referral.needs;
    assert_eq!((held.when_unavailable.clone(), held.interpreter_language.clone()), (None, None));
    assert_eq!((held.needs_interpreter, held.additional_needs_information.clone()), (Some(true), text("quiet")));
}

#[test]
fn prison_and_release_change_where_there_was_nothing_before() {
    let mut story = Story::sent();
    story.referral.location = Location::default();
    let changes = taken(&mut story, prison(" ABC "));
    assert_eq!(lines(&changes), ["PRISON_ESTABLISHMENT:  > ABC"]);
    assert_eq!((&changes[0].old.shown, &changes[0].new.shown), (&text("Old Gate"), &text("New Gate")));
    assert_eq!(story.referral.location.location_type, Some(LocationType::Custody));
    assert_eq!(lines(&taken(&mut story, prison("DEF"))), ["PRISON_ESTABLISHMENT: ABC > DEF"]);

    let day = date(2026, 5, 3);
    for (amendment, logged) in [
        (release(None, Some("awaiting parole")), "EXPECTED_RELEASE_DATE:  > awaiting parole"),
        (release(None, Some("on remand")), "EXPECTED_RELEASE_DATE: awaiting parole > on remand"),
        (release(Some(day), Some("ignored")), "EXPECTED_RELEASE_DATE: on remand > 03-May-2026"),
        (release(None, Some("recalled")), "EXPECTED_RELEASE_DATE: 03-May-2026 > recalled"),
        (release(Some(day), None), "EXPECTED_RELEASE_DATE: recalled > 03-May-2026"),
    ] {
        assert_eq!(lines(&taken(&mut story, amendment)), [logged]);
    }
    let held = &story.referral.location;
    assert_eq!((held.expected_release_date, &held.expected_release_date_missing_reason), (Some(day), &None));
    assert_eq!(held.prison_id, text("DEF"));
}

#[test]
fn an_expected_office_takes_the_place_of_why_there_was_none() {
    let mut story = Story::sent();
    story.referral.location.expected_probation_office_unknown_reason = text("no address yet");
    let office = |tell_provider| Amendment::ExpectedOffice { office: "Quay Street ".to_owned(), tell_provider };
    assert_eq!(lines(&taken(&mut story, office(false))), ["EXPECTED_PROBATION_OFFICE:  > Quay Street"]);
    let held = &story.referral.location;
    assert_eq!(
        (&held.expected_probation_office, &held.expected_probation_office_unknown_reason),
        (&text("Quay Street"), &None)
    );
    assert_eq!(amend(&story, office(true)), Ok(vec![]));
}

#[test]
fn a_practitioner_is_corrected_against_what_delius_said() {
    let mut story = Story::sent();
    story.referral.practitioner = Practitioner {
        ndelius_name: text("Sam Field"),
        ndelius_phone: text("01632 960001"),
        email: text("sam@probation.example"),
        ndelius_email: text("s.field@probation.example"),
        ..Practitioner::default()
    };
    for (contact, given, logged) in [
        (Contact::Name, "Samira Field", "PROBATION_PRACTITIONER_NAME: Sam Field > Samira Field"),
        (Contact::Name, "Sam Field", "PROBATION_PRACTITIONER_NAME: Samira Field > Sam Field"),
        (Contact::Email, "x@y.example", "PROBATION_PRACTITIONER_EMAIL: sam@probation.example > x@y.example"),
        (Contact::Phone, "01632 960002", "PROBATION_PRACTITIONER_PHONE_NUMBER: 01632 960001 > 01632 960002"),
        (Contact::TeamPhone, "01632 960003", "PROBATION_PRACTITIONER_TEAM_PHONE_NUMBER:  > 01632 960003"),
    ] {
        let changes = taken(&mut story, Amendment::Practitioner(contact, given.to_owned()));
        assert_eq!(lines(&changes), [logged]);
        assert_eq!(changes[0].reason, "");
    }
    let office = Amendment::PractitionerOffice { office: "Quay".to_owned(), tell_provider: true };
    assert_eq!(lines(&taken(&mut story, office)), ["PROBATION_PRACTITIONER_PROBATION_OFFICE:  > Quay"]);
    assert_eq!(story.referral.practitioner.ndelius_phone, text("01632 960001"));
}

#[test]
fn the_same_value_changes_nothing_and_tells_nobody() {
    let mut story = Story::sent();
    story.referral.practitioner.ndelius_name = text("Sam Field");
    story.referral.location.prison_id = text("ABC");
    story.referral.location.expected_release_date_missing_reason = text("on remand");
    for amendment in [
        complexity(two_levels(), LEVEL),
        outcomes(category(CATEGORY), &OUTCOMES[..2]),
        needs(NeedsSection::Accessibility(None)),
        prison("ABC"),
        release(None, Some(" on remand ")),
        Amendment::Practitioner(Contact::Name, " Sam Field".to_owned()),
    ] {
        assert_eq!(amend(&story, amendment), Ok(vec![]));
    }
}

#[test]
fn blank_and_overlong_values_are_named() {
    let story = Story::sent();
    let blank = || " ".to_owned();
    let office = |tell_provider| Amendment::ExpectedOffice { office: blank(), tell_provider };
    for (amendment, expected) in [
        (
            Amendment::Prison { id: blank(), old_name: blank(), new_name: blank(), reason: blank() },
            "personCustodyPrisonId CANNOT_BE_EMPTY, oldPrisonEstablishment CANNOT_BE_EMPTY, newPrisonEstablishment \
             CANNOT_BE_EMPTY, reasonForChange CANNOT_BE_EMPTY",
        ),
        (release(None, None), "expectedReleaseDate CANNOT_BE_EMPTY"),
        (release(None, Some("")), "expectedReleaseDateMissingReason CANNOT_BE_EMPTY"),
        (office(true), "probationOffice CANNOT_BE_EMPTY"),
        (Amendment::PractitionerOffice { office: blank(), tell_provider: true }, "probationOffice CANNOT_BE_EMPTY"),
        (Amendment::Practitioner(Contact::Name, blank()), "ppName CANNOT_BE_EMPTY"),
        (Amendment::Practitioner(Contact::Email, "x".repeat(256)), "ppEmail INVALID_LENGTH"),
        (Amendment::Practitioner(Contact::Phone, String::new()), "ppPhoneNumber CANNOT_BE_EMPTY"),
        (Amendment::Practitioner(Contact::TeamPhone, blank()), "ppTeamPhoneNumber CANNOT_BE_EMPTY"),
        (
            Amendment::Needs { section: NeedsSection::Accessibility(Some("x".repeat(4001))), reason: blank() },
            "reasonForChange CANNOT_BE_EMPTY, accessibilityNeeds INVALID_LENGTH",
        ),
        (
            Amendment::Complexity { category: category(CATEGORY), level: LEVEL, reason: blank() },
            "reasonForChange CANNOT_BE_EMPTY",
        ),
    ] {
        assert_eq!(faults(amend(&story, amendment)), expected);
    }
}

#[test]
fn every_topic_has_an_e_mail_and_logged_values_are_not_printed() {
    for topic in Topic::ALL {
        let purpose = topic.email();
        assert!(purpose.as_str().ends_with("-updated") || purpose.as_str().ends_with("-changed"), "{topic}");
    }
    assert_eq!(Topic::ExpectedProbationOffice.email(), EmailPurpose::ProbationOfficeUpdated);
    let mut story = Story::sent();
    let changes = taken(&mut story, needs(NeedsSection::Accessibility(text("MARKER"))));
    assert!(!format!("{changes:?}").contains("MARKER"));
    assert!(!format!("{:?}", Amendment::Practitioner(Contact::Name, "MARKER".to_owned())).contains("MARKER"));
}

#[test]
fn a_fact_about_one_part_leaves_the_others() {
    let mut story = Story::sent();
    let before = story.referral.clone();
    taken(&mut story, needs(NeedsSection::Additional(text("quiet"))));
    let Referral { needs, .. } = story.referral.clone();
    assert_eq!(story.referral, Referral { needs: needs.clone(), ..before });
    let fact = Fact::Amended { part: Box::new(Amended::Needs(needs)), changes: vec![], tell_provider: true };
    assert_eq!(fact.name(), "amended");
}
