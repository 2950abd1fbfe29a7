//! Events and e-mails: each that is due came, none twice, none for what never happened.

use std::collections::{BTreeMap, BTreeSet};

use super::{Evidence, Findings, Wrong};
use crate::act::Told;
use crate::observe::{Appointment, Email, Event, Referral, Slot};
use crate::plan::Deed;

/// What a message says, and what about.
type Key = (String, String);
/// How many there must be at least, and may be at most.
type Due = BTreeMap<Key, (usize, usize)>;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    events(evidence, found);
    emails(evidence, found);
}

fn events(evidence: &Evidence, found: &mut Findings) {
    let mut came: BTreeMap<&str, BTreeMap<Key, BTreeSet<&str>>> = BTreeMap::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &evidence.seen.events {
        *times.entry(&event.id).or_default() += 1;
        match referral_of(evidence, event) {
            Some(referral) => {
                came.entry(&referral.id).or_default().entry(key(event)).or_default().insert(&event.id);
            }
            None => found.add(Wrong::Invented, format!("{} {} about no referral", event.kind, event.id)),
        }
    }
    for (id, count) in times.into_iter().filter(|(_, count)| *count > 1) {
        if !may_be_repeated(evidence, id, count) {
            found.add(Wrong::Doubled, format!("event {id} was published {count} times, more often than it was tried"));
        }
    }
    for referral in &evidence.seen.referrals {
        let came = came.remove(referral.id.as_str()).unwrap_or_default();
        let came = came.into_iter().map(|(key, ids)| (key, ids.len())).collect();
        compare(evidence, referral, &due_events(evidence, referral), &came, str::to_owned, found);
    }
}

/// On the wire the topic may hold one event several times, under its one id: once for each attempt, of which only the
/// last was answered. Operators are shown the attempts.
fn may_be_repeated(evidence: &Evidence, id: &str, count: usize) -> bool {
    let by_the_network =
        |deed: &Deed| matches!(deed, Deed::Fault(fault) if fault.system == "sns" && fault.fault == "duplicate");
    let tried = evidence.seen.intents.iter().find(|intent| intent.id == id).map_or(1, |intent| intent.tried);
    count <= tried || evidence.plan.has(by_the_network)
}

/// The referral that an event is about.
pub(super) fn referral_of<'a>(evidence: &'a Evidence, event: &Event) -> Option<&'a Referral> {
    let about = &event.message["additionalInformation"];
    let report = about["endOfServiceReportId"].as_str();
    evidence.seen.referrals.iter().find(|referral| {
        about["referralId"] == referral.id.as_str() || (report.is_some() && referral.report.as_deref() == report)
    })
}

fn key(event: &Event) -> Key {
    let about = &event.message["additionalInformation"];
    let subject = ["actionPlanId", "appointmentId", "endOfServiceReportId"].iter().find_map(|key| about[*key].as_str());
    (event.kind.trim_start_matches("intervention.").to_owned(), subject.unwrap_or_default().to_owned())
}

fn slot_name(appointment: &Appointment) -> &'static str {
    match appointment.slot {
        Slot::Assessment => "initial-assessment-appointment",
        Slot::Session(_) => "session-appointment",
    }
}

fn due_events(evidence: &Evidence, referral: &Referral) -> Due {
    let mut due = Due::new();
    let mut exactly = |kind: &str, subject: &str, count: usize| {
        if count > 0 {
            let entry = due.entry((kind.to_owned(), subject.to_owned())).or_default();
            *entry = (entry.0 + count, entry.1 + count);
        }
    };
    exactly("referral.sent", "", 1);
    for appointment in &referral.appointments {
        let Some(attended) = appointment.attended else { continue };
        let slot = slot_name(appointment);
        exactly(&format!("{slot}.{}", if attended { "attended" } else { "missed" }), "", 1);
        exactly(&format!("{slot}.session-feedback-submitted"), &appointment.id, 1);
    }
    for (plan, submitted, approved) in &referral.plans {
        exactly("action-plan.submitted", plan, usize::from(*submitted));
        exactly("action-plan.approved", plan, usize::from(*approved));
    }
    exactly(
        "end-of-service-report.submitted",
        referral.report.as_deref().unwrap_or_default(),
        usize::from(referral.report.is_some()),
    );
    exactly("referral.concluded", "", usize::from(referral.is_concluded));
    // Announced when it is asked for, and again with the report that follows.
    let ends = usize::from(referral.is_end_requested) + usize::from(referral.report.is_some());
    exactly("referral.ended", "", ends);
    if let Some(bounds) = assignments(evidence, referral) {
        due.insert(("referral.assigned".to_owned(), String::new()), bounds);
    }
    due
}

/// Between the assignments that clients were told of and those that they wished for; the API shows the latest only.
fn assignments(evidence: &Evidence, referral: &Referral) -> Option<(usize, usize)> {
    let known = evidence.known(referral)?;
    let told = known.told.iter().filter(|told| matches!(told, Told::Assigned(_))).count();
    let least = told.max(usize::from(referral.assigned_to.is_some()));
    (known.assign_wishes > 0).then_some((least, known.assign_wishes))
}

