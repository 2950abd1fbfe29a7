//! A referral's whole history, fact by fact: what is read back equals what the domain makes of the same facts.

use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::appointment::{Address, Appointment, Delivery, SessionType, Slot};
use domain::case_note::CaseNote;
use domain::end_of_service_report::{AchievementLevel, EndOfServiceReport, ReportOutcome};
use domain::ending::{ConcludedState, Conclusion, EndReason, EndRequest, WithdrawalState};
use domain::feedback::{Attendance, Attended, Feedback, SessionFeedback};
use domain::referral::Assignment;
use domain::{
    ActionPlanId, ActivityId, AppointmentId, CaseNoteId, DeliverySessionId, EndOfServiceReportId, Fact, Referral, User,
};
use store::case_note::CaseNoteKey;
use store::dashboard::Direction;
use store::page::PageAt;
use store::referral::{self, CustodyDates};
use store::{Store, case_note};

use crate::sample::{self, caseworker, full_feedback, id, minute, practitioner, proposal, stamp};

/// Records a fact in a unit of work of its own, takes it in, and compares.
async fn happen(store: &Store, memory: &mut Referral, fact: Fact) {
    let mut work = store.begin().await.expect("a transaction");
    referral::record(&mut work, memory, &fact).await.unwrap_or_else(|error| panic!("{fact:?}: {error}"));
    work.commit().await.expect("committed");
    memory.apply(&fact);
    if !matches!(fact, Fact::Sent | Fact::Ended(_) | Fact::CaseNoteAdded { .. }) {
        memory.version += 1;
    }
    let mut db = store.connection().await.expect("a connection");
    let found = referral::find(&mut db, memory.id).await.expect("read").expect("there");
    assert_eq!(found, *memory, "after {fact:?}");
}

fn proposed(slot: Slot, appointment: Appointment, reason: Option<&str>) -> Fact {
    Fact::AppointmentProposed {
        slot,
        appointment: Box::new(appointment),
        reschedule_requested_by: reason.map(|_| "Service user".to_owned()),
        rescheduled_reason: reason.map(str::to_owned),
    }
}

fn attendance(attended: Attended, at: i64) -> Attendance {
    Attendance { attended, did_session_happen: Some(true), recorded: stamp(at, caseworker(1)) }
}

