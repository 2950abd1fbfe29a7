//! How far Delius is with a referral, what its updates wait for, and whether anything else about it is late: what its
//! pages say in a sentence.

use domain::collection::{DiscrepancyKind, Finding};
use domain::effect::System;
use domain::{AppointmentId, DiscrepancyId, ReferralId};
use jiff::{SignedDuration, Timestamp};

use super::{Collection, CollectionState};
use crate::column::{At, Place, at, instant};
use crate::outbox::{EffectState, NOT_YET, WENT_ON_WITHOUT};
use crate::{Db, StoreError};

/// How far Delius is with a referral, in one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// When the last thing happened that Delius was told of.
    pub told_up_to: Option<Timestamp>,
    /// How many updates an operator went on without: Delius is never told of them.
    pub left_out: u64,
    /// How many updates wait.
    pub waiting: u64,
    /// What all of them wait for: the first effect of the line in which the first of them stands.
    pub first: Option<FirstWaiting>,
    /// How the line stands, where it was ever anything but clear.
    pub collection: Option<Collection>,
    /// Why it is held, or went on without, and when that was first seen.
    pub cause: Option<(Finding, Timestamp)>,
    /// What is open between Delius and us; each kind once.
    pub differences: Vec<DiscrepancyKind>,
    /// When it was last compared with what Delius holds.
    pub compared_at: Option<Timestamp>,
    /// The first message to another system that is parked or late.
    pub late: Option<Late>,
}

/// The effect that the updates wait behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstWaiting {
    /// The system that it is for.
    pub system: System,
    /// Since when that system is paused.
    pub paused_since: Option<Timestamp>,
    /// Where it stands.
    pub state: EffectState,
    /// When it is tried next, while it waits.
    pub not_before: Timestamp,
    /// Status of the last answer, where one came.
    pub last_status: Option<i32>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was parked.
    pub settled_at: Option<Timestamp>,
    /// Why it was parked.
    pub reason: Option<String>,
}

/// A message that Delius has no part in, and that is parked or late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The system that it is for.
    pub system: System,
    /// Since when a person must look; none: it is tried again by itself, or goes out once the system is resumed.
    pub parked_at: Option<Timestamp>,
    /// When it was intended.
    pub created_at: Timestamp,
}

