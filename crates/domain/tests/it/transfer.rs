//! Moving a referral to another contract.

use domain::catalogue::Intervention;
use domain::{CaseNoteId, ContractTypeId, Fact, InterventionId, User};
use uuid::Uuid;

use crate::build::{CATEGORY, OTHER_CATEGORY, Story, faults, intervention, minutes_after, names, sent_at};

const NOTE: CaseNoteId = CaseNoteId(Uuid::from_u128(0xE1));

fn another(categories: Vec<domain::ServiceCategoryId>) -> Intervention {
    let mut other = Intervention { id: InterventionId(Uuid::from_u128(7)), ..intervention(categories) };
    "0009".clone_into(&mut other.contract.reference);
    other
}

#[test]
fn a_referral_moves_with_a_note_and_only_once() {
    let mut story = Story::sent();
    let to = another(vec![CATEGORY, OTHER_CATEGORY]);
    let now = minutes_after(sent_at(), 5);
    let facts = story.take(story.referral.transfer(&to, NOTE, &User::service(), now));
    assert_eq!(names(&facts), "Transferred CaseNoteAdded");
    let Some(Fact::CaseNoteAdded { note, tell_practitioner: false }) = facts.last() else { panic!("{facts:?}") };
    assert_eq!(note.body, "This case was moved from contract 0001 to contract 0009.");
    assert_eq!(story.referral.intervention, to);
    assert_eq!(story.referral.transfer(&to, NOTE, &User::service(), now), Ok(Vec::new()));
}

#[test]
fn a_contract_that_does_not_fit_takes_no_referral() {
    let story = Story::sent();
    let refused = |to: &Intervention| faults(story.referral.transfer(to, NOTE, &User::service(), sent_at()));
    let without_category = another(vec![OTHER_CATEGORY]);
    assert!(refused(&without_category).contains("does not cover every chosen service category"));
    let mut other_type = another(vec![CATEGORY]);
    other_type.contract.contract_type.id = ContractTypeId(Uuid::from_u128(8));
    assert!(refused(&other_type).contains("another type"));
}
