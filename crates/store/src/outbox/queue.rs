//! What operators see and set of a whole system: whether it is paused, by whom and why, and what goes wrong most often.

use std::collections::{BTreeMap, BTreeSet};

use domain::User;
use domain::effect::System;
use jiff::Timestamp;

use super::enqueue::notify_ready;
use crate::column::{At, Place, at};
use crate::user::Users;
use crate::{Db, StoreError};

/// A system that nothing is delivered to until somebody resumes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// The system.
    pub system: System,
    /// Since when.
    pub since: Timestamp,
    /// The reason that was given.
    pub why: String,
    /// Who paused it.
    pub by: User,
}

/// What goes wrong with unfinished effects of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The system.
    pub system: System,
    /// What went wrong last, without personal data.
    pub error: String,
    /// With how many effects.
    pub count: u64,
}

/// Pauses a system. False when it is paused already: the first reason stands. What is in flight is finished.
pub async fn pause(db: &mut Db, paused: &Paused) -> Result<bool, StoreError> {
    let Paused { system, since, why, by } = paused;
    let inserted = sqlx::query!(
        r#"
        INSERT INTO paused_system (system, since, why, paused_by_source, paused_by_id)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        "#,
        system.as_str(),
        at(*since) as _,
        why,
        by.source.as_str(),
        by.id,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Lets a system go on, and wakes whoever delivers to it. False when it is not paused.
pub async fn resume(db: &mut Db, system: System) -> Result<bool, StoreError> {
    let deleted =
        sqlx::query!("DELETE FROM paused_system WHERE system = $1", system.as_str()).execute(&mut *db).await?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    notify_ready(db, system.as_str()).await?;
    Ok(true)
}

/// The systems that are paused; what [`super::claim`] leaves alone.
pub async fn paused_systems(db: &mut Db) -> Result<BTreeSet<System>, StoreError> {
    let rows = sqlx::query_scalar!("SELECT system FROM paused_system").fetch_all(db).await?;
    rows.iter()
        .map(|text| Place { table: "paused_system", id: text }.member("system", text, System::from_text))
        .collect()
}

/// The systems that are paused, with who paused them and why.
pub async fn list_paused(db: &mut Db) -> Result<Vec<Paused>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT system, since AS "since: At", why, paused_by_source, paused_by_id
        FROM paused_system
        ORDER BY since, system
        "#
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.want(&row.paused_by_source, &row.paused_by_id);
    }
    users.load(db).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "paused_system", id: &row.system };
            Ok(Paused {
                system: place.member("system", &row.system, System::from_text)?,
                since: row.since.to_jiff(),
                why: row.why,
                by: users.get(&row.paused_by_source, &row.paused_by_id)?,
            })
        })
        .collect()
}

/// How many effects were delivered to each system since an instant; systems that had none are left out. Reads only what
/// was finished since.
pub async fn count_delivered(db: &mut Db, since: Timestamp) -> Result<BTreeMap<System, u64>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT system, count(*) AS "count!"
        FROM effect_finished
        WHERE settled_at > $1 AND state = 'delivered'
        GROUP BY system
        "#,
        at(since) as _,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let system =
                Place { table: "effect_finished", id: &row.system }.member("system", &row.system, System::from_text)?;
            Ok((system, u64::try_from(row.count).unwrap_or_default()))
        })
        .collect()
}

/// What goes wrong with unfinished effects, the most frequent trouble of each system first.
pub async fn troubles(db: &mut Db) -> Result<Vec<Trouble>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT system, coalesce(last_error, reason) AS "error!", count(*) AS "count!"
        FROM effect
        WHERE state IN ('retrying', 'parked') AND coalesce(last_error, reason) IS NOT NULL
        GROUP BY system, coalesce(last_error, reason)
        ORDER BY system, count(*) DESC, coalesce(last_error, reason)
        "#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "effect", id: &row.system };
            Ok(Trouble {
                system: place.member("system", &row.system, System::from_text)?,
                error: row.error,
                count: u64::try_from(row.count).unwrap_or_default(),
            })
        })
        .collect()
}
