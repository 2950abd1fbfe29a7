//! How Delius stands with a referral: what it was told, what waits, and what a person chooses when somebody there
//! closed, deleted or doubled the activity that collects it (ADR 16).
//!
//! Practitioners who may end the referral choose, and operators; both sides see where it stands. A choice is made about
//! the version that was looked at, and made twice it is made once.

mod choose;
mod merge;
mod reading;
mod repair;

use domain::access::{Operation, Role, UserType};
use domain::collection::{Choice, DiscrepancyKind, Evidence, Finding, likely_reason};
use domain::effect::{Action, EmailSubject, Intent, Recipient};
use domain::email::EmailPurpose;
use domain::{DiscrepancyId, EffectId, Referral, ReferralId};
use jiff::{SignedDuration, Timestamp};
use store::UnitOfWork;
use store::collection::{CollectionState, Progress};
use store::discrepancy::{Discrepancy, Filter, NO_LONGER_SEEN, Settled};
use store::outbox::EffectState;

pub use self::choose::{Chosen, choose};
pub use self::merge::follow_merge;
pub use self::reading::{Look, Looked, look_at};
pub use self::repair::repair_now;
use crate::change::Cause;
use crate::referral::authorised;
use crate::{App, Error, OpCtx};

/// Why a start that is unfinished is not sent once the activity is open.
const ACTIVITY_IS_THERE: &str = "the activity is in Delius already; a start that is replayed would change it";

/// How referrals are compared with what Delius holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Calls to Delius in a minute, at most.
    pub calls_per_minute: u32,
    /// Referrals in one run, at most.
    pub most: u32,
    /// How old a comparison is before it is made again though nothing was sent since.
    pub every: SignedDuration,
    /// How long Delius is given before a want is a discrepancy.
    pub grace: SignedDuration,
    /// How often, between the nightly runs, referrals are looked at again whose line is held or of which Delius was told
    /// something; zero: never.
    pub look_again: SignedDuration,
}

impl Default for Reconciliation {
    fn default() -> Self {
        Self {
            calls_per_minute: 300,
            most: 100_000,
            every: SignedDuration::from_hours(20),
            grace: SignedDuration::from_hours(24),
            look_again: SignedDuration::from_mins(5),
        }
    }
}

/// How Delius stands with a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Delius has everything.
    UpToDate {
        /// When the last thing happened that it was told of; none: it was never told anything.
        up_to: Option<Timestamp>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Their turn: not tried yet, or asked to come again.
    Turn,
    /// Delius, which is not answering.
    Delius,
    /// The feedback on an appointment, which nobody has given yet.
    Feedback,
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
    /// What a choice is made about; see [`Chosen::version`].
    pub version: i32,
    /// What this caller may choose; empty for those who only look.
    pub choices: &'static [Choice],
    /// The withdrawal reason to offer first for [`Choice::EndReferral`].
    pub likely_reason: &'static str,
}

/// How Delius stands with a referral, for anybody who may see the referral.
pub async fn standing(ctx: &OpCtx, id: ReferralId) -> Result<Standing, Error> {
    let may_choose = if is_operator(ctx) {
        true
    } else {
        authorised(ctx, Operation::GetSentReferral, id).await?;
        ctx.caller.user_type() == Some(UserType::Practitioner)
    };
    read_standing(&ctx.app, id, may_choose).await
}

pub(crate) async fn read_standing(app: &App, id: ReferralId, may_choose: bool) -> Result<Standing, Error> {
    let mut db = app.store().connection().await?;
    let progress = store::collection::progress(&mut db, id).await?;
    Ok(standing_of(progress, may_choose))
}

fn standing_of(progress: Progress, may_choose: bool) -> Standing {
    let Progress { told_up_to, waiting, first, collection, cause } = progress;
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
    let Some(first) = first else { return Standing::UpToDate { up_to: told_up_to } };
    if let (EffectState::Parked, Some(since)) = (first.state, first.settled_at) {
        return Standing::Stuck { count: waiting, since, reason: first.reason.unwrap_or_default() };
    }
    let wait = match (first.was_tried && first.state != EffectState::InFlight, first.early.as_deref()) {
        (_, Some(store::outbox::FEEDBACK_FIRST)) => Wait::Feedback,
        (true, None) => Wait::Delius,
        (false, None) | (_, Some(_)) => Wait::Turn,
    };
    Standing::Waiting { count: waiting, wait, next_try: first.not_before }
}

/// Discrepancies of all referrals, oldest first, for operators.
pub async fn list_discrepancies(ctx: &OpCtx, filter: &Filter, limit: u32) -> Result<Vec<Discrepancy>, Error> {
    operators_only(ctx)?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::discrepancy::list(&mut db, filter, i64::from(limit)).await?)
}

