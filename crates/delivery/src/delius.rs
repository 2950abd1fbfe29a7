//! Calls to Delius: starting the activity that collects a referral, and booking, moving or completing appointments.

use domain::appointment::{Appointment, Booking, BookingAnswer, Slot};
use domain::effect::Action;
use domain::{AppointmentId, Referral};
use jiff::{SignedDuration, Timestamp};
use store::outbox::{ClaimedEffect, FEEDBACK_FIRST, Outcome};
use upstream::Trace;
use upstream::delius::{Adapter, DeliusContactId, Operation, PutAppointment, SessionOutcome, StartReferral};

use crate::collection;
use crate::event::slot_name;
use crate::relay::{Carrier, NotDone};
use crate::way;

/// What a refused start or booking means: the activity is closed or gone, or the case is.
pub(crate) const ACTIVITY_LOST: &str =
    "Delius has no open activity for this referral, or refuses to change it; somebody must look at it there";

/// What is kept of a start that found its activity.
const WAS_THERE: &str = "it was there already";

/// Why an appointment waits that follows another one at once.
const READING_FIRST: &str = "Delius still counts another appointment at that time, which is over; it is asked again";

/// Why a clash is not told at once.
const PERHAPS_BOOKED: &str = "Delius reports a clash for an appointment that it may have booked; it is asked again";

/// How long Delius may take to read feedback. After that a clash is one.
const READING: SignedDuration = SignedDuration::from_mins(5);

/// Starts the activity; never again once it was confirmed. Safe to repeat while it is open, except through the older
/// API, which makes another one with every call: there, whoever may come second looks first.
pub(crate) async fn start_referral(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
) -> Result<Outcome, NotDone> {
    let by = way::of(carrier, effect, Operation::Start).await?;
    let may_be_there = effect.was_ambiguous || effect.action == Action::RestartReferral;
    if by == Adapter::Legacy && may_be_there && way::has_activity(carrier, trace, referral).await? {
        return Ok(Outcome::Delivered { receipt: Some(WAS_THERE.to_owned()) });
    }
    let contract = &referral.intervention.contract;
    let start = StartReferral {
        referral_id: referral.id,
        started_at: referral.sent_at,
        contract_type: contract.contract_type.code.clone(),
        sentence_id: referral.sentence.id,
        notes: format!(
            "Referral sent for {} (reference {}) to {}\n{}",
            contract.contract_type.name,
            referral.reference.as_str(),
            contract.prime_provider.name,
            carrier.settings.links.practitioner_details(referral.id),
        ),
    };
    carrier.app.upstreams().delius.start_referral(by, trace, &referral.crn, &start).await?;
    Ok(Outcome::Delivered { receipt: None })
}

/// Starts the activity again, unless it is there after all: a start that meets a closed activity would alter it.
pub(crate) async fn restart_referral(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
) -> Result<Outcome, NotDone> {
    if collection::is_there(carrier, trace, referral).await? {
        return Ok(Outcome::Delivered { receipt: Some(WAS_THERE.to_owned()) });
    }
    start_referral(carrier, trace, effect, referral).await
}

