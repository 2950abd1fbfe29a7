//! One system is away: its own messages wait, nothing else does, and everything arrives once it is back.

use std::time::Duration;

use serde_json::json;
use store::outbox::EffectState;
use testkit::{Parts, World};

const CRN: &str = "X100005";

fn impatient() -> Parts {
    Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_sent_while_delius_is_down_starts_there_later_and_only_once() {
    let world = World::start_with(impatient()).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(&practitioner, CRN).await;
    world.fault(json!({ "system": "delius", "operation": "/probation-case/*/referrals", "fault": "down" })).await;
    practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    assert!(world.activities(CRN, &draft).await.is_empty());
    world.heal().await;
    world.settled(&draft).await;
    assert_eq!(world.activities(CRN, &draft).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h01_a_lost_answer_to_start_leaves_one_activity() {
    let world = World::start_with(impatient()).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(&practitioner, CRN).await;
    let lost = json!({
        "system": "delius", "operation": "/probation-case/*/referrals", "method": "PUT",
        "fault": "drop_after_commit", "times": 2,
    });
    world.fault(lost).await;
    practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    world.settled(&draft).await;
    assert_eq!(world.activities(CRN, &draft).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_outage_delays_e_mails_and_nothing_else() {
    let world = World::start_with(impatient()).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    world.fault(json!({ "system": "notify", "fault": "down" })).await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world
        .eventually("everything but the e-mail is delivered", async || {
            let ledger = world.ledger(&referral).await;
            let (emails, others): (Vec<_>, Vec<_>) =
                ledger.iter().partition(|entry| entry.system == domain::effect::System::Notify);
            assert!(emails.iter().all(|entry| entry.state.is_unfinished()));
            others.iter().all(|entry| entry.state == EffectState::Delivered).then_some(())
        })
        .await;
    world.heal().await;
    world.settled(&referral).await;
    let emails = world.look("emails").await;
    assert_eq!(emails.as_array().unwrap().len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h16_an_e_mail_whose_answer_is_lost_is_sent_once() {
    let world = World::start_with(impatient()).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let lost = json!({ "system": "notify", "method": "POST", "fault": "drop_after_commit", "times": 1 });
    world.fault(lost).await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    let emails = world.look("emails").await;
    assert_eq!(emails.as_array().unwrap().len(), 1, "{emails}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_start_is_parked_with_a_reason_and_holds_up_no_other_referral() {
    let world = World::start_with(impatient()).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let refuse = json!({
        "system": "delius", "operation": "/probation-case/*/referrals", "method": "PUT",
        "fault": "status", "value": 400, "times": 1,
    });
    world.fault(refuse).await;
    let stuck = world.a_sent_referral(&practitioner, CRN).await;
    let parked = world
        .eventually("the start is parked", async || {
            let ledger = world.ledger(&stuck).await;
            ledger.into_iter().find(|entry| entry.state == EffectState::Parked)
        })
        .await;
    assert_eq!(parked.last_status, Some(400));
    let other = world.a_sent_referral(&practitioner, "X100006").await;
    world.settled(&other).await;
    assert_eq!(world.activities("X100006", &other).await.len(), 1);
    world.stop().await;
}
