//! Writes one fact about a referral: the same facts that the domain takes in.

use domain::action_plan::{ActionPlan, Activity};
use domain::end_of_service_report::{EndOfServiceReport, ReportOutcome};
use domain::ending::Conclusion;
use domain::feedback::Stamp;
use domain::referral::Assignment;
use domain::{ActionPlanId, DeliverySessionId, EndOfServiceReportId, Fact, Referral};
use uuid::Uuid;

use super::{amendment, appointment, sent};
use crate::column::{at, int, maybe_at};
use crate::error::{one_row, rows};
use crate::{Db, StoreError, case_note, changelog};

/// Writes one fact and answers with the referral's version after it. That rises by one in each unit of work, however
/// many facts that records.
///
/// [`Fact::Sent`] is written by [`super::insert`], and [`Fact::Ended`] and [`Fact::CaseNoteAdded`] leave the referral
/// itself as it is: none of these three raises the version.
///
/// # Errors
/// [`StoreError::Conflict`] with `version` when the referral is no longer as `before` says.
pub async fn record(db: &mut Db, before: &Referral, fact: &Fact) -> Result<i64, StoreError> {
    let version = match fact {
        Fact::Sent | Fact::Ended(_) | Fact::CaseNoteAdded { .. } => before.version,
        _ => {
            raise_version(db, before).await?;
            before.version + 1
        }
    };
    write_fact(db, before, fact).await?;
    Ok(version)
}

/// A row that this very transaction has already raised is not raised again: `xmin` is the transaction that wrote the
/// row's present version (no savepoints are used, so there is one id for the whole unit of work).
async fn raise_version(db: &mut Db, before: &Referral) -> Result<(), StoreError> {
    let raised = sqlx::query!(
        r#"
        UPDATE referral
        SET version = greatest(version, $2 + 1)
        WHERE id = $1 AND (version = $2 OR (version > $2 AND xmin = pg_current_xact_id()::xid))
        "#,
        before.id.0,
        before.version,
    )
    .execute(db)
    .await?;
    if raised.rows_affected() == 1 { Ok(()) } else { Err(StoreError::lost_update()) }
}

