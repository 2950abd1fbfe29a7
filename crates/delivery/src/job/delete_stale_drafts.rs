//! Deletes a draft that nobody has changed for long. One that is being sent is never deleted, nor one that was sent.

use domain::ReferralId;
use jiff::Timestamp;
use store::audit::{AuditActor, AuditEntry};

use super::{Done, Hand};

pub(super) async fn delete(hand: &Hand<'_>, id: ReferralId, before: Timestamp) -> Result<Done, app::Error> {
    let mut work = hand.app.store().begin().await?;
    if !store::draft::delete_stale(&mut work, id, before).await? {
        return Ok(Done::Unchanged);
    }
    if hand.dry_run {
        // Undone by not being committed.
        return Ok(Done::Changed);
    }
    let entry = AuditEntry {
        at: hand.cause.now,
        actor: AuditActor::User(hand.cause.actor.clone()),
        operation: "deleteStaleDraft".to_owned(),
        subject_kind: "draft".to_owned(),
        subject_id: id.to_string(),
        correlation_id: hand.cause.correlation.id.clone(),
    };
    store::audit::record(&mut work, &entry).await?;
    work.commit().await?;
    Ok(Done::Changed)
}
