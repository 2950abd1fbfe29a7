//! What there may be many of: assignments, appointments, plans with their activities, sessions, report outcomes.
//! Rows are read first, users after them, and both are put together last.

use std::collections::HashMap;

use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::appointment::{Address, Appointment, Booking, Delivery, DeliveryType, SessionType};
use domain::end_of_service_report::{AchievementLevel, ReportOutcome};
use domain::feedback::{Attendance, Attended, Feedback, LegacyFeedback, NoSessionReason, SessionFeedback, Stamp};
use domain::referral::{Assignment, DeliverySession};
use domain::{ActionPlanId, ActivityId, AppointmentId, DeliverySessionId, DesiredOutcomeId, User};
use uuid::Uuid;

use crate::column::{At, Place, instant};
use crate::user::Users;
use crate::{Db, StoreError};

struct AssignmentRow {
    referral_id: Uuid,
    assigned_at: At,
    assigned_by_source: String,
    assigned_by_id: String,
    assigned_to_source: String,
    assigned_to_id: String,
}

struct PlanRow {
    id: Uuid,
    referral_id: Uuid,
    number_of_sessions: Option<i32>,
    created_at: At,
    created_by_source: String,
    created_by_id: String,
    submitted_at: Option<At>,
    submitted_by_source: Option<String>,
    submitted_by_id: Option<String>,
    approved_at: Option<At>,
    approved_by_source: Option<String>,
    approved_by_id: Option<String>,
}

struct AppointmentRow {
    id: Uuid,
    slot_id: Uuid,
    appointment_time: At,
    duration_in_minutes: i32,
    created_at: At,
    created_by_source: String,
    created_by_id: String,
    booking_state: String,
    delius_appointment_id: Option<i64>,
    replaces_appointment_id: Option<Uuid>,
    superseded_by_appointment_id: Option<Uuid>,
    reschedule_requested_by: Option<String>,
    rescheduled_reason: Option<String>,
    stale: bool,
    attended: Option<String>,
    did_session_happen: Option<bool>,
    attendance_submitted_at: Option<At>,
    attendance_submitted_by_source: Option<String>,
    attendance_submitted_by_id: Option<String>,
    late: Option<bool>,
    late_reason: Option<String>,
    future_session_plans: Option<String>,
    no_attendance_information: Option<String>,
    no_session_reason_type: Option<String>,
    no_session_reason_pop_acceptable: Option<String>,
    no_session_reason_pop_unacceptable: Option<String>,
    no_session_reason_logistics: Option<String>,
    session_summary: Option<String>,
    session_response: Option<String>,
    session_concerns: Option<String>,
    session_behaviour: Option<String>,
    notify_probation_practitioner_of_behaviour: Option<bool>,
    notify_probation_practitioner_of_concerns: Option<bool>,
    session_feedback_submitted_at: Option<At>,
    session_feedback_submitted_by_source: Option<String>,
    session_feedback_submitted_by_id: Option<String>,
    appointment_feedback_submitted_at: Option<At>,
    appointment_feedback_submitted_by_source: Option<String>,
    appointment_feedback_submitted_by_id: Option<String>,
    additional_attendance_information: Option<String>,
    attendance_failure_information: Option<String>,
    attendance_behaviour: Option<String>,
    notifyppof_attendance_behaviour: Option<bool>,
    appointment_delivery_type: String,
    nps_office_code: Option<String>,
    appointment_session_type: String,
    first_address_line: Option<String>,
    second_address_line: Option<String>,
    town_city: Option<String>,
    county: Option<String>,
    post_code: Option<String>,
}

/// The rows, and what needs no user.
pub(super) struct History {
    assignments: Vec<AssignmentRow>,
    appointments: Vec<AppointmentRow>,
    plans: Vec<PlanRow>,
    activities: ByOwner<Activity>,
    sessions: ByOwner<DeliverySession>,
    report_outcomes: ByOwner<ReportOutcome>,
}

/// What there is many of, by the id of what it belongs to.
type ByOwner<T> = HashMap<Uuid, Vec<T>>;

/// The rows as the domain knows them: appointments by what they are for, outcomes by report, all else by referral;
/// sessions still without their appointments.
pub(super) struct Assembled {
    pub(super) assignments: ByOwner<Assignment>,
    pub(super) appointments: ByOwner<Appointment>,
    pub(super) plans: ByOwner<ActionPlan>,
    pub(super) sessions: ByOwner<DeliverySession>,
    pub(super) report_outcomes: ByOwner<ReportOutcome>,
}

