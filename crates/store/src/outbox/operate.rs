//! What an operator may do with an effect: have it tried again now, or let the line go on without it.

use domain::EffectId;
use jiff::Timestamp;

use super::enqueue::notify_ready;
use super::settle::notify_settled;
use crate::column::at;
use crate::{Db, StoreError};

/// Has a parked or retrying effect tried again now. False when it is in neither state.
pub async fn retry_now(db: &mut Db, id: EffectId, now: Timestamp) -> Result<bool, StoreError> {
    let system = sqlx::query_scalar!(
        r#"
        UPDATE effect
        SET state = 'retrying', not_before = $2, settled_at = NULL, reason = NULL
        WHERE id = $1 AND state IN ('parked', 'retrying')
        RETURNING system
        "#,
        id.0,
        at(now) as _,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(system) = system else { return Ok(false) };
    notify_ready(db, &system).await?;
    Ok(true)
}

/// Lets the line go on without an effect that is parked, waiting or retrying. False when it is in none of these.
pub async fn skip(db: &mut Db, id: EffectId, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
    let system = sqlx::query_scalar!(
        r#"
        UPDATE effect
        SET state = 'superseded', settled_at = $3, reason = $2
        WHERE id = $1 AND state IN ('parked', 'waiting', 'retrying')
        RETURNING system
        "#,
        id.0,
        reason,
        at(now) as _,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(system) = system else { return Ok(false) };
    notify_settled(db, id).await?;
    notify_ready(db, &system).await?;
    Ok(true)
}
