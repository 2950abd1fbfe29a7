//! Booking, moving, relocating: the order of the checks, and what a second identical call does.

use super::*;
use crate::delius::human::{self, DeleteContact, NativeAppointment};

fn native(world: &mut World, time: &str) {
    let deed = NativeAppointment {
        crn: CRN.to_owned(),
        start: at(&format!("2026-03-03T{time}:00Z")),
        duration_in_minutes: 60,
        type_code: None,
    };
    world.act(|record, occasion| human::native_appointment(record, occasion, &deed)).unwrap();
}

/// A reschedule of appointment `from` to a new id and time.
fn reschedule(from: u128, to: u128, time: &str) -> MergeAppointment {
    MergeAppointment { previous_id: Some(appointment_id(from)), ..a_session(to, time) }
}

#[test]
fn a_booking_becomes_a_contact_with_our_urn() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let contact = world.contact(id);
    assert_eq!(contact.urn, Some(appointment_urn(1)));
    assert_eq!(contact.type_code, "CRSAPT");
    assert_eq!(contact.end, Some(at("2026-03-03T11:00:00Z")));
    assert_eq!(contact.office_code.as_deref(), Some("CRSHB01"));
    assert_eq!((contact.nsi_id, contact.event_id), (Some(world.nsi().id), Some(SENTENCE)));
    assert!(contact.rar_activity && contact.outcome.is_none());
}

#[test]
fn a_supplier_assessment_has_its_own_type_and_counts_not() {
    let mut world = with_referral();
    let id = world.merge(&MergeAppointment { counts_towards_rar: false, ..a_session(1, "10:00") }).unwrap();
    assert_eq!(world.contact(id).type_code, "CRSSAA");
    assert!(!world.contact(id).rar_activity);
}

#[test]
fn without_a_rehabilitation_requirement_nothing_counts() {
    let mut world = world();
    let case = world.record.case_mut(CRN).unwrap();
    case.events[0].disposal.as_mut().unwrap().requirements.clear();
    world.start(&a_start()).unwrap();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    assert!(!world.contact(id).rar_activity);
}

#[test]
fn an_unknown_referral_is_not_found_before_anything_else() {
    let mut world = world();
    let past = MergeAppointment { start: at("2026-03-01T10:00:00Z"), ..a_session(1, "10:00") };
    assert_eq!(world.merge(&past).unwrap_err(), Refusal::NoSuchReferral(referral_id().to_string()));
}

#[test]
fn the_past_needs_an_outcome() {
    let mut world = with_referral();
    let past = MergeAppointment { start: at("2026-03-01T10:00:00Z"), ..a_session(1, "10:00") };
    let before = world.picture();
    assert_eq!(world.merge(&past), Err(Refusal::PastWithoutOutcome));
    assert_eq!(world.picture(), before);
    assert!(world.merge(&MergeAppointment { outcome: Some(attended()), ..past }).is_ok());
}

#[test]
fn an_unknown_or_retired_office_is_not_found() {
    let mut world = with_referral();
    for office in ["NOWHERE", "CRSOLD1"] {
        let request = MergeAppointment { office_location_code: Some(office.to_owned()), ..a_session(1, "10:00") };
        assert_eq!(world.merge(&request), Err(Refusal::NoSuchOffice(office.to_owned())));
    }
    world.act(|record, occasion| human::set_office(record, occasion, "CRSHB01", false)).unwrap();
    assert_eq!(world.merge(&a_session(1, "10:00")).unwrap_err().status(), 404);
    assert!(world.merge(&MergeAppointment { office_location_code: None, ..a_session(1, "10:00") }).is_ok());
}

#[test]
fn appointments_clash_to_the_minute_on_one_date() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    assert_eq!(world.merge(&a_session(2, "10:59")), Err(Refusal::Clash));
    assert_eq!(world.merge(&a_session(2, "09:01")), Err(Refusal::Clash));
    assert!(world.merge(&a_session(2, "11:00")).is_ok());
    assert!(world.merge(&a_session(3, "09:00")).is_ok());
}

#[test]
fn what_has_an_outcome_or_is_deleted_or_past_clashes_no_more() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let deed = DeleteContact { urn: None, id: Some(id), hard: false };
    world.act(|record, occasion| human::delete_contact(record, occasion, &deed)).unwrap();
    assert!(world.merge(&a_session(2, "10:00")).is_ok());
    let past = a_past_session(3, "10:00", attended());
    world.merge(&past).unwrap();
    assert!(world.merge(&MergeAppointment { id: appointment_id(4), ..past }).is_ok());
}

#[test]
fn a_native_appointment_clashes_unless_a_previous_id_hides_it() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    native(&mut world, "14:00");
    assert_eq!(world.merge(&a_session(2, "14:30")), Err(Refusal::Clash));
    let mut ideal =
        World { record: world.record.clone(), now: world.now }.switched(|mode| mode.clash_blind_spot = false);
    assert!(world.merge(&reschedule(1, 2, "14:30")).is_ok());
    assert_eq!(ideal.merge(&reschedule(1, 2, "14:30")), Err(Refusal::Clash));
}

