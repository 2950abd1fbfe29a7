//! Reads what was intended in a window of time, and marks what is sent again as perhaps arrived, so that the relay asks
//! carefully.

use domain::effect::System;
use domain::{EffectId, ReferralId};
use jiff::Timestamp;

use super::ledger::{LedgerEntry, entries};
use crate::column::at;
use crate::{Db, StoreError};

/// The effects of a system that were intended from an instant on and before another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The system.
    pub system: System,
    /// From this instant on.
    pub from: Timestamp,
    /// Before this one.
    pub until: Timestamp,
}

/// The effects of a window, in the order in which they were intended, `limit` at most.
pub async fn list_window(db: &mut Db, window: &Window, limit: i64) -> Result<Vec<LedgerEntry>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id AS "id!"
        FROM every_effect
        WHERE system = $1 AND created_at >= $2 AND created_at < $3
        ORDER BY position
        LIMIT $4
        "#,
        window.system.as_str(),
        at(window.from) as _,
        at(window.until) as _,
        limit,
    );
    let ids = ids.fetch_all(&mut *db).await?;
    entries(db, &ids).await
}

/// Says of an effect that was not tried yet that it may have been carried out all the same: another effect with the
/// same content was. Does nothing to one that was finished at once.
pub async fn presume_arrived(db: &mut Db, id: EffectId) -> Result<(), StoreError> {
    sqlx::query!("UPDATE effect SET ambiguous = true WHERE id = $1 AND attempts = 0", id.0).execute(db).await?;
    Ok(())
}

/// The referrals that effects with this correlation id are about, oldest first, `limit` at most.
pub async fn list_correlated(db: &mut Db, correlation: &str, limit: i64) -> Result<Vec<ReferralId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT referral_id AS "referral_id!"
        FROM every_effect
        WHERE correlation_id = $1
        GROUP BY referral_id
        ORDER BY min(position)
        LIMIT $2
        "#,
        correlation,
        limit,
    );
    Ok(ids.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}
