//! Learning from Delius when sentences end, Delius's failures included.

use delivery::job::Job;
use domain::job::JobOutcome;
use serde_json::json;
use testkit::World;

use crate::job_run::{counts, outcome, referral, rehearse, run_job, world};

/// A referral that was sent while Delius could not say when the sentence ends.
async fn without_end(world: &World, crn: &str) -> String {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let operation = format!("/probation-case/{crn}/convictions/*");
    world.fault(json!({ "system": "delius", "operation": operation, "fault": "status", "value": 500 })).await;
    let id = world.a_sent_referral(&practitioner, crn).await;
    world.heal().await;
    assert_eq!(referral(world, &id).await.sentence.expected_end, None);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn h15_an_end_that_could_not_be_read_at_send_is_filled_in_later_and_one_failure_stops_nothing() {
    let world = world().await;
    let one = without_end(&world, "X100024").await;
    let two = without_end(&world, "X100025").await;
    let down = json!({ "system": "delius", "operation": "/probation-case/X100024/convictions/*", "fault": "down" });
    world.fault(down).await;

    let run = run_job(&world.app, Job::LoadSentenceEnds).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Failed, (2, 1, 1)));
    assert_eq!(run.errors.len(), 1);
    assert_eq!(run.errors[0].item.to_string(), one);
    assert!(!run.errors[0].error.contains("X100024"), "no case number: {}", run.errors[0].error);
    assert!(referral(&world, &two).await.sentence.expected_end.is_some());

    world.heal().await;
    assert_eq!(counts(&rehearse(&world.app, Job::LoadSentenceEnds).await), (1, 1, 0));
    assert_eq!(referral(&world, &one).await.sentence.expected_end, None);
    let run = run_job(&world.app, Job::LoadSentenceEnds).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Succeeded, (1, 1, 0)));
    assert!(referral(&world, &one).await.sentence.expected_end.is_some());
    world.stop().await;
}
