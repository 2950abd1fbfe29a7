//! `ETag` and `If-Match`: every answer about a draft, a referral or a part of one tells its version; a change that was
//! made for an older one is refused and writes nothing; whoever sends no header is answered as ever.

use domain::access::Operation;
use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Answer};

use crate::access::body;
use crate::idempotency::rows;
use crate::races::one_winner;
use crate::stage::{Whole, own_world, text};

const HEADER: &str = "If-Match";

/// How many act at once where one must win.
const RIVALS: usize = 6;

fn tag(answer: &Answer) -> Option<&str> {
    answer.headers.get("etag").map(|tag| tag.to_str().unwrap())
}

fn version(tag: &str) -> i64 {
    tag.trim_matches('"').parse().unwrap()
}

/// The version that a reader is told.
async fn told(actor: &Actor, path: &str) -> String {
    let answer = actor.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    tag(&answer).unwrap_or_else(|| panic!("{path} has no ETag")).to_owned()
}

/// Whether an answer is about the header.
fn is_about_it(answer: &Answer) -> bool {
    answer.body["message"].as_str().is_some_and(|message| message.contains(HEADER))
}

fn is_stale(answer: &Answer) -> bool {
    answer.status == 409 && is_about_it(answer)
}

/// Operations after which there is little left to do come last.
fn ends_something(operation: Operation) -> u8 {
    match operation {
        Operation::SubmitEndOfServiceReport => 1,
        Operation::WithdrawReferral | Operation::EndReferralLegacy => 2,
        Operation::SendDraftReferral => 3,
        _ => 0,
    }
}

