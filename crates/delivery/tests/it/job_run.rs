//! Runs of jobs, whatever the job: one at a time, carried on when interrupted, each scheduled time once.

use std::time::Duration;

use app::App;
use app::change::{Cause, change};
use delivery::job::schedule::Schedule;
use delivery::job::{Job, JobError, Order, Transfer, run};
use domain::effect::Action;
use domain::ending::{EndReason, EndRequest};
use domain::event::EventType;
use domain::job::{JobName, JobOutcome};
use domain::{Fact, Referral, ReferralId, User};
use jiff::civil::time;
use runtime::{Clock, Ids, Shutdown, Tasks};
use store::job::{JobCounts, JobRun};
use testkit::{Parts, World};
use upstream::Upstreams;

pub(crate) fn order(job: Job) -> Order {
    Order { job, dry_run: false, by: "tests".to_owned(), scheduled_for: None }
}

/// Runs a job to its end.
pub(crate) async fn run_job(app: &App, job: Job) -> JobRun {
    run(app, &order(job), &|_| {}, &Shutdown::new()).await.unwrap()
}

/// Looks at what a job would change.
pub(crate) async fn rehearse(app: &App, job: Job) -> JobRun {
    run(app, &Order { dry_run: true, ..order(job) }, &|_| {}, &Shutdown::new()).await.unwrap()
}

pub(crate) fn counts(run: &JobRun) -> (u64, u64, u64) {
    (run.counts.examined, run.counts.changed, run.counts.failed)
}

pub(crate) fn outcome(run: &JobRun) -> JobOutcome {
    run.ended.unwrap().1
}

pub(crate) async fn referral(world: &World, id: &str) -> Referral {
    let mut db = world.database.store.connection().await.unwrap();
    store::referral::find(&mut db, id.parse().unwrap()).await.unwrap().unwrap()
}

/// A world in which nothing waits for Delius.
pub(crate) async fn world() -> World {
    World::start_with(Parts { sync_wait: Duration::from_millis(1), ..Parts::default() }).await
}

/// The use cases over the same database at another time.
pub(crate) async fn app_at(world: &World, clock: Clock, tasks: &Tasks) -> App {
    let root = world.sandbox_url.parse().unwrap();
    let upstreams = Upstreams::new(upstream::Config::sandbox(&root), clock.clone()).await.unwrap();
    App::new(world.database.store.clone(), upstreams, clock, Ids::random(), app::Settings::default(), tasks)
}

/// A referral whose end was requested long ago and never came: what older services left behind.
pub(crate) async fn left_open(world: &World, crn: &str) -> String {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, crn).await;
    let now = world.app.clock().now();
    let cause = Cause { actor: User::service(), now, correlation: app::Correlation::untraced("tests") };
    let reason = EndReason::Cancellation {
        code: "MIS".to_owned(),
        description: "Referral was made by mistake".to_owned(),
        comments: None,
    };
    let request = EndRequest { at: now, by: User::service(), reason: Some(reason) };
    let requested = Fact::EndRequested(request);
    let referral: ReferralId = id.parse().unwrap();
    change(&world.app, referral, &cause, |_| Ok(vec![requested])).await.unwrap();
    id
}

