//! The steps of the journey, in the order in which people take them.

use std::time::Duration;

use anyhow::{Context, bail};
use domain::{AppointmentUrn, ReferralUrn};
use jiff::{SignedDuration, Timestamp, ToSpan};
use reqwest::Method;
use runtime::Clock;
use serde_json::{Value, json};

use super::{Concluded, Journey};

const PP: &str = "PRACTITIONER_1";
const SP: &str = "PROVIDER_1";
const CRN: &str = "X100001";
const SENTENCE: i64 = 2_500_000_001;
const SESSIONS: u32 = 2;
/// How long Delius may take to hear of something before the journey says that it did not.
const PATIENCE: Duration = Duration::from_secs(20);

/// Walks the whole way.
pub(crate) async fn walk(journey: &mut Journey) -> anyhow::Result<Concluded> {
    let (id, reference) = refer(journey).await?;
    assign(journey, &id).await?;
    let mut appointments = assess(journey, &id).await?;
    let plan = plan(journey, &id).await?;
    for number in 1..=SESSIONS {
        appointments.push((deliver(journey, &id, &plan, number).await?, "ATTC"));
    }
    note(journey, &id).await?;
    report(journey, &id).await?;
    Ok(Concluded { id, reference, crn: CRN.to_owned(), appointments })
}

/// The practitioner finds a service, answers everything and sends.
async fn refer(journey: &mut Journey) -> anyhow::Result<(String, String)> {
    let found =
        call(journey, PP, "finds a service", Method::GET, "/interventions?allowsMale=true", Value::Null).await?;
    let intervention = found
        .as_array()
        .and_then(|all| {
            all.iter()
                .find(|one| one["serviceProvider"]["id"] == "HARBOUR_TRUST" && one["contractType"]["code"] == "ACC")
        })
        .context("the catalogue holds no accommodation service of Harbour Trust")?
        .clone();
    let begin = json!({ "serviceUserCrn": CRN, "interventionId": intervention["id"] });
    let draft = call(journey, PP, "begins a referral", Method::POST, "/draft-referral", begin).await?;
    let id = text(&draft, "id")?;
    let category =
        text(&draft["serviceCategoryIds"], "0").or_else(|_| text(&intervention["serviceCategories"][0], "id"))?;
    let level = text(&intervention["serviceCategories"][0]["complexityLevels"][0], "id")?;
    let path = format!("/draft-referral/{id}");
    let contract = text(&draft, "dynamicFrameworkContractReference")?;
    let offered = format!("/service-category/{category}/contract-reference/{contract}");
    let offered = call(journey, PP, "reads the outcomes on offer", Method::GET, &offered, Value::Null).await?;
    let outcome = text(&offered["desiredOutcomes"][0], "id")?;
    let today = domain::calendar::day_of(now());
    let answers = json!({
        "serviceUser": {
            "crn": CRN, "title": "Mr", "firstName": "Alder", "lastName": "Finchley", "dateOfBirth": "1988-03-14",
            "gender": "Male", "ethnicity": null, "preferredLanguage": "English", "religionOrBelief": null,
            "disabilities": [],
        },
        "relevantSentenceId": SENTENCE,
        "personCurrentLocationType": "COMMUNITY",
        "allocatedCommunityPP": true,
        "ndeliusPPName": "Practitioner One",
        "ndeliusPDU": "Harbour and Coast",
        "completionDeadline": today.saturating_add(120.days()).to_string(),
        "maximumEnforceableDays": 10,
        "furtherInformation": "Prefers mornings.",
        "reasonForReferral": "Needs help to find and keep a tenancy.",
        "additionalNeedsInformation": "None known.",
        "accessibilityNeeds": "None known.",
        "needsInterpreter": false,
        "hasAdditionalResponsibilities": false,
        "additionalRiskInformation": "Nothing beyond what was discussed.",
    });
    call(journey, PP, "answers the questions", Method::PATCH, &path, answers).await?;
    let chosen = json!({ "serviceCategoryId": category, "complexityLevelId": level });
    call(journey, PP, "chooses the complexity", Method::PATCH, &format!("{path}/complexity-level"), chosen).await?;
    let chosen = json!({ "serviceCategoryId": category, "desiredOutcomesIds": [outcome] });
    call(journey, PP, "chooses the outcomes", Method::PATCH, &format!("{path}/desired-outcomes"), chosen).await?;
    let risk = json!({
        "riskSummaryWhoIsAtRisk": "Nobody in particular.",
        "riskSummaryNatureOfRisk": "Low.",
        "riskSummaryRiskImminence": "Not imminent.",
        "additionalInformation": "Redacted for the provider.",
    });
    call(journey, PP, "redacts the risk", Method::PATCH, &format!("{path}/oasys-risk-information"), risk).await?;
    let sent = call(journey, PP, "sends the referral", Method::POST, &format!("{path}/send"), json!({})).await?;
    let reference = text(&sent, "referenceNumber")?;
    let urn = urn(&id)?;
    until(journey, "Delius", "holds the activity, open", |record| {
        record["nsis"].as_array().is_some_and(|all| {
            all.iter().any(|nsi| nsi["externalReference"] == urn.as_str() && nsi["status"] == "INPROG")
        })
    })
    .await?;
    Ok((id, reference))
}

