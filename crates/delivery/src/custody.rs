//! Looks up where a person in custody is and when they are due for release, and keeps it for comparison.

use domain::Referral;
use store::outbox::Outcome;
use store::referral::CustodyDates;
use upstream::Trace;

use crate::relay::{Carrier, NotDone};

/// Delius knows the prison number, prisoner search the rest. Not finding either is an answer, not a failure.
pub(crate) async fn look_up(carrier: &Carrier, trace: &Trace, referral: &Referral) -> Result<Outcome, NotDone> {
    let upstreams = carrier.app.upstreams();
    let Some(noms) = upstreams.delius.identifiers(trace, &referral.crn).await?.noms_number else {
        return Ok(found_nothing("the person has no prison number in Delius", "not_found"));
    };
    let Some(prisoner) = upstreams.prisoner_search.prisoner(trace, &noms).await? else {
        return Ok(found_nothing("prison records do not know the person", "not_found"));
    };
    let matches = prisoner.prison_id.is_some() && prisoner.prison_id == referral.location.prison_id;
    metrics::counter!("custody_location_lookups_total", "result" => if matches { "match" } else { "no_match" })
        .increment(1);
    let release = prisoner.release;
    let record = CustodyDates {
        prison_id: prisoner.prison_id,
        release_date: release.release,
        confirmed_release_date: release.confirmed,
        non_dto_release_date: release.non_dto,
        automatic_release_date: release.automatic,
        post_recall_release_date: release.post_recall,
        conditional_release_date: release.conditional,
        actual_parole_date: release.actual_parole,
        discharge_date: release.discharge,
    };
    let mut work = carrier.app.store().begin().await?;
    store::referral::keep_custody_lookup(&mut work, referral.id, &record).await?;
    work.commit().await?;
    Ok(Outcome::Delivered { receipt: None })
}

fn found_nothing(receipt: &str, result: &'static str) -> Outcome {
    metrics::counter!("custody_location_lookups_total", "result" => result).increment(1);
    Outcome::Delivered { receipt: Some(receipt.to_owned()) }
}
