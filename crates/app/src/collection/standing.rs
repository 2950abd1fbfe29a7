//! Where a referral's messages stand, as its pages say it: how far Delius is, what its updates wait for, whether the two
//! agree, and whether a message to another system is late.

use domain::ReferralId;
use domain::access::{Operation, UserType};
use domain::collection::{Choice, DiscrepancyKind, Evidence, Finding, likely_reason};
use domain::effect::System;
use jiff::{SignedDuration, Timestamp};
use store::collection::{CollectionState, FirstWaiting, Progress};
use store::outbox::{EffectState, FEEDBACK_FIRST, NOT_YET};

pub use store::collection::Late;

use super::is_operator;
use crate::referral::{Seen, authorised};
use crate::{App, Error, OpCtx};

/// A message to another system than Delius that did not go out within so long is late.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// How Delius stands with a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing waits.
    UpToDate {
        /// When the last thing happened that it was told of; none: it was never told anything.
        up_to: Option<Timestamp>,
        /// How many updates an operator went on without, so that Delius lacks them.
        left_out: u64,
    },
    /// Updates wait and will go out by themselves.
    Waiting {
        /// How many; one at least.
        count: u64,
        /// What they wait for.
        wait: Wait,
        /// When the first of them is tried next.
        next_try: Timestamp,
    },
    /// The first update cannot go out and somebody must look, for a reason that is not the activity's.
    Stuck {
        /// How many wait.
        count: u64,
        /// Since when.
        since: Timestamp,
        /// What is the matter, in plain words.
        reason: String,
    },
    /// Nothing goes to Delius until somebody has chosen, or has acted there.
    Held(Held),
    /// Delius is told nothing more, as somebody chose.
    Without {
        /// Since when.
        since: Timestamp,
        /// What was the matter.
        kind: Option<DiscrepancyKind>,
    },
}

/// What waiting updates wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Their turn: they are on their way.
    Turn,
    /// An operator, who paused the system that is to be told.
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// Something that does not answer.
    Answer {
        /// What.
        from: Silent,
        /// Whether another attempt is being made, or is due.
        is_trying: bool,
    },
    /// The feedback on an appointment, which nobody has given yet.
    Feedback,
    /// Something else that has yet to happen, in plain words.
    Later(String),
}

/// What does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silent {
    /// Delius, through whichever API.
    Delius,
    /// The topic of events, from which Delius hears of most things.
    EventTopic,
    /// The sign-in service, without whose token nothing can be called.
    SignIn,
}

/// A line to Delius that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What is the matter.
    pub kind: DiscrepancyKind,
    /// What was seen in Delius.
    pub evidence: Evidence,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// How many updates wait.
    pub waiting: u64,
    /// When somebody in Delius was asked to reopen the activity.
    pub asked_at: Option<Timestamp>,
    /// What a choice is made about; see [`super::Chosen::version`].
    pub version: i32,
    /// What this caller may choose; empty for those who only look.
    pub choices: &'static [Choice],
    /// The withdrawal reason to offer first for [`Choice::EndReferral`].
    pub likely_reason: &'static str,
}

/// Where all of a referral's messages stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// How Delius stands with it.
    pub delius: Standing,
    /// What Delius and this service disagree about, besides what the line is held for; each kind once.
    pub differences: Vec<DiscrepancyKind>,
    /// When it was last compared with what Delius holds.
    pub compared_at: Option<Timestamp>,
    /// The first message to another system that is parked or late.
    pub late: Option<Late>,
}

/// How Delius stands with a referral, for anybody who may see the referral.
pub async fn standing(ctx: &OpCtx, id: ReferralId) -> Result<Standing, Error> {
    let may_choose = if is_operator(ctx) {
        true
    } else {
        authorised(ctx, Operation::GetSentReferral, id).await?;
        may_choose(ctx)
    };
    read_standing(&ctx.app, id, may_choose).await
}

