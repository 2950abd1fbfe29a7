//! The whole product over a fresh database, with a referral in each stage of its life: a set for tests that are programs
//! of their own, as the fuzzer is. Prints one line of JSON that says where it runs and what it holds, then runs until
//! its input ends. It judges nothing; whoever started it does.

#![expect(clippy::print_stdout, reason = "its one line of output is what its caller reads")]

use serde_json::{Value, json};
use testkit::{Actor, World, soon};
use tokio::io::AsyncReadExt;

/// How far a referral gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Draft,
    Sent,
    Assigned,
    AssessmentBooked,
    AssessmentHeld,
    PlanBegun,
    Delivering,
    SessionHeld,
    ReportBegun,
    Concluded,
    Withdrawn,
}

/// Each stage, with the case that it is about. Some come more than once: the fuzzer ends what it can end.
const SET: [(Stage, &str); 16] = [
    (Stage::Draft, "X100003"),
    (Stage::Draft, "X100005"),
    (Stage::Sent, "X100007"),
    (Stage::Sent, "X100009"),
    (Stage::Assigned, "X100011"),
    (Stage::AssessmentBooked, "X100013"),
    (Stage::AssessmentBooked, "X100015"),
    (Stage::AssessmentHeld, "X100017"),
    (Stage::PlanBegun, "X100019"),
    (Stage::PlanBegun, "X100021"),
    (Stage::Delivering, "X100023"),
    (Stage::Delivering, "X100025"),
    (Stage::SessionHeld, "X100027"),
    (Stage::ReportBegun, "X100029"),
    (Stage::Concluded, "X100031"),
    (Stage::Withdrawn, "X100033"),
];

#[tokio::main]
async fn main() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let mut set = Vec::with_capacity(SET.len());
    for (stage, crn) in SET {
        set.push(referral(&world, &practitioner, &provider, stage, crn).await);
    }
    let told = json!({ "api": world.api_url, "sandbox": world.sandbox_url, "referrals": set });
    println!("{told}");
    let mut unread = Vec::new();
    tokio::io::stdin().read_to_end(&mut unread).await.expect("the input can be waited for");
    world.stop().await;
}

/// Takes one referral to a stage; what can be named of it, by the names that the contract's paths and bodies use.
async fn referral(world: &World, practitioner: &Actor, provider: &Actor, stage: Stage, crn: &str) -> Value {
    let intervention = world.intervention(practitioner, "ACC").await;
    let draft = world.a_complete_draft(practitioner, crn).await;
    let category = &intervention["serviceCategories"][0];
    let mut ids = json!({
        "stage": format!("{stage:?}"),
        "crn": crn,
        "draftId": draft,
        "interventionId": intervention["id"],
        "serviceCategoryId": category["id"],
        "complexityLevelId": category["complexityLevels"][0]["id"],
    });
    let fields = practitioner.get(&format!("/draft-referral/{draft}")).await.expect(200);
    ids["contractReference"] = fields["dynamicFrameworkContractReference"].clone();
    ids["desiredOutcomeId"] = fields["desiredOutcomes"][0]["desiredOutcomesIds"][0].clone();
    if stage == Stage::Draft {
        return ids;
    }
    let sent = practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    let referral = text(&sent["id"]);
    ids["referralId"] = json!(referral);
    let words = json!({ "referralId": referral, "subject": "A note", "body": "Some words." });
    ids["noteId"] = practitioner.post("/case-note", words).await.expect(200)["id"].clone();
    let rename = format!("/sent-referral/{referral}/amend-probation-practitioner-name");
    practitioner.post(&rename, json!({ "ppName": "Somebody Else" })).await.expect(204);
    let changes = practitioner.get(&format!("/sent-referral/{referral}/change-log")).await.expect(200);
    ids["changeLogId"] = changes[0]["changelogId"].clone();
    let assessment = provider.get(&format!("/sent-referral/{referral}/supplier-assessment")).await.expect(200);
    ids["assessmentId"] = assessment["id"].clone();
    if stage >= Stage::Assigned {
        world.assign(provider, &referral).await;
    }
    if stage >= Stage::AssessmentBooked {
        let booked = world.book_assessment(provider, &referral, soon()).await;
        ids["assessmentAppointmentId"] = json!(booked.id);
    }
    if stage >= Stage::AssessmentHeld {
        world.report_on_assessment(provider, &referral).await;
    }
    if stage >= Stage::PlanBegun {
        deliver(world, provider, stage, &referral, &mut ids).await;
    }
    if stage == Stage::Concluded {
        world.submit_report(provider, &referral).await;
    }
    if stage == Stage::Withdrawn {
        let body = json!({ "code": "MIS", "comments": "", "withdrawalState": "POST_ICA_CLOSE_REFERRAL_EARLY" });
        practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await.expect(200);
    }
    ids
}

/// From the action plan to the report, as far as the stage goes.
async fn deliver(world: &World, provider: &Actor, stage: Stage, referral: &str, ids: &mut Value) {
    let body = json!({
        "referralId": referral, "numberOfSessions": 1, "activities": [{ "description": "Look for homes." }],
    });
    let plan = provider.post("/draft-action-plan", body).await.expect(201);
    let id = text(&plan["id"]);
    ids["actionPlanId"] = plan["id"].clone();
    ids["activityId"] = plan["activities"][0]["id"].clone();
    if stage >= Stage::Delivering {
        provider.post(&format!("/draft-action-plan/{id}/submit"), json!({})).await.expect(201);
        let booked = world.book_session(provider, &id, 1, soon()).await;
        ids["sessionAppointmentId"] = json!(booked.id);
    }
    if stage >= Stage::SessionHeld {
        let appointment = text(&ids["sessionAppointmentId"]);
        world.report_on_session(provider, referral, &appointment, "yes").await;
    }
    if stage >= Stage::ReportBegun && stage != Stage::Withdrawn {
        let begun = provider.post("/draft-end-of-service-report", json!({ "referralId": referral })).await.expect(201);
        ids["reportId"] = begun["id"].clone();
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
