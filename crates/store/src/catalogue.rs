//! The catalogue: interventions, their contracts, and what they offer. Every function here asks a constant number of
//! queries, however long its answer is.

mod demo;
mod entry;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::catalogue::{
    Contract, ContractType, Intervention, InterventionEntry, NpsRegion, PccRegion, Provider, Reason, ServiceCategory,
};
use domain::{ComplexityLevelId, ContractId, ContractTypeId, DesiredOutcomeId, InterventionId, ServiceCategoryId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub use self::demo::load_demo;
use crate::column::{At, at, day, instant};
use crate::{Db, StoreError};

/// What a catalogue search asks for; all conditions must hold, empty ones do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueFilter {
    /// Delivered in one of these areas, or in the probation region that one of them belongs to.
    pub pcc_region_ids: BTreeSet<String>,
    /// Whether women may be referred, exactly.
    pub allows_female: Option<bool>,
    /// Whether men may be referred, exactly.
    pub allows_male: Option<bool>,
    /// The minimum age, exactly.
    pub minimum_age: Option<i32>,
    /// The maximum age, exactly; an entry without one never matches.
    pub maximum_age: Option<i32>,
    /// Whether entries that take no referrals yet are shown too.
    pub include_future: bool,
}

/// An intervention as far as a referral needs it.
pub async fn find_intervention(db: &mut Db, id: InterventionId) -> Result<Option<Intervention>, StoreError> {
    Ok(interventions(db, &[id.0]).await?.remove(&id.0))
}

/// Interventions by id, in one query.
pub(crate) async fn interventions(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Intervention>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            i.id,
            i.title,
            i.incoming_referral_distribution_email,
            c.id AS contract_id,
            c.contract_reference,
            c.referral_end_at AS "referral_end_at: At",
            t.id AS type_id,
            t.code AS type_code,
            t.name AS type_name,
            p.id AS prime_id,
            p.name AS prime_name,
            ARRAY(
                SELECT s.id
                FROM contract_type_service_category ts
                JOIN service_category s ON s.id = ts.service_category_id
                WHERE ts.contract_type_id = t.id
                ORDER BY s.name, s.id
            ) AS "categories!",
            ARRAY(
                SELECT sc.subcontractor_provider_id
                FROM dynamic_framework_contract_sub_contractor sc
                WHERE sc.dynamic_framework_contract_id = c.id
                ORDER BY sc.subcontractor_provider_id
            ) AS "subcontractor_ids!",
            ARRAY(
                SELECT sp.name
                FROM dynamic_framework_contract_sub_contractor sc
                JOIN service_provider sp ON sp.id = sc.subcontractor_provider_id
                WHERE sc.dynamic_framework_contract_id = c.id
                ORDER BY sc.subcontractor_provider_id
            ) AS "subcontractor_names!"
        FROM intervention i
        JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
        JOIN contract_type t ON t.id = c.contract_type_id
        JOIN service_provider p ON p.id = c.prime_provider_id
        WHERE i.id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let subcontractors = row.subcontractor_ids.into_iter().zip(row.subcontractor_names);
            let contract = Contract {
                id: ContractId(row.contract_id),
                reference: row.contract_reference,
                contract_type: ContractType {
                    id: ContractTypeId(row.type_id),
                    code: row.type_code,
                    name: row.type_name,
                },
                service_categories: row.categories.into_iter().map(ServiceCategoryId).collect(),
                prime_provider: Provider { id: row.prime_id, name: row.prime_name },
                subcontractors: subcontractors.map(|(id, name)| Provider { id, name }).collect(),
                referral_end_at: instant(row.referral_end_at),
            };
            let intervention = Intervention {
                id: InterventionId(row.id),
                title: row.title,
                incoming_referral_mailbox: row.incoming_referral_distribution_email,
                contract,
            };
            (row.id, intervention)
        })
        .collect())
}

/// A catalogue entry, whether or not it takes referrals now.
pub async fn get_entry(db: &mut Db, id: InterventionId) -> Result<Option<InterventionEntry>, StoreError> {
    Ok(entry::entries(db, &[id.0]).await?.pop())
}

/// Entries that take referrals at this time and satisfy the filter, in order of title.
pub async fn search(
    db: &mut Db,
    filter: &CatalogueFilter,
    today: Date,
    now: Timestamp,
) -> Result<Vec<InterventionEntry>, StoreError> {
    let areas: Vec<String> = filter.pcc_region_ids.iter().cloned().collect();
    let ids = sqlx::query_scalar!(
        r#"
        SELECT i.id
        FROM intervention i
        JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
        WHERE (
                cardinality($1::text[]) = 0
                OR c.pcc_region_id = ANY($1)
                OR c.nps_region_id IN (SELECT nps_region_id FROM pcc_region WHERE id = ANY($1))
            )
            AND ($2::boolean IS NULL OR c.allows_female = $2)
            AND ($3::boolean IS NULL OR c.allows_male = $3)
            AND ($4::integer IS NULL OR c.minimum_age = $4)
            AND ($5::integer IS NULL OR c.maximum_age = $5)
            AND ($6 OR c.referral_start_date <= $7)
            AND (c.referral_end_at IS NULL OR c.referral_end_at >= $8)
        "#,
        &areas,
        filter.allows_female,
        filter.allows_male,
        filter.minimum_age,
        filter.maximum_age,
        filter.include_future,
        day(today) as _,
        at(now) as _,
    )
    .fetch_all(&mut *db)
    .await?;
    entry::entries(db, &ids).await
}

