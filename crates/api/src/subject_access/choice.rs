//! Parts that sent referrals and drafts share: the person, what was chosen for them, the contract.

use app::subject_access::Export;
use domain::InterventionId;
use domain::catalogue::{ContractArea, InterventionEntry};
use domain::person::PersonDetails;
use domain::referral::{Practitioner, Selection};
use schemars::JsonSchema;
use serde::Serialize;

use super::text::day;

/// Who the person is, as was known when the referral was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SarPerson {
    title: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    date_of_birth: Option<String>,
    gender: Option<String>,
    ethnicity: Option<String>,
    preferred_language: Option<String>,
    religion_or_belief: Option<String>,
    disabilities: Option<Vec<String>>,
}

impl From<&PersonDetails> for SarPerson {
    fn from(person: &PersonDetails) -> Self {
        let PersonDetails {
            title,
            first_name,
            last_name,
            date_of_birth,
            gender,
            ethnicity,
            preferred_language,
            religion_or_belief,
            disabilities,
        } = person.clone();
        Self {
            title,
            first_name,
            last_name,
            date_of_birth: date_of_birth.map(day),
            gender,
            ethnicity,
            preferred_language,
            religion_or_belief,
            disabilities,
        }
    }
}

/// A chosen service category, with how much help is needed and what is sought.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SarCategory {
    name: String,
    complexity_level: Option<String>,
    complexity_level_description: Option<String>,
    desired_outcomes: Vec<String>,
}

/// The choices, in words, in order of name.
pub(super) fn categories(selection: &Selection, intervention: InterventionId, export: &Export) -> Vec<SarCategory> {
    let Some(entry) = export.held.entries.get(&intervention) else { return Vec::new() };
    let chosen = entry.service_categories.iter().filter(|category| {
        selection.service_categories.contains(&category.id)
            || selection.complexity_levels.contains_key(&category.id)
            || selection.desired_outcomes.contains_key(&category.id)
    });
    chosen
        .map(|category| {
            let level = selection.complexity_levels.get(&category.id);
            let level = category.complexity_levels.iter().find(|known| Some(&known.id) == level);
            let wanted = selection.desired_outcomes.get(&category.id);
            let outcomes = category
                .desired_outcomes
                .iter()
                .filter(|outcome| wanted.is_some_and(|wanted| wanted.contains(&outcome.id)));
            SarCategory {
                name: category.name.clone(),
                complexity_level: level.map(|level| level.title.clone()),
                complexity_level_description: level.map(|level| level.description.clone()),
                desired_outcomes: outcomes.map(|outcome| outcome.description.clone()).collect(),
            }
        })
        .collect()
}

/// The contract. Regions are named, whatever their keys say.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SarContract {
    nps_region_id: Option<String>,
    pcc_region_id: Option<String>,
    referral_start_date: Option<String>,
    referral_end_date: Option<String>,
    intervention_title: String,
}

impl SarContract {
    pub(super) fn of(intervention: InterventionId, export: &Export) -> Option<Self> {
        export.held.entries.get(&intervention).map(Self::from)
    }
}

impl From<&InterventionEntry> for SarContract {
    fn from(entry: &InterventionEntry) -> Self {
        let (nps_region_id, pcc_region_id) = match &entry.area {
            ContractArea::Nps(region, _) => (Some(region.name.clone()), None),
            ContractArea::Pcc(region) => (None, Some(region.name.clone())),
        };
        let ends = entry.intervention.contract.referral_end_at;
        Self {
            nps_region_id,
            pcc_region_id,
            referral_start_date: Some(day(entry.referral_start_on)),
            referral_end_date: ends.map(|at| day(domain::calendar::day_of(at))),
            intervention_title: entry.intervention.title.clone(),
        }
    }
}

/// The practitioner. How they can be reached is theirs, not the person's, and is left out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarProbationPractitionerDetails")]
pub(super) struct SarPractitioner {
    name: Option<String>,
    pdu: Option<String>,
    probation_office: Option<String>,
    role_job_title: Option<String>,
    establishment: Option<String>,
    ndelius_name: Option<String>,
    ndelius_pdu: Option<String>,
}

impl From<&Practitioner> for SarPractitioner {
    fn from(practitioner: &Practitioner) -> Self {
        let Practitioner {
            ndelius_name,
            ndelius_email: _,
            ndelius_pdu,
            ndelius_phone: _,
            ndelius_team_phone: _,
            name,
            email: _,
            pdu,
            phone: _,
            team_phone: _,
            probation_office,
            role_or_job_title,
            establishment,
        } = practitioner.clone();
        Self {
            name,
            pdu,
            probation_office,
            role_job_title: role_or_job_title,
            establishment,
            ndelius_name,
            ndelius_pdu,
        }
    }
}
