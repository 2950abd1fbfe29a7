//! The rules of a referral's life: what happens once, what must come first, and what is over when a referral is.

use std::sync::LazyLock;

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Actor, World, a_booking, some_feedback, soon};

use crate::stage::{Stage, text};

static STAGE: LazyLock<Stage> = LazyLock::new(Stage::start);

async fn people() -> (&'static World, Actor, Actor) {
    let world = &STAGE.world;
    (world, world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await)
}

/// A referral with its assessment held and a plan of so many sessions.
async fn in_delivery(
    world: &World,
    practitioner: &Actor,
    provider: &Actor,
    crn: &str,
    sessions: u32,
) -> (String, String) {
    let referral = world.a_sent_referral(practitioner, crn).await;
    world.hold_assessment(provider, &referral).await;
    let plan = world.submit_plan(provider, &referral, sessions).await;
    (referral, plan)
}

async fn read(actor: &Actor, referral: &str) -> Value {
    actor.get(&format!("/sent-referral/{referral}")).await.expect(200)
}

async fn withdraw(actor: &Actor, referral: &str) -> testkit::Answer {
    let body = json!({ "code": "MOV", "comments": "Moved away.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    actor.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await
}

#[test]
fn a_draft_is_sent_once_and_stays_readable() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let id = world.a_sent_referral(&practitioner, "X100012").await;
        let path = format!("/draft-referral/{id}");
        let before = read(&practitioner, &id).await;
        let again = practitioner.post(&format!("{path}/send"), json!({})).await;
        assert!(again.headers["location"].to_str().unwrap().ends_with(&format!("/sent-referral/{id}")));
        let again = again.expect(201);
        assert_eq!(again["referenceNumber"], before["referenceNumber"]);
        assert_eq!(again["sentAt"], before["sentAt"]);
        practitioner.patch(&path, json!({ "furtherInformation": "Too late." })).await.expect(409);
        let risk = json!({ "riskSummaryWhoIsAtRisk": "Too late." });
        practitioner.patch(&format!("{path}/oasys-risk-information"), risk).await.expect(409);
        let draft = practitioner.get(&path).await.expect(200);
        assert_eq!((&draft["id"], &draft["additionalRiskInformation"]), (&json!(id), &Value::Null), "risk is erased");
        practitioner.get(&format!("{path}/oasys-risk-information")).await.expect(404);
        let drafts = practitioner.get("/draft-referrals").await.expect(200);
        assert!(!drafts.to_string().contains(&id));
        assert_eq!(read(&practitioner, &id).await, before);
        let ledger = world.settled(&id).await;
        assert_eq!(ledger.iter().filter(|entry| entry.action.name().contains("start")).count(), 1);
        assert_eq!(world.activities("X100012", &id).await.len(), 1);
        drop(provider);
    });
}

#[test]
fn feedback_is_submitted_once_and_after_attendance() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let referral = world.a_sent_referral(&practitioner, "X100013").await;
        let base = format!("/referral/{referral}/supplier-assessment");
        let submit = async || provider.post(&format!("{base}/submit-feedback"), json!({})).await;
        submit().await.expect(404);
        world.book_assessment(&provider, &referral, soon()).await;
        submit().await.expect(422);
        provider.put(&format!("{base}/record-session-feedback"), some_feedback()).await.expect(200);
        submit().await.expect(422);
        world.report_on_assessment(&provider, &referral).await;
        submit().await.expect(409);
        let attendance = json!({ "attended": "no", "didSessionHappen": false });
        provider.put(&format!("{base}/record-attendance"), attendance).await.expect(409);
        provider.put(&format!("{base}/record-session-feedback"), some_feedback()).await.expect(409);

        let plan = world.submit_plan(&provider, &referral, 1).await;
        provider.post(&format!("/draft-action-plan/{plan}/submit"), json!({})).await.expect(404);
        provider.patch(&format!("/draft-action-plan/{plan}"), json!({ "numberOfSessions": 4 })).await.expect(404);
        practitioner.post(&format!("/action-plan/{plan}/approve"), json!({})).await.expect(400);
        let session = world.book_session(&provider, &plan, 1, soon()).await.id;
        let base = format!("/referral/{referral}/delivery-session-appointments/{session}");
        let submit = async || provider.post(&format!("{base}/submit-feedback"), json!({})).await;
        let early = submit().await;
        assert!(early.status == 400 || early.status == 422, "{}", early.text);
        world.report_on_session(&provider, &referral, &session, "yes").await;
        submit().await.expect(409);
        let other = format!("/referral/{referral}/delivery-session-appointments/{referral}/submit-feedback");
        provider.post(&other, json!({})).await.expect(404);
        let again = a_booking(soon() + SignedDuration::from_hours(3));
        provider.patch(&format!("/action-plan/{plan}/appointment/1"), again).await.expect(409);
        provider.patch(&format!("/action-plan/{plan}/appointment/2"), a_booking(soon())).await.expect(404);
    });
}

