//! Writes the amended part of a sent referral: each part whole, over what was there, and where nothing was there, anew.

use std::collections::BTreeSet;

use domain::amendment::Amended;
use domain::referral::{LocationType, Needs, ReferralDetails};
use domain::{DesiredOutcomeId, Referral};
use uuid::Uuid;

use super::sent;
use crate::error::{one_row, rows};
use crate::{Db, StoreError};

/// Writes the part.
pub(super) async fn write(db: &mut Db, before: &Referral, part: &Amended) -> Result<(), StoreError> {
    let id = before.id.0;
    match part {
        Amended::Details(details) => write_details(db, before, details).await,
        Amended::Complexity(category, level) => write_complexity(db, id, category.0, level.0).await,
        Amended::Outcomes(category, outcomes) => write_outcomes(db, id, category.0, outcomes).await,
        Amended::Needs(needs) => write_needs(db, id, needs).await,
        Amended::Location(location) => {
            // The domain says where the person is whenever it amends that.
            let location_type = location.location_type.unwrap_or(LocationType::Custody);
            sent::write_location(db, id, location_type, location).await
        }
        Amended::Practitioner(practitioner) => sent::write_practitioner(db, id, practitioner).await,
    }
}

/// The former version is linked first: only one may be current at any moment, while the link itself is checked at the
/// end of the transaction.
async fn write_details(db: &mut Db, before: &Referral, details: &ReferralDetails) -> Result<(), StoreError> {
    if let Some(former) = &before.details {
        let linked = sqlx::query!(
            "UPDATE referral_details SET superseded_by_id = $2 WHERE id = $1 AND superseded_by_id IS NULL",
            former.id.0,
            details.id.0,
        );
        one_row(&linked.execute(&mut *db).await?)?;
    }
    sent::insert_details(db, before.id.0, details).await
}

async fn write_complexity(db: &mut Db, id: Uuid, category: Uuid, level: Uuid) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO referral_complexity_level_ids (referral_id, complexity_level_ids_key, complexity_level_ids)
        VALUES ($1, $2, $3)
        ON CONFLICT (referral_id, complexity_level_ids_key) DO UPDATE
        SET complexity_level_ids = excluded.complexity_level_ids
        "#,
        id,
        category,
        level,
    );
    one_row(&written.execute(db).await?)
}

async fn write_outcomes(
    db: &mut Db,
    id: Uuid,
    category: Uuid,
    outcomes: &BTreeSet<DesiredOutcomeId>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM referral_desired_outcome WHERE referral_id = $1 AND service_category_id = $2",
        id,
        category,
    )
    .execute(&mut *db)
    .await?;
    let ids: Vec<Uuid> = outcomes.iter().map(|outcome| outcome.0).collect();
    let written = sqlx::query!(
        r#"
        INSERT INTO referral_desired_outcome (referral_id, service_category_id, desired_outcome_id)
        SELECT $1, $2, outcome FROM UNNEST($3::uuid[]) AS given (outcome)
        "#,
        id,
        category,
        &ids,
    );
    rows(&written.execute(db).await?, u64::try_from(ids.len()).unwrap_or(u64::MAX))
}

async fn write_needs(db: &mut Db, id: Uuid, needs: &Needs) -> Result<(), StoreError> {
    let Needs {
        additional_needs_information,
        accessibility_needs,
        needs_interpreter,
        interpreter_language,
        has_additional_responsibilities,
        when_unavailable,
    } = needs;
    let written = sqlx::query!(
        r#"
        UPDATE referral
        SET additional_needs_information = $2,
            accessibility_needs = $3,
            needs_interpreter = $4,
            interpreter_language = $5,
            has_additional_responsibilities = $6,
            when_unavailable = $7
        WHERE id = $1
        "#,
        id,
        additional_needs_information.as_deref(),
        accessibility_needs.as_deref(),
        *needs_interpreter,
        interpreter_language.as_deref(),
        *has_additional_responsibilities,
        when_unavailable.as_deref(),
    );
    one_row(&written.execute(db).await?)
}
