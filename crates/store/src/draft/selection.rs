//! The choice of categories, levels and outcomes of a draft, as one JSON value.

use domain::referral::Selection;
use domain::{ComplexityLevelId, DesiredOutcomeId, ServiceCategoryId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    category: Uuid,
    is_selected: bool,
    level: Option<Uuid>,
    /// None: never chosen; some, even empty: chosen.
    outcomes: Option<Vec<Uuid>>,
}

pub(super) fn to_json(selection: &Selection) -> Value {
    let Selection { service_categories, complexity_levels, desired_outcomes } = selection;
    let mut categories = service_categories.clone();
    categories.extend(complexity_levels.keys());
    categories.extend(desired_outcomes.keys());
    let chosen = categories.into_iter().map(|category| Chosen {
        category: category.0,
        is_selected: service_categories.contains(&category),
        level: complexity_levels.get(&category).map(|level| level.0),
        outcomes: desired_outcomes.get(&category).map(|outcomes| outcomes.iter().map(|outcome| outcome.0).collect()),
    });
    serde_json::to_value(chosen.collect::<Vec<_>>()).unwrap_or_default()
}

/// The selection in this JSON value; none when it is not one.
pub(super) fn from_json(json: Value) -> Option<Selection> {
    let chosen: Vec<Chosen> = serde_json::from_value(json).ok()?;
    let mut selection = Selection::default();
    for Chosen { category, is_selected, level, outcomes } in chosen {
        let category = ServiceCategoryId(category);
        if is_selected {
            selection.service_categories.insert(category);
        }
        if let Some(level) = level {
            selection.complexity_levels.insert(category, ComplexityLevelId(level));
        }
        if let Some(outcomes) = outcomes {
            let outcomes = outcomes.into_iter().map(DesiredOutcomeId).collect();
            selection.desired_outcomes.insert(category, outcomes);
        }
    }
    Some(selection)
}
