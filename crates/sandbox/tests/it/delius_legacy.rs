//! The older interface to Delius: its reads agree with the newer one's, and its writes never touch what is closed.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::delius_writes::{a_session, book, contacts, record, with_referral};
use crate::{World, json_of};

const REFERRAL: &str = "c0ffee00-0000-4000-8000-000000000001";
const OTHER: &str = "c0ffee00-0000-4000-8000-000000000002";
const CONTEXT: &str = "context/commissioned-rehabilitation-services";

async fn get(world: &World, path: &str) -> reqwest::Response {
    let path = format!("/community-api/secure{path}");
    world.get(&path).bearer_auth(world.machine("interventions")).send().await.unwrap()
}

async fn read(world: &World, path: &str) -> Value {
    json_of(get(world, path).await, StatusCode::OK).await
}

async fn post(world: &World, path: &str, body: &Value) -> reqwest::Response {
    let path = format!("/community-api/secure/offenders/crn/X100001{path}");
    world.post(&path).bearer_auth(world.machine("interventions")).json(body).send().await.unwrap()
}

async fn nsis(world: &World) -> Vec<Value> {
    let path = "/offenders/crn/X100001/convictions/2500000001/nsis?nsiCodes=CRS01,CRS02";
    read(world, path).await["nsis"].as_array().unwrap().clone()
}

fn a_start(referral: &str) -> Value {
    json!({ "startedAt": "2026-03-02T08:30:00Z", "contractType": "ACC", "sentenceId": 2_500_000_001_i64,
        "referralId": referral, "notes": "Referral" })
}

fn an_end(referral: &str) -> Value {
    json!({ "startedAt": "2026-03-02T08:30:00Z", "contractType": "ACC", "sentenceId": 2_500_000_001_i64,
        "referralId": referral, "endedAt": "2026-03-02T08:50:00Z", "endType": "COMPLETED", "notes": "Ended" })
}

fn a_booking(from: &str, to: &str) -> Value {
    json!({ "contractType": "ACC", "referralStart": "2026-03-02T08:30:00Z", "referralId": REFERRAL,
        "appointmentStart": format!("2026-03-03T{from}:00Z"), "appointmentEnd": format!("2026-03-03T{to}:00Z"),
        "officeLocationCode": "CRSEXTL", "notes": "Session", "countsTowardsRarDays": true })
}

