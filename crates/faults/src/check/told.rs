//! What clients were told is done, the service knows.

use super::{Evidence, Findings, Wrong};
use crate::act::Told;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for known in &evidence.known {
        let Some(id) = &known.id else { continue };
        let Some(referral) = evidence.seen.referral(id) else {
            if known.is_sent {
                found.add(Wrong::Forgotten, format!("referral {id} was sent"));
            }
            continue;
        };
        let appointment = |id: &String| referral.appointments.iter().find(|one| one.id == *id);
        for told in &known.told {
            let is_known = match told {
                Told::Sent | Told::Chosen(_) => true,
                Told::Assigned(_) => referral.assigned_to.is_some(),
                Told::Booked(id) => appointment(id).is_some(),
                Told::FeedbackSubmitted(id) => appointment(id).is_some_and(|one| one.attended.is_some()),
                Told::PlanSubmitted(id) => referral.plans.iter().any(|(plan, submitted, _)| plan == id && *submitted),
                Told::Noted { note, .. } => referral.notes.contains(note),
                Told::ReportSubmitted(id) => referral.report.as_ref() == Some(id),
                Told::Withdrawn { .. } => referral.is_end_requested && referral.is_concluded,
            };
            if !is_known {
                found.add(Wrong::Forgotten, format!("referral {id}: {told:?}"));
            }
        }
    }
}
