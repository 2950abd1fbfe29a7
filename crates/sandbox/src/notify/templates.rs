//! The account's templates: one for every purpose of the product, and filling them in.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::config::NotifyTemplate;

/// Purpose, subject and text. The placeholders are part of the product's contract with its account; the words are ours.
const PURPOSES: [(&str, &str, &str); 33] = [
    (
        "referral-sent",
        "New referral ((referenceNumber))",
        "((organisationName)) has a new referral, ((referenceNumber)).\nRead it and assign a caseworker: ((referralUrl))",
    ),
    (
        "referral-assigned",
        "Referral ((referenceNumber)) is yours",
        "Hello ((spFirstName)),\nreferral ((referenceNumber)) was assigned to you.\nOpen it: ((referralUrl))",
    ),
    (
        "action-plan-submitted",
        "Action plan for ((referenceNumber)) to approve",
        "Hello ((submitterFirstName)),\nan action plan for ((popFullName)) (CRN ((crn))) waits for you.\nReferral ((referenceNumber)): ((actionPlanUrl))",
    ),
    (
        "action-plan-approved",
        "Action plan for ((referenceNumber)) approved",
        "Hello ((submitterFirstName)),\nyour action plan for ((popFullName)) (CRN ((crn))) was approved.\nReferral ((referenceNumber)): ((actionPlanUrl))",
    ),
    (
        "initial-assessment-scheduled",
        "First appointment booked for ((referenceNumber))",
        "Hello ((ppFirstName)),\nthe first appointment of ((popFullName)) (CRN ((crn))) was booked.\nReferral ((referenceNumber)): ((referralUrl))",
    ),
    (
        "appointment-not-attended",
        "Appointment not attended",
        "Hello ((ppFirstName)),\n((popfullname)) (CRN ((crn))) did not attend.\nRead what was recorded: ((attendanceUrl))",
    ),
    (
        "session-poor-behaviour",
        "Behaviour at a session",
        "Hello ((ppFirstName)),\nthe provider has a concern about the behaviour of ((popfullname)).\nRead more: ((sessionUrl))",
    ),
    (
        "session-concerns",
        "Concerns after a session",
        "Hello ((ppFirstName)),\nthe provider has concerns about ((popfullname)) (CRN ((crn))).\nRead more: ((sessionUrl))",
    ),
    (
        "end-of-service-report-submitted",
        "End of service report for ((referralReference))",
        "Hello ((ppFirstName)),\nthe report on ((popFullName)) (CRN ((crn))) is ready.\nReferral ((referralReference)): ((endOfServiceReportLink))",
    ),
    (
        "case-note-sent",
        "New case note on ((referralNumber))",
        "Hello ((recipientFirstName)),\nthere is a new case note about ((popFullName)).\nReferral ((referralNumber)): ((caseNoteUrl))",
    ),
    (
        "case-note-sent-pp",
        "New case note on ((referralNumber))",
        "Hello ((pp_first_name)),\nthere is a new case note about ((popFullName)) (CRN ((crn))).\nReferral ((referralNumber)): ((caseNoteUrl))",
    ),
    (
        "complexity-level-changed",
        "Complexity changed on ((referral_number))",
        "Hello ((sp_first_name)),\nthe complexity level of ((referral_number)) was changed: ((referral))",
    ),
    (
        "desired-outcome-changed",
        "Desired outcomes changed on ((referral_number))",
        "Hello ((sp_first_name)),\nthe desired outcomes of ((referral_number)) were changed: ((referral))",
    ),
    (
        "needs-and-requirements-outcome-changed",
        "Needs changed on ((referral_number))",
        "Hello ((sp_first_name)),\nneeds and requirements of ((referral_number)) were changed: ((referral))",
    ),
    (
        "completion-deadline-updated",
        "New completion date: ((newCompletionDeadline))",
        "Hello ((caseworkerFirstName)),\n((changedByName)) moved the date from ((previousCompletionDeadline)) to ((newCompletionDeadline)).\n((referralDetailsUrl))",
    ),
    (
        "enforceable-days-updated",
        "Maximum number of enforceable days changed",
        "Hello ((recipientFirstName)),\n((changedByName)) changed it from ((previousMaximumEnforceableDays)) to ((newMaximumEnforceableDays)).\n((referralDetailsUrl))",
    ),
    (
        "reason-for-referral-updated",
        "Reason for referral changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the reason for the referral of ((popFullName)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "prison-establishment-updated",
        "Prison changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the prison of ((popFullName)) from ((oldPrisonEstablishment)) to ((newPrisonEstablishment)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "expected-release-date-updated",
        "Expected release date changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the release date of ((popFullName)) from ((oldExpectedReleaseDateDetails)) to ((newExpectedReleaseDateDetails)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "probation-office-updated",
        "Probation office changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the office of ((popFullName)) from ((oldProbationOffice)) to ((newProbationOffice)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "probation-practitioner-name-updated",
        "Practitioner's name changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the practitioner of ((popFullName)) from ((oldProbationPractitionerName)) to ((newProbationPractitionerName)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "probation-practitioner-email-updated",
        "Practitioner's e-mail changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the practitioner's e-mail for ((popFullName)) from ((oldProbationPractitionerEmail)) to ((newProbationPractitionerEmail)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "probation-practitioner-phone-number-updated",
        "Practitioner's telephone changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the practitioner's number for ((popFullName)) from ((oldProbationPractitionerPhoneNumber)) to ((newProbationPractitionerPhoneNumber)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "probation-practitioner-team-phone-number-updated",
        "Team's telephone changed on ((referralNumber))",
        "Hello ((caseWorkerFirstName)),\n((changedByName)) changed the team's number for ((popFullName)) from ((oldProbationPractitionerTeamPhoneNumber)) to ((newProbationPractitionerTeamPhoneNumber)).\n((referralNumber)): ((referralDetailsURL))",
    ),
    (
        "referral-pre-ica-withdrawn",
        "Referral ((referralNumber)) withdrawn",
        "Hello ((caseworkerFirstName)),\n((changedByName)) withdrew the referral of ((popFullName)) before the first appointment.\n((referralNumber)): ((reasonForWithdrawal))",
    ),
    (
        "referral-post-ica-withdrawn",
        "Referral ((referralNumber)) withdrawn",
        "Hello ((caseworkerFirstName)),\n((changedByName)) withdrew the referral of ((popFullName)) after the first appointment.\n((referralNumber)): ((reasonForWithdrawal))",
    ),
    (
        "referral-withdraw-early",
        "Referral ((referralNumber)) ended early",
        "Hello ((caseworkerFirstName)),\n((changedByName)) ended the referral of ((popFullName)) early.\n((referralNumber)): ((reasonForWithdrawal))",
    ),
    (
        "service-provider-performance-report-ready",
        "Your performance report is ready",
        "Hello ((serviceProviderFirstName)),\ndownload the report you asked for: ((reportUrl))",
    ),
    (
        "service-provider-performance-report-failed",
        "Your performance report failed",
        "Hello ((serviceProviderFirstName)),\nthe report you asked for could not be made. Quote ((jobInstanceId)) when you ask for help.",
    ),
    // In the account, though the product has stopped sending it.
    (
        "referral-cancelled",
        "Referral ((referralNumber)) cancelled",
        "Hello ((spFirstName)),\nthe referral of ((popFullName)), ((referralNumber)), was cancelled.",
    ),
    // Ours: a slot that Delius refused after the booking had been shown as made.
    (
        "appointment-clash",
        "Choose another time: ((referenceNumber))",
        "Hello ((spFirstName)),\nthe time you booked is taken in the probation record.\nChoose another one for referral ((referenceNumber)): ((referralUrl))",
    ),
    // Ours: the probation record takes no updates any more.
    (
        "delius-needs-choice",
        "Choose how to go on with ((referenceNumber))",
        "Hello ((ppFirstName)),\nthe probation record no longer takes updates about the referral of ((popFullName)) (CRN ((crn))), because of a change that somebody made there.\nChoose how to go on with referral ((referenceNumber)): ((referralUrl))",
    ),
    (
        "delius-needs-operator",
        "Delius and ((referenceNumber)) disagree",
        "Somebody changed what Delius holds for ((referenceNumber)), and it takes no more updates of it.\nThe practitioner was asked what to do. See ((operationsUrl))",
    ),
];