impl History {
    /// Reads the rows and takes note of the users that they name.
    pub(super) async fn load(
        db: &mut Db,
        ids: &[Uuid],
        report_ids: &[Uuid],
        users: &mut Users,
    ) -> Result<Self, StoreError> {
        let history = Self {
            assignments: assignments(db, ids).await?,
            appointments: appointments(db, ids).await?,
            plans: plans(db, ids).await?,
            activities: activities(db, ids).await?,
            sessions: sessions(db, ids).await?,
            report_outcomes: report_outcomes(db, report_ids).await?,
        };
        for row in &history.assignments {
            users.want(&row.assigned_by_source, &row.assigned_by_id);
            users.want(&row.assigned_to_source, &row.assigned_to_id);
        }
        for row in &history.plans {
            users.want(&row.created_by_source, &row.created_by_id);
            users.may_want(row.submitted_by_source.as_ref(), row.submitted_by_id.as_ref());
            users.may_want(row.approved_by_source.as_ref(), row.approved_by_id.as_ref());
        }
        for row in &history.appointments {
            users.want(&row.created_by_source, &row.created_by_id);
            users.may_want(row.attendance_submitted_by_source.as_ref(), row.attendance_submitted_by_id.as_ref());
            users.may_want(
                row.session_feedback_submitted_by_source.as_ref(),
                row.session_feedback_submitted_by_id.as_ref(),
            );
            users.may_want(
                row.appointment_feedback_submitted_by_source.as_ref(),
                row.appointment_feedback_submitted_by_id.as_ref(),
            );
        }
        Ok(history)
    }

    /// Puts the rows and the users together.
    pub(super) fn assemble(mut self, users: &Users) -> Result<Assembled, StoreError> {
        let mut assignments: ByOwner<Assignment> = HashMap::new();
        for row in &self.assignments {
            assignments.entry(row.referral_id).or_default().push(Assignment {
                to: users.get(&row.assigned_to_source, &row.assigned_to_id)?,
                by: users.get(&row.assigned_by_source, &row.assigned_by_id)?,
                at: row.assigned_at.to_jiff(),
            });
        }
        let mut appointments: ByOwner<Appointment> = HashMap::new();
        for row in self.appointments {
            let slot_id = row.slot_id;
            appointments.entry(slot_id).or_default().push(appointment(row, users)?);
        }
        let mut plans: ByOwner<ActionPlan> = HashMap::new();
        for row in self.plans {
            let activities = self.activities.remove(&row.id).unwrap_or_default();
            plans.entry(row.referral_id).or_default().push(plan(&row, activities, users)?);
        }
        Ok(Assembled {
            assignments,
            appointments,
            plans,
            sessions: self.sessions,
            report_outcomes: self.report_outcomes,
        })
    }
}

fn stamp(
    at: Option<At>,
    source: Option<&String>,
    id: Option<&String>,
    users: &Users,
) -> Result<Option<Stamp>, StoreError> {
    let stamp = |at| -> Result<Stamp, StoreError> { Ok(Stamp { at, by: users.get_or_service(source, id)? }) };
    instant(at).map(stamp).transpose()
}

fn plan(row: &PlanRow, activities: Vec<Activity>, users: &Users) -> Result<ActionPlan, StoreError> {
    let place = Place { table: "action_plan", id: &row.id };
    let submitted = stamp(row.submitted_at, row.submitted_by_source.as_ref(), row.submitted_by_id.as_ref(), users)?;
    let approved = stamp(row.approved_at, row.approved_by_source.as_ref(), row.approved_by_id.as_ref(), users)?;
    let number = row.number_of_sessions.map(|number| place.unsigned("number_of_sessions", number)).transpose()?;
    Ok(ActionPlan {
        id: ActionPlanId(row.id),
        number_of_sessions: number,
        activities,
        created_at: row.created_at.to_jiff(),
        created_by: users.get(&row.created_by_source, &row.created_by_id)?,
        state: match (submitted, approved) {
            (None, None) => PlanState::Draft,
            (Some(submitted), None) => PlanState::Submitted(submitted),
            (Some(submitted), Some(approved)) => PlanState::Approved { submitted, approved },
            (None, Some(_)) => return Err(place.corrupt("submitted_at")),
        },
    })
}

