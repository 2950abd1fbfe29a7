//! What the people of a history do, over the REST API, as careful clients: they look before they act, send a wish again
//! under the same key until it is answered, and leave a step out where the referral is not there yet.

use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use runtime::Clock;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::client::{Client, Said};
use crate::plan::{Deed, Plan, When};

/// Who refers.
pub const PRACTITIONER: &str = "PRACTITIONER_1";
/// Who delivers.
pub const PROVIDER: &str = "PROVIDER_1";
/// Longer than any appointment that begins "soon" is away.
const SOON: SignedDuration = SignedDuration::from_millis(1100);

/// Something that a client was told is done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a line for each says what its members mean")]
pub enum Told {
    /// The referral was sent.
    Sent,
    /// It was given to this user.
    Assigned(String),
    /// The appointment was booked.
    Booked(String),
    /// The appointment's feedback was submitted.
    FeedbackSubmitted(String),
    /// The plan was submitted.
    PlanSubmitted(String),
    /// The note was left; by the provider or not, and whether somebody was assigned before.
    Noted { note: String, by_provider: bool, assigned: bool },
    /// The report was submitted.
    ReportSubmitted(String),
    /// The referral was withdrawn in this state; whether somebody was assigned before.
    Withdrawn { state: String, assigned: bool },
    /// An operator's choice was carried out.
    Chosen(String),
}

/// What is known of a referral while its history runs.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its id, which the draft had already.
    pub id: Option<String>,
    /// Whether the sending was answered.
    pub is_sent: bool,
    /// What its clients were told, in order.
    pub told: Vec<Told>,
    /// How often somebody wished to assign it.
    pub assign_wishes: usize,
    plan: Option<String>,
}

/// The people of a history.
pub struct People<'a> {
    client: &'a Client,
    clock: Clock,
    seed: u64,
    numbers: Vec<String>,
    known: Vec<Mutex<Known>>,
    intervention: Mutex<Option<Value>>,
}

impl<'a> People<'a> {
    /// The people of this history.
    pub fn new(client: &'a Client, plan: &Plan, clock: Clock) -> Self {
        let known = plan.people.iter().map(|_| Mutex::default()).collect();
        Self { client, clock, seed: plan.seed, numbers: plan.people.clone(), known, intervention: Mutex::default() }
    }

    /// The case number of the person of a referral.
    pub fn case_number(&self, referral: usize) -> Option<&str> {
        self.numbers.get(referral).map(String::as_str)
    }

    /// The id of a referral, once its draft has one.
    pub async fn id(&self, referral: usize) -> Option<String> {
        self.known.get(referral)?.lock().await.id.clone()
    }

    /// What is known at the end.
    pub async fn known(&self) -> Vec<Known> {
        let mut all = Vec::new();
        for known in &self.known {
            all.push(known.lock().await.clone());
        }
        all
    }

    /// Notes that an operator's choice was carried out.
    pub async fn chose(&self, referral: usize, choice: &str) {
        if let Some(known) = self.known.get(referral) {
            known.lock().await.told.push(Told::Chosen(choice.to_owned()));
        }
    }

    /// Does one step. An error says why it was left out or came to nothing; that is no fault of the product.
    pub async fn act(&self, deed: &Deed, step: usize) -> anyhow::Result<()> {
        let referral = deed.referral().context("nobody's deed")?;
        let mut known = self.known.get(referral).context("no such referral")?.lock().await;
        let wish = Wish { people: self, step, referral };
        wish.ensure_sent(&mut known).await?;
        match deed {
            Deed::Send { .. } => Ok(()),
            Deed::Assign { to, .. } => wish.assign(&mut known, *to).await,
            Deed::BookAssessment { at, .. } => wish.book_assessment(&mut known, *at).await,
            Deed::ReportAssessment { attended, .. } => wish.report_assessment(&mut known, *attended).await,
            Deed::SubmitPlan { sessions, .. } => wish.submit_plan(&mut known, *sessions).await,
            Deed::BookSession { number, at, .. } => wish.book_session(&mut known, *number, *at).await,
            Deed::ReportSession { number, attended, .. } => wish.report_session(&mut known, *number, *attended).await,
            Deed::Note { by_provider, .. } => wish.note(&mut known, *by_provider).await,
            Deed::SubmitReport { .. } => wish.submit_report(&mut known).await,
            Deed::Withdraw { .. } => wish.withdraw(&mut known).await,
            other => bail!("{other:?} is not a client's step"),
        }
    }
}

/// One step of one referral.
struct Wish<'a, 'b> {
    people: &'a People<'b>,
    step: usize,
    referral: usize,
}

