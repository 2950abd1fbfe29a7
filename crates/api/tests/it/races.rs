//! Two at once: no update is lost, what can happen once happens once, and no two referrals share a reference number.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::{Actor, Answer, World};

use crate::stage::{Stage, a_bare_draft, text};

static STAGE: LazyLock<Stage> = LazyLock::new(Stage::start);

/// How many act at once where one must win.
const RIVALS: usize = 6;

async fn people() -> (&'static World, Actor, Actor) {
    let world = &STAGE.world;
    (world, world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await)
}

/// Asserts that one succeeded and the others were told why not; answers with the winner's body.
#[track_caller]
pub(crate) fn one_winner(answers: Vec<Answer>, lost_status: u16) -> Value {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status.is_success());
    assert_eq!(won.len(), 1, "{statuses:?}");
    assert!(lost.iter().all(|answer| answer.status == lost_status), "{statuses:?}");
    won[0].body.clone()
}

#[test]
fn concurrent_patches_of_a_draft_lose_nothing() {
    STAGE.run(async {
        let (world, practitioner, _) = people().await;
        let id = world.a_complete_draft(&practitioner, "X100019").await;
        let path = format!("/draft-referral/{id}");
        let fields = [
            "furtherInformation",
            "additionalNeedsInformation",
            "accessibilityNeeds",
            "reasonForReferral",
            "ndeliusPPName",
            "ppEmailAddress",
        ];
        let patches = fields.map(|field| practitioner.patch(&path, json!({ field: format!("new {field}") })));
        let answers = join_all(patches).await;
        let draft = practitioner.get(&path).await.expect(200);
        for (field, answer) in fields.iter().zip(&answers) {
            assert!(answer.status == 200 || answer.status == 409, "{}", answer.text);
            let kept = draft[*field] == format!("new {field}");
            assert_eq!(kept, answer.status == 200, "{field}: {}", draft[*field]);
        }
        assert!(answers.iter().any(|answer| answer.status == 200));
    });
}

#[test]
fn concurrent_sends_of_one_draft_send_it_once() {
    STAGE.run(async {
        let (world, practitioner, _) = people().await;
        let id = world.a_complete_draft(&practitioner, "X100020").await;
        let path = format!("/draft-referral/{id}/send");
        let answers = join_all((0..RIVALS).map(|_| practitioner.post(&path, json!({})))).await;
        let read = practitioner.get(&format!("/sent-referral/{id}")).await.expect(200);
        for answer in answers {
            assert_eq!(answer.expect(201)["referenceNumber"], read["referenceNumber"]);
        }
        world.settled(&id).await;
        assert_eq!(world.activities("X100020", &id).await.len(), 1);
        let events = world.look("events").await;
        let told = events.as_array().unwrap().iter().filter(|event| {
            event["eventType"] == "intervention.referral.sent"
                && event["message"]["additionalInformation"]["referralId"] == id.as_str()
        });
        assert_eq!(told.count(), 1);
    });
}

#[test]
fn of_concurrent_submissions_and_withdrawals_one_wins() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let referral = world.a_sent_referral(&practitioner, "X100021").await;
        world.book_assessment(&provider, &referral, testkit::soon()).await;
        let base = format!("/referral/{referral}/supplier-assessment");
        let attendance = json!({ "attended": "yes", "didSessionHappen": true });
        world
            .eventually("the assessment has begun", async || {
                let answer = provider.put(&format!("{base}/record-attendance"), attendance.clone()).await;
                answer.status.is_success().then_some(())
            })
            .await;
        let submit = format!("{base}/submit-feedback");
        one_winner(join_all((0..RIVALS).map(|_| provider.post(&submit, json!({})))).await, 409);

        let plan = json!({ "referralId": referral, "numberOfSessions": 3 });
        let plan = text(&provider.post("/draft-action-plan", plan).await.expect(201)["id"]);
        let submit = format!("/draft-action-plan/{plan}/submit");
        // A plan that was submitted is no draft plan any more: the contract's 404.
        one_winner(join_all((0..RIVALS).map(|_| provider.post(&submit, json!({})))).await, 404);
        let sessions = provider.get(&format!("/action-plan/{plan}/appointments")).await.expect(200);
        assert_eq!(sessions.as_array().map(Vec::len), Some(3));

        let withdraw = format!("/sent-referral/{referral}/withdraw-referral");
        let body =
            |n: usize| json!({ "code": "MOV", "comments": format!("{n}"), "withdrawalState": "PRE_ICA_WITHDRAWAL" });
        let won = one_winner(join_all((0..RIVALS).map(|n| practitioner.post(&withdraw, body(n)))).await, 409);
        let read = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
        assert_eq!(read["withdrawalComments"], won["withdrawalComments"]);
        assert_eq!(read["concludedAt"], won["concludedAt"]);
    });
}

