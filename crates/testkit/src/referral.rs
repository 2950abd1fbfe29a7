//! A referral's way through its life, step by step, as the people of the cast take it. A test states only what it is
//! about and lets these do the rest.

use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use serde_json::{Value, json};

use crate::{Actor, Deployment};

/// An appointment that was booked and has begun.
#[derive(Clone, Debug)]
pub struct BookedAppointment {
    /// Its id.
    pub id: String,
    /// The answer to the booking.
    pub answer: Value,
}

/// A booking by telephone, half an hour long.
pub fn a_booking(start: Timestamp) -> Value {
    json!({
        "appointmentTime": start.to_string(),
        "durationInMinutes": 30,
        "appointmentDeliveryType": "PHONE_CALL",
        "sessionType": "ONE_TO_ONE",
    })
}

/// Feedback on a session that went well.
pub fn some_feedback() -> Value {
    json!({
        "late": false,
        "sessionSummary": "A walk through the plan.",
        "sessionResponse": "Took part.",
        "notifyProbationPractitionerOfBehaviour": false,
        "notifyProbationPractitionerOfConcerns": false,
    })
}

impl Deployment {
    /// The id of the intervention on a contract of the demo's catalogue.
    pub async fn intervention(&self, practitioner: &Actor, contract_type: &str) -> Value {
        let found = practitioner.get("/interventions").await.expect(200);
        let mut all = found.as_array().expect("a list").iter();
        let wanted = all.find(|one| {
            one["contractType"]["code"] == contract_type && one["serviceProvider"]["id"] == "HARBOUR_TRUST"
        });
        wanted.expect("the catalogue holds it").clone()
    }

    /// A draft that is ready to be sent; its id.
    pub async fn a_complete_draft(&self, practitioner: &Actor, crn: &str) -> String {
        let intervention = self.intervention(practitioner, "ACC").await;
        let begin = json!({ "serviceUserCrn": crn, "interventionId": intervention["id"] });
        let draft = practitioner.post("/draft-referral", begin).await.expect(201);
        let id = draft["id"].as_str().expect("an id").to_owned();
        let category = &intervention["serviceCategories"][0];
        let contract = draft["dynamicFrameworkContractReference"].as_str().expect("a contract");
        let category_id = category["id"].as_str().expect("an id");
        let offered = practitioner.get(&format!("/service-category/{category_id}/contract-reference/{contract}")).await;
        let offered = offered.expect(200);
        let path = format!("/draft-referral/{id}");
        let case_number: i64 = crn[1..].parse().expect("a case number");
        let answers = json!({
            "serviceUser": { "crn": crn, "firstName": "Alex", "lastName": "Rivers" },
            "relevantSentenceId": 2_500_000_000_i64 + (case_number - 100_000),
            "personCurrentLocationType": "COMMUNITY",
            "allocatedCommunityPP": true,
            "ndeliusPPName": "Practitioner One",
            "completionDeadline": "2099-12-31",
            "maximumEnforceableDays": 5,
            "furtherInformation": "None.",
            "reasonForReferral": "Needs a place to live.",
            "needsInterpreter": false,
            "hasAdditionalResponsibilities": false,
            "additionalRiskInformation": "MARKER-RISK nothing further.",
        });
        practitioner.patch(&path, answers).await.expect(200);
        let level =
            json!({ "serviceCategoryId": category_id, "complexityLevelId": category["complexityLevels"][0]["id"] });
        practitioner.patch(&format!("{path}/complexity-level"), level).await.expect(200);
        let outcomes =
            json!({ "serviceCategoryId": category_id, "desiredOutcomesIds": [offered["desiredOutcomes"][0]["id"]] });
        practitioner.patch(&format!("{path}/desired-outcomes"), outcomes).await.expect(200);
        id
    }

    /// A sent referral; its id.
    pub async fn a_sent_referral(&self, practitioner: &Actor, crn: &str) -> String {
        let id = self.a_complete_draft(practitioner, crn).await;
        practitioner.post(&format!("/draft-referral/{id}/send"), json!({})).await.expect(201);
        id
    }

    /// Gives the referral to the provider's user.
    pub async fn assign(&self, provider: &Actor, referral: &str) {
        let me = provider.post("/intervention/user", json!({})).await.expect(200);
        let body = json!({ "assignedTo": me });
        provider.post(&format!("/sent-referral/{referral}/assign"), body).await.expect(200);
    }

