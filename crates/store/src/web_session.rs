//! Sessions of the pages. The row's key is a digest of the browser's cookie and its contents are sealed under a key made
//! from the cookie, so what is stored here opens nothing. Sealing and opening are the caller's.

use jiff::Timestamp;

use crate::column::{At, at};
use crate::error::one_row;
use crate::{Db, StoreError};

/// One session.
#[derive(Clone, PartialEq, Eq)]
pub struct WebSessionRow {
    /// SHA-256 of the cookie's bytes.
    pub id: [u8; 32],
    /// Sealed contents.
    pub contents: Vec<u8>,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it ends however busy it is.
    pub ends_at: Timestamp,
    /// When it ends unless it is used before.
    pub idle_until: Timestamp,
}

impl std::fmt::Debug for WebSessionRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebSessionRow(***)")
    }
}

/// Writes a new session down.
pub async fn insert(db: &mut Db, row: &WebSessionRow) -> Result<(), StoreError> {
    let written = sqlx::query!(
        "INSERT INTO web_session (id, contents, created_at, ends_at, idle_until) VALUES ($1, $2, $3, $4, $5)",
        &row.id[..],
        row.contents,
        at(row.created_at) as _,
        at(row.ends_at) as _,
        at(row.idle_until) as _,
    )
    .execute(db)
    .await?;
    one_row(&written)
}

/// The session of this key, unless it has ended by `now`.
pub async fn find(db: &mut Db, id: &[u8; 32], now: Timestamp) -> Result<Option<WebSessionRow>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT
            contents,
            created_at AS "created_at: At",
            ends_at AS "ends_at: At",
            idle_until AS "idle_until: At"
        FROM web_session
        WHERE id = $1 AND ends_at > $2 AND idle_until > $2
        "#,
        &id[..],
        at(now) as _,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| WebSessionRow {
        id: *id,
        contents: row.contents,
        created_at: row.created_at.to_jiff(),
        ends_at: row.ends_at.to_jiff(),
        idle_until: row.idle_until.to_jiff(),
    }))
}

/// Moves the idle end; nothing happens when the session is gone.
pub async fn touch(db: &mut Db, id: &[u8; 32], idle_until: Timestamp) -> Result<(), StoreError> {
    sqlx::query!("UPDATE web_session SET idle_until = $2 WHERE id = $1", &id[..], at(idle_until) as _)
        .execute(db)
        .await?;
    Ok(())
}

/// Replaces the contents if they are still `before`; whether they were.
pub async fn replace_contents(db: &mut Db, id: &[u8; 32], before: &[u8], contents: &[u8]) -> Result<bool, StoreError> {
    let written = sqlx::query!(
        "UPDATE web_session SET contents = $3 WHERE id = $1 AND contents = $2",
        &id[..],
        before,
        contents,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Ends a session; nothing happens when it is gone.
pub async fn delete(db: &mut Db, id: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM web_session WHERE id = $1", &id[..]).execute(db).await?;
    Ok(())
}

/// Removes sessions that have ended by `now`; how many.
pub async fn delete_ended(db: &mut Db, now: Timestamp) -> Result<u64, StoreError> {
    let written = sqlx::query!("DELETE FROM web_session WHERE ends_at <= $1 OR idle_until <= $1", at(now) as _)
        .execute(db)
        .await?;
    Ok(written.rows_affected())
}
