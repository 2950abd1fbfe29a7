//! The description of an intervention: its beginning, then what is done, by need, way and place.

use std::collections::BTreeMap;

use super::ContractDefinition;

/// Activities are grouped, sorted, and named once each.
pub(super) fn of(definition: &ContractDefinition) -> String {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for activity in &definition.activities {
        let key = (&*activity.need_area, &*activity.delivery_method, &*activity.delivery_location);
        groups.entry(key).or_default().push(&activity.activity);
    }
    let mut parts: Vec<String> = definition.short_description.iter().map(|text| text.trim().to_owned()).collect();
    for ((need, method, place), mut activities) in groups {
        activities.sort_unstable();
        activities.dedup();
        let lines: Vec<String> = activities.iter().map(|activity| format!("\n- {activity}")).collect();
        parts.push(format!("{need} ({method}, {place}):{}", lines.concat()));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}
