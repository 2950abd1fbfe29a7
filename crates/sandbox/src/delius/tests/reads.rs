//! What Delius tells about cases, users and the estate.

use serde_json::{Value, json};

use super::*;
use crate::delius::access::access;
use crate::delius::estate::{delivery_units, managed_cases, office_locations, user_details};
use crate::delius::human::{self, OfSentence};
use crate::delius::model::Limit;
use crate::delius::office::offices;
use crate::delius::{case_read, view};

fn shown<T: serde::Serialize>(answer: Result<T, Refusal>) -> Value {
    serde_json::to_value(answer.unwrap()).unwrap()
}

#[test]
fn details_have_the_promised_shape_and_leave_out_what_is_empty() {
    let record = Record::default();
    let details = shown(case_read::details(&record, CRN));
    assert_eq!(details["crn"], CRN);
    assert_eq!(details["name"], json!({ "forename": "Alder", "surname": "Finchley" }));
    assert_eq!(details["dateOfBirth"], "1985-03-14");
    assert_eq!(details["profile"]["disabilities"][0]["startDate"], "2019-04-01");
    assert_eq!(details["contactDetails"]["noFixedAbode"], false);
    assert!(details["contactDetails"].get("telephoneNumber").is_none());
    let bare = shown(case_read::details(&record, "X200010"));
    assert!(bare.get("profile").is_none());
    assert_eq!(case_read::details(&record, "X999999").map(|_| ()), Err(Refusal::NoSuchCase));
}

#[test]
fn identifiers_never_fail_unless_switched_off() {
    let mut record = Record::default();
    assert_eq!(shown(case_read::identifiers(&record, CRN)), json!({ "crn": CRN, "nomsId": "G9001ZB" }));
    assert_eq!(shown(case_read::identifiers(&record, "X999999")), json!({ "crn": "X999999" }));
    assert_eq!(shown(case_read::identifiers(&record, "X100040")), json!({ "crn": "X100040" }));
    record.mode.unknown_case_has_identifiers = false;
    assert!(case_read::identifiers(&record, "X999999").is_err());
}

