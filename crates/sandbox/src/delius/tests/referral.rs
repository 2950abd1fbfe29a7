//! Start of a referral.

use super::*;
use crate::delius::human::{self, OfNsi, OfSentence};

#[test]
fn a_start_creates_the_activity_with_its_three_contacts() {
    let world = with_referral();
    let nsi = world.nsi();
    assert_eq!(nsi.urn, Some("urn:hmpps:interventions-referral:00000000-0000-0000-0000-00000000000a".to_owned()));
    assert_eq!((nsi.type_code.as_str(), nsi.status.as_str(), nsi.is_active()), ("CRS01", "INPROG", true));
    assert_eq!(nsi.event_id, Some(SENTENCE));
    assert_eq!(nsi.referral_date.to_string(), "2026-03-02");
    assert_eq!(nsi.started_at, Some(at("2026-03-02T08:30:00Z")));
    assert_eq!(nsi.history.len(), 1);
    let contacts: Vec<_> = world.case().contacts.iter().map(|contact| contact.type_code.as_str()).collect();
    assert_eq!(contacts, ["NREF", "C091", "NCOM"]);
    assert!(
        world.case().contacts.iter().all(|contact| contact.created_at == world.now && contact.created_by == "TEST")
    );
}

#[test]
fn the_referral_date_is_the_date_in_london() {
    let mut world = world();
    world.start(&StartReferral { started_at: at("2026-06-30T23:30:00Z"), ..a_start() }).unwrap();
    assert_eq!(world.nsi().referral_date.to_string(), "2026-07-01");
}

#[test]
fn the_first_rehabilitation_requirement_is_linked_and_none_is_no_error() {
    let with_requirement = with_referral();
    assert!(with_requirement.case().is_rehabilitation_activity(with_requirement.nsi()));
    let mut without = world();
    let case = without.record.case_mut(CRN).unwrap();
    case.events[0].disposal.as_mut().unwrap().requirements.clear();
    without.start(&a_start()).unwrap();
    assert_eq!(without.nsi().requirement_id, None);
}

#[test]
fn every_contract_type_of_the_mapping_has_its_activity_type() {
    let table = [
        ("ACC", "CRS01"),
        ("ETE", "CRS02"),
        ("MTR", "CRS03"),
        ("DNR", "CRS04"),
        ("DNR-NEN", "CRS04"),
        ("PWB", "CRS05"),
        ("WOS", "CRS06"),
        ("WSM", "CRS07"),
        ("FBD-B", "CRS08"),
        ("FBD-Y", "CRS08"),
    ];
    for (contract_type, nsi_type) in table {
        let mut world = world();
        world.start(&StartReferral { contract_type: contract_type.to_owned(), ..a_start() }).unwrap();
        assert_eq!(world.nsi().type_code, nsi_type, "{contract_type}");
    }
    assert_eq!(code::nsi_types().len(), 34);
}

#[test]
fn one_type_for_all_changes_nothing_but_the_type() {
    let mut world = world().switched(|mode| mode.one_nsi_type = true);
    let request = StartReferral { contract_type: "PWB".to_owned(), ..a_start() };
    world.start(&request).unwrap();
    world.start(&request).unwrap();
    assert_eq!(world.nsi().type_code, "CRS01");
}

#[test]
fn an_unknown_person_or_sentence_is_not_found() {
    let mut world = world();
    let missing = world.act(|record, occasion| start(record, occasion, "X999999", &a_start()));
    assert_eq!(missing, Err(Refusal::NoSuchCase));
    let sentence = StartReferral { sentence_id: 2_500_000_002, ..a_start() };
    assert_eq!(world.start(&sentence).unwrap_err().status(), 404);
    assert!(world.case().nsis.is_empty());
}

#[test]
fn an_unmapped_contract_type_is_an_internal_error_or_a_refusal() {
    let request = StartReferral { contract_type: "FBD-O".to_owned(), ..a_start() };
    assert_eq!(world().start(&request).unwrap_err().status(), 500);
    let mut ideal = world().switched(|mode| mode.unmapped_contract_internal_error = false);
    assert_eq!(ideal.start(&request).unwrap_err().status(), 400);
}

#[test]
fn a_repeat_while_open_changes_nothing() {
    let mut world = with_referral();
    let before = world.picture();
    world.after(1).start(&a_start()).unwrap();
    assert_eq!(world.picture(), before);
}

#[test]
fn a_repeat_with_other_notes_or_start_overwrites_them() {
    let mut world = with_referral();
    let request = StartReferral { notes: "New".to_owned(), started_at: at("2026-03-02T08:00:00Z"), ..a_start() };
    world.start(&request).unwrap();
    let nsi = world.nsi();
    assert_eq!((nsi.notes.as_str(), nsi.started_at, nsi.version), ("New", Some(request.started_at), 1));
    assert_eq!(world.case().contacts.len(), 3);
}

#[test]
fn a_repeat_after_soft_deletion_creates_a_fresh_one_with_the_same_urn() {
    let mut world = with_referral();
    world.act(|record, occasion| human::soft_delete(record, occasion, &OfNsi { urn: urn() })).unwrap();
    world.start(&a_start()).unwrap();
    let live: Vec<bool> = world.case().nsis.iter().map(|nsi| !nsi.soft_deleted).collect();
    assert_eq!(live, [false, true]);
    assert!(world.case().nsis.iter().all(|nsi| nsi.urn == Some(urn())));
}

#[test]
fn a_terminated_sentence_takes_a_referral_too() {
    let mut world = world();
    let deed = OfSentence { crn: CRN.to_owned(), event_number: 1 };
    world.act(|record, occasion| human::terminate_sentence(record, occasion, &deed)).unwrap();
    world.start(&a_start()).unwrap();
    assert!(world.nsi().is_active());
}

#[test]
fn two_live_activities_with_one_urn_are_an_internal_error() {
    let mut world = with_referral();
    world.act(|record, occasion| human::duplicate(record, occasion, &OfNsi { urn: urn() })).unwrap();
    assert_eq!(world.start(&a_start()).unwrap_err().status(), 500);
    assert_eq!(world.merge(&a_session(1, "10:00")).unwrap_err().status(), 500);
}

#[test]
fn the_read_by_urn_is_off_until_switched_on() {
    use crate::delius::referral::read_by_urn;
    let mut world = with_referral();
    assert_eq!(read_by_urn(&world.record, CRN, referral_id()).map(|_| ()).unwrap_err().status(), 404);
    let mut world = {
        world.merge(&a_session(1, "10:00")).unwrap();
        world.switched(|mode| mode.urn_read = true)
    };
    assert_eq!(read_by_urn(&world.record, CRN, referral_id()).unwrap().appointments.len(), 1);
    assert_eq!(read_by_urn(&world.record, CRN, Uuid::from_u128(9)).map(|_| ()).unwrap_err().status(), 404);
    world.act(|record, occasion| human::duplicate(record, occasion, &OfNsi { urn: urn() })).unwrap();
    assert_eq!(read_by_urn(&world.record, CRN, referral_id()).map(|_| ()).unwrap_err().status(), 409);
    for _ in 0..2 {
        world.act(|record, occasion| human::soft_delete(record, occasion, &OfNsi { urn: urn() })).unwrap();
    }
    assert!(read_by_urn(&world.record, CRN, referral_id()).unwrap().nsi.soft_deleted);
}
