//! The risk service: the risk of serious harm that it reads from assessments, and the supplementary text that it keeps.
//!
//! Who may see a case is asked of [`crate::delius`], so that the two never disagree. A supplementary risk is stored once
//! for its source and source id and is never changed.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use jiff::civil::DateTime;
use jiff::{ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::auth::Claims;
use crate::cast::{self, Case};
use crate::refusal::{Refusal, error};
use crate::sandbox::Sandbox;

const RISK_READERS: [&str; 5] = [
    "ROLE_PROBATION",
    "ROLE_CRS_PROVIDER",
    "ROLE_OFFENDER_RISK_RO",
    "ROLE_RISK_RESETTLEMENT_PASSPORT_RO",
    "ROLE_RISK_INTEGRATIONS_RO",
];
const SUPPLEMENTARY_READERS: [&str; 2] = ["ROLE_PROBATION", "ROLE_CRS_PROVIDER"];
const SUPPLEMENTARY_WRITERS: [&str; 1] = ["ROLE_PROBATION"];
/// An assessment older than this counts as none.
const WEEKS: u32 = 55;
/// How old the cast's assessments are: those that count, and those that do not.
const RECENT_DAYS: i64 = 60;
const OLD_DAYS: i64 = 500;

/// The supplementary risks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Arns {
    supplementary: Vec<Supplementary>,
}

/// One supplementary risk, in the shape in which it is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Supplementary {
    supplementary_risk_id: String,
    source: String,
    source_id: String,
    crn: String,
    created_by_user: String,
    created_by_user_type: String,
    created_date: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redacted_risk: Option<RedactedRisk>,
    risk_summary_comments: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedactedRisk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    risk_who: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    risk_when: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    risk_nature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concerns_self_harm: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concerns_suicide: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concerns_hostel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concerns_vulnerability: Option<String>,
}

/// A supplementary risk as it is sent; further properties are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    source: String,
    source_id: String,
    crn: String,
    created_by_user_type: String,
    created_date: DateTime,
    redacted_risk: Option<RedactedRisk>,
    risk_summary_comments: String,
}

/// When the answers carry what was written beside them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// Only beside a yes.
    WhereYes,
    /// Beside every answer.
    Always,
}

/// Everything below `/arns`.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/risks/crn/{crn}", get(risks))
        .route("/risks/crn/{crn}/fulltext", get(risks_in_full))
        .route("/risks/crn/{crn}/summary", get(summary))
        .route("/risks/crn/{crn}/{weeks}", get(risks_within))
        .route("/risks/supplementary", post(store))
        .route("/risks/supplementary/{id}", get(read))
        .with_state(sandbox)
}

async fn risks(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(crn): Path<String>,
) -> Result<Response, Refusal> {
    look_up(&sandbox, &headers, &crn, WEEKS, Text::WhereYes, |risks| risks)
}

async fn risks_in_full(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(crn): Path<String>,
) -> Result<Response, Refusal> {
    look_up(&sandbox, &headers, &crn, WEEKS, Text::Always, |risks| risks)
}

async fn summary(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(crn): Path<String>,
) -> Result<Response, Refusal> {
    look_up(&sandbox, &headers, &crn, WEEKS, Text::WhereYes, |mut risks| risks["summary"].take())
}

async fn risks_within(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, weeks)): Path<(String, u32)>,
) -> Result<Response, Refusal> {
    look_up(&sandbox, &headers, &crn, weeks, Text::WhereYes, |risks| risks)
}

fn look_up(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    crn: &str,
    weeks: u32,
    text: Text,
    part: impl FnOnce(Value) -> Value,
) -> Result<Response, Refusal> {
    let claims = sandbox.authorise_client(headers, &RISK_READERS)?;
    Ok(match admitted(sandbox, &claims, crn) {
        Err(response) => *response,
        Ok(case) => Json(part(assessment(sandbox, case, weeks, text))).into_response(),
    })
}

/// The case, if Delius knows it and the user may see it.
fn admitted(sandbox: &Sandbox, claims: &Claims, crn: &str) -> Result<&'static Case, Box<Response>> {
    let Some(username) = &claims.user_name else {
        return Err(Box::new(error(StatusCode::BAD_REQUEST, "The token names no user")));
    };
    let (known, limit) = sandbox.read(|state| (state.delius.knows_person(crn), state.delius.limit_told(crn, username)));
    let case = cast::case(crn).filter(|_| known);
    match (case, limit) {
        (None, _) => Err(Box::new(error(StatusCode::NOT_FOUND, "Case not found in Delius"))),
        (Some(_), Some(told)) => {
            let body = json!({
                "status": 403, "userMessage": "Access is denied", "developerMessage": "Limited access", "moreInfo": told,
            });
            Err(Box::new((StatusCode::FORBIDDEN, Json(body)).into_response()))
        }
        (Some(case), None) => Ok(case),
    }
}

