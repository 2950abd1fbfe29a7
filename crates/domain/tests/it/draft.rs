//! Choices, risk and sending of a draft.

use domain::Refused;
use domain::draft::{DraftPatch, DraftState, RedactedRisk, RiskToHandOver};
use domain::ending::ReferralStatus;
use domain::referral::LocationType;
use domain::{ComplexityLevelId, DesiredOutcomeId, DraftReferral};
use uuid::Uuid;

use crate::build::{
    CATEGORY, LEVEL, OTHER_CATEGORY, OUTCOMES, a_draft, a_sendable_draft, category, faults, handover, intervention,
    minutes_after, new_referral_ids, practitioner, provider, reference, sent_at,
};

#[test]
fn the_only_category_is_chosen_at_once_and_one_of_several_is_not() {
    assert_eq!(a_draft().selection.service_categories.len(), 1);
    let draft = a_draft();
    let several = intervention(vec![CATEGORY, OTHER_CATEGORY]);
    let cohort = DraftReferral::begin(draft.id, draft.crn, several, &practitioner(), sent_at());
    assert!(cohort.selection.service_categories.is_empty());
    let refused = cohort.choose_complexity(&category(CATEGORY), LEVEL, sent_at());
    assert_eq!(refused, Err(Refused::Bad("no service categories have been selected".to_owned())));
}

#[test]
fn levels_and_outcomes_must_belong_to_a_selected_category() {
    let draft = a_draft();
    let now = sent_at();
    let unknown = Uuid::from_u128(99);
    let is_bad = |result: Result<DraftReferral, Refused>| matches!(result, Err(Refused::Bad(_)));
    assert!(is_bad(draft.choose_complexity(&category(OTHER_CATEGORY), LEVEL, now)));
    assert!(is_bad(draft.choose_complexity(&category(CATEGORY), ComplexityLevelId(unknown), now)));
    assert!(is_bad(draft.choose_outcomes(&category(OTHER_CATEGORY), &OUTCOMES[..1], now)));
    assert!(is_bad(draft.choose_outcomes(&category(CATEGORY), &[DesiredOutcomeId(unknown)], now)));
    assert!(is_bad(draft.choose_outcomes(&category(CATEGORY), &[], now)));
    for not_offered in &OUTCOMES[2..] {
        assert!(is_bad(draft.choose_outcomes(&category(CATEGORY), &[OUTCOMES[0], *not_offered], now)), "{not_offered}");
    }
    let chosen = draft.choose_outcomes(&category(CATEGORY), &OUTCOMES[..2], now).expect("two that are offered");
    let again = chosen.choose_outcomes(&category(CATEGORY), &OUTCOMES[..1], now).expect("one that is offered");
    assert_eq!(again.selection.desired_outcomes[&CATEGORY].len(), 1);
}

#[test]
fn sending_names_the_first_thing_that_is_missing() {
    let whole = a_sendable_draft();
    let mut custody = whole.clone();
    custody.location.location_type = Some(LocationType::Custody);
    let mut without_risk = whole.clone();
    without_risk.risk.redacted = None;
    let mut nowhere = whole.clone();
    nowhere.location.location_type = None;
    let mut unsentenced = whole.clone();
    unsentenced.relevant_sentence_id = None;
    let mut nothing = custody.clone();
    nothing.risk.redacted = None;
    nothing.relevant_sentence_id = None;
    for (draft, word) in [
        (custody.clone(), "12 weeks"),
        (nothing, "12 weeks"),
        (without_risk, "risk"),
        (nowhere, "location"),
        (unsentenced, "sentence"),
    ] {
        let refused = draft.start_sending(&practitioner(), sent_at(), reference);
        assert!(matches!(refused, Err(Refused::Unmet(text)) if text.contains(word)), "{word}: {refused:?}");
    }
    for answer in 0..3 {
        let mut released = custody.clone();
        match answer {
            0 => released.location.releasing_in_12_weeks = Some(false),
            1 => released.location.expected_release_date = Some(jiff::civil::date(2026, 9, 1)),
            _ => released.location.expected_release_date_missing_reason = Some("recalled".to_owned()),
        }
        assert!(released.start_sending(&practitioner(), sent_at(), reference).is_ok(), "{answer}");
    }
}

