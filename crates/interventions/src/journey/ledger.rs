//! What was intended against what the other systems hold.

use std::collections::BTreeMap;

use anyhow::Context;
use domain::{AppointmentUrn, ReferralId, ReferralUrn};
use serde_json::Value;
use store::Store;

use super::Concluded;
use super::client::Client;

/// Prints the ledger and what Delius holds; answers with every difference.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(crate) async fn compare(client: &Client, database_url: &str, referral: &Concluded) -> anyhow::Result<Vec<String>> {
    let id: ReferralId = referral.id.parse()?;
    let mut differences = Vec::new();
    let entries = settled_entries(database_url, id).await?;
    println!("Effects of {}", referral.reference);
    for entry in &entries {
        println!(
            "  {:<9} {:<58} {:<10} {} {}",
            entry.system.as_str(),
            entry.action.name(),
            entry.state.as_str(),
            match entry.attempts {
                1 => "1 attempt ".to_owned(),
                attempts => format!("{attempts} attempts"),
            },
            entry.reason.as_deref().unwrap_or_default(),
        );
        if entry.state.is_unfinished() {
            differences.push(format!("{} {} is {}", entry.system.as_str(), entry.action.name(), entry.state.as_str()));
        }
    }

    let record = client.control(&format!("delius/{}", referral.crn)).await?;
    let urn = ReferralUrn(id).to_string();
    let activities = with_reference(&record["nsis"], &urn);
    println!("\nDelius, under {urn}");
    for activity in &activities {
        println!(
            "  activity  {:<6} {:<7} outcome {:<6} {} to {}",
            show(&activity["type"]),
            show(&activity["status"]),
            show(&activity["outcome"]),
            show(&activity["startDate"]),
            show(&activity["endDate"]),
        );
    }
    match activities.as_slice() {
        [only] => {
            expect(&mut differences, "the activity's status", &only["status"], "COMP");
            expect(&mut differences, "the activity's outcome", &only["outcome"], "CRS03");
        }
        other => differences.push(format!("{} activities carry the referral's URN", other.len())),
    }
    for (appointment, outcome) in &referral.appointments {
        let urn = AppointmentUrn(appointment.parse()?).to_string();
        let contacts = with_reference(&record["contacts"], &urn);
        for contact in &contacts {
            println!(
                "  contact   {:<6} {:<21} outcome {:<6} {urn}",
                show(&contact["type"]),
                show(&contact["startTime"]),
                show(&contact["outcome"]),
            );
        }
        match contacts.as_slice() {
            [only] => expect(&mut differences, &format!("the outcome of {urn}"), &only["outcome"], outcome),
            other => differences.push(format!("{} contacts carry {urn}", other.len())),
        }
    }
    doubled(&mut differences, &client.control("events").await?, &referral.id)?;
    Ok(differences)
}

/// The referral's ledger, once nothing is under way any more (or the wait is over).
async fn settled_entries(database_url: &str, id: ReferralId) -> anyhow::Result<Vec<store::outbox::LedgerEntry>> {
    let store = Store::connect(database_url, 1).await.context("the demo's database is not available")?;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let mut db = store.connection().await?;
        let entries = store::outbox::ledger(&mut db, id).await?;
        drop(db);
        if entries.iter().all(|entry| !entry.state.is_unfinished()) || tokio::time::Instant::now() > deadline {
            return Ok(entries);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// No event of this referral was received twice.
fn doubled(differences: &mut Vec<String>, events: &Value, referral: &str) -> anyhow::Result<()> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for event in events.as_array().context("the sandbox's events are not a list")? {
        let information = &event["message"]["additionalInformation"];
        if information["referralId"] == referral {
            let event_id = information["eventId"].as_str().unwrap_or_default().to_owned();
            *seen.entry(event_id).or_default() += 1;
        }
    }
    for (event, count) in seen.into_iter().filter(|(_, count)| *count > 1) {
        differences.push(format!("event {event} was received {count} times"));
    }
    Ok(())
}

fn with_reference<'a>(records: &'a Value, urn: &str) -> Vec<&'a Value> {
    records.as_array().into_iter().flatten().filter(|record| record["externalReference"] == urn).collect()
}

fn expect(differences: &mut Vec<String>, what: &str, value: &Value, expected: &str) {
    if value != expected {
        differences.push(format!("{what} is {}, expected {expected}", show(value)));
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
