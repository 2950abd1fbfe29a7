//! The risk hand-over at send: under the user's own name, safe to repeat, and nothing of it kept.

use serde_json::json;
use testkit::World;

const CRN: &str = "X100011";

#[tokio::test(flavor = "multi_thread")]
async fn h14_a_send_whose_risk_answer_was_lost_is_sent_again_and_hands_over_once() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(&practitioner, CRN).await;
    let lost = json!({ "system": "arns", "method": "POST", "fault": "drop_after_commit", "times": 1 });
    world.fault(lost).await;
    let path = format!("/draft-referral/{draft}/send");
    let failed = practitioner.post(&path, json!({})).await;
    assert!(failed.status.is_server_error(), "{}", failed.text);
    assert_eq!(practitioner.get(&format!("/sent-referral/{draft}")).await.status.as_u16(), 404);
    let change = practitioner.patch(&format!("/draft-referral/{draft}"), json!({ "furtherInformation": "x" })).await;
    assert_eq!(change.status.as_u16(), 409, "the risk text is frozen while it is being sent");

    let sent = practitioner.post(&path, json!({})).await.expect(201);
    assert!(sent["supplementaryRiskId"].is_string());
    world.settled(&draft).await;
    assert_eq!(world.activities(CRN, &draft).await.len(), 1);
    practitioner.post(&path, json!({})).await.expect(201);
    world.settled(&draft).await;
    assert_eq!(world.activities(CRN, &draft).await.len(), 1, "sent once is sent");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_risk_text_remains_once_sent() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(&practitioner, CRN).await;
    let risk = json!({ "riskSummaryWhoIsAtRisk": "MARKER-RISK staff.", "additionalInformation": "MARKER-RISK none." });
    let risk_path = format!("/draft-referral/{draft}/oasys-risk-information");
    practitioner.patch(&risk_path, risk).await.expect(200);
    practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    assert_eq!(practitioner.get(&risk_path).await.status.as_u16(), 404);
    let draft_now = practitioner.get(&format!("/draft-referral/{draft}")).await.expect(200);
    assert!(draft_now["additionalRiskInformation"].is_null());
    assert_eq!(world.database.rows_containing("MARKER-RISK").await, Vec::<String>::new());
    world.stop().await;
}
