//! `Idempotency-Key`: a request that is sent again with its key is carried out once and answered as it was the first
//! time, whoever else uses the same key, however many come at once, and wherever the first one was cut off.

use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use testkit::{Actor, Answer, World};

use crate::access::body;
use crate::stage::{Whole, own_world, text};

const HEADER: &str = "Idempotency-Key";

/// How often two are sent at once.
const ROUNDS: usize = 12;

async fn post(actor: &Actor, path: &str, key: &str, body: &Value) -> Answer {
    actor.post_with(path, (HEADER, key), body.clone()).await
}

async fn execute(world: &World, statement: &str) {
    let mut db = world.database.store.connection().await.unwrap();
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *db).await.unwrap();
}

/// How many rows each table holds that a request can add to; looks are recorded each time.
pub(crate) async fn rows(world: &World) -> Vec<i64> {
    let mut db = world.database.store.connection().await.unwrap();
    let mut counts = Vec::new();
    for table in [
        "draft_referral",
        "referral",
        "referral_details",
        "action_plan",
        "case_note",
        "appointment",
        "effect",
        "changelog",
        "end_of_service_report",
        "idempotency_key",
    ] {
        let count = sqlx::query_scalar::<_, i64>(AssertSqlSafe(format!("SELECT count(*) FROM {table}")));
        counts.push(count.fetch_one(&mut *db).await.unwrap());
    }
    counts
}

fn note(referral: &str, words: &str) -> Value {
    json!({ "referralId": referral, "subject": "A note", "body": words })
}

async fn notes(actor: &Actor, referral: &str) -> u64 {
    let page = actor.get(&format!("/sent-referral/{referral}/case-notes?size=100")).await.expect(200);
    page["totalElements"].as_u64().unwrap()
}

