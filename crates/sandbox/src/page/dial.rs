//! The fault dial's buttons: plain forms that change the plan and go back to the overview.

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::html::{document, escape};
use crate::fault::{Fault, Kind};
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dialled {
    system: String,
    fault: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    times: String,
}

pub(super) async fn add(State(sandbox): State<Sandbox>, Form(dialled): Form<Dialled>) -> Response {
    match read(&dialled) {
        Ok(fault) => match sandbox.write(|state| state.faults.add(fault)) {
            Ok(()) => Redirect::to("/#faults").into_response(),
            Err(wrong) => refused(&wrong.to_string()),
        },
        Err(wrong) => refused(wrong),
    }
}

pub(super) async fn clear(State(sandbox): State<Sandbox>) -> Redirect {
    sandbox.write(|state| state.faults.clear());
    sandbox.queued().notify_one();
    Redirect::to("/#faults")
}

pub(super) async fn reset(State(sandbox): State<Sandbox>) -> Redirect {
    sandbox.write(crate::State::reset);
    sandbox.log().clear();
    Redirect::to("/")
}

fn read(dialled: &Dialled) -> Result<Fault, &'static str> {
    let number = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text.parse::<u64>().map(Some).map_err(|_| "value and times are whole numbers"),
    };
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == dialled.fault).ok_or("unknown fault")?;
    let times = number(&dialled.times)?.map(u32::try_from).transpose().map_err(|_| "times is too large")?;
    Ok(Fault {
        system: dialled.system.clone(),
        operation: Some(dialled.operation.trim().to_owned()).filter(|operation| !operation.is_empty()),
        method: None,
        kind,
        value: number(&dialled.value)?,
        times,
        probability: None,
    })
}

fn refused(wrong: &str) -> Response {
    let body = format!("<h1>Not added</h1><p class=error>{}</p><p><a href=\"/\">Back</a></p>", escape(wrong));
    (StatusCode::BAD_REQUEST, Html(document("Not added", &body))).into_response()
}