impl Wish<'_, '_> {
    /// Asks until it is answered.
    async fn ask(&self, user: &str, method: Method, path: &str, body: Value) -> anyhow::Result<Value> {
        let what = path.rsplit('/').next().unwrap_or_default();
        self.ask_as(user, method, path, body, &format!("{}-{}-{what}", self.people.seed, self.step)).await
    }

    async fn ask_as(&self, user: &str, method: Method, path: &str, body: Value, key: &str) -> anyhow::Result<Value> {
        match self.people.client.wish(user, method.clone(), path, &body, key).await {
            Said::Done(answer) => Ok(answer),
            Said::Refused(status, text) => bail!("{method} {path} was refused ({status}): {text}"),
            Said::Nothing(text) => bail!("{method} {path} was not answered: {text}"),
        }
    }

    async fn read(&self, user: &str, path: &str) -> anyhow::Result<Value> {
        self.people.client.get(user, path).await
    }

    fn now(&self) -> Timestamp {
        self.people.clock.now()
    }

    /// Fills in the draft and sends it, unless that was answered already. Each part has one key for the whole history.
    async fn ensure_sent(&self, known: &mut Known) -> anyhow::Result<()> {
        if known.is_sent {
            return Ok(());
        }
        let key = |what: &str| format!("{}-{}-{what}", self.people.seed, self.referral);
        let crn = self.people.case_number(self.referral).context("no such person")?;
        let intervention = self.intervention().await?;
        let id = if let Some(id) = &known.id {
            id.clone()
        } else {
            let begin = json!({ "serviceUserCrn": crn, "interventionId": intervention["id"] });
            let draft = self.ask_as(PRACTITIONER, Method::POST, "/draft-referral", begin, &key("draft")).await?;
            text(&draft["id"])?
        };
        known.id = Some(id.clone());
        let path = format!("/draft-referral/{id}");
        let draft = self.read(PRACTITIONER, &path).await?;
        if draft["desiredOutcomes"].is_null() {
            self.fill(&path, crn, &draft, &intervention).await?;
        }
        let send = format!("{path}/send");
        self.ask_as(PRACTITIONER, Method::POST, &send, json!({}), &key("send")).await?;
        known.is_sent = true;
        known.told.push(Told::Sent);
        Ok(())
    }

    async fn fill(&self, path: &str, crn: &str, draft: &Value, intervention: &Value) -> anyhow::Result<()> {
        let number: i64 = crn.trim_start_matches('X').parse().context("a case number")?;
        let category = &intervention["serviceCategories"][0];
        let (category_id, contract) = (text(&category["id"])?, text(&draft["dynamicFrameworkContractReference"])?);
        let offered = format!("/service-category/{category_id}/contract-reference/{contract}");
        let offered = self.read(PRACTITIONER, &offered).await?;
        let answers = json!({
            "serviceUser": { "crn": crn, "firstName": "Alex", "lastName": "Rivers" },
            "relevantSentenceId": 2_500_000_000_i64 + number - 100_000,
            "personCurrentLocationType": "COMMUNITY",
            "allocatedCommunityPP": true,
            "ndeliusPPName": "Practitioner One",
            "completionDeadline": "2099-12-31",
            "maximumEnforceableDays": 5,
            "furtherInformation": "None.",
            "reasonForReferral": "Needs a place to live.",
            "needsInterpreter": false,
            "hasAdditionalResponsibilities": false,
            "additionalRiskInformation": "Nothing further.",
        });
        self.ask(PRACTITIONER, Method::PATCH, path, answers).await?;
        let level = json!({
            "serviceCategoryId": category_id, "complexityLevelId": category["complexityLevels"][0]["id"],
        });
        self.ask(PRACTITIONER, Method::PATCH, &format!("{path}/complexity-level"), level).await?;
        let chosen = json!({
            "serviceCategoryId": category_id, "desiredOutcomesIds": [offered["desiredOutcomes"][0]["id"]],
        });
        self.ask(PRACTITIONER, Method::PATCH, &format!("{path}/desired-outcomes"), chosen).await?;
        Ok(())
    }

    async fn intervention(&self) -> anyhow::Result<Value> {
        let mut kept = self.people.intervention.lock().await;
        if let Some(found) = kept.as_ref() {
            return Ok(found.clone());
        }
        let all = self.read(PRACTITIONER, "/interventions").await?;
        let wanted =
            |one: &&Value| one["contractType"]["code"] == "ACC" && one["serviceProvider"]["id"] == "HARBOUR_TRUST";
        let found = all.as_array().into_iter().flatten().find(wanted).context("no such intervention")?.clone();
        *kept = Some(found.clone());
        Ok(found)
    }

