//! Subject access over HTTP: who may ask, which answers have no body, and that nothing held of the person is left out.

use crate::stage::own_world;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

const CRN: &str = "X100003";
const PATH: &str = "/subject-access-request";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_without_a_crn_about_unknown_people_and_to_others() {
    let world = own_world().await;
    let sar = world.machine("sar").await;
    for (query, status) in [("", 209), ("?crn=", 209), ("?nomsId=A1234BC", 209), ("?crn=X999999", 204)] {
        let answer = sar.get(&format!("{PATH}{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (status, ""), "{query}");
    }
    let refused = sar.get(&format!("{PATH}?crn={CRN}&fromDate=31-01-2026")).await.expect(400);
    assert!(refused["message"].as_str().unwrap().contains("fromDate"), "{refused}");
    let template = sar.get(&format!("{PATH}/template")).await;
    assert_eq!(template.status.as_u16(), 200);
    assert!(template.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert!(template.text.contains("{{#referral}}"));
    for actor in [world.actor("PRACTITIONER_1").await, world.machine("case-list").await] {
        for path in [PATH.to_owned(), format!("{PATH}?crn={CRN}"), format!("{PATH}/template")] {
            actor.get(&path).await.expect(403);
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_days_of_a_range_count_and_every_request_is_recorded() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let sar = world.machine("sar").await;
    world.a_sent_referral(&practitioner, CRN).await;
    let mut db = world.database.store.connection().await.unwrap();
    sqlx::query("UPDATE referral SET created_at = '2026-03-02T23:59:59Z'").execute(&mut *db).await.unwrap();
    let held = async |range: &str| sar.get(&format!("{PATH}?crn={CRN}{range}")).await.status.as_u16();
    assert_eq!(held("&fromDate=2026-03-02&toDate=2026-03-02").await, 200);
    assert_eq!(held("&toDate=2026-03-02").await, 200);
    assert_eq!(held("&toDate=2026-03-01").await, 204);
    assert_eq!(held("&fromDate=2026-03-03").await, 204);
    assert_eq!(held("&fromDate=&toDate=").await, 200);
    let looks: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit_entry
         WHERE operation = 'getSubjectAccessData' AND subject_kind = 'case' AND subject_id = $1 AND actor_id = 'sar'",
    )
    .bind(CRN)
    .fetch_one(&mut *db)
    .await
    .unwrap();
    assert_eq!(looks, 5);
    drop(db);
    world.stop().await;
}

/// Personal columns that are not exported as they stand, each with the reason.
const NOT_EXPORTED: &[(&str, &str, &str)] = &[
    ("auth_user", "user_name", "names staff; shown where the contract names staff"),
    ("withdrawal_reason", "code", "a list of reasons, the same for everybody"),
    ("withdrawal_reason", "description", "a list of reasons, the same for everybody"),
    ("withdrawal_reason", "grouping", "a list of reasons, the same for everybody"),
    ("probation_practitioner_details", "ndelius_email_address", "how to reach a member of staff"),
    ("probation_practitioner_details", "ndelius_pp_telephone_number", "how to reach a member of staff"),
    ("probation_practitioner_details", "ndelius_pp_team_telephone_number", "how to reach a member of staff"),
    ("probation_practitioner_details", "email_address", "how to reach a member of staff"),
    ("probation_practitioner_details", "pp_telephone_number", "how to reach a member of staff"),
    ("probation_practitioner_details", "pp_team_telephone_number", "how to reach a member of staff"),
    ("draft_referral", "ndelius_pp_email_address", "how to reach a member of staff"),
    ("draft_referral", "ndelius_pp_telephone_number", "how to reach a member of staff"),
    ("draft_referral", "ndelius_pp_team_telephone_number", "how to reach a member of staff"),
    ("draft_referral", "pp_email_address", "how to reach a member of staff"),
    ("draft_referral", "pp_telephone_number", "how to reach a member of staff"),
    ("draft_referral", "pp_team_telephone_number", "how to reach a member of staff"),
];

/// Personal columns that hold one of a few values, or are what the person is found by: the key that tells them, and
/// what it says in this test.
fn told_by_key() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    vec![
        ("referral", "service_usercrn", "service_user_crn", json!(CRN)),
        ("draft_referral", "service_usercrn", "service_user_crn", json!(CRN)),
        ("referral", "withdrawal_reason_code", "withdrawal_reason_code", Value::Null),
        ("referral_location", "type", "type", json!("COMMUNITY")),
        ("draft_referral", "person_current_location_type", "person_current_location_type", json!("COMMUNITY")),
    ]
}

/// What the steps of a referral would have left behind, one row in each table that holds something personal.
const EVERY_ROW: &str = "
    INSERT INTO draft_oasys_risk_information (referral_id, updated_at, updated_by_source, updated_by_id)
    SELECT id, now(), created_by_source, created_by_id FROM draft_referral WHERE state = 'editing';
    INSERT INTO changelog (
        changelog_id, referral_id, topic, old_value, new_value, reason_for_change, changed_at, changed_by_source,
        changed_by_id
    )
    SELECT gen_random_uuid(), id, 'COMPLEXITY_LEVEL', '{}', '{}', '', now(), sent_by_source, sent_by_id FROM referral;
    INSERT INTO case_note (id, referral_id, subject, body, sent_at, sent_by_source, sent_by_id)
    SELECT gen_random_uuid(), id, '', '', now(), sent_by_source, sent_by_id FROM referral;
    INSERT INTO action_plan (id, referral_id, created_at, created_by_source, created_by_id)
    SELECT gen_random_uuid(), id, now(), sent_by_source, sent_by_id FROM referral;
    INSERT INTO action_plan_activity (id, action_plan_id, description, created_at)
    SELECT gen_random_uuid(), id, '', now() FROM action_plan;
    INSERT INTO end_of_service_report (id, referral_id, created_at, created_by_source, created_by_id)
    SELECT gen_random_uuid(), id, now(), sent_by_source, sent_by_id FROM referral;
    INSERT INTO end_of_service_report_outcome (end_of_service_report_id, desired_outcome_id, achievement_level)
    SELECT e.id, o.desired_outcome_id, 'ACHIEVED'
    FROM end_of_service_report e JOIN referral_desired_outcome o ON o.referral_id = e.referral_id;
    INSERT INTO delivery_session (id, referral_id, session_number) SELECT gen_random_uuid(), id, 1 FROM referral;
    INSERT INTO appointment (
        id, referral_id, slot_id, appointment_time, duration_in_minutes, created_at, created_by_source, created_by_id,
        booking_state, attended, attendance_submitted_at, session_feedback_submitted_at
    )
    SELECT gen_random_uuid(), r.id, s.id, now(), 30, now(), r.sent_by_source, r.sent_by_id, 'confirmed', 'YES', now(),
        now()
    FROM referral r JOIN delivery_session s ON s.referral_id = r.id;
    INSERT INTO delivery_session_appointment (delivery_session_id, appointment_id) SELECT slot_id, id FROM appointment;
    INSERT INTO appointment_delivery (appointment_id, appointment_delivery_type, appointment_session_type)
    SELECT id, 'IN_PERSON_MEETING_OTHER', 'ONE_TO_ONE' FROM appointment;
    INSERT INTO appointment_delivery_address (appointment_delivery_id, first_address_line, post_code)
    SELECT id, '', '' FROM appointment;
";

/// A value that is recognised in an export, to be written into a column of this type, and how the export shows it.
fn marker(data_type: &str, column: &str, number: usize) -> (String, String) {
    match data_type {
        "text" => (format!("'m{number}q'"), format!("m{number}q")),
        "ARRAY" => (format!("ARRAY['m{number}q']"), format!("m{number}q")),
        "jsonb" => (format!("'{{\"values\": [\"m{number}q\"]}}'"), format!("m{number}q")),
        "date" => {
            let day = jiff::civil::date(1990, 1, 1).checked_add(jiff::Span::new().days(i64::try_from(number).unwrap()));
            let day = day.unwrap();
            (format!("'{day}'"), format!("\"{}\"", day.strftime("%-d %B %Y")))
        }
        "boolean" => ("true".to_owned(), format!("\"{column}\":true")),
        other => panic!("say how {column}, which is {other}, is recognised in an export"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_personal_column_is_exported_or_left_out_for_a_reason() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let withdrawn = world.a_sent_referral(&practitioner, CRN).await;
    let reasons = practitioner.get("/referral-withdrawal-reasons").await.expect(200);
    let body = json!({ "code": reasons[0]["code"], "comments": "x", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    practitioner.post(&format!("/sent-referral/{withdrawn}/withdraw-referral"), body).await.expect(200);
    let ended = world.a_sent_referral(&practitioner, CRN).await;
    let reasons = practitioner.get("/referral-cancellation-reasons").await.expect(200);
    let body = json!({ "reasonCode": reasons[0]["code"], "comments": "x" });
    practitioner.post(&format!("/sent-referral/{ended}/end"), body).await.expect(200);
    world.a_complete_draft(&practitioner, CRN).await;
    // What is delivered in the meantime would write over the markers.
    world.settled(&withdrawn).await;
    world.settled(&ended).await;

    let mut db = world.database.store.connection().await.unwrap();
    sqlx::raw_sql(EVERY_ROW).execute(&mut *db).await.unwrap();
    let personal: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT m.table_name, m.column_name, c.data_type::text
         FROM metadata m
         JOIN information_schema.columns c ON c.table_name = m.table_name AND c.column_name = m.column_name
         WHERE m.sensitive AND m.domain_data AND c.table_schema = 'public'
         ORDER BY m.table_name, m.column_name",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let by_key = told_by_key();
    let mut expected = Vec::new();
    for (number, (table, column, data_type)) in personal.iter().enumerate() {
        let is = |known_table: &str, known_column: &str| known_table == table && known_column == column;
        if NOT_EXPORTED.iter().any(|(table, column, _)| is(table, column))
            || by_key.iter().any(|(table, column, _, _)| is(table, column))
        {
            continue;
        }
        let (written, shown) = marker(data_type, column, number);
        // A sent draft is emptied and stays so.
        let only = match table.as_str() {
            "draft_referral" => "WHERE state = 'editing'",
            _ => "",
        };
        let statement = format!("UPDATE {table} SET {column} = {written} {only}");
        let changed = sqlx::query(AssertSqlSafe(statement)).execute(&mut *db).await;
        let changed = changed.unwrap_or_else(|error| panic!("{table}.{column}: {error}")).rows_affected();
        assert!(changed > 0, "{table} has no row in this test");
        expected.push((table, column, shown));
    }
    drop(db);

    let answer = world.machine("sar").await.get(&format!("{PATH}?crn={CRN}")).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.body["content"]["referral"][0]["appointment"][0]["attended"], "yes", "lower case, as everywhere");
    let missing: Vec<_> = expected.iter().filter(|(_, _, shown)| !answer.text.contains(shown)).collect();
    assert!(missing.is_empty(), "held and not exported: {missing:?}");
    for (table, column, key, value) in &by_key {
        let text = if value.is_null() { format!("\"{key}\":\"") } else { format!("\"{key}\":{value}") };
        assert!(answer.text.contains(&text), "{table}.{column}");
    }
    world.stop().await;
}
