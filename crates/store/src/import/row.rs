//! The rows themselves: read as JSON, written from JSON, deleted by their key. One statement for each table, so that
//! every one is checked against the schema.

use serde_json::Value;
use sqlx::Connection as _;

use super::{Snapshot, Table};
use crate::{Db, StoreError};

/// Every row that imports may write.
pub async fn snapshot(db: &mut Db) -> Result<Snapshot, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT 'nps_region' AS "table!", t.id AS "key!", to_jsonb(t) AS "row!" FROM nps_region t
        UNION ALL
        SELECT 'pcc_region', t.id, to_jsonb(t) FROM pcc_region t
        UNION ALL
        SELECT 'probation_office', t.id::text, to_jsonb(t) FROM probation_office t
        UNION ALL
        SELECT 'probation_delivery_unit', t.id::text, to_jsonb(t) FROM probation_delivery_unit t
        UNION ALL
        SELECT 'nsi_type_mapping', t.contract_type_code, to_jsonb(t) FROM nsi_type_mapping t
        UNION ALL
        SELECT 'service_provider', t.id, to_jsonb(t) FROM service_provider t
        UNION ALL
        SELECT 'service_category', t.id::text, to_jsonb(t) FROM service_category t
        UNION ALL
        SELECT 'complexity_level', t.id::text, to_jsonb(t) FROM complexity_level t
        UNION ALL
        SELECT 'desired_outcome', t.id::text, to_jsonb(t) FROM desired_outcome t
        UNION ALL
        SELECT 'contract_type', t.id::text, to_jsonb(t) FROM contract_type t
        UNION ALL
        SELECT 'contract_type_service_category', t.contract_type_id || '/' || t.service_category_id, to_jsonb(t) FROM contract_type_service_category t
        UNION ALL
        SELECT 'dynamic_framework_contract', t.id::text, to_jsonb(t) FROM dynamic_framework_contract t
        UNION ALL
        SELECT 'dynamic_framework_contract_sub_contractor', t.dynamic_framework_contract_id || '/' || t.subcontractor_provider_id, to_jsonb(t) FROM dynamic_framework_contract_sub_contractor t
        UNION ALL
        SELECT 'intervention', t.id::text, to_jsonb(t) FROM intervention t
        "#,
    )
    .fetch_all(db)
    .await?;
    let table = |name: &str| Table::from_text(name).ok_or_else(|| StoreError::corrupt("pg_class", "relname", &name));
    rows.into_iter().map(|row| Ok(((table(&row.table)?, row.key), row.row))).collect()
}

/// A checked statement with a row as its only argument.
macro_rules! run {
    ($db:ident, $row:ident, $sql:expr) => {
        sqlx::query!($sql, $row).execute($db).await
    };
}