#[test]
fn a_reschedule_marks_the_old_and_makes_a_new_one() {
    for (asked_by, outcome) in [(None, "RSSR"), (Some("Service Provider"), "RSSR"), (Some("Service User"), "RSOF")] {
        let mut world = with_referral();
        let old = world.merge(&a_session(1, "10:00")).unwrap();
        let request =
            MergeAppointment { reschedule_requested_by: asked_by.map(ToOwned::to_owned), ..reschedule(1, 2, "10:30") };
        let new = world.merge(&request).unwrap();
        assert_ne!(old, new);
        assert_eq!(world.contact(old).outcome.as_deref(), Some(outcome));
        assert!(!world.contact(old).rar_activity);
        assert_eq!(world.contact(old).urn, Some(appointment_urn(1)));
        assert_eq!(world.contact(new).urn, Some(appointment_urn(2)));
        assert_eq!(world.contact(new).start, at("2026-03-03T10:30:00Z"));
        assert!(world.contact(new).rar_activity);
    }
}

#[test]
fn a_relocation_keeps_the_contact_and_changes_its_urn() {
    let mut world = with_referral();
    let old = world.merge(&a_session(1, "10:00")).unwrap();
    let request = MergeAppointment {
        office_location_code: Some("CRSEXTL".to_owned()),
        notes: Some("Moved to telephone".to_owned()),
        ..reschedule(1, 2, "10:00")
    };
    assert_eq!(world.merge(&request), Ok(old));
    let contact = world.contact(old);
    assert_eq!((contact.urn.clone(), contact.office_code.as_deref()), (Some(appointment_urn(2)), Some("CRSEXTL")));
    assert_eq!(contact.notes, "Session\n\nMoved to telephone");
}

#[test]
fn times_are_compared_to_the_second() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let sooner = MergeAppointment { start: at("2026-03-03T10:00:00.4Z"), ..a_session(1, "10:00") };
    assert_eq!(world.merge(&sooner), Ok(id));
    let later = MergeAppointment { start: at("2026-03-03T10:00:01Z"), ..a_session(1, "10:00") };
    assert_ne!(world.merge(&later), Ok(id));
}

// What a second identical call does.

#[test]
fn repeated_create_changes_nothing() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let before = world.picture();
    assert_eq!(world.merge(&a_session(1, "10:00")), Ok(id));
    assert_eq!(world.picture(), before);
}

#[test]
fn same_id_at_new_times_leaves_two_with_one_urn_and_later_look_ups_fail() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    world.merge(&a_session(1, "15:00")).unwrap();
    assert_eq!(world.with_urn(1).len(), 2);
    assert_eq!(world.merge(&a_session(1, "15:00")).unwrap_err().status(), 500);
}

#[test]
fn same_id_at_new_times_can_give_up_the_urn() {
    let mut world = with_referral().switched(|mode| mode.same_id_new_times_duplicates = false);
    world.merge(&a_session(1, "10:00")).unwrap();
    let new = world.merge(&a_session(1, "15:00")).unwrap();
    assert_eq!(world.with_urn(1).len(), 1);
    assert_eq!(world.merge(&a_session(1, "15:00")), Ok(new));
}

#[test]
fn repeated_reschedule_makes_another_replacement() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    let first = world.merge(&reschedule(1, 2, "15:00")).unwrap();
    let second = world.merge(&reschedule(1, 2, "15:00")).unwrap();
    assert_ne!(first, second);
    assert_eq!(world.with_urn(2).len(), 2);
}

#[test]
fn repeated_reschedule_can_find_the_first_replacement() {
    let mut world = with_referral().switched(|mode| mode.reschedule_repeat_duplicates = false);
    world.merge(&a_session(1, "10:00")).unwrap();
    let first = world.merge(&reschedule(1, 2, "15:00")).unwrap();
    assert_eq!(world.merge(&reschedule(1, 2, "15:00")), Ok(first));
    assert_eq!(world.with_urn(2).len(), 1);
}

#[test]
fn repeated_relocation_is_safe_with_the_delius_id() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let request = MergeAppointment { delius_id: Some(id), ..reschedule(1, 2, "10:00") };
    assert_eq!(world.merge(&request), Ok(id));
    let before = world.picture();
    assert_eq!(world.merge(&request), Ok(id));
    assert_eq!(world.picture(), before);
}

