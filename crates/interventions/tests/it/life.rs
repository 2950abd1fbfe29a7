//! A referral's whole life, and whether everybody agrees about it at its end.

use std::collections::{BTreeMap, BTreeSet};

use domain::effect::System;
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use serde_json::{Value, json};
use store::outbox::{EffectState, LedgerEntry};
use testkit::{Deployment, soon};

/// A referral that has been concluded.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) crn: &'static str,
    pub(crate) referral: String,
    /// Each appointment and the outcome that Delius must hold.
    pub(crate) appointments: Vec<(String, &'static str)>,
}

/// A time two days from now.
pub(crate) fn in_two_days() -> Timestamp {
    Clock::system().now().saturating_add(SignedDuration::from_hours(48)).unwrap()
}

/// From an empty draft to the conclusion: an assessment that is moved, and a session. `between` is called after each step.
pub(crate) async fn live(crn: &'static str, seen: &Deployment, mut between: impl AsyncFnMut()) -> Life {
    let practitioner = seen.actor("PRACTITIONER_1").await;
    let provider = seen.actor("PROVIDER_1").await;
    let referral = seen.a_sent_referral(&practitioner, crn).await;
    between().await;
    seen.assign(&provider, &referral).await;
    between().await;
    let first = seen.book_assessment(&provider, &referral, in_two_days()).await;
    between().await;
    let moved = seen.book_assessment(&provider, &referral, soon()).await;
    between().await;
    seen.report_on_assessment(&provider, &referral).await;
    between().await;
    let plan = seen.submit_plan(&provider, &referral, 1).await;
    between().await;
    seen.settled(&referral).await;
    // Delius would take the session for a clash with an assessment that it has not heard the outcome of.
    seen.eventually("Delius knows that the assessment was held", async || {
        let contacts = seen.contacts(crn, &moved.id).await;
        assert_eq!(contacts.len(), 1, "{contacts:?}");
        (contacts[0]["outcome"] == "ATTC").then_some(())
    })
    .await;
    let session = seen.book_session(&provider, &plan, 1, soon()).await;
    between().await;
    seen.report_on_session(&provider, &referral, &session.id, "yes").await;
    between().await;
    let note = json!({ "referralId": referral, "subject": "Done.", "body": "The session is done.", "sendEmail": true });
    provider.post("/case-note", note).await.expect(200);
    between().await;
    seen.submit_report(&provider, &referral).await;
    between().await;
    let appointments = vec![(first.id, "RSSR"), (moved.id, "ATTC"), (session.id, "ATTC")];
    Life { crn, referral, appointments }
}

impl Life {
    /// A life that nothing disturbs.
    pub(crate) async fn undisturbed(crn: &'static str, seen: &Deployment) -> Self {
        let life = live(crn, seen, async || {}).await;
        life.assert_everybody_agrees(seen, None).await;
        life
    }

    /// Waits until nothing is under way any more, then compares what was intended with what every other system holds;
    /// `like` is a life that nothing disturbed.
    pub(crate) async fn assert_everybody_agrees(&self, seen: &Deployment, like: Option<&Life>) {
        let ledger = seen.settled(&self.referral).await;
        assert_all_delivered(&ledger);
        assert_in_order(&ledger);
        self.assert_delius_agrees(seen).await;
        assert_events_agree(seen, &ledger, &self.referral).await;
        assert_emails_agree(seen, &ledger).await;
        if let Some(like) = like {
            assert_eq!(effects(&ledger), effects(&seen.ledger(&like.referral).await), "other effects than undisturbed");
            assert_eq!(self.left_in_delius(seen).await, like.left_in_delius(seen).await, "Delius holds something else");
        }
    }

    async fn assert_delius_agrees(&self, seen: &Deployment) {
        let activity = seen
            .eventually("Delius has closed the only activity", async || {
                let activities = seen.activities(self.crn, &self.referral).await;
                assert_eq!(activities.len(), 1, "{activities:?}");
                (activities[0]["status"] == "COMP").then(|| activities[0].clone())
            })
            .await;
        assert_eq!(activity["outcome"], "CRS03");
        for (appointment, outcome) in &self.appointments {
            let contacts = seen.contacts(self.crn, appointment).await;
            assert_eq!(contacts.len(), 1, "{contacts:?}");
            assert_eq!(contacts[0]["outcome"], *outcome, "{contacts:?}");
        }
        seen.eventually("Delius has nothing to read any more", async || {
            let queue = seen.look("events/queue").await;
            assert_eq!(queue["dead"], json!([]));
            (queue["waiting"] == json!([])).then_some(())
        })
        .await;
    }