pub(super) async fn write_fact(db: &mut Db, before: &Referral, fact: &Fact) -> Result<(), StoreError> {
    let id = before.id.0;
    match fact {
        Fact::Sent | Fact::Ended(_) => Ok(()),
        Fact::Assigned(assignment) => write_assignment(db, id, assignment).await,
        Fact::Amended { part, changes, tell_provider: _ } => {
            amendment::write(db, before, part).await?;
            changelog::insert(db, before.id, changes).await
        }
        Fact::AppointmentProposed { slot, appointment, reschedule_requested_by, rescheduled_reason } => {
            if let Some(replaced) = appointment.replaces {
                let (by, reason) = (reschedule_requested_by.as_deref(), rescheduled_reason.as_deref());
                appointment::write_reschedule(db, replaced, by, reason).await?;
            }
            appointment::insert(db, id, *slot, appointment).await
        }
        Fact::AppointmentTaken { appointment, confirmed } => {
            appointment::write_taken(db, *appointment, *confirmed).await
        }
        Fact::AppointmentConfirmed { appointment, delius_id } => {
            appointment::write_confirmed(db, *appointment, *delius_id).await
        }
        Fact::AppointmentRefused(appointment) => appointment::write_refused(db, *appointment).await,
        Fact::AppointmentClashed(appointment) => appointment::write_clash(db, *appointment).await,
        Fact::DeliveryChanged { appointment, delivery, session_type } => {
            appointment::write_delivery(db, *appointment, delivery, *session_type).await
        }
        Fact::AttendanceRecorded { appointment, attendance, clears_session_feedback } => {
            appointment::write_attendance(db, *appointment, attendance, *clears_session_feedback).await
        }
        Fact::SessionFeedbackRecorded { appointment, feedback, recorded } => {
            appointment::write_session_feedback(db, *appointment, feedback, recorded).await
        }
        Fact::FeedbackSubmitted { appointment, slot: _, submitted } => {
            appointment::write_submission(db, *appointment, submitted).await
        }
        Fact::FirstSessionHeld => {
            let written = sqlx::query!("UPDATE referral SET status = 'POST_ICA' WHERE id = $1", id).execute(db).await?;
            one_row(&written)
        }
        Fact::PlanDrafted(plan) => write_plan(db, id, plan).await,
        Fact::PlanSessionsSet(plan, number) => {
            let written = sqlx::query!(
                "UPDATE action_plan SET number_of_sessions = $2 WHERE id = $1 AND submitted_at IS NULL",
                plan.0,
                int(*number),
            );
            one_row(&written.execute(db).await?)
        }
        Fact::ActivityAdded(plan, activity) => write_activity(db, *plan, activity).await,
        Fact::ActivityReworded(plan, activity, text) => {
            let written = sqlx::query!(
                "UPDATE action_plan_activity SET description = $3 WHERE id = $1 AND action_plan_id = $2",
                activity.0,
                plan.0,
                text,
            );
            one_row(&written.execute(db).await?)
        }
        Fact::PlanSubmitted(plan, stamp) => write_plan_submission(db, *plan, stamp).await,
        Fact::PlanApproved(plan, stamp) => write_plan_approval(db, *plan, stamp).await,
        Fact::SessionsMade(sessions) => write_sessions(db, id, sessions).await,
        Fact::ReportBegun(report) => write_report(db, id, report).await,
        Fact::ReportInformationSet(report, text) => {
            let written = sqlx::query!(
                "UPDATE end_of_service_report SET further_information = $2 WHERE id = $1 AND submitted_at IS NULL",
                report.0,
                text,
            );
            one_row(&written.execute(db).await?)
        }
        Fact::ReportOutcomeSet(report, outcome) => write_report_outcome(db, *report, outcome).await,
        Fact::ReportSubmitted(report, stamp) => write_report_submission(db, *report, stamp).await,
        Fact::EndRequested(request) => sent::write_end_request(db, id, request).await,
        Fact::Concluded(conclusion) => write_conclusion(db, id, conclusion).await,
        Fact::Transferred(to) => {
            let moved = sqlx::query!("UPDATE referral SET intervention_id = $2 WHERE id = $1", id, to.id.0);
            one_row(&moved.execute(db).await?)
        }
        Fact::CaseNoteAdded { note, tell_practitioner: _ } => case_note::insert(db, note).await,
    }
}

async fn write_assignment(db: &mut Db, id: Uuid, assignment: &Assignment) -> Result<(), StoreError> {
    sqlx::query!("UPDATE referral_assignments SET superseded = true WHERE referral_id = $1 AND NOT superseded", id)
        .execute(&mut *db)
        .await?;
    let written = sqlx::query!(
        r#"
        INSERT INTO referral_assignments (
            referral_id, assigned_at, assigned_by_source, assigned_by_id, assigned_to_source, assigned_to_id
        )
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        id,
        at(assignment.at) as _,
        assignment.by.source.as_str(),
        assignment.by.id,
        assignment.to.source.as_str(),
        assignment.to.id,
    )
    .execute(db)
    .await?;
    one_row(&written)
}

async fn write_plan(db: &mut Db, id: Uuid, plan: &ActionPlan) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO action_plan (id, referral_id, number_of_sessions, created_at, created_by_source, created_by_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        plan.id.0,
        id,
        plan.number_of_sessions.map(int),
        at(plan.created_at) as _,
        plan.created_by.source.as_str(),
        plan.created_by.id,
    )
    .execute(&mut *db)
    .await?;
    one_row(&written)?;
    for activity in &plan.activities {
        write_activity(db, plan.id, activity).await?;
    }
    if let Some(submitted) = plan.submitted() {
        write_plan_submission(db, plan.id, submitted).await?;
    }
    if let Some(approved) = plan.approved() {
        write_plan_approval(db, plan.id, approved).await?;
    }
    Ok(())
}

async fn write_activity(db: &mut Db, plan: ActionPlanId, activity: &Activity) -> Result<(), StoreError> {
    let written = sqlx::query!(
        "INSERT INTO action_plan_activity (id, action_plan_id, description, created_at) VALUES ($1, $2, $3, $4)",
        activity.id.0,
        plan.0,
        activity.description,
        at(activity.created_at) as _,
    );
    one_row(&written.execute(db).await?)
}