#[tokio::test]
async fn a_call_needs_a_token_and_the_role_of_its_kind() {
    let world = World::start().await;
    for path in [
        "/offenders/crn/X100001/all",
        "/offenders/crn/X100001/allOffenderManagers",
        "/offenders/crn/X100001/convictions",
        "/offenders/crn/X100001/convictions/2500000001",
        "/offenders/crn/X100001/convictions/2500000001/nsis?nsiCodes=CRS01",
        "/offenders/crn/X100001/user/PRACTITIONER_1/userAccess",
        "/staff/username/PRACTITIONER_1",
        "/staff/staffIdentifier/2500000011/caseload/managedOffenders",
        "/users/PRACTITIONER_1/details",
    ] {
        let path = format!("/community-api/secure{path}");
        assert_eq!(world.get(&path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
        let wrong = world.get(&path).bearer_auth(world.machine("sar")).send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let path = format!("/community-api/secure/offenders/crn/X100001/referral/start/{CONTEXT}");
    let wrong = world.post(&path).bearer_auth(world.machine("sar")).json(&a_start(REFERRAL)).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn both_interfaces_tell_the_same_of_a_case() {
    let world = World::start().await;
    let token = world.machine("interventions");
    let newer = |path: &str| world.get(&format!("/delius/probation-case/X100002/{path}")).bearer_auth(&token).send();
    let details: Value = newer("details").await.unwrap().json().await.unwrap();
    let older = read(&world, "/offenders/crn/X100002/all").await;
    assert_eq!(older["surname"], details["name"]["surname"]);
    assert_eq!(older["dateOfBirth"], details["dateOfBirth"]);
    assert_eq!(older["offenderProfile"]["ethnicity"], details["profile"]["ethnicity"]);
    assert_eq!(
        older["contactDetails"]["addresses"][0]["postcode"],
        details["contactDetails"]["mainAddress"]["postcode"]
    );
    let identifiers: Value = newer("identifiers").await.unwrap().json().await.unwrap();
    assert_eq!(older["otherIds"]["nomsNumber"], identifiers["nomsId"]);
    let convictions: Value = newer("convictions").await.unwrap().json().await.unwrap();
    let ids: Vec<&Value> = convictions["convictions"].as_array().unwrap().iter().map(|c| &c["id"]).collect();
    let older = read(&world, "/offenders/crn/X100002/convictions?activeOnly=true").await;
    assert_eq!(older.as_array().unwrap().iter().map(|c| &c["convictionId"]).collect::<Vec<_>>(), ids);
    let officer: Value = newer("responsible-officer").await.unwrap().json().await.unwrap();
    let older = read(&world, "/offenders/crn/X100002/allOffenderManagers").await;
    assert_eq!(older[0]["staffCode"], officer["communityManager"]["code"]);
    assert_eq!(older[0]["staff"]["email"], officer["communityManager"]["email"]);
    assert_eq!(older[0]["team"]["localDeliveryUnit"]["code"], officer["communityManager"]["pdu"]["code"]);
}

#[tokio::test]
async fn users_staff_and_limits_are_told() {
    let world = World::start().await;
    assert_eq!(read(&world, "/users/PRACTITIONER_1/details").await["firstName"], "Maya");
    let staff = read(&world, "/staff/username/PRACTITIONER_1").await;
    let path = format!("/staff/staffIdentifier/{}/caseload/managedOffenders", staff["staffIdentifier"]);
    let cases = read(&world, &path).await;
    assert_eq!((cases.as_array().unwrap().len(), &cases[0]["isCurrentRo"]), (20, &json!(true)));
    let limited = get(&world, "/offenders/crn/X100038/user/PRACTITIONER_1/userAccess").await;
    assert_eq!(json_of(limited, StatusCode::FORBIDDEN).await["userRestricted"], true);
    let free = read(&world, "/offenders/crn/X100001/user/PRACTITIONER_1/userAccess").await;
    assert_eq!(free, json!({ "userRestricted": false, "userExcluded": false }));
    for path in
        ["/offenders/crn/X999999/user/PRACTITIONER_1/userAccess", "/offenders/crn/X100001/user/NOBODY/userAccess"]
    {
        assert_eq!(get(&world, path).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn activities_are_read_whatever_became_of_them() {
    let world = with_referral().await;
    let [nsi] = nsis(&world).await.try_into().unwrap();
    assert_eq!(nsi["externalReference"], format!("urn:hmpps:interventions-referral:{REFERRAL}"));
    assert_eq!((&nsi["nsiStatus"]["code"], &nsi["active"]), (&json!("INPROG"), &json!(true)));
    assert_eq!(nsi["actualStartDate"], "2026-03-02");
    assert!(nsi.get("nsiOutcome").is_none());
    world.control("/delius/nsi/close", json!({ "urn": REFERRAL, "outcome": "CRS02", "endDate": "2026-06-30" })).await;
    let path = format!("/offenders/crn/X100001/convictions/2500000001/nsis/{}", nsi["nsiId"]);
    let closed = read(&world, &path).await;
    assert_eq!((&closed["nsiOutcome"]["code"], &closed["actualEndDate"]), (&json!("CRS02"), &json!("2026-06-30")));
    // The clock on the wall in London, which is an hour ahead in summer.
    assert_eq!(closed["statusDateTime"], "2026-06-30T00:00:00");
    world.control("/delius/nsi/soft-delete", json!({ "urn": REFERRAL })).await;
    assert_eq!(nsis(&world).await[0]["softDeleted"], true);
    let unknown = get(&world, "/offenders/crn/X100001/convictions/1/nsis?nsiCodes=CRS01").await;
    let body = json_of(unknown, StatusCode::NOT_FOUND).await;
    assert!(body["developerMessage"].is_string());
}

#[tokio::test]
async fn a_start_always_creates_and_an_end_closes_what_is_open() {
    let world = World::start().await;
    let path = format!("/referral/start/{CONTEXT}");
    for _ in 0..2 {
        assert_eq!(post(&world, &path, &a_start(OTHER)).await.status(), StatusCode::OK);
    }
    let two = nsis(&world).await;
    assert_eq!(two.len(), 2);
    assert!(two[0]["notes"].as_str().unwrap().starts_with("urn:hmpps:interventions-referral:"));
    let end = format!("/referral/end/{CONTEXT}");
    assert_eq!(post(&world, &end, &an_end(OTHER)).await.status(), StatusCode::BAD_REQUEST);
    world.control("/delius/nsi/soft-delete", json!({ "urn": OTHER })).await;
    assert_eq!(post(&world, &end, &an_end(OTHER)).await.status(), StatusCode::OK);
    assert_eq!(nsis(&world).await[0]["nsiOutcome"]["code"], "CRS03");
    let unmapped = json!({ "startedAt": "2026-03-02T08:30:00Z", "contractType": "FBD-O",
        "sentenceId": 2_500_000_001_i64, "notes": "" });
    assert_eq!(post(&world, &path, &unmapped).await.status(), StatusCode::BAD_REQUEST);
    let elsewhere = post(&world, "/referral/start/context/elsewhere", &a_start(OTHER)).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_activity_without_a_urn_is_found_by_type_sentence_and_date() {
    let world = World::start().await;
    let mut start = a_start(OTHER);
    start.as_object_mut().unwrap().remove("referralId");
    assert_eq!(post(&world, &format!("/referral/start/{CONTEXT}"), &start).await.status(), StatusCode::OK);
    let end = format!("/referral/end/{CONTEXT}");
    let mut another_day = an_end(OTHER);
    another_day["startedAt"] = json!("2026-03-01T08:30:00Z");
    assert_eq!(post(&world, &end, &another_day).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(post(&world, &end, &an_end(OTHER)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn appointments_are_booked_moved_relocated_and_given_outcomes() {
    let world = with_referral().await;
    let bookings = format!("/sentence/2500000001/appointments/{CONTEXT}");
    let booked = post(&world, &bookings, &a_booking("10:00", "11:00")).await;
    let id = json_of(booked, StatusCode::CREATED).await["appointmentId"].as_i64().unwrap();
    assert_eq!(post(&world, &bookings, &a_booking("10:30", "11:30")).await.status(), StatusCode::CONFLICT);
    assert_eq!(post(&world, &bookings, &a_booking("12:00", "12:00")).await.status(), StatusCode::BAD_REQUEST);
    let mut past = a_booking("10:00", "11:00");
    past["appointmentStart"] = json!("2026-03-01T10:00:00Z");
    past["appointmentEnd"] = json!("2026-03-01T11:00:00Z");
    assert_eq!(post(&world, &bookings, &past).await.status(), StatusCode::BAD_REQUEST);
    let moved = json!({ "updatedAppointmentStart": "2026-03-03T10:30:00Z", "updatedAppointmentEnd": "2026-03-03T11:30:00Z",
        "initiatedByServiceProvider": false });
    let moved = post(&world, &format!("/appointments/{id}/reschedule/{CONTEXT}"), &moved).await;
    let new = json_of(moved, StatusCode::OK).await["appointmentId"].as_i64().unwrap();
    assert_ne!(id, new);
    let relocated =
        post(&world, &format!("/appointments/{new}/relocate"), &json!({ "officeLocationCode": "CRSHB01" })).await;
    assert_eq!(relocated.status(), StatusCode::OK);
    let outcome = json!({ "attended": "NO", "notes": "Missed", "notifyPPOfAttendanceBehaviour": true });
    let told = post(&world, &format!("/appointments/{new}/outcome/{CONTEXT}"), &outcome).await;
    assert_eq!(told.status(), StatusCode::OK);
    let record = record(&world).await;
    let shown: Vec<(&Value, &Value)> =
        contacts(&record, "CRSAPT").iter().map(|contact| (&contact["outcome"], &contact["officeCode"])).collect();
    assert_eq!(shown, [(&json!("RSOF"), &json!("CRSEXTL")), (&json!("AFTA"), &json!("CRSHB01"))]);
    assert_eq!(contacts(&record, "AROM").len(), 1);
}

#[tokio::test]
async fn a_notification_is_written_once_for_each_second() {
    let world = with_referral().await;
    let path = format!("/sentences/2500000001/notifications/{CONTEXT}");
    let notification = json!({ "contractType": "ACC", "referralStart": "2026-03-02T08:30:00Z", "referralId": REFERRAL,
        "contactDateTime": "2026-03-02T08:55:00Z", "notes": "Plan submitted" });
    let first = json_of(post(&world, &path, &notification).await, StatusCode::OK).await;
    let second = json_of(post(&world, &path, &notification).await, StatusCode::OK).await;
    assert_eq!(first, second);
    assert_eq!(contacts(&record(&world).await, "CRSNOTE").len(), 1);
}

#[tokio::test]
async fn a_closed_activity_refuses_every_older_write_in_either_mode() {
    for mode in ["strict", "lenient"] {
        let world = with_referral().await;
        let id = book(&world, &a_session(1, "10:00")).await;
        world.control("/delius/mode", json!({ "closedNsi": mode })).await;
        world.control("/delius/nsi/close", json!({ "urn": REFERRAL, "outcome": "CRS02" })).await;
        let before = record(&world).await;
        for (path, body) in [
            (format!("/referral/end/{CONTEXT}"), an_end(REFERRAL)),
            (format!("/sentence/2500000001/appointments/{CONTEXT}"), a_booking("14:00", "15:00")),
            (format!("/appointments/{id}/outcome/{CONTEXT}"), json!({ "attended": "YES" })),
            (format!("/appointments/{id}/relocate"), json!({ "officeLocationCode": "CRSHB01" })),
        ] {
            let refused = json_of(post(&world, &path, &body).await, StatusCode::BAD_REQUEST).await;
            assert!(refused["developerMessage"].as_str().unwrap().contains("cannot find NSI"), "{path}: {refused}");
        }
        assert_eq!(record(&world).await, before);
    }
}
