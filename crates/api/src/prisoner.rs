//! What the prison system says about somebody.

use app::prisoner::{Prisoner, ReleaseDates};
use domain::Crn;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Perhaps;
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::Id;

/// Where somebody is held and when they are to be released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Prisoner")]
pub(crate) struct WirePrisoner {
    prison_id: String,
    prisoner_number: Option<String>,
    release_date: Option<Date>,
    confirmed_release_date: Option<Date>,
    non_dto_release_date: Option<Date>,
    automatic_release_date: Option<Date>,
    post_recall_release_date: Option<Date>,
    conditional_release_date: Option<Date>,
    actual_parole_date: Option<Date>,
    discharge_date: Option<Date>,
}

impl WirePrisoner {
    /// None when no prison is known: the contract has no shape for that.
    pub(crate) fn of(prisoner: Prisoner) -> Option<Self> {
        let Prisoner { noms_number, prison_id, release, .. } = prisoner;
        let ReleaseDates { release, confirmed, non_dto, automatic, post_recall, conditional, actual_parole, discharge } =
            release;
        Some(Self {
            prison_id: prison_id?,
            prisoner_number: Some(noms_number.0),
            release_date: release,
            confirmed_release_date: confirmed,
            non_dto_release_date: non_dto,
            automatic_release_date: automatic,
            post_recall_release_date: post_recall,
            conditional_release_date: conditional,
            actual_parole_date: actual_parole,
            discharge_date: discharge,
        })
    }
}

/// `GET /intervention/prisoner/details/{crn}`: 200 without a body when there is nothing to say.
pub(crate) async fn get(Caller(ctx): Caller, Id(crn): Id<String>) -> Result<Perhaps<WirePrisoner>, Failure> {
    Ok(Perhaps(app::prisoner::details(&ctx, &Crn(crn)).await?.and_then(WirePrisoner::of)))
}
