//! The rows themselves: read as JSON, written from JSON, deleted by their key. One statement for each table, so that
//! every one is checked against the schema.

use serde_json::Value;

use super::{Snapshot, Table};
use crate::{Db, StoreError};

/// Every row of the catalogue.
pub async fn snapshot(db: &mut Db) -> Result<Snapshot, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT 'service_provider' AS "table!", id AS "key!", to_jsonb(t) AS "row!" FROM service_provider t
        UNION ALL
        SELECT 'service_category', id::text, to_jsonb(t) FROM service_category t
        UNION ALL
        SELECT 'complexity_level', id::text, to_jsonb(t) FROM complexity_level t
        UNION ALL
        SELECT 'desired_outcome', id::text, to_jsonb(t) FROM desired_outcome t
        UNION ALL
        SELECT 'contract_type', id::text, to_jsonb(t) FROM contract_type t
        UNION ALL
        SELECT 'contract_type_service_category', contract_type_id || '/' || service_category_id, to_jsonb(t) FROM contract_type_service_category t
        UNION ALL
        SELECT 'dynamic_framework_contract', id::text, to_jsonb(t) FROM dynamic_framework_contract t
        UNION ALL
        SELECT 'dynamic_framework_contract_sub_contractor', dynamic_framework_contract_id || '/' || subcontractor_provider_id, to_jsonb(t) FROM dynamic_framework_contract_sub_contractor t
        UNION ALL
        SELECT 'intervention', id::text, to_jsonb(t) FROM intervention t
        "#,
    )
    .fetch_all(db)
    .await?;
    let table = |name: &str| Table::from_text(name).ok_or_else(|| StoreError::corrupt("pg_class", "relname", &name));
    rows.into_iter().map(|row| Ok(((table(&row.table)?, row.key), row.row))).collect()
}

