//! Choosing what becomes of a referral whose line to Delius is held.

use domain::access::Operation;
use domain::collection::{Choice, DiscrepancyKind};
use domain::operator::OperatorAction;
use domain::{ErrorCode, FieldErrors, Referral, ReferralId, ReferralUrn};
use store::UnitOfWork;
use store::collection::{ChoiceMade, Collection, CollectionState, WITHOUT_DELIUS};
use store::discrepancy::{Discrepancy, Settled};

use super::repair::create_again;
use super::{Standing, is_operator, read_standing, release};
use crate::change::record;
use crate::referral::authorised;
use crate::{Error, OpCtx};

/// The longest reason, in characters.
const WHY_MAX: usize = 2000;

/// What somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The version of the line that they looked at.
    pub version: i32,
    /// What is to be done.
    pub choice: Choice,
    /// Their words; never empty.
    pub why: String,
    /// For [`Choice::EndReferral`]: a code of the withdrawal reasons.
    pub reason_code: Option<String>,
}

/// Makes a choice about a line that is held and answers how the referral stands then. The same choice by the same
/// person, made again, changes nothing.
///
/// # Errors
/// [`Error::Fields`] for a missing reason, [`Error::Bad`] for a code that is none, [`Error::Conflict`] where the line
/// is not held any more, was changed since it was looked at, or does not offer the choice.
pub async fn choose(ctx: &OpCtx, id: ReferralId, chosen: Chosen) -> Result<Standing, Error> {
    if !is_operator(ctx) {
        authorised(ctx, Operation::WithdrawReferral, id).await?;
    }
    let mut errors = FieldErrors::default();
    if chosen.why.trim().is_empty() {
        errors = FieldErrors::one("why", ErrorCode::CannotBeEmpty);
    }
    errors.limit(Some(&chosen.why), "why", WHY_MAX);
    errors.into_result().map_err(Error::Fields)?;
    check_reason(ctx, &chosen).await?;
    if chosen.choice == Choice::Reopened {
        check_reopened(ctx, id).await?;
    }

    let mut work = ctx.app.store().begin().await?;
    let referral = store::referral::lock(&mut work, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    let Some((line, found)) = held(&mut work, id).await?.filter(|(line, _)| line.version == chosen.version) else {
        drop(referral);
        return if was_made(&mut work, ctx, id, chosen.choice).await? {
            drop(work);
            read_standing(&ctx.app, id, true).await
        } else {
            Err(Error::Conflict("this was settled or changed meanwhile; look again".to_owned()))
        };
    };
    if !found.finding.kind.choices().contains(&chosen.choice) {
        return Err(Error::Conflict("this cannot be chosen here".to_owned()));
    }
    let made = ChoiceMade {
        id: ctx.app.ids().uuid(),
        referral: id,
        discrepancy: line.discrepancy,
        choice: chosen.choice,
        at: ctx.now,
        by: ctx.actor(),
        why: chosen.why.trim().to_owned(),
    };
    store::collection::record_choice(&mut work, &made).await?;
    ctx.record_operators_act(&mut work, OperatorAction::ChooseForReferral, id, &made.why).await?;
    carry_out(ctx, &mut work, referral, &found, &made, chosen.reason_code).await?;
    work.commit().await?;
    tracing::info!(referral.id = %id, choice = made.choice.as_str(), actor.id = %made.by.id, "a choice was made");
    read_standing(&ctx.app, id, true).await
}

async fn check_reason(ctx: &OpCtx, chosen: &Chosen) -> Result<(), Error> {
    if chosen.choice != Choice::EndReferral {
        return Ok(());
    }
    let mut db = ctx.app.store().connection().await?;
    let reasons = store::catalogue::withdrawal_reasons(&mut db).await?;
    match &chosen.reason_code {
        Some(code) if reasons.iter().any(|reason| reason.code == *code) => Ok(()),
        Some(code) => Err(Error::Bad(format!("{code} is not a withdrawal reason"))),
        None => Err(Error::Fields(FieldErrors::one("reasonCode", ErrorCode::CannotBeEmpty))),
    }
}

/// A person's word is taken, unless Delius shows that it is not so.
async fn check_reopened(ctx: &OpCtx, id: ReferralId) -> Result<(), Error> {
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    drop(db);
    let delius = &ctx.app.upstreams().delius;
    let seen = delius.read_activity(&ctx.trace(), &referral.crn, id, referral.sentence.id).await;
    let urn = ReferralUrn(id).to_string();
    let containers = seen.ok().and_then(|seen| seen.containers).unwrap_or_default();
    let mut ours = containers.iter().filter(|container| container.urn == urn && !container.deleted);
    if ours.any(|container| container.is_closed() || container.is_half_reopened()) {
        return Err(Error::Conflict("Delius still shows the activity as closed".to_owned()));
    }
    Ok(())
}

async fn held(work: &mut UnitOfWork, id: ReferralId) -> Result<Option<(Collection, Discrepancy)>, Error> {
    let Some(line) = store::collection::find(work, id).await?.filter(|line| line.state == CollectionState::Held) else {
        return Ok(None);
    };
    let found = match line.discrepancy {
        Some(discrepancy) => store::discrepancy::get(work, discrepancy).await?,
        None => None,
    };
    Ok(found.map(|found| (line, found)))
}

/// Whether the latest choice about the referral is this one, by this caller: they pressed twice.
async fn was_made(work: &mut UnitOfWork, ctx: &OpCtx, id: ReferralId, choice: Choice) -> Result<bool, Error> {
    let made = store::collection::list_choices(work, id).await?;
    let by = ctx.actor();
    Ok(made.last().is_some_and(|latest| latest.choice == choice && latest.by.is_same_person(&by)))
}

async fn carry_out(
    ctx: &OpCtx,
    work: &mut UnitOfWork,
    referral: Referral,
    found: &Discrepancy,
    made: &ChoiceMade,
    reason_code: Option<String>,
) -> Result<(), Error> {
    let id = referral.id;
    match made.choice {
        Choice::AskToReopen => return Ok(store::collection::ask(work, id, ctx.now).await?),
        Choice::Reopened => release(&ctx.app, work, &referral, found.finding.kind, &ctx.cause()).await?,
        Choice::CreateAgain => {
            // One that was deleted was started, whether its start was ever confirmed or not.
            let was_made = found.finding.kind == DiscrepancyKind::SoftDeleted;
            if was_made || store::collection::told(work, id).await?.started {
                create_again(&ctx.app, work, &referral, &ctx.cause()).await?;
            } else {
                // It never was: the start that was refused is tried again, and the rest follows.
                release(&ctx.app, work, &referral, found.finding.kind, &ctx.cause()).await?;
            }
        }
        Choice::WithoutDelius => leave(ctx, work, id, found).await?,
        Choice::EndReferral => {
            // First, so that the announcement of the end that follows is withheld: it would overwrite in Delius what a
            // person recorded there. Everybody else hears of the conclusion.
            leave(ctx, work, id, found).await?;
            if !referral.is_concluded() && referral.end_request.is_none() {
                let code = reason_code.unwrap_or_default();
                let state = referral.withdrawal_state();
                let facts = referral.withdraw(code, made.why.clone(), state, &made.by, ctx.now)?;
                record(&ctx.app, work, referral, facts, &ctx.cause()).await?;
            }
        }
    }
    let settled = Settled {
        at: ctx.now,
        how: made.choice.as_str().to_owned(),
        by: Some(made.by.clone()),
        why: Some(made.why.clone()),
    };
    store::discrepancy::settle(work, found.id, &settled).await?;
    Ok(())
}

async fn leave(ctx: &OpCtx, work: &mut UnitOfWork, id: ReferralId, found: &Discrepancy) -> Result<(), Error> {
    store::collection::bring(work, id, CollectionState::Without, Some(found.id), ctx.now).await?;
    store::outbox::withhold_from_delius(work, id, WITHOUT_DELIUS, ctx.now).await?;
    Ok(())
}
