//! How a referral changes: lock, load, let the domain decide, write the facts and intend their effects, commit.
//!
//! The only way from a decision to the database; the relay takes it too when Delius has answered.

use domain::appointment::Booking;
use domain::effect::{Action, Intent, System, effects_of};
use domain::{AppointmentId, EffectId, Fact, Referral, ReferralId, Refused, User};
use jiff::Timestamp;
use store::UnitOfWork;
use store::outbox::Origin;
use tracing::Instrument as _;

use crate::{App, Correlation, Error, OpCtx};

/// Why and by whom something changes.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Who acts.
    pub actor: User,
    /// When.
    pub now: Timestamp,
    /// What ties it to a request.
    pub correlation: Correlation,
}

impl Cause {
    /// Where effects come from that follow from `fact`.
    pub fn origin<'a>(&'a self, fact: &'a str) -> Origin<'a> {
        let Correlation { id, traceparent } = &self.correlation;
        Origin { actor: &self.actor, cause: fact, correlation: id, traceparent: traceparent.as_deref() }
    }
}

impl OpCtx {
    pub(crate) fn cause(&self) -> Cause {
        Cause { actor: self.actor(), now: self.now, correlation: self.correlation.clone() }
    }
}

/// What a change led to.
#[derive(Debug)]
pub struct Changed {
    /// The referral with every fact taken in.
    pub referral: Referral,
    /// What other systems will be told.
    pub intents: Vec<Intent>,
}

/// Changes one referral in a transaction of its own.
///
/// # Errors
/// [`Error::NotFound`], whatever `decide` refuses, and [`Error::Unavailable`]; nothing was written.
pub async fn change(
    app: &App,
    id: ReferralId,
    cause: &Cause,
    decide: impl FnOnce(&Referral) -> Result<Vec<Fact>, Refused>,
) -> Result<Changed, Error> {
    change_within(app, app.store().begin().await?, id, cause, decide).await
}

impl OpCtx {
    /// [`change`], as what this operation is about: with it the key of its request becomes known, and a repetition
    /// changes nothing and sees the referral as it is now. The caller may have said which version is to change.
    ///
    /// # Errors
    /// Those of [`change`] and of [`OpCtx::begin`]; [`Error::Conflict`] when the referral is of another version.
    pub(crate) async fn change(
        &self,
        id: ReferralId,
        decide: impl FnOnce(&Referral) -> Result<Vec<Fact>, Refused>,
    ) -> Result<Changed, Error> {
        if self.is_repetition() {
            return Ok(Changed { referral: self.present(id).await?, intents: Vec::new() });
        }
        let decide = |referral: &Referral| {
            self.ensure_expected(referral.version)?;
            decide(referral)
        };
        change_within(&self.app, self.begin().await?, id, &self.cause(), decide).await
    }
}

async fn change_within(
    app: &App,
    mut work: UnitOfWork,
    id: ReferralId,
    cause: &Cause,
    decide: impl FnOnce(&Referral) -> Result<Vec<Fact>, Refused>,
) -> Result<Changed, Error> {
    let Some(referral) = store::referral::lock(&mut work, id).await? else {
        return Err(Error::not_found("referral", id));
    };
    let facts = decide(&referral)?;
    let changed = record(app, &mut work, referral, facts, cause).await?;
    work.commit().await?;
    Ok(changed)
}

/// Writes facts of a locked referral and intends their effects, within the caller's transaction.
///
/// # Errors
/// [`Error::Conflict`] and [`Error::Unavailable`]; the caller's transaction is to be dropped.
pub async fn record(
    app: &App,
    work: &mut UnitOfWork,
    referral: Referral,
    facts: Vec<Fact>,
    cause: &Cause,
) -> Result<Changed, Error> {
    let span = tracing::info_span!("change", request.id = %cause.correlation.id, referral.id = %referral.id);
    Box::pin(record_all(app, work, referral, facts, cause)).instrument(span).await
}

async fn record_all(
    app: &App,
    work: &mut UnitOfWork,
    referral: Referral,
    facts: Vec<Fact>,
    cause: &Cause,
) -> Result<Changed, Error> {
    let mut referral = referral;
    let mut version = referral.version;
    let mut intents = Vec::new();
    for fact in facts {
        version = version.max(store::referral::record(work, &referral, &fact).await?);
        referral.apply(&fact);
        let effects = effects_of(&referral, &fact, cause.now, || EffectId(app.ids().ordered(cause.now)));
        if !effects.is_empty() {
            store::outbox::enqueue(work, referral.id, &effects, &cause.origin(fact.name()), cause.now).await?;
        }
        match &fact {
            // A booking in the past waits for this (see delivery's call to Delius).
            Fact::FeedbackSubmitted { .. } => {
                store::outbox::hasten(work, referral.id, System::Delius, cause.now).await?;
            }
            // So does whatever waited for the outcome of an appointment that will have none.
            Fact::AppointmentTaken { appointment, .. }
                if takes_over_what_passed(&referral, *appointment, cause.now) =>
            {
                store::outbox::hasten(work, referral.id, System::Delius, cause.now).await?;
            }
            Fact::AppointmentProposed { appointment, .. } => {
                release_clash(work, &referral, appointment.replaces, cause).await?;
            }
            _ => {}
        }
        tracing::info!(referral.id = %referral.id, fact = fact.name(), actor.id = %cause.actor.id, "a referral changed");
        intents.extend(effects);
    }
    referral.version = version;
    Ok(Changed { referral, intents })
}

/// Whether an appointment stands in the place of one whose time has passed and that was not reported on.
fn takes_over_what_passed(referral: &Referral, id: AppointmentId, now: Timestamp) -> bool {
    let replaced = referral.appointment(id).and_then(|(_, taken)| taken.replaces);
    let replaced = replaced.and_then(|id| referral.appointment(id));
    replaced.is_some_and(|(_, passed)| passed.time < now && passed.feedback.submitted.is_none())
}

/// Another time was chosen for an appointment that clashed: what waited for that choice is let go, so that its line
/// goes on with the new one.
async fn release_clash(
    work: &mut UnitOfWork,
    referral: &Referral,
    replaced: Option<AppointmentId>,
    cause: &Cause,
) -> Result<(), Error> {
    let clashed = replaced
        .filter(|id| referral.appointment(*id).is_some_and(|(_, appointment)| appointment.booking == Booking::Clash));
    let Some(clashed) = clashed else { return Ok(()) };
    let reason = "another time was chosen";
    for entry in store::outbox::ledger(work, referral.id).await? {
        if [Action::PutAppointment(clashed), Action::BookAgain(clashed)].contains(&entry.action)
            && store::outbox::skip(work, entry.id, reason, cause.now).await?
        {
            store::outbox::supersede_dependents_of(work, entry.id, reason, cause.now).await?;
        }
    }
    Ok(())
}
