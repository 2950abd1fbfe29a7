//! Reads drafts: three queries, however many there are (drafts with their risk, interventions, users).

use domain::draft::{DraftDetails, DraftRisk, DraftState, RedactedRisk, Reservation};
use domain::person::PersonDetails;
use domain::referral::{Location, LocationType, Needs, Practitioner};
use domain::{Crn, DraftReferral, ReferralId, ReferralReference};
use uuid::Uuid;

use super::selection;
use crate::column::{At, Day, Place, date, instant};
use crate::user::Users;
use crate::{Db, StoreError, catalogue};

/// Drafts by id, oldest first.
pub(super) async fn load(db: &mut Db, ids: &[Uuid]) -> Result<Vec<DraftReferral>, StoreError> {
    let found = sqlx::query!(
        r#"
        SELECT
            d.id AS "id!", d.version AS "version!", d.state AS "state!", d.created_at AS "created_at!: At",
            d.created_by_source AS "created_by_source!", d.created_by_id AS "created_by_id!",
            d.changed_at AS "changed_at!: At", d.service_usercrn AS "service_usercrn!",
            d.intervention_id AS "intervention_id!", d.relevant_sentence_id,
            d.title, d.first_name, d.last_name, d.dob AS "dob: Day", d.gender, d.ethnicity, d.preferred_language,
            d.religion_or_belief, d.disabilities, d.completion_deadline AS "completion_deadline: Day",
            d.further_information, d.maximum_enforceable_days, d.reason_for_referral,
            d.reason_for_referral_further_information, d.reason_for_referral_before_allocation,
            d.accessibility_needs, d.additional_needs_information, d.needs_interpreter, d.interpreter_language,
            d.has_additional_responsibilities, d.when_unavailable, d.selection, d.person_current_location_type,
            d.person_custody_prison_id, d.person_expected_release_date AS "person_expected_release_date: Day",
            d.person_expected_release_date_missing_reason, d.referral_releasing_12_weeks,
            d.expected_probation_office, d.expected_probation_office_unknown_reason, d.already_know_prison_name,
            d.allocated_community_pp, d.valid_delius_pp_details, d.has_main_point_of_contact_details,
            d.ndelius_pp_name, d.ndelius_pp_email_address, d.ndelius_pp_pdu, d.ndelius_pp_telephone_number,
            d.ndelius_pp_team_telephone_number, d.pp_name, d.pp_email_address, d.pp_pdu, d.pp_telephone_number,
            d.pp_team_telephone_number, d.pp_probation_office, d.role_job_title, d.pp_establishment,
            d.draft_supplementary_risk,
            d.draft_supplementary_risk_updated_at AS "draft_supplementary_risk_updated_at: At",
            d.reserved_sent_at AS "reserved_sent_at: At", d.reserved_sent_by_source, d.reserved_sent_by_id,
            n.reference_number AS "reference_number?",
            o.updated_at AS "risk_updated_at?: At", o.updated_by_source AS "risk_updated_by_source?",
            o.updated_by_id AS "risk_updated_by_id?", o.risk_summary_who_is_at_risk AS "who_is_at_risk?",
            o.risk_summary_nature_of_risk AS "nature_of_risk?", o.risk_summary_risk_imminence AS "risk_imminence?",
            o.risk_to_self_suicide AS "suicide?", o.risk_to_self_self_harm AS "self_harm?",
            o.risk_to_self_hostel_setting AS "hostel_setting?", o.risk_to_self_vulnerability AS "vulnerability?",
            o.additional_information AS "additional_information?"
        FROM draft_referral d
        LEFT JOIN draft_oasys_risk_information o ON o.referral_id = d.id
        LEFT JOIN reference_number n ON n.referral_id = d.id
        WHERE d.id = ANY($1)
        ORDER BY d.created_at, d.id
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &found {
        users.want(&row.created_by_source, &row.created_by_id);
        users.may_want(row.reserved_sent_by_source.as_ref(), row.reserved_sent_by_id.as_ref());
        users.may_want(row.risk_updated_by_source.as_ref(), row.risk_updated_by_id.as_ref());
    }
    users.load(db).await?;
    let intervention_ids: Vec<Uuid> = found.iter().map(|row| row.intervention_id).collect();
    let interventions = catalogue::interventions(db, &intervention_ids).await?;
    found
        .into_iter()
        .map(|row| {
            let place = Place { table: "draft_referral", id: &row.id };
            let state = match row.state.as_str() {
                "editing" => DraftState::Editing,
                "sent" => DraftState::Sent,
                "sending" => DraftState::Sending(Reservation {
                    reference: ReferralReference(place.present("reference_number", row.reference_number)?),
                    sent_at: place.present("reserved_sent_at", instant(row.reserved_sent_at))?,
                    sent_by: users
                        .get_or_service(row.reserved_sent_by_source.as_ref(), row.reserved_sent_by_id.as_ref())?,
                }),
                _ => return Err(place.corrupt("state")),
            };
            let redacted = match (instant(row.risk_updated_at), &row.risk_updated_by_source, &row.risk_updated_by_id) {
                (Some(updated_at), Some(source), Some(id)) => {
                    let risk = RedactedRisk {
                        who_is_at_risk: row.who_is_at_risk,
                        nature_of_risk: row.nature_of_risk,
                        risk_imminence: row.risk_imminence,
                        suicide: row.suicide,
                        self_harm: row.self_harm,
                        hostel_setting: row.hostel_setting,
                        vulnerability: row.vulnerability,
                        additional_information: row.additional_information,
                    };
                    Some((risk, updated_at, users.get(source, id)?))
                }
                _ => None,
            };
            let free_text = row.draft_supplementary_risk.zip(instant(row.draft_supplementary_risk_updated_at));
            let selection = match row.selection {
                None => domain::referral::Selection::default(),
                Some(json) => place.present("selection", selection::from_json(json))?,
            };
            let location_type = row.person_current_location_type.as_deref();
            Ok(DraftReferral {
                id: ReferralId(row.id),
                version: row.version,
                created_at: row.created_at.to_jiff(),
                created_by: users.get(&row.created_by_source, &row.created_by_id)?,
                changed_at: row.changed_at.to_jiff(),
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
                relevant_sentence_id: row.relevant_sentence_id,
                details: DraftDetails {
                    completion_deadline: date(row.completion_deadline),
                    further_information: row.further_information,
                    maximum_enforceable_days: row.maximum_enforceable_days,
                    reason_for_referral: row.reason_for_referral,
                    reason_for_referral_further_information: row.reason_for_referral_further_information,
                    reason_for_referral_before_allocation: row.reason_for_referral_before_allocation,
                },
                needs: Needs {
                    additional_needs_information: row.additional_needs_information,
                    accessibility_needs: row.accessibility_needs,
                    needs_interpreter: row.needs_interpreter,
                    interpreter_language: row.interpreter_language,
                    has_additional_responsibilities: row.has_additional_responsibilities,
                    when_unavailable: row.when_unavailable,
                },
                selection,
                location: Location {
                    location_type: place.maybe_member(
                        "person_current_location_type",
                        location_type,
                        LocationType::from_text,
                    )?,
                    prison_id: row.person_custody_prison_id,
                    expected_release_date: date(row.person_expected_release_date),
                    expected_release_date_missing_reason: row.person_expected_release_date_missing_reason,
                    releasing_in_12_weeks: row.referral_releasing_12_weeks,
                    expected_probation_office: row.expected_probation_office,
                    expected_probation_office_unknown_reason: row.expected_probation_office_unknown_reason,
                },
                already_know_prison_name: row.already_know_prison_name,
                allocated_community_pp: row.allocated_community_pp,
                has_valid_delius_pp_details: row.valid_delius_pp_details,
                has_main_point_of_contact: row.has_main_point_of_contact_details,
                practitioner: Practitioner {
                    ndelius_name: row.ndelius_pp_name,
                    ndelius_email: row.ndelius_pp_email_address,
                    ndelius_pdu: row.ndelius_pp_pdu,
                    ndelius_phone: row.ndelius_pp_telephone_number,
                    ndelius_team_phone: row.ndelius_pp_team_telephone_number,
                    name: row.pp_name,
                    email: row.pp_email_address,
                    pdu: row.pp_pdu,
                    phone: row.pp_telephone_number,
                    team_phone: row.pp_team_telephone_number,
                    probation_office: row.pp_probation_office,
                    role_or_job_title: row.role_job_title,
                    establishment: row.pp_establishment,
                },
                risk: DraftRisk { redacted, free_text },
                state,
            })
        })
        .collect()
}