/// The template id of a purpose such as `referral-sent`: always the same, a uuid drawn from the name.
pub fn notify_template_id(purpose: &str) -> String {
    let digest = Sha256::digest(format!("notify template {purpose}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// A template for every purpose.
pub(crate) fn every_purpose() -> Vec<NotifyTemplate> {
    let template = |(purpose, subject, body): &(&str, &str, &str)| NotifyTemplate {
        purpose: (*purpose).to_owned(),
        id: notify_template_id(purpose),
        subject: (*subject).to_owned(),
        body: (*body).to_owned(),
        placeholders: placeholders(&[subject, body]),
    };
    PURPOSES.iter().map(template).collect()
}

/// The names between double parentheses, each once, in alphabetical order.
fn placeholders(texts: &[&str]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for text in texts {
        for part in text.split("((").skip(1) {
            if let Some((name, _)) = part.split_once("))") {
                names.insert(name.to_owned());
            }
        }
    }
    names.into_iter().collect()
}

/// `text` with its placeholders replaced; a list of values becomes one line each.
pub(super) fn filled(text: &str, values: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("((") {
        out.push_str(before);
        if let Some((name, after)) = after.split_once("))") {
            out.push_str(&value_text(values.get(name)));
            rest = after;
        } else {
            out.push_str("((");
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn value_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let lines: Vec<_> = items.iter().map(|item| format!("* {}", value_text(Some(item)))).collect();
            lines.join("\n")
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_purpose_has_its_own_id() {
        let ids: BTreeSet<_> = every_purpose().into_iter().map(|template| template.id).collect();
        assert_eq!(ids.len(), PURPOSES.len());
        assert!(ids.contains(&notify_template_id("referral-sent")));
    }

    #[test]
    fn placeholders_are_found_and_filled() {
        let values = json!({ "a": "x((b))", "n": 3, "list": ["one", "two"] });
        assert_eq!(placeholders(&["((b)) and ((a))", "((a))"]), ["a", "b"]);
        assert_eq!(filled("((a)), ((n)), ((list)) ((", values.as_object().unwrap()), "x((b)), 3, * one\n* two ((");
    }
}
