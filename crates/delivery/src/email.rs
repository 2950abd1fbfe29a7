//! E-mails: who gets one is looked up when it is sent, and the key spellings are those that the templates have.

use domain::effect::{EmailSubject, Recipient};
use domain::email::EmailPurpose;
use domain::ending::EndReason;
use domain::{AuthSource, Referral, User};
use serde_json::{Map, Value, json};
use store::outbox::{ClaimedEffect, Outcome};
use upstream::manage_users::EmailLookup;
use upstream::notify::{Email, Fault};
use upstream::{Trace, UpstreamError};

use crate::amendment;
use crate::relay::{Carrier, NotDone};

/// Whom an e-mail goes to.
struct Addressee {
    address: String,
    first_name: String,
}

/// Who was found for a recipient.
enum Found {
    Somebody(Addressee),
    /// Nobody is to be told; says why.
    Nobody(&'static str),
    /// Somebody should be told and cannot be; says why.
    Unreachable(&'static str),
}

/// Sends one e-mail, once: after an attempt whose answer was lost, Notify is asked first whether it has it.
pub(crate) async fn send(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
    purpose: EmailPurpose,
    to: &Recipient,
    about: &EmailSubject,
) -> Result<Outcome, NotDone> {
    let Some(notify) = &carrier.app.upstreams().notify else {
        return Err(NotDone::Later("e-mail is switched off by configuration"));
    };
    // What asks the practitioner to choose has words of its own for operators.
    let words = if *to == Recipient::Operators { EmailPurpose::DeliusNeedsOperator } else { purpose };
    let Some(template) = carrier.settings.templates.get(&words) else {
        if words.is_optional() {
            // Parked, it would hold up every later e-mail about the referral.
            let reason = "no template is configured for this e-mail, which is optional".to_owned();
            return Ok(Outcome::Superseded { reason });
        }
        return Err(NotDone::Unsendable("no template is configured for this e-mail"));
    };
    let addressee = match addressee(carrier, trace, referral, to).await? {
        Found::Somebody(addressee) => addressee,
        Found::Nobody(reason) => return Ok(Outcome::Superseded { reason: reason.to_owned() }),
        Found::Unreachable(reason) => {
            return Ok(Outcome::Parked { reason: reason.to_owned(), status: None, error: None, ambiguous: false });
        }
    };
    let reference = effect.id.to_string();
    if effect.was_ambiguous
        && let Some(sent) = notify.find_by_reference(trace, &reference).await?.first()
    {
        return Ok(Outcome::Delivered { receipt: Some(sent.id.to_string()) });
    }
    let personalisation = personalisation(carrier, trace, referral, words, about, to, &addressee).await?;
    let email = Email {
        template_id: *template,
        address: &addressee.address,
        personalisation: &personalisation,
        free_text: &[],
        reference: &reference,
    };
    let accepted = notify.send(trace, &email).await?;
    Ok(Outcome::Delivered { receipt: Some(accepted.id.to_string()) })
}

/// What a refusal by Notify means, in plain words.
pub(crate) fn meaning(error: &UpstreamError) -> &'static str {
    match Fault::of(error) {
        Fault::Invalid => "the e-mail service does not accept the address",
        Fault::Configuration => "the template or its placeholders do not fit; somebody must mend the configuration",
        Fault::Authentication => "the e-mail service does not accept our key or our clock",
        Fault::NotFound | Fault::RateLimit | Fault::DailyLimit | Fault::Outage => "the e-mail service refuses this",
    }
}

async fn addressee(carrier: &Carrier, trace: &Trace, referral: &Referral, to: &Recipient) -> Result<Found, NotDone> {
    match to {
        Recipient::ProviderMailbox => Ok(Found::Somebody(Addressee {
            address: referral.intervention.incoming_referral_mailbox.clone(),
            first_name: String::new(),
        })),
        Recipient::ProviderUser(user) => directory(carrier, trace, user).await,
        Recipient::Operators => Ok(match carrier.settings.operators_address.clone() {
            Some(address) => Found::Somebody(Addressee { address, first_name: String::new() }),
            None => Found::Nobody("no address of operators is configured"),
        }),
        Recipient::Practitioner { unless } => practitioner(carrier, trace, referral, unless.as_ref()).await,
    }
}

/// The responsible officer when they have an address, or else whoever sent the referral.
async fn practitioner(
    carrier: &Carrier,
    trace: &Trace,
    referral: &Referral,
    unless: Option<&User>,
) -> Result<Found, NotDone> {
    let officer = carrier.app.upstreams().delius.responsible_officer(trace, &referral.crn).await;
    let officer = match officer {
        Ok(officer) => officer,
        // A refusal is final for this purpose; an outage is worth waiting for.
        Err(error) if error.is_outage() => return Err(error.into()),
        Err(_) => None,
    };
    if let Some(manager) = officer.as_ref().map(upstream::delius::ResponsibleOfficer::effective) {
        let is_actor = unless.is_some_and(|actor| {
            actor.source == AuthSource::Delius
                && manager.username.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&actor.username))
        });
        if is_actor {
            return Ok(Found::Nobody("the practitioner did this themself"));
        }
        if let Some(address) = &manager.email {
            let first_name = manager.name.forename.clone();
            return Ok(Found::Somebody(Addressee { address: address.clone(), first_name }));
        }
    }
    if unless.is_some_and(|actor| actor.is_same_person(&referral.sent_by)) {
        return Ok(Found::Nobody("the practitioner did this themself"));
    }
    directory(carrier, trace, &referral.sent_by).await
}

