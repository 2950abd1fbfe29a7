//! Shapes of the risk system, and their translation.
//!
//! Nulls are left out there, and a person without an assessment has the same shape with nothing in it.

use super as port;
use crate::http::null_is_default;
use domain::{Crn, SupplementaryRiskId};
use jiff::civil::DateTime;
use jiff::{Unit, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Risks {
    #[serde(default, deserialize_with = "null_is_default")]
    risk_to_self: RiskToSelf,
    #[serde(default, deserialize_with = "null_is_default")]
    other_risks: OtherRisks,
    #[serde(default, deserialize_with = "null_is_default")]
    summary: RiskSummary,
    assessed_on: Option<DateTime>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RiskToSelf {
    suicide: Option<RiskAssessment>,
    self_harm: Option<RiskAssessment>,
    custody: Option<RiskAssessment>,
    hostel_setting: Option<RiskAssessment>,
    vulnerability: Option<RiskAssessment>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OtherRisks {
    escape_or_abscond: Option<String>,
    control_issues_disruptive_behaviour: Option<String>,
    breach_of_trust: Option<String>,
    risk_to_other_prisoners: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RiskAssessment {
    risk: Option<String>,
    previous: Option<String>,
    previous_concerns_text: Option<String>,
    current: Option<String>,
    current_concerns_text: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RiskSummary {
    who_is_at_risk: Option<String>,
    nature_of_risk: Option<String>,
    risk_imminence: Option<String>,
    risk_increase_factors: Option<String>,
    risk_mitigation_factors: Option<String>,
    analysis_of_risk_factors: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    risk_in_community: BTreeMap<String, Vec<String>>,
    #[serde(deserialize_with = "null_is_default")]
    risk_in_custody: BTreeMap<String, Vec<String>>,
    overall_risk_level: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSupplementaryRisk<'a> {
    source: &'static str,
    source_id: Uuid,
    crn: &'a str,
    created_by_user_type: &'a str,
    created_date: DateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted_risk: Option<RedactedRisk>,
    risk_summary_comments: &'a str,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RedactedRisk {
    risk_who: Option<String>,
    risk_when: Option<String>,
    risk_nature: Option<String>,
    concerns_self_harm: Option<String>,
    concerns_suicide: Option<String>,
    concerns_hostel: Option<String>,
    concerns_vulnerability: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SupplementaryRisk {
    supplementary_risk_id: Uuid,
    source_id: String,
    crn: String,
    created_date: Option<DateTime>,
    redacted_risk: Option<RedactedRisk>,
    #[serde(default, deserialize_with = "null_is_default")]
    risk_summary_comments: String,
}

impl SupplementaryRisk {
    pub(super) fn id(&self) -> SupplementaryRiskId {
        SupplementaryRiskId(self.supplementary_risk_id)
    }
}

impl From<Risks> for port::Risks {
    fn from(risks: Risks) -> Self {
        let Risks { risk_to_self, other_risks, summary, assessed_on } = risks;
        let RiskToSelf { suicide, self_harm, custody, hostel_setting, vulnerability } = risk_to_self;
        let OtherRisks {
            escape_or_abscond,
            control_issues_disruptive_behaviour,
            breach_of_trust,
            risk_to_other_prisoners,
        } = other_risks;
        Self {
            to_self: port::RiskToSelf {
                suicide: suicide.map(Into::into),
                self_harm: self_harm.map(Into::into),
                custody: custody.map(Into::into),
                hostel_setting: hostel_setting.map(Into::into),
                vulnerability: vulnerability.map(Into::into),
            },
            other: port::OtherRisks {
                escape_or_abscond,
                control_issues: control_issues_disruptive_behaviour,
                breach_of_trust,
                risk_to_other_prisoners,
            },
            summary: summary.into(),
            assessed_on,
        }
    }
}

impl From<RiskAssessment> for port::RiskAssessment {
    fn from(assessment: RiskAssessment) -> Self {
        let RiskAssessment { risk, previous, previous_concerns_text, current, current_concerns_text } = assessment;
        Self {
            risk,
            previous,
            previous_concerns: previous_concerns_text,
            current,
            current_concerns: current_concerns_text,
        }
    }
}

impl From<RiskSummary> for port::RiskSummary {
    fn from(summary: RiskSummary) -> Self {
        let RiskSummary {
            who_is_at_risk,
            nature_of_risk,
            risk_imminence,
            risk_increase_factors,
            risk_mitigation_factors,
            analysis_of_risk_factors,
            risk_in_community,
            risk_in_custody,
            overall_risk_level,
        } = summary;
        Self {
            who_is_at_risk,
            nature_of_risk,
            risk_imminence,
            risk_increase_factors,
            risk_mitigation_factors,
            analysis_of_risk_factors,
            risk_in_community,
            risk_in_custody,
            overall_risk_level,
        }
    }
}

impl<'a> From<&'a port::NewSupplementaryRisk> for NewSupplementaryRisk<'a> {
    fn from(risk: &'a port::NewSupplementaryRisk) -> Self {
        let port::NewSupplementaryRisk { referral_id, crn, created_by_source, created_at, text } = risk;
        let port::RiskText { redacted, comments } = text;
        let civil = created_at.to_zoned(TimeZone::UTC).datetime();
        Self {
            source: "INTERVENTION_REFERRAL",
            source_id: referral_id.0,
            crn: crn.as_str(),
            created_by_user_type: created_by_source.as_str(),
            created_date: civil.round(Unit::Microsecond).unwrap_or(civil),
            redacted_risk: redacted.clone().map(Into::into),
            risk_summary_comments: comments,
        }
    }
}

impl From<port::RedactedRisk> for RedactedRisk {
    fn from(redacted: port::RedactedRisk) -> Self {
        let port::RedactedRisk { who, when, nature, self_harm, suicide, hostel, vulnerability } = redacted;
        Self {
            risk_who: Some(who),
            risk_when: Some(when),
            risk_nature: Some(nature),
            concerns_self_harm: Some(self_harm),
            concerns_suicide: Some(suicide),
            concerns_hostel: Some(hostel),
            concerns_vulnerability: Some(vulnerability),
        }
    }
}

impl From<RedactedRisk> for port::RedactedRisk {
    fn from(redacted: RedactedRisk) -> Self {
        let RedactedRisk {
            risk_who,
            risk_when,
            risk_nature,
            concerns_self_harm,
            concerns_suicide,
            concerns_hostel,
            concerns_vulnerability,
        } = redacted;
        Self {
            who: risk_who.unwrap_or_default(),
            when: risk_when.unwrap_or_default(),
            nature: risk_nature.unwrap_or_default(),
            self_harm: concerns_self_harm.unwrap_or_default(),
            suicide: concerns_suicide.unwrap_or_default(),
            hostel: concerns_hostel.unwrap_or_default(),
            vulnerability: concerns_vulnerability.unwrap_or_default(),
        }
    }
}

impl From<SupplementaryRisk> for port::SupplementaryRisk {
    fn from(risk: SupplementaryRisk) -> Self {
        let SupplementaryRisk {
            supplementary_risk_id,
            source_id,
            crn,
            created_date,
            redacted_risk,
            risk_summary_comments,
        } = risk;
        Self {
            id: SupplementaryRiskId(supplementary_risk_id),
            source_id,
            crn: Crn(crn),
            created_on: created_date,
            text: port::RiskText { redacted: redacted_risk.map(Into::into), comments: risk_summary_comments },
        }
    }
}
