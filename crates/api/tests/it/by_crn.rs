//! What other systems ask about a case by its reference number, and what the prison system says.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::World;

use crate::stage::own_world;

const CRN: &str = "X100003";

/// Who looked at what about a case, by operation.
async fn looks_at_case(world: &World, crn: &str) -> Vec<(String, String)> {
    let mut db = world.database.store.connection().await.unwrap();
    sqlx::query_as(
        "SELECT operation, actor_id FROM audit_entry WHERE subject_kind = 'case' AND subject_id = $1 ORDER BY id",
    )
    .bind(crn)
    .fetch_all(&mut *db)
    .await
    .unwrap()
}

/// How often the sandbox was asked, by path, since its requests were last counted.
async fn asked(world: &World, system: &str, part: &str) -> usize {
    let requests = world.look(&format!("requests?system={system}")).await;
    requests.as_array().unwrap().iter().filter(|request| request["path"].as_str().unwrap().contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_referrals_of_a_case_are_listed_with_names_as_they_are_now() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let reader = world.machine("case-list").await;
    let first = world.a_sent_referral(&practitioner, CRN).await;
    let second = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &second).await;
    world.settled(&first).await;
    world.settled(&second).await;
    let before = (
        asked(&world, "delius", "responsible-officer").await,
        asked(&world, "delius", "/users/PRACTITIONER_1/details").await,
    );

    let answer = reader.get(&format!("/probation-case/{CRN}/referral")).await;
    let read = format!("/probation-case/{CRN}/referral");
    assert_eq!(answer.headers["location"], format!("{}{read}{read}", world.api_url), "as its readers know it");
    let listed = answer.expect(201);
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [first.as_str(), second.as_str()]);
    let keys: BTreeSet<&str> = listed[0].as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = "id referenceNumber serviceCategories contractType referralCreatedAt referralSentAt \
                  referralConcludedAt interventionTitle referringOfficer responsibleOfficer serviceProviderUser \
                  serviceProviderLocation serviceProviderName isDraft";
    assert_eq!(keys, wanted.split_whitespace().collect());
    assert_eq!(listed[0]["referringOfficer"], "Maya Thornbury");
    assert!(listed[0]["responsibleOfficer"].is_string(), "{listed}");
    assert_eq!(listed[0]["serviceProviderUser"], Value::Null);
    assert_eq!(listed[1]["serviceProviderUser"], "Dev Marchmont");
    assert_eq!(listed[1]["serviceCategories"], json!(["Accommodation"]));
    assert_eq!(listed[1]["serviceProviderName"], "Harbour Trust");
    assert_eq!(listed[1]["isDraft"], false);
    assert!(listed[1]["serviceProviderLocation"].is_string(), "{listed}");

    // Two referrals by one practitioner on one case: one question each, not two.
    let after = (
        asked(&world, "delius", "responsible-officer").await,
        asked(&world, "delius", "/users/PRACTITIONER_1/details").await,
    );
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_answered_without_names_while_other_systems_are_down() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let reader = world.machine("case-list").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    world.settled(&referral).await;
    for system in ["delius", "manage-users"] {
        world.fault(json!({ "system": system, "fault": "down" })).await;
    }
    let listed = reader.get(&format!("/probation-case/{CRN}/referral")).await.expect(201);
    assert_eq!(listed[0]["id"], referral);
    assert_eq!(listed[0]["referringOfficer"], "PRACTITIONER_1");
    assert_eq!((&listed[0]["responsibleOfficer"], &listed[0]["serviceProviderUser"]), (&Value::Null, &Value::Null));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_case_say_where_they_take_place_and_the_assessment_does_not() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let reader = world.machine("case-list").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    let assessment = world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 2).await;
    let mut at_the_quay = testkit::a_booking(testkit::soon());
    at_the_quay["appointmentDeliveryType"] = json!("IN_PERSON_MEETING_OTHER");
    at_the_quay["appointmentDeliveryAddress"] =
        json!({ "firstAddressLine": "Harbour House", "townOrCity": "Port Field", "postCode": "SY4 0RE" });
    let booked = provider.patch(&format!("/action-plan/{plan}/appointment/1"), at_the_quay).await.expect(200);
    let tomorrow = testkit::soon() + SignedDuration::from_hours(24);
    let by_telephone = world.book_session(&provider, &plan, 2, tomorrow).await;

    let found = reader.get(&format!("/appointments-location/{CRN}")).await.expect(200);
    assert_eq!(found["crn"], CRN);
    let appointments = found["referrals"][0]["appointments"].as_array().unwrap();
    let of = |id: &str| appointments.iter().find(|one| one["appointment_id"] == id).cloned();
    assert_eq!(of(&assessment.id), None);
    let quay = of(booked["appointmentId"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&quay["appointment_delivery_first_address_line"], &quay["appointment_delivery_postcode"]),
        (&json!("Harbour House"), &json!("SY40RE"))
    );
    assert_eq!(quay["appointment_delivery_county"], "");
    assert_eq!((&quay["superseded_indicator"], &quay["appointment_duration_in_minutes"]), (&json!(false), &json!(30)));
    assert_eq!(of(&by_telephone.id).unwrap()["appointment_delivery_first_address_line"], "");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accommodation_is_live_until_it_is_withdrawn_and_a_case_without_any_is_not_found() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let reader = world.machine("accommodation").await;
    let path = format!("/sas-referral-details/{CRN}");
    assert_eq!(reader.get(&path).await.expect(404)["status"], 404);
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let found = reader.get(&path).await.expect(200);
    assert_eq!(found[0]["status"], "LIVE");
    assert_eq!(found[0]["sentBy"]["username"], "PRACTITIONER_1");
    let providers = found[0]["referral"]["serviceProviders"].as_array().unwrap();
    let names: Vec<&str> = providers.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Harbour Trust", "Tideway"]);

    // The category is known by its id: a corrected name changes nothing.
    let mut db = world.database.store.connection().await.unwrap();
    sqlx::query("UPDATE service_category SET name = 'A place to live' WHERE name = 'Accommodation'")
        .execute(&mut *db)
        .await
        .unwrap();
    drop(db);
    let reasons = practitioner.get("/referral-withdrawal-reasons").await.expect(200);
    let body = json!({
        "code": reasons[0]["code"], "comments": "Moved away.", "withdrawalState": "PRE_ICA_WITHDRAWAL",
    });
    practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await.expect(200);
    assert_eq!(reader.get(&path).await.expect(200)[0]["status"], "WITHDRAWN");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_cases_have_nothing_and_every_question_is_recorded() {
    let world = own_world().await;
    let case_list = world.machine("case-list").await;
    let accommodation = world.machine("accommodation").await;
    assert_eq!(case_list.get("/probation-case/X999999/referral").await.expect(201), json!([]));
    assert_eq!(
        case_list.get("/appointments-location/X999999").await.expect(200),
        json!({ "crn": "X999999", "referrals": [] })
    );
    accommodation.get("/sas-referral-details/X999999").await.expect(404);
    let looks = looks_at_case(&world, "X999999").await;
    let wanted = [
        ("listReferralsByCrn", "case-list"),
        ("getAppointmentLocations", "case-list"),
        ("listSasReferrals", "accommodation"),
    ];
    assert_eq!(looks, wanted.map(|(operation, actor)| (operation.to_owned(), actor.to_owned())));

    let practitioner = world.actor("PRACTITIONER_1").await;
    for path in ["/probation-case/X100003/referral", "/appointments-location/X100003", "/sas-referral-details/X100003"]
    {
        for who in [&practitioner, if path.starts_with("/sas") { &case_list } else { &accommodation }] {
            assert_eq!(who.get(path).await.expect(403)["error"], "access denied", "{path}");
        }
    }
    assert_eq!(looks_at_case(&world, "X100003").await, []);
    world.stop().await;
}

