//! The REST interface of the integration service, below `/delius`.
//!
//! Owns paths, roles and the error body; refuses to decide anything (each operation has its module). Every call needs a
//! client's token; there is no machine-readable error code, as in the real one.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::sandbox::Sandbox;

use super::appointment::{self, MergeAppointment};
use super::ledger::Occasion;
use super::record::Record;
use super::referral::{self, StartReferral};
use super::refusal::Refusal;
use super::{access, case_read, estate, view};

/// The account that the integration service writes under.
pub(super) const ACCOUNT: &str = "ReferAndMonitorAndDelius";
/// Either name of the role that reads and writes.
const READ_AND_WRITE: [&str; 2] = ["ROLE_PROBATION_API__REFER_AND_MONITOR__CASE_DETAIL__RW", "ROLE_CRS_REFERRAL"];
/// Roles that may read lists.
const READ_LISTS: [&str; 3] = [
    "ROLE_PROBATION_API__REFER_AND_MONITOR__CASE_DETAIL__RW",
    "ROLE_CRS_REFERRAL",
    "ROLE_PROBATION_API__REFER_AND_MONITOR__CASE_DETAIL",
];

/// Everything below `/delius`.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "UP" })) }))
        .route("/info", get(|| async { Json(json!({ "build": { "name": "refer-and-monitor-and-delius" } })) }))
        .route("/probation-case/{crn}/details", get(details))
        .route("/probation-case/{crn}/identifiers", get(identifiers))
        .route("/probation-case/{crn}/convictions", get(convictions))
        .route("/probation-case/{crn}/convictions/{id}", get(conviction))
        .route("/probation-case/{crn}/responsible-officer", get(responsible_officer))
        .route("/probation-case/{crn}/referrals", put(start_referral))
        .route("/probation-case/{crn}/referrals/{referral}", get(referral_by_urn))
        .route("/probation-case/{crn}/referrals/{referral}/appointments", put(merge_appointment))
        .route("/users/{username}/managed-cases", get(managed_cases))
        .route("/users/{username}/access", post(user_access).get(user_access))
        .route("/users/{username}/details", get(user_details))
        .route("/office-locations", get(office_locations))
        .route("/probation-delivery-units", get(delivery_units))
        .fallback(|| async { error(404, "no such resource") })
        .with_state(sandbox)
}

/// The error body: status and free text.
fn error(status: u16, message: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, Json(json!({ "status": status, "message": message }))).into_response()
}

fn refused(refusal: &Refusal) -> Response {
    error(refusal.status(), &refusal.to_string())
}

/// Authorises, reads, answers 200.
fn read<T: Serialize>(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    roles: &[&str],
    ask: impl FnOnce(&Record, Timestamp) -> Result<T, Refusal>,
) -> Response {
    if let Err(refusal) = sandbox.authorise_client(headers, roles) {
        return refusal.into_response();
    }
    match sandbox.read(|state| ask(&state.delius, state.now())) {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

/// Authorises, reads the body, carries the call out, answers.
fn write<B: DeserializeOwned, T>(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    body: &Bytes,
    cause: &str,
    act: impl FnOnce(&mut Record, &Occasion<'_>, &B) -> Result<T, Refusal>,
    answer: impl FnOnce(T) -> Response,
) -> Response {
    if let Err(refusal) = sandbox.authorise_client(headers, &READ_AND_WRITE) {
        return refusal.into_response();
    }
    let request: B = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(unreadable) => return error(400, &format!("body cannot be read: {unreadable}")),
    };
    let done = sandbox.write(|state| {
        let occasion = Occasion { now: state.now(), by: ACCOUNT, cause };
        act(&mut state.delius, &occasion, &request)
    });
    match done {
        Ok(done) => answer(done),
        Err(refusal) => refused(&refusal),
    }
}

async fn details(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(crn): Path<String>) -> Response {
    let response = read(&sandbox, &headers, &READ_AND_WRITE, |record, _| case_read::details(record, &crn));
    // An unknown case answers with no body at all.
    if response.status() == StatusCode::NOT_FOUND { StatusCode::NOT_FOUND.into_response() } else { response }
}

async fn identifiers(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(crn): Path<String>) -> Response {
    read(&sandbox, &headers, &READ_AND_WRITE, |record, _| case_read::identifiers(record, &crn))
}

async fn convictions(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(crn): Path<String>) -> Response {
    read(&sandbox, &headers, &READ_AND_WRITE, |record, _| case_read::convictions(record, &crn))
}

async fn conviction(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, id)): Path<(String, i64)>,
) -> Response {
    read(&sandbox, &headers, &READ_AND_WRITE, |record, _| case_read::conviction_by_id(record, &crn, id))
}

async fn responsible_officer(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(crn): Path<String>) -> Response {
    read(&sandbox, &headers, &READ_AND_WRITE, |record, _| case_read::responsible_officer(record, &crn))
}

async fn start_referral(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(crn): Path<String>,
    body: Bytes,
) -> Response {
    write(
        &sandbox,
        &headers,
        &body,
        "PUT referrals",
        |record, occasion, request: &StartReferral| referral::start(record, occasion, &crn, request),
        |()| StatusCode::NO_CONTENT.into_response(),
    )
}

async fn referral_by_urn(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, referral)): Path<(String, Uuid)>,
) -> Response {
    read(&sandbox, &headers, &READ_AND_WRITE, |record, _| {
        referral::read_by_urn(record, &crn, referral).map(|found| view::by_urn(&found))
    })
}

async fn merge_appointment(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, _referral)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    write(
        &sandbox,
        &headers,
        &body,
        "PUT appointments",
        |record, occasion, request: &MergeAppointment| appointment::merge(record, occasion, &crn, request),
        |id| Json(json!({ "appointmentId": id })).into_response(),
    )
}

async fn managed_cases(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(username): Path<String>) -> Response {
    read(&sandbox, &headers, &READ_LISTS, |record, _| Ok(estate::managed_cases(record, &username)))
}

async fn user_access(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(username): Path<String>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = sandbox.authorise_client(&headers, &READ_LISTS) {
        return refusal.into_response();
    }
    let Ok(crns) = serde_json::from_slice::<Vec<String>>(&body) else {
        return error(400, "body is not a list of case numbers");
    };
    read(&sandbox, &headers, &READ_LISTS, |record, now| {
        // A numeric segment may mean a user's id; limits are held by name.
        let name = estate::find_user(record, &username).map_or(username.as_str(), |user| user.username.as_str());
        access::access(record, now, name, &crns).map(|access| json!({ "access": access }))
    })
}

async fn user_details(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(username): Path<String>) -> Response {
    read(&sandbox, &headers, &READ_AND_WRITE, |record, _| estate::user_details(record, &username))
}

async fn office_locations(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    read(&sandbox, &headers, &READ_LISTS, |record, _| Ok(estate::office_locations(record)))
}

async fn delivery_units(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    read(&sandbox, &headers, &READ_LISTS, |record, _| Ok(estate::delivery_units(record)))
}