    async fn assign(&self, known: &mut Known, to: u8) -> anyhow::Result<()> {
        let user = format!("PROVIDER_{to}");
        let id = id(known)?;
        let me = self.ask(&user, Method::POST, "/intervention/user", json!({})).await?;
        known.assign_wishes += 1;
        let body = json!({ "assignedTo": me });
        self.ask(PROVIDER, Method::POST, &format!("/sent-referral/{id}/assign"), body).await?;
        known.told.push(Told::Assigned(user));
        Ok(())
    }

    async fn book_assessment(&self, known: &mut Known, at: When) -> anyhow::Result<()> {
        let id = id(known)?;
        let assessment = self.read(PROVIDER, &format!("/sent-referral/{id}/supplier-assessment")).await?;
        let path = format!("/supplier-assessment/{}/schedule-appointment", text(&assessment["id"])?);
        let again = !assessment["currentAppointmentId"].is_null();
        let body = self.booking(at, again).await?;
        let booked = self.ask(PROVIDER, Method::PUT, &path, body).await?;
        known.told.push(Told::Booked(text(&booked["id"])?));
        Ok(())
    }

    async fn report_assessment(&self, known: &mut Known, attended: bool) -> anyhow::Result<()> {
        let id = id(known)?;
        let assessment = self.read(PROVIDER, &format!("/sent-referral/{id}/supplier-assessment")).await?;
        let current = assessment["appointments"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|one| one["id"] == assessment["currentAppointmentId"])
            .context("no appointment yet")?;
        self.begun(current).await?;
        let base = format!("/referral/{id}/supplier-assessment");
        self.ask(PROVIDER, Method::PUT, &format!("{base}/record-attendance"), attendance(attended)).await?;
        self.ask(PROVIDER, Method::PUT, &format!("{base}/record-session-feedback"), feedback(attended)).await?;
        let done = self.ask(PROVIDER, Method::POST, &format!("{base}/submit-feedback"), json!({})).await?;
        known.told.push(Told::FeedbackSubmitted(text(&done["id"])?));
        Ok(())
    }

    async fn submit_plan(&self, known: &mut Known, sessions: u32) -> anyhow::Result<()> {
        let id = id(known)?;
        let body = json!({
            "referralId": id, "numberOfSessions": sessions, "activities": [{ "description": "Look for homes." }],
        });
        let plan = self.ask(PROVIDER, Method::POST, "/draft-action-plan", body).await?;
        let plan = text(&plan["id"])?;
        known.plan = Some(plan.clone());
        self.ask(PROVIDER, Method::POST, &format!("/draft-action-plan/{plan}/submit"), json!({})).await?;
        known.told.push(Told::PlanSubmitted(plan));
        Ok(())
    }

    async fn book_session(&self, known: &mut Known, number: u32, at: When) -> anyhow::Result<()> {
        let (id, plan) = (id(known)?, known.plan.clone().context("no plan yet")?);
        let session = self.read(PROVIDER, &format!("/referral/{id}/sessions/{number}")).await?;
        let body = self.booking(at, !session["appointmentId"].is_null()).await?;
        let path = format!("/action-plan/{plan}/appointment/{number}");
        let booked = self.ask(PROVIDER, Method::PATCH, &path, body).await?;
        known.told.push(Told::Booked(text(&booked["appointmentId"])?));
        Ok(())
    }

    async fn report_session(&self, known: &mut Known, number: u32, attended: bool) -> anyhow::Result<()> {
        let id = id(known)?;
        let session = self.read(PROVIDER, &format!("/referral/{id}/sessions/{number}")).await?;
        let appointment = text(&session["appointmentId"]).context("no appointment yet")?;
        self.begun(&session).await?;
        let base = format!("/referral/{id}/delivery-session-appointments/{appointment}");
        self.ask(PROVIDER, Method::PUT, &format!("{base}/attendance"), attendance(attended)).await?;
        self.ask(PROVIDER, Method::PUT, &format!("{base}/session-feedback"), feedback(attended)).await?;
        self.ask(PROVIDER, Method::POST, &format!("{base}/submit-feedback"), json!({})).await?;
        known.told.push(Told::FeedbackSubmitted(appointment));
        Ok(())
    }

    async fn note(&self, known: &mut Known, by_provider: bool) -> anyhow::Result<()> {
        let assigned = is_assigned(known);
        let user = if by_provider { PROVIDER } else { PRACTITIONER };
        let note = json!({ "referralId": id(known)?, "subject": "A note", "body": "Some words.", "sendEmail": true });
        let left = self.ask(user, Method::POST, "/case-note", note).await?;
        known.told.push(Told::Noted { note: text(&left["id"])?, by_provider, assigned });
        Ok(())
    }

