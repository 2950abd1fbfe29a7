//! Subject access: everything that is held about a person, in the spelling of the central subject access service.
//!
//! Keys that its template knows stand as they are, misspelt ones too; what this service holds beyond them is added
//! under keys of its own. Times are written for people. Nulls are explicit.

mod appointment;
mod choice;
mod draft;
mod referral;
#[cfg(test)]
mod tests;
mod text;

use app::subject_access::Export;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Crn;
use jiff::civil::Date;
use serde::Serialize;

use self::draft::SarDraft;
use self::referral::SarReferral;
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::Params;

/// What is held about a person.
#[derive(Debug, Serialize)]
pub(crate) struct SarData {
    content: SarContent,
}

#[derive(Debug, Serialize)]
struct SarContent {
    crn: String,
    referral: Vec<SarReferral>,
    draft_referral: Vec<SarDraft>,
}

impl From<&Export> for SarData {
    fn from(export: &Export) -> Self {
        let Export { crn, held, offices: _ } = export;
        Self {
            content: SarContent {
                crn: crn.as_str().to_owned(),
                referral: held.referrals.iter().map(|held| SarReferral::new(held, export)).collect(),
                draft_referral: held.drafts.iter().map(|draft| SarDraft::new(draft, export)).collect(),
            },
        }
    }
}

/// The template that shows an export to people; its language is Mustache with the central service's helpers.
const TEMPLATE: &str = include_str!("subject_access/template.mustache");

/// The central service asked with an identifier that this service does not know people by.
const SUBJECT_NOT_KNOWN_BY_THIS: u16 = 209;

/// `GET /subject-access-request`: 209 without a CRN, 204 when nothing is held; neither has a body.
pub(crate) async fn get(Caller(ctx): Caller, params: Params) -> Result<Response, Failure> {
    let (from, to) = (day(&params, "fromDate")?, day(&params, "toDate")?);
    let crn = params.text("crn")?.filter(|crn| !crn.trim().is_empty());
    let Some(crn) = crn else {
        app::subject_access::may_export(&ctx)?;
        let status = StatusCode::from_u16(SUBJECT_NOT_KNOWN_BY_THIS).unwrap_or(StatusCode::NO_CONTENT);
        return Ok(status.into_response());
    };
    Ok(match app::subject_access::export(&ctx, Crn(crn), from, to).await? {
        Some(export) => Json(SarData::from(&export)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// `GET /subject-access-request/template`.
pub(crate) async fn template(Caller(ctx): Caller) -> Result<Response, Failure> {
    app::subject_access::template(&ctx)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], TEMPLATE).into_response())
}

/// A day of the query; none when it is not there or blank.
fn day(params: &Params, name: &str) -> Result<Option<Date>, Failure> {
    match params.first(name).map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Failure::invalid_parameter(format!("{name} must be a date, written yyyy-MM-dd"))),
    }
}
