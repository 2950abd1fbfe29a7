//! E-mails about amendments. What changed is read from the change log, so that no text of it lies in the outbox.

use domain::amendment::{Change, Values};
use domain::effect::Recipient;
use domain::email::EmailPurpose;
use domain::{ChangeLogId, Referral};
use jiff::civil::Date;
use serde_json::{Value, json};
use upstream::Trace;

use crate::email::first_name_of;
use crate::relay::{Carrier, NotDone};

/// Where no value was given before.
const NOT_SET: &str = "not set";
/// In place of a release date, or of a reason why there is none.
const NOT_KNOWN: &str = "Not known";

/// The personalisation of an e-mail to somebody of this first name; its keys are those of the templates.
pub(crate) async fn personalisation(
    carrier: &Carrier,
    trace: &Trace,
    referral: &Referral,
    purpose: EmailPurpose,
    id: ChangeLogId,
    to: &Recipient,
    first_name: &str,
) -> Result<Value, NotDone> {
    let mut db = carrier.app.store().connection().await?;
    let found = store::changelog::find(&mut db, id).await?;
    drop(db);
    let Some((_, change)) = found.filter(|(whose, _)| *whose == referral.id) else {
        return Err(NotDone::Unsendable("the change that the e-mail tells of is not there"));
    };
    let links = &carrier.settings.links;
    let details = match to {
        Recipient::Practitioner { .. } => links.practitioner_details(referral.id),
        Recipient::ProviderMailbox | Recipient::ProviderUser(_) | Recipient::Operators => {
            links.provider_details(referral.id)
        }
    };
    let reference = referral.reference.as_str();
    let changed_by = match purpose {
        EmailPurpose::ComplexityLevelChanged | EmailPurpose::DesiredOutcomeChanged | EmailPurpose::NeedsChanged => {
            String::new()
        }
        _ => first_name_of(carrier, trace, &change.by).await?,
    };
    Ok(match purpose {
        EmailPurpose::ComplexityLevelChanged | EmailPurpose::DesiredOutcomeChanged | EmailPurpose::NeedsChanged => {
            json!({
                "sp_first_name": first_name,
                "referral_number": reference,
                "referral": details,
            })
        }
        EmailPurpose::CompletionDeadlineUpdated => json!({
            "caseworkerFirstName": first_name,
            "newCompletionDeadline": day_in_words(&change.new),
            "previousCompletionDeadline": day_in_words(&change.old),
            "changedByName": changed_by,
            "referralDetailsUrl": details,
        }),
        EmailPurpose::EnforceableDaysUpdated => json!({
            "recipientFirstName": first_name,
            "newMaximumEnforceableDays": or(&change.new, NOT_SET),
            "previousMaximumEnforceableDays": or(&change.old, NOT_SET),
            "changedByName": changed_by,
            "referralDetailsUrl": details,
        }),
        _ => {
            let mut value = json!({
                "caseWorkerFirstName": first_name,
                "changedByName": changed_by,
                "referralDetailsURL": details,
                "referralNumber": reference,
                "popFullName": referral.person.full_name_as_received(),
            });
            if purpose != EmailPurpose::ReasonForReferralUpdated {
                let Some((name, old, new)) = pair(purpose, &change) else {
                    return Err(NotDone::Unsendable("the e-mail's purpose does not fit what it is about"));
                };
                value[format!("old{name}")] = old.into();
                value[format!("new{name}")] = new.into();
            }
            value
        }
    })
}

/// The last part of the two keys that hold the value before and after, and these values.
fn pair(purpose: EmailPurpose, change: &Change) -> Option<(&'static str, String, String)> {
    let Change { old, new, .. } = change;
    let plain = |name, empty| Some((name, or(old, empty), or(new, empty)));
    match purpose {
        EmailPurpose::PrisonEstablishmentUpdated => {
            let shown = |values: &Values| values.shown.clone().unwrap_or_else(|| or(values, NOT_SET));
            Some(("PrisonEstablishment", shown(old), shown(new)))
        }
        EmailPurpose::ExpectedReleaseDateUpdated => {
            Some(("ExpectedReleaseDateDetails", release_date(old), release_date(new)))
        }
        EmailPurpose::ProbationOfficeUpdated => plain("ProbationOffice", NOT_SET),
        EmailPurpose::PractitionerNameUpdated => plain("ProbationPractitionerName", NOT_SET),
        EmailPurpose::PractitionerEmailUpdated => plain("ProbationPractitionerEmail", NOT_SET),
        // The templates expect a space where there was no number.
        EmailPurpose::PractitionerPhoneUpdated => plain("ProbationPractitionerPhoneNumber", " "),
        EmailPurpose::PractitionerTeamPhoneUpdated => plain("ProbationPractitionerTeamPhoneNumber", " "),
        _ => None,
    }
}

fn first(values: &Values) -> Option<&str> {
    values.texts.first().map(String::as_str).filter(|text| !text.is_empty())
}

fn or(values: &Values, empty: &str) -> String {
    first(values).unwrap_or(empty).to_owned()
}

/// Such as "3 May 2025".
fn day_in_words(values: &Values) -> String {
    let day = first(values).and_then(|text| text.parse::<Date>().ok());
    day.map_or_else(|| NOT_SET.to_owned(), |day| day.strftime("%-d %B %Y").to_string())
}

/// The log holds a date, or else the reason why there is none, which is nobody's but the practitioner's to word.
fn release_date(values: &Values) -> String {
    let date = first(values).filter(|text| Date::strptime("%d-%b-%Y", text).is_ok());
    date.unwrap_or(NOT_KNOWN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Values {
        Values { texts: vec![text.to_owned()], shown: None }
    }

    #[test]
    fn days_are_in_words_and_what_is_no_date_is_not_known() {
        assert_eq!(day_in_words(&values("2025-05-03")), "3 May 2025");
        assert_eq!(day_in_words(&values("")), "not set");
        assert_eq!(release_date(&values("03-May-2025")), "03-May-2025");
        for text in ["", "awaiting a parole hearing", "31-Feb-2025"] {
            assert_eq!(release_date(&values(text)), "Not known", "{text}");
        }
    }
}
