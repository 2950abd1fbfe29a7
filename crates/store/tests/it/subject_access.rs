//! Subject access: everything of one person and nothing of another, at a cost that does not grow with it.

use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::appointment::Slot;
use domain::case_note::CaseNote;
use domain::end_of_service_report::{AchievementLevel, EndOfServiceReport, ReportOutcome};
use domain::ending::{ConcludedState, Conclusion};
use domain::referral::{Assignment, ReferralDetails};
use domain::{
    ActionPlanId, ActivityId, AppointmentId, CaseNoteId, Crn, DeliverySessionId, EndOfServiceReportId, Fact, Referral,
    ReferralDetailsId, ReferralId, SupplementaryRiskId, SupplierAssessmentId,
};
use store::subject_access::{Held, held};
use store::{Store, draft, referral};

use crate::sample::{self, caseworker, id, minute, stamp};

/// What is held, and how many queries it took to find out.
async fn counted(store: &Store, crn: &Crn) -> (Held, usize) {
    let mut db = store.connection().await.expect("a connection");
    let (found, queries) = crate::observed::statements(held(&mut db, crn, None, None)).await;
    (found.expect("read"), queries.len())
}

/// The steps of a referral that was followed to its end: a caseworker, an assessment, an approved plan, a session that
/// was held, a report.
fn whole_life(referral: &Referral, number: u128) -> Vec<Fact> {
    let of = |part: u128| id(number * 1000 + 100 + part);
    let appointment = |part, slot| {
        let booked = AppointmentId(of(part));
        let mut appointment = sample::proposal(0, 3, None);
        appointment.id = booked;
        appointment.feedback.session = Some((sample::full_feedback(), stamp(20, caseworker(1))));
        let proposed = Fact::AppointmentProposed {
            slot,
            appointment: Box::new(appointment),
            reschedule_requested_by: None,
            rescheduled_reason: None,
        };
        let confirmed = i64::try_from(number * 10 + part).expect("a small number");
        [proposed, Fact::AppointmentTaken { appointment: booked, confirmed: Some(confirmed) }]
    };
    let plan = ActionPlan {
        id: ActionPlanId(of(3)),
        number_of_sessions: Some(1),
        activities: vec![Activity {
            id: ActivityId(of(4)),
            description: "an activity".to_owned(),
            created_at: minute(11),
        }],
        created_at: minute(11),
        created_by: caseworker(1),
        state: PlanState::Approved { submitted: stamp(12, caseworker(1)), approved: stamp(13, caseworker(1)) },
    };
    let report = EndOfServiceReport {
        id: EndOfServiceReportId(of(6)),
        created_at: minute(30),
        created_by: caseworker(1),
        further_information: Some("it went well".to_owned()),
        outcomes: vec![ReportOutcome {
            desired_outcome: *referral.selection.desired_outcomes.values().flatten().next().expect("an outcome"),
            achievement: AchievementLevel::Achieved,
            progression_comments: Some("much".to_owned()),
            additional_task_comments: None,
        }],
        submitted: Some(stamp(31, caseworker(1))),
    };
    let session = DeliverySessionId(of(5));
    let mut facts = vec![Fact::Assigned(Assignment { to: caseworker(1), by: caseworker(2), at: minute(1) })];
    facts.extend(appointment(1, Slot::Assessment(referral.assessment.id)));
    facts.extend([Fact::PlanDrafted(plan), Fact::SessionsMade(vec![(session, 1)])]);
    facts.extend(appointment(2, Slot::Session(session, 1)));
    facts.extend([
        Fact::ReportBegun(report),
        Fact::Concluded(Conclusion { at: minute(32), state: Some(ConcludedState::Completed) }),
    ]);
    facts
}

/// Referrals of one person, numbered, each followed to its end and with a case note.
async fn many(store: &Store, crn: &Crn, numbers: std::ops::Range<u128>) -> Vec<Referral> {
    let first = sample::draft(store, numbers.start).await;
    let mut work = store.begin().await.expect("a transaction");
    let mut all = Vec::new();
    for number in numbers {
        let mut referral = sample::sent(&first, number);
        referral.id = ReferralId(id(number));
        referral.crn = crn.clone();
        referral.supplementary_risk_id = SupplementaryRiskId(id(number * 1000 + 2));
        referral.assessment.id = SupplierAssessmentId(id(number * 1000 + 3));
        for fact in whole_life(&referral, number) {
            referral.apply(&fact);
        }
        referral::insert(&mut work, &referral).await.expect("inserted");
        let note = CaseNote {
            id: CaseNoteId(id(number * 1000 + 4)),
            referral_id: referral.id,
            subject: format!("note {number}"),
            body: "body".to_owned(),
            sent_at: minute(20),
            sent_by: caseworker(1),
        };
        let fact = Fact::CaseNoteAdded { note, tell_practitioner: false };
        referral::record(&mut work, &referral, &fact).await.expect("recorded");
        all.push(referral);
    }
    work.commit().await.expect("committed");
    all
}