    /// Books the assessment so that it starts now, and holds it.
    pub async fn hold_assessment(&self, provider: &Actor, referral: &str) -> BookedAppointment {
        let booked = self.book_assessment(provider, referral, soon()).await;
        self.report_on_assessment(provider, referral).await;
        booked
    }

    /// Books the assessment.
    pub async fn book_assessment(&self, provider: &Actor, referral: &str, start: Timestamp) -> BookedAppointment {
        let assessment = provider.get(&format!("/sent-referral/{referral}/supplier-assessment")).await.expect(200);
        let path = format!("/supplier-assessment/{}/schedule-appointment", assessment["id"].as_str().expect("an id"));
        let answer = provider.put(&path, a_booking(start)).await.expect(200);
        BookedAppointment { id: answer["id"].as_str().expect("an id").to_owned(), answer }
    }

    /// Waits for the assessment to begin, then records and submits that it went well.
    pub async fn report_on_assessment(&self, provider: &Actor, referral: &str) {
        let base = format!("/referral/{referral}/supplier-assessment");
        let attendance = json!({ "attended": "yes", "didSessionHappen": true });
        self.eventually("the assessment has begun", async || {
            let answer = provider.put(&format!("{base}/record-attendance"), attendance.clone()).await;
            answer.status.is_success().then_some(())
        })
        .await;
        provider.put(&format!("{base}/record-session-feedback"), some_feedback()).await.expect(200);
        provider.post(&format!("{base}/submit-feedback"), json!({})).await.expect(200);
    }

    /// Submits a plan with this many sessions; its id.
    pub async fn submit_plan(&self, provider: &Actor, referral: &str, sessions: u32) -> String {
        let body = json!({
            "referralId": referral, "numberOfSessions": sessions, "activities": [{ "description": "Look for homes." }],
        });
        let plan = provider.post("/draft-action-plan", body).await.expect(201);
        let id = plan["id"].as_str().expect("an id").to_owned();
        provider.post(&format!("/draft-action-plan/{id}/submit"), json!({})).await.expect(201);
        id
    }

    /// Books a delivery session.
    pub async fn book_session(&self, provider: &Actor, plan: &str, number: u32, start: Timestamp) -> BookedAppointment {
        let path = format!("/action-plan/{plan}/appointment/{number}");
        let answer = provider.patch(&path, a_booking(start)).await.expect(200);
        BookedAppointment { id: answer["appointmentId"].as_str().expect("an id").to_owned(), answer }
    }

    /// Waits for a session to begin, then records and submits how it went.
    pub async fn report_on_session(&self, provider: &Actor, referral: &str, appointment: &str, attended: &str) {
        let base = format!("/referral/{referral}/delivery-session-appointments/{appointment}");
        let attendance = json!({ "attended": attended, "didSessionHappen": attended == "yes" });
        self.eventually("the session has begun", async || {
            let answer = provider.put(&format!("{base}/attendance"), attendance.clone()).await;
            answer.status.is_success().then_some(())
        })
        .await;
        let feedback = if attended == "yes" {
            some_feedback()
        } else {
            json!({ "noAttendanceInformation": "No answer.", "notifyProbationPractitionerOfConcerns": false })
        };
        provider.put(&format!("{base}/session-feedback"), feedback).await.expect(200);
        provider.post(&format!("{base}/submit-feedback"), json!({})).await.expect(200);
    }

    /// Writes and submits the end of service report, every outcome achieved; that concludes the referral.
    pub async fn submit_report(&self, provider: &Actor, referral: &str) {
        let report = provider.post("/draft-end-of-service-report", json!({ "referralId": referral })).await.expect(201);
        let path = format!("/draft-end-of-service-report/{}", report["id"].as_str().expect("an id"));
        let sent = provider.get(&format!("/sent-referral/{referral}")).await.expect(200);
        let chosen = sent["referral"]["desiredOutcomes"].as_array().expect("a list");
        for outcome in chosen.iter().flat_map(|category| category["desiredOutcomesIds"].as_array().expect("a list")) {
            let entry = json!({ "outcome": { "desiredOutcomeId": outcome, "achievementLevel": "ACHIEVED" } });
            provider.patch(&path, entry).await.expect(200);
        }
        provider.post(&format!("{path}/submit"), json!({})).await.expect(200);
    }
}

/// A time that Delius takes as future and that has begun a moment later.
pub fn soon() -> Timestamp {
    let now = Clock::system().now();
    now.saturating_add(SignedDuration::from_millis(1500)).unwrap_or(now)
}