/// Compares a referral with what Delius holds, now, and answers how it stands then; for those who may choose.
///
/// # Errors
/// [`Error::Dependency`] where Delius does not answer.
pub async fn look_now(ctx: &OpCtx, id: ReferralId) -> Result<Standing, Error> {
    if !is_operator(ctx) {
        authorised(ctx, Operation::WithdrawReferral, id).await?;
    }
    let look = Look { grace: ctx.app.settings().reconciliation.grace, ..Look::default() };
    look_at(&ctx.app, id, &look, &ctx.cause()).await?;
    read_standing(&ctx.app, id, true).await
}

/// How many discrepancies are open, by kind, for operators.
pub async fn count_discrepancies(ctx: &OpCtx) -> Result<Vec<(DiscrepancyKind, u64)>, Error> {
    operators_only(ctx)?;
    let mut db = ctx.app.store().connection().await?;
    let open = store::discrepancy::count_open(&mut db).await?;
    Ok(open.into_iter().map(|of_kind| (of_kind.kind, of_kind.count)).collect())
}

pub(crate) fn is_operator(ctx: &OpCtx) -> bool {
    ctx.caller.user().is_some() && ctx.caller.roles().contains(&Role::Operator)
}

pub(crate) fn operators_only(ctx: &OpCtx) -> Result<(), Error> {
    if is_operator(ctx) { Ok(()) } else { Err(Error::AccessDenied("Access Denied".to_owned())) }
}

/// Takes note of what was found about a locked referral. What holds its line stops everything that reaches Delius, and
/// the practitioner is written to; what was found before is seen again. Delivery's way in.
///
/// # Errors
/// [`Error::Unavailable`]; the caller's transaction is to be dropped.
pub async fn discover(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    finding: &Finding,
    cause: &Cause,
) -> Result<DiscrepancyId, Error> {
    let new_id = DiscrepancyId(app.ids().uuid());
    let (id, is_new) = store::discrepancy::see(work, new_id, Some(referral.id), None, finding, cause.now).await?;
    if is_new {
        tracing::warn!(referral.id = %referral.id, discrepancy = finding.kind.as_str(), "Delius and we disagree");
        metrics::counter!("discrepancies_found", "kind" => finding.kind.as_str()).increment(1);
    }
    if !finding.kind.holds() {
        return Ok(id);
    }
    let before = store::collection::find(work, referral.id).await?;
    let was_held = before.is_some_and(|line| line.state == CollectionState::Held);
    let held = store::collection::bring(work, referral.id, CollectionState::Held, Some(id), cause.now).await?;
    if held && !was_held {
        let ask = |to| Intent {
            id: EffectId(app.ids().ordered(cause.now)),
            action: Action::Email { purpose: EmailPurpose::DeliusNeedsChoice, to, about: EmailSubject::Referral },
            after_delius: false,
            occurred_at: cause.now,
        };
        let intents = [ask(Recipient::Practitioner { unless: None }), ask(Recipient::Operators)];
        store::outbox::enqueue(work, referral.id, &intents, &cause.origin("discrepancy-found"), cause.now).await?;
    }
    Ok(id)
}

/// Settles a discrepancy of a locked referral that is not there any more. The line goes on where it stopped if that was
/// what held it.
async fn no_longer_seen(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    found: &Discrepancy,
    cause: &Cause,
) -> Result<(), Error> {
    let settled = Settled { at: cause.now, how: NO_LONGER_SEEN.to_owned(), by: None, why: None };
    store::discrepancy::settle(work, found.id, &settled).await?;
    let line = store::collection::find(work, referral.id).await?;
    if line.is_some_and(|line| line.state == CollectionState::Held && line.discrepancy == Some(found.id)) {
        release(app, work, referral, found.finding.kind, cause).await?;
    }
    Ok(())
}

/// Lets a referral's line go on: a start is not replayed where the activity is known to be there, and what was announced
/// since Delius and we last agreed is told again, for it may have met what held the line.
async fn release(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    kind: DiscrepancyKind,
    cause: &Cause,
) -> Result<(), Error> {
    store::collection::bring(work, referral.id, CollectionState::Clear, None, cause.now).await?;
    let started = match kind {
        DiscrepancyKind::ClosedEarly | DiscrepancyKind::HalfReopened | DiscrepancyKind::Duplicate => {
            Some(ACTIVITY_IS_THERE)
        }
        _ => None,
    };
    store::outbox::release_delius(work, referral.id, started, cause.now).await?;
    repair::record_outcomes_again(app, work, referral, cause).await
}
