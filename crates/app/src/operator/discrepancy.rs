//! What Delius and this service disagree about, and mending it on an operator's word.

use domain::catalogue;
use domain::collection::{Choice, DiscrepancyKind, Repair};
use domain::operator::OperatorAction;
use domain::{Crn, DiscrepancyId, ErrorCode, FieldErrors, ReferralId};
use jiff::Timestamp;
use store::discrepancy::{Discrepancy, Filter};

use super::{Found, Reason};
use crate::collection::{self, Chosen, Held, Mended, Standing};
use crate::{Error, OpCtx};

/// How many are on a page.
pub const DISCREPANCIES_PAGE: usize = 50;

/// A discrepancy that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDiscrepancy {
    /// Its id.
    pub id: DiscrepancyId,
    /// What is the matter.
    pub kind: DiscrepancyKind,
    /// The referral; none for an activity that names no referral of ours.
    pub referral: Option<ReferralId>,
    /// The reference that such an activity carries.
    pub urn: Option<String>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
}

/// A page of open discrepancies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenDiscrepancies {
    /// Those of this page, oldest first.
    pub rows: Vec<OpenDiscrepancy>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<(Timestamp, DiscrepancyId)>,
}

/// The open discrepancies of all referrals, oldest first, [`DISCREPANCIES_PAGE`] of them, of one kind only if one is
/// given, from after another one on.
pub async fn open_discrepancies(
    ctx: &OpCtx,
    kind: Option<DiscrepancyKind>,
    after: Option<(Timestamp, DiscrepancyId)>,
) -> Result<OpenDiscrepancies, Error> {
    let filter = Filter { kind, after, ..Filter::default() };
    let limit = u32::try_from(DISCREPANCIES_PAGE).unwrap_or(u32::MAX).saturating_add(1);
    let found = collection::list_discrepancies(ctx, &filter, limit).await?;
    let has_more = found.len() > DISCREPANCIES_PAGE;
    let rows: Vec<OpenDiscrepancy> = found
        .into_iter()
        .take(DISCREPANCIES_PAGE)
        .map(|one| OpenDiscrepancy {
            id: one.id,
            kind: one.finding.kind,
            referral: one.referral_id,
            urn: one.urn,
            first_seen_at: one.first_seen_at,
        })
        .collect();
    let next = rows.last().filter(|_| has_more).map(|last| (last.first_seen_at, last.id));
    Ok(OpenDiscrepancies { rows, next })
}

/// One discrepancy, whatever became of it, with what an operator may do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What was seen, when, and how it was settled.
    pub discrepancy: Discrepancy,
    /// The referral, where it is one of ours.
    pub referral: Option<Found>,
    /// The repair that may be asked for.
    pub repair: Option<Repair>,
    /// What may be chosen, where this is what holds the referral's line to Delius.
    pub held: Option<Held>,
    /// The reasons why a referral may be ended, where that may be chosen.
    pub withdrawal_reasons: Vec<catalogue::Reason>,
}

/// One discrepancy. The look at its referral is recorded.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn disagreement(ctx: &OpCtx, id: DiscrepancyId) -> Result<Disagreement, Error> {
    ctx.admit_operator(OperatorAction::ReadDiscrepancy)?;
    let discrepancy = find(ctx, id).await?;
    let mut shown = Disagreement {
        repair: discrepancy.finding.repair().filter(|_| discrepancy.settled.is_none()),
        discrepancy,
        referral: None,
        held: None,
        withdrawal_reasons: Vec::new(),
    };
    let Some(referral) = shown.discrepancy.referral_id else {
        ctx.record_operators_looks(OperatorAction::ReadDiscrepancy, "discrepancy", &[id.to_string()]).await?;
        return Ok(shown);
    };
    ctx.record_operators_looks(OperatorAction::ReadDiscrepancy, "referral", &[referral.to_string()]).await?;
    let mut db = ctx.app.store().connection().await?;
    shown.referral = store::referral::find(&mut db, referral).await?.as_ref().map(Found::of);
    if shown.discrepancy.settled.is_none()
        && let Some(line) = store::collection::find(&mut db, referral).await?
        && line.discrepancy == Some(id)
    {
        shown.withdrawal_reasons = store::catalogue::withdrawal_reasons(&mut db).await?;
        drop(db);
        if let Standing::Held(held) = collection::read_standing(&ctx.app, referral, true).await? {
            shown.held = Some(held);
        }
    }
    Ok(shown)
}

/// What an operator has done about a discrepancy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// The referral is compared with Delius now; what is not there any more is settled.
    Compare,
    /// Its repair is intended now, however often it was mended before.
    Repair,
    /// The referral is put under the case number that the person has after a merge.
    FollowMerge(Crn),
    /// One of the choices is made, about the version of the line that was looked at.
    Choose {
        /// What.
        choice: Choice,
        /// See [`Chosen::version`].
        version: i32,
        /// For [`Choice::EndReferral`]: the code of a withdrawal reason.
        reason_code: Option<String>,
    },
}

/// Mends a discrepancy and answers what came of it. Recorded with the reason; done twice, it changes nothing the second
/// time.
///
/// # Errors
/// [`Error::Fields`] for `why` and `crn`, [`Error::NotFound`], [`Error::Conflict`] where it belongs to no referral of ours or
/// cannot be mended so, [`Error::Dependency`] where Delius must be asked and does not answer.
pub async fn mend(ctx: &OpCtx, id: DiscrepancyId, how: Mend, why: &str) -> Result<Mended, Error> {
    let action = match how {
        Mend::Compare => OperatorAction::Compare,
        Mend::Repair => OperatorAction::Repair,
        Mend::FollowMerge(_) => OperatorAction::FollowMerge,
        Mend::Choose { .. } => OperatorAction::ChooseForReferral,
    };
    ctx.admit_operator(action)?;
    let reason = Reason::read(why)?;
    let Some(referral) = find(ctx, id).await?.referral_id else {
        return Err(Error::Conflict("this belongs to no referral of ours; somebody must look in Delius".to_owned()));
    };
    let standing = match how {
        Mend::Compare => {
            // Written down first: what a comparison finds has transactions of its own.
            let mut work = ctx.app.store().begin().await?;
            ctx.record_act(&mut work, action, ("referral", &[referral.to_string()]), &reason).await?;
            work.commit().await?;
            collection::look_now(ctx, referral).await
        }
        Mend::Repair => return collection::repair_now(ctx, id, why).await,
        Mend::FollowMerge(to) if !Crn::looks_like_one(to.as_str()) => {
            Err(Error::Fields(FieldErrors::one("crn", ErrorCode::InvalidValue)))
        }
        Mend::FollowMerge(to) => collection::follow_merge(ctx, referral, to, why.to_owned()).await,
        Mend::Choose { choice, version, reason_code } => {
            let chosen = Chosen { version, choice, why: why.to_owned(), reason_code };
            Box::pin(collection::choose(ctx, referral, chosen)).await
        }
    };
    Ok(Mended { standing: standing?, is_done: true })
}

async fn find(ctx: &OpCtx, id: DiscrepancyId) -> Result<Discrepancy, Error> {
    let mut db = ctx.app.store().connection().await?;
    store::discrepancy::get(&mut db, id).await?.ok_or_else(|| Error::not_found("discrepancy", id))
}