    /// Everything that hangs on the activity, without what differs from one referral to the next.
    async fn left_in_delius(&self, seen: &Deployment) -> BTreeMap<String, usize> {
        let record = seen.look(&format!("delius/{}", self.crn)).await;
        let activity = &seen.activities(self.crn, &self.referral).await[0]["id"];
        let mut left = BTreeMap::new();
        for contact in record["contacts"].as_array().unwrap().iter().filter(|contact| contact["nsiId"] == *activity) {
            let title = contact["notes"].as_str().unwrap().split(" (reference").next().unwrap();
            let title = title.lines().next().unwrap_or_default();
            let kept = ["type", "outcome", "attended", "complied", "rarActivity", "softDeleted"];
            let kept: Vec<String> = kept.iter().map(|key| contact[*key].to_string()).collect();
            *left.entry(format!("{} {title}", kept.join(" "))).or_default() += 1;
        }
        left
    }
}

/// Every effect, by system and name.
fn effects(ledger: &[LedgerEntry]) -> Vec<(String, String)> {
    let mut effects: Vec<_> =
        ledger.iter().map(|entry| (entry.system.as_str().to_owned(), entry.action.name())).collect();
    effects.sort();
    effects
}

pub(crate) fn assert_all_delivered(ledger: &[LedgerEntry]) {
    let unwanted: Vec<_> = ledger
        .iter()
        .filter(|entry| entry.state != EffectState::Delivered)
        .map(|entry| (entry.action.name(), entry.state, entry.reason.clone(), entry.last_error.clone()))
        .collect();
    assert!(unwanted.is_empty(), "{unwanted:?}");
    assert!(!ledger.is_empty());
}

/// Within each line, what was intended first was settled first.
pub(crate) fn assert_in_order(ledger: &[LedgerEntry]) {
    for system in System::ALL {
        let settled: Vec<_> =
            ledger.iter().filter(|entry| entry.system == *system).map(|entry| entry.settled_at.unwrap()).collect();
        assert!(settled.is_sorted(), "{system}: {settled:?}");
    }
}

/// The topic saw every event, and saw them first in the order in which they were intended. It may have seen one twice.
pub(crate) async fn assert_events_agree(seen: &Deployment, ledger: &[LedgerEntry], referral: &str) {
    let intended = of_system(ledger, System::Events);
    let mut arrived = Vec::new();
    for event in seen.look("events").await.as_array().unwrap() {
        let id = event["message"]["additionalInformation"]["eventId"].as_str().unwrap().to_owned();
        if event["message"]["additionalInformation"]["referralId"] == referral {
            assert!(intended.contains(&id), "nobody intended {event}");
        }
        if intended.contains(&id) && !arrived.contains(&id) {
            arrived.push(id);
        }
    }
    assert_eq!(arrived, intended, "events are missing or in another order");
}

/// The e-mail service took every e-mail once.
pub(crate) async fn assert_emails_agree(seen: &Deployment, ledger: &[LedgerEntry]) {
    let intended = of_system(ledger, System::Notify);
    let references = references(seen).await;
    let distinct: BTreeSet<_> = references.iter().collect();
    assert_eq!(distinct.len(), references.len(), "an e-mail was sent twice: {references:?}");
    let arrived: Vec<_> = references.into_iter().filter(|reference| intended.contains(reference)).collect();
    assert_eq!(arrived, intended, "e-mails are missing or in another order");
}

async fn references(seen: &Deployment) -> Vec<String> {
    let emails = seen.look("emails").await;
    emails.as_array().unwrap().iter().map(|email| text(&email["reference"])).collect()
}

fn of_system(ledger: &[LedgerEntry], system: System) -> Vec<String> {
    ledger.iter().filter(|entry| entry.system == system).map(|entry| entry.id.to_string()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
