//! What Delius was told of a referral, and when that was last compared with what it holds.

use domain::collection::Told;
use domain::ending::ConcludedState;
use domain::{AppointmentId, Crn, EffectId, ReferralId, User};
use jiff::{SignedDuration, Timestamp};

use crate::column::{At, Place, at, instant};
use crate::error::one_row;
use crate::outbox::EffectState;
use crate::{Db, StoreError};

/// What Delius was told of a referral, as the ledger has it.
pub async fn told(db: &mut Db, referral: ReferralId) -> Result<Told, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT
            coalesce(bool_or(state IN ('delivered', 'superseded')) FILTER (WHERE kind = 'start-referral'), true)
                AS "started!",
            min(settled_at) FILTER (WHERE state = 'delivered' AND kind IN ('start-referral', 'restart-referral'))
                AS "confirmed_at: At",
            max(settled_at) FILTER (
                WHERE state = 'delivered' AND kind = 'publish' AND payload ->> 'event' = 'referral-ended'
            ) AS "ended_at: At",
            (
                array_agg(payload ->> 'state' ORDER BY position DESC) FILTER (
                    WHERE state = 'delivered' AND kind = 'publish' AND payload ->> 'event' = 'referral-ended'
                )
            )[1] AS ended_as,
            max(payload ->> 'state') FILTER (
                WHERE (ambiguous OR state = 'in_flight') AND kind = 'publish' AND payload ->> 'event' = 'referral-ended'
            ) AS perhaps_ended,
            max(settled_at) FILTER (WHERE state = 'delivered' AND reaches_delius) AS "last_at: At",
            (
                SELECT m.nsi_type
                FROM referral r
                JOIN intervention i ON i.id = r.intervention_id
                JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
                JOIN contract_type t ON t.id = c.contract_type_id
                JOIN nsi_type_mapping m ON m.contract_type_code = t.code
                WHERE r.id = $1
            ) AS activity_type,
            array_agg((payload ->> 'appointment')::uuid) FILTER (
                WHERE kind IN ('put-appointment', 'book-again') AND adapter = 'legacy'
            ) AS unmarked
        FROM every_effect
        WHERE referral_id = $1
        "#,
        referral.0,
    )
    .fetch_one(db)
    .await?;
    let place = Place { table: "effect", id: &referral.0 };
    Ok(Told {
        started: row.started,
        confirmed_at: instant(row.confirmed_at),
        ended_at: instant(row.ended_at),
        ended_as: place.maybe_member("payload", row.ended_as.as_deref(), ConcludedState::from_text)?,
        perhaps_ended: place.maybe_member("payload", row.perhaps_ended.as_deref(), ConcludedState::from_text)?,
        last_at: instant(row.last_at),
        activity_type: row.activity_type,
        unmarked: row.unmarked.unwrap_or_default().into_iter().map(AppointmentId).collect(),
    })
}