/// How Delius stands with a referral, for practitioners who cannot be shown it because Delius does not say whether they
/// may: counts and times, and nothing about the person.
///
/// # Errors
/// Those of the role; [`Error::NotFound`].
pub async fn standing_meanwhile(ctx: &OpCtx, id: ReferralId) -> Result<Standing, Error> {
    ctx.admit(Operation::GetSentReferral)?;
    if !may_choose(ctx) {
        return Err(Error::AccessDenied("Access Denied".to_owned()));
    }
    let mut db = ctx.app.store().connection().await?;
    if !store::referral::exists(&mut db, id).await? {
        return Err(Error::not_found("referral", id));
    }
    drop(db);
    read_standing(&ctx.app, id, false).await
}

/// Where the messages of a referral stand that somebody was just shown. One query.
pub async fn messages(ctx: &OpCtx, seen: &Seen) -> Result<Messages, Error> {
    let mut db = ctx.app.store().connection().await?;
    let progress = store::collection::progress(&mut db, seen.referral.id, ctx.now, LATE).await?;
    let mut differences = progress.differences.clone();
    let (compared_at, late) = (progress.compared_at, progress.late.clone());
    let delius = standing_of(progress, may_choose(ctx), ctx.now);
    if let Standing::Held(held) = &delius {
        differences.retain(|kind| *kind != held.kind);
    }
    Ok(Messages { delius, differences, compared_at, late })
}

fn may_choose(ctx: &OpCtx) -> bool {
    ctx.caller.user_type() == Some(UserType::Practitioner)
}

pub(crate) async fn read_standing(app: &App, id: ReferralId, may_choose: bool) -> Result<Standing, Error> {
    let mut db = app.store().connection().await?;
    let now = app.clock().now();
    let progress = store::collection::progress(&mut db, id, now, LATE).await?;
    Ok(standing_of(progress, may_choose, now))
}

fn standing_of(progress: Progress, may_choose: bool, now: Timestamp) -> Standing {
    let Progress { told_up_to, left_out, waiting, first, collection, cause, .. } = progress;
    match (collection, cause) {
        (Some(line), Some((finding, first_seen))) if line.state == CollectionState::Held => {
            let Finding { kind, appointment: _, evidence } = finding;
            return Standing::Held(Held {
                kind,
                likely_reason: likely_reason(&evidence),
                evidence,
                first_seen,
                waiting,
                asked_at: line.asked_at,
                version: line.version,
                choices: if may_choose { kind.choices() } else { &[] },
            });
        }
        (Some(line), cause) if line.state == CollectionState::Without => {
            return Standing::Without { since: line.since, kind: cause.map(|(finding, _)| finding.kind) };
        }
        _ => {}
    }
    let Some(first) = first else { return Standing::UpToDate { up_to: told_up_to, left_out } };
    if let (EffectState::Parked, Some(since)) = (first.state, first.settled_at) {
        return Standing::Stuck { count: waiting, since, reason: first.reason.unwrap_or_default() };
    }
    Standing::Waiting { count: waiting, wait: wait_of(&first, now), next_try: first.not_before }
}

fn wait_of(first: &FirstWaiting, now: Timestamp) -> Wait {
    let is_flying = first.state == EffectState::InFlight;
    if let (Some(since), false) = (first.paused_since, is_flying) {
        return Wait::Paused { since };
    }
    let is_trying = is_flying || first.not_before <= now;
    match first.last_error.as_deref() {
        None => Wait::Turn,
        Some(error) => match error.strip_prefix(NOT_YET) {
            Some(FEEDBACK_FIRST) => Wait::Feedback,
            Some(_) if is_trying => Wait::Turn,
            Some(reason) => Wait::Later(reason.to_owned()),
            // It answered no, and somebody has it tried again.
            None if first.last_status.is_some_and(is_final) => Wait::Turn,
            None => Wait::Answer { from: silent(first.system, error), is_trying },
        },
    }
}

