//! What people do in Delius, and the change log that keeps it.

use super::*;
use crate::delius::human::{self, CaseAndUser, CloseNsi, Merge, NewLimit, OfNsi, When};

#[test]
fn closing_and_reopening_an_activity() {
    let mut world = with_referral();
    let deed = CloseNsi {
        urn: referral_id().to_string(),
        status: None,
        outcome: Some("CRS01".to_owned()),
        end_date: Some(When::On("2026-02-27".parse().unwrap())),
    };
    assert_eq!(world.act(|record, occasion| human::close(record, occasion, &deed)), Ok(CRN.to_owned()));
    let nsi = world.nsi();
    assert_eq!((nsi.status.as_str(), nsi.outcome.as_deref(), nsi.is_active()), ("COMP", Some("CRS01"), false));
    assert_eq!(nsi.ended_at, Some(at("2026-02-27T00:00:00Z")));
    world.act(|record, occasion| human::reopen(record, occasion, &OfNsi { urn: urn() })).unwrap();
    let nsi = world.nsi();
    assert_eq!((nsi.status.as_str(), nsi.outcome.as_deref(), nsi.is_active()), ("INPROG", None, true));
    assert_eq!(world.start(&a_start()), Ok(()));
}

#[test]
fn a_deed_on_an_unknown_activity_is_not_found() {
    let refused = world().act(|record, occasion| human::reopen(record, occasion, &OfNsi { urn: urn() }));
    assert_eq!(refused, Err(Refusal::NoSuchReferral(urn())));
}

#[test]
fn a_merge_moves_everything_and_the_old_number_finds_nothing() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let deed = Merge { from: CRN.to_owned(), to: "X100037".to_owned() };
    world.act(|record, occasion| human::merge(record, occasion, &deed)).unwrap();
    assert!(world.record.case(CRN).is_none());
    let survivor = world.record.case("X100037").unwrap();
    assert_eq!((survivor.nsis.len(), survivor.events.len()), (1, 2));
    assert_eq!(survivor.event(SENTENCE).unwrap().number, 2);
    assert_eq!(survivor.person.noms_number.as_deref(), Some("G9001ZB"));
    // The appointment can be updated through the surviving number.
    let updated = world.act(|record, occasion| merge(record, occasion, "X100037", &a_session(1, "10:00")));
    assert_eq!(updated, Ok(id));
    let again = world.act(|record, occasion| human::merge(record, occasion, &deed));
    assert_eq!(again, Err(Refusal::NoSuchCase));
}

#[test]
fn a_case_can_be_given_to_another_manager() {
    let mut world = world();
    let deed = CaseAndUser { crn: CRN.to_owned(), username: "practitioner_2".to_owned() };
    world.act(|record, occasion| human::reallocate(record, occasion, &deed)).unwrap();
    assert_eq!(world.case().community_manager.as_ref().unwrap().staff_code, "N91A002");
    let unknown = CaseAndUser { crn: CRN.to_owned(), username: "NOBODY".to_owned() };
    let refused = world.act(|record, occasion| human::reallocate(record, occasion, &unknown));
    assert_eq!(refused, Err(Refusal::NoSuchUser));
}

#[test]
fn limits_come_and_go() {
    let mut world = world();
    let limit =
        |username: &str| NewLimit { crn: CRN.to_owned(), username: username.to_owned(), message: None, ends_at: None };
    world.act(|record, occasion| human::restrict(record, occasion, &limit("PRACTITIONER_2"))).unwrap();
    assert!(world.record.limit_told(CRN, "PRACTITIONER_1").is_some());
    assert_eq!(world.record.limit_told(CRN, "practitioner_2"), None);
    let deed = CaseAndUser { crn: CRN.to_owned(), username: "PRACTITIONER_2".to_owned() };
    world.act(|record, occasion| human::expire_limits(record, occasion, &deed)).unwrap();
    assert_eq!(world.record.limit_told(CRN, "PRACTITIONER_1"), None);
    world.act(|record, occasion| human::exclude(record, occasion, &limit("PRACTITIONER_1"))).unwrap();
    assert!(world.record.limit_told(CRN, "PRACTITIONER_1").is_some());
}

#[test]
fn a_mapping_can_be_removed_and_set() {
    let mut world = world();
    world.act(|record, occasion| human::set_mapping(record, occasion, "ACC", None)).unwrap();
    assert_eq!(world.start(&a_start()).unwrap_err().status(), 500);
    assert!(world.act(|record, occasion| human::set_mapping(record, occasion, "ACC", None)).is_err());
    world.act(|record, occasion| human::set_mapping(record, occasion, "ACC", Some("CRS01"))).unwrap();
    assert_eq!(world.start(&a_start()), Ok(()));
}

#[test]
fn every_change_is_in_the_log_in_order_with_its_cause() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    let changes = world.record.ledger.changes();
    let positions: Vec<u64> = changes.iter().map(|change| change.seq).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    assert!(changes.iter().all(|change| change.cause == "test" && change.crn.as_deref() == Some(CRN)));
    let actions: Vec<&str> = changes.iter().map(|change| change.action.as_str()).collect();
    assert_eq!(actions, ["created", "created NREF", "created C091", "created NCOM", "created CRSAPT"]);
}

#[test]
fn a_record_survives_being_written_down() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let text = serde_json::to_string(&world.record).unwrap();
    let mut again = World { record: serde_json::from_str(&text).unwrap(), now: world.now };
    assert_eq!(again.picture(), world.picture());
    assert_eq!(again.merge(&MergeAppointment { delius_id: Some(id), ..a_session(2, "10:00") }), Err(Refusal::Clash));
    assert_eq!(again.merge(&a_session(1, "10:00")), Ok(id));
}
