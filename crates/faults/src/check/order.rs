//! Order: a referral's effects come in the order in which things happened, and none before one that it depends on.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::messages::referral_of;
use super::{Evidence, Findings, Wrong};
use crate::observe::{Event, Referral, Slot};

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for referral in &evidence.seen.referrals {
        let events = first_arrivals(evidence, referral);
        in_order_of_time(referral, &events, found);
        pairs(referral, &events, found);
        if !evidence.is_meddled(referral) {
            bookings(evidence, referral, found);
        }
        if !evidence.has_stepped_clock() && !evidence.is_meddled(referral) {
            after_delius(evidence, referral, &events, found);
        }
    }
    consumed(evidence, found);
}

/// The referral's events in the order of their first arrival; the topic may repeat one later.
fn first_arrivals<'a>(evidence: &'a Evidence, referral: &Referral) -> Vec<&'a Event> {
    let mut seen = BTreeSet::new();
    let ours = evidence
        .seen
        .events
        .iter()
        .filter(|event| referral_of(evidence, event).is_some_and(|found| found.id == referral.id));
    ours.filter(|event| seen.insert(&event.id)).collect()
}

fn in_order_of_time(referral: &Referral, events: &[&Event], found: &mut Findings) {
    if let Some(first) = events.first()
        && first.kind != "intervention.referral.sent"
    {
        found.add(Wrong::Reordered, format!("{} of {} came before its sending", first.kind, referral.id));
    }
    for pair in events.windows(2) {
        if pair[1].occurred_at < pair[0].occurred_at {
            let what = format!("{} of {} came after {}, which happened later", pair[1].kind, referral.id, pair[0].kind);
            found.add(Wrong::Reordered, what);
        }
    }
}

/// Of two that happen at once, one comes first.
fn pairs(referral: &Referral, events: &[&Event], found: &mut Findings) {
    for (first, second) in [
        ("referral.concluded", "referral.ended"),
        ("action-plan.submitted", "action-plan.approved"),
        ("end-of-service-report.submitted", "referral.concluded"),
        (".attended", ".session-feedback-submitted"),
        (".missed", ".session-feedback-submitted"),
    ] {
        for earlier in events.iter().enumerate().filter(|(_, event)| event.kind.ends_with(first)) {
            let twin = events
                .iter()
                .position(|event| event.kind.ends_with(second) && event.occurred_at == earlier.1.occurred_at);
            if twin.is_some_and(|at| at < earlier.0) {
                found.add(Wrong::Reordered, format!("{second} of {} came before {first}", referral.id));
            }
        }
    }
}

/// A slot's contacts were made in the order in which its appointments were booked; Delius counts them up.
fn bookings(evidence: &Evidence, referral: &Referral, found: &mut Findings) {
    let mut last: Vec<(Slot, i64)> = Vec::new();
    for appointment in &referral.appointments {
        let contacts = evidence.seen.contacts(&appointment.urn());
        let Some(made) = contacts.iter().filter_map(|contact| contact["id"].as_i64()).min() else { continue };
        if last.iter().any(|(slot, earlier)| *slot == appointment.slot && *earlier > made) {
            let what = format!("the contact of {} of {} came after a later booking's", appointment.id, referral.id);
            found.add(Wrong::Reordered, what);
        }
        last.push((appointment.slot, made));
    }
}

/// What waits for Delius came after what it waits for.
fn after_delius(evidence: &Evidence, referral: &Referral, events: &[&Event], found: &mut Findings) {
    let created = |record: &Value| record["createdAt"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let started = evidence.seen.activities(&referral.urn()).iter().filter_map(|one| created(one)).min();
    for event in events {
        let waits = event.kind.contains("action-plan") || event.kind.ends_with("referral.ended");
        if waits && started.is_some_and(|at| event.received_at < at) {
            found.add(Wrong::Reordered, format!("{} of {} came before the activity", event.kind, referral.id));
        }
        let appointment = event.message["additionalInformation"]["appointmentId"].as_str();
        let contact = referral.appointments.iter().find(|one| Some(one.id.as_str()) == appointment);
        let booked =
            contact.and_then(|one| evidence.seen.contacts(&one.urn()).iter().filter_map(|one| created(one)).min());
        if booked.is_some_and(|at| event.received_at < at) {
            found.add(Wrong::Reordered, format!("{} of {} came before the contact", event.kind, referral.id));
        }
    }
    // The k-th e-mail about a first appointment follows at least k bookings.
    let mut booked: Vec<Timestamp> = referral
        .appointments
        .iter()
        .filter(|one| one.slot == Slot::Assessment)
        .filter_map(|one| evidence.seen.contacts(&one.urn()).first().and_then(|contact| created(contact)))
        .collect();
    booked.sort();
    let is_complete = booked.len() == referral.appointments.iter().filter(|one| one.slot == Slot::Assessment).count();
    let written = evidence
        .seen
        .emails
        .iter()
        .filter(|email| email.purpose == "initial-assessment-scheduled" && referral.is_named_in(&email.text));
    for (email, at) in written.zip(booked).filter(|_| is_complete) {
        if email.received_at < at {
            found.add(Wrong::Reordered, format!("the e-mail {} came before its booking", email.reference));
        }
    }
}

/// Delius's consumer found what each event is about, where nobody took it away.
fn consumed(evidence: &Evidence, found: &mut Findings) {
    for entry in evidence.seen.telemetry.iter().filter(|entry| entry["verdict"] == "rejected") {
        let reason = entry["reason"].as_str().unwrap_or_default();
        let is_missing = reason.contains("missing") || reason.contains("cannot be found");
        let id = entry["referralId"].as_str().unwrap_or_default();
        let referral = evidence.seen.referral(id);
        if is_missing && referral.is_some_and(|referral| !evidence.is_meddled(referral)) {
            found.add(
                Wrong::Reordered,
                format!("{} of {id} came before what it is about: {reason}", entry["eventType"]),
            );
        }
    }
}