fn emails(evidence: &Evidence, found: &mut Findings) {
    let mut references: BTreeMap<&str, usize> = BTreeMap::new();
    let mut came: BTreeMap<&str, BTreeMap<Key, usize>> = BTreeMap::new();
    for email in &evidence.seen.emails {
        *references.entry(&email.reference).or_default() += 1;
        match evidence.seen.referrals.iter().find(|referral| referral.is_named_in(&email.text)) {
            Some(referral) => {
                let key = (email.purpose.clone(), subject(referral, email));
                *came.entry(&referral.id).or_default().entry(key).or_default() += 1;
            }
            None => {
                found.add(Wrong::Invented, format!("{} e-mail {} about no referral", email.purpose, email.reference));
            }
        }
    }
    for (reference, count) in references.into_iter().filter(|(_, count)| *count > 1) {
        found.add(Wrong::Doubled, format!("e-mail {reference} was accepted {count} times"));
    }
    for referral in &evidence.seen.referrals {
        let came = came.remove(referral.id.as_str()).unwrap_or_default();
        compare(
            evidence,
            referral,
            &due_emails(evidence, referral),
            &came,
            |purpose| format!("{purpose} e-mail"),
            found,
        );
    }
}

fn subject(referral: &Referral, email: &Email) -> String {
    let named = |id: &&String| email.text.contains(id.as_str());
    let appointments = referral.appointments.iter().map(|appointment| &appointment.id);
    referral.notes.iter().chain(appointments).chain(&referral.report).find(named).cloned().unwrap_or_default()
}

fn due_emails(evidence: &Evidence, referral: &Referral) -> Due {
    let mut due = Due::new();
    let mut between = |purpose: &str, subject: &str, least: usize, most: usize| {
        if most > 0 {
            due.insert((purpose.to_owned(), subject.to_owned()), (least, most));
        }
    };
    let exactly = |wanted: bool| (usize::from(wanted), usize::from(wanted));
    between("referral-sent", "", 1, 1);
    if let Some((least, most)) = assignments(evidence, referral) {
        between("referral-assigned", "", least, most);
    }
    let assessments = referral.appointments.iter().filter(|one| one.slot == Slot::Assessment).count();
    between("initial-assessment-scheduled", "", assessments, assessments);
    for (_, submitted, approved) in &referral.plans {
        let (least, most) = exactly(*submitted);
        between("action-plan-submitted", "", least, most);
        let (least, most) = exactly(*approved);
        between("action-plan-approved", "", least, most);
    }
    let missed = |one: &&Appointment| one.attended == Some(false);
    // The page of the assessment's feedback has one address for all of its appointments.
    let assessments = referral.appointments.iter().filter(missed).filter(|one| one.slot == Slot::Assessment).count();
    between("appointment-not-attended", "", assessments, assessments);
    for missed in referral.appointments.iter().filter(missed).filter(|one| one.slot != Slot::Assessment) {
        between("appointment-not-attended", &missed.id, 1, 1);
    }
    // A clash that is learnt late is written about at once, and once.
    between("appointment-clash", "", 0, referral.appointments.len());
    for appointment in &referral.appointments {
        between("appointment-clash", &appointment.id, 0, 1);
    }
    if let Some(report) = &referral.report {
        between("end-of-service-report-submitted", report, 1, 1);
    }
    for note in &referral.notes {
        // Whoever wrote it is not written to; who was assigned then, only a client that was told may say.
        let (mut to_provider, mut to_practitioner) = ((0, 1), (0, 1));
        for told in evidence.known(referral).into_iter().flat_map(|known| &known.told) {
            if let Told::Noted { note: told, by_provider, assigned } = told
                && told == note
            {
                if *by_provider {
                    to_practitioner = (1, 1);
                } else {
                    to_provider = (usize::from(*assigned), 1);
                }
            }
        }
        between("case-note-sent", note, to_provider.0, to_provider.1);
        between("case-note-sent-pp", note, to_practitioner.0, to_practitioner.1);
    }
    let withdrawn = evidence.known(referral).into_iter().flat_map(|known| &known.told).find_map(|told| match told {
        Told::Withdrawn { state, assigned: true } => Some(state.as_str()),
        _ => None,
    });
    for (state, purpose, least) in [
        ("PRE_ICA_WITHDRAWAL", "referral-pre-ica-withdrawn", 0),
        ("POST_ICA_WITHDRAWAL", "referral-post-ica-withdrawn", 1),
        ("POST_ICA_CLOSE_REFERRAL_EARLY", "referral-withdraw-early", 1),
    ] {
        let least = if withdrawn == Some(state) { least } else { 0 };
        between(purpose, "", least, usize::from(referral.is_end_requested));
    }
    // Asked for a choice, and the operators told so: once for each time that the line was held.
    let held = if evidence.is_meddled(referral) { 4 } else { usize::from(evidence.seen.held.contains(&referral.id)) };
    for purpose in ["delius-needs-choice", "delius-needs-operator"] {
        between(purpose, "", 0, held);
    }
    due
}

/// What is due against what came. Missing messages must be among those that operators are shown.
fn compare(
    evidence: &Evidence,
    referral: &Referral,
    due: &Due,
    came: &BTreeMap<Key, usize>,
    name: impl Fn(&str) -> String,
    found: &mut Findings,
) {
    let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
    for ((kind, subject), (least, most)) in due {
        let count = came.get(&(kind.clone(), subject.clone())).copied().unwrap_or_default();
        if count < *least {
            *missing.entry(kind).or_default() += least - count;
        }
        if count > *most {
            let what = format!("{kind} {subject} of {} came {count} times, due {most}", referral.id);
            found.add(Wrong::Doubled, what);
        }
    }
    for ((kind, subject), count) in came {
        if !due.contains_key(&(kind.clone(), subject.clone())) {
            found.add(Wrong::Invented, format!("{kind} {subject} of {} came {count} times, due never", referral.id));
        }
    }
    for (kind, count) in missing {
        let wanted = name(kind);
        let excused = evidence.excused(referral).filter(|intent| intent.name.ends_with(&wanted)).count();
        if count > excused {
            found.add(
                Wrong::Lost,
                format!("{count} {kind} of {} did not come, {excused} known to operators", referral.id),
            );
        }
    }
}
