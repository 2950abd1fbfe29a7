//! Comparing a referral with what Delius holds on somebody's word, and saying plainly what came of it.

use domain::ReferralId;
use domain::access::Operation;
use jiff::SignedDuration;
use store::collection::CollectionState;

use super::{Look, Standing, is_operator, look_at, read_standing};
use crate::referral::authorised;
use crate::{Error, OpCtx};

/// How long a comparison counts as fresh: pressed again and again, Delius is asked once.
const FRESH: SignedDuration = SignedDuration::from_secs(20);

/// How what was seen in short begins where no activity could be seen, only the sentence.
const SENTENCE_ALONE: &str = "sentence ";

/// What came of comparing a referral with what Delius holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Both say the same, as far as can be seen.
    Agrees,
    /// Something differs; the referral's page shows what.
    Differs,
    /// It was compared seconds ago, and Delius was not asked again.
    TooSoon,
    /// The referral changed while Delius was asked, and what was seen was let go.
    Changed,
    /// Delius does not answer; nothing is known.
    Silent,
    /// Delius's activities cannot be seen, as this service is configured.
    Unseen,
    /// Delius is told nothing more of the referral, as somebody chose: there is nothing to compare.
    Without,
}

/// Compares a referral with what Delius holds, now, and answers how it stands then; for those who may choose.
///
/// # Errors
/// [`Error::Dependency`] where Delius does not answer.
pub async fn look_now(ctx: &OpCtx, id: ReferralId) -> Result<Standing, Error> {
    if !is_operator(ctx) {
        authorised(ctx, Operation::WithdrawReferral, id).await?;
    }
    look_at(&ctx.app, id, &look(ctx), &ctx.cause()).await?;
    read_standing(&ctx.app, id, true).await
}

/// Compares a referral with what Delius holds, for anybody who may see the referral, and answers what came of it. Once
/// in twenty seconds for each referral, whoever asks. What is found is taken in as in any comparison.
///
/// # Errors
/// Those of seeing the referral. That Delius does not answer is none: it is what came of it.
pub async fn check_now(ctx: &OpCtx, id: ReferralId) -> Result<Checked, Error> {
    authorised(ctx, Operation::GetSentReferral, id).await?;
    if ctx.caller.user_type().is_none() {
        return Err(Error::AccessDenied("Access Denied".to_owned()));
    }
    let mut db = ctx.app.store().connection().await?;
    let line = store::collection::find(&mut db, id).await?;
    if line.is_some_and(|line| line.state == CollectionState::Without) {
        return Ok(Checked::Without);
    }
    let last = store::collection::find_check(&mut db, id).await?;
    drop(db);
    if last.is_some_and(|(at, _)| ctx.now.duration_since(at) < FRESH) {
        return Ok(Checked::TooSoon);
    }
    let looked = match look_at(&ctx.app, id, &look(ctx), &ctx.cause()).await {
        Ok(looked) => looked,
        // It answers, and does not let us look.
        Err(Error::Dependency(failed)) if matches!(failed.status, Some(401 | 403 | 404 | 405)) => {
            return Ok(Checked::Unseen);
        }
        Err(Error::Dependency(_)) => return Ok(Checked::Silent),
        Err(other) => return Err(other),
    };
    let mut db = ctx.app.store().connection().await?;
    let Some((_, digest)) = store::collection::find_check(&mut db, id).await?.filter(|(at, _)| *at == ctx.now) else {
        return Ok(Checked::Changed);
    };
    let is_open = !looked.findings.is_empty() || !store::discrepancy::list_open_of(&mut db, id).await?.is_empty();
    if is_open {
        return Ok(Checked::Differs);
    }
    Ok(if digest.starts_with(SENTENCE_ALONE) { Checked::Unseen } else { Checked::Agrees })
}

fn look(ctx: &OpCtx) -> Look {
    Look { grace: ctx.app.settings().reconciliation.grace, ..Look::default() }
}