async fn write_plan_submission(db: &mut Db, plan: ActionPlanId, stamp: &Stamp) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        UPDATE action_plan
        SET submitted_at = $2, submitted_by_source = $3, submitted_by_id = $4
        WHERE id = $1 AND submitted_at IS NULL
        "#,
        plan.0,
        at(stamp.at) as _,
        stamp.by.source.as_str(),
        stamp.by.id,
    );
    one_row(&written.execute(db).await?)
}

async fn write_plan_approval(db: &mut Db, plan: ActionPlanId, stamp: &Stamp) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        UPDATE action_plan
        SET approved_at = $2, approved_by_source = $3, approved_by_id = $4
        WHERE id = $1 AND approved_at IS NULL
        "#,
        plan.0,
        at(stamp.at) as _,
        stamp.by.source.as_str(),
        stamp.by.id,
    );
    one_row(&written.execute(db).await?)
}

async fn write_sessions(db: &mut Db, id: Uuid, sessions: &[(DeliverySessionId, u32)]) -> Result<(), StoreError> {
    let (ids, numbers): (Vec<Uuid>, Vec<i32>) = sessions.iter().map(|(id, number)| (id.0, int(*number))).unzip();
    let written = sqlx::query!(
        r#"
        INSERT INTO delivery_session (id, referral_id, session_number)
        SELECT id, $1, number FROM UNNEST($2::uuid[], $3::integer[]) AS given (id, number)
        "#,
        id,
        &ids,
        &numbers,
    );
    rows(&written.execute(db).await?, u64::try_from(sessions.len()).unwrap_or(u64::MAX))
}

async fn write_report(db: &mut Db, id: Uuid, report: &EndOfServiceReport) -> Result<(), StoreError> {
    let submitted = report.submitted.as_ref();
    let written = sqlx::query!(
        r#"
        INSERT INTO end_of_service_report (
            id, referral_id, created_at, created_by_source, created_by_id, further_information, submitted_at,
            submitted_by_source, submitted_by_id
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        report.id.0,
        id,
        at(report.created_at) as _,
        report.created_by.source.as_str(),
        report.created_by.id,
        report.further_information,
        maybe_at(submitted.map(|stamp| stamp.at)) as _,
        submitted.map(|stamp| stamp.by.source.as_str()),
        submitted.map(|stamp| stamp.by.id.as_str()),
    );
    one_row(&written.execute(&mut *db).await?)?;
    for outcome in &report.outcomes {
        write_report_outcome(db, report.id, outcome).await?;
    }
    Ok(())
}

async fn write_report_outcome(
    db: &mut Db,
    report: EndOfServiceReportId,
    outcome: &ReportOutcome,
) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO end_of_service_report_outcome (
            end_of_service_report_id, desired_outcome_id, achievement_level, progression_comments,
            additional_task_comments
        )
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (end_of_service_report_id, desired_outcome_id) DO UPDATE
        SET achievement_level = excluded.achievement_level,
            progression_comments = excluded.progression_comments,
            additional_task_comments = excluded.additional_task_comments
        "#,
        report.0,
        outcome.desired_outcome.0,
        outcome.achievement.as_str(),
        outcome.progression_comments,
        outcome.additional_task_comments,
    );
    one_row(&written.execute(db).await?)
}

async fn write_report_submission(db: &mut Db, report: EndOfServiceReportId, stamp: &Stamp) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        UPDATE end_of_service_report
        SET submitted_at = $2, submitted_by_source = $3, submitted_by_id = $4
        WHERE id = $1 AND submitted_at IS NULL
        "#,
        report.0,
        at(stamp.at) as _,
        stamp.by.source.as_str(),
        stamp.by.id,
    );
    one_row(&written.execute(db).await?)
}

async fn write_conclusion(db: &mut Db, id: Uuid, conclusion: &Conclusion) -> Result<(), StoreError> {
    let written = sqlx::query!(
        "UPDATE referral SET concluded_at = $2, concluded_state = $3 WHERE id = $1 AND concluded_at IS NULL",
        id,
        at(conclusion.at) as _,
        conclusion.state.map(domain::ending::ConcludedState::as_str),
    );
    one_row(&written.execute(db).await?)
}
