//! Finding a referral by something that belongs to it, and what the prison system said about it.

use domain::{
    ActionPlanId, AppointmentId, CaseNoteId, Crn, EndOfServiceReportId, ReferralId, ReferralReference,
    SupplierAssessmentId,
};
use jiff::civil::Date;

use crate::column::maybe_day;
use crate::error::one_row;
use crate::{Db, StoreError};

/// The referral that this supplier assessment belongs to.
pub async fn find_by_assessment(db: &mut Db, id: SupplierAssessmentId) -> Result<Option<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT referral_id FROM supplier_assessment WHERE id = $1", id.0);
    Ok(found.fetch_optional(db).await?.map(ReferralId))
}

/// The referral that this plan belongs to.
pub async fn find_by_plan(db: &mut Db, id: ActionPlanId) -> Result<Option<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT referral_id FROM action_plan WHERE id = $1", id.0);
    Ok(found.fetch_optional(db).await?.map(ReferralId))
}

/// The referral that this report belongs to.
pub async fn find_by_report(db: &mut Db, id: EndOfServiceReportId) -> Result<Option<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT referral_id FROM end_of_service_report WHERE id = $1", id.0);
    Ok(found.fetch_optional(db).await?.map(ReferralId))
}

/// The referral that this case note belongs to.
pub async fn find_by_case_note(db: &mut Db, id: CaseNoteId) -> Result<Option<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT referral_id FROM case_note WHERE id = $1", id.0);
    Ok(found.fetch_optional(db).await?.map(ReferralId))
}

/// The referral that this appointment belongs to.
pub async fn find_by_appointment(db: &mut Db, id: AppointmentId) -> Result<Option<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT referral_id FROM appointment WHERE id = $1", id.0);
    Ok(found.fetch_optional(db).await?.map(ReferralId))
}

/// The referral that people call by this reference number.
pub async fn find_by_reference(db: &mut Db, reference: &ReferralReference) -> Result<Option<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT id FROM referral WHERE reference_number = $1", reference.as_str());
    Ok(found.fetch_optional(db).await?.map(ReferralId))
}

/// The referrals of a case, oldest first.
pub async fn list_by_crn(db: &mut Db, crn: &Crn) -> Result<Vec<ReferralId>, StoreError> {
    let found =
        sqlx::query_scalar!("SELECT id FROM referral WHERE service_usercrn = $1 ORDER BY sent_at, id", crn.as_str());
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// The referrals that were under this case number before the person was merged, oldest first.
pub async fn list_by_former_crn(db: &mut Db, crn: &Crn) -> Result<Vec<ReferralId>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT r.id
        FROM referral r
        JOIN (SELECT DISTINCT referral_id FROM former_case_number WHERE crn = $1) former ON former.referral_id = r.id
        WHERE r.service_usercrn <> $1
        ORDER BY r.sent_at, r.id
        "#,
        crn.as_str(),
    );
    Ok(found.fetch_all(db).await?.into_iter().map(ReferralId).collect())
}

/// What the prison system said when the referral was sent; kept for comparison only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustodyDates {
    /// The prison, by its code.
    pub prison_id: Option<String>,
    /// Release date.
    pub release_date: Option<Date>,
    /// Confirmed release date.
    pub confirmed_release_date: Option<Date>,
    /// Release date other than of a detention and training order.
    pub non_dto_release_date: Option<Date>,
    /// Automatic release date.
    pub automatic_release_date: Option<Date>,
    /// Release date after recall.
    pub post_recall_release_date: Option<Date>,
    /// Conditional release date.
    pub conditional_release_date: Option<Date>,
    /// Actual parole date.
    pub actual_parole_date: Option<Date>,
    /// Discharge date.
    pub discharge_date: Option<Date>,
}

/// Whether there is a sent referral with this id.
pub async fn exists(db: &mut Db, id: ReferralId) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM referral WHERE id = $1) AS "is_there!""#, id.0);
    Ok(found.fetch_one(db).await?)
}

/// Keeps what the prison system said. Repeating it is harmless. Not a change of the referral: its version stays.
pub async fn keep_custody_lookup(db: &mut Db, id: ReferralId, dates: &CustodyDates) -> Result<(), StoreError> {
    let kept = sqlx::query!(
        r#"
        UPDATE referral_location
        SET nomis_prison_id = $2,
            nomis_release_date = $3,
            nomis_confirmed_release_date = $4,
            nomis_non_dto_release_date = $5,
            nomis_automatic_release_date = $6,
            nomis_post_recall_release_date = $7,
            nomis_conditional_release_date = $8,
            nomis_actual_parole_date = $9,
            nomis_discharge_date = $10
        WHERE referral_id = $1
        "#,
        id.0,
        dates.prison_id,
        maybe_day(dates.release_date) as _,
        maybe_day(dates.confirmed_release_date) as _,
        maybe_day(dates.non_dto_release_date) as _,
        maybe_day(dates.automatic_release_date) as _,
        maybe_day(dates.post_recall_release_date) as _,
        maybe_day(dates.conditional_release_date) as _,
        maybe_day(dates.actual_parole_date) as _,
        maybe_day(dates.discharge_date) as _,
    )
    .execute(db)
    .await?;
    one_row(&kept)
}