/// Books, moves or completes an appointment and says what Delius answered.
///
/// A booking may be repeated: its id is allocated once. A move may not: after an answer that was lost it is asked
/// again under its own id, without naming what it replaces, so that Delius either finds it done or does it now.
///
/// The older API knows none of our ids. What is repeated there meets its own first attempt as a clash, as long as its
/// time is still to come; afterwards it would be made twice, so it is not repeated.
pub(crate) async fn put_appointment(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
    id: AppointmentId,
) -> Result<(Outcome, BookingAnswer), NotDone> {
    let (slot, appointment) = own(referral, id)?;
    let now = carrier.app.clock().now();
    let is_untold = appointment.time < now && appointment.feedback.submitted.is_none();
    if is_untold && appointment.superseded_by.is_some() {
        // Delius takes a past appointment only with its outcome, and this one will never have any. The appointment that
        // replaced it tells Delius everything, whether an earlier attempt at this one arrived or not.
        let reason = "it was moved before Delius could be told of it".to_owned();
        return Ok((Outcome::Superseded { reason }, BookingAnswer::NotYet));
    }
    let again = effect.action == Action::BookAgain(id);
    // Booked again, there is nothing in Delius to be moved.
    let replaced = referral.moves(id).filter(|_| !again);
    let replaced_delius_id = replaced.and_then(|found| found.booking.delius_id());
    let doubtful = if again { None } else { perhaps_held(carrier, referral, id).await? };
    let operation = operation_of(appointment, doubtful.or(replaced));
    let by = way::of(carrier, effect, operation).await?;
    let (replaced, operation) = match replaced {
        Some(earlier) if by == Adapter::Legacy && replaced_delius_id.is_none() => {
            way::never_told(carrier, referral, earlier.id).await?;
            (None, Operation::Book)
        }
        _ => (replaced, operation),
    };
    let probing = by == Adapter::Integration && effect.was_ambiguous && doubtful.or(replaced).is_some();
    // Only a relocation may be made twice there.
    let unsure = by == Adapter::Legacy && effect.was_ambiguous && operation != Operation::Relocate;
    if unsure && appointment.time <= now {
        return Err(NotDone::Unsendable(
            "it is not known whether the older API booked this appointment, and now it would book another; check it in \
             Delius",
        ));
    }
    if probing && replaced_delius_id.is_none() {
        return Err(NotDone::Unsendable(
            "it is not known whether Delius moved this appointment, and there is no safe way to ask; check it there",
        ));
    }
    // Found by its Delius id, a contact is moved once, however often the call is carried out. It must not be named by
    // ours then, and counts as taking the person's time: so only where the times do not meet.
    let by_id = by == Adapter::Integration
        && replaced_delius_id.is_some()
        && doubtful.is_none()
        && replaced.is_some_and(|found| !found.overlaps(appointment));
    let request = PutAppointment {
        outcome: outcome(appointment, now)?,
        previous_id: doubtful.or(replaced).filter(|_| !probing && !by_id).map(|found| found.id),
        delius_id: replaced_delius_id.map(DeliusContactId),
        reschedule_requested_by: replaced.and_then(|found| found.reschedule_requested_by.clone()),
        ..as_it_stands(carrier, referral, slot, appointment, operation)
    };
    match carrier.app.upstreams().delius.put_appointment(by, trace, &referral.crn, &request).await {
        Ok(contact) => {
            Ok((Outcome::Delivered { receipt: Some(contact.0.to_string()) }, BookingAnswer::Booked(contact.0)))
        }
        // Nothing was made, so asking again is safe.
        Err(error) if error.status() == Some(409) && may_clash_with_what_is_over(carrier, referral, id) => {
            Err(NotDone::Soon(READING_FIRST))
        }
        // An earlier attempt may have booked it, and then it must not be forgotten: it is taken, as one that clashes, and
        // the appointment that is chosen in its place moves whatever Delius holds of it.
        Err(error)
            if error.status() == Some(409)
                && effect.was_ambiguous
                && !probing
                && !unsure
                && appointment.booking == Booking::Proposed =>
        {
            Err(NotDone::Soon(PERHAPS_BOOKED))
        }
        Err(error) if error.status() == Some(409) && !probing && !unsure => {
            let reason = "the person has another appointment in Delius at that time; another time must be chosen";
            let refused = Outcome::Parked {
                reason: reason.to_owned(),
                status: Some(409),
                error: Some(error.to_string()),
                ambiguous: false,
            };
            Ok((refused, BookingAnswer::Clash))
        }
        // Its time came while the call was under way: no word about the activity.
        Err(error)
            if error.status() == Some(400)
                && request.outcome.is_none()
                && appointment.time <= carrier.app.clock().now() =>
        {
            Err(NotDone::Later(FEEDBACK_FIRST))
        }
        Err(error) if error.status() == Some(409) => Err(NotDone::Unsendable(
            "Delius reports a clash for an appointment that it may already have booked or moved; check it there",
        )),
        Err(error) => Err(error.into()),
    }
}

/// The appointment before this one that Delius reported a clash for, where it may hold it all the same: an earlier attempt
/// may have booked it before whatever it clashed with came. Named as the one to be moved, it is moved if it is there.
async fn perhaps_held<'a>(
    carrier: &Carrier,
    referral: &'a Referral,
    id: AppointmentId,
) -> Result<Option<&'a Appointment>, NotDone> {
    let Some(clashed) = referral.clashed_before(id) else { return Ok(None) };
    let mut db = carrier.app.store().connection().await?;
    let ledger = store::outbox::ledger(&mut db, referral.id).await?;
    let is_about = |action: &Action| matches!(action, Action::PutAppointment(told) | Action::BookAgain(told) if *told == clashed.id);
    Ok(ledger.iter().any(|entry| entry.was_ambiguous && is_about(&entry.action)).then_some(clashed))
}

