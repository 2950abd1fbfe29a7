//! Performance reports that were asked for: kept before the asker is told that theirs is queued. Which days a report may
//! cover is the domain's to say.

use std::collections::BTreeSet;

use domain::User;
use domain::performance_report::ReportPeriod;
use jiff::Timestamp;
use uuid::Uuid;

use crate::column::{at, day};
use crate::{Db, StoreError};

/// A report that somebody asks for.
#[derive(Clone, Debug)]
pub struct ReportRequest<'a> {
    /// Its id.
    pub id: Uuid,
    /// Who asks; known to this service.
    pub by: &'a User,
    /// When.
    pub at: Timestamp,
    /// References of the contracts that it is about; at least one.
    pub contracts: &'a BTreeSet<String>,
    /// The days that it covers.
    pub period: ReportPeriod,
}

/// Keeps a request. False when the same user asked for the same after `since`: that request stands for this one.
pub async fn ask(db: &mut Db, request: &ReportRequest<'_>, since: Timestamp) -> Result<bool, StoreError> {
    let contracts: Vec<String> = request.contracts.iter().cloned().collect();
    let kept = sqlx::query!(
        r#"
        INSERT INTO performance_report_request (
            id, asked_at, asked_by_source, asked_by_id, contracts, first_day, last_day
        )
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE NOT EXISTS (
            SELECT
            FROM performance_report_request r
            WHERE r.asked_by_source = $3
                AND r.asked_by_id = $4
                AND r.asked_at > $8
                AND r.contracts = $5
                AND r.first_day = $6
                AND r.last_day = $7
        )
        "#,
        request.id,
        at(request.at) as _,
        request.by.source.as_str(),
        request.by.id,
        &contracts,
        day(request.period.first()) as _,
        day(request.period.last()) as _,
        at(since) as _,
    )
    .execute(db)
    .await?;
    Ok(kept.rows_affected() == 1)
}
