//! Writes a referral at the moment it is sent. What happens later is recorded fact by fact.

use domain::ending::{EndReason, EndRequest};
use domain::referral::{Location, LocationType, Practitioner, ReferralDetails, Selection};
use domain::{Fact, Referral};
use uuid::Uuid;

use super::record::write_fact;
use crate::column::{at, maybe_at, maybe_day};
use crate::error::one_row;
use crate::{Db, StoreError, draft};

/// Writes a referral. A referral that is further on than just sent (from another system's history, or a test) is
/// written with all that has happened to it.
///
/// # Errors
/// [`StoreError::Conflict`] with `reference_number` when its number is another's, with `referral_pkey` when it is
/// already there.
pub async fn insert(db: &mut Db, referral: &Referral) -> Result<(), StoreError> {
    draft::reserve(db, referral.id, &referral.reference).await?;
    insert_row(db, referral).await?;
    let id = referral.id.0;
    if let Some(details) = &referral.details {
        insert_details(db, id, details).await?;
    }
    insert_person(db, referral).await?;
    insert_selection(db, id, &referral.selection).await?;
    if let Some(location_type) = referral.location.location_type {
        write_location(db, id, location_type, &referral.location).await?;
    }
    write_practitioner(db, id, &referral.practitioner).await?;
    let assessment = referral.assessment.id.0;
    let inserted = sqlx::query!("INSERT INTO supplier_assessment (id, referral_id) VALUES ($1, $2)", assessment, id)
        .execute(&mut *db)
        .await?;
    one_row(&inserted)?;
    insert_history(db, referral).await
}

async fn insert_row(db: &mut Db, referral: &Referral) -> Result<(), StoreError> {
    let needs = &referral.needs;
    // The columns in the order of the table, the end request and the conclusion apart.
    let inserted = sqlx::query!(
        r#"
        INSERT INTO referral (
            id, version, reference_number, created_at, created_by_source, created_by_id, sent_at, sent_by_source,
            sent_by_id, service_usercrn, intervention_id, relevant_sentence_id, relevant_sentence_end_date,
            accessibility_needs, additional_needs_information, needs_interpreter, interpreter_language,
            has_additional_responsibilities, when_unavailable, supplementary_risk_id,
            has_main_point_of_contact_details, status
        )
        VALUES (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22
        )
        "#,
        referral.id.0,
        referral.version,
        referral.reference.as_str(),
        at(referral.created_at) as _,
        referral.created_by.source.as_str(),
        referral.created_by.id,
        at(referral.sent_at) as _,
        referral.sent_by.source.as_str(),
        referral.sent_by.id,
        referral.crn.as_str(),
        referral.intervention.id.0,
        referral.sentence.id,
        maybe_day(referral.sentence.expected_end) as _,
        needs.accessibility_needs,
        needs.additional_needs_information,
        needs.needs_interpreter,
        needs.interpreter_language,
        needs.has_additional_responsibilities,
        needs.when_unavailable,
        referral.supplementary_risk_id.0,
        referral.has_main_point_of_contact,
        referral.status.as_str(),
    )
    .execute(db)
    .await?;
    one_row(&inserted)
}