/// How far Delius is with a referral. One query, the cost of which is bounded by the referral's own effects. Another
/// message is late when it failed or its system is paused, and it was intended `late` ago.
pub async fn progress(
    db: &mut Db,
    referral: ReferralId,
    now: Timestamp,
    late: SignedDuration,
) -> Result<Progress, StoreError> {
    let late_before = now.saturating_sub(late).unwrap_or(Timestamp::MIN);
    // What stands before the first update in its own line holds it up too: an event that Delius does not read. Whatever
    // the first one comes after in Delius's line would itself be an update, and an earlier one.
    let row = sqlx::query!(
        r#"
        SELECT
            told.at AS "told_up_to: At", told.left_out AS "left_out!", waiting.count AS "waiting!",
            first.system AS "first_system?", first.state AS "first_state?", first.not_before AS "not_before?: At",
            first.last_status AS "last_status?", first.last_error AS "last_error?",
            first.settled_at AS "settled_at?: At", first.reason AS "reason?", p.since AS "paused_since?: At",
            c.state AS "state?", c.discrepancy_id AS "discrepancy_id?", c.since AS "since?: At",
            c.asked_at AS "asked_at?: At", c.version AS "version?", d.kind AS "kind?",
            d.appointment_id AS "appointment_id?", d.evidence AS "evidence?", d.first_seen_at AS "first_seen_at?: At",
            ARRAY(
                SELECT DISTINCT kind
                FROM discrepancy
                WHERE referral_id = referral.id AND resolved_at IS NULL
                ORDER BY kind
            ) AS "differences!",
            k.checked_at AS "compared_at?: At", late.system AS "late_system?", late.parked_at AS "late_parked_at?: At",
            late.created_at AS "late_created_at?: At"
        FROM (SELECT $1::uuid AS id) referral
        CROSS JOIN LATERAL (
            SELECT
                max(occurred_at) FILTER (WHERE state = 'delivered') AS at,
                count(*) FILTER (WHERE state = 'superseded' AND starts_with(reason, $2)) AS left_out
            FROM effect_finished
            WHERE referral_id = referral.id AND reaches_delius
        ) told
        CROSS JOIN LATERAL (
            SELECT count(*) AS count, min(position) AS position
            FROM effect
            WHERE referral_id = referral.id
                AND reaches_delius
                AND state IN ('waiting', 'in_flight', 'retrying', 'parked')
        ) waiting
        LEFT JOIN LATERAL (
            SELECT e.system, e.state, e.not_before, e.last_status, e.last_error, e.settled_at, e.reason
            FROM effect e
            WHERE e.referral_id = referral.id
                AND e.position <= waiting.position
                AND e.system = (
                    SELECT one.system
                    FROM effect one
                    WHERE one.referral_id = referral.id AND one.position = waiting.position
                )
            ORDER BY e.position
            LIMIT 1
        ) first ON true
        LEFT JOIN LATERAL (
            SELECT
                e.system,
                e.created_at,
                CASE WHEN e.state = 'parked' THEN e.settled_at END AS parked_at
            FROM effect e
            WHERE e.referral_id = referral.id
                AND NOT e.reaches_delius
                AND (
                    e.state = 'parked'
                    OR e.created_at <= $3
                    AND (
                        (e.last_error IS NOT NULL AND NOT starts_with(e.last_error, $4))
                        OR EXISTS (SELECT FROM paused_system WHERE system = e.system)
                    )
                )
            ORDER BY e.state <> 'parked', e.position
            LIMIT 1
        ) late ON true
        LEFT JOIN paused_system p ON p.system = first.system
        LEFT JOIN collection c ON c.referral_id = referral.id
        LEFT JOIN collection_check k ON k.referral_id = referral.id
        LEFT JOIN discrepancy d ON d.id = c.discrepancy_id
        "#,
        referral.0,
        WENT_ON_WITHOUT,
        at(late_before) as _,
        NOT_YET,
    )
    .fetch_one(db)
    .await?;
    let place = Place { table: "collection", id: &referral };
    let first = match (row.first_system, row.first_state, row.not_before) {
        (Some(system), Some(state), Some(not_before)) => Some(FirstWaiting {
            system: place.member("effect.system", &system, System::from_text)?,
            paused_since: instant(row.paused_since),
            state: place.member("effect.state", &state, EffectState::from_text)?,
            not_before: not_before.to_jiff(),
            last_status: row.last_status,
            last_error: row.last_error,
            settled_at: instant(row.settled_at),
            reason: row.reason,
        }),
        _ => None,
    };
    let collection = match (row.state, row.since, row.version) {
        (Some(state), Some(since), Some(version)) => Some(Collection {
            state: place.member("state", &state, CollectionState::from_text)?,
            discrepancy: row.discrepancy_id.map(DiscrepancyId),
            since: since.to_jiff(),
            asked_at: instant(row.asked_at),
            version,
        }),
        _ => None,
    };
    let cause = match (row.kind, row.evidence, row.first_seen_at) {
        (Some(kind), Some(seen), Some(first_seen)) => {
            let finding = Finding {
                kind: place.member("kind", &kind, DiscrepancyKind::from_text)?,
                appointment: row.appointment_id.map(AppointmentId),
                evidence: crate::discrepancy::evidence(seen).ok_or_else(|| place.corrupt("evidence"))?,
            };
            Some((finding, first_seen.to_jiff()))
        }
        _ => None,
    };
    let late = match (row.late_system, row.late_created_at) {
        (Some(system), Some(created_at)) => Some(Late {
            system: place.member("effect.system", &system, System::from_text)?,
            parked_at: instant(row.late_parked_at),
            created_at: created_at.to_jiff(),
        }),
        _ => None,
    };
    let differences = row.differences.iter().map(|kind| place.member("kind", kind, DiscrepancyKind::from_text));
    Ok(Progress {
        told_up_to: instant(row.told_up_to),
        left_out: u64::try_from(row.left_out).unwrap_or_default(),
        waiting: u64::try_from(row.waiting).unwrap_or_default(),
        first,
        collection,
        cause,
        differences: differences.collect::<Result<_, _>>()?,
        compared_at: instant(row.compared_at),
        late,
    })
}
