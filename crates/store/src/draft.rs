//! Drafts: one row each, as half-finished as they are. Sending empties the row: what was sent lives with the referral,
//! and a sent draft is answered from there, without risk text (ADR 8).

mod row;
mod selection;
mod stale;

use domain::draft::{DraftDetails, DraftRisk, DraftState, RedactedRisk};
use domain::referral::{Location, Needs, Practitioner};
use domain::{DraftReferral, ReferralId, ReferralReference, User};
use uuid::Uuid;

pub use self::stale::{delete_stale, list_stale};
use crate::column::{at, maybe_at, maybe_day};
use crate::error::{one_row, rows};
use crate::{Db, StoreError, referral};

/// Writes a new draft.
pub async fn insert(db: &mut Db, draft: &DraftReferral) -> Result<(), StoreError> {
    let inserted = sqlx::query!(
        r#"
        INSERT INTO draft_referral (
            id, version, state, created_at, created_by_source, created_by_id, changed_at, service_usercrn,
            intervention_id
        )
        VALUES ($1, $2, 'editing', $3, $4, $5, $6, $7, $8)
        "#,
        draft.id.0,
        draft.version,
        at(draft.created_at) as _,
        draft.created_by.source.as_str(),
        draft.created_by.id,
        at(draft.changed_at) as _,
        draft.crn.as_str(),
        draft.intervention.id.0,
    )
    .execute(&mut *db)
    .await?;
    one_row(&inserted)?;
    write(db, draft, draft.version, draft.version).await
}

/// Writes what a draft has become.
///
/// # Errors
/// [`StoreError::Conflict`] with `version` when it is no longer as `before` says; with `reference_number` when the
/// number that `after` reserves is taken (nothing is lost: draw another and save again).
pub async fn save(db: &mut Db, before: &DraftReferral, after: &DraftReferral) -> Result<(), StoreError> {
    write(db, after, before.version, before.version + 1).await
}

/// The draft.
pub async fn find(db: &mut Db, id: ReferralId) -> Result<Option<DraftReferral>, StoreError> {
    let mut drafts = row::load(db, &[id.0]).await?;
    let Some(mut draft) = drafts.pop() else { return Ok(None) };
    if draft.state == DraftState::Sent
        && let Some(sent) = referral::find(db, id).await?
    {
        answer_from(&mut draft, sent);
    }
    Ok(Some(draft))
}

/// The draft, locked until the unit of work ends.
pub async fn lock(db: &mut Db, id: ReferralId) -> Result<Option<DraftReferral>, StoreError> {
    let locked =
        sqlx::query_scalar!("SELECT id FROM draft_referral WHERE id = $1 FOR UPDATE", id.0).fetch_optional(&mut *db);
    if locked.await?.is_none() {
        return Ok(None);
    }
    find(db, id).await
}

/// The drafts that a user began and has not sent, oldest first.
pub async fn list_unsent_by(db: &mut Db, user: &User) -> Result<Vec<DraftReferral>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM draft_referral WHERE created_by_source = $1 AND created_by_id = $2 AND state <> 'sent'",
        user.source.as_str(),
        user.id,
    )
    .fetch_all(&mut *db)
    .await?;
    row::load(db, &ids).await
}

/// These drafts, oldest first, as they stand in their rows: for those that were not sent.
pub(crate) async fn unsent(db: &mut Db, ids: &[Uuid]) -> Result<Vec<DraftReferral>, StoreError> {
    row::load(db, ids).await
}

/// Whether no referral has this number and no draft has reserved it.
pub async fn reference_is_free(db: &mut Db, reference: &ReferralReference) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM reference_number WHERE reference_number = $1) AS "taken!""#,
        reference.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok(!taken)
}

/// A sent draft says what the referral says.
fn answer_from(draft: &mut DraftReferral, sent: domain::Referral) {
    if let Some(details) = sent.details {
        draft.details = DraftDetails {
            completion_deadline: details.completion_deadline,
            further_information: details.further_information,
            maximum_enforceable_days: details.maximum_enforceable_days,
            reason_for_referral: details.reason_for_referral,
            reason_for_referral_further_information: details.reason_for_referral_further_information,
            reason_for_referral_before_allocation: details.reason_for_referral_before_allocation,
        };
    }
    draft.crn = sent.crn;
    draft.person = sent.person;
    draft.intervention = sent.intervention;
    draft.relevant_sentence_id = Some(sent.sentence.id);
    draft.needs = sent.needs;
    draft.selection = sent.selection;
    draft.location = sent.location;
    draft.has_main_point_of_contact = sent.has_main_point_of_contact;
    draft.practitioner = sent.practitioner;
    draft.risk = DraftRisk::default();
}

