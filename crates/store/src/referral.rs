//! Sent referrals: read whole, changed one fact at a time.

mod amendment;
mod appointment;
mod due;
mod load;
mod lookup;
mod record;
mod sent;

use domain::{Referral, ReferralId};

pub use self::due::{
    find_sentence_without_end, keep_sentence_end, list_ending, list_with_phrase, list_without_sentence_end,
};
pub use self::lookup::{
    CustodyDates, exists, find_by_appointment, find_by_assessment, find_by_case_note, find_by_plan, find_by_reference,
    find_by_report, keep_custody_lookup, list_by_crn, list_by_former_crn,
};
pub use self::record::record;
pub use self::sent::insert;
use crate::{Db, StoreError};

/// The referral, with everything that decides what may happen to it next. Ten queries, however long its history.
pub async fn find(db: &mut Db, id: ReferralId) -> Result<Option<Referral>, StoreError> {
    Ok(load::referrals(db, &[id.0]).await?.pop())
}

/// Those of these referrals that exist, each whole, oldest first. Ten queries, however many there are.
pub async fn find_all(db: &mut Db, ids: &[ReferralId]) -> Result<Vec<Referral>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    load::referrals(db, &ids).await
}

/// [`find_all`], by plain ids.
pub(crate) async fn whole(db: &mut Db, ids: &[uuid::Uuid]) -> Result<Vec<Referral>, StoreError> {
    load::referrals(db, ids).await
}

/// The referral, locked until the unit of work ends: nobody else can record a fact about it meanwhile.
pub async fn lock(db: &mut Db, id: ReferralId) -> Result<Option<Referral>, StoreError> {
    let locked = sqlx::query_scalar!("SELECT id FROM referral WHERE id = $1 FOR NO KEY UPDATE", id.0)
        .fetch_optional(&mut *db)
        .await?;
    match locked {
        None => Ok(None),
        Some(_) => find(db, id).await,
    }
}
