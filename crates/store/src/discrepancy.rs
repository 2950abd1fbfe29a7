//! Discrepancies between Delius and us: seen, seen again, repaired, settled. Rows are never deleted.

use domain::collection::{DiscrepancyKind, Evidence, Finding};
use domain::{AppointmentId, DiscrepancyId, ReferralId, User};
use jiff::Timestamp;

use crate::column::{At, Place, at, instant};
use crate::error::one_row;
use crate::user::Users;
use crate::{Db, StoreError};

/// How a discrepancy is settled that is not there any more.
pub const NO_LONGER_SEEN: &str = "no longer seen";

/// One discrepancy, open or settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// Its id.
    pub id: DiscrepancyId,
    /// The referral; none for an activity that names no referral of ours.
    pub referral_id: Option<ReferralId>,
    /// The reference that such an activity carries.
    pub urn: Option<String>,
    /// What was found: kind, appointment, evidence as last seen.
    pub finding: Finding,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// How often it was repaired by itself.
    pub repairs: u32,
    /// How it was settled; none while it is open.
    pub settled: Option<Settled>,
}

/// The open discrepancies of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Their kind.
    pub kind: DiscrepancyKind,
    /// How many.
    pub count: u64,
    /// When the oldest of them was first seen.
    pub oldest: Timestamp,
}

/// How a discrepancy was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// [`NO_LONGER_SEEN`], or what a person chose.
    pub how: String,
    /// Who; none: nobody had to.
    pub by: Option<User>,
    /// Their words.
    pub why: Option<String>,
}

/// Which discrepancies to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind only.
    pub kind: Option<DiscrepancyKind>,
    /// Of this referral only.
    pub referral: Option<ReferralId>,
    /// Settled ones too.
    pub with_settled: bool,
    /// Only what comes after this one, by first sight and id.
    pub after: Option<(Timestamp, DiscrepancyId)>,
}