#[track_caller]
fn assert_same(again: &Answer, first: &Answer, about: &str) {
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{about}");
    for header in ["location", "content-type"] {
        assert_eq!(again.headers.get(header), first.headers.get(header), "{about}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_post_takes_a_key_and_is_carried_out_once() {
    let world = &own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let whole = Whole::of(world, &practitioner, &provider, "X100012").await;
    let mut carried_out = 0;
    for (method, route, operation) in api::ROUTES {
        if *method != Method::POST {
            continue;
        }
        let (path, body) = (whole.path(route), body(*operation, &whole));
        for actor in [&practitioner, &provider] {
            let refused = post(actor, &path, &"x".repeat(256), &body).await;
            let message = refused.expect(400)["message"].clone();
            assert!(text(&message).contains(HEADER), "{operation}: {message}");

            let key = format!("{operation}-of-somebody");
            let first = post(actor, &path, &key, &body).await;
            world.settled(&whole.referral).await;
            let before = rows(world).await;
            let again = post(actor, &path, &key, &body).await;
            world.settled(&whole.referral).await;
            assert_same(&again, &first, operation.as_str());
            assert_eq!(rows(world).await, before, "{operation}");
            let changes = operation.as_str() != "registerCurrentUser";
            if first.status.is_success() && changes {
                carried_out += 1;
                let other = post(actor, &path, &key, &json!({ "other": true })).await;
                assert!(text(&other.expect(422)["message"]).contains(HEADER), "{operation}");
                // Cut off before the answer was kept: it is made anew from what there is.
                execute(world, "UPDATE idempotency_key SET answer = NULL").await;
                let rebuilt = post(actor, &path, &key, &body).await;
                assert_eq!(rebuilt.status, first.status, "{operation}: {}", rebuilt.text);
                assert_eq!(rebuilt.headers.get("location"), first.headers.get("location"), "{operation}");
                assert_eq!(rebuilt.body["id"], first.body["id"], "{operation}");
                assert_eq!(rows(world).await, before, "{operation}");
            }
        }
    }
    assert!(carried_out >= 15, "only {carried_out} were carried out");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_have_one_effect() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100013").await;
    let body = note(&referral, "Some words.");
    for round in 0..ROUNDS {
        let key = format!("round-{round}");
        let answers = join_all((0..3).map(|_| post(&practitioner, "/case-note", &key, &body))).await;
        let ids: Vec<String> = answers.into_iter().map(|answer| text(&answer.expect(200)["id"])).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(notes(&practitioner, &referral).await, u64::try_from(round).unwrap() + 1);
    }
    for crn in ["X100014", "X100015", "X100016"] {
        let draft = world.a_complete_draft(&practitioner, crn).await;
        let path = format!("/draft-referral/{draft}/send");
        let nothing = json!({});
        let answers = join_all((0..3).map(|_| post(&practitioner, &path, &draft, &nothing))).await;
        let again = post(&practitioner, &path, &draft, &json!({})).await.expect(201);
        // One that came while another was on its way may be told to come again.
        let told = answers.into_iter().filter(|answer| answer.status != 409);
        assert!(
            told.map(|answer| answer.expect(201)["referenceNumber"].clone()).all(|n| n == again["referenceNumber"])
        );
        world.settled(&draft).await;
        assert_eq!(world.activities(crn, &draft).await.len(), 1);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_failed_is_carried_out_when_it_is_repeated() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(&practitioner, "X100020").await;
    let path = format!("/draft-referral/{draft}/send");
    world.fault(json!({ "system": "arns", "fault": "down" })).await;
    let failed = post(&practitioner, &path, "k", &json!({})).await;
    assert!(failed.status.is_server_error(), "{}", failed.text);
    world.heal().await;
    // The risk system stores what it is given, and its answer is lost: what happens when we die at that moment.
    world.fault(json!({ "system": "arns", "method": "POST", "fault": "drop_after_commit", "times": 1 })).await;
    let cut_off = post(&practitioner, &path, "k", &json!({})).await;
    assert!(cut_off.status.is_server_error(), "{}", cut_off.text);
    let sent = world
        .eventually("the risk system is trusted again", async || {
            let answer = post(&practitioner, &path, "k", &json!({})).await;
            (answer.status == 201).then_some(answer)
        })
        .await;
    let again = post(&practitioner, &path, "k", &json!({})).await;
    assert_same(&again, &sent, "sending");
    world.settled(&draft).await;
    assert_eq!(world.activities("X100020", &draft).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_each_user_s_own_last_a_day_and_open_nothing_that_was_closed() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let crn = "X100021";
    let referral = world.a_sent_referral(&practitioner, crn).await;
    let body = note(&referral, "Some words that only the two sides may read.");
    let mine = post(&practitioner, "/case-note", "one", &body).await.expect(200);
    let theirs = post(&provider, "/case-note", "one", &body).await.expect(200);
    assert_ne!(mine["id"], theirs["id"]);
    let other_path = format!("/sent-referral/{referral}/amend-probation-practitioner-name");
    post(&practitioner, &other_path, "one", &body).await.expect(422);
    let held = world.database.rows_containing("only the two sides").await;
    assert_eq!(held, ["case_note"], "kept answers are sealed");

    execute(&world, "UPDATE idempotency_key SET created_at = created_at - interval '24 hours'").await;
    let later = post(&practitioner, "/case-note", "one", &body).await.expect(200);
    assert_ne!(later["id"], mine["id"]);
    assert_eq!(notes(&practitioner, &referral).await, 3);
    assert_eq!(app::idempotency::forget_expired(&world.app).await.unwrap(), 1, "the provider's");

    let limit = json!({ "crn": crn, "username": "PRACTITIONER_1", "message": "Ask the manager." });
    world.control("delius/exclude", limit).await;
    let fresh = world.actor("PRACTITIONER_1").await;
    let refused = post(&fresh, "/case-note", "one", &body).await.expect(403);
    assert_eq!(refused["accessErrors"], json!(["Ask the manager."]));
    post(&practitioner.with_token("not.a.token"), "/case-note", "one", &body).await.expect(401);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_is_repeated_is_one_booking() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100022").await;
    world.book_assessment(&provider, &referral, testkit::soon()).await;
    let path = format!("/referral/{referral}/supplier-assessment");
    let missed = json!({ "attended": "no", "didSessionHappen": false });
    world
        .eventually("the assessment has begun", async || {
            let recorded = provider.put(&format!("{path}/record-attendance"), missed.clone()).await;
            recorded.status.is_success().then_some(())
        })
        .await;
    provider.post(&format!("{path}/submit-feedback"), json!({})).await.expect(200);
    let booking = testkit::a_booking(testkit::soon() + SignedDuration::from_hours(30));
    let answers = join_all((0..3).map(|_| post(&provider, &path, "book", &booking))).await;
    let ids: Vec<String> = answers.into_iter().map(|answer| text(&answer.expect(200)["id"])).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    execute(&world, "UPDATE idempotency_key SET answer = NULL").await;
    assert_eq!(post(&provider, &path, "book", &booking).await.expect(200)["id"], ids[0].as_str());
    world.settled(&referral).await;
    assert_eq!(world.contacts("X100022", &ids[0]).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_a_key_ask_nothing_about_keys() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100023").await;
    execute(&world, "ALTER TABLE idempotency_key RENAME TO nobody_asks").await;
    let body = note(&referral, "Some words.");
    for _ in 0..2 {
        practitioner.post("/case-note", body.clone()).await.expect(200);
    }
    assert_eq!(notes(&practitioner, &referral).await, 2);
    world.a_sent_referral(&practitioner, "X100024").await;
    post(&practitioner, "/case-note", "k", &body).await.expect(500);
    world.stop().await;
}
