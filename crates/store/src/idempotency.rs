//! Requests that may be repeated. A row stands here exactly when the change of its request is committed: it is written
//! in that change's unit of work. Sealing and opening answers are the caller's.

use domain::User;
use jiff::Timestamp;
use uuid::Uuid;

use crate::column::at;
use crate::{Db, StoreError};

/// Under which a request is known: whose it is and the digest of its key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyOfRequest {
    /// Whose request it is.
    pub user: User,
    /// SHA-256 of the key.
    pub digest: [u8; 32],
}

impl std::fmt::Debug for KeyOfRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyOfRequest(***)")
    }
}

/// A request that was carried out.
#[derive(Clone, PartialEq, Eq)]
pub struct CarriedOut {
    /// SHA-256 of method, address and body.
    pub fingerprint: [u8; 32],
    /// The id of what it made, if it made something.
    pub resource_id: Uuid,
    /// The sealed answer; none when it was cut off before it was given.
    pub answer: Option<Vec<u8>>,
}

impl std::fmt::Debug for CarriedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CarriedOut(***)")
    }
}

/// What came of claiming a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is this unit of work's: it becomes known with what else the unit writes, or not at all.
    Ours,
    /// Its request was carried out already.
    Known,
    /// A request with it is under way, and has been for longer than anybody waits here. The unit of work is of no use
    /// any more.
    UnderWay,
}

/// Claims a key for what this unit of work writes. Waits up to five seconds for another unit of work that has claimed
/// it. A row from before `expired` counts for nothing and is replaced.
pub async fn claim(
    db: &mut Db,
    key: &KeyOfRequest,
    fingerprint: &[u8; 32],
    resource_id: Uuid,
    (now, expired): (Timestamp, Timestamp),
) -> Result<Claimed, StoreError> {
    sqlx::query!("SET LOCAL lock_timeout = '5s'").execute(&mut *db).await?;
    let written = sqlx::query!(
        r#"
        INSERT INTO idempotency_key (user_source, user_id, key_digest, fingerprint, resource_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (user_source, user_id, key_digest) DO UPDATE
        SET fingerprint = excluded.fingerprint,
            resource_id = excluded.resource_id,
            created_at = excluded.created_at,
            answer = NULL
        WHERE idempotency_key.created_at < $7
        "#,
        key.user.source.as_str(),
        key.user.id,
        &key.digest[..],
        &fingerprint[..],
        resource_id,
        at(now) as _,
        at(expired) as _,
    )
    .execute(&mut *db)
    .await;
    let written = match written {
        // lock_not_available
        Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("55P03") => {
            return Ok(Claimed::UnderWay);
        }
        other => other?,
    };
    sqlx::query!("SET LOCAL lock_timeout TO DEFAULT").execute(db).await?;
    Ok(if written.rows_affected() == 1 { Claimed::Ours } else { Claimed::Known })
}

/// The request of this key, if it was carried out, and not before `expired`.
pub async fn find(db: &mut Db, key: &KeyOfRequest, expired: Timestamp) -> Result<Option<CarriedOut>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT
            fingerprint,
            resource_id,
            answer
        FROM idempotency_key
        WHERE user_source = $1 AND user_id = $2 AND key_digest = $3 AND created_at >= $4
        "#,
        key.user.source.as_str(),
        key.user.id,
        &key.digest[..],
        at(expired) as _,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let fingerprint = row.fingerprint.try_into();
        let fingerprint =
            fingerprint.map_err(|_| StoreError::corrupt("idempotency_key", "fingerprint", &row.resource_id))?;
        Ok(CarriedOut { fingerprint, resource_id: row.resource_id, answer: row.answer })
    })
    .transpose()
}

/// Keeps the answer of a request that was carried out; nothing happens when it was not.
pub async fn keep_answer(db: &mut Db, key: &KeyOfRequest, resource_id: Uuid, answer: &[u8]) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE idempotency_key
        SET answer = $5
        WHERE user_source = $1 AND user_id = $2 AND key_digest = $3 AND resource_id = $4
        "#,
        key.user.source.as_str(),
        key.user.id,
        &key.digest[..],
        resource_id,
        answer,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets requests from before `expired`; how many.
pub async fn delete_expired(db: &mut Db, expired: Timestamp) -> Result<u64, StoreError> {
    let written =
        sqlx::query!("DELETE FROM idempotency_key WHERE created_at < $1", at(expired) as _).execute(db).await?;
    Ok(written.rows_affected())
}
