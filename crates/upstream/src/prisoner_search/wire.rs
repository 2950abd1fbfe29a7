//! The shape of a prisoner record: large, and every field may be null.

use domain::NomsNumber;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prisoner {
    prisoner_number: Option<String>,
    prison_id: Option<String>,
    prison_name: Option<String>,
    status: Option<String>,
    in_out_status: Option<String>,
    release_date: Option<Date>,
    confirmed_release_date: Option<Date>,
    non_dto_release_date: Option<Date>,
    automatic_release_date: Option<Date>,
    post_recall_release_date: Option<Date>,
    conditional_release_date: Option<Date>,
    actual_parole_date: Option<Date>,
    discharge_date: Option<Date>,
}

impl Prisoner {
    /// The record under its own number, or under the one it was asked for by.
    pub(super) fn named(self, asked: &NomsNumber) -> super::Prisoner {
        let Self {
            prisoner_number,
            prison_id,
            prison_name,
            status,
            in_out_status,
            release_date,
            confirmed_release_date,
            non_dto_release_date,
            automatic_release_date,
            post_recall_release_date,
            conditional_release_date,
            actual_parole_date,
            discharge_date,
        } = self;
        super::Prisoner {
            noms_number: prisoner_number.map_or_else(|| asked.clone(), NomsNumber),
            prison_id,
            prison_name,
            status,
            in_out_status,
            release: super::ReleaseDates {
                release: release_date,
                confirmed: confirmed_release_date,
                non_dto: non_dto_release_date,
                automatic: automatic_release_date,
                post_recall: post_recall_release_date,
                conditional: conditional_release_date,
                actual_parole: actual_parole_date,
                discharge: discharge_date,
            },
        }
    }
}