async fn assign(journey: &mut Journey, id: &str) -> anyhow::Result<()> {
    let me = call(journey, SP, "signs on", Method::POST, "/intervention/user", json!({})).await?;
    let assignee = json!({ "assignedTo": me });
    call(journey, SP, "takes the referral on", Method::POST, &format!("/sent-referral/{id}/assign"), assignee).await?;
    Ok(())
}

/// Books the assessment, moves it, holds it and reports on it.
async fn assess(journey: &mut Journey, id: &str) -> anyhow::Result<Vec<(String, &'static str)>> {
    let of_referral = format!("/sent-referral/{id}/supplier-assessment");
    let assessment = call(journey, SP, "looks at the assessment", Method::GET, &of_referral, Value::Null).await?;
    let path = format!("/supplier-assessment/{}/schedule-appointment", text(&assessment, "id")?);
    let first = booking(now().saturating_add(SignedDuration::from_hours(48))?, None);
    let booked = call(journey, SP, "books the assessment", Method::PUT, &path, first).await?;
    let moved_from = text(&booked, "id")?;
    let start = soon();
    let moved = booking(start, Some("The provider's room became free earlier."));
    let booked = call(journey, SP, "moves it, it can start now", Method::PUT, &path, moved).await?;
    let held = text(&booked, "id")?;
    wait_until(start).await;
    let base = format!("/referral/{id}/supplier-assessment");
    let attendance = json!({ "attended": "yes", "didSessionHappen": true });
    call(journey, SP, "records attendance", Method::PUT, &format!("{base}/record-attendance"), attendance).await?;
    let feedback = feedback();
    call(journey, SP, "records what happened", Method::PUT, &format!("{base}/record-session-feedback"), feedback)
        .await?;
    call(journey, SP, "submits the feedback", Method::POST, &format!("{base}/submit-feedback"), json!({})).await?;
    outcome_in_delius(journey, &held).await?;
    Ok(vec![(moved_from, "RSSR"), (held, "ATTC")])
}

async fn plan(journey: &mut Journey, id: &str) -> anyhow::Result<String> {
    let body = json!({ "referralId": id, "numberOfSessions": SESSIONS, "activities": [] });
    let plan = call(journey, SP, "begins an action plan", Method::POST, "/draft-action-plan", body).await?;
    let plan = text(&plan, "id")?;
    let path = format!("/draft-action-plan/{plan}");
    let activity = json!({ "newActivity": { "description": "Find out which tenancies are within reach." } });
    call(journey, SP, "adds an activity", Method::PATCH, &path, activity).await?;
    call(journey, SP, "submits the plan", Method::POST, &format!("{path}/submit"), json!({})).await?;
    call(journey, PP, "reads the plan", Method::GET, &format!("/action-plan/{plan}"), Value::Null).await?;
    Ok(plan)
}

async fn deliver(journey: &mut Journey, id: &str, plan: &str, number: u32) -> anyhow::Result<String> {
    let start = soon();
    let path = format!("/action-plan/{plan}/appointment/{number}");
    let what = format!("books session {number}");
    let booked = call(journey, SP, &what, Method::PATCH, &path, booking(start, None)).await?;
    let appointment = text(&booked, "appointmentId")?;
    wait_until(start).await;
    let base = format!("/referral/{id}/delivery-session-appointments/{appointment}");
    let attendance = json!({ "attended": "yes", "didSessionHappen": true });
    call(journey, SP, "records attendance", Method::PUT, &format!("{base}/attendance"), attendance).await?;
    call(journey, SP, "records what happened", Method::PUT, &format!("{base}/session-feedback"), feedback()).await?;
    call(journey, SP, "submits the feedback", Method::POST, &format!("{base}/submit-feedback"), json!({})).await?;
    outcome_in_delius(journey, &appointment).await?;
    Ok(appointment)
}

async fn note(journey: &mut Journey, id: &str) -> anyhow::Result<()> {
    let note = json!({
        "referralId": id, "subject": "Nearly there", "body": "Both sessions are done.", "sendEmail": true,
    });
    call(journey, SP, "leaves a case note", Method::POST, "/case-note", note).await?;
    Ok(())
}

