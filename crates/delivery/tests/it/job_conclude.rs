//! Concluding what older end requests left open.

use delivery::job::Job;
use domain::ending::ConcludedState;
use domain::event::EventType;
use domain::job::JobOutcome;
use serde_json::json;

use crate::job_run::{announced, counts, left_open, outcome, referral, rehearse, run_job, world};

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_left_open_is_concluded_announced_and_heard_by_delius() {
    const CRN: &str = "X100015";
    let world = world().await;
    let id = left_open(&world, CRN).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let untouched = world.a_sent_referral(&practitioner, "X100016").await;

    let rehearsal = rehearse(&world.app, Job::ConcludeReferrals).await;
    assert_eq!(counts(&rehearsal), (1, 1, 0));
    assert!(referral(&world, &id).await.conclusion.is_none());

    let run = run_job(&world.app, Job::ConcludeReferrals).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Succeeded, (1, 1, 0)));
    let concluded = referral(&world, &id).await.conclusion.unwrap();
    assert_eq!(concluded.state, Some(ConcludedState::Cancelled));
    assert!(referral(&world, &untouched).await.conclusion.is_none());
    world.settled(&id).await;
    world
        .eventually("Delius has closed the activity", async || {
            let activities = world.activities(CRN, &id).await;
            (activities.len() == 1 && activities[0]["status"] == "COMP").then_some(())
        })
        .await;

    let again = run_job(&world.app, Job::ConcludeReferrals).await;
    assert_eq!(counts(&again), (0, 0, 0));
    assert_eq!(announced(&world, &id, EventType::ReferralEnded).await, 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_of_a_job_wait_for_a_system_that_is_down() {
    let world = world().await;
    let id = left_open(&world, "X100017").await;
    world.settled(&id).await;
    world.fault(json!({ "system": "sns", "fault": "down" })).await;
    let run = run_job(&world.app, Job::ConcludeReferrals).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Succeeded, (1, 1, 0)));
    assert!(world.ledger(&id).await.iter().any(|entry| entry.state.is_unfinished()));
    world.heal().await;
    world.settled(&id).await;
    assert_eq!(announced(&world, &id, EventType::ReferralConcluded).await, 1);
    world.stop().await;
}