pub(super) async fn insert_details(db: &mut Db, id: Uuid, details: &ReferralDetails) -> Result<(), StoreError> {
    let inserted = sqlx::query!(
        r#"
        INSERT INTO referral_details (
            id, referral_id, created_at, created_by, reason_for_change, completion_deadline, further_information,
            maximum_enforceable_days, reason_for_referral, reason_for_referral_further_information,
            reason_for_referral_before_allocation
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        details.id.0,
        id,
        at(details.created_at) as _,
        details.created_by_id,
        details.reason_for_change,
        maybe_day(details.completion_deadline) as _,
        details.further_information,
        details.maximum_enforceable_days,
        details.reason_for_referral,
        details.reason_for_referral_further_information,
        details.reason_for_referral_before_allocation,
    )
    .execute(db)
    .await?;
    one_row(&inserted)
}

async fn insert_person(db: &mut Db, referral: &Referral) -> Result<(), StoreError> {
    let person = &referral.person;
    let inserted = sqlx::query!(
        r#"
        INSERT INTO referral_service_user_data (
            referral_id, title, first_name, last_name, dob, gender, ethnicity, preferred_language, religion_or_belief,
            disabilities
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        referral.id.0,
        person.title,
        person.first_name,
        person.last_name,
        maybe_day(person.date_of_birth) as _,
        person.gender,
        person.ethnicity,
        person.preferred_language,
        person.religion_or_belief,
        person.disabilities.as_deref(),
    )
    .execute(db)
    .await?;
    one_row(&inserted)
}

async fn insert_selection(db: &mut Db, id: Uuid, selection: &Selection) -> Result<(), StoreError> {
    let categories: Vec<Uuid> = selection.service_categories.iter().map(|category| category.0).collect();
    sqlx::query!(
        r#"
        INSERT INTO referral_selected_service_category (referral_id, service_category_id)
        SELECT $1, category FROM UNNEST($2::uuid[]) AS given (category)
        "#,
        id,
        &categories,
    )
    .execute(&mut *db)
    .await?;
    let (categories, levels): (Vec<Uuid>, Vec<Uuid>) =
        selection.complexity_levels.iter().map(|(category, level)| (category.0, level.0)).unzip();
    sqlx::query!(
        r#"
        INSERT INTO referral_complexity_level_ids (referral_id, complexity_level_ids_key, complexity_level_ids)
        SELECT $1, category, level FROM UNNEST($2::uuid[], $3::uuid[]) AS given (category, level)
        "#,
        id,
        &categories,
        &levels,
    )
    .execute(&mut *db)
    .await?;
    let (categories, outcomes): (Vec<Uuid>, Vec<Uuid>) = selection
        .desired_outcomes
        .iter()
        .flat_map(|(category, outcomes)| outcomes.iter().map(|outcome| (category.0, outcome.0)))
        .unzip();
    sqlx::query!(
        r#"
        INSERT INTO referral_desired_outcome (referral_id, service_category_id, desired_outcome_id)
        SELECT $1, category, outcome FROM UNNEST($2::uuid[], $3::uuid[]) AS given (category, outcome)
        "#,
        id,
        &categories,
        &outcomes,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the location, whether or not there is one; what the prison system said stays.
pub(super) async fn write_location(
    db: &mut Db,
    id: Uuid,
    location_type: LocationType,
    location: &Location,
) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO referral_location (
            referral_id, type, prison_id, expected_release_date, expected_release_date_missing_reason,
            referral_releasing_12_weeks, expected_probation_office, expected_probation_office_unknown_reason
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (referral_id) DO UPDATE
        SET type = excluded.type,
            prison_id = excluded.prison_id,
            expected_release_date = excluded.expected_release_date,
            expected_release_date_missing_reason = excluded.expected_release_date_missing_reason,
            referral_releasing_12_weeks = excluded.referral_releasing_12_weeks,
            expected_probation_office = excluded.expected_probation_office,
            expected_probation_office_unknown_reason = excluded.expected_probation_office_unknown_reason
        "#,
        id,
        location_type.as_str(),
        location.prison_id,
        maybe_day(location.expected_release_date) as _,
        location.expected_release_date_missing_reason,
        location.releasing_in_12_weeks,
        location.expected_probation_office,
        location.expected_probation_office_unknown_reason,
    )
    .execute(db)
    .await?;
    one_row(&written)
}

/// Writes the practitioner, whether or not there is one.
pub(super) async fn write_practitioner(db: &mut Db, id: Uuid, practitioner: &Practitioner) -> Result<(), StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO probation_practitioner_details (
            referral_id, ndelius_name, ndelius_email_address, ndelius_pdu, ndelius_pp_telephone_number,
            ndelius_pp_team_telephone_number, name, email_address, pdu, pp_telephone_number, pp_team_telephone_number,
            probation_office, role_job_title, establishment
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (referral_id) DO UPDATE
        SET ndelius_name = excluded.ndelius_name,
            ndelius_email_address = excluded.ndelius_email_address,
            ndelius_pdu = excluded.ndelius_pdu,
            ndelius_pp_telephone_number = excluded.ndelius_pp_telephone_number,
            ndelius_pp_team_telephone_number = excluded.ndelius_pp_team_telephone_number,
            name = excluded.name,
            email_address = excluded.email_address,
            pdu = excluded.pdu,
            pp_telephone_number = excluded.pp_telephone_number,
            pp_team_telephone_number = excluded.pp_team_telephone_number,
            probation_office = excluded.probation_office,
            role_job_title = excluded.role_job_title,
            establishment = excluded.establishment
        "#,
        id,
        practitioner.ndelius_name,
        practitioner.ndelius_email,
        practitioner.ndelius_pdu,
        practitioner.ndelius_phone,
        practitioner.ndelius_team_phone,
        practitioner.name,
        practitioner.email,
        practitioner.pdu,
        practitioner.phone,
        practitioner.team_phone,
        practitioner.probation_office,
        practitioner.role_or_job_title,
        practitioner.establishment,
    )
    .execute(db)
    .await?;
    one_row(&written)
}

/// What has happened to it since it was sent, if anything.
async fn insert_history(db: &mut Db, referral: &Referral) -> Result<(), StoreError> {
    for assignment in &referral.assignments {
        write_fact(db, referral, &Fact::Assigned(assignment.clone())).await?;
    }
    for plan in &referral.plans {
        write_fact(db, referral, &Fact::PlanDrafted(plan.clone())).await?;
    }
    let sessions: Vec<_> = referral.sessions.iter().map(|session| (session.id, session.number)).collect();
    if !sessions.is_empty() {
        write_fact(db, referral, &Fact::SessionsMade(sessions)).await?;
    }
    for (slot, appointment) in referral.appointments() {
        super::appointment::insert(db, referral.id.0, slot, appointment).await?;
    }
    if let Some(report) = &referral.report {
        write_fact(db, referral, &Fact::ReportBegun(report.clone())).await?;
    }
    if let Some(request) = &referral.end_request {
        write_end_request(db, referral.id.0, request).await?;
    }
    if let Some(conclusion) = &referral.conclusion {
        write_fact(db, referral, &Fact::Concluded(*conclusion)).await?;
    }
    Ok(())
}

pub(super) async fn write_end_request(db: &mut Db, id: Uuid, request: &EndRequest) -> Result<(), StoreError> {
    let (mut cancellation, mut withdrawal) = ((None, None), (None, None, None));
    match &request.reason {
        None => {}
        Some(EndReason::Withdrawal { code, comments, state }) => {
            withdrawal = (Some(code.as_str()), Some(comments.as_str()), Some(state.as_str()));
        }
        Some(EndReason::Cancellation { code, description: _, comments }) => {
            cancellation = (Some(code.as_str()), comments.as_deref());
        }
    }
    let written = sqlx::query!(
        r#"
        UPDATE referral
        SET end_requested_at = $2,
            end_requested_by_source = $3,
            end_requested_by_id = $4,
            end_requested_reason_code = $5,
            end_requested_comments = $6,
            withdrawal_reason_code = $7,
            withdrawal_comments = $8,
            withdrawal_state = $9
        WHERE id = $1 AND end_requested_at IS NULL
        "#,
        id,
        maybe_at(Some(request.at)) as _,
        request.by.source.as_str(),
        request.by.id,
        cancellation.0,
        cancellation.1,
        withdrawal.0,
        withdrawal.1,
        withdrawal.2,
    )
    .execute(db)
    .await?;
    one_row(&written)
}
