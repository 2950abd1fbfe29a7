//! What the service and the stand-ins say when everything is quiet: facts of ours over the REST API, and what every other
//! system holds over the sandbox's control interface. Read here, judged in [`crate::check`].

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::act::PROVIDER;
use crate::client::Client;

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Every referral that the service knows.
    pub referrals: Vec<Referral>,
    /// The topic's messages, in the order of their arrival.
    pub events: Vec<Event>,
    /// The accepted e-mails, in the order of their arrival.
    pub emails: Vec<Email>,
    /// The records of the people's cases in Delius, by case number.
    pub cases: BTreeMap<String, Value>,
    /// What Delius's consumer made of each event.
    pub telemetry: Vec<Value>,
    /// What operators are shown of our messages.
    pub intents: Vec<Intent>,
    /// Disagreements with Delius that are open, as operators are shown.
    pub drifts: Vec<Drift>,
    /// Referrals whose line to Delius is held, as operators are shown.
    pub held: BTreeSet<String>,
}

/// A referral as the API shows it.
#[derive(Clone, Debug, Default)]
pub struct Referral {
    /// Its id.
    pub id: String,
    /// Its reference number.
    pub reference: String,
    /// The case number of its person.
    pub crn: String,
    /// The username of whoever it is given to.
    pub assigned_to: Option<String>,
    /// Its appointments, in the order of booking within each slot.
    pub appointments: Vec<Appointment>,
    /// Each plan: its id, whether it was submitted, whether it was approved.
    pub plans: Vec<(String, bool, bool)>,
    /// The submitted report's id.
    pub report: Option<String>,
    /// The ids of its case notes.
    pub notes: Vec<String>,
    /// Whether its end was asked for.
    pub is_end_requested: bool,
    /// Whether it is concluded.
    pub is_concluded: bool,
}

/// What an appointment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The first assessment.
    Assessment,
    /// A session, by number.
    Session(i64),
}

/// An appointment as the API shows it.
#[derive(Clone, Debug)]
pub struct Appointment {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub slot: Slot,
    /// When it starts.
    pub start: Timestamp,
    /// Whether another one replaced it.
    pub is_superseded: bool,
    /// Whether the person came, once the feedback was submitted.
    pub attended: Option<bool>,
}

/// A message on the topic.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it arrived, by the clock of the stand-ins.
    pub received_at: Timestamp,
    /// Its type.
    pub kind: String,
    /// Its own id.
    pub id: String,
    /// When its cause happened.
    pub occurred_at: Timestamp,
    /// All of it.
    pub message: Value,
}

/// An e-mail that was accepted.
#[derive(Clone, Debug)]
pub struct Email {
    /// When it arrived, by the clock of the stand-ins.
    pub received_at: Timestamp,
    /// What its template is for.
    pub purpose: String,
    /// Its own id.
    pub reference: String,
    /// What is written in it, as JSON text.
    pub text: String,
    /// To whom.
    pub address: String,
}

/// A message of ours as operators are shown it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    /// Its id.
    pub id: String,
    /// The referral that it is about.
    pub referral: String,
    /// The system that it is for.
    pub system: String,
    /// What it is, in a few words.
    pub name: String,
    /// Where it stands.
    pub state: String,
    /// Why it stands still.
    pub reason: String,
    /// What went wrong last.
    pub last_error: String,
    /// The message that it comes after.
    pub waits_for: Option<String>,
    /// How often it was tried.
    pub tried: usize,
}

/// A disagreement with Delius as operators are shown it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The referral, where it is about one.
    pub referral: Option<String>,
    /// What it is called.
    pub kind: String,
    /// Whether the line to Delius is held for it.
    pub holds: bool,
}

impl Drift {
    /// Reads one line of the operator's list.
    pub fn read(told: &Value) -> Self {
        Self {
            referral: told["referral"].as_str().map(str::to_owned),
            kind: text(&told["kind"]),
            holds: told["holds"] == true,
        }
    }
}

impl Intent {
    /// Reads one effect of the operator's ledger.
    pub fn read(told: &Value) -> Self {
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("id"),
            referral: text("referral"),
            system: text("system"),
            name: text("name"),
            state: text("state"),
            reason: text("reason"),
            last_error: text("lastError"),
            waits_for: told["waitsFor"].as_str().map(str::to_owned),
            tried: told["tried"].as_u64().and_then(|tried| usize::try_from(tried).ok()).unwrap_or_default(),
        }
    }

    /// Whether it is still to be delivered.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "in_flight" | "retrying" | "parked")
    }
}

/// Looks at everything but what only operators see.
pub async fn observe(client: &Client) -> anyhow::Result<Observed> {
    let mut referrals = Vec::new();
    for id in referral_ids(client).await? {
        referrals.push(referral(client, &id).await?);
    }
    let mut cases = BTreeMap::new();
    let numbers = referrals.iter().map(|referral| referral.crn.as_str()).chain([crate::trouble::MERGED_INTO]);
    for crn in numbers.collect::<BTreeSet<_>>() {
        cases.insert(crn.to_owned(), client.look(&format!("delius/{crn}")).await?);
    }
    let events = client.look("events").await?;
    let account = client.look("notify/account").await?;
    let emails = client.look("emails").await?;
    let telemetry = client.look("delius/telemetry").await?;
    Ok(Observed {
        referrals,
        events: list(&events).map(event).collect::<anyhow::Result<_>>()?,
        emails: list(&emails).map(|one| email(one, &account)).collect::<anyhow::Result<_>>()?,
        cases,
        telemetry: list(&telemetry).cloned().collect(),
        intents: Vec::new(),
        drifts: Vec::new(),
        held: BTreeSet::new(),
    })
}