/// Takes note that a discrepancy was seen: a new row under `new_id`, or the open one of the same referral, kind and
/// subject seen again with what is known now. Answers its id and whether it is new.
pub async fn see(
    db: &mut Db,
    new_id: DiscrepancyId,
    referral: Option<ReferralId>,
    urn: Option<&str>,
    finding: &Finding,
    now: Timestamp,
) -> Result<(DiscrepancyId, bool), StoreError> {
    let Finding { kind, appointment, evidence } = finding;
    let seen = sqlx::query!(
        r#"
        INSERT INTO discrepancy (id, referral_id, appointment_id, urn, kind, evidence, first_seen_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (referral_id, kind, appointment_id, urn) WHERE resolved_at IS NULL
        DO UPDATE SET last_seen_at = greatest(discrepancy.last_seen_at, excluded.last_seen_at), evidence = excluded.evidence
        RETURNING id
        "#,
        new_id.0,
        referral.map(|id| id.0),
        appointment.map(|id| id.0),
        urn,
        kind.as_str(),
        serde_json::json!(evidence),
        at(now) as _,
    )
    .fetch_one(db)
    .await?;
    Ok((DiscrepancyId(seen.id), seen.id == new_id.0))
}

/// Settles an open discrepancy. False when it is settled already.
pub async fn settle(db: &mut Db, id: DiscrepancyId, settled: &Settled) -> Result<bool, StoreError> {
    let Settled { at: when, how, by, why } = settled;
    let done = sqlx::query!(
        r#"
        UPDATE discrepancy
        SET resolved_at = $2, resolution = $3, resolved_by_source = $4, resolved_by_id = $5, why = $6
        WHERE id = $1 AND resolved_at IS NULL
        "#,
        id.0,
        at(*when) as _,
        how,
        by.as_ref().map(|user| user.source.as_str()),
        by.as_ref().map(|user| user.id.as_str()),
        why.as_deref(),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts one more repair by itself.
pub async fn count_repair(db: &mut Db, id: DiscrepancyId) -> Result<(), StoreError> {
    let counted = sqlx::query!("UPDATE discrepancy SET repairs = repairs + 1 WHERE id = $1", id.0).execute(db).await?;
    one_row(&counted)
}

/// One discrepancy.
pub async fn get(db: &mut Db, id: DiscrepancyId) -> Result<Option<Discrepancy>, StoreError> {
    Ok(read(db, &[id.0]).await?.pop())
}

/// The open discrepancies of a referral, oldest first.
pub async fn list_open_of(db: &mut Db, referral: ReferralId) -> Result<Vec<Discrepancy>, StoreError> {
    let ids =
        sqlx::query_scalar!("SELECT id FROM discrepancy WHERE referral_id = $1 AND resolved_at IS NULL", referral.0);
    let ids = ids.fetch_all(&mut *db).await?;
    read(db, &ids).await
}

/// The open discrepancies of references that name no referral, found while this referral was looked at.
pub async fn list_strays(db: &mut Db, found_with: ReferralId) -> Result<Vec<Discrepancy>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM discrepancy
        WHERE referral_id IS NULL AND resolved_at IS NULL AND evidence ->> 'foundWith' = $1
        "#,
        found_with.to_string(),
    );
    let ids = ids.fetch_all(&mut *db).await?;
    read(db, &ids).await
}

/// Discrepancies of all referrals, oldest first, `limit` at most.
pub async fn list(db: &mut Db, filter: &Filter, limit: i64) -> Result<Vec<Discrepancy>, StoreError> {
    let Filter { kind, referral, with_settled, after } = filter;
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM discrepancy
        WHERE ($1::text IS NULL OR kind = $1)
            AND ($2::uuid IS NULL OR referral_id = $2)
            AND ($3 OR resolved_at IS NULL)
            AND ($4::timestamptz IS NULL OR (first_seen_at, id) > ($4, $5))
        ORDER BY first_seen_at, id
        LIMIT $6
        "#,
        kind.map(DiscrepancyKind::as_str),
        referral.map(|id| id.0),
        *with_settled,
        after.map(|(seen, _)| at(seen)) as _,
        after.map(|(_, id)| id.0),
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    read(db, &ids).await
}

/// How many are open, and how old the oldest is, by kind.
pub async fn count_open(db: &mut Db) -> Result<Vec<Open>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT kind, count(*) AS "count!", min(first_seen_at) AS "oldest!: At"
        FROM discrepancy
        WHERE resolved_at IS NULL
        GROUP BY kind
        ORDER BY kind
        "#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "discrepancy", id: &row.kind };
            Ok(Open {
                kind: place.member("kind", &row.kind, DiscrepancyKind::from_text)?,
                count: u64::try_from(row.count).unwrap_or_default(),
                oldest: row.oldest.to_jiff(),
            })
        })
        .collect()
}

async fn read(db: &mut Db, ids: &[uuid::Uuid]) -> Result<Vec<Discrepancy>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            id, referral_id, appointment_id, urn, kind, evidence, first_seen_at AS "first_seen_at: At",
            last_seen_at AS "last_seen_at: At", repairs, resolved_at AS "resolved_at: At", resolution,
            resolved_by_source, resolved_by_id, why
        FROM discrepancy
        WHERE id = ANY($1)
        ORDER BY first_seen_at, id
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.may_want(row.resolved_by_source.as_ref(), row.resolved_by_id.as_ref());
    }
    users.load(db).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "discrepancy", id: &row.id };
            let settled = match (instant(row.resolved_at), row.resolution) {
                (Some(at), Some(how)) => {
                    let by = match (&row.resolved_by_source, &row.resolved_by_id) {
                        (Some(source), Some(id)) => Some(users.get(source, id)?),
                        _ => None,
                    };
                    Some(Settled { at, how, by, why: row.why })
                }
                _ => None,
            };
            Ok(Discrepancy {
                id: DiscrepancyId(row.id),
                referral_id: row.referral_id.map(ReferralId),
                urn: row.urn,
                finding: Finding {
                    kind: place.member("kind", &row.kind, DiscrepancyKind::from_text)?,
                    appointment: row.appointment_id.map(AppointmentId),
                    evidence: evidence(row.evidence).ok_or_else(|| place.corrupt("evidence"))?,
                },
                first_seen_at: row.first_seen_at.to_jiff(),
                last_seen_at: row.last_seen_at.to_jiff(),
                repairs: place.unsigned("repairs", row.repairs)?,
                settled,
            })
        })
        .collect()
}

/// The evidence as a column holds it.
pub(crate) fn evidence(value: serde_json::Value) -> Option<Evidence> {
    serde_json::from_value(value).ok()
}
