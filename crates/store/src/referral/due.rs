//! Referrals that a job has something to do with. Only ids: whoever works on one locks it and looks again.

use domain::{Crn, ReferralId};
use jiff::civil::Date;

use crate::column::day;
use crate::{Db, StoreError};

/// Referrals whose end was requested and that are not concluded.
pub async fn list_ending(db: &mut Db) -> Result<Vec<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT id FROM referral WHERE end_requested_at IS NOT NULL AND concluded_at IS NULL ORDER BY id"
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// Referrals of a contract (by its reference) on which a person left a case note that contains the phrase, in capitals
/// or not. Each is named once, however many such notes it has.
pub async fn list_with_phrase(db: &mut Db, contract: &str, phrase: &str) -> Result<Vec<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT r.id
        FROM referral r
        JOIN intervention i ON i.id = r.intervention_id
        JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
        WHERE c.contract_reference = $1
            AND EXISTS (
                SELECT
                FROM case_note n
                WHERE n.referral_id = r.id
                    AND n.sent_by_source <> $3
                    AND strpos(lower(n.body), lower($2)) > 0
            )
        ORDER BY r.id
        "#,
        contract,
        phrase,
        domain::AuthSource::Service.as_str(),
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// Referrals of which it is not known when the sentence ends.
pub async fn list_without_sentence_end(db: &mut Db) -> Result<Vec<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT id FROM referral WHERE relevant_sentence_end_date IS NULL ORDER BY id");
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// The case and the sentence to ask about; none when the sentence's end is known (or the referral gone).
pub async fn find_sentence_without_end(db: &mut Db, id: ReferralId) -> Result<Option<(Crn, i64)>, StoreError> {
    let found = sqlx::query!(
        r#"
        SELECT service_usercrn, relevant_sentence_id
        FROM referral
        WHERE id = $1 AND relevant_sentence_end_date IS NULL
        "#,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (Crn(row.service_usercrn), row.relevant_sentence_id)))
}

/// Keeps when the sentence ends, unless that is known meanwhile or the referral is under another sentence by now;
/// answers whether it was kept. Not a decision about the referral: its version stays.
pub async fn keep_sentence_end(db: &mut Db, id: ReferralId, sentence: i64, end: Date) -> Result<bool, StoreError> {
    let kept = sqlx::query!(
        r#"
        UPDATE referral
        SET relevant_sentence_end_date = $3
        WHERE id = $1 AND relevant_sentence_id = $2 AND relevant_sentence_end_date IS NULL
        "#,
        id.0,
        sentence,
        day(end) as _,
    )
    .execute(db)
    .await?;
    Ok(kept.rows_affected() == 1)
}