/// Adds a row, or makes the row with its key say the same. `row` holds every column.
pub async fn write(db: &mut Db, table: Table, row: &Value) -> Result<(), StoreError> {
    let written = match table {
        Table::NpsRegion => run!(
            db,
            row,
            r#"
                INSERT INTO nps_region
                SELECT given.* FROM jsonb_populate_record(NULL::nps_region, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name,
                    tom_id = excluded.tom_id,
                    active = excluded.active
                "#
        ),
        Table::PccRegion => run!(
            db,
            row,
            r#"
                INSERT INTO pcc_region
                SELECT given.* FROM jsonb_populate_record(NULL::pcc_region, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name,
                    nps_region_id = excluded.nps_region_id,
                    active = excluded.active
                "#
        ),
        Table::ProbationOffice => run!(
            db,
            row,
            r#"
                INSERT INTO probation_office
                SELECT given.* FROM jsonb_populate_record(NULL::probation_office, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name,
                    address = excluded.address,
                    nps_region_id = excluded.nps_region_id,
                    gov_uk_url = excluded.gov_uk_url,
                    delius_location_code = excluded.delius_location_code,
                    active = excluded.active
                "#
        ),
        Table::ProbationDeliveryUnit => run!(
            db,
            row,
            r#"
                INSERT INTO probation_delivery_unit
                SELECT given.* FROM jsonb_populate_record(NULL::probation_delivery_unit, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name,
                    nps_region_id = excluded.nps_region_id,
                    active = excluded.active
                "#
        ),
        Table::NsiTypeMapping => run!(
            db,
            row,
            r#"
                INSERT INTO nsi_type_mapping
                SELECT given.* FROM jsonb_populate_record(NULL::nsi_type_mapping, $1) AS given
                ON CONFLICT (contract_type_code) DO UPDATE
                SET nsi_type = excluded.nsi_type
                "#
        ),
        Table::ServiceProvider => run!(
            db,
            row,
            r#"
                INSERT INTO service_provider
                SELECT given.* FROM jsonb_populate_record(NULL::service_provider, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name
                "#
        ),
        Table::ServiceCategory => run!(
            db,
            row,
            r#"
                INSERT INTO service_category
                SELECT given.* FROM jsonb_populate_record(NULL::service_category, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET created = excluded.created,
                    name = excluded.name
                "#
        ),
        Table::ComplexityLevel => run!(
            db,
            row,
            r#"
                INSERT INTO complexity_level
                SELECT given.* FROM jsonb_populate_record(NULL::complexity_level, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET title = excluded.title,
                    description = excluded.description,
                    service_category_id = excluded.service_category_id,
                    complexity = excluded.complexity
                "#
        ),
        Table::DesiredOutcome => run!(
            db,
            row,
            r#"
                INSERT INTO desired_outcome
                SELECT given.* FROM jsonb_populate_record(NULL::desired_outcome, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET description = excluded.description,
                    service_category_id = excluded.service_category_id,
                    deprecated_at = excluded.deprecated_at
                "#
        ),
        Table::ContractType => run!(
            db,
            row,
            r#"
                INSERT INTO contract_type
                SELECT given.* FROM jsonb_populate_record(NULL::contract_type, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name,
                    code = excluded.code
                "#
        ),
        Table::ContractTypeServiceCategory => run!(
            db,
            row,
            r#"
                INSERT INTO contract_type_service_category
                SELECT given.* FROM jsonb_populate_record(NULL::contract_type_service_category, $1) AS given
                ON CONFLICT (contract_type_id, service_category_id) DO NOTHING
                "#
        ),
        Table::DynamicFrameworkContract => run!(
            db,
            row,
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
                "#
        ),
        Table::DynamicFrameworkContractSubContractor => run!(
            db,
            row,
            r#"
                INSERT INTO dynamic_framework_contract_sub_contractor
                SELECT given.* FROM jsonb_populate_record(NULL::dynamic_framework_contract_sub_contractor, $1) AS given
                ON CONFLICT (dynamic_framework_contract_id, subcontractor_provider_id) DO NOTHING
                "#
        ),
        Table::Intervention => run!(
            db,
            row,
            r#"
                INSERT INTO intervention
                SELECT given.* FROM jsonb_populate_record(NULL::intervention, $1) AS given
                ON CONFLICT (id) DO UPDATE
                SET dynamic_framework_contract_id = excluded.dynamic_framework_contract_id,
                    created_at = excluded.created_at,
                    title = excluded.title,
                    description = excluded.description,
                    incoming_referral_distribution_email = excluded.incoming_referral_distribution_email
                "#
        ),
    };
    written.map(drop).map_err(StoreError::from)
}

/// Removes the row with the key that `row` has.
///
/// # Errors
/// [`StoreError::Conflict`] when something refers to it.
pub async fn delete(db: &mut Db, table: Table, row: &Value) -> Result<(), StoreError> {
    let deleted = match table {
        Table::NpsRegion => run!(
            db,
            row,
            r#"
                DELETE FROM nps_region t
                USING jsonb_populate_record(NULL::nps_region, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::PccRegion => run!(
            db,
            row,
            r#"
                DELETE FROM pcc_region t
                USING jsonb_populate_record(NULL::pcc_region, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::ProbationOffice => run!(
            db,
            row,
            r#"
                DELETE FROM probation_office t
                USING jsonb_populate_record(NULL::probation_office, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::ProbationDeliveryUnit => run!(
            db,
            row,
            r#"
                DELETE FROM probation_delivery_unit t
                USING jsonb_populate_record(NULL::probation_delivery_unit, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::NsiTypeMapping => run!(
            db,
            row,
            r#"
                DELETE FROM nsi_type_mapping t
                USING jsonb_populate_record(NULL::nsi_type_mapping, $1) AS given
                WHERE t.contract_type_code = given.contract_type_code
                "#
        ),
        Table::ServiceProvider => run!(
            db,
            row,
            r#"
                DELETE FROM service_provider t
                USING jsonb_populate_record(NULL::service_provider, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::ServiceCategory => run!(
            db,
            row,
            r#"
                DELETE FROM service_category t
                USING jsonb_populate_record(NULL::service_category, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::ComplexityLevel => run!(
            db,
            row,
            r#"
                DELETE FROM complexity_level t
                USING jsonb_populate_record(NULL::complexity_level, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::DesiredOutcome => run!(
            db,
            row,
            r#"
                DELETE FROM desired_outcome t
                USING jsonb_populate_record(NULL::desired_outcome, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::ContractType => run!(
            db,
            row,
            r#"
                DELETE FROM contract_type t
                USING jsonb_populate_record(NULL::contract_type, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::ContractTypeServiceCategory => run!(
            db,
            row,
            r#"
                DELETE FROM contract_type_service_category t
                USING jsonb_populate_record(NULL::contract_type_service_category, $1) AS given
                WHERE t.contract_type_id = given.contract_type_id AND t.service_category_id = given.service_category_id
                "#
        ),
        Table::DynamicFrameworkContract => run!(
            db,
            row,
            r#"
                DELETE FROM dynamic_framework_contract t
                USING jsonb_populate_record(NULL::dynamic_framework_contract, $1) AS given
                WHERE t.id = given.id
                "#
        ),
        Table::DynamicFrameworkContractSubContractor => run!(
            db,
            row,
            r#"
                DELETE FROM dynamic_framework_contract_sub_contractor t
                USING jsonb_populate_record(NULL::dynamic_framework_contract_sub_contractor, $1) AS given
                WHERE t.dynamic_framework_contract_id = given.dynamic_framework_contract_id AND t.subcontractor_provider_id = given.subcontractor_provider_id
                "#
        ),
        Table::Intervention => run!(
            db,
            row,
            r#"
                DELETE FROM intervention t
                USING jsonb_populate_record(NULL::intervention, $1) AS given
                WHERE t.id = given.id
                "#
        ),
    };
    deleted.map(drop).map_err(StoreError::from)
}

/// Removes a row, or tells what needs it: what refers to it, and what names it without a reference.
pub async fn delete_unless_used(db: &mut Db, table: Table, row: &Value) -> Result<Option<String>, StoreError> {
    if let Some(user) = named_by(db, table, row).await? {
        return Ok(Some(user));
    }
    let mut attempt = db.begin().await?;
    match delete(&mut attempt, table, row).await {
        Ok(()) => {
            attempt.commit().await?;
            Ok(None)
        }
        Err(StoreError::Conflict { constraint }) => {
            attempt.rollback().await?;
            let referring = sqlx::query_scalar!(
                r#"SELECT conrelid::regclass::text AS "table!" FROM pg_constraint WHERE conname = $1 LIMIT 1"#,
                constraint,
            );
            Ok(Some(referring.fetch_optional(db).await?.unwrap_or(constraint)))
        }
        Err(error) => Err(error),
    }
}

/// What holds a row's code as a text.
async fn named_by(db: &mut Db, table: Table, row: &Value) -> Result<Option<String>, StoreError> {
    let user = match table {
        Table::ProbationOffice => {
            let code = row["delius_location_code"].as_str();
            let booked = sqlx::query_scalar!(
                "SELECT 'appointment ' || appointment_id AS used FROM appointment_delivery WHERE nps_office_code = $1 LIMIT 1",
                code,
            );
            booked.fetch_optional(db).await?
        }
        Table::NsiTypeMapping => {
            let contract = sqlx::query_scalar!(
                r#"
                SELECT 'contract ' || c.contract_reference AS used
                FROM dynamic_framework_contract c
                JOIN contract_type t ON t.id = c.contract_type_id
                WHERE t.code = $1
                ORDER BY c.contract_reference
                LIMIT 1
                "#,
                row["contract_type_code"].as_str(),
            );
            contract.fetch_optional(db).await?
        }
        _ => None,
    };
    Ok(user.flatten())
}