#[tokio::test]
async fn two_hundred_referrals_cost_as_many_queries_as_two() {
    let store = crate::db::store().await;
    let (few, lots) = (Crn("X900001".to_owned()), Crn("X900002".to_owned()));
    many(&store, &few, 1..3).await;
    let wanted = many(&store, &lots, 1000..1200).await;
    let (of_few, cost_of_few) = counted(&store, &few).await;
    let (of_lots, cost_of_lots) = counted(&store, &lots).await;
    assert_eq!((of_few.referrals.len(), of_lots.referrals.len()), (2, 200));
    assert_eq!(cost_of_few, cost_of_lots);
    let found: Vec<&Referral> = of_lots.referrals.iter().map(|held| &held.referral).collect();
    assert_eq!(found, wanted.iter().collect::<Vec<_>>());
    let notes = of_lots.referrals.iter().map(|held| held.case_notes[0].subject.clone());
    assert_eq!(notes.collect::<Vec<_>>(), (1000..1200).map(|number| format!("note {number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn bounds_are_on_the_beginning_and_drafts_count_until_they_are_sent() {
    let store = crate::db::store().await;
    let mut waiting = sample::draft(&store, 5).await;
    waiting.crn = Crn("X900003".to_owned());
    let crn = waiting.crn.clone();
    let mut work = store.begin().await.expect("a transaction");
    draft::insert(&mut work, &waiting).await.expect("inserted");
    work.commit().await.expect("committed");
    many(&store, &crn, 10..11).await;
    let begun = minute(0);
    let mut db = store.connection().await.expect("a connection");
    let mut found = async |from, until| {
        let held = held(&mut db, &crn, from, until).await.expect("read");
        (held.referrals.len(), held.drafts.len())
    };
    assert_eq!(found(None, None).await, (1, 1));
    assert_eq!(found(Some(begun), Some(minute(1))).await, (1, 1));
    assert_eq!(found(Some(minute(1)), None).await, (0, 0));
    assert_eq!(found(None, Some(begun)).await, (0, 0));
    drop(db);
    let mut db = store.connection().await.expect("a connection");
    assert!(held(&mut db, &Crn("X900004".to_owned()), None, None).await.expect("read").is_empty());
}

#[tokio::test]
async fn every_version_of_the_details_is_held_the_current_one_last() {
    let store = crate::db::store().await;
    let crn = Crn("X900005".to_owned());
    let referral = many(&store, &crn, 20..21).await.remove(0);
    let first = referral.details.clone().expect("a first version");
    let second = ReferralDetails {
        id: ReferralDetailsId(id(20_900)),
        created_at: minute(60),
        reason_for_change: "a later reason".to_owned(),
        ..first.clone()
    };
    let mut db = store.connection().await.expect("a connection");
    let statement = format!(
        "BEGIN;
         UPDATE referral_details SET superseded_by_id = '{new}' WHERE id = '{old}';
         INSERT INTO referral_details (
             id, referral_id, created_at, created_by, reason_for_change, completion_deadline, further_information,
             maximum_enforceable_days, reason_for_referral, reason_for_referral_further_information,
             reason_for_referral_before_allocation
         )
         SELECT '{new}', referral_id, '{at}', created_by, 'a later reason', completion_deadline, further_information,
             maximum_enforceable_days, reason_for_referral, reason_for_referral_further_information,
             reason_for_referral_before_allocation
         FROM referral_details WHERE id = '{old}';
         COMMIT;",
        new = second.id.0,
        old = first.id.0,
        at = second.created_at,
    );
    crate::db::try_execute(&mut db, &statement).await.expect("written");
    let held = held(&mut db, &crn, None, None).await.expect("read");
    assert_eq!(held.referrals[0].details, [first, second]);
}
