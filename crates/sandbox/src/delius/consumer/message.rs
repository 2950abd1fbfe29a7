//! Reading an event: what each of the five types must carry.
//!
//! Owns the demands on the published text; refuses to know what is done with it. Values of the additional information
//! must be strings, numbers in disguise included, since the real consumer casts each one to a string.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::delius::mode::Mode;
use crate::delius::notification::ActionPlanNews;
use crate::delius::refusal::Failure;

/// An event that can be acted upon.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) event_type: String,
    pub(super) crn: String,
    pub(super) referral_id: Uuid,
    pub(super) detail_url: String,
    pub(super) occurred_at: Timestamp,
    pub(super) news: News,
}

/// What the event is about.
#[derive(Debug, Clone)]
pub(super) enum News {
    ActionPlan(ActionPlan),
    SessionFeedback(FeedbackNews),
    AssessmentFeedback(FeedbackNews),
    Ended(Ended),
}

/// An action plan was submitted or approved.
#[derive(Debug, Clone)]
pub(super) struct ActionPlan {
    pub(super) news: ActionPlanNews,
    pub(super) text: String,
}

/// Feedback was given; which appointment it is about only the call-back tells.
#[derive(Debug, Clone)]
pub(super) struct FeedbackNews {
    pub(super) delius_id: Option<i64>,
    pub(super) text: String,
}

/// A referral ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) urn: String,
    pub(super) delivery_state: String,
    pub(super) url: String,
}

struct Fields<'a>(&'a Value);

impl Fields<'_> {
    fn text(&self, key: &'static str) -> Result<String, Failure> {
        self.0.get(key).and_then(Value::as_str).map(ToOwned::to_owned).ok_or(Failure::Lacking(key))
    }

    fn number_if_present(&self, key: &'static str) -> Result<Option<i64>, Failure> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_not_a_number| Failure::Lacking(key)),
            Some(_) => Err(Failure::Lacking(key)),
        }
    }

    fn described(&self) -> Result<String, Failure> {
        let (contract, reference) = (self.text("contractTypeName")?, self.text("referralReference")?);
        let provider = self.text("primeProviderName")?;
        Ok(format!("{contract} referral {reference} with prime provider {provider}"))
    }
}

/// Reads an event. The type of the message attribute counts, whatever the text says.
///
/// # Errors
/// A [`Failure`] that names what is missing; the message is then delivered again.
pub(super) fn read(event_type: &str, text: &str, mode: &Mode) -> Result<Message, Failure> {
    let body: Value = serde_json::from_str(text).map_err(|_unreadable| Failure::Unreadable)?;
    let nothing = Value::Null;
    let information = Fields(body.get("additionalInformation").unwrap_or(&nothing));
    // Needed even where nobody calls back.
    let detail_url = Fields(&body).text("detailUrl")?;
    let occurred_at = Fields(&body).text("occurredAt")?;
    let occurred_at = occurred_at.parse().map_err(|_not_an_instant| Failure::Lacking("occurredAt"))?;
    let crn = case_number(&body).ok_or(Failure::Lacking("personReference of type CRN"))?;
    let referral_id = information.text("referralId")?;
    let referral_id = referral_id.parse().map_err(|_not_a_uuid| Failure::Lacking("referralId"))?;
    let plan = |news| -> Result<News, Failure> {
        let url = information.text("actionPlanProbationUserUrl")?;
        Ok(News::ActionPlan(ActionPlan { news, text: format!("{}\n{url}", information.described()?) }))
    };
    let feedback = || -> Result<FeedbackNews, Failure> {
        let url = information.text("referralProbationUserURL")?;
        let delius_id = information.number_if_present("deliusAppointmentId")?;
        let described = information.described()?;
        Ok(FeedbackNews { delius_id, text: format!("Feedback submitted for {described}\n{url}") })
    };
    let news = match event_type {
        "intervention.action-plan.submitted" => plan(ActionPlanNews::Submitted)?,
        "intervention.action-plan.approved" => plan(ActionPlanNews::Approved)?,
        "intervention.session-appointment.session-feedback-submitted" => News::SessionFeedback(feedback()?),
        "intervention.initial-assessment-appointment.session-feedback-submitted" => {
            News::AssessmentFeedback(feedback()?)
        }
        "intervention.referral.ended" => {
            if mode.withdrawal_code_required {
                information.text("withdrawalCode")?;
            }
            News::Ended(Ended {
                urn: information.text("referralURN")?,
                delivery_state: information.text("deliveryState")?,
                url: information.text("referralProbationUserURL")?,
            })
        }
        _ => return Err(Failure::Unreadable),
    };
    Ok(Message { event_type: event_type.to_owned(), crn, referral_id, detail_url, occurred_at, news })
}