/// The draft without what the sent referral holds from now on.
fn emptied(draft: &DraftReferral) -> DraftReferral {
    DraftReferral {
        person: domain::person::PersonDetails::default(),
        details: DraftDetails::default(),
        needs: Needs::default(),
        selection: domain::referral::Selection::default(),
        location: Location::default(),
        practitioner: Practitioner::default(),
        risk: DraftRisk::default(),
        ..draft.clone()
    }
}

async fn write(db: &mut Db, draft: &DraftReferral, expected: i64, version: i64) -> Result<(), StoreError> {
    let is_sent = draft.state == DraftState::Sent;
    let emptied = is_sent.then(|| emptied(draft));
    let kept = emptied.as_ref().unwrap_or(draft);
    let reservation = match &draft.state {
        DraftState::Sending(reservation) => Some(reservation),
        DraftState::Editing | DraftState::Sent => None,
    };
    let state = match &draft.state {
        DraftState::Editing => "editing",
        DraftState::Sending(_) => "sending",
        DraftState::Sent => "sent",
    };
    let (person, details, needs) = (&kept.person, &kept.details, &kept.needs);
    let (location, practitioner) = (&kept.location, &kept.practitioner);
    // $1 and $2 say which row; the rest is the row in the order of its columns.
    let written = sqlx::query!(
        r#"
        UPDATE draft_referral
        SET version = $3, state = $4, changed_at = $5, service_usercrn = $6, intervention_id = $7,
            relevant_sentence_id = $8, title = $9, first_name = $10, last_name = $11, dob = $12, gender = $13,
            ethnicity = $14, preferred_language = $15, religion_or_belief = $16, disabilities = $17,
            completion_deadline = $18, further_information = $19, maximum_enforceable_days = $20,
            reason_for_referral = $21, reason_for_referral_further_information = $22,
            reason_for_referral_before_allocation = $23, accessibility_needs = $24,
            additional_needs_information = $25, needs_interpreter = $26, interpreter_language = $27,
            has_additional_responsibilities = $28, when_unavailable = $29, selection = $30,
            person_current_location_type = $31, person_custody_prison_id = $32, person_expected_release_date = $33,
            person_expected_release_date_missing_reason = $34, referral_releasing_12_weeks = $35,
            expected_probation_office = $36, expected_probation_office_unknown_reason = $37,
            already_know_prison_name = $38, allocated_community_pp = $39, valid_delius_pp_details = $40,
            has_main_point_of_contact_details = $41, ndelius_pp_name = $42, ndelius_pp_email_address = $43,
            ndelius_pp_pdu = $44, ndelius_pp_telephone_number = $45, ndelius_pp_team_telephone_number = $46,
            pp_name = $47, pp_email_address = $48, pp_pdu = $49, pp_telephone_number = $50,
            pp_team_telephone_number = $51, pp_probation_office = $52, role_job_title = $53, pp_establishment = $54,
            draft_supplementary_risk = $55, draft_supplementary_risk_updated_at = $56, reserved_sent_at = $57,
            reserved_sent_by_source = $58, reserved_sent_by_id = $59
        WHERE id = $1 AND version = $2
        "#,
        draft.id.0,
        expected,
        version,
        state,
        at(draft.changed_at) as _,
        draft.crn.as_str(),
        draft.intervention.id.0,
        draft.relevant_sentence_id,
        person.title,
        person.first_name,
        person.last_name,
        maybe_day(person.date_of_birth) as _,
        person.gender,
        person.ethnicity,
        person.preferred_language,
        person.religion_or_belief,
        person.disabilities.as_deref(),
        maybe_day(details.completion_deadline) as _,
        details.further_information,
        details.maximum_enforceable_days,
        details.reason_for_referral,
        details.reason_for_referral_further_information,
        details.reason_for_referral_before_allocation,
        needs.accessibility_needs,
        needs.additional_needs_information,
        needs.needs_interpreter,
        needs.interpreter_language,
        needs.has_additional_responsibilities,
        needs.when_unavailable,
        (!is_sent).then(|| selection::to_json(&kept.selection)),
        location.location_type.map(domain::referral::LocationType::as_str),
        location.prison_id,
        maybe_day(location.expected_release_date) as _,
        location.expected_release_date_missing_reason,
        location.releasing_in_12_weeks,
        location.expected_probation_office,
        location.expected_probation_office_unknown_reason,
        draft.already_know_prison_name,
        draft.allocated_community_pp,
        draft.has_valid_delius_pp_details,
        draft.has_main_point_of_contact,
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
        kept.risk.free_text.as_ref().map(|(text, _)| text.as_str()),
        maybe_at(kept.risk.free_text.as_ref().map(|(_, changed_at)| *changed_at)) as _,
        maybe_at(reservation.map(|reservation| reservation.sent_at)) as _,
        reservation.map(|reservation| reservation.sent_by.source.as_str()),
        reservation.map(|reservation| reservation.sent_by.id.as_str()),
    )
    .execute(&mut *db)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::lost_update());
    }
    write_redacted_risk(db, draft.id.0, kept.risk.redacted.as_ref()).await?;
    match &draft.state {
        DraftState::Sending(reservation) => reserve(db, draft.id, &reservation.reference).await,
        DraftState::Editing => release(db, draft.id).await,
        DraftState::Sent => Ok(()),
    }
}

