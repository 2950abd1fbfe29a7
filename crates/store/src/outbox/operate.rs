//! What an operator may do with an effect: have it tried again now, or let the line go on without it.

use domain::effect::System;
use domain::{EffectId, ReferralId};
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

/// Has the retrying effects of one line tried again now: something that they waited for has happened.
pub async fn hasten(db: &mut Db, referral: ReferralId, system: System, now: Timestamp) -> Result<(), StoreError> {
    let hastened = sqlx::query!(
        r#"
        UPDATE effect
        SET not_before = $3
        WHERE referral_id = $1 AND system = $2 AND state = 'retrying' AND not_before > $3
        "#,
        referral.0,
        system.as_str(),
        at(now) as _,
    )
    .execute(&mut *db)
    .await?;
    if hastened.rows_affected() > 0 {
        notify_ready(db, system.as_str()).await?;
    }
    Ok(())
}

/// Supersedes what only Delius needs of a referral: calls to it and the announcement of the end, which would overwrite
/// what a person recorded there. What is in flight is left to its worker. Answers how many.
pub async fn withhold_from_delius(
    db: &mut Db,
    referral: ReferralId,
    reason: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let withheld = sqlx::query_scalar!(
        r#"
        UPDATE effect
        SET state = 'superseded', settled_at = $3, reason = $2
        WHERE referral_id = $1
            AND (system = 'delius' OR (kind = 'publish' AND payload ->> 'event' = 'referral-ended'))
            AND state IN ('waiting', 'retrying', 'parked')
        RETURNING id
        "#,
        referral.0,
        reason,
        at(now) as _,
    )
    .fetch_all(&mut *db)
    .await?;
    for id in &withheld {
        notify_settled(db, EffectId(*id)).await?;
    }
    wake(db).await?;
    Ok(u64::try_from(withheld.len()).unwrap_or(u64::MAX))
}

/// Lets a referral's line to Delius go on where it stopped: what Delius refused as "bad" or "not there", or could not
/// carry out, is tried again, the rest follows in order. With `started`, which says why, a start that is unfinished is superseded: the activity is
/// there, and a start that is replayed would change it.
pub async fn release_delius(
    db: &mut Db,
    referral: ReferralId,
    started: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(reason) = started {
        sqlx::query!(
            r#"
            UPDATE effect
            SET state = 'superseded', settled_at = $3, reason = $2
            WHERE referral_id = $1
                AND kind = 'start-referral'
                AND state IN ('waiting', 'retrying', 'parked')
            "#,
            referral.0,
            reason,
            at(now) as _,
        )
        .execute(&mut *db)
        .await?;
    }
    sqlx::query!(
        r#"
        UPDATE effect
        SET state = 'retrying', not_before = $2, settled_at = NULL, reason = NULL
        WHERE referral_id = $1 AND system = 'delius' AND state = 'parked' AND last_status IN (400, 404, 500)
        "#,
        referral.0,
        at(now) as _,
    )
    .execute(&mut *db)
    .await?;
    wake(db).await
}

async fn wake(db: &mut Db) -> Result<(), StoreError> {
    for system in [System::Delius, System::Events, System::Notify] {
        notify_ready(db, system.as_str()).await?;
    }
    Ok(())
}