fn case_number(body: &Value) -> Option<String> {
    body.get("personReference")?
        .get("identifiers")?
        .as_array()?
        .iter()
        .find(|identifier| identifier.get("type").and_then(Value::as_str) == Some("CRN"))?
        .get("value")?
        .as_str()
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ended() -> Value {
        json!({
            "eventType": "intervention.referral.ended",
            "detailUrl": "http://localhost/sent-referral/1",
            "occurredAt": "2026-03-02T10:00:00.000+00:00",
            "additionalInformation": {
                "referralId": "c0ffee00-0000-4000-8000-000000000001",
                "referralURN": "urn:hmpps:interventions-referral:c0ffee00-0000-4000-8000-000000000001",
                "deliveryState": "COMPLETED",
                "referralProbationUserURL": "http://localhost/referral",
                "withdrawalCode": ""
            },
            "personReference": { "identifiers": [{ "type": "NOMS", "value": "G1" }, { "type": "CRN", "value": "X100001" }] }
        })
    }

    fn lacking(change: impl FnOnce(&mut Value)) -> Failure {
        let mut body = ended();
        change(&mut body);
        read("intervention.referral.ended", &body.to_string(), &Mode::default()).unwrap_err()
    }

    #[test]
    fn an_ended_event_is_read() {
        let message = read("intervention.referral.ended", &ended().to_string(), &Mode::default()).unwrap();
        assert_eq!(message.crn, "X100001");
        assert!(matches!(message.news, News::Ended(Ended { delivery_state, .. }) if delivery_state == "COMPLETED"));
    }

    #[test]
    fn each_missing_part_is_named() {
        let remove = |key: &'static str| {
            move |body: &mut Value| {
                body["additionalInformation"].as_object_mut().unwrap().remove(key);
            }
        };
        assert_eq!(lacking(remove("withdrawalCode")), Failure::Lacking("withdrawalCode"));
        assert_eq!(lacking(remove("referralURN")), Failure::Lacking("referralURN"));
        assert_eq!(lacking(|body| body["detailUrl"] = Value::Null), Failure::Lacking("detailUrl"));
        assert_eq!(
            lacking(|body| body["personReference"] = json!({ "identifiers": [] })),
            Failure::Lacking("personReference of type CRN")
        );
    }

    #[test]
    fn a_withdrawal_code_may_be_absent_where_that_is_switched_off() {
        let mut body = ended();
        body["additionalInformation"].as_object_mut().unwrap().remove("withdrawalCode");
        let mode = Mode { withdrawal_code_required: false, ..Mode::default() };
        assert!(read("intervention.referral.ended", &body.to_string(), &mode).is_ok());
    }

    #[test]
    fn a_delius_id_must_come_as_text() {
        let mut body = ended();
        let information = body["additionalInformation"].as_object_mut().unwrap();
        for key in ["contractTypeName", "referralReference", "primeProviderName"] {
            information.insert(key.to_owned(), json!("x"));
        }
        information.insert("deliusAppointmentId".to_owned(), json!("2512700001"));
        let kind = "intervention.session-appointment.session-feedback-submitted";
        let message = read(kind, &body.to_string(), &Mode::default()).unwrap();
        assert!(matches!(message.news, News::SessionFeedback(FeedbackNews { delius_id: Some(2_512_700_001), .. })));
        body["additionalInformation"]["deliusAppointmentId"] = json!(2_512_700_001_i64);
        assert_eq!(
            read(kind, &body.to_string(), &Mode::default()).unwrap_err(),
            Failure::Lacking("deliusAppointmentId")
        );
    }
}