async fn directory(carrier: &Carrier, trace: &Trace, user: &User) -> Result<Found, NotDone> {
    let users = &carrier.app.upstreams().manage_users;
    if user.source == AuthSource::Auth {
        return Ok(match users.external_user(trace, &user.username).await? {
            Some(found) if found.verified => match found.email {
                Some(address) => {
                    Found::Somebody(Addressee { address, first_name: found.first_name.unwrap_or_default() })
                }
                None => Found::Unreachable("the user has no e-mail address in the directory"),
            },
            Some(_) => Found::Unreachable("the user's e-mail address is not verified"),
            None => Found::Unreachable("the directory does not know the user"),
        });
    }
    let (known, email) = tokio::join!(users.user(trace, &user.username), users.user_email(trace, &user.username));
    let name = known?.and_then(|user| user.name).unwrap_or_default();
    let first_name = name.split_whitespace().next().unwrap_or_default().to_owned();
    Ok(match email? {
        EmailLookup::Verified(address) => Found::Somebody(Addressee { address, first_name }),
        EmailLookup::NoneVerified => Found::Unreachable("the user has no verified e-mail address"),
        EmailLookup::NoSuchUser => Found::Unreachable("the directory does not know the user"),
    })
}

async fn personalisation(
    carrier: &Carrier,
    trace: &Trace,
    referral: &Referral,
    purpose: EmailPurpose,
    about: &EmailSubject,
    to: &Recipient,
    addressee: &Addressee,
) -> Result<Map<String, Value>, NotDone> {
    let links = &carrier.settings.links;
    let name = &addressee.first_name;
    let reference = referral.reference.as_str();
    let person = referral.person.full_name();
    let crn = referral.crn.as_str();
    let value = match (purpose, about) {
        (EmailPurpose::ReferralSent, _) => json!({
            "organisationName": referral.intervention.contract.prime_provider.name,
            "referenceNumber": reference,
            "referralUrl": links.provider_details(referral.id),
        }),
        (EmailPurpose::ReferralAssigned, _) => json!({
            "spFirstName": name,
            "referenceNumber": reference,
            "referralUrl": links.provider_details(referral.id),
        }),
        (EmailPurpose::ActionPlanSubmitted, _) => json!({
            "submitterFirstName": name,
            "referenceNumber": reference,
            "actionPlanUrl": links.practitioner_plan(referral.id),
            "popFullName": person,
            "crn": crn,
        }),
        (EmailPurpose::ActionPlanApproved, _) => json!({
            "submitterFirstName": name,
            "referenceNumber": reference,
            "actionPlanUrl": links.provider_plan(referral.id),
            "popFullName": person,
            "crn": crn,
        }),
        (EmailPurpose::InitialAssessmentScheduled | EmailPurpose::DeliusNeedsChoice, _) => json!({
            "ppFirstName": name,
            "referenceNumber": reference,
            "referralUrl": links.practitioner_progress(referral.id),
            "popFullName": person,
            "crn": crn,
        }),
        (EmailPurpose::DeliusNeedsOperator, _) => json!({
            "referenceNumber": reference,
            "operationsUrl": links.operations(referral.id),
        }),
        (EmailPurpose::AppointmentClash, _) => json!({
            "spFirstName": name,
            "referenceNumber": reference,
            "referralUrl": links.provider_progress(referral.id),
        }),
        (EmailPurpose::AppointmentNotAttended, EmailSubject::Appointment(id, slot)) => json!({
            "ppFirstName": name,
            "popfullname": person,
            "attendanceUrl": links.practitioner_feedback(referral.id, *slot, *id),
            "crn": crn,
        }),
        (EmailPurpose::SessionPoorBehaviour, EmailSubject::Appointment(id, slot)) => json!({
            "ppFirstName": name,
            "popfullname": person,
            "sessionUrl": links.practitioner_feedback(referral.id, *slot, *id),
        }),
        (EmailPurpose::SessionConcerns, EmailSubject::Appointment(id, slot)) => json!({
            "ppFirstName": name,
            "popfullname": person,
            "sessionUrl": links.practitioner_feedback(referral.id, *slot, *id),
            "crn": crn,
        }),
        (EmailPurpose::EndOfServiceReportSubmitted, EmailSubject::Report(id)) => json!({
            "ppFirstName": name,
            "referralReference": reference,
            "endOfServiceReportLink": links.practitioner_report(*id),
            "popFullName": person,
            "crn": crn,
        }),
        (EmailPurpose::CaseNoteSent, EmailSubject::CaseNote(id)) => json!({
            "recipientFirstName": name,
            "referralNumber": reference,
            "caseNoteUrl": links.provider_case_note(*id),
            "popFullName": person,
        }),
        (EmailPurpose::CaseNoteSentPp, EmailSubject::CaseNote(id)) => json!({
            "pp_first_name": name,
            "referralNumber": reference,
            "caseNoteUrl": links.practitioner_case_note(*id),
            "popFullName": person,
            "crn": crn,
        }),
        (
            EmailPurpose::ReferralPreIcaWithdrawn
            | EmailPurpose::ReferralPostIcaWithdrawn
            | EmailPurpose::ReferralWithdrawEarly,
            _,
        ) => json!({
            "caseworkerFirstName": name,
            "referralNumber": reference,
            "popFullName": person,
            "changedByName": withdrawer_first_name(carrier, trace, referral).await?,
            "reasonForWithdrawal": withdrawal_reason(carrier, referral).await?,
        }),
        (_, EmailSubject::Change(id)) => {
            amendment::personalisation(carrier, trace, referral, purpose, *id, to, name).await?
        }
        _ => return Err(NotDone::Unsendable("the e-mail's purpose does not fit what it is about")),
    };
    match value {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

async fn withdrawer_first_name(carrier: &Carrier, trace: &Trace, referral: &Referral) -> Result<String, NotDone> {
    let Some(request) = &referral.end_request else { return Ok(String::new()) };
    first_name_of(carrier, trace, &request.by).await
}

/// The first name of somebody who acted; empty when the directory does not know them.
pub(crate) async fn first_name_of(carrier: &Carrier, trace: &Trace, user: &User) -> Result<String, NotDone> {
    match directory(carrier, trace, user).await? {
        Found::Somebody(found) => Ok(found.first_name),
        Found::Nobody(_) | Found::Unreachable(_) => Ok(String::new()),
    }
}

async fn withdrawal_reason(carrier: &Carrier, referral: &Referral) -> Result<String, NotDone> {
    let Some(EndReason::Withdrawal { code, .. }) = referral.end_request.as_ref().and_then(|end| end.reason.as_ref())
    else {
        return Ok(String::new());
    };
    let mut db = carrier.app.store().connection().await?;
    let reasons = store::catalogue::withdrawal_reasons(&mut db).await?;
    Ok(reasons.into_iter().find(|reason| reason.code == *code).map(|reason| reason.description).unwrap_or_default())
}