#[test]
fn rebooking_keeps_what_was_said_about_the_earlier_appointment() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let (referral, plan) = in_delivery(world, &practitioner, &provider, "X100014", 1).await;
        let path = format!("/action-plan/{plan}/appointment/1");
        let first = world.book_session(&provider, &plan, 1, soon()).await.id;
        world.report_on_session(&provider, &referral, &first, "no").await;
        let mut booking = a_booking(soon() + SignedDuration::from_hours(4));
        booking["rescheduledReason"] = json!("Did not come.");
        booking["rescheduleRequestedBy"] = json!("Service Provider");
        let session = provider.patch(&path, booking.clone()).await.expect(200);
        assert_ne!(session["appointmentId"], json!(first));
        assert_eq!(session["appointmentFeedback"]["submitted"], false);
        let old = &session["oldAppointments"][0];
        assert_eq!((&old["id"], &old["superseded"]), (&json!(first), &json!(true)));
        assert_eq!(old["appointmentFeedback"]["attendanceFeedback"]["attended"], "no");
        assert_eq!(old["appointmentFeedback"]["submitted"], true);
        assert_eq!(old["rescheduledReason"], "Did not come.");
        // The same booking again is the same appointment.
        let again = provider.patch(&path, booking).await.expect(200);
        assert_eq!(again["appointmentId"], session["appointmentId"]);
        // The missed one takes no more feedback.
        let base = format!("/referral/{referral}/delivery-session-appointments/{first}");
        provider.put(&format!("{base}/session-feedback"), some_feedback()).await.expect(409);
    });
}

#[test]
fn a_withdrawal_concludes_at_once_and_ends_everything_but_the_report_that_is_due() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let (referral, plan) = in_delivery(world, &practitioner, &provider, "X100015", 3).await;
        let first = world.book_session(&provider, &plan, 1, soon()).await.id;
        world.report_on_session(&provider, &referral, &first, "yes").await;
        let second = world.book_session(&provider, &plan, 2, soon() + SignedDuration::from_hours(5)).await.id;
        let draft = json!({ "referralId": referral, "numberOfSessions": 4 });
        let next = text(&provider.post("/draft-action-plan", draft.clone()).await.expect(201)["id"]);
        let report = json!({ "referralId": referral });
        provider.post("/draft-end-of-service-report", report.clone()).await.expect(409);

        let me = provider.post("/intervention/user", json!({})).await.expect(200);
        let withdrawn = withdraw(&practitioner, &referral).await.expect(200);
        let concluded = withdrawn["concludedAt"].clone();
        assert_eq!(withdrawn["withdrawalState"], "PRE_ICA_WITHDRAWAL", "as asked");
        let seen = read(&provider, &referral).await;
        assert_eq!((&seen["concludedAt"], &seen["withdrawalComments"]), (&concluded, &json!("Moved away.")));
        assert_eq!(seen["endOfServiceReportCreationRequired"], true);

        withdraw(&practitioner, &referral).await.expect(409);
        let end = json!({ "reasonCode": "MOV" });
        practitioner.post(&format!("/sent-referral/{referral}/end"), end).await.expect(409);
        let assign = format!("/sent-referral/{referral}/assign");
        provider.post(&assign, json!({ "assignedTo": me })).await.expect(409);
        provider.post("/draft-action-plan", draft).await.expect(409);
        provider.patch(&format!("/draft-action-plan/{next}"), json!({ "numberOfSessions": 5 })).await.expect(409);
        provider.post(&format!("/draft-action-plan/{next}/submit"), json!({})).await.expect(409);
        let booking = a_booking(soon() + SignedDuration::from_hours(6));
        provider.patch(&format!("/action-plan/{plan}/appointment/3"), booking.clone()).await.expect(409);
        provider.post(&format!("/referral/{referral}/supplier-assessment"), booking).await.expect(409);
        let base = format!("/referral/{referral}/delivery-session-appointments/{second}");
        let attendance = json!({ "attended": "yes", "didSessionHappen": true });
        provider.put(&format!("{base}/attendance"), attendance).await.expect(409);

        let begun = provider.post("/draft-end-of-service-report", report).await.expect(201);
        let path = format!("/draft-end-of-service-report/{}", text(&begun["id"]));
        let outcome = &seen["referral"]["desiredOutcomes"][0]["desiredOutcomesIds"][0];
        let entry = json!({ "outcome": { "desiredOutcomeId": outcome, "achievementLevel": "ACHIEVED" } });
        provider.patch(&path, entry.clone()).await.expect(200);
        provider.post(&format!("{path}/submit"), json!({})).await.expect(200);
        provider.post(&format!("{path}/submit"), json!({})).await.expect(409);
        provider.patch(&path, entry).await.expect(409);
        let last = read(&provider, &referral).await;
        assert_eq!(last["concludedAt"], concluded, "concluded once");
        let note = json!({ "referralId": referral, "subject": "Afterwards", "body": "Words." });
        practitioner.post("/case-note", note).await.expect(200);
        world.settled(&referral).await;
        let events = world.look("events").await;
        let ends = events.as_array().unwrap().iter().filter(|event| {
            event["eventType"] == "intervention.referral.concluded"
                && event["message"]["additionalInformation"]["referralId"] == referral.as_str()
        });
        assert_eq!(ends.count(), 1);
    });
}