/// Adds a row, or makes the row with its key say the same. `row` holds every column.
pub async fn write(db: &mut Db, table: Table, row: &Value) -> Result<(), StoreError> {
    let written = match table {
        Table::ServiceProvider => {
            sqlx::query!(
                r#"
                INSERT INTO service_provider
                SELECT given.* FROM jsonb_populate_record(NULL::service_provider, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ServiceCategory => {
            sqlx::query!(
                r#"
                INSERT INTO service_category
                SELECT given.* FROM jsonb_populate_record(NULL::service_category, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET created = excluded.created,
                    name = excluded.name
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ComplexityLevel => {
            sqlx::query!(
                r#"
                INSERT INTO complexity_level
                SELECT given.* FROM jsonb_populate_record(NULL::complexity_level, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET title = excluded.title,
                    description = excluded.description,
                    service_category_id = excluded.service_category_id,
                    complexity = excluded.complexity
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::DesiredOutcome => {
            sqlx::query!(
                r#"
                INSERT INTO desired_outcome
                SELECT given.* FROM jsonb_populate_record(NULL::desired_outcome, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET description = excluded.description,
                    service_category_id = excluded.service_category_id,
                    deprecated_at = excluded.deprecated_at
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ContractType => {
            sqlx::query!(
                r#"
                INSERT INTO contract_type
                SELECT given.* FROM jsonb_populate_record(NULL::contract_type, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name,
                    code = excluded.code,
                    nsi_type = excluded.nsi_type
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ContractTypeServiceCategory => {
            sqlx::query!(
                r#"
                INSERT INTO contract_type_service_category
                SELECT given.* FROM jsonb_populate_record(NULL::contract_type_service_category, $1) AS given
                ON CONFLICT (contract_type_id, service_category_id) DO NOTHING
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::DynamicFrameworkContract => {
            sqlx::query!(
                r#"
                INSERT INTO dynamic_framework_contract
                SELECT given.* FROM jsonb_populate_record(NULL::dynamic_framework_contract, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET contract_reference = excluded.contract_reference,
                    contract_type_id = excluded.contract_type_id,
                    prime_provider_id = excluded.prime_provider_id,
                    start_date = excluded.start_date,
                    end_date = excluded.end_date,
                    referral_start_date = excluded.referral_start_date,
                    referral_end_at = excluded.referral_end_at,
                    nps_region_id = excluded.nps_region_id,
                    pcc_region_id = excluded.pcc_region_id,
                    allows_female = excluded.allows_female,
                    allows_male = excluded.allows_male,
                    minimum_age = excluded.minimum_age,
                    maximum_age = excluded.maximum_age
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::DynamicFrameworkContractSubContractor => {
            sqlx::query!(
                r#"
                INSERT INTO dynamic_framework_contract_sub_contractor
                SELECT given.* FROM jsonb_populate_record(NULL::dynamic_framework_contract_sub_contractor, $1) AS given
                ON CONFLICT (dynamic_framework_contract_id, subcontractor_provider_id) DO NOTHING
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::Intervention => {
            sqlx::query!(
                r#"
                INSERT INTO intervention
                SELECT given.* FROM jsonb_populate_record(NULL::intervention, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET dynamic_framework_contract_id = excluded.dynamic_framework_contract_id,
                    created_at = excluded.created_at,
                    title = excluded.title,
                    description = excluded.description,
                    incoming_referral_distribution_email = excluded.incoming_referral_distribution_email
                "#,
                row,
            )
            .execute(db)
            .await
        }
    };
    written.map(drop).map_err(StoreError::from)
}

/// Removes the row with the key that `row` has.
///
/// # Errors
/// [`StoreError::Conflict`] when something refers to it.
pub async fn delete(db: &mut Db, table: Table, row: &Value) -> Result<(), StoreError> {
    let deleted = match table {
        Table::ServiceProvider => {
            sqlx::query!(
                r#"
                DELETE FROM service_provider t
                USING jsonb_populate_record(NULL::service_provider, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ServiceCategory => {
            sqlx::query!(
                r#"
                DELETE FROM service_category t
                USING jsonb_populate_record(NULL::service_category, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ComplexityLevel => {
            sqlx::query!(
                r#"
                DELETE FROM complexity_level t
                USING jsonb_populate_record(NULL::complexity_level, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::DesiredOutcome => {
            sqlx::query!(
                r#"
                DELETE FROM desired_outcome t
                USING jsonb_populate_record(NULL::desired_outcome, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ContractType => {
            sqlx::query!(
                r#"
                DELETE FROM contract_type t
                USING jsonb_populate_record(NULL::contract_type, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::ContractTypeServiceCategory => {
            sqlx::query!(
                r#"
                DELETE FROM contract_type_service_category t
                USING jsonb_populate_record(NULL::contract_type_service_category, $1) AS given
                WHERE t.contract_type_id = given.contract_type_id AND t.service_category_id = given.service_category_id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::DynamicFrameworkContract => {
            sqlx::query!(
                r#"
                DELETE FROM dynamic_framework_contract t
                USING jsonb_populate_record(NULL::dynamic_framework_contract, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::DynamicFrameworkContractSubContractor => {
            sqlx::query!(
                r#"
                DELETE FROM dynamic_framework_contract_sub_contractor t
                USING jsonb_populate_record(NULL::dynamic_framework_contract_sub_contractor, $1) AS given
                WHERE t.dynamic_framework_contract_id = given.dynamic_framework_contract_id AND t.subcontractor_provider_id = given.subcontractor_provider_id
                "#,
                row,
            )
            .execute(db)
            .await
        }
        Table::Intervention => {
            sqlx::query!(
                r#"
                DELETE FROM intervention t
                USING jsonb_populate_record(NULL::intervention, $1) AS given
                WHERE t.id = given.id
                "#,
                row,
            )
            .execute(db)
            .await
        }
    };
    deleted.map(drop).map_err(StoreError::from)
}