#[test]
fn a_repeated_attempt_says_the_same_and_the_draft_is_frozen_meanwhile() {
    let sending = a_sendable_draft().start_sending(&practitioner(), sent_at(), reference).expect("sendable");
    let later = minutes_after(sent_at(), 10);
    let again = sending.start_sending(&provider(), later, || panic!("a number is reserved")).expect("sending");
    assert_eq!(again, sending);
    let frozen = Err(Refused::Conflict("the referral is being sent"));
    assert_eq!(sending.patch(DraftPatch::default(), later), frozen);
    assert_eq!(sending.redact_risk(RedactedRisk::default(), &practitioner(), later), frozen);
    assert_eq!(sending.choose_complexity(&category(CATEGORY), LEVEL, later), frozen);
    assert_eq!(sending.choose_outcomes(&category(CATEGORY), &OUTCOMES[..1], later), frozen);
    let thawed = sending.stop_sending(later).expect("being sent");
    assert!(thawed.patch(DraftPatch::default(), later).is_ok());
}

#[test]
fn what_was_drafted_becomes_the_referral_and_no_risk_text_remains() {
    let mut draft = a_sendable_draft();
    draft.details.reason_for_referral = Some("a room".to_owned());
    draft.risk.free_text = Some(("text".to_owned(), sent_at()));
    let sending = draft.start_sending(&practitioner(), sent_at(), reference).expect("sendable");
    assert!(matches!(sending.risk_to_hand_over(), Some(RiskToHandOver::Redacted { .. })));
    let later = minutes_after(sent_at(), 5);
    let (sent, referral) = sending.finish_sending(handover(), new_referral_ids(), later).expect("being sent");
    assert_eq!((sent.state.clone(), sent.risk.clone()), (DraftState::Sent, domain::draft::DraftRisk::default()));
    assert_eq!((referral.id, referral.sent_at, &referral.sent_by), (draft.id, sent_at(), &practitioner()));
    assert_eq!((&referral.reference, referral.sentence.id), (&reference(), 42));
    let details = referral.details.clone().expect("the first version");
    assert_eq!(details.reason_for_referral.as_deref(), Some("a room"));
    assert_eq!((details.created_at, details.created_by_id.as_str()), (draft.created_at, "p-1"));
    assert_eq!((referral.selection.clone(), referral.status), (draft.selection, ReferralStatus::PreIca));
    let gone = Err(Refused::Conflict("the referral was already sent"));
    assert_eq!(sent.start_sending(&practitioner(), later, reference), gone);
    assert_eq!(sent.patch(DraftPatch::default(), later), gone);
    assert_eq!(sent.stop_sending(later), gone);
    assert!(matches!(sent.finish_sending(handover(), new_referral_ids(), later), Err(Refused::Conflict(_))));
    assert!(matches!(draft_unsent().finish_sending(handover(), new_referral_ids(), later), Err(Refused::Conflict(_))));
}

fn draft_unsent() -> DraftReferral {
    a_sendable_draft()
}

#[test]
fn free_text_is_handed_over_only_where_nothing_was_redacted() {
    let mut draft = a_sendable_draft();
    draft.risk.free_text = Some(("text".to_owned(), sent_at()));
    draft.risk.redacted = None;
    assert_eq!(draft.risk_to_hand_over(), Some(RiskToHandOver::FreeText { text: "text", at: sent_at() }));
    draft.risk.free_text = None;
    assert_eq!(draft.risk_to_hand_over(), None);
}

#[test]
fn in_custody_the_practitioners_office_stands_in_for_the_expected_one() {
    for (custody, reason, expected) in
        [(true, None, Some("Leeds")), (false, None, None), (true, Some("not decided".to_owned()), None)]
    {
        let mut draft = a_sendable_draft();
        draft.location.releasing_in_12_weeks = Some(true);
        draft.location.location_type = Some(if custody { LocationType::Custody } else { LocationType::Community });
        draft.location.expected_probation_office_unknown_reason = reason;
        draft.practitioner.probation_office = Some("Leeds".to_owned());
        let (_, referral) = draft
            .start_sending(&practitioner(), sent_at(), reference)
            .and_then(|draft| draft.finish_sending(handover(), new_referral_ids(), sent_at()))
            .expect("sendable");
        assert_eq!(referral.location.expected_probation_office.as_deref(), expected);
    }
}

#[test]
fn redacted_texts_have_a_limit() {
    let risk = RedactedRisk { suicide: Some("é".repeat(4001)), ..RedactedRisk::default() };
    let refused = a_draft().redact_risk(risk, &practitioner(), sent_at());
    assert_eq!(faults(refused), "riskToSelfSuicide INVALID_LENGTH");
    let risk = RedactedRisk { suicide: Some("é".repeat(4000)), ..RedactedRisk::default() };
    assert!(a_draft().redact_risk(risk, &practitioner(), sent_at()).is_ok());
}