fn appointment(row: AppointmentRow, users: &Users) -> Result<Appointment, StoreError> {
    let id = row.id;
    let place = Place { table: "appointment", id: &id };
    let created_by: User = users.get(&row.created_by_source, &row.created_by_id)?;
    let attended = place.maybe_member("attended", row.attended.as_deref(), Attended::from_text)?;
    let recorded = stamp(
        row.attendance_submitted_at,
        row.attendance_submitted_by_source.as_ref(),
        row.attendance_submitted_by_id.as_ref(),
        users,
    )?;
    let session_recorded = stamp(
        row.session_feedback_submitted_at,
        row.session_feedback_submitted_by_source.as_ref(),
        row.session_feedback_submitted_by_id.as_ref(),
        users,
    )?;
    let submitted = stamp(
        row.appointment_feedback_submitted_at,
        row.appointment_feedback_submitted_by_source.as_ref(),
        row.appointment_feedback_submitted_by_id.as_ref(),
        users,
    )?;
    let no_session_reason = place.maybe_member(
        "no_session_reason_type",
        row.no_session_reason_type.as_deref(),
        NoSessionReason::from_text,
    )?;
    let session = SessionFeedback {
        late: row.late,
        late_reason: row.late_reason,
        future_session_plans: row.future_session_plans,
        no_attendance_information: row.no_attendance_information,
        no_session_reason,
        no_session_reason_pop_acceptable: row.no_session_reason_pop_acceptable,
        no_session_reason_pop_unacceptable: row.no_session_reason_pop_unacceptable,
        no_session_reason_logistics: row.no_session_reason_logistics,
        session_summary: row.session_summary,
        session_response: row.session_response,
        session_concerns: row.session_concerns,
        session_behaviour: row.session_behaviour,
        notify_of_behaviour: row.notify_probation_practitioner_of_behaviour,
        notify_of_concerns: row.notify_probation_practitioner_of_concerns,
    };
    let delivery_type =
        place.member("appointment_delivery_type", &row.appointment_delivery_type, DeliveryType::from_text)?;
    Ok(Appointment {
        id: AppointmentId(id),
        time: row.appointment_time.to_jiff(),
        duration_minutes: place.unsigned("duration_in_minutes", row.duration_in_minutes)?,
        delivery: match delivery_type {
            DeliveryType::PhoneCall => Delivery::PhoneCall,
            DeliveryType::VideoCall => Delivery::VideoCall,
            DeliveryType::ProbationOffice => {
                Delivery::ProbationOffice(place.present("nps_office_code", row.nps_office_code)?)
            }
            DeliveryType::OtherPlace => Delivery::OtherPlace(Address {
                first_line: place.present("first_address_line", row.first_address_line)?,
                second_line: row.second_address_line,
                town_or_city: row.town_city,
                county: row.county,
                postcode: place.present("post_code", row.post_code)?,
            }),
        },
        session_type: place.member(
            "appointment_session_type",
            &row.appointment_session_type,
            SessionType::from_text,
        )?,
        created_at: row.created_at.to_jiff(),
        created_by,
        booking: match row.booking_state.as_str() {
            "proposed" => Booking::Proposed,
            "unconfirmed" => Booking::Unconfirmed,
            "confirmed" => Booking::Confirmed(row.delius_appointment_id),
            "refused" => Booking::Refused,
            "clash" => Booking::Clash,
            _ => return Err(place.corrupt("booking_state")),
        },
        replaces: row.replaces_appointment_id.map(AppointmentId),
        superseded_by: row.superseded_by_appointment_id.map(AppointmentId),
        reschedule_requested_by: row.reschedule_requested_by,
        rescheduled_reason: row.rescheduled_reason,
        stale: row.stale,
        feedback: Feedback {
            attendance: attended.zip(recorded).map(|(attended, recorded)| Attendance {
                attended,
                did_session_happen: row.did_session_happen,
                recorded,
            }),
            session: session_recorded.map(|recorded| (session, recorded)),
            submitted,
            legacy: LegacyFeedback {
                additional_attendance_information: row.additional_attendance_information,
                attendance_failure_information: row.attendance_failure_information,
                attendance_behaviour: row.attendance_behaviour,
                notify_of_attendance_behaviour: row.notifyppof_attendance_behaviour,
            },
        },
    })
}

