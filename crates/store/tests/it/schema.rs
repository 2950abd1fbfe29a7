//! The schema agrees with the domain: closed sets, the data dictionary, indexes of foreign keys.

use domain::amendment::Topic;
use domain::appointment::{DeliveryType, SessionType};
use domain::catalogue::{Complexity, OutcomeRule};
use domain::collection::{Choice, DiscrepancyKind};
use domain::effect::System;
use domain::end_of_service_report::AchievementLevel;
use domain::ending::{ConcludedState, ReferralStatus, WithdrawalState};
use domain::feedback::{Attended, NoSessionReason};
use domain::job::{JobName, JobOutcome};
use domain::referral::LocationType;
use store::circuit::CircuitState;
use store::collection::CollectionState;
use store::import::ImportSubject;
use store::outbox::EffectState;

fn texts<T: Copy>(all: &[T], text: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|member| text(*member)).collect()
}

/// The quoted texts of a check constraint, in order.
fn quoted(definition: &str) -> Vec<&str> {
    definition.split('\'').skip(1).step_by(2).collect()
}

#[tokio::test]
async fn closed_sets_of_the_database_are_those_of_the_domain() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let location = texts(LocationType::ALL, LocationType::as_str);
    let sets = [
        ("appointment_attended_check", texts(Attended::ALL, Attended::as_str)),
        ("appointment_no_session_reason_type_check", texts(NoSessionReason::ALL, NoSessionReason::as_str)),
        ("appointment_delivery_appointment_delivery_type_check", texts(DeliveryType::ALL, DeliveryType::as_str)),
        ("appointment_delivery_appointment_session_type_check", texts(SessionType::ALL, SessionType::as_str)),
        ("changelog_topic_check", texts(Topic::ALL, Topic::as_str)),
        ("circuit_state_check", CircuitState::NAMES.to_vec()),
        ("collection_choice_choice_check", texts(Choice::ALL, Choice::as_str)),
        ("collection_state_check", texts(CollectionState::ALL, CollectionState::as_str)),
        ("complexity_level_complexity_check", texts(Complexity::ALL, Complexity::as_str)),
        ("desired_outcome_filter_rule_rule_type_check", texts(OutcomeRule::ALL, OutcomeRule::as_str)),
        ("discrepancy_kind_check", texts(DiscrepancyKind::ALL, DiscrepancyKind::as_str)),
        ("draft_referral_person_current_location_type_check", location.clone()),
        ("effect_state_check", texts(EffectState::ALL, EffectState::as_str)),
        ("effect_system_check", texts(System::ALL, System::as_str)),
        (
            "end_of_service_report_outcome_achievement_level_check",
            texts(AchievementLevel::ALL, AchievementLevel::as_str),
        ),
        ("import_run_subject_check", texts(ImportSubject::ALL, ImportSubject::as_str)),
        ("job_run_job_check", texts(JobName::ALL, JobName::as_str)),
        ("job_run_outcome_check", texts(JobOutcome::ALL, JobOutcome::as_str)),
        ("referral_concluded_state_check", texts(ConcludedState::ALL, ConcludedState::as_str)),
        ("referral_location_type_check", location),
        ("referral_status_check", texts(ReferralStatus::ALL, ReferralStatus::as_str)),
        ("referral_withdrawal_state_check", texts(WithdrawalState::ALL, WithdrawalState::as_str)),
    ];
    for (name, mut members) in sets {
        let definition: String =
            sqlx::query_scalar("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1")
                .bind(name)
                .fetch_optional(&mut *db)
                .await
                .expect("read")
                .unwrap_or_else(|| panic!("no constraint {name}"));
        let mut stored = quoted(&definition);
        stored.sort_unstable();
        members.sort_unstable();
        assert_eq!(stored, members, "{name}");
    }
}

/// What a query finds wrong; each row names one thing.
async fn findings(query: &'static str) -> Vec<String> {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    sqlx::query_scalar(query).fetch_all(&mut *db).await.expect("the catalogue answers")
}

#[tokio::test]
async fn every_table_and_column_is_described_and_classified() {
    let undescribed = findings(
        "SELECT c.table_name || '.' || c.column_name
         FROM information_schema.columns c
         LEFT JOIN metadata m ON m.table_name = c.table_name AND m.column_name = c.column_name
         WHERE c.table_schema = 'public' AND c.table_name <> '_sqlx_migrations'
            AND (m.table_name IS NULL
                OR col_description(c.table_name::regclass, c.ordinal_position) IS NULL
                OR obj_description(c.table_name::regclass) IS NULL)",
    )
    .await;
    assert_eq!(undescribed, Vec::<String>::new());
}

#[tokio::test]
async fn columns_that_hold_what_people_wrote_or_are_called_are_sensitive() {
    let open = findings(
        "SELECT table_name || '.' || column_name
         FROM metadata
         WHERE NOT sensitive
            AND (column_name ~ '(crn|dob|first_name|last_name|comments|email_address|telephone|_risk)$'
                OR (table_name, column_name) IN (
                    ('changelog', 'old_value'), ('changelog', 'new_value'), ('changelog', 'reason_for_change'),
                    ('auth_user', 'user_name'), ('case_note', 'body'), ('effect', 'payload')
                )
                OR table_name = 'appointment_delivery_address' AND column_name <> 'appointment_delivery_id')",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn every_foreign_key_leads_an_index() {
    let unindexed = findings(
        "SELECT k.conrelid::regclass::text || ' ' || k.conname
         FROM pg_constraint k
         WHERE k.contype = 'f'
            AND NOT EXISTS (
                SELECT
                FROM pg_index i
                WHERE i.indrelid = k.conrelid
                    AND (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
            )",
    )
    .await;
    assert_eq!(unindexed, Vec::<String>::new());
}

#[tokio::test]
async fn migrations_and_reference_data_may_be_applied_again() {
    let store = crate::db::store().await;
    store.migrate().await.expect("nothing to do");
    let mut work = store.begin().await.expect("a transaction");
    store::reference::load(&mut work).await.expect("nothing changes");
    store::catalogue::load_demo(&mut work).await.expect("nothing changes");
}

#[tokio::test]
async fn unfinished_and_finished_effects_have_the_same_columns() {
    let apart = findings(
        "SELECT column_name || ' ' || data_type
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name IN ('effect', 'effect_finished', 'every_effect')
         GROUP BY column_name, data_type
         HAVING count(*) <> 3",
    )
    .await;
    assert_eq!(apart, Vec::<String>::new());
}
