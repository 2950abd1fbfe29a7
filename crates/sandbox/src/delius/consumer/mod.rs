//! Delius's consumer of our events: receives, calls us back, acts, acknowledges.
//!
//! Owns the three ways an event can go (done; rejected, hence acknowledged and gone; failed, hence delivered again and
//! in the end a dead letter) and the telemetry of each attempt. Refuses to tell the producer anything, as the real one.

mod call_back;
mod message;

use std::time::Duration;

use uuid::Uuid;

use crate::sandbox::Sandbox;
use crate::topic::Delivery;

use self::message::{ActionPlan, Ended, FeedbackNews, Message, News};
use super::ending::{self, EndReferral};
use super::feedback::{self, Feedback};
use super::http::ACCOUNT;
use super::ledger::{Occasion, Telemetry, Verdict};
use super::notification::{self, Note};
use super::outcome::SessionOutcome;
use super::record::Record;
use super::refusal::{EventRefusal, Failure};

/// Attempts within one delivery, for an answer that may be a moment late.
const ATTEMPTS: u32 = 3;
/// The first pause between attempts; later ones grow with the square.
const PAUSE: Duration = Duration::from_millis(50);

/// What is to be done to the record, all of it known.
enum Work {
    Note(ActionPlan),
    Feedback(Feedback),
    End(EndReferral),
}

/// Consumes events until the sandbox stops.
pub async fn run(sandbox: Sandbox) {
    loop {
        let delivery = sandbox.next_event().await;
        let again = consume(&sandbox, &delivery).await;
        let settled = if again { sandbox.return_event(&delivery) } else { sandbox.acknowledge_event(&delivery) };
        if let Err(error) = settled {
            tracing::error!(error = &error as &dyn std::error::Error, "the sandbox's state could not be saved");
        }
    }
}

/// Deals with one delivery and writes its telemetry; whether the message should come again.
async fn consume(sandbox: &Sandbox, delivery: &Delivery) -> bool {
    let mode = sandbox.read(|state| state.delius.mode.clone());
    if !mode.events || (!mode.action_plan_events && delivery.event_type.starts_with("intervention.action-plan.")) {
        return false;
    }
    let read = message::read(&delivery.event_type, &delivery.text, &mode);
    let outcome = match &read {
        Ok(message) => process(sandbox, message).await,
        Err(failure) => Err(EventRefusal::Failed(failure.clone())),
    };
    sandbox.write(|state| {
        let (verdict, again) = match &outcome {
            Ok(()) => (Verdict::Success, false),
            Err(EventRefusal::Rejected(_)) => (Verdict::Rejected, !mode.silent_rejection),
            Err(EventRefusal::Failed(_)) => (Verdict::Failure, true),
        };
        let message = read.as_ref().ok();
        let entry = Telemetry {
            seq: 0,
            at: state.now(),
            event_type: delivery.event_type.clone(),
            verdict,
            crn: message.map(|message| message.crn.clone()),
            referral_id: message.map(|message| message.referral_id.to_string()),
            reason: outcome.as_ref().err().map(ToString::to_string),
            attempt: delivery.receives,
        };
        state.delius.ledger_mut().record(entry);
        again
    })
}

/// Calls back where the event needs it, then acts. An answer of 404 and a broken connection are tried again at once.
async fn process(sandbox: &Sandbox, message: &Message) -> Result<(), EventRefusal> {
    let mut attempt = 1;
    let work = loop {
        match gather(sandbox, message).await {
            Err(Failure::CallBackStatus(404) | Failure::CallBackUnreachable) if attempt < ATTEMPTS => {
                tokio::time::sleep(PAUSE * attempt * attempt).await;
                attempt += 1;
            }
            done => break done?,
        }
    };
    sandbox.write(|state| {
        let occasion = Occasion { now: state.now(), by: ACCOUNT, cause: &message.event_type };
        act(&mut state.delius, &occasion, message, &work)
    })
}

/// Completes what the event says by what our API says now.
async fn gather(sandbox: &Sandbox, message: &Message) -> Result<Work, Failure> {
    match &message.news {
        News::ActionPlan(plan) => Ok(Work::Note(plan.clone())),
        News::SessionFeedback(news) => {
            let session: call_back::Session = call_back::get(sandbox, &message.detail_url).await?;
            Ok(feedback_work(news, session.latest_feedback()?))
        }
        News::AssessmentFeedback(news) => {
            let assessment: call_back::SupplierAssessment = call_back::get(sandbox, &message.detail_url).await?;
            Ok(feedback_work(news, assessment.latest_feedback()?))
        }
        News::Ended(Ended { urn, delivery_state, url }) => {
            let referral: call_back::SentReferral = call_back::get(sandbox, &message.detail_url).await?;
            let described = referral.described();
            Ok(Work::End(EndReferral {
                urn: urn.clone(),
                ended_at: referral.ended_at()?,
                delivery_state: delivery_state.clone(),
                notes: format!("Referral ended: {described}\n{url}"),
                end_of_service_report: referral.report_submitted().then(|| format!("{described}\n{url}")),
            }))
        }
    }
}

fn feedback_work(news: &FeedbackNews, (appointment_id, outcome): (Uuid, SessionOutcome)) -> Work {
    let FeedbackNews { delius_id, text } = news;
    Work::Feedback(Feedback { appointment_id, delius_id: *delius_id, outcome, notes: text.clone() })
}

fn act(record: &mut Record, occasion: &Occasion<'_>, message: &Message, work: &Work) -> Result<(), EventRefusal> {
    let Message { crn, referral_id, occurred_at, .. } = message;
    match work {
        Work::Note(ActionPlan { news, text }) => {
            let note = Note { title: news.title(), text, at: *occurred_at };
            notification::action_plan(record, occasion, crn, *referral_id, &note)
        }
        Work::Feedback(feedback) => feedback::record_feedback(record, occasion, crn, feedback),
        Work::End(end) => ending::end(record, occasion, crn, end),
    }
}
