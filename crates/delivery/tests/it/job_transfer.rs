//! Moving referrals to another contract on the authority of a case note.

use delivery::job::{Job, JobError, Transfer, run};
use domain::job::JobOutcome;
use runtime::Shutdown;
use serde_json::json;

use crate::job_run::{counts, order, outcome, referral, rehearse, run_job, world};

fn transfer(from: &str, to: &str) -> Job {
    let phrase = "agreed to MOVE to Northstar".to_owned();
    Job::TransferReferrals(Transfer { from: from.to_owned(), to: to.to_owned(), phrase })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_moves_once_and_its_new_provider_sees_it() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let moving = world.a_sent_referral(&practitioner, "X100022").await;
    let staying = world.a_sent_referral(&practitioner, "X100023").await;
    // Two notes with the phrase, one move.
    for body in ["We agreed to move to Northstar.", "As said: agreed to move to northstar, today."] {
        let note = json!({ "referralId": moving, "subject": "Move", "body": body, "sendEmail": false });
        practitioner.post("/case-note", note).await.expect(200);
    }
    let note = json!({ "referralId": staying, "subject": "Hello", "body": "No move.", "sendEmail": false });
    practitioner.post("/case-note", note).await.expect(200);
    let (old, new) = (world.actor("PROVIDER_1").await, world.actor("PROVIDER_9").await);
    let path = format!("/sent-referral/{moving}");
    old.get(&path).await.expect(200);
    new.get(&path).await.expect(403);

    assert_eq!(counts(&rehearse(&world.app, transfer("HT0001", "NS0001")).await), (1, 1, 0));
    old.get(&path).await.expect(200);
    let done = run_job(&world.app, transfer("HT0001", "NS0001")).await;
    assert_eq!((outcome(&done), counts(&done)), (JobOutcome::Succeeded, (1, 1, 0)));
    assert_eq!(done.parameters["from"], "HT0001");
    new.get(&path).await.expect(200);
    old.get(&path).await.expect(403);
    assert_eq!(referral(&world, &moving).await.intervention.contract.reference, "NS0001");
    assert_eq!(referral(&world, &staying).await.intervention.contract.reference, "HT0001");
    let notes = new.get(&format!("/sent-referral/{moving}/case-notes")).await.expect(200);
    let subjects: Vec<_> = notes["content"].as_array().unwrap().iter().map(|note| note["subject"].clone()).collect();
    assert_eq!(subjects.iter().filter(|subject| **subject == "Case transferred").count(), 1, "{subjects:?}");

    assert_eq!(counts(&run_job(&world.app, transfer("HT0001", "NS0001")).await), (0, 0, 0));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_cannot_be_meant_is_refused_before_anything_happens() {
    let world = world().await;
    let refusal = async |job: Job| {
        let refused = run(&world.app, &order(job), &|_| {}, &Shutdown::new()).await;
        match refused {
            Err(JobError::Refused(reason)) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refusal(transfer("HT0001", "HT0001")).await, "both contracts are the same");
    assert_eq!(refusal(transfer("HT0001", "NONE")).await, "there is no contract NONE with an intervention");
    assert_eq!(refusal(transfer("HT0001", "HT0002")).await, "contracts HT0001 and HT0002 are of different types");
    let short = Transfer { from: "HT0001".to_owned(), to: "NS0001".to_owned(), phrase: "  move   ".to_owned() };
    assert_eq!(refusal(Job::TransferReferrals(short)).await, "the phrase has fewer than 10 characters");
    let mut db = world.database.store.connection().await.unwrap();
    assert_eq!(store::job::list(&mut db, 10).await.unwrap(), []);
    drop(db);
    world.stop().await;
}
