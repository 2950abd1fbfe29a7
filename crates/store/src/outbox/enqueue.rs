//! Intends effects, in the transaction of their cause.

use std::collections::BTreeSet;

use domain::effect::{Intent, System};
use domain::{ReferralId, User};
use jiff::Timestamp;

use super::payload;
use crate::column::{at, maybe_at};
use crate::error::one_row;
use crate::{Db, StoreError};

/// Where effects come from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Who caused them.
    pub actor: &'a User,
    /// The kind of fact that they follow from.
    pub cause: &'a str,
    /// Ties them to the request.
    pub correlation: &'a str,
    /// The W3C trace context of the request, which their calls continue.
    pub traceparent: Option<&'a str>,
}

/// Intends effects, in this order. Whoever listens is woken when the transaction commits.
///
/// What only Delius needs is superseded at once where the referral goes on without Delius.
///
/// Locks the referral, so that positions within a line are in the order in which transactions commit. The times of a
/// line never go back: one who waited for that lock began before the one who held it, but comes after.
pub async fn enqueue(
    db: &mut Db,
    referral: ReferralId,
    intents: &[Intent],
    origin: &Origin<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if intents.is_empty() {
        return Ok(());
    }
    sqlx::query!("SELECT id FROM referral WHERE id = $1 FOR NO KEY UPDATE", referral.0)
        .fetch_optional(&mut *db)
        .await?;
    // One that is finished already is nothing to wait for.
    let mut last_delius = sqlx::query_scalar!(
        "SELECT id FROM effect WHERE referral_id = $1 AND system = 'delius' ORDER BY position DESC LIMIT 1",
        referral.0,
    )
    .fetch_optional(&mut *db)
    .await?;
    let without = crate::collection::is_without(db, referral).await?;
    let mut systems = BTreeSet::new();
    for intent in intents {
        // Delius is told nothing more: the intent is kept in the ledger and finished at once.
        let withheld = without && intent.action.is_only_for_delius();
        let system = intent.action.system();
        let (kind, payload) = payload::to_json(&intent.action);
        let inserted = sqlx::query!(
            r#"
            INSERT INTO effect (
                id, referral_id, system, kind, payload, after_id, state, not_before, cause, actor_source, actor_id,
                correlation_id, occurred_at, created_at, settled_at, reason, traceparent
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $13, $7, $8, $9, $10, $11,
                greatest($12, (SELECT max(occurred_at) FROM every_effect WHERE referral_id = $2 AND system = $3)),
                $7, $14, $15, $16
            )
            "#,
            intent.id.0,
            referral.0,
            system.as_str(),
            kind,
            payload,
            last_delius.filter(|_| intent.after_delius),
            at(now) as _,
            origin.cause,
            origin.actor.source.as_str(),
            origin.actor.id,
            origin.correlation,
            at(intent.occurred_at) as _,
            if withheld { "superseded" } else { "waiting" },
            maybe_at(withheld.then_some(now)) as _,
            withheld.then_some(crate::collection::WITHOUT_DELIUS),
            origin.traceparent,
        )
        .execute(&mut *db)
        .await?;
        one_row(&inserted)?;
        if system == System::Delius {
            last_delius = Some(intent.id.0);
        }
        systems.insert(system);
    }
    for system in systems {
        notify_ready(db, system.as_str()).await?;
    }
    Ok(())
}

/// Wakes whoever waits for effects of this system, once the transaction commits.
pub(super) async fn notify_ready(db: &mut Db, system: &str) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_notify($1, $2)", super::READY_CHANNEL, system).execute(db).await?;
    Ok(())
}
