//! What scripts, tests and the sandbox's page may do to this Delius, below `/control/delius`.
//!
//! Owns the paths of the deeds in `human` and `edit`, of the switches in `mode`, and of reading record, change log and telemetry;
//! refuses any rule of its own. A body with an unknown field is a 400 that names it. A deed on a case answers with the
//! record of that case.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::refusal::error;
use crate::sandbox::Sandbox;

use super::edit;
use super::human;
use super::ledger::{Change, Entity, Occasion, Telemetry};
use super::mode::ModePatch;
use super::record::Record;
use super::refusal::Refusal;

/// The account under which deeds of people are written.
const PERSON: &str = "DELIUS_USER";

/// Everything below `/control/delius`.
pub fn control_router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/mode", post(set_mode).get(mode))
        .route("/telemetry", get(telemetry))
        .route("/changes", get(changes))
        .route("/offices", get(offices))
        .route("/nsi/close", deed("nsi/close", human::close))
        .route("/nsi/reopen", deed("nsi/reopen", human::reopen))
        .route("/nsi/soft-delete", deed("nsi/soft-delete", human::soft_delete))
        .route("/nsi/delete", deed("nsi/delete", human::hard_delete))
        .route("/nsi/urn", deed("nsi/urn", human::edit_urn))
        .route("/nsi/edit", deed("nsi/edit", edit::nsi))
        .route("/nsi/duplicate", deed("nsi/duplicate", human::duplicate))
        .route("/contact/delete", deed("contact/delete", human::delete_contact))
        .route("/contact/outcome", deed("contact/outcome", edit::outcome))
        .route("/contact/appointment", deed("contact/appointment", human::native_appointment))
        .route("/sentence/terminate", deed("sentence/terminate", human::terminate_sentence))
        .route("/sentence/soft-delete", deed("sentence/soft-delete", human::delete_event))
        .route("/merge", deed("merge", human::merge))
        .route("/manager", deed("manager", human::reallocate))
        .route("/restrict", deed("restrict", human::restrict))
        .route("/exclude", deed("exclude", human::exclude))
        .route("/limits/expire", deed("limits/expire", human::expire_limits))
        .route(
            "/office/retire",
            estate("office/retire", |r, o, office: &OfOffice| human::set_office(r, o, &office.code, false)),
        )
        .route(
            "/office/open",
            estate("office/open", |r, o, office: &OfOffice| human::set_office(r, o, &office.code, true)),
        )
        .route(
            "/mapping/remove",
            estate("mapping/remove", |r, o, mapping: &OfContractType| {
                human::set_mapping(r, o, &mapping.contract_type, None)
            }),
        )
        .route(
            "/mapping/set",
            estate("mapping/set", |r, o, mapping: &NewMapping| {
                human::set_mapping(r, o, &mapping.contract_type, Some(&mapping.nsi_type))
            }),
        )
        .route("/{crn}", get(record_of_case))
        .with_state(sandbox)
}

/// An office location code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOffice {
    code: String,
}

/// A contract type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OfContractType {
    contract_type: String,
}

/// A contract type and the activity type it is to have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewMapping {
    contract_type: String,
    nsi_type: String,
}

/// Which part of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    /// Only entries after this position.
    #[serde(default)]
    since: u64,
}

type Act<B, T> = fn(&mut Record, &Occasion<'_>, &B) -> Result<T, Refusal>;

/// A deed on a case.
fn deed<B: DeserializeOwned + 'static>(cause: &'static str, act: Act<B, String>) -> MethodRouter<Sandbox> {
    post(move |State(sandbox): State<Sandbox>, body: Bytes| async move {
        match carry_out(&sandbox, &body, cause, act) {
            Ok(crn) => shown(&sandbox, &crn),
            Err(response) => response,
        }
    })
}

/// A deed on the estate; answers 204.
fn estate<B: DeserializeOwned + 'static>(cause: &'static str, act: Act<B, ()>) -> MethodRouter<Sandbox> {
    post(move |State(sandbox): State<Sandbox>, body: Bytes| async move {
        match carry_out(&sandbox, &body, cause, act) {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(response) => response,
        }
    })
}

#[expect(clippy::result_large_err, reason = "the answer is built once and returned as it is")]
fn carry_out<B: DeserializeOwned, T>(
    sandbox: &Sandbox,
    body: &Bytes,
    cause: &str,
    act: Act<B, T>,
) -> Result<T, Response> {
    let request: B = serde_json::from_slice(body).map_err(|unreadable| unusable(&unreadable))?;
    sandbox
        .write(|state| {
            let cause = format!("person: {cause}");
            let occasion = Occasion { now: state.now(), by: PERSON, cause: &cause };
            act(&mut state.delius, &occasion, &request)
        })
        .map_err(|refusal| {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            error(status, &refusal.to_string())
        })
}

fn unusable(unreadable: &serde_json::Error) -> Response {
    error(StatusCode::BAD_REQUEST, &format!("body cannot be used: {unreadable}"))
}

fn shown(sandbox: &Sandbox, crn: &str) -> Response {
    match sandbox.read(|state| state.delius.shown(crn)) {
        Some(view) => Json(view).into_response(),
        None => error(StatusCode::NOT_FOUND, "no such case"),
    }
}

async fn record_of_case(State(sandbox): State<Sandbox>, Path(crn): Path<String>) -> Response {
    shown(&sandbox, &crn)
}

async fn mode(State(sandbox): State<Sandbox>) -> Response {
    Json(sandbox.read(|state| state.delius.mode().clone())).into_response()
}

async fn set_mode(State(sandbox): State<Sandbox>, body: Bytes) -> Response {
    let patch: ModePatch = match serde_json::from_slice(&body) {
        Ok(patch) => patch,
        Err(unreadable) => return unusable(&unreadable),
    };
    let mode = sandbox.write(|state| {
        let occasion = Occasion { now: state.now(), by: PERSON, cause: "control: mode" };
        let record = &mut state.delius;
        record.mode.apply(&patch);
        record.log(&occasion, Entity::Estate, "mode", None, "switched");
        record.mode.clone()
    });
    Json(mode).into_response()
}

async fn telemetry(State(sandbox): State<Sandbox>, Query(Since { since }): Query<Since>) -> Response {
    let entries: Vec<Telemetry> = sandbox
        .read(|state| state.delius.ledger().telemetry().iter().filter(|entry| entry.seq > since).cloned().collect());
    Json(entries).into_response()
}

async fn changes(State(sandbox): State<Sandbox>, Query(Since { since }): Query<Since>) -> Response {
    let changes: Vec<Change> = sandbox
        .read(|state| state.delius.ledger().changes().iter().filter(|change| change.seq > since).cloned().collect());
    Json(changes).into_response()
}

async fn offices(State(sandbox): State<Sandbox>) -> Response {
    let offices = sandbox.read(|state| serde_json::to_value(super::estate::office_locations(&state.delius)));
    match offices {
        Ok(offices) => Json(offices).into_response(),
        Err(_unwritable) => error(StatusCode::INTERNAL_SERVER_ERROR, "offices cannot be shown"),
    }
}