/// Every entry of these contracts (by reference), ended ones too, in order of title.
pub async fn entries_of_contracts(
    db: &mut Db,
    references: &BTreeSet<String>,
) -> Result<Vec<InterventionEntry>, StoreError> {
    let ids = intervention_ids(db, references).await?;
    entry::entries(db, &ids).await
}

/// Entries by id, ended ones too.
pub(crate) async fn entries_by_id(
    db: &mut Db,
    ids: &BTreeSet<InterventionId>,
) -> Result<BTreeMap<InterventionId, InterventionEntry>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let entries = entry::entries(db, &ids).await?;
    Ok(entries.into_iter().map(|entry| (entry.intervention.id, entry)).collect())
}

pub(crate) async fn intervention_ids(db: &mut Db, references: &BTreeSet<String>) -> Result<Vec<Uuid>, StoreError> {
    let references: Vec<String> = references.iter().cloned().collect();
    Ok(sqlx::query_scalar!(
        r#"
        SELECT i.id
        FROM dynamic_framework_contract c
        JOIN intervention i ON i.dynamic_framework_contract_id = c.id
        WHERE c.contract_reference = ANY($1)
        "#,
        &references,
    )
    .fetch_all(db)
    .await?)
}

/// Those of these contracts (by reference) that exist, in order of reference.
pub async fn contracts_by_reference(db: &mut Db, references: &BTreeSet<String>) -> Result<Vec<Contract>, StoreError> {
    let ids = intervention_ids(db, references).await?;
    let mut contracts: Vec<Contract> =
        interventions(db, &ids).await?.into_values().map(|intervention| intervention.contract).collect();
    contracts.sort_by(|one, other| one.reference.cmp(&other.reference));
    Ok(contracts)
}

/// Those of these providers (by id) that exist.
pub async fn known_providers(db: &mut Db, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
    let ids: Vec<String> = ids.iter().cloned().collect();
    let known = sqlx::query_scalar!("SELECT id FROM service_provider WHERE id = ANY($1)", &ids).fetch_all(db).await?;
    Ok(known.into_iter().collect())
}

/// The PCC regions that the latest register has, with their probation regions, in order of name.
pub async fn pcc_regions(db: &mut Db) -> Result<Vec<PccRegion>, StoreError> {
    let all = areas(db).await?;
    Ok(all.into_iter().filter_map(|(region, active)| active.then_some(region)).collect())
}

/// Every PCC region, and whether the latest register has it, in order of name.
async fn areas(db: &mut Db) -> Result<Vec<(PccRegion, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT p.id, p.name, p.active, n.id AS nps_id, n.name AS nps_name
        FROM pcc_region p
        JOIN nps_region n ON n.id = p.nps_region_id
        ORDER BY p.name
        "#
    )
    .fetch_all(db)
    .await?;
    let region = |id, name, nps_region| PccRegion { id, name, nps_region };
    Ok(rows
        .into_iter()
        .map(|row| (region(row.id, row.name, NpsRegion { id: row.nps_id, name: row.nps_name }), row.active))
        .collect())
}

/// A service category with its levels and every outcome, deprecated ones too.
pub async fn find_category(db: &mut Db, id: ServiceCategoryId) -> Result<Option<ServiceCategory>, StoreError> {
    Ok(entry::categories(db, &[id.0]).await?.remove(&id.0))
}

/// Service categories by id, in three queries; unknown ids are left out.
pub async fn categories(db: &mut Db, ids: &BTreeSet<ServiceCategoryId>) -> Result<Vec<ServiceCategory>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut found: Vec<_> = entry::categories(db, &ids).await?.into_values().collect();
    found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(found)
}

/// The reasons of the older end request.
pub async fn cancellation_reasons(db: &mut Db) -> Result<Vec<Reason>, StoreError> {
    let rows =
        sqlx::query!("SELECT code, description FROM cancellation_reason ORDER BY position").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| Reason { code: row.code, description: row.description, grouping: None }).collect())
}

/// The reasons for a withdrawal.
pub async fn withdrawal_reasons(db: &mut Db) -> Result<Vec<Reason>, StoreError> {
    let rows = sqlx::query!("SELECT code, description, grouping FROM withdrawal_reason ORDER BY position")
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Reason { code: row.code, description: row.description, grouping: Some(row.grouping) })
        .collect())
}

/// What these outcomes say, in words; unknown ids are left out.
pub async fn outcome_descriptions(
    db: &mut Db,
    ids: &[DesiredOutcomeId],
) -> Result<BTreeMap<DesiredOutcomeId, String>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows =
        sqlx::query!("SELECT id, description FROM desired_outcome WHERE id = ANY($1)", &ids).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (DesiredOutcomeId(row.id), row.description)).collect())
}

/// What these complexity levels are called; unknown ids are left out.
pub async fn complexity_titles(
    db: &mut Db,
    ids: &[ComplexityLevelId],
) -> Result<BTreeMap<ComplexityLevelId, String>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!("SELECT id, title FROM complexity_level WHERE id = ANY($1)", &ids).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (ComplexityLevelId(row.id), row.title)).collect())
}
