//! Rules that hold even when code is wrong: each statement breaks exactly one.

use domain::appointment::Slot;
use domain::{AppointmentId, Fact};
use store::referral;

use crate::db::try_execute;
use crate::sample::{self, id, proposal};

#[tokio::test]
async fn the_database_refuses_what_must_never_be() {
    let store = crate::db::store().await;
    let first = sample::stored(&store, 1).await;
    let second = sample::stored(&store, 2).await;
    let slot = Slot::Assessment(first.assessment.id);
    let mut work = store.begin().await.expect("a transaction");
    for (number, at) in [(11, 3), (12, 4)] {
        let proposed = Fact::AppointmentProposed {
            slot,
            appointment: Box::new(proposal(number, at, None)),
            reschedule_requested_by: None,
            rescheduled_reason: None,
        };
        referral::record(&mut work, &first, &proposed).await.expect("proposed");
    }
    let taken = Fact::AppointmentTaken { appointment: AppointmentId(id(11)), confirmed: Some(1) };
    referral::record(&mut work, &first, &taken).await.expect("taken");
    let sessions = Fact::SessionsMade(vec![(domain::DeliverySessionId(id(31)), 1)]);
    referral::record(&mut work, &first, &sessions).await.expect("made");
    work.commit().await.expect("committed");

    let (one, two, a, b) = (first.id, second.id, id(11), id(12));
    let by = "'delius', '2500001'";
    let category = first.selection.service_categories.first().expect("a category");
    let refused = [
        ("reference_number_pkey", format!("INSERT INTO reference_number VALUES ('KQ0001PE', '{}')", id(99))),
        ("reference_number_referral_id_key", format!("INSERT INTO reference_number VALUES ('KQ9999PE', '{one}')")),
        ("referral_reference_number_key", format!("UPDATE referral SET reference_number = 'KQ0002PE' WHERE id = '{one}'")),
        ("referral_reference_number_fkey", format!("UPDATE referral SET reference_number = 'KQ9999PE' WHERE id = '{one}'")),
        ("supplier_assessment_referral_id_key", format!("INSERT INTO supplier_assessment VALUES ('{}', '{one}')", id(98))),
        ("delivery_session_number_key", format!("INSERT INTO delivery_session VALUES ('{}', '{one}', 1)", id(97))),
        ("delivery_session_session_number_check", format!("INSERT INTO delivery_session VALUES ('{}', '{one}', 0)", id(97))),
        ("appointment_one_open_key", format!("UPDATE appointment SET booking_state = 'unconfirmed' WHERE id = '{b}'")),
        ("appointment_superseded_check", format!("UPDATE appointment SET superseded = true WHERE id = '{a}'")),
        ("appointment_superseded_check", format!("UPDATE appointment SET superseded_by_appointment_id = '{b}' WHERE id = '{a}'")),
        ("appointment_links_check", format!("UPDATE appointment SET superseded = true, superseded_by_appointment_id = id WHERE id = '{a}'")),
        ("appointment_links_check", format!("UPDATE appointment SET replaces_appointment_id = id WHERE id = '{a}'")),
        ("appointment_proposal_check", format!("UPDATE appointment SET superseded = true, superseded_by_appointment_id = '{a}' WHERE id = '{b}'")),
        ("appointment_booking_state_check", format!("UPDATE appointment SET booking_state = 'booked' WHERE id = '{a}'")),
        ("appointment_delius_id_check", format!("UPDATE appointment SET delius_appointment_id = 7 WHERE id = '{b}'")),
        ("appointment_attendance_check", format!("UPDATE appointment SET attended = 'YES' WHERE id = '{a}'")),
        ("appointment_submission_check", format!("UPDATE appointment SET appointment_feedback_submitted_at = now() WHERE id = '{a}'")),
        ("appointment_duration_in_minutes_check", format!("UPDATE appointment SET duration_in_minutes = 0 WHERE id = '{a}'")),
        ("appointment_delivery_office_check", format!("UPDATE appointment_delivery SET nps_office_code = 'CRS0001' WHERE appointment_id = '{a}'")),
        ("referral_details_current_key", format!("INSERT INTO referral_details (id, referral_id, created_at, created_by, reason_for_change) VALUES ('{}', '{one}', now(), 'x', '')", id(96))),
        ("referral_assignments_current_key", format!("INSERT INTO referral_assignments (referral_id, assigned_at, assigned_by_source, assigned_by_id, assigned_to_source, assigned_to_id) VALUES ('{one}', now(), {by}, {by}), ('{one}', now(), {by}, {by})")),
        ("referral_assignments_assigned_to_fkey", format!("INSERT INTO referral_assignments (referral_id, assigned_at, assigned_by_source, assigned_by_id, assigned_to_source, assigned_to_id) VALUES ('{one}', now(), {by}, 'auth', 'stranger')")),
        ("referral_end_request_check", format!("UPDATE referral SET withdrawal_reason_code = 'MOV' WHERE id = '{one}'")),
        ("referral_one_end_reason_check", format!("UPDATE referral SET end_requested_at = now(), end_requested_by_source = 'delius', end_requested_by_id = '2500001', withdrawal_reason_code = 'MOV', end_requested_reason_code = 'MOV' WHERE id = '{one}'")),
        ("referral_conclusion_check", format!("UPDATE referral SET concluded_state = 'COMPLETED' WHERE id = '{one}'")),
        ("referral_withdrawal_comments_check", format!("UPDATE referral SET end_requested_at = now(), end_requested_by_source = 'delius', end_requested_by_id = '2500001', withdrawal_comments = repeat('x', 2501) WHERE id = '{one}'")),
        ("referral_location_referral_id_key", format!("INSERT INTO referral_location (referral_id, type) VALUES ('{one}', 'COMMUNITY')")),
        ("probation_practitioner_details_referral_id_key", format!("INSERT INTO probation_practitioner_details (referral_id) VALUES ('{one}')")),
        ("referral_selected_service_category_pkey", format!("INSERT INTO referral_selected_service_category VALUES ('{one}', '{category}')")),
        ("referral_complexity_level_ids_category_fkey", format!("UPDATE referral_complexity_level_ids SET complexity_level_ids_key = '{}' WHERE referral_id = '{one}' AND complexity_level_ids_key = '{category}'", id(95))),
        ("end_of_service_report_referral_id_key", format!("INSERT INTO end_of_service_report (id, referral_id, created_at, created_by_source, created_by_id) VALUES ('{}', '{two}', now(), {by}), ('{}', '{two}', now(), {by})", id(94), id(93))),
        ("action_plan_approval_check", format!("INSERT INTO action_plan (id, referral_id, created_at, created_by_source, created_by_id, approved_at, approved_by_source, approved_by_id) VALUES ('{}', '{one}', now(), {by}, now(), {by})", id(92))),
        ("action_plan_number_of_sessions_check", format!("INSERT INTO action_plan (id, referral_id, created_at, created_by_source, created_by_id, number_of_sessions) VALUES ('{}', '{one}', now(), {by}, 0)", id(92))),
        ("dynamic_framework_contract_one_region_check", "UPDATE dynamic_framework_contract SET nps_region_id = NULL, pcc_region_id = NULL".to_owned()),
        ("dynamic_framework_contract_one_region_check", "UPDATE dynamic_framework_contract SET nps_region_id = 'A', pcc_region_id = 'durham'".to_owned()),
        ("intervention_dynamic_framework_contract_id_key", "UPDATE intervention SET dynamic_framework_contract_id = (SELECT id FROM dynamic_framework_contract LIMIT 1)".to_owned()),
        ("desired_outcome_filter_rule_desired_outcome_id_key", "INSERT INTO desired_outcome_filter_rule SELECT gen_random_uuid(), desired_outcome_id, 'EXCLUDE', match_type FROM desired_outcome_filter_rule LIMIT 1".to_owned()),
        ("auth_user_name_key", "INSERT INTO auth_user VALUES ('auth', 'new', 'PROVIDER_1')".to_owned()),
    ];
    for (constraint, statement) in refused {
        let mut work = store.begin().await.expect("a transaction");
        let refusal = match try_execute(&mut work, &statement).await {
            Ok(()) => panic!("{constraint} let this pass: {statement}"),
            Err(refusal) => store::StoreError::from(refusal),
        };
        assert!(refusal.is_conflict_with(constraint), "{statement}: {constraint} expected, got {refusal}");
    }
}

#[tokio::test]
async fn a_sent_draft_that_still_holds_answers_is_refused() {
    let store = crate::db::store().await;
    let made = sample::draft(&store, 1).await;
    let mut work = store.begin().await.expect("a transaction");
    store::draft::insert(&mut work, &made).await.expect("inserted");
    let refusal = try_execute(&mut work, "UPDATE draft_referral SET state = 'sent'").await.expect_err("refused");
    assert!(store::StoreError::from(refusal).is_conflict_with("draft_referral_emptied_check"));
}
