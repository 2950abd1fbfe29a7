//! Concludes a referral whose end was requested and that owes no report. Finishes what older end requests left open;
//! whether there is anything to finish is decided by the state of delivery.

use app::change::record;
use domain::ReferralId;

use super::{Done, Hand};

pub(super) async fn conclude(hand: &Hand<'_>, id: ReferralId) -> Result<Done, app::Error> {
    let mut work = hand.app.store().begin().await?;
    let Some(referral) = store::referral::lock(&mut work, id).await? else { return Ok(Done::Unchanged) };
    let facts = referral.conclude_if_due(hand.cause.now);
    if facts.is_empty() || hand.dry_run {
        return Ok(Done::changed_if(!facts.is_empty()));
    }
    record(hand.app, &mut work, referral, facts, &hand.cause).await?;
    work.commit().await?;
    Ok(Done::Changed)
}