/// Records how an appointment went, by the call that booked it: everything else of it is as Delius has it. May be
/// repeated, and the event about the feedback changes nothing afterwards.
pub(crate) async fn record_outcome(
    carrier: &Carrier,
    trace: &Trace,
    referral: &Referral,
    id: AppointmentId,
) -> Result<Outcome, NotDone> {
    let (slot, appointment) = own(referral, id)?;
    let delius = &carrier.app.upstreams().delius;
    if !delius.adapters().consumes_events {
        let reason = "Delius does not read events: it is told of feedback by calls, in order".to_owned();
        return Ok(Outcome::Superseded { reason });
    }
    let Some(contact) = appointment.booking.delius_id().map(DeliusContactId) else {
        let reason = "Delius did not confirm the appointment".to_owned();
        return Ok(Outcome::Superseded { reason });
    };
    let request = PutAppointment {
        outcome: outcome(appointment, carrier.app.clock().now())?,
        delius_id: Some(contact),
        ..as_it_stands(carrier, referral, slot, appointment, Operation::Outcome)
    };
    let by = delius.adapters().of(Operation::Outcome);
    match delius.put_appointment(by, trace, &referral.crn, &request).await {
        Ok(contact) => Ok(Outcome::Delivered { receipt: Some(contact.0.to_string()) }),
        // By its clock the appointment is still to come and clashes; the event asks for no free time.
        Err(error) if error.status() == Some(409) => {
            let reason = "Delius takes the outcome from the announcement alone".to_owned();
            Ok(Outcome::Refused { status: Some(409), reason })
        }
        Err(error) => Err(error.into()),
    }
}

/// The appointment that an effect is about.
pub(crate) fn own(referral: &Referral, id: AppointmentId) -> Result<(Slot, &Appointment), NotDone> {
    referral.appointment(id).ok_or(NotDone::Unsendable("the appointment is not one of the referral's"))
}

/// An appointment with its time and place, and nothing about how it went or what it replaces.
fn as_it_stands(
    carrier: &Carrier,
    referral: &Referral,
    slot: Slot,
    appointment: &Appointment,
    operation: Operation,
) -> PutAppointment {
    PutAppointment {
        id: appointment.id,
        referral_id: referral.id,
        referral_reference: referral.reference.clone(),
        sentence_id: Some(referral.sentence.id),
        contract_type: referral.intervention.contract.contract_type.code.clone(),
        referral_started_at: referral.sent_at,
        operation,
        start: appointment.time,
        duration_in_minutes: appointment.duration_minutes,
        notes: Some(notes(carrier, referral, slot)),
        office_location_code: Some(office_code(carrier, appointment)),
        counts_towards_rar: matches!(slot, Slot::Session(..)),
        outcome: None,
        previous_id: None,
        delius_id: None,
        reschedule_requested_by: None,
    }
}

/// Whether the time may be taken only by an appointment that is over by our facts, because Delius reads the feedback on
/// it in its own time.
fn may_clash_with_what_is_over(carrier: &Carrier, referral: &Referral, id: AppointmentId) -> bool {
    let since = carrier.app.clock().now().saturating_sub(READING).unwrap_or(Timestamp::MIN);
    referral.overlaps_one_reported_since(id, since)
}

fn operation_of(appointment: &Appointment, replaced: Option<&Appointment>) -> Operation {
    let times = |held: &Appointment| (held.time, held.duration_minutes);
    match replaced {
        None => Operation::Book,
        Some(earlier) if times(earlier) == times(appointment) => Operation::Relocate,
        Some(_) => Operation::Reschedule,
    }
}

pub(crate) fn notes(carrier: &Carrier, referral: &Referral, slot: Slot) -> String {
    let contract = &referral.intervention.contract;
    format!(
        "{} appointment for {} (reference {}) with {}\n{}",
        slot_name(slot),
        contract.contract_type.name,
        referral.reference.as_str(),
        contract.prime_provider.name,
        carrier.settings.links.practitioner_slot(referral.id, slot),
    )
}

fn office_code(carrier: &Carrier, appointment: &Appointment) -> String {
    appointment.delivery.office_code().unwrap_or(&carrier.settings.default_office_code).to_owned()
}

/// The outcome, once the feedback is submitted. Delius takes an appointment in the past only with its outcome: one
/// that was booked for earlier today, or that Delius was away for, waits for its feedback. The event about the feedback
/// then finds the same outcome recorded and changes nothing.
pub(crate) fn outcome(appointment: &Appointment, now: Timestamp) -> Result<Option<SessionOutcome>, NotDone> {
    let feedback = &appointment.feedback;
    let Some(attendance) = feedback.attendance.as_ref().filter(|_| feedback.submitted.is_some()) else {
        if appointment.time < now {
            return Err(NotDone::Later(FEEDBACK_FIRST));
        }
        return Ok(None);
    };
    let session = feedback.session.as_ref().map(|(session, _)| session);
    let reason = session.and_then(|session| session.no_session_reason);
    let behaviour = session.and_then(|session| session.notify_of_behaviour).unwrap_or(false);
    SessionOutcome::of(attendance.attended, attendance.did_session_happen, reason, behaviour)
        .map(Some)
        .ok_or(NotDone::Unsendable("the feedback lacks the reason that Delius needs"))
}
