//! The published shape of events. Names, spellings and value types are a public contract: ids and numbers travel as
//! text, and the two spellings of the address keys differ on purpose.

use domain::appointment::Slot;
use domain::effect::Announcement;
use domain::ending::EndReason;
use domain::{Referral, ReferralUrn};
use serde_json::{Map, Value, json};
use store::outbox::{ClaimedEffect, Outcome};
use upstream::Trace;

use crate::relay::{Carrier, NotDone};

/// Publishes one announcement.
pub(crate) async fn publish(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
    announcement: &Announcement,
) -> Result<Outcome, NotDone> {
    let Some(events) = &carrier.app.upstreams().events else {
        return Err(NotDone::Later("events are switched off by configuration"));
    };
    let message = message(carrier, effect, referral, announcement);
    let published = events.publish(trace, announcement.event_type().as_str(), &message.to_string()).await?;
    Ok(Outcome::Delivered { receipt: Some(published.message_id) })
}

fn message(carrier: &Carrier, effect: &ClaimedEffect, referral: &Referral, announcement: &Announcement) -> Value {
    let event_type = announcement.event_type();
    let mut information = details(carrier, referral, announcement);
    // Additive: lets a receiver recognise a repeat. Known receivers read the map key by key.
    information.insert("eventId".to_owned(), json!(effect.id.to_string()));
    json!({
        "eventType": event_type.as_str(),
        "version": 1,
        "description": event_type.description(),
        "detailUrl": detail_url(carrier, referral, announcement),
        "occurredAt": effect.occurred_at.to_string(),
        "additionalInformation": information,
        "personReference": { "identifiers": [{ "type": "CRN", "value": referral.crn.as_str() }] },
    })
}

fn detail_url(carrier: &Carrier, referral: &Referral, announcement: &Announcement) -> String {
    let links = &carrier.settings.links;
    match announcement {
        Announcement::ReferralSent
        | Announcement::ReferralAssigned(_)
        | Announcement::ReferralConcluded(_)
        | Announcement::ReferralEnded(_) => links.sent_referral(referral.id),
        Announcement::PlanSubmitted(plan) | Announcement::PlanApproved(plan) => links.action_plan(*plan),
        Announcement::AttendanceRecorded(_, slot, _) | Announcement::FeedbackSubmitted(_, slot) => {
            links.slot(referral.id, *slot)
        }
        Announcement::ReportSubmitted(report) => links.report(*report),
    }
}

fn details(carrier: &Carrier, referral: &Referral, announcement: &Announcement) -> Map<String, Value> {
    let links = &carrier.settings.links;
    let referral_id = referral.id.to_string();
    let contract = &referral.intervention.contract;
    let plan_details = |by_key: &str, by: Option<&domain::feedback::Stamp>, plan: domain::ActionPlanId| {
        json!({
            "actionPlanId": plan.to_string(),
            by_key: by.map(|stamp| stamp.by.username.clone()),
            "referralId": referral_id,
            "referralReference": referral.reference.as_str(),
            "contractTypeName": contract.contract_type.name,
            "primeProviderName": contract.prime_provider.name,
            "actionPlanProbationUserUrl": links.practitioner_plan(referral.id),
        })
    };
    let plan_of = |id: domain::ActionPlanId| referral.plans.iter().find(|plan| plan.id == id);
    let value = match announcement {
        Announcement::ReferralSent => json!({ "referralId": referral_id }),
        Announcement::ReferralAssigned(to) => json!({ "referralId": referral_id, "assignedTo": to }),
        Announcement::ReferralConcluded(state) => json!({ "deliveryState": state.as_str(), "referralId": referral_id }),
        Announcement::ReferralEnded(state) => json!({
            "deliveryState": state.as_str(),
            "referralId": referral_id,
            "referralURN": ReferralUrn(referral.id).to_string(),
            "referralProbationUserURL": links.practitioner_details(referral.id),
            "withdrawalCode": withdrawal_code(referral),
        }),
        Announcement::PlanSubmitted(id) => {
            plan_details("submittedBy", plan_of(*id).and_then(|plan| plan.submitted()), *id)
        }
        Announcement::PlanApproved(id) => {
            plan_details("approvedBy", plan_of(*id).and_then(|plan| plan.approved()), *id)
        }
        Announcement::AttendanceRecorded(_, _, _) => {
            json!({ "serviceUserCRN": referral.crn.as_str(), "referralId": referral_id })
        }
        Announcement::FeedbackSubmitted(appointment, slot) => {
            let mut value = json!({
                "serviceUserCRN": referral.crn.as_str(),
                "referralId": referral_id,
                "referralReference": referral.reference.as_str(),
                "contractTypeName": contract.contract_type.name,
                "primeProviderName": contract.prime_provider.name,
                "referralProbationUserURL": links.practitioner_feedback(referral.id, *slot, *appointment),
                // Additive: names the appointment, which the receiver otherwise guesses.
                "appointmentId": appointment.to_string(),
            });
            let delius_id = referral.appointment(*appointment).and_then(|(_, held)| held.booking.delius_id());
            if let Some(id) = delius_id {
                value["deliusAppointmentId"] = json!(id.to_string());
            }
            value
        }
        Announcement::ReportSubmitted(report) => json!({
            "endOfServiceReportId": report.to_string(),
            "submittedBy": referral
                .report
                .as_ref()
                .and_then(|report| report.submitted.as_ref())
                .map(|submitted| submitted.by.username.clone()),
        }),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn withdrawal_code(referral: &Referral) -> &str {
    match referral.end_request.as_ref().and_then(|request| request.reason.as_ref()) {
        Some(EndReason::Withdrawal { code, .. }) => code,
        Some(EndReason::Cancellation { .. }) | None => "",
    }
}

/// Which kind of appointment a slot is, as notes and e-mails word it.
pub(crate) fn slot_name(slot: Slot) -> &'static str {
    match slot {
        Slot::Assessment(_) => "Supplier Assessment",
        Slot::Session(..) => "Service Delivery",
    }
}
