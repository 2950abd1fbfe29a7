//! What Delius and this service disagree about at the moment.

use domain::ReferralId;
use domain::collection::DiscrepancyKind;
use jiff::Timestamp;
use store::discrepancy::Filter;

use crate::{Error, OpCtx};

/// How many are listed at most.
pub const DISCREPANCIES_MAX: u32 = 1000;

/// A discrepancy that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDiscrepancy {
    /// What is the matter.
    pub kind: DiscrepancyKind,
    /// The referral; none for an activity that names no referral of ours.
    pub referral: Option<ReferralId>,
    /// The reference that such an activity carries.
    pub urn: Option<String>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
}

/// The open discrepancies of all referrals, oldest first, [`DISCREPANCIES_MAX`] at most.
pub async fn open_discrepancies(ctx: &OpCtx) -> Result<Vec<OpenDiscrepancy>, Error> {
    let found = crate::collection::list_discrepancies(ctx, &Filter::default(), DISCREPANCIES_MAX).await?;
    let open = found.into_iter().map(|one| OpenDiscrepancy {
        kind: one.finding.kind,
        referral: one.referral_id,
        urn: one.urn,
        first_seen_at: one.first_seen_at,
    });
    Ok(open.collect())
}
