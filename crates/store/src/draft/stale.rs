//! Drafts that nobody has changed for long, and how they go.

use domain::ReferralId;
use jiff::Timestamp;

use crate::column::at;
use crate::{Db, StoreError};

/// Drafts that are neither sent nor being sent and were last changed before this instant.
pub async fn list_stale(db: &mut Db, before: Timestamp) -> Result<Vec<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT id FROM draft_referral WHERE state = 'editing' AND changed_at < $1 ORDER BY id",
        at(before) as _,
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// Deletes a draft with all that belongs to it, if it is still stale: the statement waits for whoever is changing or
/// sending it and then looks again. Answers whether it was deleted.
pub async fn delete_stale(db: &mut Db, id: ReferralId, before: Timestamp) -> Result<bool, StoreError> {
    let deleted = sqlx::query!(
        "DELETE FROM draft_referral WHERE id = $1 AND state = 'editing' AND changed_at < $2",
        id.0,
        at(before) as _,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}