async fn report(journey: &mut Journey, id: &str) -> anyhow::Result<()> {
    let sent =
        call(journey, SP, "sees that a report is due", Method::GET, &format!("/sent-referral/{id}"), Value::Null)
            .await?;
    if sent["endOfServiceReportCreationRequired"] != true {
        bail!("every session is recorded, and yet no end of service report is due");
    }
    let begin = json!({ "referralId": id });
    let report = call(journey, SP, "begins the report", Method::POST, "/draft-end-of-service-report", begin).await?;
    let path = format!("/draft-end-of-service-report/{}", text(&report, "id")?);
    let selected = sent["referral"]["desiredOutcomes"].as_array().cloned().unwrap_or_default();
    for outcome in selected.iter().flat_map(|category| category["desiredOutcomesIds"].as_array().into_iter().flatten())
    {
        let entry = json!({ "outcome": {
            "desiredOutcomeId": outcome, "achievementLevel": "ACHIEVED", "progressionComments": "Moved in.",
            "additionalTaskComments": null,
        }});
        call(journey, SP, "writes about an outcome", Method::PATCH, &path, entry).await?;
    }
    let further = json!({ "furtherInformation": "It was a pleasure." });
    call(journey, SP, "adds further information", Method::PATCH, &path, further).await?;
    call(journey, SP, "submits the report", Method::POST, &format!("{path}/submit"), json!({})).await?;
    let ended =
        call(journey, PP, "sees it concluded", Method::GET, &format!("/sent-referral/{id}"), Value::Null).await?;
    if ended["concludedAt"].is_null() {
        bail!("the report is submitted, and yet the referral is not concluded");
    }
    let urn = urn(id)?;
    until(journey, "Delius", "has closed the activity", |record| {
        record["nsis"].as_array().is_some_and(|all| {
            all.iter().any(|nsi| nsi["externalReference"] == urn.as_str() && nsi["status"] == "COMP")
        })
    })
    .await?;
    Ok(())
}

async fn call(
    journey: &mut Journey,
    who: &str,
    what: &str,
    method: Method,
    path: &str,
    body: Value,
) -> anyhow::Result<Value> {
    // The client is cheap to share; the journey itself only counts and prints.
    let client = journey.client.clone();
    journey.step(who, what, async move { client.api(who, method, path, body).await }).await
}

/// Waits until the person's Delius record is as it should be.
async fn until(journey: &mut Journey, who: &str, what: &str, holds: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
    let client = journey.client.clone();
    let looking = async move {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let record = client.control(&format!("delius/{CRN}")).await?;
            if holds(&record) {
                return Ok(record);
            }
            if tokio::time::Instant::now() > deadline {
                bail!("it did not come to that within {} s", PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    journey.step(who, what, looking).await?;
    Ok(())
}

async fn outcome_in_delius(journey: &mut Journey, appointment: &str) -> anyhow::Result<()> {
    let urn = AppointmentUrn(appointment.parse()?).to_string();
    until(journey, "Delius", "has recorded the outcome", |record| {
        record["contacts"].as_array().is_some_and(|all| {
            all.iter().any(|contact| contact["externalReference"] == urn.as_str() && !contact["outcome"].is_null())
        })
    })
    .await
}

fn booking(start: Timestamp, reason: Option<&str>) -> Value {
    json!({
        "appointmentTime": start.to_string(),
        "durationInMinutes": 30,
        "appointmentDeliveryType": "PHONE_CALL",
        "sessionType": "ONE_TO_ONE",
        "rescheduleRequestedBy": reason.map(|_| "Service Provider"),
        "rescheduledReason": reason,
    })
}

fn feedback() -> Value {
    json!({
        "late": false,
        "sessionSummary": "We went through what is needed.",
        "sessionResponse": "Took part and asked questions.",
        "notifyProbationPractitionerOfBehaviour": false,
        "notifyProbationPractitionerOfConcerns": false,
    })
}

fn urn(referral: &str) -> anyhow::Result<String> {
    Ok(ReferralUrn(referral.parse()?).to_string())
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    let found = key.parse::<usize>().map_or_else(|_| value.get(key), |index| value.get(index));
    found.and_then(Value::as_str).map(str::to_owned).with_context(|| format!("the answer has no text `{key}`"))
}

fn now() -> Timestamp {
    Clock::system().now()
}

/// An appointment that Delius takes as a future one and that starts while the journey waits.
fn soon() -> Timestamp {
    now().saturating_add(SignedDuration::from_millis(2500)).unwrap_or_else(|_| now())
}

async fn wait_until(instant: Timestamp) {
    let left = instant.duration_since(now()).max(SignedDuration::ZERO);
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default() + Duration::from_millis(20)).await;
}