#[test]
fn a_report_is_begun_when_it_is_due_only_and_concludes() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let (referral, plan) = in_delivery(world, &practitioner, &provider, "X100016", 1).await;
        let body = json!({ "referralId": referral });
        let begin = async || provider.post("/draft-end-of-service-report", body.clone()).await;
        begin().await.expect(409);
        assert_eq!(read(&provider, &referral).await["endOfServiceReportCreationRequired"], false);
        provider.get(&format!("/end-of-service-report?referralId={referral}")).await.expect(404);
        let session = world.book_session(&provider, &plan, 1, soon()).await.id;
        begin().await.expect(409);
        world.report_on_session(&provider, &referral, &session, "yes").await;
        assert_eq!(read(&provider, &referral).await["endOfServiceReportCreationRequired"], true);
        let report = begin().await.expect(201);
        let seen = read(&provider, &referral).await;
        assert_eq!(seen["endOfServiceReportCreationRequired"], false);
        assert_eq!((&seen["concludedAt"], &seen["endOfServiceReport"]), (&Value::Null, &report));
        let path = format!("/draft-end-of-service-report/{}", text(&report["id"]));
        let outcome = &seen["referral"]["desiredOutcomes"][0]["desiredOutcomesIds"][0];
        for level in ["NOT_ACHIEVED", "ACHIEVED"] {
            let entry = json!({ "outcome": { "desiredOutcomeId": outcome, "achievementLevel": level } });
            let changed = provider.patch(&path, entry).await.expect(200);
            assert_eq!(changed["outcomes"].as_array().map(Vec::len), Some(1));
            assert_eq!(changed["outcomes"][0]["achievementLevel"], level);
        }
        provider.post(&format!("{path}/submit"), json!({})).await.expect(200);
        assert!(read(&provider, &referral).await["concludedAt"].is_string());
        withdraw(&practitioner, &referral).await.expect(409);
    });
}

#[test]
fn nothing_delivered_means_no_report_and_cancelled() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let referral = world.a_sent_referral(&practitioner, "X100017").await;
        withdraw(&practitioner, &referral).await.expect(200);
        assert_eq!(read(&provider, &referral).await["endOfServiceReportCreationRequired"], false);
        let body = json!({ "referralId": referral });
        provider.post("/draft-end-of-service-report", body).await.expect(409);
        world.settled(&referral).await;
        let events = world.look("events").await;
        let states: Vec<Value> = events
            .as_array()
            .unwrap()
            .iter()
            .map(|event| &event["message"]["additionalInformation"])
            .filter(|information| {
                information["referralId"] == referral.as_str() && information["deliveryState"].is_string()
            })
            .map(|information| information["deliveryState"].clone())
            .collect();
        assert_eq!(states, ["CANCELLED", "CANCELLED"]);
    });
}

#[test]
fn a_clash_in_delius_is_told_and_nothing_is_kept() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let start = soon() + SignedDuration::from_hours(30);
        let one = world.a_sent_referral(&practitioner, "X100018").await;
        let two = world.a_sent_referral(&practitioner, "X100018").await;
        world.book_assessment(&provider, &one, start).await;
        let path = format!("/sent-referral/{two}/supplier-assessment");
        let assessment = provider.get(&path).await.expect(200);
        let schedule = format!("/supplier-assessment/{}/schedule-appointment", text(&assessment["id"]));
        let clash = provider.put(&schedule, a_booking(start)).await.expect(409);
        assert_eq!(clash["error"], "Call to dependency response exception");
        assert_eq!(provider.get(&path).await.expect(200), assessment);
        provider.put(&schedule, a_booking(start + SignedDuration::from_hours(2))).await.expect(200);
    });
}
