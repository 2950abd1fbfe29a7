//! The demonstration's catalogue: fictional providers, contracts and interventions. Never loaded in production.

use serde::Deserialize;
use serde_json::Value;

use crate::{Db, StoreError, reference};

const DEMO: &str = include_str!("../../data/demo_catalogue.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    providers: Value,
    contracts: Value,
    subcontractors: Value,
    interventions: Value,
    limited_outcomes: Value,
}

/// Loads the demonstration's catalogue. Safe to repeat. Needs [`reference::load`] first.
pub async fn load_demo(db: &mut Db) -> Result<(), StoreError> {
    let demo: Demo = reference::embedded("demo_catalogue.json", DEMO);
    sqlx::query!(
        r#"
        INSERT INTO service_provider (id, name)
        SELECT id, name FROM jsonb_to_recordset($1) AS given (id text, name text)
        ON CONFLICT (id) DO NOTHING
        "#,
        demo.providers,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO dynamic_framework_contract (
            id, contract_reference, contract_type_id, prime_provider_id, start_date, end_date, referral_start_date,
            referral_end_at, nps_region_id, pcc_region_id, allows_female, allows_male, minimum_age, maximum_age
        )
        SELECT
            given.id, given.reference, t.id, given.prime, given.starts_on, given.ends_on, given.starts_on,
            given.referral_end_at, given.nps, given.pcc, given.female, given.male, given.minimum_age, given.maximum_age
        FROM jsonb_to_recordset($1) AS given (
            id uuid, reference text, type text, prime text, starts_on date, ends_on date, referral_end_at timestamptz,
            nps text, pcc text, female boolean, male boolean, minimum_age integer, maximum_age integer
        )
        JOIN contract_type t ON t.code = given.type
        ON CONFLICT (id) DO NOTHING
        "#,
        demo.contracts,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO dynamic_framework_contract_sub_contractor (dynamic_framework_contract_id, subcontractor_provider_id)
        SELECT c.id, given.provider
        FROM jsonb_to_recordset($1) AS given (reference text, provider text)
        JOIN dynamic_framework_contract c ON c.contract_reference = given.reference
        ON CONFLICT DO NOTHING
        "#,
        demo.subcontractors,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO intervention (
            id, dynamic_framework_contract_id, title, description, incoming_referral_distribution_email
        )
        SELECT given.id, c.id, given.title, given.description, given.mailbox
        FROM jsonb_to_recordset($1) AS given (id uuid, reference text, title text, description text, mailbox text)
        JOIN dynamic_framework_contract c ON c.contract_reference = given.reference
        ON CONFLICT (id) DO NOTHING
        "#,
        demo.interventions,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO desired_outcome_filter_rule_match_data (desired_outcome_filter_rule_id, match_data)
        SELECT r.id, given.reference
        FROM jsonb_to_recordset($1) AS given (outcome uuid, reference text)
        JOIN desired_outcome_filter_rule r ON r.desired_outcome_id = given.outcome
        ON CONFLICT DO NOTHING
        "#,
        demo.limited_outcomes,
    )
    .execute(db)
    .await?;
    Ok(())
}