/// Referrals to compare, `limit` at most: first those of which Delius heard something since they were last compared,
/// then those that nobody looked at for `every` or longer, the longest first. A concluded referral is looked at until
/// it was found in order, a day after its conclusion at the earliest. None that goes on without Delius.
pub async fn list_to_check(
    db: &mut Db,
    now: Timestamp,
    every: SignedDuration,
    limit: i64,
) -> Result<Vec<ReferralId>, StoreError> {
    let before = now.saturating_sub(every).unwrap_or(Timestamp::MIN);
    let found = sqlx::query_scalar!(
        r#"
        SELECT r.id
        FROM referral r
        LEFT JOIN collection c ON c.referral_id = r.id
        LEFT JOIN collection_check k ON k.referral_id = r.id
        LEFT JOIN LATERAL (
            SELECT max(e.settled_at) AS at
            FROM every_effect e
            WHERE e.referral_id = r.id AND e.reaches_delius AND e.state IN ('delivered', 'parked')
        ) told ON true
        WHERE c.state IS DISTINCT FROM 'without'
            AND (
                r.concluded_at IS NULL
                OR k.checked_at IS NULL
                OR k.open > 0
                OR k.checked_at < r.concluded_at + interval '25 hours'
            )
            AND (k.checked_at IS NULL OR told.at > k.checked_at OR k.checked_at <= $1)
        ORDER BY (told.at > k.checked_at) IS NOT TRUE, k.checked_at NULLS FIRST, r.id
        LIMIT $2
        "#,
        at(before) as _,
        limit,
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// Takes note that a referral was compared, what was seen in short, and how many discrepancies there were.
pub async fn save_check(
    db: &mut Db,
    referral: ReferralId,
    digest: &str,
    open: usize,
    now: Timestamp,
) -> Result<(), StoreError> {
    let saved = sqlx::query!(
        r#"
        INSERT INTO collection_check (referral_id, checked_at, digest, open, agreed_at)
        VALUES ($1, $2, $3, $4, CASE WHEN $4::integer = 0 THEN $2::timestamptz END)
        ON CONFLICT (referral_id) DO UPDATE
        SET checked_at = excluded.checked_at,
            digest = excluded.digest,
            open = excluded.open,
            agreed_at = coalesce(excluded.agreed_at, collection_check.agreed_at)
        "#,
        referral.0,
        at(now) as _,
        digest,
        i32::try_from(open).unwrap_or(i32::MAX),
    )
    .execute(db)
    .await?;
    one_row(&saved)
}

/// When Delius and we last agreed about a referral in everything that was seen; none: never.
pub async fn find_agreement(db: &mut Db, referral: ReferralId) -> Result<Option<Timestamp>, StoreError> {
    let agreed = sqlx::query_scalar!(
        r#"SELECT agreed_at AS "agreed_at: At" FROM collection_check WHERE referral_id = $1"#,
        referral.0,
    );
    Ok(instant(agreed.fetch_optional(db).await?.flatten()))
}

/// Referrals that are worth another look before the night, `limit` at most: those whose line is held, since what holds
/// them may have been put right, and those of which Delius was told something after `since` that nobody looked at
/// afterwards. Those that nobody looked at for the longest come first; none that goes on without Delius.
pub async fn list_to_look_at_again(db: &mut Db, since: Timestamp, limit: i64) -> Result<Vec<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT look.id AS "id!"
        FROM (
            SELECT c.referral_id AS id
            FROM collection c
            WHERE c.state = 'held'
            UNION
            SELECT told.referral_id
            FROM (
                SELECT e.referral_id, max(e.settled_at) AS at
                FROM effect_finished e
                WHERE e.settled_at > $1 AND e.reaches_delius AND e.state = 'delivered'
                GROUP BY e.referral_id
            ) told
            LEFT JOIN collection c ON c.referral_id = told.referral_id
            LEFT JOIN collection_check k ON k.referral_id = told.referral_id
            WHERE c.state IS DISTINCT FROM 'without' AND (k.checked_at IS NULL OR k.checked_at < told.at)
        ) look
        LEFT JOIN collection_check k ON k.referral_id = look.id
        ORDER BY k.checked_at NULLS FIRST, look.id
        LIMIT $2
        "#,
        at(since) as _,
        limit,
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// When a referral was last compared, and what was seen in short.
pub async fn find_check(db: &mut Db, referral: ReferralId) -> Result<Option<(Timestamp, String)>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT checked_at AS "checked_at: At", digest FROM collection_check WHERE referral_id = $1"#,
        referral.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.checked_at.to_jiff(), row.digest)))
}

/// Supersedes the calls to Delius of a referral that are in one of these states, because the activity is to be made
/// again; answers which.
pub async fn supersede_calls(
    db: &mut Db,
    referral: ReferralId,
    states: &[EffectState],
    reason: &str,
    now: Timestamp,
) -> Result<Vec<EffectId>, StoreError> {
    let states: Vec<String> = states.iter().map(|state| state.as_str().to_owned()).collect();
    let superseded = sqlx::query_scalar!(
        r#"
        UPDATE effect
        SET state = 'superseded', settled_at = $3, reason = $2
        WHERE referral_id = $1 AND system = 'delius' AND state = ANY($4)
        RETURNING id
        "#,
        referral.0,
        reason,
        at(now) as _,
        &states,
    );
    Ok(superseded.fetch_all(db).await?.into_iter().map(EffectId).collect())
}

/// What waited for calls that were superseded waits for `to` instead, and so does every event that Delius acts on.
pub async fn wait_for(
    db: &mut Db,
    referral: ReferralId,
    superseded: &[EffectId],
    to: EffectId,
) -> Result<(), StoreError> {
    let ids: Vec<uuid::Uuid> = superseded.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        UPDATE effect
        SET after_id = $3
        WHERE referral_id = $1
            AND system <> 'delius'
            AND (after_id = ANY($2) OR reaches_delius)
            AND state IN ('waiting', 'retrying', 'parked')
        "#,
        referral.0,
        &ids,
        to.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a referral under the case number that the person has now; the former one is kept. False when it is not under
/// `from` any more.
pub async fn change_case_number(
    db: &mut Db,
    referral: ReferralId,
    (from, to): (&Crn, &Crn),
    by: &User,
    why: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = sqlx::query!(
        "UPDATE referral SET service_usercrn = $3, version = version + 1 WHERE id = $1 AND service_usercrn = $2",
        referral.0,
        from.as_str(),
        to.as_str(),
    )
    .execute(&mut *db)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    let kept = sqlx::query!(
        r#"
        INSERT INTO former_case_number (referral_id, crn, replaced_at, replaced_by_source, replaced_by_id, why)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        referral.0,
        from.as_str(),
        at(now) as _,
        by.source.as_str(),
        by.id,
        why,
    )
    .execute(db)
    .await?;
    one_row(&kept)?;
    Ok(true)
}