/// The id of every referral that the service knows.
pub async fn referral_ids(client: &Client) -> anyhow::Result<Vec<String>> {
    let listed = client.get(PROVIDER, "/sent-referrals/summaries?size=100").await?;
    let all = listed["content"].as_array().context("the list of referrals cannot be read")?;
    Ok(all.iter().map(|one| text(&one["id"])).collect())
}

async fn referral(client: &Client, id: &str) -> anyhow::Result<Referral> {
    let sent = client.get(PROVIDER, &format!("/sent-referral/{id}")).await?;
    let assessment = client.get(PROVIDER, &format!("/sent-referral/{id}/supplier-assessment")).await?;
    let notes = client.get(PROVIDER, &format!("/sent-referral/{id}/case-notes?size=100")).await?;
    let mut appointments = list(&assessment["appointments"])
        .map(|one| appointment(one, Slot::Assessment))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut plans = Vec::new();
    if let Some(plan) = sent["actionPlanId"].as_str() {
        let shown = client.get(PROVIDER, &format!("/action-plan/{plan}")).await?;
        plans.push((plan.to_owned(), !shown["submittedAt"].is_null(), !shown["approvedAt"].is_null()));
        for session in list(&client.get(PROVIDER, &format!("/action-plan/{plan}/appointments")).await?) {
            let slot = Slot::Session(session["sessionNumber"].as_i64().unwrap_or_default());
            for old in list(&session["oldAppointments"]) {
                appointments.push(appointment(old, slot)?);
            }
            if !session["appointmentId"].is_null() {
                let mut current = session.clone();
                current["id"] = session["appointmentId"].clone();
                current["superseded"] = json!(false);
                appointments.push(appointment(&current, slot)?);
            }
        }
    }
    let report = &sent["endOfServiceReport"];
    Ok(Referral {
        id: id.to_owned(),
        reference: text(&sent["referenceNumber"]),
        crn: text(&sent["serviceUserCRN"]),
        assigned_to: sent["assignedTo"]["username"].as_str().map(str::to_owned),
        appointments,
        plans,
        report: (!report["submittedAt"].is_null()).then(|| text(&report["id"])),
        notes: list(&notes["content"]).map(|note| text(&note["id"])).collect(),
        is_end_requested: !sent["endRequestedAt"].is_null(),
        is_concluded: !sent["concludedAt"].is_null(),
    })
}

fn appointment(shown: &Value, slot: Slot) -> anyhow::Result<Appointment> {
    let feedback = &shown["appointmentFeedback"];
    let attended = feedback["attendanceFeedback"]["attended"].as_str().map(|word| word != "no");
    Ok(Appointment {
        id: text(&shown["id"]),
        slot,
        start: instant(&shown["appointmentTime"])?,
        is_superseded: shown["superseded"] == true,
        attended: attended.filter(|_| feedback["submitted"] == true),
    })
}

fn event(shown: &Value) -> anyhow::Result<Event> {
    let message = shown["message"].clone();
    Ok(Event {
        received_at: instant(&shown["receivedAt"])?,
        kind: text(&message["eventType"]),
        id: text(&message["additionalInformation"]["eventId"]),
        occurred_at: instant(&message["occurredAt"])?,
        message,
    })
}

fn email(shown: &Value, account: &Value) -> anyhow::Result<Email> {
    let template = list(&account["templates"]).find(|template| template["id"] == shown["templateId"]);
    Ok(Email {
        received_at: instant(&shown["receivedAt"])?,
        purpose: template.map(|template| text(&template["purpose"])).unwrap_or_default(),
        reference: text(&shown["reference"]),
        text: shown["personalisation"].to_string(),
        address: text(&shown["emailAddress"]),
    })
}

/// The items of a list; none when it is not one.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn instant(value: &Value) -> anyhow::Result<Timestamp> {
    value.as_str().unwrap_or_default().parse().with_context(|| format!("not an instant: {value}"))
}

impl Observed {
    /// The same, but for what has been seen elsewhere since.
    pub async fn renewed(self, client: &Client) -> anyhow::Result<Self> {
        let Self { intents, drifts, held, .. } = self;
        Ok(Self { intents, drifts, held, ..observe(client).await? })
    }

    /// The number of a referral within its history.
    pub fn referral(&self, id: &str) -> Option<&Referral> {
        self.referrals.iter().find(|referral| referral.id == id)
    }

    /// Every activity with this reference, whichever case holds it.
    pub fn activities(&self, urn: &str) -> Vec<&Value> {
        self.records("nsis", urn)
    }

    /// Every contact with this reference, whichever case holds it.
    pub fn contacts(&self, urn: &str) -> Vec<&Value> {
        self.records("contacts", urn)
    }

    fn records(&self, kind: &str, urn: &str) -> Vec<&Value> {
        self.cases.values().flat_map(|case| list(&case[kind])).filter(|one| one["externalReference"] == urn).collect()
    }
}

impl Referral {
    /// What Delius knows it by.
    pub fn urn(&self) -> String {
        format!("urn:hmpps:interventions-referral:{}", self.id)
    }

    /// Whether a text names it: its id, its reference number, or its report or a note of its.
    pub fn is_named_in(&self, text: &str) -> bool {
        text.contains(&self.id)
            || text.contains(&self.reference)
            || self.report.as_ref().is_some_and(|report| text.contains(report))
            || self.notes.iter().any(|note| text.contains(note))
    }
}

impl Appointment {
    /// What Delius knows it by.
    pub fn urn(&self) -> String {
        format!("urn:hmpps:interventions-appointment:{}", self.id)
    }
}