/// A person of the cast who is in custody.
const IN_CUSTODY: &str = "X100004";

#[tokio::test(flavor = "multi_thread")]
async fn prison_details_are_shown_to_practitioners_who_may_see_the_person() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let path = |crn: &str| format!("/intervention/prisoner/details/{crn}");
    let crn = IN_CUSTODY;
    let found = practitioner.get(&path(crn)).await.expect(200);
    assert!(found["prisonId"].is_string() && found["prisonerNumber"].is_string(), "{found}");
    assert!(found["releaseDate"].is_string() || found["conditionalReleaseDate"].is_string(), "{found}");
    let looks = looks_at_case(&world, crn).await;
    assert_eq!(looks.iter().map(|(operation, _)| operation.as_str()).collect::<Vec<_>>(), ["getPrisonerDetails"]);

    let nothing = async |crn: &str| {
        let answer = practitioner.get(&path(crn)).await;
        (answer.status.as_u16(), answer.text)
    };
    assert_eq!(nothing("X999999").await, (200, String::new()));
    let excluded = world.actor("PRACTITIONER_2").await.get(&path("X200005")).await.expect(403);
    assert_eq!(excluded["accessErrors"], json!(["You are excluded from viewing this record."]));
    world.actor("PROVIDER_1").await.get(&path(crn)).await.expect(403);
    for system in ["prisoner-search", "delius"] {
        world.fault(json!({ "system": system, "fault": "down" })).await;
        let other = "X200004";
        assert_eq!(nothing(other).await, (200, String::new()), "{system}");
    }
    world.stop().await;
}
