//! The older interface to the same record, below `/community-api/secure`.
//!
//! Owns its paths, roles and error body: reads of cases, staff and activities, and the writes that the real one has lost.
//! Refuses what is closed: its writes need an open activity without an outcome, whatever the switches say.

mod appointment;
mod nsi;
mod read;
mod referral;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::Sandbox;

use super::ledger::Occasion;
use super::record::Record;
use super::refusal::Refusal;

/// The account that this interface writes under.
const ACCOUNT: &str = "CommunityApi";
/// The only integration context there ever was.
const CONTEXT: &str = "commissioned-rehabilitation-services";
const READ: [&str; 1] = ["ROLE_COMMUNITY"];
const READ_USERS: [&str; 1] = ["ROLE_COMMUNITY_USERS"];
const WRITE: [&str; 1] = ["ROLE_COMMUNITY_INTERVENTIONS_UPDATE"];

/// Everything below `/community-api`.
pub fn legacy_router(sandbox: Sandbox) -> Router {
    let secure = Router::new()
        .route("/offenders/crn/{crn}/all", get(details))
        .route("/offenders/crn/{crn}/allOffenderManagers", get(managers))
        .route("/offenders/crn/{crn}/convictions", get(convictions))
        .route("/offenders/crn/{crn}/convictions/{id}", get(conviction))
        .route("/offenders/crn/{crn}/convictions/{id}/nsis", get(nsis))
        .route("/offenders/crn/{crn}/convictions/{id}/nsis/{nsi}", get(one_nsi))
        .route("/offenders/crn/{crn}/user/{username}/userAccess", get(user_access))
        .route("/staff/username/{username}", get(staff))
        .route("/staff/staffIdentifier/{id}/caseload/managedOffenders", get(caseload))
        .route("/users/{username}/details", get(user))
        .route("/offenders/crn/{crn}/referral/start/context/{context}", post(start))
        .route("/offenders/crn/{crn}/referral/end/context/{context}", post(end))
        .route("/offenders/crn/{crn}/sentence/{sentence}/appointments/context/{context}", post(book))
        .route("/offenders/crn/{crn}/appointments/{id}/reschedule/context/{context}", post(reschedule))
        .route("/offenders/crn/{crn}/appointments/{id}/relocate", post(relocate))
        .route("/offenders/crn/{crn}/appointments/{id}/outcome/context/{context}", post(outcome))
        .route("/offenders/crn/{crn}/sentences/{sentence}/notifications/context/{context}", post(notify));
    Router::new()
        .nest("/secure", secure)
        .route("/health", get(|| async { Json(json!({ "status": "UP" })) }))
        .fallback(|| async { error(StatusCode::NOT_FOUND, "no such resource") })
        .with_state(sandbox)
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "status": status.as_u16(), "developerMessage": message }))).into_response()
}

/// What is missing is 404, a taken slot 409, everything else the caller's fault.
fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Clash => StatusCode::CONFLICT,
        Refusal::NoSuchCase
        | Refusal::NoSuchEvent(_)
        | Refusal::NoSuchContact(_)
        | Refusal::NoSuchUser
        | Refusal::NoCommunityManager
        | Refusal::NoSuchReferral(_) => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    error(status, &refusal.to_string())
}

/// A refused write, with the fuller body of the system behind this interface, passed through.
fn refused_write(refusal: &Refusal) -> Response {
    let status = refused(refusal).status();
    let code = status.is_client_error().then(|| status.as_u16().to_string());
    let text = refusal.to_string();
    let body = json!({
        "status": status.as_u16(),
        "errorCode": code,
        "userMessage": text,
        "developerMessage": text,
        "moreInfo": null,
    });
    (status, Json(body)).into_response()
}

/// Authorises, reads, answers 200.
fn answer<T: Serialize>(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    roles: &[&str],
    ask: impl FnOnce(&Record) -> Result<T, Refusal>,
) -> Response {
    if let Err(refusal) = sandbox.authorise_client(headers, roles) {
        return refusal.into_response();
    }
    match sandbox.read(|state| ask(&state.delius)) {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

/// A call that writes: who asks, in which context, with what body.
struct Call<'a> {
    sandbox: &'a Sandbox,
    headers: &'a HeaderMap,
    context: &'a str,
    body: &'a Bytes,
    cause: &'a str,
}

impl Call<'_> {
    /// Authorises, reads the body, carries out, and answers with the id under a key.
    fn write<B: DeserializeOwned>(
        &self,
        status: StatusCode,
        key: &str,
        act: impl FnOnce(&mut Record, &Occasion<'_>, &B) -> Result<i64, Refusal>,
    ) -> Response {
        if let Err(refusal) = self.sandbox.authorise_client(self.headers, &WRITE) {
            return refusal.into_response();
        }
        if self.context != CONTEXT {
            return error(StatusCode::NOT_FOUND, "no such integration context");
        }
        let request: B = match serde_json::from_slice(self.body) {
            Ok(request) => request,
            Err(unreadable) => {
                return error(StatusCode::BAD_REQUEST, &format!("body cannot be read: {unreadable}"));
            }
        };
        let done = self.sandbox.write(|state| {
            let occasion = Occasion { now: state.now(), by: ACCOUNT, cause: self.cause };
            act(&mut state.delius, &occasion, &request)
        });
        match done {
            Ok(id) => {
                let mut body = serde_json::Map::new();
                body.insert(key.to_owned(), id.into());
                (status, Json(body)).into_response()
            }
            Err(refusal) => refused_write(&refusal),
        }
    }
}

async fn details(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(crn): Path<String>) -> Response {
    answer(&sandbox, &headers, &READ, |record| read::details(record, &crn))
}

async fn managers(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(crn): Path<String>) -> Response {
    answer(&sandbox, &headers, &READ, |record| read::managers(record, &crn))
}

/// Which convictions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    #[serde(default)]
    active_only: bool,
}

