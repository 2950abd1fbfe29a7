//! Audit: who looked at whose record, and who changed it. Written in the transaction of the look or the change.

use std::collections::BTreeSet;

use domain::{ReferralId, User};
use jiff::Timestamp;

use crate::column::at;
use crate::{Db, StoreError};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditActor {
    /// A person.
    User(User),
    /// Another system, by its client id.
    Client(String),
}

/// One look at a record, or one change of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: AuditActor,
    /// What was done, by the operation's name.
    pub operation: String,
    /// What kind of record: `referral`, `draft`, `case`, …
    pub subject_kind: String,
    /// Which record; may be a case reference number, so it is never logged.
    pub subject_id: String,
    /// Ties it to the request.
    pub correlation_id: String,
}

/// Writes the entries of one look at several records of a kind, in one query. `entry` says everything but which record.
pub async fn record_each(db: &mut Db, entry: &AuditEntry, subject_ids: &[String]) -> Result<(), StoreError> {
    let (source, id) = actor(entry);
    sqlx::query!(
        r#"
        INSERT INTO audit_entry (at, actor_source, actor_id, operation, subject_kind, subject_id, correlation_id)
        SELECT $1, $2, $3, $4, $5, subject.id, $6
        FROM UNNEST($7::text[]) AS subject (id)
        "#,
        at(entry.at) as _,
        source,
        id,
        entry.operation,
        entry.subject_kind,
        entry.correlation_id,
        subject_ids,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes an entry.
pub async fn record(db: &mut Db, entry: &AuditEntry) -> Result<(), StoreError> {
    let (source, id) = actor(entry);
    sqlx::query!(
        r#"
        INSERT INTO audit_entry (at, actor_source, actor_id, operation, subject_kind, subject_id, correlation_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        "#,
        at(entry.at) as _,
        source,
        id,
        entry.operation,
        entry.subject_kind,
        entry.subject_id,
        entry.correlation_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the entries of one act on several records of a kind, with the reason that was given for it.
pub async fn record_act(db: &mut Db, entry: &AuditEntry, why: &str, subject_ids: &[String]) -> Result<(), StoreError> {
    let (source, id) = actor(entry);
    sqlx::query!(
        r#"
        INSERT INTO audit_entry (at, actor_source, actor_id, operation, subject_kind, subject_id, correlation_id, why)
        SELECT $1, $2, $3, $4, $5, subject.id, $6, $8
        FROM UNNEST($7::text[]) AS subject (id)
        "#,
        at(entry.at) as _,
        source,
        id,
        entry.operation,
        entry.subject_kind,
        entry.correlation_id,
        subject_ids,
        why,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The referrals that entries with this correlation id are about, or the effects that they name; the latest entries
/// first, `limit` of them at most. An id that is none of ours may be among them.
pub async fn list_correlated(db: &mut Db, correlation: &str, limit: i64) -> Result<Vec<ReferralId>, StoreError> {
    let subjects = sqlx::query!(
        r#"
        SELECT subject_kind, subject_id
        FROM audit_entry
        WHERE correlation_id = $1 AND subject_kind IN ('referral', 'effect')
        ORDER BY id DESC
        LIMIT $2
        "#,
        correlation,
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    let of_kind = |kind| subjects.iter().filter(move |row| row.subject_kind == kind);
    let effects: Vec<uuid::Uuid> = of_kind("effect").filter_map(|row| row.subject_id.parse().ok()).collect();
    let mut referrals: BTreeSet<ReferralId> =
        of_kind("referral").filter_map(|row| row.subject_id.parse().ok()).collect();
    let found = sqlx::query_scalar!(r#"SELECT referral_id AS "id!" FROM every_effect WHERE id = ANY($1)"#, &effects)
        .fetch_all(db);
    referrals.extend(found.await?.into_iter().map(ReferralId));
    Ok(referrals.into_iter().collect())
}

/// The sign-in source, none for a machine, and the id.
fn actor(entry: &AuditEntry) -> (Option<&str>, &str) {
    match &entry.actor {
        AuditActor::User(user) => (Some(user.source.as_str()), user.id.as_str()),
        AuditActor::Client(id) => (None, id.as_str()),
    }
}
