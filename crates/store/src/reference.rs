//! Reference data that is part of the program: regions, service categories, contract types, how Delius files them, and
//! reasons; kept as data files and loaded by code, so that a corrected text needs no migration. Ids are stable: reports
//! join on them. Rows that an import wrote are the operators' and are left alone.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Db, StoreError};

const REGIONS: &str = include_str!("../data/regions.json");
const SERVICE_CATEGORIES: &str = include_str!("../data/service_categories.json");
const CONTRACT_TYPES: &str = include_str!("../data/contract_types.json");
const NSI_TYPES: &str = include_str!("../data/nsi_types.json");
const REASONS: &str = include_str!("../data/reasons.json");

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Regions {
    nps: Value,
    pcc: Value,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasons {
    cancellation: Value,
    withdrawal: Value,
}

/// Reads a data file that is part of the program.
///
/// # Panics
/// When the file does not have its shape; a test loads every one.
pub(crate) fn embedded<T: DeserializeOwned>(name: &str, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name} is part of the program and well-formed: {error}"))
}

/// Loads all reference data: adds what is missing, corrects what differs, removes nothing,
/// and leaves alone what an import wrote. Safe to repeat.
pub async fn load(db: &mut Db) -> Result<(), StoreError> {
    load_regions(db).await?;
    load_categories(db).await?;
    load_contract_types(db).await?;
    load_reasons(db).await
}

async fn load_regions(db: &mut Db) -> Result<(), StoreError> {
    let regions: Regions = embedded("regions.json", REGIONS);
    sqlx::query!(
        r#"
        INSERT INTO nps_region (id, name, tom_id)
        SELECT id, name, tom FROM jsonb_to_recordset($1) AS given (id text, name text, tom text)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, tom_id = excluded.tom_id
        WHERE (nps_region.name, nps_region.tom_id) IS DISTINCT FROM (excluded.name, excluded.tom_id)
            AND NOT EXISTS (SELECT FROM imported_row i WHERE i.table_name = 'nps_region' AND i.key = nps_region.id)
        "#,
        regions.nps,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO pcc_region (id, name, nps_region_id)
        SELECT id, name, nps FROM jsonb_to_recordset($1) AS given (id text, name text, nps text)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name
        WHERE pcc_region.name <> excluded.name
            AND NOT EXISTS (SELECT FROM imported_row i WHERE i.table_name = 'pcc_region' AND i.key = pcc_region.id)
        "#,
        regions.pcc,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn load_categories(db: &mut Db) -> Result<(), StoreError> {
    let categories: Value = embedded("service_categories.json", SERVICE_CATEGORIES);
    sqlx::query!(
        r#"
        INSERT INTO service_category (id, name)
        SELECT id, name FROM jsonb_to_recordset($1) AS given (id uuid, name text)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name
        WHERE service_category.name <> excluded.name
            AND NOT EXISTS (SELECT FROM imported_row i WHERE i.table_name = 'service_category' AND i.key = service_category.id::text)
        "#,
        categories,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO complexity_level (id, title, description, service_category_id, complexity)
        SELECT level.id, initcap(level.complexity) || ' complexity', level.text, given.id, level.complexity
        FROM jsonb_to_recordset($1) AS given (id uuid, levels jsonb)
        CROSS JOIN jsonb_to_recordset(given.levels) AS level (id uuid, complexity text, text text)
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description
        WHERE (complexity_level.title, complexity_level.description) <> (excluded.title, excluded.description)
            AND NOT EXISTS (SELECT FROM imported_row i WHERE i.table_name = 'complexity_level' AND i.key = complexity_level.id::text)
        "#,
        categories,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO desired_outcome (id, description, service_category_id)
        SELECT outcome.id, outcome.text, given.id
        FROM jsonb_to_recordset($1) AS given (id uuid, outcomes jsonb)
        CROSS JOIN jsonb_to_recordset(given.outcomes) AS outcome (id uuid, text text)
        ON CONFLICT (id) DO UPDATE SET description = excluded.description
        WHERE desired_outcome.description <> excluded.description
            AND NOT EXISTS (SELECT FROM imported_row i WHERE i.table_name = 'desired_outcome' AND i.key = desired_outcome.id::text)
        "#,
        categories,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO desired_outcome_filter_rule (id, desired_outcome_id, rule_type, match_type)
        SELECT outcome.rule_id, outcome.id, outcome.rule, 'contract_reference'
        FROM jsonb_to_recordset($1) AS given (outcomes jsonb)
        CROSS JOIN jsonb_to_recordset(given.outcomes) AS outcome (id uuid, rule_id uuid, rule text)
        WHERE outcome.rule IS NOT NULL
        ON CONFLICT (id) DO NOTHING
        "#,
        categories,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn load_contract_types(db: &mut Db) -> Result<(), StoreError> {
    let types: Value = embedded("contract_types.json", CONTRACT_TYPES);
    sqlx::query!(
        r#"
        INSERT INTO contract_type (id, name, code)
        SELECT id, name, code FROM jsonb_to_recordset($1) AS given (id uuid, name text, code text)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name
        WHERE contract_type.name <> excluded.name
            AND NOT EXISTS (SELECT FROM imported_row i WHERE i.table_name = 'contract_type' AND i.key = contract_type.id::text)
        "#,
        types,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO contract_type_service_category (contract_type_id, service_category_id)
        SELECT given.id, category.name::uuid
        FROM jsonb_to_recordset($1) AS given (id uuid, categories jsonb)
        CROSS JOIN jsonb_array_elements_text(given.categories) AS category (name)
        ON CONFLICT DO NOTHING
        "#,
        types,
    )
    .execute(&mut *db)
    .await?;
    let nsi_types: Value = embedded("nsi_types.json", NSI_TYPES);
    sqlx::query!(
        r#"
        INSERT INTO nsi_type_mapping (contract_type_code, nsi_type)
        SELECT contract_type, nsi_type FROM jsonb_to_recordset($1) AS given (contract_type text, nsi_type text)
        WHERE NOT EXISTS (
            SELECT FROM imported_row i WHERE i.table_name = 'nsi_type_mapping' AND i.key = given.contract_type
        )
        ON CONFLICT (contract_type_code) DO UPDATE SET nsi_type = excluded.nsi_type
        WHERE nsi_type_mapping.nsi_type <> excluded.nsi_type
        "#,
        nsi_types,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn load_reasons(db: &mut Db) -> Result<(), StoreError> {
    let reasons: Reasons = embedded("reasons.json", REASONS);
    sqlx::query!(
        r#"
        INSERT INTO cancellation_reason (code, description, position)
        SELECT value ->> 'code', value ->> 'text', ordinality
        FROM jsonb_array_elements($1) WITH ORDINALITY
        ON CONFLICT (code) DO UPDATE SET description = excluded.description, position = excluded.position
        "#,
        reasons.cancellation,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO withdrawal_reason (code, description, grouping, position)
        SELECT value ->> 'code', value ->> 'text', value ->> 'group', ordinality
        FROM jsonb_array_elements($1) WITH ORDINALITY
        ON CONFLICT (code) DO UPDATE
        SET description = excluded.description, grouping = excluded.grouping, position = excluded.position
        "#,
        reasons.withdrawal,
    )
    .execute(db)
    .await?;
    Ok(())
}