/// How often the end of a referral was announced.
pub(crate) async fn announced(world: &World, id: &str, event: EventType) -> usize {
    let ledger = world.ledger(id).await;
    let announces = |action: &Action| matches!(action, Action::Publish(said) if said.event_type() == event);
    ledger.iter().filter(|entry| announces(&entry.action)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_do_nothing_twice() {
    let world = world().await;
    let mut ids = Vec::new();
    for crn in ["X100011", "X100012", "X100013"] {
        ids.push(left_open(&world, crn).await);
    }
    let (stop, order) = (Shutdown::new(), order(Job::ConcludeReferrals));
    let (one, two) = tokio::join!(run(&world.app, &order, &|_| {}, &stop), run(&world.app, &order, &|_| {}, &stop),);
    let mut changed = 0;
    for result in [one, two] {
        match result {
            Ok(run) => changed += run.counts.changed,
            Err(JobError::AlreadyRunning(name)) => assert_eq!(name, JobName::ConcludeReferrals),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(changed, 3);
    for id in &ids {
        assert!(referral(&world, id).await.conclusion.is_some());
        assert_eq!(announced(&world, id, EventType::ReferralConcluded).await, 1);
        assert_eq!(announced(&world, id, EventType::ReferralEnded).await, 1);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_in_the_middle_is_finished_by_the_next_run_and_done_once() {
    let world = world().await;
    let mut ids = Vec::new();
    for crn in ["X100011", "X100012", "X100013"] {
        ids.push(left_open(&world, crn).await);
    }
    let stop = Shutdown::new();
    let after_the_first = |step: delivery::job::Step| {
        if step.done == 1 {
            stop.trigger();
        }
    };
    let cut = run(&world.app, &order(Job::ConcludeReferrals), &after_the_first, &stop).await.unwrap();
    assert_eq!((outcome(&cut), counts(&cut)), (JobOutcome::Interrupted, (1, 1, 0)));
    assert_eq!(counts(&rehearse(&world.app, Job::ConcludeReferrals).await), (2, 2, 0));
    let rest = run_job(&world.app, Job::ConcludeReferrals).await;
    assert_eq!((outcome(&rest), counts(&rest)), (JobOutcome::Succeeded, (2, 2, 0)));
    for id in &ids {
        assert_eq!(announced(&world, id, EventType::ReferralConcluded).await, 1);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_job_runs_beside_itself() {
    let world = world().await;
    let transfer =
        Transfer { from: "HT0001".to_owned(), to: "HT0002".to_owned(), phrase: "agreed by both contracts".to_owned() };
    for job in [Job::ConcludeReferrals, Job::DeleteStaleDrafts, Job::TransferReferrals(transfer), Job::LoadSentenceEnds]
    {
        let name = job.name();
        let lock = store::job::try_lock(&world.database.store, name).await.unwrap().unwrap();
        let refused = run(&world.app, &order(job), &|_| {}, &Shutdown::new()).await;
        assert!(matches!(refused, Err(JobError::AlreadyRunning(busy)) if busy == name), "{name}: {refused:?}");
        lock.release().await.unwrap();
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_nobody_and_another_may_follow_when_the_lock_is_let_go() {
    let world = world().await;
    let store = &world.database.store;
    let lock = store::job::try_lock(store, JobName::ConcludeReferrals).await.unwrap().unwrap();
    let busy = run(&world.app, &order(Job::ConcludeReferrals), &|_| {}, &Shutdown::new()).await;
    assert!(matches!(busy, Err(JobError::AlreadyRunning(_))), "{busy:?}");
    // Another job is not held up.
    assert_eq!(outcome(&run_job(&world.app, Job::LoadSentenceEnds).await), JobOutcome::Succeeded);
    // A runner that dies lets go without saying so.
    drop(lock);
    world
        .eventually("the lock is free", async || {
            run(&world.app, &order(Job::ConcludeReferrals), &|_| {}, &Shutdown::new()).await.ok()
        })
        .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_is_carried_on_and_no_time_is_run_twice() {
    let world = world().await;
    let id = left_open(&world, "X100014").await;
    let store = &world.database.store;
    let due = "2026-11-24T00:30:00Z".parse().unwrap();
    let scheduled = Order { scheduled_for: Some(due), ..order(Job::ConcludeReferrals) };
    // Told to stop before the first item.
    let stop = Shutdown::new();
    stop.trigger();
    let cut_short = run(&world.app, &scheduled, &|_| {}, &stop).await.unwrap();
    assert_eq!((outcome(&cut_short), counts(&cut_short)), (JobOutcome::Interrupted, (0, 0, 0)));
    // A process that died leaves a record that never ended.
    let dead = JobRun { id: domain::JobRunId(world.app.ids().uuid()), ended: None, ..cut_short.clone() };
    let mut work = store.begin().await.unwrap();
    assert!(store::job::begin(&mut work, &dead).await.unwrap());
    work.commit().await.unwrap();

    let done = run(&world.app, &scheduled, &|_| {}, &Shutdown::new()).await.unwrap();
    assert_eq!((outcome(&done), counts(&done)), (JobOutcome::Succeeded, (1, 1, 0)));
    assert!(referral(&world, &id).await.conclusion.is_some());
    let again = run(&world.app, &scheduled, &|_| {}, &Shutdown::new()).await;
    assert!(matches!(again, Err(JobError::AlreadyRun(JobName::ConcludeReferrals))), "{again:?}");

    let mut db = store.connection().await.unwrap();
    let runs = store::job::list(&mut db, 10).await.unwrap();
    let kept = runs.iter().find(|run| run.id == done.id).unwrap();
    assert_eq!(kept, &done);
    assert_eq!(kept.counts, JobCounts { examined: 1, changed: 1, failed: 0 });
    let of_dead = runs.iter().find(|run| run.id == dead.id).unwrap();
    assert_eq!(outcome(of_dead), JobOutcome::Interrupted);
    drop(db);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_makes_up_for_what_was_missed_once() {
    let world = world().await;
    let tasks = Tasks::new(Shutdown::new());
    let clock = Clock::fixed("2026-11-24T12:00:00Z".parse().unwrap());
    let app = app_at(&world, clock.clone(), &tasks).await;
    let schedule = Schedule { conclude_referrals: Some(time(0, 30, 0, 0)), ..Schedule::default() };
    let runs = async || {
        let mut db = world.database.store.connection().await.unwrap();
        let runs = store::job::list(&mut db, 10).await.unwrap();
        runs.into_iter().map(|run| run.scheduled_for.unwrap().to_string()).collect::<Vec<_>>()
    };
    // Two workers, each with a memory of its own.
    for _ in 0..2 {
        let mut done = Vec::new();
        schedule.run_due(&app, &mut done, &Shutdown::new()).await;
        assert_eq!(done.len(), 1);
        schedule.run_due(&app, &mut done, &Shutdown::new()).await;
    }
    assert_eq!(runs().await, ["2026-11-24T00:30:00Z"]);
    clock.set("2026-11-25T00:30:00Z".parse().unwrap());
    schedule.run_due(&app, &mut Vec::new(), &Shutdown::new()).await;
    assert_eq!(runs().await, ["2026-11-25T00:30:00Z", "2026-11-24T00:30:00Z"]);
    tasks.stop().await;
    world.stop().await;
}
