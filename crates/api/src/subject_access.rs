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
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Crn;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use self::draft::SarDraft;
use self::referral::SarReferral;
use crate::answer::PlainText;
use crate::caller::Caller;
use crate::describe::{Output, Reply, Schemas};
use crate::error::Failure;
use crate::extract::{Params, Query, QueryShape};

/// What is held about a person.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SarData {
    content: SarContent,
}

#[derive(Debug, Serialize, JsonSchema)]
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

/// Whose data, and from when to when.
pub(crate) struct ExportRequest {
    crn: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
}

impl QueryShape for ExportRequest {
    fn read(params: &Params) -> Result<Self, Failure> {
        let (from, to) = (params.day("fromDate")?, params.day("toDate")?);
        let crn = params.text("crn")?.filter(|crn| !crn.trim().is_empty());
        Ok(Self { crn, from, to })
    }
}

/// What the central service is answered.
pub(crate) enum Exported {
    /// What is held.
    Held(Box<SarData>),
    /// Nothing is held, of this time or at all.
    NothingHeld,
    /// It asked with another identifier.
    NotKnownByThis,
}

impl Output for Exported {
    fn replies(schemas: &mut Schemas) -> Vec<Reply> {
        vec![Reply::json::<SarData>(200, schemas), Reply::empty(204), Reply::empty(SUBJECT_NOT_KNOWN_BY_THIS)]
    }
}

impl IntoResponse for Exported {
    fn into_response(self) -> Response {
        let empty = |status| StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT).into_response();
        match self {
            Self::Held(data) => Json(data).into_response(),
            Self::NothingHeld => empty(204),
            Self::NotKnownByThis => empty(SUBJECT_NOT_KNOWN_BY_THIS),
        }
    }
}

/// `GET /subject-access-request`: 209 without a CRN, 204 when nothing is held; neither has a body.
pub(crate) async fn get(
    Caller(ctx): Caller,
    Query(ExportRequest { crn, from, to }): Query<ExportRequest>,
) -> Result<Exported, Failure> {
    let Some(crn) = crn else {
        app::subject_access::may_export(&ctx)?;
        return Ok(Exported::NotKnownByThis);
    };
    let export = app::subject_access::export(&ctx, Crn(crn), from, to).await?;
    Ok(export.map_or(Exported::NothingHeld, |export| Exported::Held(Box::new(SarData::from(&export)))))
}

/// `GET /subject-access-request/template`.
pub(crate) async fn template(Caller(ctx): Caller) -> Result<PlainText, Failure> {
    app::subject_access::template(&ctx)?;
    Ok(PlainText(TEMPLATE))
}
