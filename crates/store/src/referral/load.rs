//! Reads whole referrals in ten queries, however many they are and however long their history: the referrals with what
//! there is once of each, interventions, selections, assignments, appointments, plans, activities, sessions, report
//! outcomes, users.

mod history;

use std::collections::{BTreeSet, HashMap};

use domain::end_of_service_report::EndOfServiceReport;
use domain::ending::{ConcludedState, Conclusion, EndReason, EndRequest, ReferralStatus, WithdrawalState};
use domain::feedback::Stamp;
use domain::person::PersonDetails;
use domain::referral::{
    Location, LocationType, Needs, Practitioner, ReferralDetails, RelevantSentence, Selection, SupplierAssessment,
};
use domain::{
    ComplexityLevelId, Crn, DesiredOutcomeId, EndOfServiceReportId, Referral, ReferralDetailsId, ReferralId,
    ReferralReference, ServiceCategoryId, SupplementaryRiskId, SupplierAssessmentId,
};
use uuid::Uuid;

use self::history::History;
use crate::column::{At, Day, Place, date, instant};
use crate::user::Users;
use crate::{Db, StoreError, catalogue};

/// Those of these referrals that exist, oldest first.
pub(super) async fn referrals(db: &mut Db, ids: &[Uuid]) -> Result<Vec<Referral>, StoreError> {
    let found = sqlx::query!(
        r#"
        SELECT
            r.id AS "id!", r.version AS "version!", r.reference_number AS "reference_number!", r.created_at AS "created_at!: At",
            r.created_by_source AS "created_by_source!", r.created_by_id AS "created_by_id!",
            r.sent_at AS "sent_at!: At", r.sent_by_source AS "sent_by_source!", r.sent_by_id AS "sent_by_id!",
            r.service_usercrn AS "service_usercrn!", r.intervention_id AS "intervention_id!",
            r.relevant_sentence_id AS "relevant_sentence_id!",
            r.relevant_sentence_end_date AS "relevant_sentence_end_date: Day",
            r.accessibility_needs, r.additional_needs_information, r.needs_interpreter, r.interpreter_language,
            r.has_additional_responsibilities, r.when_unavailable,
            r.supplementary_risk_id AS "supplementary_risk_id!",
            r.has_main_point_of_contact_details, r.status AS "status!", r.end_requested_at AS "end_requested_at: At",
            r.end_requested_by_source, r.end_requested_by_id, r.end_requested_reason_code, r.end_requested_comments,
            r.withdrawal_reason_code, r.withdrawal_comments, r.withdrawal_state,
            r.concluded_at AS "concluded_at: At", r.concluded_state,
            c.description AS "cancellation_description?",
            d.id AS "details_id?", d.created_at AS "details_created_at?: At",
            d.created_by AS "details_created_by?", d.reason_for_change AS "reason_for_change?",
            d.completion_deadline AS "completion_deadline?: Day", d.further_information AS "further_information?",
            d.maximum_enforceable_days AS "maximum_enforceable_days?",
            d.reason_for_referral AS "reason_for_referral?",
            d.reason_for_referral_further_information AS "reason_further_information?",
            d.reason_for_referral_before_allocation AS "reason_before_allocation?",
            u.title AS "title?", u.first_name AS "first_name?", u.last_name AS "last_name?", u.dob AS "dob?: Day",
            u.gender AS "gender?", u.ethnicity AS "ethnicity?", u.preferred_language AS "preferred_language?",
            u.religion_or_belief AS "religion_or_belief?", u.disabilities AS "disabilities?",
            l.type AS "location_type?", l.prison_id AS "prison_id?",
            l.expected_release_date AS "expected_release_date?: Day",
            l.expected_release_date_missing_reason AS "missing_reason?",
            l.referral_releasing_12_weeks AS "releasing_12_weeks?",
            l.expected_probation_office AS "expected_probation_office?",
            l.expected_probation_office_unknown_reason AS "office_unknown_reason?",
            p.ndelius_name AS "ndelius_name?", p.ndelius_email_address AS "ndelius_email?",
            p.ndelius_pdu AS "ndelius_pdu?", p.ndelius_pp_telephone_number AS "ndelius_phone?",
            p.ndelius_pp_team_telephone_number AS "ndelius_team_phone?", p.name AS "pp_name?",
            p.email_address AS "pp_email?", p.pdu AS "pp_pdu?", p.pp_telephone_number AS "pp_phone?",
            p.pp_team_telephone_number AS "pp_team_phone?", p.probation_office AS "probation_office?",
            p.role_job_title AS "role_job_title?", p.establishment AS "establishment?",
            a.id AS "assessment_id!",
            e.id AS "report_id?", e.created_at AS "report_created_at?: At",
            e.created_by_source AS "report_created_by_source?", e.created_by_id AS "report_created_by_id?",
            e.further_information AS "report_further_information?", e.submitted_at AS "report_submitted_at?: At",
            e.submitted_by_source AS "report_submitted_by_source?", e.submitted_by_id AS "report_submitted_by_id?"
        FROM referral r
        JOIN supplier_assessment a ON a.referral_id = r.id
        LEFT JOIN cancellation_reason c ON c.code = r.end_requested_reason_code
        LEFT JOIN referral_details d ON d.referral_id = r.id AND d.superseded_by_id IS NULL
        LEFT JOIN referral_service_user_data u ON u.referral_id = r.id
        LEFT JOIN referral_location l ON l.referral_id = r.id
        LEFT JOIN probation_practitioner_details p ON p.referral_id = r.id
        LEFT JOIN end_of_service_report e ON e.referral_id = r.id
        WHERE r.id = ANY($1)
        ORDER BY r.sent_at, r.id
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut users = Users::default();
    for row in &found {
        users.want(&row.created_by_source, &row.created_by_id);
        users.want(&row.sent_by_source, &row.sent_by_id);
        users.may_want(row.end_requested_by_source.as_ref(), row.end_requested_by_id.as_ref());
        users.may_want(row.report_created_by_source.as_ref(), row.report_created_by_id.as_ref());
        users.may_want(row.report_submitted_by_source.as_ref(), row.report_submitted_by_id.as_ref());
    }
    let intervention_ids: BTreeSet<Uuid> = found.iter().map(|row| row.intervention_id).collect();
    let interventions = catalogue::interventions(db, &Vec::from_iter(intervention_ids)).await?;
    let mut selections = selections(db, ids).await?;
    let report_ids: Vec<Uuid> = found.iter().filter_map(|row| row.report_id).collect();
    let history = History::load(db, ids, &report_ids, &mut users).await?;
    users.load(db).await?;
    let mut history = history.assemble(&users)?;
    let mut referrals = Vec::with_capacity(found.len());
    for row in found {
        let id = ReferralId(row.id);
        let place = Place { table: "referral", id: &id };
        let status = place.member("status", &row.status, ReferralStatus::from_text)?;
        let end_request = match instant(row.end_requested_at) {
            None => None,
            Some(at) => {
                let withdrawal_state = place.maybe_member(
                    "withdrawal_state",
                    row.withdrawal_state.as_deref(),
                    WithdrawalState::from_text,
                )?;
                Some(EndRequest {
                    at,
                    by: users.get_or_service(row.end_requested_by_source.as_ref(), row.end_requested_by_id.as_ref())?,
                    reason: match (row.withdrawal_reason_code, row.end_requested_reason_code) {
                        (Some(code), _) => Some(EndReason::Withdrawal {
                            code,
                            comments: row.withdrawal_comments.unwrap_or_default(),
                            // Rows from before the state was kept: as far as the status tells.
                            state: withdrawal_state.unwrap_or(match status {
                                ReferralStatus::PreIca => WithdrawalState::PreIca,
                                ReferralStatus::PostIca => WithdrawalState::PostIca,
                            }),
                        }),
                        (None, Some(code)) => Some(EndReason::Cancellation {
                            code,
                            description: row.cancellation_description.unwrap_or_default(),
                            comments: row.end_requested_comments,
                        }),
                        (None, None) => None,
                    },
                })
            }
        };
        let concluded_state =
            place.maybe_member("concluded_state", row.concluded_state.as_deref(), ConcludedState::from_text)?;
        let report = match (row.report_id, instant(row.report_created_at)) {
            (Some(report_id), Some(created_at)) => Some(EndOfServiceReport {
                id: EndOfServiceReportId(report_id),
                created_at,
                created_by: users
                    .get_or_service(row.report_created_by_source.as_ref(), row.report_created_by_id.as_ref())?,
                further_information: row.report_further_information,
                outcomes: history.report_outcomes.remove(&report_id).unwrap_or_default(),
                submitted: match instant(row.report_submitted_at) {
                    None => None,
                    Some(at) => Some(Stamp {
                        at,
                        by: users.get_or_service(
                            row.report_submitted_by_source.as_ref(),
                            row.report_submitted_by_id.as_ref(),
                        )?,
                    }),
                },
            }),
            _ => None,
        };
        let details = match (row.details_id, instant(row.details_created_at)) {
            (Some(details_id), Some(created_at)) => Some(ReferralDetails {
                id: ReferralDetailsId(details_id),
                created_at,
                created_by_id: row.details_created_by.unwrap_or_default(),
                reason_for_change: row.reason_for_change.unwrap_or_default(),
                completion_deadline: date(row.completion_deadline),
                further_information: row.further_information,
                maximum_enforceable_days: row.maximum_enforceable_days,
                reason_for_referral: row.reason_for_referral,
                reason_for_referral_further_information: row.reason_further_information,
                reason_for_referral_before_allocation: row.reason_before_allocation,
            }),
            _ => None,
        };
        referrals.push(Referral {
            id,
            version: row.version,
            reference: ReferralReference(row.reference_number),
            created_at: row.created_at.to_jiff(),
            created_by: users.get(&row.created_by_source, &row.created_by_id)?,
            sent_at: row.sent_at.to_jiff(),
            sent_by: users.get(&row.sent_by_source, &row.sent_by_id)?,
            crn: Crn(row.service_usercrn),
            person: PersonDetails {
                title: row.title,
                first_name: row.first_name,
                last_name: row.last_name,
                date_of_birth: date(row.dob),
                gender: row.gender,
                ethnicity: row.ethnicity,
                preferred_language: row.preferred_language,
                religion_or_belief: row.religion_or_belief,
                disabilities: row.disabilities,
            },
            intervention: place.present("intervention_id", interventions.get(&row.intervention_id).cloned())?,
            sentence: RelevantSentence {
                id: row.relevant_sentence_id,
                expected_end: date(row.relevant_sentence_end_date),
            },
            details,
            needs: Needs {
                additional_needs_information: row.additional_needs_information,
                accessibility_needs: row.accessibility_needs,
                needs_interpreter: row.needs_interpreter,
                interpreter_language: row.interpreter_language,
                has_additional_responsibilities: row.has_additional_responsibilities,
                when_unavailable: row.when_unavailable,
            },
            selection: selections.remove(&row.id).unwrap_or_default(),
            location: Location {
                location_type: place.maybe_member(
                    "location_type",
                    row.location_type.as_deref(),
                    LocationType::from_text,
                )?,
                prison_id: row.prison_id,
                expected_release_date: date(row.expected_release_date),
                expected_release_date_missing_reason: row.missing_reason,
                releasing_in_12_weeks: row.releasing_12_weeks,
                expected_probation_office: row.expected_probation_office,
                expected_probation_office_unknown_reason: row.office_unknown_reason,
            },
            practitioner: Practitioner {
                ndelius_name: row.ndelius_name,
                ndelius_email: row.ndelius_email,
                ndelius_pdu: row.ndelius_pdu,
                ndelius_phone: row.ndelius_phone,
                ndelius_team_phone: row.ndelius_team_phone,
                name: row.pp_name,
                email: row.pp_email,
                pdu: row.pp_pdu,
                phone: row.pp_phone,
                team_phone: row.pp_team_phone,
                probation_office: row.probation_office,
                role_or_job_title: row.role_job_title,
                establishment: row.establishment,
            },
            supplementary_risk_id: SupplementaryRiskId(row.supplementary_risk_id),
            has_main_point_of_contact: row.has_main_point_of_contact_details,
            assignments: history.assignments.remove(&row.id).unwrap_or_default(),
            assessment: SupplierAssessment {
                appointments: history.appointments.remove(&row.assessment_id).unwrap_or_default(),
                id: SupplierAssessmentId(row.assessment_id),
            },
            sessions: history
                .sessions
                .remove(&row.id)
                .unwrap_or_default()
                .into_iter()
                .map(|mut session| {
                    session.appointments = history.appointments.remove(&session.id.0).unwrap_or_default();
                    session
                })
                .collect(),
            plans: history.plans.remove(&row.id).unwrap_or_default(),
            report,
            end_request,
            conclusion: instant(row.concluded_at).map(|at| Conclusion { at, state: concluded_state }),
            status,
        });
    }
    Ok(referrals)
}

async fn selections(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Selection>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            s.referral_id AS "referral_id!",
            s.service_category_id AS "service_category_id!",
            l.complexity_level_ids AS "level?",
            ARRAY(
                SELECT o.desired_outcome_id
                FROM referral_desired_outcome o
                WHERE o.referral_id = s.referral_id AND o.service_category_id = s.service_category_id
            ) AS "outcomes!"
        FROM referral_selected_service_category s
        LEFT JOIN referral_complexity_level_ids l
            ON l.referral_id = s.referral_id AND l.complexity_level_ids_key = s.service_category_id
        WHERE s.referral_id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let mut selections: HashMap<Uuid, Selection> = HashMap::new();
    for row in rows {
        let selection = selections.entry(row.referral_id).or_default();
        let category = ServiceCategoryId(row.service_category_id);
        selection.service_categories.insert(category);
        if let Some(level) = row.level {
            selection.complexity_levels.insert(category, ComplexityLevelId(level));
        }
        if !row.outcomes.is_empty() {
            let outcomes = row.outcomes.into_iter().map(DesiredOutcomeId).collect();
            selection.desired_outcomes.insert(category, outcomes);
        }
    }
    Ok(selections)
}