#[tokio::test]
async fn every_fact_is_read_back_as_the_domain_takes_it_in() {
    let store = crate::db::store().await;
    let mut referral = sample::stored(&store, 7).await;
    let slot = Slot::Assessment(referral.assessment.id);
    let appointment = |number| AppointmentId(id(number));
    let first = Fact::Assigned(Assignment { to: caseworker(1), by: caseworker(2), at: minute(1) });
    let second = Fact::Assigned(Assignment { to: caseworker(2), by: caseworker(1), at: minute(2) });
    let address = Address {
        first_line: "1 Quay Street".to_owned(),
        second_line: None,
        town_or_city: Some("Harbour".to_owned()),
        county: None,
        postcode: "AB12CD".to_owned(),
    };
    let assessment = [
        first,
        second,
        proposed(slot, proposal(11, 3, None), None),
        Fact::AppointmentTaken { appointment: appointment(11), confirmed: None },
        Fact::AppointmentConfirmed { appointment: appointment(11), delius_id: 41 },
        proposed(slot, proposal(12, 4, Some(appointment(11))), Some("a clash elsewhere")),
        Fact::AppointmentRefused(appointment(12)),
        proposed(slot, proposal(13, 5, Some(appointment(11))), Some("illness")),
        Fact::AppointmentTaken { appointment: appointment(13), confirmed: Some(43) },
        Fact::DeliveryChanged {
            appointment: appointment(13),
            delivery: Delivery::OtherPlace(address),
            session_type: SessionType::OneToOne,
        },
        Fact::DeliveryChanged {
            appointment: appointment(13),
            delivery: Delivery::ProbationOffice("CRS0001".to_owned()),
            session_type: SessionType::OneToOne,
        },
        Fact::AttendanceRecorded {
            appointment: appointment(13),
            attendance: attendance(Attended::No, 6),
            clears_session_feedback: false,
        },
        Fact::SessionFeedbackRecorded {
            appointment: appointment(13),
            feedback: Box::new(full_feedback()),
            recorded: stamp(7, caseworker(2)),
        },
        Fact::AttendanceRecorded {
            appointment: appointment(13),
            attendance: attendance(Attended::Yes, 8),
            clears_session_feedback: true,
        },
        Fact::SessionFeedbackRecorded {
            appointment: appointment(13),
            feedback: Box::new(SessionFeedback::default()),
            recorded: stamp(9, caseworker(2)),
        },
        Fact::FeedbackSubmitted { appointment: appointment(13), slot, submitted: stamp(10, caseworker(2)) },
    ];
    for fact in assessment {
        happen(&store, &mut referral, fact).await;
    }
    let plan = ActionPlanId(id(20));
    let draft_plan = ActionPlan {
        id: plan,
        number_of_sessions: None,
        activities: Vec::new(),
        created_at: minute(11),
        created_by: caseworker(1),
        state: PlanState::Draft,
    };
    let activity = |number, at| Activity {
        id: ActivityId(id(number)),
        description: format!("activity {number}"),
        created_at: minute(at),
    };
    let (one, two) = (DeliverySessionId(id(31)), DeliverySessionId(id(32)));
    let mut held = proposal(33, 20, None);
    held.delivery = Delivery::VideoCall;
    held.session_type = SessionType::Group;
    held.feedback = Feedback {
        attendance: Some(attendance(Attended::Late, 20)),
        session: Some((full_feedback(), stamp(20, caseworker(1)))),
        submitted: Some(stamp(20, caseworker(1))),
        legacy: domain::feedback::LegacyFeedback::default(),
    };
    let report = EndOfServiceReportId(id(50));
    let outcome = |level, comments: Option<&str>| ReportOutcome {
        desired_outcome: *referral.selection.desired_outcomes.values().flatten().next().expect("an outcome"),
        achievement: level,
        progression_comments: comments.map(str::to_owned),
        additional_task_comments: None,
    };
    let outcomes = [outcome(AchievementLevel::NotAchieved, Some("little")), outcome(AchievementLevel::Achieved, None)];
    let [little, all] = outcomes;
    let delivery = [
        Fact::PlanDrafted(draft_plan),
        Fact::PlanSessionsSet(plan, 2),
        Fact::ActivityAdded(plan, activity(21, 12)),
        Fact::ActivityAdded(plan, activity(22, 13)),
        Fact::ActivityReworded(plan, ActivityId(id(21)), "reworded".to_owned()),
        Fact::PlanSubmitted(plan, stamp(14, caseworker(1))),
        Fact::PlanApproved(plan, stamp(15, User::service())),
        Fact::SessionsMade(vec![(one, 1), (two, 2)]),
        proposed(Slot::Session(one, 1), held, None),
        Fact::AppointmentTaken { appointment: appointment(33), confirmed: None },
        Fact::FirstSessionHeld,
        proposed(Slot::Session(two, 2), proposal(34, 21, None), None),
        Fact::AppointmentTaken { appointment: appointment(34), confirmed: None },
        Fact::AppointmentClashed(appointment(34)),
        Fact::EndRequested(EndRequest {
            at: minute(30),
            by: practitioner(),
            reason: Some(EndReason::Withdrawal {
                code: "MOV".to_owned(),
                comments: "moved".to_owned(),
                state: WithdrawalState::CloseEarly,
            }),
        }),
        Fact::ReportBegun(EndOfServiceReport {
            id: report,
            created_at: minute(31),
            created_by: caseworker(2),
            further_information: None,
            outcomes: Vec::new(),
            submitted: None,
        }),
        Fact::ReportInformationSet(report, "it went well".to_owned()),
        Fact::ReportOutcomeSet(report, little),
        Fact::ReportOutcomeSet(report, all),
        Fact::ReportSubmitted(report, stamp(32, caseworker(2))),
        Fact::Concluded(Conclusion { at: minute(33), state: Some(ConcludedState::PrematurelyEnded) }),
        Fact::Ended(ConcludedState::PrematurelyEnded),
        Fact::CaseNoteAdded { note: note(&referral, 60, 34), tell_practitioner: true },
    ];
    for fact in delivery {
        happen(&store, &mut referral, fact).await;
    }

    let mut db = store.connection().await.expect("a connection");
    let expected = Some(referral.id);
    assert_eq!(referral::find_by_assessment(&mut db, referral.assessment.id).await.expect("read"), expected);
    assert_eq!(referral::find_by_plan(&mut db, plan).await.expect("read"), expected);
    assert_eq!(referral::find_by_report(&mut db, report).await.expect("read"), expected);
    assert_eq!(referral::find_by_appointment(&mut db, appointment(34)).await.expect("read"), expected);
    assert_eq!(referral::find_by_case_note(&mut db, CaseNoteId(id(60))).await.expect("read"), expected);
    assert_eq!(referral::list_by_crn(&mut db, &referral.crn).await.expect("read"), vec![referral.id]);
}

pub(crate) fn note(referral: &Referral, number: u128, at: i64) -> CaseNote {
    CaseNote {
        id: CaseNoteId(id(number)),
        referral_id: referral.id,
        subject: format!("subject {number}"),
        body: "body".to_owned(),
        sent_at: minute(at),
        sent_by: caseworker(1),
    }
}

