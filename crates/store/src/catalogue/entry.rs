//! Whole catalogue entries, put together from six queries.

use std::collections::HashMap;

use domain::catalogue::{
    Complexity, ComplexityLevel, ContractArea, DesiredOutcome, Eligibility, InterventionEntry, NpsRegion, OutcomeRule,
    PccRegion, ServiceCategory,
};
use domain::{ComplexityLevelId, DesiredOutcomeId, ServiceCategoryId};
use uuid::Uuid;

use super::interventions;
use crate::column::{At, Day, Place, instant};
use crate::{Db, StoreError};

/// Catalogue entries by intervention id, in order of title.
pub(super) async fn entries(db: &mut Db, ids: &[Uuid]) -> Result<Vec<InterventionEntry>, StoreError> {
    let mut interventions = interventions(db, ids).await?;
    let areas = super::areas(db).await?;
    let rows = sqlx::query!(
        r#"
        SELECT
            i.id,
            i.description,
            c.referral_start_date AS "referral_start_date: Day",
            c.nps_region_id,
            c.pcc_region_id,
            c.allows_female,
            c.allows_male,
            c.minimum_age,
            c.maximum_age
        FROM intervention i
        JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
        WHERE i.id = ANY($1)
        ORDER BY i.title, i.id
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut wanted: Vec<Uuid> = interventions
        .values()
        .flat_map(|intervention| intervention.contract.service_categories.iter().map(|id| id.0))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let categories = categories(db, &wanted).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "intervention", id: &row.id };
            let intervention = place.present("dynamic_framework_contract_id", interventions.remove(&row.id))?;
            let service_categories =
                intervention.contract.service_categories.iter().filter_map(|id| categories.get(&id.0).cloned());
            Ok(InterventionEntry {
                service_categories: service_categories.collect(),
                intervention,
                description: row.description,
                area: area(&areas, row.nps_region_id.as_deref(), row.pcc_region_id.as_deref())
                    .ok_or_else(|| place.corrupt("nps_region_id"))?,
                eligibility: Eligibility {
                    minimum_age: row.minimum_age,
                    maximum_age: row.maximum_age,
                    allows_female: row.allows_female,
                    allows_male: row.allows_male,
                },
                referral_start_on: row.referral_start_date.to_jiff(),
            })
        })
        .collect()
}

/// Where a contract is delivered: one PCC region, or a probation region with those of its PCC regions that still are.
fn area(areas: &[(PccRegion, bool)], nps: Option<&str>, pcc: Option<&str>) -> Option<ContractArea> {
    if let Some(pcc) = pcc {
        return areas.iter().find(|(area, _)| area.id == pcc).map(|(area, _)| ContractArea::Pcc(area.clone()));
    }
    let nps = nps?;
    let within = || areas.iter().filter(|(area, _)| area.nps_region.id == nps);
    let region: NpsRegion = within().next()?.0.nps_region.clone();
    let active = within().filter(|(_, active)| *active).map(|(area, _)| area.clone()).collect();
    Some(ContractArea::Nps(region, active))
}

/// Service categories by id, with their levels and every outcome.
pub(super) async fn categories(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, ServiceCategory>, StoreError> {
    let rows =
        sqlx::query!("SELECT id, name FROM service_category WHERE id = ANY($1)", ids).fetch_all(&mut *db).await?;
    let mut found: HashMap<Uuid, ServiceCategory> = rows
        .into_iter()
        .map(|row| {
            let category = ServiceCategory {
                id: ServiceCategoryId(row.id),
                name: row.name,
                complexity_levels: Vec::new(),
                desired_outcomes: Vec::new(),
            };
            (row.id, category)
        })
        .collect();
    let levels = sqlx::query!(
        r#"
        SELECT id, title, description, service_category_id, complexity
        FROM complexity_level
        WHERE service_category_id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    for row in levels {
        let complexity = Place { table: "complexity_level", id: &row.id }.member(
            "complexity",
            &row.complexity,
            Complexity::from_text,
        )?;
        if let Some(category) = found.get_mut(&row.service_category_id) {
            category.complexity_levels.push(ComplexityLevel {
                id: ComplexityLevelId(row.id),
                title: row.title,
                description: row.description,
                complexity,
            });
        }
    }
    let outcomes = sqlx::query!(
        r#"
        SELECT
            o.id AS "id!",
            o.description AS "description!",
            o.service_category_id AS "service_category_id!",
            o.deprecated_at AS "deprecated_at: At",
            r.rule_type AS "rule_type?",
            ARRAY(
                SELECT m.match_data
                FROM desired_outcome_filter_rule_match_data m
                WHERE m.desired_outcome_filter_rule_id = r.id
                ORDER BY m.match_data
            ) AS "contracts!"
        FROM desired_outcome o
        LEFT JOIN desired_outcome_filter_rule r ON r.desired_outcome_id = o.id
        WHERE o.service_category_id = ANY($1)
        ORDER BY o.description, o.id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    for row in outcomes {
        let rule = Place { table: "desired_outcome_filter_rule", id: &row.id }.maybe_member(
            "rule_type",
            row.rule_type.as_deref(),
            OutcomeRule::from_text,
        )?;
        if let Some(category) = found.get_mut(&row.service_category_id) {
            category.desired_outcomes.push(DesiredOutcome {
                id: DesiredOutcomeId(row.id),
                description: row.description,
                deprecated_at: instant(row.deprecated_at),
                rule: rule.map(|rule| (rule, row.contracts)),
            });
        }
    }
    for category in found.values_mut() {
        category.complexity_levels.sort_by_key(|level| level.complexity);
    }
    Ok(found)
}
