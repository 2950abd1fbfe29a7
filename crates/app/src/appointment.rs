//! Appointments: booking, which waits briefly for Delius, and feedback.

use domain::access::Operation;
use domain::appointment::{AttendanceInput, BookingAnswer, BookingRequest};
use domain::effect::Action;
use domain::feedback::SessionFeedback;
use domain::{ActionPlanId, AppointmentId, EffectId, Fact, Referral, ReferralId, Refused, SupplierAssessmentId};
use jiff::{SignedDuration, Timestamp};
use store::collection::CollectionState;
use store::outbox::{EffectState, LedgerEntry};

use crate::change::{Changed, change};
use crate::referral::{Seen, authorised, authorised_change, referral_of_plan, seen};
use crate::{DependencyError, Error, OpCtx};

/// Books, rebooks or adds an assessment appointment, by assessment.
pub async fn schedule_assessment(ctx: &OpCtx, id: SupplierAssessmentId, wish: BookingRequest) -> Result<Seen, Error> {
    let operation = Operation::ScheduleSupplierAssessmentLegacy;
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find_by_assessment(&mut db, id).await?;
    drop(db);
    let referral = referral.ok_or_else(|| Error::not_found("supplier assessment", id))?;
    book(ctx, operation, referral, |referral, by, new_id| referral.schedule_assessment(&wish, by, ctx.now, new_id))
        .await
}

/// Adds an assessment appointment after one whose feedback is submitted.
pub async fn schedule_further_assessment(ctx: &OpCtx, id: ReferralId, wish: BookingRequest) -> Result<Seen, Error> {
    book(ctx, Operation::ScheduleSupplierAssessment, id, |referral, by, new_id| {
        referral.schedule_further_assessment(&wish, by, ctx.now, new_id)
    })
    .await
}

/// Moves the current assessment appointment.
pub async fn reschedule_assessment(
    ctx: &OpCtx,
    id: ReferralId,
    current: AppointmentId,
    wish: BookingRequest,
) -> Result<Seen, Error> {
    book(ctx, Operation::RescheduleSupplierAssessment, id, |referral, by, new_id| {
        referral.reschedule_assessment(current, &wish, by, ctx.now, new_id)
    })
    .await
}

/// Books or rebooks a delivery session of the plan's referral, by number.
pub async fn schedule_session(
    ctx: &OpCtx,
    plan: ActionPlanId,
    number: u32,
    wish: BookingRequest,
) -> Result<Seen, Error> {
    let operation = Operation::ScheduleDeliverySession;
    let referral = referral_of_plan(ctx, operation, plan).await?;
    book(ctx, operation, referral, |referral, by, new_id| referral.schedule_session(number, &wish, by, ctx.now, new_id))
        .await
}

/// Proposes an appointment, waits for Delius's first answer and takes the appointment unless Delius refuses the time.
async fn book(
    ctx: &OpCtx,
    operation: Operation,
    id: ReferralId,
    decide: impl FnOnce(&Referral, &domain::User, AppointmentId) -> Result<Vec<Fact>, Refused>,
) -> Result<Seen, Error> {
    authorised(ctx, operation, id).await?;
    let by = ctx.actor();
    let new_id = AppointmentId(ctx.made_id());
    let changed = ctx.change(id, |referral| decide(referral, &by, new_id)).await?;
    let call = if ctx.is_repetition() { earlier_call(ctx, id, new_id).await? } else { delius_call(&changed, new_id) };
    let Some(effect) = call else { return seen(ctx, changed.referral).await };
    wait_for_first_attempt(ctx, effect).await?;
    let taken = change(&ctx.app, id, &ctx.cause(), |referral| {
        Ok(referral.take_booking(new_id, BookingAnswer::NotYet, ctx.now))
    })
    .await?;
    match taken.referral.appointment(new_id) {
        Some((_, appointment)) if appointment.booking.is_ours() => seen(ctx, taken.referral).await,
        _ => Err(clash()),
    }
}

fn delius_call(changed: &Changed, appointment: AppointmentId) -> Option<EffectId> {
    changed.intents.iter().find(|intent| intent.action == Action::PutAppointment(appointment)).map(|intent| intent.id)
}

/// The call that an earlier run of this operation intended.
async fn earlier_call(ctx: &OpCtx, id: ReferralId, appointment: AppointmentId) -> Result<Option<EffectId>, Error> {
    let mut db = ctx.app.store().connection().await?;
    let ledger = store::outbox::ledger(&mut db, id).await?;
    Ok(ledger.into_iter().find(|entry| entry.action == Action::PutAppointment(appointment)).map(|entry| entry.id))
}

/// Waits until the effect was attempted once, or the time that users are asked to wait is up. Does not wait for an
/// attempt that cannot come in that time.
pub(crate) async fn wait_for_first_attempt(ctx: &OpCtx, effect: EffectId) -> Result<(), Error> {
    let patience = ctx.app.settings().delius_sync_wait;
    let expected = ctx.app.0.settled.expect(effect);
    let mut db = ctx.app.store().connection().await?;
    let entry = store::outbox::get(&mut db, effect).await?;
    let mut already = entry.as_ref().is_some_and(|entry| {
        !entry.state.is_unfinished() || (entry.last_attempt_at.is_some() && entry.state != EffectState::InFlight)
    });
    if let Some(entry) = entry.filter(|_| !already) {
        // While the line to Delius is held there will be no attempt to wait for.
        let line = store::collection::find(&mut db, entry.referral_id).await?;
        let is_held = line.is_some_and(|line| line.state == CollectionState::Held);
        let until = SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
        let until = ctx.app.clock().now().saturating_add(until).unwrap_or(Timestamp::MAX);
        already = is_held || is_kept_back(&store::outbox::ledger(&mut db, entry.referral_id).await?, &entry, until);
    }
    drop(db);
    if !already {
        expected.wait(patience).await;
    }
    Ok(())
}

