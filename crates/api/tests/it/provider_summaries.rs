//! The older lists that come whole: the provider's dashboards, and the list of referrals.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::Actor;

use crate::stage::own_world;

const ALL: &str = "/sent-referrals/summary/service-provider";

async fn listed(actor: &Actor, dashboard: &str) -> Vec<String> {
    let path = if dashboard.is_empty() { ALL.to_owned() } else { format!("{ALL}?dashboardType={dashboard}") };
    ids(&actor.get(&path).await.expect(200), "referralId")
}

fn ids(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

async fn withdraw(practitioner: &Actor, referral: &str, state: &str) {
    let reasons = practitioner.get("/referral-withdrawal-reasons").await.expect(200);
    let body = json!({
        "code": reasons[0]["code"], "comments": "Moved away.", "withdrawalState": state,
    });
    practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dashboard_of_a_provider_shows_its_referrals() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let (one, two) = (world.actor("PROVIDER_1").await, world.actor("PROVIDER_2").await);
    let mine = world.a_sent_referral(&practitioner, "X100003").await;
    let theirs = world.a_sent_referral(&practitioner, "X100004").await;
    let nobodys = world.a_sent_referral(&practitioner, "X100005").await;
    let cancelled = world.a_sent_referral(&practitioner, "X100006").await;
    world.assign(&one, &mine).await;
    world.assign(&two, &theirs).await;
    withdraw(&practitioner, &cancelled, "PRE_ICA_WITHDRAWAL").await;

    let rows = one.get(ALL).await.expect(200);
    let keys: BTreeSet<&str> = rows[0].as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = "referralId sentAt referenceNumber interventionTitle assignedToUserName serviceUserFirstName \
                  serviceUserLastName hasEndOfServiceReport endOfServiceReportSubmitted";
    assert_eq!(keys, wanted.split_whitespace().collect());
    assert_eq!(
        (&rows[0]["assignedToUserName"], &rows[0]["serviceUserLastName"]),
        (&json!("PROVIDER_1"), &json!("Rivers"))
    );
    // Ended before anything was done: on no list of the provider's.
    assert_eq!(listed(&one, "").await, [&*mine, &theirs, &nobodys]);
    assert_eq!(listed(&one, "OpenCases").await, [&*mine, &theirs, &nobodys]);
    assert_eq!(listed(&one, "MyCases").await, [&*mine]);
    assert_eq!(listed(&two, "MyCases").await, [&*theirs]);
    assert_eq!(listed(&one, "UnassignedCases").await, [&*nobodys]);
    assert_eq!(listed(&one, "CompletedCases").await, Vec::<String>::new());
    assert_eq!(listed(&world.actor("PROVIDER_9").await, "").await, Vec::<String>::new());

    // Ended after the assessment was held: concluded, and shown.
    world.hold_assessment(&one, &mine).await;
    withdraw(&practitioner, &mine, "POST_ICA_WITHDRAWAL").await;
    assert_eq!(listed(&one, "CompletedCases").await, [&*mine]);
    assert_eq!(listed(&one, "OpenCases").await, [&*theirs, &nobodys]);
    assert_eq!(listed(&one, "").await, [&*mine, &theirs, &nobodys]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_that_are_none_are_illegal_arguments_and_practitioners_have_none() {
    let world = own_world().await;
    let provider = world.actor("PROVIDER_1").await;
    for name in ["CancelledCases", "myCases"] {
        let refused = provider.get(&format!("{ALL}?dashboardType={name}")).await.expect(400);
        assert_eq!(refused["error"], "Illegal argument provided");
        assert!(refused["userMessage"].is_string(), "{refused}");
    }
    world.actor("PRACTITIONER_1").await.get(ALL).await.expect(403);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_list_answers_as_reading_one_by_one_does_and_records_every_look() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let first = world.a_sent_referral(&practitioner, "X100003").await;
    let second = world.a_sent_referral(&practitioner, "X100004").await;
    world.assign(&provider, &first).await;
    world.hold_assessment(&provider, &first).await;
    world.submit_plan(&provider, &first, 1).await;
    for actor in [&practitioner, &provider] {
        let list = actor.get("/sent-referrals").await.expect(200);
        assert_eq!(ids(&list, "id"), [&*second, &first]);
        for (one, id) in list.as_array().unwrap().iter().zip([&second, &first]) {
            assert_eq!(*one, actor.get(&format!("/sent-referral/{id}")).await.expect(200));
        }
    }
    assert_eq!(ids(&provider.get("/sent-referrals?unassigned=true").await.expect(200), "id"), [&*second]);
    provider.get("/sent-referrals?unassigned=perhaps").await.expect(400);
    assert_eq!(world.actor("PROVIDER_9").await.get("/sent-referrals").await.expect(200), json!([]));

    let mut db = world.database.store.connection().await.unwrap();
    let looks: Vec<String> = sqlx::query_scalar(
        "SELECT subject_id FROM audit_entry WHERE operation = 'listSentReferralsLegacy' AND subject_kind = 'referral'",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let count = |id: &str| looks.iter().filter(|look| *look == id).count();
    assert_eq!((count(&first), count(&second)), (2, 3));
    drop(db);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_notes_are_sorted_by_what_a_note_has_and_by_nothing_else() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    for (author, subject, body) in [(&provider, "b", "1"), (&practitioner, "c", "2"), (&practitioner, "a", "3")] {
        let note = json!({ "referralId": referral, "subject": subject, "body": body, "sendEmail": false });
        author.post("/case-note", note).await.expect(200);
    }
    let sorted = async |sort: &str| -> String {
        let page = provider.get(&format!("/sent-referral/{referral}/case-notes?sort={sort}")).await.expect(200);
        page["content"].as_array().unwrap().iter().map(|note| note["body"].as_str().unwrap()).collect()
    };
    assert_eq!(sorted("").await, "123");
    assert_eq!(sorted("sentAt,DESC").await, "321");
    assert_eq!(sorted("subject").await, "312");
    assert_eq!(sorted("body,DESC").await, "321");
    assert_eq!(sorted("sentBy,DESC&sort=subject,ASC").await, "132");
    let refused = provider.get(&format!("/sent-referral/{referral}/case-notes?sort=colour,ASC")).await.expect(400);
    assert_eq!(refused["error"], "invalid parameter");
    assert!(refused["message"].as_str().unwrap().contains("colour"), "{refused}");
    world.stop().await;
}