fn valid_body(operation: Operation, whole: &Whole, cancellation: &Value) -> Value {
    match operation {
        Operation::WithdrawReferral => {
            json!({ "code": "MOV", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL" })
        }
        Operation::EndReferralLegacy => json!({ "reasonCode": cancellation }),
        Operation::UpdateReferralDetails => json!({ "reasonForChange": "It changed.", "furtherInformation": "More." }),
        Operation::PatchDraftReferral => json!({ "furtherInformation": "More." }),
        _ => body(operation, whole),
    }
}

/// A booking goes on after its answer: Delius's word on it is a version of its own.
fn books(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::ScheduleDeliverySession
            | Operation::ScheduleSupplierAssessment
            | Operation::ScheduleSupplierAssessmentLegacy
            | Operation::RescheduleSupplierAssessment
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_refused_for_an_older_version_and_made_for_the_present_one() {
    let world = &own_world().await;
    let practitioner = &world.actor("PRACTITIONER_1").await;
    let provider = &world.actor("PROVIDER_1").await;
    let whole = &Whole::of(world, practitioner, provider, "X100025").await;
    let draft = world.a_complete_draft(practitioner, "X100026").await;
    let reasons = practitioner.get("/referral-cancellation-reasons").await.expect(200);
    let mut changes: Vec<_> =
        api::ROUTES.iter().filter(|(method, _, operation)| api::takes_if_match(method, *operation)).collect();
    changes.sort_by_key(|(_, _, operation)| ends_something(*operation));
    let mut made = Vec::new();
    for (method, route, operation) in changes {
        let about = operation.as_str();
        let is_of_draft = route.starts_with("/draft-referral/");
        let (mut path, mut thing) = (whole.path(route), format!("/sent-referral/{}", whole.referral));
        if is_of_draft {
            path = path.replace(&whole.referral, &draft);
            thing = format!("/draft-referral/{draft}");
        }
        let body = valid_body(*operation, whole, &reasons[0]["code"]);
        let call = async |actor: &Actor, headers: &[(&str, &str)]| {
            actor.call_with(method.clone(), &path, headers, body.clone()).await
        };
        world.settled(&whole.referral).await;
        let present = told(practitioner, &thing).await;
        let before = rows(world).await;
        let mut changes_it = None;
        for actor in [practitioner, provider] {
            for stale in ["\"0\"", "\"never-given\", \"987654\"", &format!("W/{present}")] {
                let answer = call(actor, &[(HEADER, stale)]).await;
                assert!(!answer.status.is_success(), "{about} for {stale}: {}", answer.text);
                assert_eq!(tag(&answer), None, "{about}");
                if is_stale(&answer) {
                    assert_eq!((&answer.body["status"], &answer.body["error"]), (&json!(409), &json!("Conflict")));
                    assert!(text(&answer.body["message"]).contains("read it again"), "{about}: {}", answer.text);
                    changes_it = Some(actor);
                }
            }
        }
        let actor = changes_it.unwrap_or_else(|| panic!("{about} was never refused for its version"));
        for malformed in ["7", "\"7", "*, \"7\"", ","] {
            let message = call(actor, &[(HEADER, malformed)]).await.expect(400)["message"].clone();
            assert!(text(&message).contains(HEADER), "{about} for {malformed}: {message}");
        }
        assert_eq!((told(practitioner, &thing).await, rows(world).await), (present.clone(), before), "{about}");

        let fitting = format!("\"never-given\", {present}");
        let with_key = [(HEADER, &*fitting), ("Idempotency-Key", about)];
        let first = call(actor, &with_key).await;
        assert!(!is_about_it(&first), "{about}: {}", first.text);
        if first.status.is_success() {
            made.push(about);
            let shown = tag(&first).unwrap_or_else(|| panic!("{about} answers without ETag")).to_owned();
            if *operation == Operation::SendDraftReferral {
                let read = practitioner.get(&thing).await;
                assert_eq!((read.status.as_u16(), tag(&read)), (200, None), "a draft that was sent");
                thing = format!("/sent-referral/{draft}");
                world.settled(&draft).await;
            }
            world.settled(&whole.referral).await;
            let now = told(practitioner, &thing).await;
            assert!(now == shown || books(*operation), "{about} told {shown}, and then it is {now}");
            if *method == Method::POST {
                let again = call(actor, &with_key).await;
                assert_eq!((again.status, &again.text), (first.status, &first.text), "{about}");
                assert_eq!(tag(&again), Some(&*shown), "{about}");
                assert_eq!(told(practitioner, &thing).await, now, "{about}");
            }
        }
        for headers in [&[][..], &[(HEADER, "*")]] {
            let answer = call(actor, headers).await;
            assert!(!is_about_it(&answer) && !answer.status.is_server_error(), "{about}: {}", answer.text);
            assert_eq!(tag(&answer).is_some(), answer.status.is_success(), "{about}");
        }
    }
    assert!(made.len() >= 20, "only {made:?} were made");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_referral_is_read_with_the_referral_s_version() {
    let world = &own_world().await;
    let practitioner = &world.actor("PRACTITIONER_1").await;
    let provider = &world.actor("PROVIDER_1").await;
    let whole = &Whole::of(world, practitioner, provider, "X100027").await;
    world.settled(&whole.referral).await;
    let present = told(practitioner, &format!("/sent-referral/{}", whole.referral)).await;
    let mut read = 0;
    for (method, route, operation) in api::ROUTES {
        if *method != Method::GET || route.starts_with("/draft-referral/") {
            continue;
        }
        // What a reading is asked with is left aside, whatever it holds.
        let answer = practitioner.call_with(Method::GET, &whole.path(route), &[(HEADER, "7")], json!({})).await;
        let versioned = api::is_versioned(*operation);
        assert!(!versioned || answer.status == 200, "{operation}: {}", answer.text);
        assert_eq!(tag(&answer), versioned.then_some(&*present), "{operation}");
        read += usize::from(versioned);
    }
    assert_eq!(read, 9);

    let draft = format!("/draft-referral/{}", world.a_complete_draft(practitioner, "X100028").await);
    let risk = format!("{draft}/oasys-risk-information");
    let redacted = practitioner.patch(&risk, json!({ "riskSummaryWhoIsAtRisk": "Nobody." })).await;
    let present = told(practitioner, &draft).await;
    assert_eq!((tag(&redacted), &*told(practitioner, &risk).await), (Some(&*present), &*present));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_for_one_version_one_is_made() {
    let world = own_world().await;
    let practitioner = &world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(practitioner, "X100029").await;
    world.settled(&referral).await;
    let read = format!("/sent-referral/{referral}");
    let amend = format!("{read}/amend-probation-practitioner-name");
    let draft = format!("/draft-referral/{}", world.a_complete_draft(practitioner, "X100029").await);
    for round in 0..3 {
        let present = told(practitioner, &draft).await;
        let headers = [(HEADER, &*present)];
        let words = |n: usize| json!({ "furtherInformation": format!("words {round} of {n}") });
        let answers = (0..RIVALS).map(|n| practitioner.call_with(Method::PATCH, &draft, &headers, words(n)));
        let won = one_winner(join_all(answers).await, 409);
        assert_eq!(practitioner.get(&draft).await.expect(200)["furtherInformation"], won["furtherInformation"]);

        let present = told(practitioner, &read).await;
        let headers = [(HEADER, &*present)];
        let name = |n: usize| json!({ "ppName": format!("Name {round} of {n}") });
        let answers = (0..RIVALS).map(|n| practitioner.call_with(Method::POST, &amend, &headers, name(n)));
        one_winner(join_all(answers).await, 409);
        let changes = practitioner.get(&format!("{read}/change-log")).await.expect(200);
        let names =
            changes.as_array().unwrap().iter().filter(|change| change["topic"] == "PROBATION_PRACTITIONER_NAME");
        assert_eq!(names.count(), round + 1, "{changes:#}");

        // The same request several times over is one change, and nobody is told that they came too late.
        let present = told(practitioner, &read).await;
        let key = format!("round {round}").replace(' ', "-");
        let headers = [(HEADER, &*present), ("Idempotency-Key", &*key)];
        let details = json!({ "reasonForChange": "Once.", "furtherInformation": key });
        let path = format!("{read}/referral-details");
        let answers = (0..RIVALS).map(|_| practitioner.call_with(Method::POST, &path, &headers, details.clone()));
        for answer in join_all(answers).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        assert_eq!(version(&told(practitioner, &read).await), version(&present) + 1);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_being_sent_is_sent_again_for_the_version_that_was_read() {
    let world = own_world().await;
    let practitioner = &world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(practitioner, "X100030").await;
    let (read, send) = (format!("/draft-referral/{draft}"), format!("/draft-referral/{draft}/send"));
    let earlier = told(practitioner, &read).await;
    practitioner.patch(&read, json!({ "furtherInformation": "Later words." })).await.expect(200);
    let present = told(practitioner, &read).await;
    let send_for = async |tag: &str| practitioner.call_with(Method::POST, &send, &[(HEADER, tag)], json!({})).await;
    assert!(is_stale(&send_for(&earlier).await));
    world.fault(json!({ "system": "arns", "fault": "down" })).await;
    let failed = send_for(&present).await;
    assert!(failed.status.is_server_error(), "{}", failed.text);
    world.heal().await;
    assert!(is_stale(&send_for(&earlier).await), "it does not say what was read then");
    world
        .eventually("the risk system is trusted again", async || {
            let answer = send_for(&present).await;
            assert!(!is_stale(&answer), "{}", answer.text);
            (answer.status == 201).then_some(())
        })
        .await;
    world.settled(&draft).await;
    assert_eq!(world.activities("X100030", &draft).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_made_for_the_version_that_was_read() {
    let world = own_world().await;
    let practitioner = &world.actor("PRACTITIONER_1").await;
    let provider = &world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(practitioner, "X100031").await;
    world.settled(&referral).await;
    let assessment = format!("/sent-referral/{referral}/supplier-assessment");
    let id = text(&provider.get(&assessment).await.expect(200)["id"]);
    let book = format!("/supplier-assessment/{id}/schedule-appointment");
    let earlier = told(provider, &assessment).await;
    let booking = |hours: i64| testkit::a_booking(testkit::soon() + SignedDuration::from_hours(hours));
    let book_for =
        async |tag: &str, hours: i64| provider.call_with(Method::PUT, &book, &[(HEADER, tag)], booking(hours)).await;
    let first = book_for(&earlier, 30).await;
    assert!(first.status == 200 && version(tag(&first).unwrap()) > version(&earlier), "{}", first.text);
    world.settled(&referral).await;
    assert!(is_stale(&book_for(&earlier, 60).await));
    let held = provider.get(&assessment).await.expect(200);
    assert_eq!(
        (held["appointments"].as_array().map(Vec::len), &held["currentAppointmentId"]),
        (Some(1), &first.body["id"])
    );
    let moved = book_for(&told(provider, &assessment).await, 60).await;
    assert!(moved.status == 200 && moved.body["id"] != first.body["id"], "{}", moved.text);
    world.settled(&referral).await;
    assert_eq!(world.contacts("X100031", &text(&moved.body["id"])).await.len(), 1);
    world.stop().await;
}