#[test]
fn the_list_of_convictions_holds_active_sentenced_ones_and_the_single_read_any() {
    let mut world = world();
    let ids = |record: &Record, crn| -> Vec<i64> {
        let list = shown(case_read::convictions(record, crn));
        list["convictions"].as_array().unwrap().iter().map(|c| c["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&world.record, CRN), [SENTENCE]);
    assert_eq!(ids(&world.record, "X100002"), [2_500_000_002, 2_500_001_002]);
    assert!(ids(&world.record, "X100039").is_empty());
    let terminated = shown(case_read::conviction_by_id(&world.record, "X100039", 2_500_000_039));
    assert_eq!(terminated["conviction"]["active"], false);
    assert_eq!(terminated["caseDetail"]["crn"], "X100039");
    let no_dates = shown(case_read::conviction_by_id(&world.record, "X200009", 2_500_000_109));
    assert!(no_dates["conviction"].get("date").is_none());
    let deed = OfSentence { crn: CRN.to_owned(), event_number: 1 };
    world.act(|record, occasion| human::delete_event(record, occasion, &deed)).unwrap();
    assert!(ids(&world.record, CRN).is_empty());
    let deleted = case_read::conviction_by_id(&world.record, CRN, SENTENCE).map(|_| ());
    assert_eq!(deleted, Err(Refusal::NoSuchEvent(SENTENCE)));
    world.record.case_mut("X100003").unwrap().events[0].disposal.as_mut().unwrap().type_code = "326".to_owned();
    assert!(ids(&world.record, "X100003").is_empty());
}

#[test]
fn the_responsible_officer_is_told_with_team_and_offices() {
    let record = Record::default();
    let officer = shown(case_read::responsible_officer(&record, CRN));
    let manager = &officer["communityManager"];
    assert_eq!((&manager["username"], &manager["responsibleOfficer"]), (&json!("PRACTITIONER_1"), &json!(true)));
    assert_eq!(manager["team"]["officeLocations"][0]["code"], "N91HB01");
    assert_eq!((&manager["unallocated"], officer.get("prisonManager")), (&json!(false), None));
    let custody = shown(case_read::responsible_officer(&record, "X200004"));
    assert_eq!(custody["communityManager"]["responsibleOfficer"], false);
    assert_eq!(custody["communityManager"]["unallocated"], true);
    assert!(custody["communityManager"].get("email").is_none());
    assert_eq!(custody["prisonManager"]["username"], "PRISON_PRACTITIONER");
    let merged = case_read::responsible_officer(&record, "X100040").map(|_| ());
    assert_eq!(merged, Err(Refusal::NoCommunityManager));
}

fn flags(record: &Record, username: &str, crn: &str) -> (bool, bool, bool) {
    let [entry] = access(record, at(NOW), username, &[crn.to_owned()]).unwrap().try_into().unwrap();
    (
        entry.user_excluded,
        entry.user_restricted,
        entry.exclusion_message.is_some() || entry.restriction_message.is_some(),
    )
}

#[test]
fn access_tells_exclusions_and_restrictions_by_user() {
    let record = Record::default();
    assert_eq!(flags(&record, "PRACTITIONER_1", "X100038"), (false, true, true));
    assert_eq!(flags(&record, "practitioner_2", "X100038"), (false, false, false));
    assert_eq!(flags(&record, "PRACTITIONER_2", "X200005"), (true, false, true));
    assert_eq!(flags(&record, "PRACTITIONER_2", "X200006"), (true, true, true));
    assert_eq!(flags(&record, "PRACTITIONER_1", "X200006"), (false, false, false));
}

#[test]
fn access_fails_open_twice_unless_switched_off() {
    let mut record = Record::default();
    assert_eq!(flags(&record, "PRACTITIONER_1", "X999999"), (false, false, false));
    assert_eq!(flags(&record, "PRACTITIONER_1", "X200007"), (false, false, false));
    record.mode.unknown_case_accessible = false;
    record.mode.blank_message_accessible = false;
    assert_eq!(flags(&record, "PRACTITIONER_1", "X999999"), (false, true, true));
    assert_eq!(flags(&record, "PRACTITIONER_1", "X200007"), (true, false, false));
}

#[test]
fn a_limit_that_ran_out_is_none() {
    let mut record = Record::default();
    let case = record.case_mut(CRN).unwrap();
    case.restriction_message = Some("Restricted".to_owned());
    case.restrictions.push(Limit { username: "PRACTITIONER_2".to_owned(), ends_at: Some(at(NOW)) });
    assert_eq!(flags(&record, "PRACTITIONER_1", CRN), (false, false, false));
    record.case_mut(CRN).unwrap().restrictions[0].ends_at = Some(at("2026-03-02T09:00:01Z"));
    assert_eq!(flags(&record, "PRACTITIONER_1", CRN), (false, true, true));
}

#[test]
fn access_keeps_the_order_and_bounds_the_batch() {
    let mut record = Record::default();
    let asked: Vec<String> = ["X100002", "X100001", "X100002"].map(ToOwned::to_owned).to_vec();
    let told: Vec<String> =
        access(&record, at(NOW), "PRACTITIONER_1", &asked).unwrap().into_iter().map(|a| a.crn).collect();
    assert_eq!(told, asked);
    let many = vec![CRN.to_owned(); 501];
    assert_eq!(access(&record, at(NOW), "PRACTITIONER_1", &[]).unwrap_err().status(), 500);
    assert_eq!(access(&record, at(NOW), "PRACTITIONER_1", &many).unwrap_err().status(), 500);
    assert_eq!(access(&record, at(NOW), "PRACTITIONER_1", &many[..500]).unwrap().len(), 500);
    record.mode.access_size_internal_error = false;
    assert_eq!(access(&record, at(NOW), "PRACTITIONER_1", &many).unwrap_err().status(), 400);
}

#[test]
fn users_are_found_by_name_or_number() {
    let record = Record::default();
    let details = shown(user_details(&record, "practitioner_1"));
    assert_eq!(details["username"], "PRACTITIONER_1");
    assert_eq!(shown(user_details(&record, "2500011")), details);
    assert!(shown(user_details(&record, "PRACTITIONER_NO_EMAIL")).get("email").is_none());
    assert_eq!(user_details(&record, "PROVIDER_1").map(|_| ()), Err(Refusal::NoSuchUser));
    let count = |user| managed_cases(&record, user).managed_cases.len();
    assert_eq!(count("PRACTITIONER_1"), 20);
    // The merged case is nobody's any more.
    assert_eq!(count("PRACTITIONER_2"), 19);
    assert_eq!((count("PRACTITIONER_NO_EMAIL"), count("PRACTITIONER_NO_CASES"), count("NOBODY")), (1, 0, 0));
}

#[test]
fn the_estate_lists_what_is_in_use() {
    let record = Record::default();
    let listed = office_locations(&record);
    let all: Vec<_> = offices().into_iter().filter(|office| office.provider == "CRS").collect();
    assert!(all.iter().filter(|office| office.active).count() >= 13);
    assert_eq!(listed.len(), all.len() - 1);
    assert!(offices().iter().all(|office| office.code.len() == 7));
    let units = serde_json::to_value(delivery_units(&record)).unwrap();
    let codes: Vec<_> = units.as_array().unwrap().iter().map(|unit| unit["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["N91CUST", "N91EAST", "N91WEST"]);
}

#[test]
fn the_shown_record_has_the_promised_keys() {
    let mut world = with_referral();
    world.merge(&a_session(1, "10:00")).unwrap();
    let shown = serde_json::to_value(view::case(&world.record, CRN).unwrap()).unwrap();
    let has = |value: &Value, keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    assert!(has(&shown, &["crn", "events", "nsis", "contacts"]));
    let nsi =
        ["externalReference", "type", "status", "outcome", "startDate", "endDate", "active", "softDeleted", "notes"];
    assert!(has(&shown["nsis"][0], &nsi));
    let contact = shown["contacts"].as_array().unwrap().iter().find(|c| c["type"] == "CRSAPT").unwrap();
    let keys = [
        "externalReference",
        "type",
        "startTime",
        "endTime",
        "officeCode",
        "attended",
        "complied",
        "outcome",
        "notes",
        "createdBy",
    ];
    assert!(has(contact, &keys));
    assert_eq!(contact["startTime"], "2026-03-03T10:00:00Z");
    assert_eq!(shown["nsis"][0]["startDate"], "2026-03-02");
}
