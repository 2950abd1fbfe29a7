//! Ended, feedback and action plan events on an open activity.

use super::*;
use crate::delius::ending::end;
use crate::delius::feedback::{Feedback, record_feedback};
use crate::delius::human::{self, DeleteContact, OfSentence};
use crate::delius::notification::{ActionPlanNews, Note, action_plan};
use crate::delius::refusal::{EventRefusal, Failure, Rejection};

type Deed = fn(&mut Record, &Occasion<'_>, &OfSentence) -> Result<String, Refusal>;

fn ended(world: &mut World, request: &EndReferral) -> Result<(), EventRefusal> {
    world.act(|record, occasion| end(record, occasion, CRN, request))
}

fn a_feedback(n: u128, outcome: SessionOutcome) -> Feedback {
    Feedback { appointment_id: appointment_id(n), delius_id: None, outcome, notes: "Feedback submitted".to_owned() }
}

fn fed_back(world: &mut World, feedback: &Feedback) -> Result<(), EventRefusal> {
    world.act(|record, occasion| record_feedback(record, occasion, CRN, feedback))
}

fn planned(world: &mut World, news: ActionPlanNews, when: &str) -> Result<(), EventRefusal> {
    let note = Note { title: news.title(), text: "a plan", at: at(when) };
    world.act(|record, occasion| action_plan(record, occasion, CRN, referral_id(), &note))
}

#[test]
fn an_end_closes_withdraws_and_says_so() {
    for (state, outcome) in [("CANCELLED", "CRS01"), ("PREMATURELY_ENDED", "CRS02"), ("COMPLETED", "CRS03")] {
        let mut world = with_referral();
        let today = MergeAppointment { start: at("2026-03-02T16:00:00Z"), ..a_session(1, "16:00") };
        let today = world.merge(&today).unwrap();
        let future = world.merge(&a_session(2, "10:00")).unwrap();
        let past = world.merge(&a_past_session(3, "10:00", attended())).unwrap();
        ended(&mut world, &an_end(state)).unwrap();
        let nsi = world.nsi();
        assert_eq!((nsi.status.as_str(), nsi.outcome.as_deref(), nsi.is_active()), ("COMP", Some(outcome), false));
        assert_eq!((nsi.ended_at, nsi.status_at), (Some(an_end(state).ended_at), an_end(state).ended_at));
        assert!(nsi.notes.ends_with("Referral ended"));
        assert_eq!(nsi.history.len(), 2);
        for id in [today, future] {
            let contact = world.contact(id);
            let outcome = (contact.outcome.as_deref(), contact.attended, contact.complied);
            assert_eq!(outcome, (Some("APPW"), Some(false), Some(true)));
        }
        assert_eq!(world.contact(past).outcome.as_deref(), Some("ATTC"));
        assert_eq!((world.of_type("C092").len(), world.of_type("NTER").len()), (1, 1));
        assert!(world.of_type("NTER")[0].notes.contains(code::nsi_outcome_description(outcome)));
    }
}

#[test]
fn an_end_with_a_report_notes_it_once_a_day() {
    let mut world = with_referral().switched(|mode| mode.closed_nsi = crate::delius::mode::ClosedNsi::Lenient);
    let request = EndReferral { end_of_service_report: Some("the report".to_owned()), ..an_end("COMPLETED") };
    ended(&mut world, &request).unwrap();
    ended(&mut world, &request).unwrap();
    assert_eq!(world.of_type("CRSNOTE").len(), 1);
}

#[test]
fn an_unknown_delivery_state_fails() {
    let refused = ended(&mut with_referral(), &an_end("GONE")).unwrap_err();
    assert_eq!(refused, Failure::UnknownDeliveryState.into());
}

#[test]
fn a_terminated_or_deleted_sentence_blocks_the_end_unless_switched_off() {
    for deed in [human::terminate_sentence as Deed, human::delete_event] {
        let mut world = with_referral();
        let sentence = OfSentence { crn: CRN.to_owned(), event_number: 1 };
        world.act(|record, occasion| deed(record, occasion, &sentence)).unwrap();
        let mut older = World { record: world.record.clone(), now: world.now }
            .switched(|mode| mode.terminated_sentence_blocks_end = false);
        let refused = ended(&mut world, &an_end("COMPLETED")).unwrap_err();
        assert_eq!(refused, Rejection::EventTerminated.into());
        assert!(world.nsi().is_active());
        assert_eq!(ended(&mut older, &an_end("COMPLETED")), Ok(()));
    }
}

#[test]
fn feedback_sets_the_outcome_and_a_second_delivery_changes_nothing() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    world.after(48);
    fed_back(&mut world, &a_feedback(1, missed())).unwrap();
    assert_eq!(world.contact(id).outcome.as_deref(), Some("AFTA"));
    assert!(world.contact(id).notes.contains("Feedback submitted"));
    let before = world.picture();
    fed_back(&mut world, &a_feedback(1, missed())).unwrap();
    assert_eq!(world.picture(), before);
}

#[test]
fn feedback_on_an_appointment_that_is_gone_is_rejected_with_its_reason() {
    for (hard, reason) in [(false, Rejection::AppointmentDeleted), (true, Rejection::AppointmentMissing)] {
        let mut world = with_referral();
        world.merge(&a_session(1, "10:00")).unwrap();
        let deed = DeleteContact { urn: Some(appointment_id(1).to_string()), id: None, hard };
        world.act(|record, occasion| human::delete_contact(record, occasion, &deed)).unwrap();
        assert_eq!(fed_back(&mut world, &a_feedback(1, attended())), Err(reason.into()));
    }
}

#[test]
fn feedback_falls_back_to_the_delius_id() {
    let mut world = with_referral();
    let id = world.merge(&a_session(1, "10:00")).unwrap();
    let feedback = Feedback { delius_id: Some(id), ..a_feedback(7, attended()) };
    fed_back(&mut world, &feedback).unwrap();
    assert_eq!(world.contact(id).outcome.as_deref(), Some("ATTC"));
}

#[test]
fn feedback_fails_on_a_doubled_urn_or_an_attendance_without_a_rule() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    let unruled = a_feedback(1, session(Attended::Late, None, None, false));
    assert_eq!(fed_back(&mut world, &unruled), Err(Failure::NoOutcomeRule.into()));
    world.merge(&a_session(1, "15:00")).unwrap();
    assert_eq!(fed_back(&mut world, &a_feedback(1, attended())), Err(Failure::SeveralMatches.into()));
}

#[test]
fn action_plan_news_is_noted_once_a_day_and_kind() {
    let mut world = with_referral();
    for (news, when) in [
        (ActionPlanNews::Submitted, "2026-03-02T10:00:00Z"),
        (ActionPlanNews::Submitted, "2026-03-02T11:00:00Z"),
        (ActionPlanNews::Approved, "2026-03-02T12:00:00Z"),
        (ActionPlanNews::Submitted, "2026-03-03T10:00:00Z"),
    ] {
        planned(&mut world, news, when).unwrap();
    }
    let notes: Vec<_> = world.of_type("CRSNOTE").iter().map(|c| (c.date.to_string(), c.notes.clone())).collect();
    let expected = [
        ("2026-03-02", "Action Plan Submitted\na plan"),
        ("2026-03-02", "Action Plan Approved\na plan"),
        ("2026-03-03", "Action Plan Submitted\na plan"),
    ];
    assert_eq!(notes, expected.map(|(date, note)| (date.to_owned(), note.to_owned())));
}
