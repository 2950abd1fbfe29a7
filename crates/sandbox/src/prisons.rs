//! The three prison look-ups: the search index of prisoners, the register of prisons, secure children's homes.
//!
//! Prisoner records follow the cast; a test may move a person with `/control/prisons/move`. Prisons are invented.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::cast::{self, Case, Setting};
use crate::refusal::{Refusal, error};
use crate::sandbox::Sandbox;

const SEARCHERS: [&str; 3] = ["ROLE_PRISONER_SEARCH", "ROLE_VIEW_PRISONER_DATA", "ROLE_PRISONER_SEARCH__PRISONER__RO"];

/// Code, name, and whether the prison is open.
const PRISONS: [(&str, &str, bool); 9] = [
    ("ZDV", "Dovecote (HMP/YOI)", true),
    ("ZFN", "Fenwick (HMP)", true),
    ("ZHB", "Harbourside (HMP)", true),
    ("ZHL", "Hollowbank (HMP)", true),
    ("ZMB", "Millbrook (HMP/YOI)", true),
    ("ZNR", "Northreach (HMP)", true),
    ("ZOW", "Old Wharf (HMP)", false),
    ("ZSM", "Saltmarsh (HMP)", true),
    ("ZTR", "Tarnside (HMP & YOI)", true),
];

/// Code and name of the secure children's homes.
const HOMES: [(&str, &str); 3] =
    [("ZS1", "Ashmere Secure Children's Home"), ("ZS2", "Birchcote Secure Children's Home"), ("ZS3", "Lindenhall")];

/// What changed about prisoners since the cast.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Prisons {
    moves: BTreeMap<String, Move>,
}

/// A movement: transfer, release, recall, or a number that was merged away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Move {
    /// The prison number it concerns.
    pub(crate) prisoner_number: String,
    /// Where the person is now: a prison's code, `OUT` or `TRN`; absent: as before.
    #[serde(default)]
    prison_id: Option<String>,
    /// The confirmed release date; absent: as before.
    #[serde(default)]
    confirmed_release_date: Option<Date>,
    /// The index no longer knows the number.
    #[serde(default)]
    removed: bool,
    /// The index holds the record without a prison.
    #[serde(default)]
    without_prison: bool,
}

impl Prisons {
    /// Records a movement; the newest one counts. False when the cast has no such number.
    pub(crate) fn record(&mut self, change: Move) -> bool {
        let known = by_number(&change.prisoner_number).is_some();
        if known {
            self.moves.insert(change.prisoner_number.clone(), change);
        }
        known
    }
}

/// Everything below `/prisoner-search`.
pub(crate) fn search_router(sandbox: Sandbox) -> Router {
    Router::new().route("/prisoner/{number}", get(prisoner)).with_state(sandbox)
}

/// Everything below `/prison-register`; open to anyone.
pub(crate) fn register_router(sandbox: Sandbox) -> Router {
    Router::new().route("/prisons/names", get(names)).with_state(sandbox)
}

/// Everything below `/prison-api`.
pub(crate) fn api_router(sandbox: Sandbox) -> Router {
    Router::new().route("/api/agencies/type/{kind}", get(agencies)).with_state(sandbox)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    response_fields: Option<String>,
}

async fn prisoner(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(number): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &SEARCHERS)?;
    let change = sandbox.read(|state| state.prisons.moves.get(&number).cloned());
    let gone = change.as_ref().is_some_and(|change| change.removed);
    let Some(case) = by_number(&number).filter(|_| !gone) else {
        return Ok(error(StatusCode::NOT_FOUND, "Prisoner not found"));
    };
    let mut record = record(case, &number, change.as_ref());
    if let Some(wanted) = fields.response_fields {
        let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
        record.retain(|name, _| wanted.contains(&name.as_str()));
    }
    Ok(Json(record).into_response())
}

fn by_number(number: &str) -> Option<&'static Case> {
    cast::cases().iter().find(|case| case.noms.as_deref() == Some(number))
}

/// The record as the index holds it: absent values are left out.
fn record(case: &Case, number: &str, change: Option<&Move>) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    put("prisonerNumber", json!(number));
    put("firstName", json!(case.forename.to_uppercase()));
    put("lastName", json!(case.surname.to_uppercase()));
    put("dateOfBirth", json!(case.date_of_birth));
    put("gender", json!(case.gender));
    let seeded = match &case.setting {
        Setting::Custody(release) => release.prison_id,
        Setting::Community => "OUT",
    };
    let prison = change.and_then(|change| change.prison_id.as_deref()).unwrap_or(seeded);
    let inside = prison != "OUT";
    if !change.is_some_and(|change| change.without_prison) {
        put("prisonId", json!(prison));
        put("prisonName", json!(prison_name(prison)));
    }
    put("status", json!(if inside { "ACTIVE IN" } else { "INACTIVE OUT" }));
    put("inOutStatus", json!(if inside { "IN" } else { "OUT" }));
    let confirmed = change.and_then(|change| change.confirmed_release_date);
    if let Setting::Custody(release) = &case.setting {
        put("releaseDate", json!(release.release));
        put("nonDtoReleaseDate", json!(release.release));
        put("conditionalReleaseDate", json!(release.conditional));
        put("confirmedReleaseDate", json!(confirmed.or(release.confirmed)));
    } else {
        put("confirmedReleaseDate", json!(confirmed));
    }
    out
}

fn prison_name(id: &str) -> &'static str {
    match id {
        "OUT" => "Outside",
        "TRN" => "Transfer",
        _ => PRISONS.iter().find(|(code, ..)| *code == id).map_or("Unknown prison", |(_, name, _)| name),
    }
}

#[derive(Deserialize)]
struct Active {
    active: Option<bool>,
}

async fn names(Query(wish): Query<Active>) -> Json<Value> {
    let wanted = PRISONS.iter().filter(|(.., open)| wish.active.is_none_or(|active| active == *open));
    Json(wanted.map(|(code, name, _)| json!({ "prisonId": code, "prisonName": name })).collect())
}

async fn agencies(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(kind): Path<String>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &[])?;
    if kind != "SCH" {
        return Ok(Json(json!([])).into_response());
    }
    let homes = HOMES.iter().map(|(code, name)| {
        json!({
            "agencyId": code, "description": name, "longDescription": name, "agencyType": "SCH", "active": true,
        })
    });
    Ok(Json(homes.collect::<Value>()).into_response())
}
