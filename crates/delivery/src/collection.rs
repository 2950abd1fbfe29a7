//! What delivery knows of the line to Delius: whether an effect may go out now, and what a refusal by Delius means.

use domain::collection::{Finding, kind_of_refusal};
use domain::effect::Action;
use store::collection::{CollectionState, WITHOUT_DELIUS};
use store::outbox::{ClaimedEffect, NOT_YET, Outcome};
use upstream::UpstreamError;

use crate::relay::Carrier;

/// The outcome of an effect that was claimed just before somebody chose, or just before the line was held; none where
/// it may go out.
pub(crate) async fn not_now(carrier: &Carrier, effect: &ClaimedEffect) -> Result<Option<Outcome>, store::StoreError> {
    if !effect.action.reaches_delius() {
        return Ok(None);
    }
    let mut db = carrier.app.store().connection().await?;
    let line = store::collection::find(&mut db, effect.referral_id).await?;
    Ok(match line.map(|line| line.state) {
        Some(CollectionState::Without) if effect.action.is_only_for_delius() => {
            Some(Outcome::Superseded { reason: WITHOUT_DELIUS.to_owned() })
        }
        Some(CollectionState::Held) => Some(Outcome::Retry {
            not_before: carrier.app.clock().now(),
            status: None,
            error: format!("{NOT_YET}the line to Delius is held"),
            ambiguous: false,
        }),
        _ => None,
    })
}

/// What it means that Delius refused a call, as far as the status tells.
pub(crate) fn finding(effect: &ClaimedEffect, error: &UpstreamError) -> Option<Finding> {
    let was_started = match &effect.action {
        Action::StartReferral => effect.was_ambiguous,
        Action::PutAppointment(_) => true,
        Action::Publish(_) | Action::Email { .. } | Action::LookUpCustody => return None,
    };
    let status = error.status()?;
    let kind = kind_of_refusal(status, was_started)?;
    Some(Finding::new(kind).with("refused", effect.action.name()).with("status", status))
}
