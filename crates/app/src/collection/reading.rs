//! Comparing a referral with what Delius holds, and taking in what was seen.

use std::collections::BTreeMap;

use domain::collection::{DiscrepancyKind, Finding, Glass, Reading, SentenceSeen, Told, compare, strays};
use domain::{DiscrepancyId, Referral, ReferralId, ReferralUrn};
use jiff::SignedDuration;
use store::UnitOfWork;
use store::collection::CollectionState;
use store::discrepancy::{Discrepancy, NO_LONGER_SEEN, Settled};

use super::repair::repair_by_itself;
use super::{discover, no_longer_seen};
use crate::change::Cause;
use crate::{App, Error};

/// The evidence by which a stray reference is tied to the reading that found it.
const FOUND_WITH: &str = "foundWith";
/// The longest damaged reference that is kept, in characters.
const URN_MAX: usize = 200;

/// How a referral is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How long Delius is given before a want is a discrepancy.
    pub grace: SignedDuration,
    /// Whether what may be mended by itself is mended.
    pub repair: bool,
    /// Whether nothing is to be written at all.
    pub dry_run: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { grace: SignedDuration::from_hours(24), repair: true, dry_run: false }
    }
}

/// What came of looking at a referral.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Every discrepancy that was seen.
    pub findings: Vec<Finding>,
    /// Whether anything was found or settled that was not known, or would be in a dry run.
    pub is_news: bool,
    /// How many calls to Delius it took.
    pub calls: u32,
}

/// Compares a referral with what Delius holds, and takes in what was seen. Delivery's way in; not authorised.
///
/// One reading settles what it does not see any more, as far as it can see: it is of what Delius holds now, not of a
/// copy. A referral that changed while it was read is left for the next time.
///
/// # Errors
/// [`Error::Dependency`] where Delius does not answer; nothing was written.
pub async fn look_at(app: &App, id: ReferralId, look: &Look, cause: &Cause) -> Result<Looked, Error> {
    let mut db = app.store().connection().await?;
    let Some(referral) = store::referral::find(&mut db, id).await? else { return Ok(Looked::default()) };
    let line = store::collection::find(&mut db, id).await?;
    if line.is_some_and(|line| line.state == CollectionState::Without) {
        return Ok(Looked::default());
    }
    let known = store::discrepancy::list_open_of(&mut db, id).await?;
    drop(db);
    let trace = cause.correlation.trace();
    let delius = &app.upstreams().delius;
    let seen = delius.read_activity(&trace, &referral.crn, id, referral.sentence.id).await?;
    // Afterwards, so that whatever is seen there of our doing is among what it was told.
    let mut db = app.store().connection().await?;
    let told = store::collection::told(&mut db, id).await?;
    drop(db);
    let is_known = |finding: &Finding| known.iter().any(|one| is_same(one, finding));
    let through = |grace| compare(&referral, &told, &seen, &Glass { now: cause.now, grace });
    // What is known already, a refused call having shown it, is not over because it is too fresh to be found.
    let in_time = through(look.grace);
    let mut findings = through(SignedDuration::ZERO);
    findings.retain(|finding| is_known(finding) || in_time.contains(finding));
    let gone = |one: &&Discrepancy| can_see(&seen, one) && !findings.iter().any(|finding| is_same(one, finding));
    let mut is_news = findings.iter().any(|finding| !is_known(finding)) || known.iter().any(|one| gone(&one));
    if !look.dry_run {
        let mut work = app.store().begin().await?;
        let locked = store::referral::lock(&mut work, id).await?;
        let Some(locked) = locked.filter(|locked| locked.version == referral.version) else {
            return Ok(Looked { findings, is_news: false, calls: seen.calls });
        };
        // What was found first, so that a line that is held for another reason now is not let go in between.
        for finding in &findings {
            discover(app, &mut work, &locked, finding, cause).await?;
        }
        for one in known.iter().filter(gone) {
            no_longer_seen(app, &mut work, &locked, one, cause).await?;
        }
        is_news |= take_strays(app, &mut work, &locked, &seen, cause).await?;
        if look.repair {
            repair_all(app, &mut work, &locked, (&told, &seen), cause).await?;
        }
        store::collection::save_check(&mut work, id, &digest(&seen), findings.len(), cause.now).await?;
        work.commit().await?;
    }
    Ok(Looked { findings, is_news, calls: seen.calls })
}

async fn repair_all(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    (told, seen): (&Told, &Reading),
    cause: &Cause,
) -> Result<(), Error> {
    for one in store::discrepancy::list_open_of(work, referral.id).await? {
        repair_by_itself(app, work, referral, &one, (told, seen), cause).await?;
    }
    Ok(())
}

fn is_same(known: &Discrepancy, finding: &Finding) -> bool {
    known.finding.kind == finding.kind && known.finding.appointment == finding.appointment
}

/// Whether a reading would have shown a discrepancy again. One that cannot see activities settles only what it can.
fn can_see(seen: &Reading, known: &Discrepancy) -> bool {
    let sees_activities = seen.containers.is_some();
    match known.finding.kind {
        DiscrepancyKind::PersonMismatch => seen.person_is_known,
        DiscrepancyKind::EventMismatch => sees_activities || seen.sentence == SentenceSeen::Active,
        DiscrepancyKind::AppointmentMissing | DiscrepancyKind::AppointmentOutcomeMismatch => {
            seen.containers.iter().flatten().any(|container| container.appointments.is_some())
        }
        _ => sees_activities,
    }
}

/// References that look like ours and name no referral. They belong to no referral, and are settled by the referral
/// whose reading found them.
async fn take_strays(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    seen: &Reading,
    cause: &Cause,
) -> Result<bool, Error> {
    if seen.containers.is_none() {
        return Ok(false);
    }
    let mut found = BTreeMap::new();
    for (urn, parsed) in strays(referral, seen) {
        let kind = match parsed {
            Some(ReferralUrn(other)) if store::referral::exists(work, other).await? => continue,
            Some(_) => DiscrepancyKind::OrphanUrn,
            None => DiscrepancyKind::MalformedUrn,
        };
        found.insert(urn.chars().take(URN_MAX).collect::<String>(), kind);
    }
    let mut is_news = false;
    for (urn, kind) in &found {
        let finding = Finding::new(*kind).with(FOUND_WITH, referral.id);
        let new_id = DiscrepancyId(app.ids().uuid());
        let (_, is_new) = store::discrepancy::see(work, new_id, None, Some(urn), &finding, cause.now).await?;
        is_news |= is_new;
    }
    for one in store::discrepancy::list_strays(work, referral.id).await? {
        if one.urn.as_ref().is_none_or(|urn| !found.contains_key(urn)) {
            let settled = Settled { at: cause.now, how: NO_LONGER_SEEN.to_owned(), by: None, why: None };
            is_news |= store::discrepancy::settle(work, one.id, &settled).await?;
        }
    }
    Ok(is_news)
}

/// What was seen, in short: for telling whether something changed since, and when.
fn digest(seen: &Reading) -> String {
    let Some(containers) = &seen.containers else { return format!("sentence {}", seen.sentence.as_str()) };
    let short = containers.iter().map(|container| {
        let ended = container.ended_on.map(|day| day.to_string()).unwrap_or_default();
        let outcome = container.outcome.as_deref().unwrap_or_default();
        let deleted = if container.deleted { " deleted" } else { "" };
        format!("{} {outcome} {ended}{deleted}", container.status)
    });
    short.collect::<Vec<_>>().join("; ")
}
