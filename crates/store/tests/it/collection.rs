//! The line to Delius: held, let go, gone on without; and the discrepancies behind it.

use std::collections::BTreeSet;

use domain::appointment::Slot;
use domain::collection::{Choice, DiscrepancyKind, Finding};
use domain::effect::{Action, Announcement, EmailSubject, Recipient};
use domain::email::EmailPurpose;
use domain::ending::ConcludedState;
use domain::feedback::Attended;
use domain::{ActionPlanId, AppointmentId, DiscrepancyId, EndOfServiceReportId, Referral, SupplierAssessmentId};
use jiff::{SignedDuration, Timestamp};
use store::collection::{self, ChoiceMade, CollectionState};
use store::discrepancy::{self, Filter, Settled};
use store::outbox::{self, EffectState};
use store::{Db, Store};

use crate::outbox::{enqueue, intent};
use crate::sample::{self, id, minute, practitioner};

fn put(number: u128) -> domain::effect::Intent {
    intent(number, Action::PutAppointment(AppointmentId(id(number))), false)
}

fn ended(number: u128) -> domain::effect::Intent {
    intent(number, Action::Publish(Announcement::ReferralEnded(ConcludedState::Cancelled)), false)
}

async fn claimable(store: &Store, now: Timestamp) -> Vec<uuid::Uuid> {
    let mut work = store.begin().await.expect("a transaction");
    let lease = SignedDuration::from_hours(1);
    let claimed = outbox::claim(&mut work, now, lease, 10, &BTreeSet::new()).await.expect("claimed");
    work.commit().await.expect("committed");
    claimed.iter().map(|effect| effect.id.0).collect()
}

async fn see(db: &mut Db, number: u128, referral: &Referral, kind: DiscrepancyKind, at: i64) -> (DiscrepancyId, bool) {
    let finding = Finding::new(kind).with("status", "COMP").with("seen", at);
    discrepancy::see(db, DiscrepancyId(id(number)), Some(referral.id), None, &finding, minute(at)).await.expect("seen")
}

/// One of each action.
fn actions() -> Vec<Action> {
    let appointment = AppointmentId(id(1));
    let slot = Slot::Assessment(SupplierAssessmentId(id(2)));
    let mut all = vec![Action::StartReferral, Action::PutAppointment(appointment), Action::LookUpCustody];
    all.extend([Action::RestartReferral, Action::BookAgain(appointment), Action::RecordOutcome(appointment)]);
    all.push(Action::TellDelius(Announcement::ReferralEnded(ConcludedState::Completed)));
    all.extend(
        [
            Announcement::ReferralSent,
            Announcement::ReferralAssigned("PROVIDER_1".to_owned()),
            Announcement::ReferralConcluded(ConcludedState::Cancelled),
            Announcement::ReferralEnded(ConcludedState::Cancelled),
            Announcement::PlanSubmitted(ActionPlanId(id(3))),
            Announcement::PlanApproved(ActionPlanId(id(3))),
            Announcement::AttendanceRecorded(appointment, slot, Attended::Yes),
            Announcement::FeedbackSubmitted(appointment, slot),
            Announcement::ReportSubmitted(EndOfServiceReportId(id(4))),
        ]
        .map(Action::Publish),
    );
    all.extend(EmailPurpose::ALL.iter().map(|purpose| Action::Email {
        purpose: *purpose,
        to: Recipient::ProviderMailbox,
        about: EmailSubject::Referral,
    }));
    all
}

#[tokio::test]
async fn the_database_and_the_code_agree_on_what_reaches_delius() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let actions = actions();
    let intents: Vec<_> = (100..).zip(&actions).map(|(number, action)| intent(number, action.clone(), false)).collect();
    enqueue(&store, &referral, &intents).await;
    let mut db = store.connection().await.expect("a connection");
    for (number, action) in (100..).zip(&actions) {
        let stored: (bool, bool) = sqlx::query_as("SELECT reaches_delius, out_of_line FROM every_effect WHERE id = $1")
            .bind(id(number))
            .fetch_one(&mut *db)
            .await
            .expect("read");
        assert_eq!(stored, (action.reaches_delius(), action.is_out_of_line()), "{}", action.name());
    }
}

#[tokio::test]
async fn a_held_line_keeps_back_what_reaches_delius_of_that_referral_alone() {
    let store = crate::db::store().await;
    let (one, two) = (sample::stored(&store, 1).await, sample::stored(&store, 2).await);
    let published = intent(3, Action::Publish(Announcement::ReferralSent), false);
    enqueue(&store, &one, &[put(1), ended(2)]).await;
    enqueue(&store, &two, &[put(4), published]).await;
    let mut work = store.begin().await.expect("a transaction");
    let (found, is_new) = see(&mut work, 50, &one, DiscrepancyKind::ClosedEarly, 1).await;
    assert!(is_new);
    let held = CollectionState::Held;
    assert!(collection::bring(&mut work, one.id, held, Some(found), minute(1)).await.expect("held"));
    assert!(!collection::bring(&mut work, one.id, held, Some(found), minute(2)).await.expect("held already"));
    work.commit().await.expect("committed");

    assert_eq!(claimable(&store, minute(3)).await, [id(4), id(3)]);
    let mut db = store.connection().await.expect("a connection");
    let progress = collection::progress(&mut db, one.id, minute(3), SignedDuration::from_hours(1)).await.expect("read");
    let line = progress.collection.expect("a line");
    assert_eq!((progress.waiting, line.state, line.since), (2, held, minute(1)));
    assert_eq!(progress.cause.expect("a cause").0.kind, DiscrepancyKind::ClosedEarly);
    drop(db);

    let mut work = store.begin().await.expect("a transaction");
    assert!(collection::bring(&mut work, one.id, CollectionState::Clear, None, minute(4)).await.expect("let go"));
    outbox::release_delius(&mut work, one.id, None, minute(4)).await.expect("let go");
    work.commit().await.expect("committed");
    assert_eq!(claimable(&store, minute(5)).await, [id(1), id(2)]);
}