/// A refusal after which delivery waits for a person.
fn is_final(status: i32) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401 | 408 | 429)
}

/// What does not answer, from what went wrong: an error begins with the name of the system that was called.
fn silent(system: System, error: &str) -> Silent {
    use upstream::System as Called;
    let is_of = |called: Called| error.split(' ').next() == Some(called.name());
    if is_of(Called::Auth) || error.contains("for want of a token") {
        return Silent::SignIn;
    }
    let is_delius = is_of(Called::Delius) || is_of(Called::CommunityApi);
    if system == System::Events && !is_delius { Silent::EventTopic } else { Silent::Delius }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn now() -> Timestamp {
        at("2026-07-10T09:45:00Z")
    }

    /// An update that failed and is tried again in a minute.
    fn failed(system: System, error: &str) -> FirstWaiting {
        FirstWaiting {
            system,
            paused_since: None,
            state: EffectState::Retrying,
            not_before: at("2026-07-10T09:46:00Z"),
            last_status: None,
            last_error: Some(error.to_owned()),
            settled_at: None,
            reason: None,
        }
    }

    #[test]
    fn what_does_not_answer_is_named() {
        let answers = |system, error: &str| wait_of(&failed(system, error), now());
        let silent = |from| Wait::Answer { from, is_trying: false };
        let timed_out = "gave no complete answer in time";
        for (system, error, expected) in [
            (System::Delius, format!("delius start referral {timed_out}"), Silent::Delius),
            (System::Delius, format!("community-api end {timed_out}"), Silent::Delius),
            (System::Events, format!("events publish {timed_out}"), Silent::EventTopic),
            (System::Events, format!("delius list activities {timed_out}"), Silent::Delius),
            (System::Events, "the attempt took longer than its lease".to_owned(), Silent::EventTopic),
            (
                System::Delius,
                format!("delius start referral was not called, for want of a token: auth token {timed_out}"),
                Silent::SignIn,
            ),
        ] {
            assert_eq!(answers(system, &error), silent(expected), "{error}");
        }
    }

    #[test]
    fn an_attempt_after_failures_does_not_promise_that_it_succeeds() {
        let first = failed(System::Delius, "delius start referral could not be reached");
        let trying = Wait::Answer { from: Silent::Delius, is_trying: true };
        assert_eq!(wait_of(&FirstWaiting { state: EffectState::InFlight, ..first.clone() }, now()), trying);
        assert_eq!(wait_of(&FirstWaiting { not_before: now(), ..first }, now()), trying);
    }

    #[test]
    fn what_has_yet_to_happen_is_said_and_a_pause_before_it() {
        let feedback = failed(System::Delius, &format!("{NOT_YET}{FEEDBACK_FIRST}"));
        assert_eq!(wait_of(&feedback, now()), Wait::Feedback);
        let off = failed(System::Events, &format!("{NOT_YET}events are switched off by configuration"));
        assert_eq!(wait_of(&off, now()), Wait::Later("events are switched off by configuration".to_owned()));
        let since = at("2026-07-10T09:00:00Z");
        let paused = FirstWaiting { paused_since: Some(since), ..off };
        assert_eq!(wait_of(&paused, now()), Wait::Paused { since });
        let flying = FirstWaiting { state: EffectState::InFlight, last_error: None, ..paused };
        assert_eq!(wait_of(&flying, now()), Wait::Turn, "what is being sent is finished");
    }

    #[test]
    fn what_was_refused_and_is_tried_again_by_a_person_is_on_its_way() {
        let mut again = failed(System::Delius, "delius start referral refused with status 403");
        again.last_status = Some(403);
        assert_eq!(wait_of(&again, now()), Wait::Turn);
        again.last_status = Some(503);
        assert!(matches!(wait_of(&again, now()), Wait::Answer { .. }));
    }
}
