//! Appointments: their rows, their booking, their feedback.

use domain::AppointmentId;
use domain::appointment::{Appointment, Booking, Delivery, SessionType, Slot};
use domain::feedback::{Attendance, SessionFeedback, Stamp};
use uuid::Uuid;

use crate::column::{at, int, maybe_at};
use crate::error::one_row;
use crate::{Db, StoreError};

/// How a booking stands in its column.
pub(super) fn booking_text(booking: Booking) -> &'static str {
    match booking {
        Booking::Proposed => "proposed",
        Booking::Unconfirmed => "unconfirmed",
        Booking::Confirmed(_) => "confirmed",
        Booking::Refused => "refused",
        Booking::Clash => "clash",
    }
}

/// Writes an appointment with all that is known of it.
pub(super) async fn insert(db: &mut Db, referral: Uuid, slot: Slot, new: &Appointment) -> Result<(), StoreError> {
    let slot_id = match slot {
        Slot::Assessment(id) => id.0,
        Slot::Session(id, _) => id.0,
    };
    let legacy = &new.feedback.legacy;
    let written = sqlx::query!(
        r#"
        INSERT INTO appointment (
            id, referral_id, slot_id, appointment_time, duration_in_minutes, created_at, created_by_source,
            created_by_id, booking_state, delius_appointment_id, replaces_appointment_id, superseded,
            superseded_by_appointment_id, reschedule_requested_by, rescheduled_reason, stale,
            additional_attendance_information, attendance_failure_information, attendance_behaviour,
            notifyppof_attendance_behaviour
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        "#,
        new.id.0,
        referral,
        slot_id,
        at(new.time) as _,
        int(new.duration_minutes),
        at(new.created_at) as _,
        new.created_by.source.as_str(),
        new.created_by.id,
        booking_text(new.booking),
        new.booking.delius_id(),
        new.replaces.map(|id| id.0),
        new.superseded_by.is_some(),
        new.superseded_by.map(|id| id.0),
        new.reschedule_requested_by,
        new.rescheduled_reason,
        new.stale,
        legacy.additional_attendance_information,
        legacy.attendance_failure_information,
        legacy.attendance_behaviour,
        legacy.notify_of_attendance_behaviour,
    );
    one_row(&written.execute(&mut *db).await?)?;
    insert_link(db, slot, new.id).await?;
    write_delivery(db, new.id, &new.delivery, new.session_type).await?;
    if let Some(attendance) = &new.feedback.attendance {
        write_attendance(db, new.id, attendance, false).await?;
    }
    if let Some((feedback, recorded)) = &new.feedback.session {
        write_session_feedback(db, new.id, feedback, recorded).await?;
    }
    if let Some(submitted) = &new.feedback.submitted {
        write_submission(db, new.id, submitted).await?;
    }
    Ok(())
}

/// Reports find appointments through these links.
async fn insert_link(db: &mut Db, slot: Slot, id: AppointmentId) -> Result<(), StoreError> {
    let written = match slot {
        Slot::Assessment(assessment) => sqlx::query!(
            "INSERT INTO supplier_assessment_appointment (supplier_assessment_id, appointment_id) VALUES ($1, $2)",
            assessment.0,
            id.0,
        ),
        Slot::Session(session, _) => sqlx::query!(
            "INSERT INTO delivery_session_appointment (delivery_session_id, appointment_id) VALUES ($1, $2)",
            session.0,
            id.0,
        ),
    };
    one_row(&written.execute(db).await?)
}

/// Keeps on an appointment who wants it replaced, and why.
pub(super) async fn write_reschedule(
    db: &mut Db,
    id: AppointmentId,
    requested_by: Option<&str>,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let written = sqlx::query!(
        "UPDATE appointment SET reschedule_requested_by = $2, rescheduled_reason = $3 WHERE id = $1",
        id.0,
        requested_by,
        reason,
    );
    one_row(&written.execute(db).await?)
}

/// The proposal becomes current; what it replaces is superseded first, so that one of the two is open at any time.
pub(super) async fn write_taken(db: &mut Db, id: AppointmentId, confirmed: Option<i64>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE appointment
        SET superseded = true, superseded_by_appointment_id = $1
        WHERE id = (SELECT replaces_appointment_id FROM appointment WHERE id = $1)
        "#,
        id.0,
    )
    .execute(&mut *db)
    .await?;
    let booking = match confirmed {
        Some(delius_id) => Booking::Confirmed(Some(delius_id)),
        None => Booking::Unconfirmed,
    };
    write_booking(db, id, booking).await
}

/// Delius confirmed what had been taken.
pub(super) async fn write_confirmed(db: &mut Db, id: AppointmentId, delius_id: i64) -> Result<(), StoreError> {
    write_booking(db, id, Booking::Confirmed(Some(delius_id))).await
}

/// Delius refused the proposal: the one that it would have replaced stays, and nobody wants it replaced.
pub(super) async fn write_refused(db: &mut Db, id: AppointmentId) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE appointment
        SET reschedule_requested_by = NULL, rescheduled_reason = NULL
        WHERE id = (SELECT replaces_appointment_id FROM appointment WHERE id = $1)
        "#,
        id.0,
    )
    .execute(&mut *db)
    .await?;
    write_booking(db, id, Booking::Refused).await
}

/// Delius refused what had been taken.
pub(super) async fn write_clash(db: &mut Db, id: AppointmentId) -> Result<(), StoreError> {
    write_booking(db, id, Booking::Clash).await
}

