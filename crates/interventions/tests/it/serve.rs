//! The service killed while a user waits: in the middle of sending, and in the middle of booking.

use serde_json::{Value, json};
use testkit::{Actor, a_booking};

use crate::gate::{Held, Side};
use crate::life::{assert_all_delivered, in_two_days};
use crate::product::Product;

const CRN: &str = "X100003";
const RISK: &str = "/arns/risks/supplementary";
const STARTS: &str = "/delius/probation-case/*/referrals";
const APPOINTMENTS: &str = "/delius/probation-case/*/referrals/*/appointments";

#[tokio::test(flavor = "multi_thread")]
async fn sending_goes_on_after_a_death_before_the_risk_arrived() {
    dies_at_the_risk_hand_over(Side::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_goes_on_after_a_death_between_risk_and_commit() {
    dies_at_the_risk_hand_over(Side::After).await;
}

async fn dies_at_the_risk_hand_over(side: Side) {
    let product = Product::start().await;
    let practitioner = product.actor("PRACTITIONER_1").await;
    let draft = product.a_complete_draft(&practitioner, CRN).await;
    let held = product.gate.hold("POST", RISK, side);
    let path = format!("/draft-referral/{draft}/send");
    serve_dies_during(&product, held, unanswered(&practitioner, "POST", &path, json!({}))).await;
    product.serve_is_back().await;

    practitioner.get(&format!("/sent-referral/{draft}")).await.expect(404);
    assert!(product.ledger(&draft).await.is_empty(), "nobody is told of what was not sent");
    let sent = practitioner.post(&path, json!({})).await.expect(201);
    assert_eq!(sent["id"], draft.as_str());
    assert_sent_once(&product, &practitioner, &draft).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_commit_and_start_leaves_a_sent_referral() {
    for side in [Side::Before, Side::After] {
        let product = Product::start_with(&[("RAM_DELIUS_SYNC_WAIT", "30s")]).await;
        let practitioner = product.actor("PRACTITIONER_1").await;
        let draft = product.a_complete_draft(&practitioner, CRN).await;
        let held = product.gate.hold("PUT", STARTS, side);
        let path = format!("/draft-referral/{draft}/send");
        let held = serve_dies_during(&product, held, unanswered(&practitioner, "POST", &path, json!({}))).await;
        product.serve_is_back().await;
        held.release();

        assert_sent_once(&product, &practitioner, &draft).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_may_die_between_commit_and_start() {
    let product = Product::start_with(&[("RAM_DELIUS_SYNC_WAIT", "30s")]).await;
    let practitioner = product.actor("PRACTITIONER_1").await;
    let draft = product.a_complete_draft(&practitioner, CRN).await;
    let held = product.gate.hold("PUT", STARTS, Side::After);
    let path = format!("/draft-referral/{draft}/send");
    let _held = serve_dies_during(&product, held, unanswered(&practitioner, "POST", &path, json!({}))).await;
    product.worker_is_replaced().await;
    product.serve_is_back().await;
    assert_sent_once(&product, &practitioner, &draft).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_whose_user_lost_the_service_is_one_contact() {
    for (side, asked_again) in [(Side::Before, false), (Side::After, false), (Side::Before, true), (Side::After, true)]
    {
        let product = Product::start_with(&[("RAM_DELIUS_SYNC_WAIT", "30s")]).await;
        let practitioner = product.actor("PRACTITIONER_1").await;
        let provider = product.actor("PROVIDER_1").await;
        let referral = product.a_sent_referral(&practitioner, CRN).await;
        product.settled(&referral).await;
        let of_referral = format!("/sent-referral/{referral}/supplier-assessment");
        let assessment = provider.get(&of_referral).await.expect(200);
        let path = format!("/supplier-assessment/{}/schedule-appointment", assessment["id"].as_str().unwrap());
        let booking = a_booking(in_two_days());
        let held = product.gate.hold("PUT", APPOINTMENTS, side);
        let held = serve_dies_during(&product, held, unanswered(&provider, "PUT", &path, booking.clone())).await;
        product.serve_is_back().await;
        if asked_again {
            // Delius has not answered yet, and the user tries again.
            provider.put(&path, booking).await.expect(200);
        }
        held.release();

        assert_all_delivered(&product.settled(&referral).await);
        let shown = provider.get(&of_referral).await.expect(200);
        let appointments = shown["appointments"].as_array().unwrap();
        assert_eq!(appointments.len(), 1, "{side:?}, asked again: {asked_again}: {shown}");
        let record = product.look(&format!("delius/{CRN}")).await;
        let contacts: Vec<_> = record["contacts"].as_array().unwrap().iter().filter(is_appointment).collect();
        assert_eq!(contacts.len(), 1, "{side:?}, asked again: {asked_again}: {contacts:?}");
        let urn = format!("urn:hmpps:interventions-appointment:{}", appointments[0]["id"].as_str().unwrap());
        assert_eq!(contacts[0]["externalReference"], urn);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "a filter passes what it looks at so")]
fn is_appointment(contact: &&Value) -> bool {
    let reference = contact["externalReference"].as_str().unwrap_or_default();
    reference.starts_with("urn:hmpps:interventions-appointment:")
}

/// The service dies while the held call, which the request caused, stands at the gate.
async fn serve_dies_during(product: &Product, mut held: Held, request: impl Future<Output = ()>) -> Held {
    let dying = async {
        held.here().await;
        product.serve_dies().await;
    };
    tokio::join!(request, dying);
    held
}

/// A request that the service does not live to answer.
async fn unanswered(who: &Actor, method: &str, path: &str, body: Value) {
    let answer = who.try_call(method.parse().unwrap(), path, Some(body)).await;
    assert!(answer.is_err(), "it was answered: {:?}", answer.map(|answer| answer.status));
}

/// One referral, one activity, one supplementary risk, everything told; and sending again answers with that referral.
async fn assert_sent_once(product: &Product, practitioner: &Actor, draft: &str) {
    let sent = practitioner.get(&format!("/sent-referral/{draft}")).await.expect(200);
    let again = practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    assert_eq!(again["referenceNumber"], sent["referenceNumber"]);
    assert_all_delivered(&product.settled(draft).await);
    assert_eq!(product.activities(CRN, draft).await.len(), 1);
    let id = sent["supplementaryRiskId"].as_str().unwrap();
    let address = format!("{}/arns/risks/supplementary/{id}", product.sandbox_url);
    let risk = product.http().get(address).bearer_auth(practitioner.token()).send().await.unwrap();
    let risk: Value = risk.error_for_status().unwrap().json().await.unwrap();
    assert_eq!(risk["sourceId"], draft);
    // The risk system was called as often as the user sent, and stored one record.
    let calls = product.look("requests?system=arns").await;
    let stored = calls.as_array().unwrap().iter().filter(|call| call["method"] == "POST" && call["status"] == 200);
    assert_eq!(stored.count(), 1, "{calls}");
}
