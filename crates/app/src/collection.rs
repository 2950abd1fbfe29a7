//! How Delius stands with a referral: what it was told, what waits, and what a person chooses when somebody there
//! closed, deleted or doubled the activity that collects it (ADR 16).
//!
//! Practitioners who may end the referral choose, and operators; both sides see where it stands. A choice is made about
//! the version that was looked at, and made twice it is made once.

mod check;
mod choose;
mod merge;
mod reading;
mod repair;
mod standing;

use domain::access::Role;
use domain::collection::{DiscrepancyKind, Finding};
use domain::effect::{Action, EmailSubject, Intent, Recipient};
use domain::email::EmailPurpose;
use domain::{DiscrepancyId, EffectId, Referral};
use jiff::SignedDuration;
use store::UnitOfWork;
use store::collection::CollectionState;
use store::discrepancy::{Discrepancy, Filter, NO_LONGER_SEEN, Settled};

pub use self::check::{Checked, check_now, look_now};
pub use self::choose::{Chosen, choose};
pub use self::merge::follow_merge;
pub use self::reading::{Look, Looked, look_at};
pub use self::repair::{Mended, repair_now};
pub(crate) use self::standing::read_standing;
pub use self::standing::{Held, Late, Messages, Silent, Standing, Wait, messages, standing, standing_meanwhile};
use crate::change::Cause;
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

/// Discrepancies of all referrals, oldest first, for operators.
pub async fn list_discrepancies(ctx: &OpCtx, filter: &Filter, limit: u32) -> Result<Vec<Discrepancy>, Error> {
    operators_only(ctx)?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::discrepancy::list(&mut db, filter, i64::from(limit)).await?)
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
