//! Through which of Delius's two APIs a call goes, and what must be known before the older one is called again.
//!
//! Configuration chooses for each operation; an attempt whose answer was lost overrides it. Whoever comes after that
//! attempt asks the same API, because only that one can meet what it may have done (ADR 20).

use domain::effect::Action;
use domain::{AppointmentId, Referral, ReferralUrn};
use store::outbox::{ClaimedEffect, EffectState};
use upstream::Trace;
use upstream::delius::{Adapter, Operation};

use crate::relay::{Carrier, NotDone};

/// The API for this attempt. It is written down before the call, so that it is known even if this worker dies.
pub(crate) async fn of(carrier: &Carrier, effect: &ClaimedEffect, operation: Operation) -> Result<Adapter, NotDone> {
    let delius = &carrier.app.upstreams().delius;
    let former = effect.adapter.unwrap_or(Adapter::Integration);
    let by = if effect.was_ambiguous { former } else { delius.adapters().of(operation) };
    if by == Adapter::Legacy && !delius.has_legacy() {
        return Err(NotDone::Unsendable(
            "an earlier attempt may have arrived through the older API, which is not configured any more; look in Delius",
        ));
    }
    if by != former {
        let mut db = carrier.app.store().connection().await?;
        if !store::outbox::go_through(&mut db, effect.id, effect.attempts, by).await? {
            return Err(NotDone::Later("another worker has it"));
        }
    }
    Ok(by)
}

/// Whether the older API lists a live activity of the referral.
pub(crate) async fn has_activity(carrier: &Carrier, trace: &Trace, referral: &Referral) -> Result<bool, NotDone> {
    let delius = &carrier.app.upstreams().delius;
    let seen = delius.read_activity_by_legacy(trace, &referral.crn, referral.id, referral.sentence.id).await?;
    let urn = ReferralUrn(referral.id).to_string();
    Ok(seen.containers.iter().flatten().any(|container| container.urn == urn && !container.deleted))
}

/// Makes sure that Delius never heard of an appointment whose id there is not known.
///
/// # Errors
/// It may have: the older API finds it by that id alone, so a person must look.
pub(crate) async fn never_told(carrier: &Carrier, referral: &Referral, id: AppointmentId) -> Result<(), NotDone> {
    let mut db = carrier.app.store().connection().await?;
    let ledger = store::outbox::ledger(&mut db, referral.id).await?;
    let told = ledger.iter().any(|entry| {
        matches!(entry.action, Action::PutAppointment(told) | Action::BookAgain(told) if told == id)
            && (entry.was_ambiguous || entry.state == EffectState::Delivered)
    });
    if told {
        return Err(NotDone::Unsendable(
            "Delius's id of the appointment to be moved is not known, and the older API finds it by that alone; move it in \
             Delius",
        ));
    }
    Ok(())
}
