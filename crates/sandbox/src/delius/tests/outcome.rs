//! Outcomes and what follows from them.

use super::*;
use crate::delius::code::{AFTA, AFTC, APPK, ATSS, ATTC};
use crate::delius::outcome::{apply, rule};

#[test]
fn each_attendance_has_its_outcome() {
    use Attended::{Late, No, Yes};
    let table = [
        (session(Yes, Some(true), None, true), Ok(AFTC)),
        (session(Late, Some(true), None, true), Ok(AFTC)),
        (session(No, Some(true), None, true), Ok(AFTC)),
        (session(Yes, Some(true), None, false), Ok(ATTC)),
        (session(Late, Some(true), Some("LOGISTICS"), false), Ok(ATTC)),
        (session(No, Some(true), None, false), Ok(ATTC)),
        (session(No, Some(false), None, false), Ok(AFTA)),
        (session(No, None, Some("LOGISTICS"), true), Ok(AFTA)),
        (session(Yes, Some(false), Some("POP_UNACCEPTABLE"), false), Ok(AFTC)),
        (session(Late, None, Some("POP_UNACCEPTABLE"), false), Ok(AFTC)),
        (session(Yes, Some(false), Some("POP_ACCEPTABLE"), true), Ok(APPK)),
        (session(Late, None, Some("POP_ACCEPTABLE"), false), Ok(APPK)),
        (session(Yes, Some(false), Some("LOGISTICS"), false), Ok(ATSS)),
        (session(Late, None, Some("LOGISTICS"), false), Ok(ATSS)),
        (session(Yes, Some(false), None, false), Err(Refusal::NoOutcomeRule)),
        (session(Late, None, Some("OTHER"), false), Err(Refusal::NoOutcomeRule)),
    ];
    for (session, outcome) in table {
        assert_eq!(rule(&session), outcome, "{session:?}");
    }
}

#[test]
fn an_attendance_without_a_rule_leaves_no_trace() {
    let mut world = with_referral();
    let before = world.picture();
    let refused = world.merge(&a_past_session(1, "10:00", session(Attended::Yes, None, None, false)));
    assert_eq!(refused.unwrap_err().status(), 500);
    assert_eq!(world.picture(), before);
}

#[test]
fn attended_and_complied_credits_the_time_and_counts_a_day() {
    let mut world = with_referral();
    let id = world.merge(&a_past_session(1, "10:00", attended())).unwrap();
    world.merge(&a_past_session(2, "14:00", attended())).unwrap();
    let contact = world.contact(id);
    assert_eq!((contact.attended, contact.complied, contact.minutes_credited), (Some(true), Some(true), Some(60)));
    assert!(contact.rar_activity);
    assert_eq!(world.nsi().rar_count, Some(1));
}

#[test]
fn a_session_that_did_not_happen_counts_not_and_credits_nothing() {
    let mut world = with_referral();
    let sent_home = session(Attended::Yes, Some(false), Some("LOGISTICS"), false);
    let id = world.merge(&a_past_session(1, "10:00", sent_home)).unwrap();
    let contact = world.contact(id);
    assert_eq!((contact.rar_activity, contact.minutes_credited), (false, None));
    assert!(contact.enforcement.is_none());
    assert_eq!(world.nsi().rar_count, Some(0));
}

#[test]
fn non_compliance_starts_enforcement_once() {
    let mut world = with_referral();
    let request = a_past_session(1, "10:00", missed());
    let id = world.merge(&request).unwrap();
    let enforcement = world.contact(id).enforcement.clone().unwrap();
    assert_eq!((enforcement.action.as_str(), enforcement.response_date.to_string()), ("ROM", "2026-03-09".to_owned()));
    let [referred] = world.of_type("AROM")[..] else { panic!("one enforcement contact") };
    assert_eq!(referred.linked_contact, Some(id));
    assert_eq!(world.case().event(SENTENCE).unwrap().ftc_count, 1);
    let before = world.picture();
    assert_eq!(world.merge(&request), Ok(id));
    assert_eq!(world.picture(), before);
}

#[test]
fn failures_are_counted_by_day_and_reviewed_once_above_the_limit() {
    let mut world = with_referral();
    let day = |n, date: &str| MergeAppointment {
        start: at(&format!("{date}T10:00:00Z")),
        ..a_past_session(n, "10:00", missed())
    };
    world.merge(&day(1, "2026-02-01")).unwrap();
    world.merge(&MergeAppointment { start: at("2026-02-01T15:00:00Z"), ..day(2, "2026-02-01") }).unwrap();
    assert_eq!(world.case().event(SENTENCE).unwrap().ftc_count, 1);
    world.merge(&day(3, "2026-02-02")).unwrap();
    assert!(world.of_type("ARWS").is_empty());
    world.merge(&day(4, "2026-02-03")).unwrap();
    assert_eq!(world.case().event(SENTENCE).unwrap().ftc_count, 3);
    assert_eq!(world.of_type("ARWS").len(), 1);
    world.merge(&day(5, "2026-02-04")).unwrap();
    assert_eq!(world.of_type("ARWS").len(), 1);
}

#[test]
fn failures_before_the_sentence_or_the_last_breach_do_not_count() {
    let mut world = with_referral();
    world.record.case_mut(CRN).unwrap().events[0].breach_end = Some("2026-02-20".parse().unwrap());
    let before_breach_end =
        MergeAppointment { start: at("2026-02-10T10:00:00Z"), ..a_past_session(1, "10:00", missed()) };
    world.merge(&before_breach_end).unwrap();
    assert_eq!(world.case().event(SENTENCE).unwrap().ftc_count, 0);
    world.merge(&a_past_session(2, "10:00", missed())).unwrap();
    assert_eq!(world.case().event(SENTENCE).unwrap().ftc_count, 1);
}

#[test]
fn a_change_to_compliance_leaves_the_enforcement_unless_switched_off() {
    let change = |mut world: World| {
        let id = world.merge(&a_past_session(1, "10:00", missed())).unwrap();
        world.act(|record, occasion| apply(record, occasion, CRN, id, &attended())).unwrap();
        assert_eq!(world.contact(id).outcome.as_deref(), Some("ATTC"));
        let enforced = world.contact(id).enforcement.is_some();
        (enforced, world.of_type("AROM").len(), world.case().event(SENTENCE).unwrap().ftc_count)
    };
    assert_eq!(change(with_referral()), (true, 1, 1));
    assert_eq!(change(with_referral().switched(|mode| mode.enforcement_stays = false)), (false, 0, 0));
}

#[test]
fn an_outcome_is_read_with_and_without_its_optional_keys() {
    let full: SessionOutcome = serde_json::from_str(
        r#"{"attended":"LATE","didSessionHappen":false,"noSessionReasonType":"LOGISTICS",
            "notifyProbationPractitionerOfBehaviour":true,"notifyProbationPractitionerOfConcerns":true}"#,
    )
    .unwrap();
    assert_eq!(full, session(Attended::Late, Some(false), Some("LOGISTICS"), true));
    let least: SessionOutcome = serde_json::from_str(r#"{"attended":"NO"}"#).unwrap();
    assert_eq!(least, missed());
    assert!(serde_json::from_str::<SessionOutcome>(r#"{"attended":"do_not_know"}"#).is_err());
}
