//! What happens when somebody changed the activity, its URN, its sentence or its person: every row, in both modes.

use super::*;
use crate::delius::ending::end;
use crate::delius::feedback::{Feedback, record_feedback};
use crate::delius::human::{self, CloseNsi, EditUrn, Merge, OfNsi, OfSentence};
use crate::delius::mode::ClosedNsi;
use crate::delius::notification::{Note, action_plan};
use crate::delius::refusal::{EventRefusal, Failure, Rejection};

const MODES: [ClosedNsi; 2] = [ClosedNsi::Strict, ClosedNsi::Lenient];
/// The appointment that is booked before anything happens.
const BOOKED: u128 = 1;

fn prepared(mode: ClosedNsi, deed: impl FnOnce(&mut Record, &Occasion<'_>)) -> World {
    let mut world = with_referral().switched(|switches| switches.closed_nsi = mode);
    world.merge(&a_session(BOOKED, "10:00")).unwrap();
    world.act(deed);
    world
}

fn closed(mode: ClosedNsi) -> World {
    prepared(mode, |record, occasion| {
        let deed = CloseNsi { urn: urn(), status: None, outcome: Some("CRS02".to_owned()), end_date: None };
        human::close(record, occasion, &deed).unwrap();
    })
}

fn soft_deleted(mode: ClosedNsi) -> World {
    prepared(mode, |record, occasion| {
        human::soft_delete(record, occasion, &OfNsi { urn: urn() }).unwrap();
    })
}

fn hard_deleted(mode: ClosedNsi) -> World {
    prepared(mode, |record, occasion| {
        human::hard_delete(record, occasion, &OfNsi { urn: urn() }).unwrap();
    })
}

fn terminated(mode: ClosedNsi) -> World {
    prepared(mode, |record, occasion| {
        human::terminate_sentence(record, occasion, &OfSentence { crn: CRN.to_owned(), event_number: 1 }).unwrap();
    })
}

fn merged(mode: ClosedNsi) -> World {
    prepared(mode, |record, occasion| {
        human::merge(record, occasion, &Merge { from: CRN.to_owned(), to: "X100003".to_owned() }).unwrap();
    })
}

fn doubled(mode: ClosedNsi) -> World {
    prepared(mode, |record, occasion| {
        human::duplicate(record, occasion, &OfNsi { urn: urn() }).unwrap();
    })
}

fn relabelled(mode: ClosedNsi, new_urn: Option<&str>) -> World {
    prepared(mode, |record, occasion| {
        let deed = EditUrn { urn: urn(), new_urn: new_urn.map(ToOwned::to_owned) };
        human::edit_urn(record, occasion, &deed).unwrap();
    })
}

fn book(world: &mut World) -> Result<i64, Refusal> {
    world.merge(&a_session(2, "15:00"))
}

fn feed_back(world: &mut World) -> Result<(), EventRefusal> {
    let feedback = Feedback {
        appointment_id: appointment_id(BOOKED),
        delius_id: None,
        outcome: attended(),
        notes: "Feedback".to_owned(),
    };
    world.act(|record, occasion| record_feedback(record, occasion, CRN, &feedback))
}

fn plan(world: &mut World) -> Result<(), EventRefusal> {
    let note = Note { title: "Action Plan Submitted", text: "a plan", at: world.now };
    world.act(|record, occasion| action_plan(record, occasion, CRN, referral_id(), &note))
}

fn finish(world: &mut World) -> Result<(), EventRefusal> {
    world.act(|record, occasion| end(record, occasion, CRN, &an_end("COMPLETED")))
}

#[test]
fn closed_and_strict_refuses_everything_and_changes_nothing() {
    let mut world = closed(ClosedNsi::Strict);
    let before = world.picture();
    let refused = Refusal::ClosedReferral(referral_id().to_string());
    assert_eq!(refused.status(), 400);
    assert_eq!(world.start(&a_start()), Err(refused.clone()));
    assert_eq!(book(&mut world), Err(refused));
    for refused in [feed_back(&mut world), plan(&mut world), finish(&mut world)] {
        assert_eq!(refused, Err(Rejection::NsiClosed.into()));
    }
    assert_eq!(world.picture(), before);
}

#[test]
fn closed_and_lenient_is_half_reopened_by_a_start() {
    let mut world = closed(ClosedNsi::Lenient);
    world.start(&a_start()).unwrap();
    let nsi = world.nsi();
    assert_eq!((nsi.status.as_str(), nsi.is_active(), nsi.outcome.as_deref()), ("INPROG", false, Some("CRS02")));
    assert!(nsi.ended_at.is_some());
    assert_eq!(world.of_type("C091").len(), 2);
}

#[test]
fn closed_and_lenient_is_left_alone_where_half_reopening_is_switched_off() {
    let mut world = closed(ClosedNsi::Lenient).switched(|mode| mode.half_reopen = false);
    let before = world.picture();
    assert_eq!(world.start(&a_start()), Ok(()));
    assert_eq!(world.picture(), before);
}

#[test]
fn closed_and_lenient_takes_bookings_feedback_and_notes() {
    let mut world = closed(ClosedNsi::Lenient);
    assert!(book(&mut world).is_ok());
    assert_eq!(feed_back(&mut world), Ok(()));
    assert_eq!(plan(&mut world), Ok(()));
}

#[test]
fn closed_and_lenient_has_outcome_and_date_overwritten_and_nothing_withdrawn() {
    let mut world = closed(ClosedNsi::Lenient);
    finish(&mut world).unwrap();
    let nsi = world.nsi();
    assert_eq!((nsi.outcome.as_deref(), nsi.ended_at), (Some("CRS03"), Some(an_end("COMPLETED").ended_at)));
    assert!(!nsi.notes.contains("Referral ended"));
    assert_eq!(world.with_urn(BOOKED)[0].outcome, None);
    assert_eq!((world.of_type("NTER").len(), world.of_type("C092").len()), (2, 1));
}

#[test]
fn a_second_end_is_rejected_in_strict_and_overwrites_in_lenient() {
    for (mode, outcome) in [(ClosedNsi::Strict, "CRS01"), (ClosedNsi::Lenient, "CRS03")] {
        let mut world = prepared(mode, |record, occasion| {
            end(record, occasion, CRN, &an_end("CANCELLED")).unwrap();
        });
        let second = finish(&mut world);
        assert_eq!(second.is_err(), mode == ClosedNsi::Strict);
        assert_eq!(world.nsi().outcome.as_deref(), Some(outcome));
    }
}

#[test]
fn soft_deleted_by_a_person() {
    for mode in MODES {
        let mut world = soft_deleted(mode);
        assert_eq!(book(&mut world).unwrap_err().status(), 404);
        assert_eq!(feed_back(&mut world), Ok(()));
        assert_eq!(plan(&mut world), Err(Rejection::NsiSoftDeleted.into()));
        assert_eq!(finish(&mut world), Err(Rejection::NsiSoftDeleted.into()));
        world.start(&a_start()).unwrap();
        assert_eq!(world.case().nsis.len(), 2);
    }
}

#[test]
fn deleted_for_good_or_never_created() {
    for mode in MODES {
        let mut world = hard_deleted(mode);
        assert_eq!(book(&mut world).unwrap_err().status(), 404);
        assert_eq!(plan(&mut world), Err(Rejection::NsiMissing.into()));
        assert_eq!(finish(&mut world), Err(Rejection::NsiMissing.into()));
        world.start(&a_start()).unwrap();
        assert!(world.nsi().is_active());
        let mut never = super::world().switched(|switches| switches.closed_nsi = mode);
        assert_eq!(feed_back(&mut never), Err(Rejection::AppointmentMissing.into()));
    }
}

#[test]
fn sentence_terminated_while_open() {
    for mode in MODES {
        let mut world = terminated(mode);
        assert_eq!(world.start(&a_start()), Ok(()));
        assert!(book(&mut world).is_ok());
        assert_eq!(feed_back(&mut world), Ok(()));
        assert_eq!(plan(&mut world), Ok(()));
        assert_eq!(finish(&mut world), Err(Rejection::EventTerminated.into()));
    }
}

#[test]
fn person_merged_and_the_old_number_used() {
    for mode in MODES {
        let mut world = merged(mode);
        assert_eq!(world.start(&a_start()).unwrap_err().status(), 404);
        assert_eq!(book(&mut world).unwrap_err().status(), 404);
        assert_eq!(feed_back(&mut world), Err(Rejection::AppointmentMissing.into()));
        assert_eq!(plan(&mut world), Err(Rejection::NsiMissing.into()));
        assert_eq!(finish(&mut world), Err(Rejection::NsiMissing.into()));
        let moved = world.act(|record, occasion| start(record, occasion, "X100003", &a_start()));
        assert_eq!(moved, Ok(()));
        assert_eq!(world.record.case("X100003").unwrap().nsis.len(), 1);
    }
}

#[test]
fn two_live_ones_with_one_urn() {
    for mode in MODES {
        let mut world = doubled(mode);
        assert_eq!(world.start(&a_start()).unwrap_err().status(), 500);
        assert_eq!(book(&mut world).unwrap_err().status(), 500);
        assert_eq!(feed_back(&mut world), Ok(()));
        assert_eq!(plan(&mut world), Err(Failure::SeveralMatches.into()));
        assert_eq!(finish(&mut world), Err(Failure::SeveralMatches.into()));
    }
}

#[test]
fn urn_edited_or_cleared() {
    for mode in MODES {
        for new_urn in [None, Some("something else")] {
            let mut world = relabelled(mode, new_urn);
            assert_eq!(book(&mut world).unwrap_err().status(), 404);
            assert_eq!(feed_back(&mut world), Ok(()));
            assert_eq!(plan(&mut world), Err(Rejection::NsiMissing.into()));
            assert_eq!(finish(&mut world), Err(Rejection::NsiMissing.into()));
            world.start(&a_start()).unwrap();
            assert_eq!(world.case().nsis.len(), 2);
        }
    }
}