#[tokio::test]
async fn a_history_written_whole_is_read_back() {
    let store = crate::db::store().await;
    let mut referral = sample::sent(&sample::draft(&store, 8).await, 8);
    let slot = Slot::Assessment(referral.assessment.id);
    for fact in [
        Fact::Assigned(Assignment { to: caseworker(1), by: caseworker(2), at: minute(1) }),
        proposed(slot, proposal(81, 3, None), None),
        Fact::AppointmentTaken { appointment: AppointmentId(id(81)), confirmed: Some(1) },
        proposed(slot, proposal(82, 4, Some(AppointmentId(id(81)))), Some("illness")),
        Fact::AppointmentTaken { appointment: AppointmentId(id(82)), confirmed: Some(2) },
        Fact::Concluded(Conclusion { at: minute(9), state: None }),
    ] {
        referral.apply(&fact);
    }
    sample::insert(&store, &referral).await;
    let mut work = store.begin().await.expect("a transaction");
    assert_eq!(referral::lock(&mut work, referral.id).await.expect("read"), Some(referral));
}

#[tokio::test]
async fn a_version_rises_once_for_each_unit_of_work_and_a_stale_one_conflicts() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 9).await;
    let assigned = |to| Fact::Assigned(Assignment { to, by: caseworker(2), at: minute(1) });
    let mut work = store.begin().await.expect("a transaction");
    referral::record(&mut work, &referral, &assigned(caseworker(1))).await.expect("recorded");
    referral::record(&mut work, &referral, &assigned(caseworker(2))).await.expect("recorded");
    work.commit().await.expect("committed");

    let mut work = store.begin().await.expect("a transaction");
    let refusal = referral::record(&mut work, &referral, &assigned(caseworker(1))).await.expect_err("stale");
    assert!(refusal.is_conflict_with("version"), "{refusal}");
    drop(work);

    let mut db = store.connection().await.expect("a connection");
    let found = referral::find(&mut db, referral.id).await.expect("read").expect("there");
    assert_eq!((found.version, found.assignments.len()), (referral.version + 1, 2));
}

#[tokio::test]
async fn what_stands_is_not_written_again() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 10).await;
    let mut work = store.begin().await.expect("a transaction");
    let concluded = Fact::Concluded(Conclusion { at: minute(1), state: None });
    referral::record(&mut work, &referral, &concluded).await.expect("recorded");
    let refusal = referral::record(&mut work, &referral, &concluded).await.expect_err("concluded already");
    assert!(matches!(refusal, store::StoreError::WrongRowCount { expected: 1, actual: 0 }), "{refusal}");
}

#[tokio::test]
async fn a_dropped_unit_of_work_leaves_nothing() {
    let store = crate::db::store().await;
    let referral = sample::sent(&sample::draft(&store, 11).await, 11);
    let mut work = store.begin().await.expect("a transaction");
    referral::insert(&mut work, &referral).await.expect("inserted");
    drop(work);
    let mut db = store.connection().await.expect("a connection");
    assert_eq!(referral::find(&mut db, referral.id).await.expect("read"), None);
}

#[tokio::test]
async fn the_prison_systems_answer_is_kept_and_leaves_the_referral_alone() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 12).await;
    let dates = CustodyDates { prison_id: Some("XYZ".to_owned()), ..CustodyDates::default() };
    let mut work = store.begin().await.expect("a transaction");
    referral::keep_custody_lookup(&mut work, referral.id, &dates).await.expect("kept");
    referral::keep_custody_lookup(&mut work, referral.id, &dates).await.expect("kept again");
    assert_eq!(referral::find(&mut work, referral.id).await.expect("read"), Some(referral));
}

#[tokio::test]
async fn case_notes_come_in_pages() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 13).await;
    let mut work = store.begin().await.expect("a transaction");
    for number in 0..5 {
        let note = note(&referral, 100 + number, i64::try_from(number).expect("small"));
        let fact = Fact::CaseNoteAdded { note, tell_practitioner: false };
        referral::record(&mut work, &referral, &fact).await.expect("recorded");
    }
    let page = async |db: &mut store::Db, number, sort: &[(CaseNoteKey, Direction)]| {
        let page = case_note::page(db, referral.id, sort, &PageAt::numbered(number, 2)).await.expect("read");
        (page.rows, page.total)
    };
    assert_eq!(page(&mut work, 2, &[]).await, (vec![note(&referral, 102, 2), note(&referral, 103, 3)], 5));
    for (key, direction, first, second) in [
        (CaseNoteKey::SentAt, Direction::Descending, 4, 3),
        (CaseNoteKey::Id, Direction::Descending, 4, 3),
        (CaseNoteKey::Id, Direction::Ascending, 0, 1),
        (CaseNoteKey::Subject, Direction::Descending, 4, 3),
        // Equal for all of them, so that the id decides, upwards.
        (CaseNoteKey::Body, Direction::Descending, 0, 1),
        (CaseNoteKey::SentBy, Direction::Descending, 0, 1),
    ] {
        let (notes, _) = page(&mut work, 1, &[(key, direction)]).await;
        let wanted = [first, second].map(|number: u8| note(&referral, 100 + u128::from(number), i64::from(number)));
        assert_eq!(notes, wanted, "{key:?} {direction:?}");
    }
    let one = case_note::find(&mut work, CaseNoteId(id(101))).await.expect("read");
    assert_eq!(one, Some(note(&referral, 101, 1)));
}
