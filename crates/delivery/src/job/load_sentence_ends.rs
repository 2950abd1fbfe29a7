//! Learns from Delius when a referral's sentence ends, where that is not known: it could not be read when the referral
//! was sent, or the referral is older than the field. Asked outside any transaction.

use domain::ReferralId;

use super::{Done, Hand};

pub(super) async fn load(hand: &Hand<'_>, id: ReferralId) -> Result<Done, app::Error> {
    let mut db = hand.app.store().connection().await?;
    let wanted = store::referral::find_sentence_without_end(&mut db, id).await?;
    drop(db);
    let Some((crn, sentence)) = wanted else { return Ok(Done::Unchanged) };
    let conviction = hand.app.upstreams().delius.conviction(&hand.trace(), &crn, sentence).await?;
    // A sentence without an end, or one that Delius no longer has, is not a failure: there is nothing to know.
    let Some(end) = conviction.and_then(|conviction| conviction.sentence.expected_end_date) else {
        return Ok(Done::Unchanged);
    };
    if hand.dry_run {
        return Ok(Done::Changed);
    }
    let mut work = hand.app.store().begin().await?;
    let kept = store::referral::keep_sentence_end(&mut work, id, sentence, end).await?;
    work.commit().await?;
    Ok(Done::changed_if(kept))
}