/// Whether something before an effect in its line keeps it back until then or longer: a person must look at it, or it
/// waits for a later time itself.
fn is_kept_back(ledger: &[LedgerEntry], effect: &LedgerEntry, until: Timestamp) -> bool {
    let mut earlier = ledger.iter().filter(|entry| entry.system == effect.system && entry.position < effect.position);
    earlier.any(|entry| match entry.state {
        EffectState::Parked => true,
        EffectState::Waiting | EffectState::Retrying => entry.not_before > until,
        EffectState::InFlight | EffectState::Delivered | EffectState::Refused | EffectState::Superseded => false,
    })
}

/// Delius holds another appointment at that time; nothing of this booking is kept.
fn clash() -> Error {
    Error::Dependency(DependencyError {
        system: "Delius",
        status: Some(409),
        message: "the person has another appointment at that time".to_owned(),
        user_message: None,
    })
}

/// Records attendance at the current assessment appointment.
pub async fn record_assessment_attendance(
    ctx: &OpCtx,
    id: ReferralId,
    attendance: AttendanceInput,
) -> Result<Seen, Error> {
    let by = ctx.actor();
    authorised_change(ctx, Operation::RecordSupplierAssessmentAttendance, id, |referral| {
        referral.record_attendance(current_assessment(referral)?, attendance, &by, ctx.now)
    })
    .await
}

/// Records feedback on the current assessment appointment.
pub async fn record_assessment_feedback(ctx: &OpCtx, id: ReferralId, feedback: SessionFeedback) -> Result<Seen, Error> {
    let by = ctx.actor();
    authorised_change(ctx, Operation::RecordSupplierAssessmentSessionFeedback, id, |referral| {
        referral.record_session_feedback(current_assessment(referral)?, feedback, &by, ctx.now)
    })
    .await
}

/// Submits the feedback on the current assessment appointment.
pub async fn submit_assessment_feedback(ctx: &OpCtx, id: ReferralId) -> Result<Seen, Error> {
    let by = ctx.actor();
    authorised_change(ctx, Operation::SubmitSupplierAssessmentFeedback, id, |referral| {
        referral.submit_feedback(current_assessment(referral)?, &by, ctx.now)
    })
    .await
}

/// Records attendance at a delivery session's appointment.
pub async fn record_session_attendance(
    ctx: &OpCtx,
    id: ReferralId,
    appointment: AppointmentId,
    attendance: AttendanceInput,
) -> Result<Seen, Error> {
    let by = ctx.actor();
    session_change(ctx, Operation::RecordDeliveryAttendance, id, appointment, |referral| {
        referral.record_attendance(appointment, attendance, &by, ctx.now)
    })
    .await
}

/// Records feedback on a delivery session's appointment.
pub async fn record_session_feedback(
    ctx: &OpCtx,
    id: ReferralId,
    appointment: AppointmentId,
    feedback: SessionFeedback,
) -> Result<Seen, Error> {
    let by = ctx.actor();
    session_change(ctx, Operation::RecordDeliverySessionFeedback, id, appointment, |referral| {
        referral.record_session_feedback(appointment, feedback, &by, ctx.now)
    })
    .await
}

/// Submits the feedback on a delivery session's appointment.
pub async fn submit_session_feedback(ctx: &OpCtx, id: ReferralId, appointment: AppointmentId) -> Result<Seen, Error> {
    let by = ctx.actor();
    session_change(ctx, Operation::SubmitDeliveryFeedback, id, appointment, |referral| {
        referral.submit_feedback(appointment, &by, ctx.now)
    })
    .await
}

/// Feedback on a delivery session. The contract answers 400, not 404, for an unknown referral, and 404 for an
/// appointment that is not one of the referral's delivery sessions'.
async fn session_change(
    ctx: &OpCtx,
    operation: Operation,
    id: ReferralId,
    appointment: AppointmentId,
    decide: impl FnOnce(&Referral) -> Result<Vec<Fact>, Refused>,
) -> Result<Seen, Error> {
    let changed = authorised_change(ctx, operation, id, |referral| {
        let slot = referral.appointment(appointment).filter(|(_, found)| found.booking.is_ours()).map(|(slot, _)| slot);
        match slot {
            Some(domain::appointment::Slot::Session(..)) => decide(referral),
            _ => Err(Refused::Missing(format!("delivery session appointment {appointment} does not exist"))),
        }
    });
    match changed.await {
        Err(Error::NotFound(message)) if message.starts_with("referral ") => Err(Error::Bad(message)),
        other => other,
    }
}

fn current_assessment(referral: &Referral) -> Result<AppointmentId, Refused> {
    let current = referral.current_assessment();
    current
        .map(|appointment| appointment.id)
        .ok_or_else(|| Refused::Missing("no assessment appointment is booked".to_owned()))
}