/// What the newest assessment within `weeks` says; the same structure, empty, when there is none.
fn assessment(sandbox: &Sandbox, case: &Case, weeks: u32, text: Text) -> Value {
    let age_days = if case.has_risk_assessment { RECENT_DAYS } else { OLD_DAYS };
    if age_days > i64::from(weeks) * 7 {
        return json!({
            "riskToSelf": {}, "otherRisks": {}, "summary": { "riskInCommunity": {}, "riskInCustody": {} },
        });
    }
    let today = sandbox.now().to_zoned(TimeZone::UTC).datetime();
    let assessed_on = today.checked_sub(age_days.days()).unwrap_or(today).date().at(10, 30, 0, 0);
    let answer = |risk: &str, told: &str| {
        if risk == "YES" {
            json!({ "risk": "YES", "previous": "NO", "current": "YES", "currentConcernsText": told })
        } else if text == Text::Always {
            let unsaid = "Nothing recorded.";
            json!({
                "risk": risk, "previous": risk, "previousConcernsText": unsaid,
                "current": risk, "currentConcernsText": unsaid,
            })
        } else {
            json!({ "risk": risk, "previous": risk, "current": risk })
        }
    };
    if case.risk_is_partial {
        return json!({
            "riskToSelf": { "suicide": answer("DK", "") },
            "otherRisks": {},
            "summary": {
                "whoIsAtRisk": "Members of the public in shops.",
                "riskInCommunity": { "MEDIUM": ["Public"] },
                "riskInCustody": {},
                "overallRiskLevel": "MEDIUM",
            },
            "assessedOn": assessed_on,
        });
    }
    json!({
        "riskToSelf": {
            "suicide": answer("NO", ""),
            "selfHarm": answer("YES", "Has spoken of harming themselves when under pressure."),
            "custody": answer("NO", ""),
            "hostelSetting": answer("NO", ""),
            "vulnerability": answer("YES", "May be taken advantage of by acquaintances."),
        },
        "otherRisks": {
            "escapeOrAbscond": "NO", "controlIssuesDisruptiveBehaviour": "YES", "breachOfTrust": "NO",
            "riskToOtherPrisoners": "NO",
        },
        "summary": {
            "whoIsAtRisk": "Shop staff and members of the public nearby.",
            "natureOfRisk": "Threats and minor assault when confronted.",
            "riskImminence": "When short of money and under the influence of alcohol.",
            "riskIncreaseFactors": "Loss of housing, contact with former associates.",
            "riskMitigationFactors": "Stable accommodation, contact with family.",
            "analysisOfRiskFactors": "Behaviour follows stress; support has worked before.",
            "riskInCommunity": { "HIGH": ["Public"], "MEDIUM": ["Staff"], "LOW": ["Children", "Known Adult"] },
            "riskInCustody": { "LOW": ["Staff", "Prisoners"] },
            "overallRiskLevel": "HIGH",
        },
        "assessedOn": assessed_on,
    })
}

async fn store(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let claims = sandbox.authorise_client(&headers, &SUPPLEMENTARY_WRITERS)?;
    let Ok(sent) = serde_json::from_slice::<Sent>(&body) else {
        return Ok(error(StatusCode::BAD_REQUEST, "The body is not a supplementary risk"));
    };
    if sent.source != "INTERVENTION_REFERRAL" || sent.source_id.is_empty() || sent.crn.is_empty() {
        return Ok(error(StatusCode::BAD_REQUEST, "source, sourceId and crn are required"));
    }
    if !["delius", "auth", "nomis"].contains(&sent.created_by_user_type.as_str()) {
        return Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "Unexpected error"));
    }
    let (status, kept) = sandbox.write(|state| {
        let same = |kept: &&Supplementary| kept.source == sent.source && kept.source_id == sent.source_id;
        if let Some(kept) = state.arns.supplementary.iter().find(same) {
            return (StatusCode::CONFLICT, kept.clone());
        }
        let Sent { source, source_id, crn, created_by_user_type, created_date, redacted_risk, risk_summary_comments } =
            sent;
        let kept = Supplementary {
            supplementary_risk_id: state.next_id().to_string(),
            source,
            source_id,
            crn,
            created_by_user: claims.sub,
            created_by_user_type,
            created_date,
            redacted_risk,
            risk_summary_comments,
        };
        state.arns.supplementary.push(kept.clone());
        (StatusCode::OK, kept)
    });
    Ok((status, Json(kept)).into_response())
}

async fn read(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &SUPPLEMENTARY_READERS)?;
    let found =
        sandbox.read(|state| state.arns.supplementary.iter().find(|kept| kept.supplementary_risk_id == id).cloned());
    Ok(match found {
        Some(kept) => Json(kept).into_response(),
        None => error(StatusCode::NOT_FOUND, "Supplementary risk not found"),
    })
}