    async fn submit_report(&self, known: &mut Known) -> anyhow::Result<()> {
        let id = id(known)?;
        let sent = self.read(PROVIDER, &format!("/sent-referral/{id}")).await?;
        let begin = json!({ "referralId": id });
        let report = self.ask(PROVIDER, Method::POST, "/draft-end-of-service-report", begin).await?;
        let report = text(&report["id"])?;
        let path = format!("/draft-end-of-service-report/{report}");
        let chosen = sent["referral"]["desiredOutcomes"].as_array().cloned().unwrap_or_default();
        for outcome in
            chosen.iter().flat_map(|category| category["desiredOutcomesIds"].as_array().into_iter().flatten())
        {
            let entry = json!({ "outcome": { "desiredOutcomeId": outcome, "achievementLevel": "ACHIEVED" } });
            self.ask(PROVIDER, Method::PATCH, &path, entry).await?;
        }
        self.ask(PROVIDER, Method::POST, &format!("{path}/submit"), json!({})).await?;
        known.told.push(Told::ReportSubmitted(report));
        Ok(())
    }

    async fn withdraw(&self, known: &mut Known) -> anyhow::Result<()> {
        let id = id(known)?;
        let sent = self.read(PRACTITIONER, &format!("/sent-referral/{id}")).await?;
        let state = text(&sent["withdrawalState"])?;
        let assigned = is_assigned(known);
        let body = json!({ "code": "MIS", "comments": "Not needed any more.", "withdrawalState": state });
        self.ask(PRACTITIONER, Method::POST, &format!("/sent-referral/{id}/withdraw-referral"), body).await?;
        known.told.push(Told::Withdrawn { state, assigned });
        Ok(())
    }

    /// The body of a booking; where it is to clash, the person has something else then first.
    async fn booking(&self, at: When, again: bool) -> anyhow::Result<Value> {
        let start = match at {
            When::Earlier => self.now().checked_sub(SignedDuration::from_secs(120))?,
            When::Soon => self.now().checked_add(SOON)?,
            When::InHours(hours) | When::Clashing(hours) | When::Overlapping(hours) => {
                let hour = self.now().as_second() / 3600 + i64::from(hours);
                let quarter = if let When::Overlapping(_) = at { 900 } else { 0 };
                Timestamp::from_second(hour * 3600 + quarter)?
            }
        };
        if let When::Clashing(_) = at {
            let crn = self.people.case_number(self.referral).context("no such person")?;
            let native = json!({ "crn": crn, "start": start.to_string(), "durationInMinutes": 45 });
            self.people.client.control("delius/contact/appointment", native).await?;
        }
        Ok(json!({
            "appointmentTime": start.to_string(),
            "durationInMinutes": 30,
            "appointmentDeliveryType": "PHONE_CALL",
            "sessionType": "ONE_TO_ONE",
            "rescheduleRequestedBy": again.then_some("Service Provider"),
            "rescheduledReason": again.then_some("A room became free."),
        }))
    }

    /// Waits for an appointment that begins soon; an error for one that is far away.
    async fn begun(&self, appointment: &Value) -> anyhow::Result<()> {
        let start: Timestamp = text(&appointment["appointmentTime"]).context("no appointment yet")?.parse()?;
        let left = start.duration_since(self.now());
        if left > SOON {
            bail!("it is not held before {start}");
        }
        if left.is_positive() {
            // Its time is the condition.
            tokio::time::sleep(left.unsigned_abs() + std::time::Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

fn id(known: &Known) -> anyhow::Result<String> {
    known.id.clone().context("not sent yet")
}

fn is_assigned(known: &Known) -> bool {
    known.told.iter().any(|told| matches!(told, Told::Assigned(_)))
}

fn attendance(attended: bool) -> Value {
    json!({ "attended": if attended { "yes" } else { "no" }, "didSessionHappen": attended })
}

fn feedback(attended: bool) -> Value {
    if attended {
        json!({
            "late": false,
            "sessionSummary": "A walk through the plan.",
            "sessionResponse": "Took part.",
            "notifyProbationPractitionerOfBehaviour": false,
            "notifyProbationPractitionerOfConcerns": false,
        })
    } else {
        json!({ "noAttendanceInformation": "No answer.", "notifyProbationPractitionerOfConcerns": false })
    }
}

fn text(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("not a text: {value}"))
}