async fn write_booking(db: &mut Db, id: AppointmentId, booking: Booking) -> Result<(), StoreError> {
    let written = sqlx::query!(
        "UPDATE appointment SET booking_state = $2, delius_appointment_id = $3 WHERE id = $1",
        id.0,
        booking_text(booking),
        booking.delius_id(),
    );
    one_row(&written.execute(db).await?)
}

/// How and where it is held, now.
pub(super) async fn write_delivery(
    db: &mut Db,
    id: AppointmentId,
    delivery: &Delivery,
    session_type: SessionType,
) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO appointment_delivery (
            appointment_id, appointment_delivery_type, nps_office_code, appointment_session_type
        )
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (appointment_id) DO UPDATE
        SET appointment_delivery_type = excluded.appointment_delivery_type,
            nps_office_code = excluded.nps_office_code,
            appointment_session_type = excluded.appointment_session_type
        "#,
        id.0,
        delivery.delivery_type().as_str(),
        delivery.office_code(),
        session_type.as_str(),
    );
    one_row(&written.execute(&mut *db).await?)?;
    let Some(address) = delivery.address() else {
        sqlx::query!("DELETE FROM appointment_delivery_address WHERE appointment_delivery_id = $1", id.0)
            .execute(db)
            .await?;
        return Ok(());
    };
    let written = sqlx::query!(
        r#"
        INSERT INTO appointment_delivery_address (
            appointment_delivery_id, first_address_line, second_address_line, town_city, county, post_code
        )
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (appointment_delivery_id) DO UPDATE
        SET first_address_line = excluded.first_address_line,
            second_address_line = excluded.second_address_line,
            town_city = excluded.town_city,
            county = excluded.county,
            post_code = excluded.post_code
        "#,
        id.0,
        address.first_line,
        address.second_line,
        address.town_or_city,
        address.county,
        address.postcode,
    );
    one_row(&written.execute(db).await?)
}

/// Whether the person attended.
pub(super) async fn write_attendance(
    db: &mut Db,
    id: AppointmentId,
    attendance: &Attendance,
    clears_session_feedback: bool,
) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        UPDATE appointment
        SET attended = $2,
            did_session_happen = $3,
            attendance_submitted_at = $4,
            attendance_submitted_by_source = $5,
            attendance_submitted_by_id = $6
        WHERE id = $1 AND appointment_feedback_submitted_at IS NULL
        "#,
        id.0,
        attendance.attended.as_str(),
        attendance.did_session_happen,
        at(attendance.recorded.at) as _,
        attendance.recorded.by.source.as_str(),
        attendance.recorded.by.id,
    );
    one_row(&written.execute(&mut *db).await?)?;
    if clears_session_feedback {
        write_session_columns(db, id, &SessionFeedback::default(), None).await?;
    }
    Ok(())
}

/// What there is to say about the session.
pub(super) async fn write_session_feedback(
    db: &mut Db,
    id: AppointmentId,
    feedback: &SessionFeedback,
    recorded: &Stamp,
) -> Result<(), StoreError> {
    write_session_columns(db, id, feedback, Some(recorded)).await
}

async fn write_session_columns(
    db: &mut Db,
    id: AppointmentId,
    feedback: &SessionFeedback,
    recorded: Option<&Stamp>,
) -> Result<(), StoreError> {
    // The feedback's parts in the order of the domain's type, then the stamp.
    let written = sqlx::query!(
        r#"
        UPDATE appointment
        SET late = $2,
            late_reason = $3,
            future_session_plans = $4,
            no_attendance_information = $5,
            no_session_reason_type = $6,
            no_session_reason_pop_acceptable = $7,
            no_session_reason_pop_unacceptable = $8,
            no_session_reason_logistics = $9,
            session_summary = $10,
            session_response = $11,
            session_concerns = $12,
            session_behaviour = $13,
            notify_probation_practitioner_of_behaviour = $14,
            notify_probation_practitioner_of_concerns = $15,
            session_feedback_submitted_at = $16,
            session_feedback_submitted_by_source = $17,
            session_feedback_submitted_by_id = $18
        WHERE id = $1 AND appointment_feedback_submitted_at IS NULL
        "#,
        id.0,
        feedback.late,
        feedback.late_reason,
        feedback.future_session_plans,
        feedback.no_attendance_information,
        feedback.no_session_reason.map(domain::feedback::NoSessionReason::as_str),
        feedback.no_session_reason_pop_acceptable,
        feedback.no_session_reason_pop_unacceptable,
        feedback.no_session_reason_logistics,
        feedback.session_summary,
        feedback.session_response,
        feedback.session_concerns,
        feedback.session_behaviour,
        feedback.notify_of_behaviour,
        feedback.notify_of_concerns,
        maybe_at(recorded.map(|stamp| stamp.at)) as _,
        recorded.map(|stamp| stamp.by.source.as_str()),
        recorded.map(|stamp| stamp.by.id.as_str()),
    );
    one_row(&written.execute(db).await?)
}

/// Writes a submission. Feedback given with a booking is submitted already when the appointment is written: the same
/// submission again changes nothing, another one is refused.
pub(super) async fn write_submission(db: &mut Db, id: AppointmentId, submitted: &Stamp) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        UPDATE appointment
        SET appointment_feedback_submitted_at = $2,
            appointment_feedback_submitted_by_source = $3,
            appointment_feedback_submitted_by_id = $4
        WHERE id = $1 AND coalesce(appointment_feedback_submitted_at, $2) = $2
        "#,
        id.0,
        at(submitted.at) as _,
        submitted.by.source.as_str(),
        submitted.by.id,
    );
    one_row(&written.execute(db).await?)
}