#[test]
fn repeated_relocation_without_the_delius_id_makes_another_unless_switched_off() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    world.merge(&reschedule(1, 2, "10:00")).unwrap();
    world.merge(&reschedule(1, 2, "10:00")).unwrap();
    assert_eq!(world.with_urn(2).len(), 2);

    let mut ideal = with_referral().switched(|mode| mode.relocate_repeat_duplicates = false);
    let id = ideal.merge(&a_session(1, "10:00")).unwrap();
    ideal.merge(&reschedule(1, 2, "10:00")).unwrap();
    assert_eq!(ideal.merge(&reschedule(1, 2, "10:00")), Ok(id));
    assert_eq!(ideal.with_urn(2).len(), 1);
}

#[test]
fn a_fresh_id_for_each_attempt_clashes_in_the_future_and_doubles_in_the_past() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    assert_eq!(world.merge(&a_session(2, "10:00")), Err(Refusal::Clash));
    let first = world.merge(&a_past_session(3, "10:00", attended())).unwrap();
    let second = world.merge(&a_past_session(4, "10:00", attended())).unwrap();
    assert_ne!(first, second);
}

// The probe after an ambiguous reschedule: same id and times, no previous id, the old contact's Delius id.

#[test]
fn the_probe_finds_a_reschedule_that_happened() {
    let mut world = with_referral();
    let old = world.merge(&a_session(1, "10:00")).unwrap();
    let new = world.merge(&MergeAppointment { delius_id: Some(old), ..reschedule(1, 2, "15:00") }).unwrap();
    let before = world.picture();
    let probe = MergeAppointment { delius_id: Some(old), ..a_session(2, "15:00") };
    assert_eq!(world.merge(&probe), Ok(new));
    assert_eq!(world.picture(), before);
}

#[test]
fn the_probe_carries_out_a_reschedule_that_did_not_happen_once() {
    let mut world = with_referral();
    let old = world.merge(&a_session(1, "10:00")).unwrap();
    let probe = MergeAppointment { delius_id: Some(old), ..a_session(2, "15:00") };
    let new = world.merge(&probe).unwrap();
    assert_eq!(world.contact(old).outcome.as_deref(), Some("RSSR"));
    assert_eq!(world.merge(&probe), Ok(new));
    assert_eq!(world.with_urn(2).len(), 1);
}

#[test]
fn the_probe_clashes_with_the_old_appointment_and_changes_nothing() {
    let mut world = with_referral();
    let old = world.merge(&a_session(1, "10:00")).unwrap();
    let before = world.picture();
    let probe = MergeAppointment { delius_id: Some(old), ..a_session(2, "10:30") };
    assert_eq!(world.merge(&probe), Err(Refusal::Clash));
    assert_eq!(world.picture(), before);
}

#[test]
fn the_delius_id_reaches_into_other_cases_unless_switched_off() {
    let other = |world: &mut World| {
        let start_other = StartReferral { referral_id: Uuid::from_u128(0xB), sentence_id: 2_500_000_003, ..a_start() };
        world.act(|record, occasion| start(record, occasion, "X100003", &start_other)).unwrap();
        let book = MergeAppointment { referral_id: Uuid::from_u128(0xB), ..a_session(9, "10:00") };
        world.act(|record, occasion| merge(record, occasion, "X100003", &book)).unwrap()
    };
    let mut world = with_referral();
    let foreign = other(&mut world);
    assert_eq!(world.merge(&MergeAppointment { delius_id: Some(foreign), ..a_session(1, "10:00") }), Ok(foreign));
    assert!(world.with_urn(1).is_empty());

    let mut ideal = with_referral().switched(|mode| mode.delius_id_crosses_cases = false);
    let foreign = other(&mut ideal);
    assert_ne!(ideal.merge(&MergeAppointment { delius_id: Some(foreign), ..a_session(1, "10:00") }), Ok(foreign));
    assert_eq!(ideal.with_urn(1).len(), 1);
}

#[test]
fn a_deleted_appointment_is_made_anew_or_matched_by_its_delius_id() {
    let deleted = |world: &mut World, hard| {
        let id = world.merge(&a_session(1, "10:00")).unwrap();
        let deed = DeleteContact { urn: Some(appointment_urn(1)), id: None, hard };
        world.act(|record, occasion| human::delete_contact(record, occasion, &deed)).unwrap();
        id
    };
    let mut world = with_referral();
    let id = deleted(&mut world, false);
    let by_id = MergeAppointment { delius_id: Some(id), ..a_session(1, "10:00") };
    assert_eq!(world.merge(&by_id), Ok(id));
    assert!(world.contact(id).soft_deleted);
    assert_ne!(world.merge(&a_session(1, "10:00")), Ok(id));

    let mut ideal = with_referral().switched(|mode| mode.delius_id_finds_deleted = false);
    let id = deleted(&mut ideal, false);
    assert_ne!(ideal.merge(&MergeAppointment { delius_id: Some(id), ..a_session(1, "10:00") }), Ok(id));

    let mut gone = with_referral();
    let id = deleted(&mut gone, true);
    assert_ne!(gone.merge(&MergeAppointment { delius_id: Some(id), ..a_session(1, "10:00") }), Ok(id));
}
