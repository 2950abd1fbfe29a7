//! Subject access: everything that is held about a person, as they may ask for it.
//!
//! The person's own data is never withheld because another system is down: office names come from Delius, and are left
//! out when it cannot say.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::Operation;
use domain::{Crn, calendar};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
pub use store::referral::CustodyDates;
pub use store::subject_access::{Held, HeldChange, HeldNote, HeldReferral};

use crate::{Error, OpCtx};

/// Nothing was begun before this day, nor will be from the later one on: bounds beyond them are as good as none.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);
const LAST_DAY: Date = Date::constant(2999, 12, 31);

/// What is held about a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    /// Whom it is about.
    pub crn: Crn,
    /// What is held.
    pub held: Held,
    /// Names of the probation offices where appointments were booked, by code, as far as Delius could be asked.
    pub offices: BTreeMap<String, String>,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Export(***)")
    }
}

/// Everything that is held about a person of what was begun from the first day to the last, both included, as days are
/// counted in London; none: no bound. Nothing held: none.
pub async fn export(ctx: &OpCtx, crn: Crn, from: Option<Date>, to: Option<Date>) -> Result<Option<Export>, Error> {
    may_export(ctx)?;
    let (from, until) = bounds(from, to);
    let mut db = ctx.app.store().connection().await?;
    let held = store::subject_access::held(&mut db, &crn, from, until).await?;
    drop(db);
    ctx.record_case_look(Operation::GetSubjectAccessData, &crn).await?;
    if held.is_empty() {
        return Ok(None);
    }
    let offices = offices(ctx, &held).await;
    Ok(Some(Export { crn, held, offices }))
}

/// Whether the caller may ask for exports at all.
pub fn may_export(ctx: &OpCtx) -> Result<(), Error> {
    ctx.admit(Operation::GetSubjectAccessData)
}

/// Whether the caller may have the template that shows an export.
pub fn template(ctx: &OpCtx) -> Result<(), Error> {
    ctx.admit(Operation::GetSubjectAccessTemplate)
}

fn bounds(from: Option<Date>, to: Option<Date>) -> (Option<Timestamp>, Option<Timestamp>) {
    let within = |day: Date| day.clamp(FIRST_DAY, LAST_DAY);
    let from = from.map(|day| calendar::start_of(within(day)));
    let until = to.map(|day| calendar::start_of(within(day).saturating_add(Span::new().days(1))));
    (from, until)
}

async fn offices(ctx: &OpCtx, held: &Held) -> BTreeMap<String, String> {
    let booked: BTreeSet<&str> = held
        .referrals
        .iter()
        .flat_map(|held| held.referral.appointments())
        .filter_map(|(_, appointment)| appointment.delivery.office_code())
        .collect();
    if booked.is_empty() {
        return BTreeMap::new();
    }
    match ctx.app.upstreams().delius.office_locations(&ctx.trace()).await {
        Ok(offices) => offices
            .into_iter()
            .filter(|office| booked.contains(office.code.as_str()))
            .map(|office| (office.code, office.description))
            .collect(),
        Err(error) => {
            tracing::warn!(outcome = error.outcome(), "office names could not be read; exporting without them");
            BTreeMap::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn both_days_count_whole_as_london_counts_them() {
        let (from, until) = bounds(Some(date(2026, 7, 1)), Some(date(2026, 7, 1)));
        assert_eq!(from.map(|at| at.to_string()).as_deref(), Some("2026-06-30T23:00:00Z"));
        assert_eq!(until.map(|at| at.to_string()).as_deref(), Some("2026-07-01T23:00:00Z"));
        assert_eq!(bounds(None, None), (None, None));
    }

    #[test]
    fn the_ends_of_the_calendar_are_days_like_others() {
        let (from, until) = bounds(Some(Date::MIN), Some(Date::MAX));
        assert!(from < until);
        let (from, until) = bounds(Some(Date::MAX), Some(Date::MIN));
        assert!(from > until);
    }
}