/// Gives back the number of a draft that is no longer being sent.
async fn release(db: &mut Db, id: ReferralId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM reference_number WHERE referral_id = $1", id.0).execute(db).await?;
    Ok(())
}

async fn write_redacted_risk(
    db: &mut Db,
    id: Uuid,
    redacted: Option<&(RedactedRisk, jiff::Timestamp, User)>,
) -> Result<(), StoreError> {
    let Some((risk, updated_at, updated_by)) = redacted else {
        sqlx::query!("DELETE FROM draft_oasys_risk_information WHERE referral_id = $1", id).execute(db).await?;
        return Ok(());
    };
    let written = sqlx::query!(
        r#"
        INSERT INTO draft_oasys_risk_information (
            referral_id, updated_at, updated_by_source, updated_by_id, risk_summary_who_is_at_risk,
            risk_summary_nature_of_risk, risk_summary_risk_imminence, risk_to_self_suicide, risk_to_self_self_harm,
            risk_to_self_hostel_setting, risk_to_self_vulnerability, additional_information
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (referral_id) DO UPDATE
        SET updated_at = excluded.updated_at,
            updated_by_source = excluded.updated_by_source,
            updated_by_id = excluded.updated_by_id,
            risk_summary_who_is_at_risk = excluded.risk_summary_who_is_at_risk,
            risk_summary_nature_of_risk = excluded.risk_summary_nature_of_risk,
            risk_summary_risk_imminence = excluded.risk_summary_risk_imminence,
            risk_to_self_suicide = excluded.risk_to_self_suicide,
            risk_to_self_self_harm = excluded.risk_to_self_self_harm,
            risk_to_self_hostel_setting = excluded.risk_to_self_hostel_setting,
            risk_to_self_vulnerability = excluded.risk_to_self_vulnerability,
            additional_information = excluded.additional_information
        "#,
        id,
        at(*updated_at) as _,
        updated_by.source.as_str(),
        updated_by.id,
        risk.who_is_at_risk,
        risk.nature_of_risk,
        risk.risk_imminence,
        risk.suicide,
        risk.self_harm,
        risk.hostel_setting,
        risk.vulnerability,
        risk.additional_information,
    )
    .execute(db)
    .await?;
    rows(&written, 1)
}

/// Reserves a number for a draft or a referral, once.
pub(crate) async fn reserve(db: &mut Db, id: ReferralId, reference: &ReferralReference) -> Result<(), StoreError> {
    let reserved = sqlx::query!(
        r#"
        INSERT INTO reference_number (reference_number, referral_id)
        VALUES ($1, $2)
        ON CONFLICT (reference_number) DO UPDATE SET referral_id = excluded.referral_id
        WHERE reference_number.referral_id = excluded.referral_id
        "#,
        reference.as_str(),
        id.0,
    )
    .execute(db)
    .await?;
    if reserved.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict { constraint: "reference_number".to_owned() })
    }
}
