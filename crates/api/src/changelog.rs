//! The change log of a sent referral. Its dates are text, made for people: keep that to these two operations.

use app::changelog::{ChangeDetails, LoggedChange};
use domain::amendment::Topic;
use domain::{ChangeLogId, ReferralId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::caller::Caller;
use crate::extract::Id;
use crate::word::Word;

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangelogEntry")]
pub(crate) struct WireEntry {
    changelog_id: Uuid,
    referral_id: Uuid,
    topic: Word<Topic>,
    description: &'static str,
    changed_at: String,
    name: String,
    reason_for_change: String,
}

impl From<LoggedChange> for WireEntry {
    fn from(logged: LoggedChange) -> Self {
        let LoggedChange { change, referral, changed_by } = logged;
        Self {
            changelog_id: change.id.0,
            referral_id: referral.0,
            topic: Word(change.topic),
            description: description(change.topic),
            changed_at: shown_instant(change.at),
            name: changed_by,
            reason_for_change: change.reason,
        }
    }
}

/// A change in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangelogDetails")]
pub(crate) struct WireChange {
    changelog_id: Uuid,
    referral_id: Uuid,
    topic: Word<Topic>,
    old_value: Vec<String>,
    new_value: Vec<String>,
    name: String,
    reason_for_change: String,
}

impl From<ChangeDetails> for WireChange {
    fn from(details: ChangeDetails) -> Self {
        let ChangeDetails { logged: LoggedChange { change, referral, changed_by }, old, new } = details;
        Self {
            changelog_id: change.id.0,
            referral_id: referral.0,
            topic: Word(change.topic),
            old_value: shown_values(change.topic, old),
            new_value: shown_values(change.topic, new),
            name: changed_by,
            reason_for_change: change.reason,
        }
    }
}

/// `GET /sent-referral/{referralId}/change-log`.
pub(crate) async fn list(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<Vec<WireEntry>> {
    ok(app::changelog::list(&ctx, id).await?.into_iter().map(Into::into).collect())
}

/// `GET /sent-referral/change-log/{changeLogId}`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<ChangeLogId>) -> Answer<WireChange> {
    ok(app::changelog::get(&ctx, id).await?.into())
}

/// What changed, in a sentence.
fn description(topic: Topic) -> &'static str {
    match topic {
        Topic::ComplexityLevel => "The complexity level was changed",
        Topic::DesiredOutcomes => "The desired outcomes were changed",
        Topic::CompletionDeadline => "The completion date was changed",
        Topic::MaximumEnforceableDays => "The maximum number of enforceable days was changed",
        Topic::ReasonForReferral => "The reason for the referral was changed",
        Topic::ReasonFurtherInformation => "Further information on the reason for the referral was changed",
        Topic::AdditionalResponsibilities => "Caring or employment responsibilities were changed",
        Topic::InterpreterRequired => "The need for an interpreter was changed",
        Topic::AccessibilityNeeds => "Mobility, disability or accessibility needs were changed",
        Topic::AdditionalInformation => "Additional information about needs was changed",
        Topic::PrisonEstablishment => "The prison establishment was changed",
        Topic::ExpectedReleaseDate => "The expected release date was changed",
        Topic::ExpectedProbationOffice => "The expected probation office was changed",
        Topic::PractitionerOffice => "The probation practitioner's office was changed",
        Topic::PractitionerName => "The probation practitioner's name was changed",
        Topic::PractitionerEmail => "The probation practitioner's email address was changed",
        Topic::PractitionerPhone => "The probation practitioner's phone number was changed",
        Topic::PractitionerTeamPhone => "The probation practitioner's team phone number was changed",
    }
}

/// Such as `03 Feb 2031 at 4.05am`, in UTC.
fn shown_instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%d %b %Y at %-I.%M%P").to_string()
}

fn shown_values(topic: Topic, texts: Vec<String>) -> Vec<String> {
    match topic {
        Topic::ComplexityLevel => texts.into_iter().map(|title| title.to_uppercase()).collect(),
        Topic::CompletionDeadline => texts.into_iter().map(shown_day).collect(),
        Topic::AdditionalResponsibilities | Topic::InterpreterRequired => shown_answer(&texts),
        _ => texts,
    }
}

/// Such as `03 Feb 2031`; what is no date stays as it is.
fn shown_day(text: String) -> String {
    text.parse::<Date>().map_or(text, |day| day.strftime("%d %b %Y").to_string())
}

/// `No`, or `Yes-` with what was said about it. A question that was never answered shows nothing.
fn shown_answer(texts: &[String]) -> Vec<String> {
    match texts {
        [yes, said @ ..] if yes == "true" => vec![format!("Yes-{}", said.join(" "))],
        [_, ..] => vec!["No".to_owned()],
        [] => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(topic: Topic, texts: &[&str]) -> Vec<String> {
        shown_values(topic, texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn instants_are_text_in_utc() {
        for (at, text) in [
            ("2031-02-03T04:05:06Z", "03 Feb 2031 at 4.05am"),
            ("2031-07-13T12:00:00Z", "13 Jul 2031 at 12.00pm"),
            ("2031-07-13T00:30:00+01:00", "12 Jul 2031 at 11.30pm"),
            ("2031-07-13T00:00:00Z", "13 Jul 2031 at 12.00am"),
        ] {
            assert_eq!(shown_instant(at.parse().expect("an instant")), text);
        }
    }

    #[test]
    fn values_are_shown_as_their_topic_has_it() {
        assert_eq!(shown(Topic::ComplexityLevel, &["Low complexity"]), ["LOW COMPLEXITY"]);
        assert_eq!(shown(Topic::CompletionDeadline, &["2031-02-03"]), ["03 Feb 2031"]);
        assert_eq!(shown(Topic::CompletionDeadline, &[""]), [""]);
        assert_eq!(shown(Topic::InterpreterRequired, &["true", "Welsh"]), ["Yes-Welsh"]);
        assert_eq!(shown(Topic::InterpreterRequired, &["true"]), ["Yes-"]);
        assert_eq!(shown(Topic::AdditionalResponsibilities, &["false"]), ["No"]);
        assert_eq!(shown(Topic::AdditionalResponsibilities, &[]), [""; 0]);
        assert_eq!(shown(Topic::ExpectedReleaseDate, &["03-Feb-2031"]), ["03-Feb-2031"]);
        assert_eq!(shown(Topic::AccessibilityNeeds, &["a ramp"]), ["a ramp"]);
    }

    #[test]
    fn every_topic_has_a_sentence_of_its_own() {
        let sentences: std::collections::BTreeSet<_> = Topic::ALL.iter().map(|topic| description(*topic)).collect();
        assert_eq!(sentences.len(), Topic::ALL.len());
    }
}