async fn assignments(db: &mut Db, ids: &[Uuid]) -> Result<Vec<AssignmentRow>, StoreError> {
    Ok(sqlx::query_as!(
        AssignmentRow,
        r#"
        SELECT
            referral_id, assigned_at AS "assigned_at: At", assigned_by_source, assigned_by_id, assigned_to_source,
            assigned_to_id
        FROM referral_assignments
        WHERE referral_id = ANY($1)
        ORDER BY superseded DESC, assigned_at, id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?)
}

async fn plans(db: &mut Db, ids: &[Uuid]) -> Result<Vec<PlanRow>, StoreError> {
    Ok(sqlx::query_as!(
        PlanRow,
        r#"
        SELECT
            id, referral_id, number_of_sessions, created_at AS "created_at: At", created_by_source, created_by_id,
            submitted_at AS "submitted_at: At", submitted_by_source, submitted_by_id,
            approved_at AS "approved_at: At", approved_by_source, approved_by_id
        FROM action_plan
        WHERE referral_id = ANY($1)
        ORDER BY created_at, id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?)
}

async fn activities(db: &mut Db, ids: &[Uuid]) -> Result<ByOwner<Activity>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT a.id AS "id!", a.action_plan_id, a.description, a.created_at AS "created_at!: At"
        FROM action_plan p
        JOIN action_plan_activity a ON a.action_plan_id = p.id
        WHERE p.referral_id = ANY($1)
        ORDER BY a.created_at, a.id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let mut activities: ByOwner<Activity> = HashMap::new();
    for row in rows {
        let activity =
            Activity { id: ActivityId(row.id), description: row.description, created_at: row.created_at.to_jiff() };
        activities.entry(row.action_plan_id).or_default().push(activity);
    }
    Ok(activities)
}

async fn sessions(db: &mut Db, ids: &[Uuid]) -> Result<ByOwner<DeliverySession>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT id, referral_id, session_number
        FROM delivery_session
        WHERE referral_id = ANY($1)
        ORDER BY referral_id, session_number
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let mut sessions: ByOwner<DeliverySession> = HashMap::new();
    for row in rows {
        let place = Place { table: "delivery_session", id: &row.id };
        sessions.entry(row.referral_id).or_default().push(DeliverySession {
            id: DeliverySessionId(row.id),
            number: place.unsigned("session_number", row.session_number)?,
            appointments: Vec::new(),
        });
    }
    Ok(sessions)
}

async fn report_outcomes(db: &mut Db, report_ids: &[Uuid]) -> Result<ByOwner<ReportOutcome>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            end_of_service_report_id, desired_outcome_id, achievement_level, progression_comments,
            additional_task_comments
        FROM end_of_service_report_outcome
        WHERE end_of_service_report_id = ANY($1)
        ORDER BY desired_outcome_id
        "#,
        report_ids,
    )
    .fetch_all(db)
    .await?;
    let mut outcomes: ByOwner<ReportOutcome> = HashMap::new();
    for row in rows {
        let place = Place { table: "end_of_service_report_outcome", id: &row.desired_outcome_id };
        outcomes.entry(row.end_of_service_report_id).or_default().push(ReportOutcome {
            desired_outcome: DesiredOutcomeId(row.desired_outcome_id),
            achievement: place.member("achievement_level", &row.achievement_level, AchievementLevel::from_text)?,
            progression_comments: row.progression_comments,
            additional_task_comments: row.additional_task_comments,
        });
    }
    Ok(outcomes)
}

async fn appointments(db: &mut Db, ids: &[Uuid]) -> Result<Vec<AppointmentRow>, StoreError> {
    Ok(sqlx::query_as!(
        AppointmentRow,
        r#"
        SELECT
            a.id AS "id!", a.slot_id AS "slot_id!", a.appointment_time AS "appointment_time!: At",
            a.duration_in_minutes AS "duration_in_minutes!",
            a.created_at AS "created_at!: At", a.created_by_source AS "created_by_source!",
            a.created_by_id AS "created_by_id!", a.booking_state AS "booking_state!",
            a.delius_appointment_id, a.replaces_appointment_id, a.superseded_by_appointment_id,
            a.reschedule_requested_by, a.rescheduled_reason, a.stale AS "stale!", a.attended, a.did_session_happen,
            a.attendance_submitted_at AS "attendance_submitted_at: At", a.attendance_submitted_by_source,
            a.attendance_submitted_by_id, a.late, a.late_reason, a.future_session_plans,
            a.no_attendance_information, a.no_session_reason_type, a.no_session_reason_pop_acceptable,
            a.no_session_reason_pop_unacceptable, a.no_session_reason_logistics, a.session_summary,
            a.session_response, a.session_concerns, a.session_behaviour,
            a.notify_probation_practitioner_of_behaviour, a.notify_probation_practitioner_of_concerns,
            a.session_feedback_submitted_at AS "session_feedback_submitted_at: At",
            a.session_feedback_submitted_by_source, a.session_feedback_submitted_by_id,
            a.appointment_feedback_submitted_at AS "appointment_feedback_submitted_at: At",
            a.appointment_feedback_submitted_by_source, a.appointment_feedback_submitted_by_id,
            a.additional_attendance_information, a.attendance_failure_information, a.attendance_behaviour,
            a.notifyppof_attendance_behaviour, d.appointment_delivery_type AS "appointment_delivery_type!",
            d.nps_office_code,
            d.appointment_session_type AS "appointment_session_type!", x.first_address_line AS "first_address_line?",
            x.second_address_line,
            x.town_city, x.county, x.post_code AS "post_code?"
        FROM appointment a
        JOIN appointment_delivery d ON d.appointment_id = a.id
        LEFT JOIN appointment_delivery_address x ON x.appointment_delivery_id = a.id
        WHERE a.referral_id = ANY($1)
        ORDER BY a.created_at, a.id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?)
}