#[tokio::test]
async fn without_delius_what_only_it_needs_is_superseded_now_and_later() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let submitted = || Action::Publish(Announcement::PlanSubmitted(ActionPlanId(id(9))));
    enqueue(&store, &referral, &[put(1), intent(2, submitted(), true)]).await;
    let mut work = store.begin().await.expect("a transaction");
    let without = CollectionState::Without;
    assert!(collection::bring(&mut work, referral.id, without, None, minute(1)).await.expect("gone on"));
    let reason = collection::WITHOUT_DELIUS;
    assert_eq!(outbox::withhold_from_delius(&mut work, referral.id, reason, minute(1)).await.expect("withheld"), 1);
    let held = CollectionState::Held;
    assert!(!collection::bring(&mut work, referral.id, held, None, minute(2)).await.expect("not held again"));
    work.commit().await.expect("committed");
    enqueue(&store, &referral, &[put(3), ended(4), intent(5, submitted(), true)]).await;

    let mut db = store.connection().await.expect("a connection");
    let ledger = outbox::ledger(&mut db, referral.id).await.expect("read");
    let states: Vec<_> = ledger.iter().map(|entry| entry.state).collect();
    let (gone, waits) = (EffectState::Superseded, EffectState::Waiting);
    assert_eq!(states, [gone, waits, gone, gone, waits]);
    assert_eq!(claimable(&store, minute(3)).await, [id(2)]);
}

#[tokio::test]
async fn a_discrepancy_is_one_row_until_it_is_settled() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let mut work = store.begin().await.expect("a transaction");
    let (first, _) = see(&mut work, 50, &referral, DiscrepancyKind::Missing, 1).await;
    let (again, is_new) = see(&mut work, 51, &referral, DiscrepancyKind::Missing, 9).await;
    assert_eq!((again, is_new), (first, false));
    see(&mut work, 52, &referral, DiscrepancyKind::TypeMismatch, 2).await;
    let open = discrepancy::list_open_of(&mut work, referral.id).await.expect("read");
    assert_eq!(open.len(), 2);
    assert_eq!((open[0].first_seen_at, open[0].last_seen_at), (minute(1), minute(9)));
    assert_eq!(open[0].finding.evidence["seen"], "9");

    let by = Some(practitioner());
    let settled = Settled { at: minute(10), how: "create-again".to_owned(), by, why: Some("A mistake.".to_owned()) };
    assert!(discrepancy::settle(&mut work, first, &settled).await.expect("settled"));
    assert!(!discrepancy::settle(&mut work, first, &settled).await.expect("settled once"));
    let (later, is_new) = see(&mut work, 53, &referral, DiscrepancyKind::Missing, 20).await;
    assert!(is_new && later != first);
    let filter = Filter { kind: Some(DiscrepancyKind::Missing), with_settled: true, ..Filter::default() };
    let all = discrepancy::list(&mut work, &filter, 10).await.expect("read");
    assert_eq!(all.iter().map(|one| one.settled.clone()).collect::<Vec<_>>(), [Some(settled), None]);
    let after = Filter { after: Some((all[0].first_seen_at, all[0].id)), ..filter };
    assert_eq!(discrepancy::list(&mut work, &after, 10).await.expect("read").len(), 1);
    let open = discrepancy::count_open(&mut work).await.expect("read");
    let open: Vec<_> = open.iter().map(|of_kind| (of_kind.kind, of_kind.count, of_kind.oldest)).collect();
    assert_eq!(open, [(DiscrepancyKind::Missing, 1, minute(20)), (DiscrepancyKind::TypeMismatch, 1, minute(2))]);
}

#[tokio::test]
async fn choices_are_kept_with_who_and_why() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let mut work = store.begin().await.expect("a transaction");
    let (found, _) = see(&mut work, 50, &referral, DiscrepancyKind::ClosedEarly, 1).await;
    let made = ChoiceMade {
        id: id(60),
        referral: referral.id,
        discrepancy: Some(found),
        choice: Choice::AskToReopen,
        at: minute(2),
        by: practitioner(),
        why: "A mistake.".to_owned(),
    };
    collection::bring(&mut work, referral.id, CollectionState::Held, Some(found), minute(1)).await.expect("held");
    collection::record_choice(&mut work, &made).await.expect("written");
    collection::ask(&mut work, referral.id, minute(2)).await.expect("asked");
    assert_eq!(collection::list_choices(&mut work, referral.id).await.expect("read"), [made]);
    let line = collection::find(&mut work, referral.id).await.expect("read").expect("a line");
    assert_eq!((line.asked_at, line.version), (Some(minute(2)), 2));
}
