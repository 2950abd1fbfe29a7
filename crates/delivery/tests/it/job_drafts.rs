//! Deleting drafts that nobody has changed for long.

use delivery::job::Job;
use domain::ReferralReference;
use domain::job::JobOutcome;
use jiff::SignedDuration;
use runtime::{Clock, Shutdown, Tasks};
use testkit::World;

use crate::job_run::{app_at, counts, outcome, rehearse, run_job, world};

const DAYS_91: SignedDuration = SignedDuration::from_hours(91 * 24);

async fn exists(world: &World, id: &str) -> bool {
    let mut db = world.database.store.connection().await.unwrap();
    store::draft::find(&mut db, id.parse().unwrap()).await.unwrap().is_some()
}

/// Marks a draft as being sent, within the caller's transaction.
async fn start_sending(work: &mut store::UnitOfWork, id: &str, now: jiff::Timestamp) {
    let before = store::draft::lock(work, id.parse().unwrap()).await.unwrap().unwrap();
    let by = before.created_by.clone();
    let after = before.start_sending(&by, now, || ReferralReference("ZZ0001AC".to_owned())).unwrap();
    store::draft::save(work, &before, &after).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_drafts_that_nobody_changed_or_sends_go() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let stale = world.a_complete_draft(&practitioner, "X100018").await;
    let sending = world.a_complete_draft(&practitioner, "X100019").await;
    let sent = world.a_sent_referral(&practitioner, "X100020").await;
    let mut work = world.database.store.begin().await.unwrap();
    start_sending(&mut work, &sending, world.app.clock().now()).await;
    work.commit().await.unwrap();
    assert!(world.database.rows_containing("MARKER-RISK").await.contains(&"draft_referral".to_owned()));

    // Today nothing is stale.
    assert_eq!(counts(&run_job(&world.app, Job::DeleteStaleDrafts).await), (0, 0, 0));

    let tasks = Tasks::new(Shutdown::new());
    let later = app_at(&world, Clock::fixed(world.app.clock().now() + DAYS_91), &tasks).await;
    assert_eq!(counts(&rehearse(&later, Job::DeleteStaleDrafts).await), (1, 1, 0));
    assert!(exists(&world, &stale).await, "a rehearsal deletes nothing");

    let run = run_job(&later, Job::DeleteStaleDrafts).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Succeeded, (1, 1, 0)));
    assert!(!exists(&world, &stale).await);
    assert!(exists(&world, &sending).await && exists(&world, &sent).await);
    let left = world.database.rows_containing(&stale).await;
    assert_eq!(left, ["audit_entry"], "nothing but the record of the deletion is left");
    assert_eq!(counts(&run_job(&later, Job::DeleteStaleDrafts).await), (0, 0, 0));
    tasks.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_sent_while_the_job_runs_is_kept() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_complete_draft(&practitioner, "X100021").await;
    let tasks = Tasks::new(Shutdown::new());
    let now = world.app.clock().now();
    let later = app_at(&world, Clock::fixed(now + DAYS_91), &tasks).await;

    // Sending has begun and is not committed: the job finds the draft stale, and has to wait for the row.
    let mut work = world.database.store.begin().await.unwrap();
    start_sending(&mut work, &id, now).await;
    let (found, waits) = tokio::sync::oneshot::channel();
    let found = std::sync::Mutex::new(Some(found));
    let progress = |step: delivery::job::Step| {
        assert_eq!(step.total, 1);
        if let Some(found) = found.lock().unwrap().take() {
            found.send(()).unwrap();
        }
    };
    let order = crate::job_run::order(Job::DeleteStaleDrafts);
    let stop = Shutdown::new();
    let (run, ()) = tokio::join!(delivery::job::run(&later, &order, &progress, &stop), async {
        waits.await.unwrap();
        work.commit().await.unwrap();
    });
    assert_eq!(counts(&run.unwrap()), (1, 0, 0));
    assert!(exists(&world, &id).await);
    tasks.stop().await;
    world.stop().await;
}
