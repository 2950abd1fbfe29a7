//! A running product that the tests of one file share, and a referral that has everything a referral can have.

use std::future::Future;

use serde_json::{Value, json};
use testkit::{Actor, World};
use tokio::runtime::{Builder, Runtime};

use crate::observed;

/// A world on a runtime of its own, so that it outlives the test that needed it first.
pub(crate) struct Stage {
    runtime: Runtime,
    pub(crate) world: World,
}

impl Stage {
    pub(crate) fn start() -> Self {
        observed::watch();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let world = runtime.block_on(World::start());
        Self { runtime, world }
    }

    /// Runs a test against it.
    pub(crate) fn run<T>(&self, test: impl Future<Output = T>) -> T {
        self.runtime.block_on(test)
    }
}

/// A world of a test's own, watched.
pub(crate) async fn own_world() -> World {
    observed::watch();
    World::start().await
}

/// The ids of a referral with an assessment and a session held, a plan, a report that is not submitted, a case note
/// and a change.
#[derive(Default)]
pub(crate) struct Whole {
    pub(crate) crn: String,
    pub(crate) referral: String,
    pub(crate) intervention: String,
    pub(crate) contract: String,
    pub(crate) category: String,
    pub(crate) level: String,
    pub(crate) outcome: String,
    pub(crate) assessment: String,
    pub(crate) assessment_appointment: String,
    pub(crate) plan: String,
    pub(crate) activity: String,
    pub(crate) session_appointment: String,
    pub(crate) report: String,
    pub(crate) note: String,
    pub(crate) change: String,
}

impl Whole {
    pub(crate) async fn of(world: &World, practitioner: &Actor, provider: &Actor, crn: &str) -> Self {
        let referral = world.a_sent_referral(practitioner, crn).await;
        world.assign(provider, &referral).await;
        let assessment_appointment = world.hold_assessment(provider, &referral).await.id;
        let plan = world.submit_plan(provider, &referral, 1).await;
        let session_appointment = world.book_session(provider, &plan, 1, testkit::soon()).await.id;
        world.report_on_session(provider, &referral, &session_appointment, "yes").await;
        let begun = provider.post("/draft-end-of-service-report", json!({ "referralId": referral })).await.expect(201);
        let words = json!({ "referralId": referral, "subject": "A note", "body": "Some words." });
        let note = practitioner.post("/case-note", words).await.expect(200);
        let rename = format!("/sent-referral/{referral}/amend-probation-practitioner-name");
        practitioner.post(&rename, json!({ "ppName": "Somebody Else" })).await.expect(204);
        let changes = practitioner.get(&format!("/sent-referral/{referral}/change-log")).await.expect(200);
        let sent = provider.get(&format!("/sent-referral/{referral}")).await.expect(200);
        let held = provider.get(&format!("/sent-referral/{referral}/supplier-assessment")).await.expect(200);
        let read = provider.get(&format!("/action-plan/{plan}")).await.expect(200);
        let fields = &sent["referral"];
        Self {
            crn: crn.to_owned(),
            intervention: text(&sent["interventionId"]),
            contract: text(&fields["dynamicFrameworkContractReference"]),
            category: text(&fields["serviceCategoryIds"][0]),
            level: text(&fields["complexityLevels"][0]["complexityLevelId"]),
            outcome: text(&fields["desiredOutcomes"][0]["desiredOutcomesIds"][0]),
            assessment: text(&held["id"]),
            activity: text(&read["activities"][0]["id"]),
            report: text(&begun["id"]),
            note: text(&note["id"]),
            change: text(&changes[0]["changelogId"]),
            referral,
            assessment_appointment,
            plan,
            session_appointment,
        }
    }

    /// The path of a route, with the ids of this referral in their places.
    pub(crate) fn path(&self, route: &str) -> String {
        let (id, appointment) = match route.split('/').nth(1).unwrap_or_default() {
            "intervention" => (&self.intervention, &self.referral),
            "service-category" => (&self.category, &self.referral),
            "draft-action-plan" | "action-plan" => (&self.plan, &self.session_appointment),
            "supplier-assessment" => (&self.assessment, &self.assessment_appointment),
            "draft-end-of-service-report" | "end-of-service-report" => (&self.report, &self.referral),
            "case-note" => (&self.note, &self.referral),
            _ if route.contains("/supplier-assessment/") => (&self.referral, &self.assessment_appointment),
            _ => (&self.referral, &self.session_appointment),
        };
        let path = route
            .replace("{id}", id)
            .replace("{referralId}", &self.referral)
            .replace("{actionPlanId}", &self.plan)
            .replace("{activityId}", &self.activity)
            .replace("{appointmentId}", appointment)
            .replace("{sessionNumber}", "1")
            .replace("{serviceCategoryId}", &self.category)
            .replace("{contractReference}", &self.contract)
            .replace("{needsAndRequirementsType}", "accessibility-needs")
            .replace("{changeLogId}", &self.change)
            .replace("{crn}", &self.crn);
        match route {
            "/end-of-service-report" => format!("{path}?referralId={}", self.referral),
            "/subject-access-request" => format!("{path}?crn={}", self.crn),
            _ => path,
        }
    }
}

/// A draft that holds no more than sending needs, for tests of many; its path. `case` is the number in the cast's CRN.
pub(crate) async fn a_bare_draft(practitioner: &Actor, intervention: &Value, case: usize) -> String {
    let begin = json!({ "serviceUserCrn": format!("X{}", 100_000 + case), "interventionId": intervention["id"] });
    let draft = practitioner.post("/draft-referral", begin).await.expect(201);
    let path = format!("/draft-referral/{}", text(&draft["id"]));
    let answers = json!({
        "relevantSentenceId": 2_500_000_000_usize + case, "personCurrentLocationType": "COMMUNITY",
        "allocatedCommunityPP": true, "additionalRiskInformation": "None.",
    });
    practitioner.patch(&path, answers).await.expect(200);
    path
}

/// A text that must be there.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