#[test]
fn concurrent_assignments_leave_one_caseworker() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let other = world.actor("PROVIDER_2").await;
        let referral = world.a_sent_referral(&practitioner, "X100022").await;
        let (one, two) = (
            provider.post("/intervention/user", json!({})).await.expect(200),
            other.post("/intervention/user", json!({})).await.expect(200),
        );
        let path = format!("/sent-referral/{referral}/assign");
        let assign =
            |n: usize| provider.post(&path, json!({ "assignedTo": if n.is_multiple_of(2) { &one } else { &two } }));
        let answers = join_all((0..RIVALS).map(assign)).await;
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 409));
        let read = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
        assert!(read["assignedTo"] == one || read["assignedTo"] == two);
        // The last word that was told is the one that stands.
        world.settled(&referral).await;
        let events = world.look("events").await;
        let told: Vec<&Value> = events
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["eventType"] == "intervention.referral.assigned")
            .map(|event| &event["message"]["additionalInformation"])
            .filter(|information| information["referralId"] == referral.as_str())
            .collect();
        assert!((1..=RIVALS).contains(&told.len()));
        assert_eq!(told.last().unwrap()["assignedTo"], read["assignedTo"]["username"]);
    });
}

#[test]
fn concurrent_bookings_of_one_session_leave_one_current_appointment() {
    STAGE.run(async {
        let (world, practitioner, provider) = people().await;
        let referral = world.a_sent_referral(&practitioner, "X100023").await;
        world.hold_assessment(&provider, &referral).await;
        let plan = world.submit_plan(&provider, &referral, 1).await;
        let path = format!("/action-plan/{plan}/appointment/1");
        let start = testkit::soon() + jiff::SignedDuration::from_hours(40);
        let booking = |n: i64| testkit::a_booking(start + jiff::SignedDuration::from_hours(n));
        let answers = join_all((0..4).map(|n| provider.patch(&path, booking(n)))).await;
        for answer in &answers {
            assert!(answer.status == 200 || answer.status == 409, "{}", answer.text);
        }
        let session = provider.get(&format!("/action-plan/{plan}/appointments/1")).await.expect(200);
        let old = session["oldAppointments"].as_array().unwrap();
        assert!(session["appointmentId"].is_string());
        assert!(old.iter().all(|appointment| appointment["superseded"] == true), "{session:#}");
        world.settled(&referral).await;
        // Delius holds the current appointment at its time; each replaced one only as replaced.
        let held = world.contacts("X100023", &text(&session["appointmentId"])).await;
        assert_eq!(held.len(), 1, "{held:?}");
    });
}

#[test]
fn fifty_drafts_sent_at_once_get_fifty_reference_numbers() {
    STAGE.run(async {
        let (world, practitioner, _) = people().await;
        let intervention = world.intervention(&practitioner, "ACC").await;
        let prepare = |n: usize| a_bare_draft(&practitioner, &intervention, 1 + n % 34);
        let drafts = join_all((0..50).map(prepare)).await;
        let sends = drafts.iter().map(async |path| practitioner.post(&format!("{path}/send"), json!({})).await);
        let answers = join_all(sends).await;
        let numbers: BTreeSet<String> =
            answers.into_iter().map(|answer| text(&answer.expect(201)["referenceNumber"])).collect();
        assert_eq!(numbers.len(), 50);
    });
}