async fn convictions(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(crn): Path<String>,
    Query(Active { active_only }): Query<Active>,
) -> Response {
    answer(&sandbox, &headers, &READ, |record| read::convictions(record, &crn, active_only))
}

async fn conviction(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, id)): Path<(String, i64)>,
) -> Response {
    answer(&sandbox, &headers, &READ, |record| read::conviction(record, &crn, id))
}

/// Which activities, by type code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Codes {
    nsi_codes: String,
}

async fn nsis(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, id)): Path<(String, i64)>,
    Query(Codes { nsi_codes }): Query<Codes>,
) -> Response {
    let codes: Vec<&str> = nsi_codes.split(',').collect();
    answer(&sandbox, &headers, &READ, |record| {
        nsi::of_conviction(record, &crn, id, &codes).map(|nsis| json!({ "nsis": nsis }))
    })
}

async fn one_nsi(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, conviction, id)): Path<(String, i64, i64)>,
) -> Response {
    answer(&sandbox, &headers, &READ, |record| nsi::by_id(record, &crn, conviction, id))
}

async fn user_access(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, username)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = sandbox.authorise_client(&headers, &READ) {
        return refusal.into_response();
    }
    match sandbox.read(|state| read::access(&state.delius, state.now(), &crn, &username)) {
        Ok(access) if access.is_limited() => (StatusCode::FORBIDDEN, Json(access)).into_response(),
        Ok(access) => Json(access).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

async fn staff(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(username): Path<String>) -> Response {
    answer(&sandbox, &headers, &READ, |record| read::staff(record, &username))
}

async fn caseload(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<i64>) -> Response {
    answer(&sandbox, &headers, &READ, |record| read::caseload(record, id))
}

async fn user(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(username): Path<String>) -> Response {
    answer(&sandbox, &headers, &READ_USERS, |record| read::user(record, &username))
}

async fn start(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, context)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let call =
        Call { sandbox: &sandbox, headers: &headers, context: &context, body: &body, cause: "POST referral start" };
    call.write(StatusCode::OK, "nsiId", |record, occasion, request| referral::start(record, occasion, &crn, request))
}

async fn end(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, context)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let call =
        Call { sandbox: &sandbox, headers: &headers, context: &context, body: &body, cause: "POST referral end" };
    call.write(StatusCode::OK, "nsiId", |record, occasion, request| referral::end(record, occasion, &crn, request))
}

async fn book(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, sentence, context)): Path<(String, i64, String)>,
    body: Bytes,
) -> Response {
    let call = Call { sandbox: &sandbox, headers: &headers, context: &context, body: &body, cause: "POST appointment" };
    call.write(StatusCode::CREATED, "appointmentId", |record, occasion, request| {
        appointment::book(record, occasion, &crn, sentence, request)
    })
}

async fn reschedule(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, id, context)): Path<(String, i64, String)>,
    body: Bytes,
) -> Response {
    let call = Call { sandbox: &sandbox, headers: &headers, context: &context, body: &body, cause: "POST reschedule" };
    call.write(StatusCode::OK, "appointmentId", |record, occasion, request| {
        appointment::reschedule(record, occasion, &crn, id, request)
    })
}

async fn relocate(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, id)): Path<(String, i64)>,
    body: Bytes,
) -> Response {
    let call = Call { sandbox: &sandbox, headers: &headers, context: CONTEXT, body: &body, cause: "POST relocate" };
    call.write(StatusCode::OK, "appointmentId", |record, occasion, request| {
        appointment::relocate(record, occasion, &crn, id, request)
    })
}

async fn outcome(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, id, context)): Path<(String, i64, String)>,
    body: Bytes,
) -> Response {
    let call = Call { sandbox: &sandbox, headers: &headers, context: &context, body: &body, cause: "POST outcome" };
    call.write(StatusCode::OK, "appointmentId", |record, occasion, request| {
        appointment::record_outcome(record, occasion, &crn, id, request)
    })
}

async fn notify(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((crn, sentence, context)): Path<(String, i64, String)>,
    body: Bytes,
) -> Response {
    let call =
        Call { sandbox: &sandbox, headers: &headers, context: &context, body: &body, cause: "POST notification" };
    call.write(StatusCode::OK, "contactId", |record, occasion, request| {
        referral::notify(record, occasion, &crn, sentence, request)
    })
}
