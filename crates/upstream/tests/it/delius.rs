//! Delius: every read's shape, and the two writes as its contract has them.

use crate::server::{Reply, Server, fixture_json, trace};
use domain::feedback::{Attended, NoSessionReason};
use domain::{Crn, ReferralReference};
use jiff::civil::date;
use serde_json::json;
use upstream::delius::{
    ACCESS_BATCH, Adapter, DeliusContactId, Operation, PutAppointment, SessionOutcome, StartReferral,
};

const ACCESS: &str = "POST /delius/users/PRACTITIONER_1/access";

fn crn(text: &str) -> Crn {
    Crn(text.to_owned())
}

async fn serving(what: &str, fixture: &str) -> (Server, upstream::Upstreams) {
    let server = Server::start().await;
    server.on(what, [Reply::fixture(fixture)]);
    let upstreams = server.upstreams().await;
    (server, upstreams)
}

#[tokio::test]
async fn case_details_are_read_in_full() {
    let (server, upstreams) = serving("GET /delius/probation-case/X100001/details", "delius/case-details.json").await;
    let case = upstreams.delius.case_details(&trace(), &crn("X100001")).await.unwrap().unwrap();
    assert_eq!((case.name.forename.as_str(), case.date_of_birth), ("Alex", date(1980, 12, 31)));
    assert_eq!(case.profile.disabilities[0].start_date, Some(date(2019, 4, 1)));
    assert_eq!(case.contact.main_address.as_ref().unwrap().postcode.as_deref(), Some("ZZ1 1ZZ"));
    assert_eq!(case.contact.mobile.as_deref(), Some("07700 900001"));
    let seen = &server.seen("GET /delius/probation-case/X100001/details")[0];
    assert_eq!(seen.header("authorization"), Some("Bearer token-1"));
    assert_eq!(format!("{case:?}"), "CaseDetails(***)");
}

#[tokio::test]
async fn a_case_may_lack_all_that_the_contract_lets_it_lack() {
    let what = "GET /delius/probation-case/X100005/details";
    let (server, upstreams) = serving(what, "delius/case-details-minimal.json").await;
    let case = upstreams.delius.case_details(&trace(), &crn("X100005")).await.unwrap().unwrap();
    assert!(case.contact.no_fixed_abode && case.profile.disabilities.is_empty() && case.gender.is_none());
    let nulls = r#"{"crn":"X100005","name":{"forename":"Sam","surname":"Field"},"dateOfBirth":"1999-02-28",
        "gender":null,"profile":null,"contactDetails":{"noFixedAbode":null,"mainAddress":null}}"#;
    server.on(what, [Reply::body(200, nulls)]);
    let case = upstreams.delius.case_details(&trace(), &crn("X100005")).await.unwrap().unwrap();
    assert!(!case.contact.no_fixed_abode, "null and absent are the same");
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let server = Server::start().await;
    for path in ["details", "convictions", "convictions/5", "responsible-officer"] {
        server.on(&format!("GET /delius/probation-case/X1/{path}"), [Reply::status(404)]);
    }
    server.on("GET /delius/users/NOBODY/details", [Reply::status(404)]);
    server.on("GET /delius/probation-case/X999999/identifiers", [Reply::fixture("delius/identifiers-unknown.json")]);
    let delius = server.upstreams().await.delius;
    let (trace, x1) = (trace(), crn("X1"));
    assert!(delius.case_details(&trace, &x1).await.unwrap().is_none());
    assert!(delius.convictions(&trace, &x1).await.unwrap().is_none());
    assert!(delius.conviction(&trace, &x1, 5).await.unwrap().is_none());
    assert!(delius.responsible_officer(&trace, &x1).await.unwrap().is_none());
    assert!(delius.user_details(&trace, "NOBODY").await.unwrap().is_none());
    assert!(delius.identifiers(&trace, &crn("X999999")).await.unwrap().noms_number.is_none());
}

#[tokio::test]
async fn convictions_may_lack_their_dates() {
    let server = Server::start().await;
    server.on("GET /delius/probation-case/X1/convictions", [Reply::fixture("delius/convictions.json")]);
    server.on("GET /delius/probation-case/X1/convictions/2500000002", [Reply::fixture("delius/conviction.json")]);
    let delius = server.upstreams().await.delius;
    let all = delius.convictions(&trace(), &crn("X1")).await.unwrap().unwrap();
    assert_eq!(all[0].sentence.expected_end_date, Some(date(2027, 6, 29)));
    assert!(all[0].active && all[1].date.is_none() && all[1].sentence.expected_end_date.is_none());
    let one = delius.conviction(&trace(), &crn("X1"), 2_500_000_002).await.unwrap().unwrap();
    assert!(one == all[1] && !one.active);
}

#[tokio::test]
async fn the_responsible_officer_is_the_flagged_manager() {
    let what = "GET /delius/probation-case/X1/responsible-officer";
    let (server, upstreams) = serving(what, "delius/responsible-officer.json").await;
    let officer = upstreams.delius.responsible_officer(&trace(), &crn("X1")).await.unwrap().unwrap();
    assert_eq!(officer.effective().code, "N00B00U");
    assert!(officer.effective().unallocated && officer.effective().email.is_none());
    assert_eq!(officer.community_manager.office_locations[0].code, "CRSOFF1");
    let mut body = fixture_json("delius/responsible-officer.json");
    body["prisonManager"]["responsibleOfficer"] = json!(false);
    server.on(what, [Reply::body(200, body.to_string())]);
    let officer = upstreams.delius.responsible_officer(&trace(), &crn("X1")).await.unwrap().unwrap();
    assert_eq!(officer.effective().code, "N00A001", "nobody flagged: the community manager");
}

#[tokio::test]
async fn access_keeps_the_order_asked_and_closes_what_was_left_out() {
    let (server, upstreams) = serving(ACCESS, "delius/access.json").await;
    let asked = ["X100038", "X100099", "X100001", "X100001"].map(crn);
    let access = upstreams.delius.case_access(&trace(), "PRACTITIONER_1", &asked).await.unwrap();
    let open: Vec<bool> = access.iter().map(upstream::delius::CaseAccess::is_open).collect();
    assert_eq!(open, [false, false, true, true]);
    assert!(access[0].excluded && access[0].restricted && access[0].exclusion_message.is_some());
    assert!(!access[1].answered);
    assert_eq!(server.seen(ACCESS)[0].json(), json!(["X100038", "X100099", "X100001", "X100001"]));
}

#[tokio::test]
async fn access_is_asked_in_batches_and_not_at_all_for_nothing() {
    let (server, upstreams) = serving(ACCESS, "delius/access.json").await;
    assert_eq!(upstreams.delius.case_access(&trace(), "PRACTITIONER_1", &[]).await.unwrap(), []);
    assert_eq!(server.seen(ACCESS).len(), 0);
    let many: Vec<Crn> = (0..=ACCESS_BATCH).map(|number| crn(&format!("X{number:06}"))).collect();
    let access = upstreams.delius.case_access(&trace(), "PRACTITIONER_1", &many).await.unwrap();
    assert_eq!(access.len(), many.len());
    let sizes: Vec<usize> = server.seen(ACCESS).iter().map(|seen| seen.json().as_array().unwrap().len()).collect();
    assert_eq!(sizes, [ACCESS_BATCH, 1]);
}

#[tokio::test]
async fn an_access_answer_without_its_flags_opens_nothing() {
    let server = Server::start().await;
    server.on(ACCESS, [Reply::body(200, r#"{"access":[{"crn":"X100001"}]}"#)]);
    let delius = server.upstreams().await.delius;
    let error = delius.case_access(&trace(), "PRACTITIONER_1", &[crn("X100001")]).await.unwrap_err();
    assert_eq!(error.outcome(), "malformed");
}

#[tokio::test]
async fn users_and_the_estate_are_read() {
    let server = Server::start().await;
    server.on("GET /delius/users/PRACTITIONER_1/managed-cases", [Reply::fixture("delius/managed-cases.json")]);
    server.on("GET /delius/users/PRACTITIONER_1/details", [Reply::fixture("delius/user-details.json")]);
    server.on("GET /delius/office-locations", [Reply::fixture("delius/office-locations.json")]);
    server.on("GET /delius/probation-delivery-units", [Reply::fixture("delius/delivery-units.json")]);
    let delius = server.upstreams().await.delius;
    let trace = trace();
    let cases = delius.managed_cases(&trace, "PRACTITIONER_1").await.unwrap();
    assert_eq!((cases.len(), cases[1].crn.as_str()), (2, "X100002"));
    let user = delius.user_details(&trace, "PRACTITIONER_1").await.unwrap().unwrap();
    assert_eq!(user.email.as_deref(), Some("pat.practitioner@example.org"));
    let offices = delius.office_locations(&trace).await.unwrap();
    assert_eq!((offices[0].code.as_str(), offices[1].address.is_none()), ("CRSOFF1", true));
    assert_eq!(delius.delivery_units(&trace).await.unwrap()[0].region.description, "East");
}

#[tokio::test]
async fn a_start_is_put_as_the_contract_has_it() {
    let server = Server::start().await;
    let path = "PUT /delius/probation-case/X100001/referrals";
    server.on(path, [Reply::status(204)]);
    let start = StartReferral {
        referral_id: "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap(),
        started_at: "2026-03-02T10:15:30.123456Z".parse().unwrap(),
        contract_type: "ACC".to_owned(),
        sentence_id: 2_500_000_001,
        notes: "Referral sent for Accommodation".to_owned(),
    };
    server
        .upstreams()
        .await
        .delius
        .start_referral(Adapter::Integration, &trace(), &crn("X100001"), &start)
        .await
        .unwrap();
    let seen = &server.seen(path)[0];
    assert_eq!(seen.json(), fixture_json("delius/start-referral.request.json"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn an_appointment_is_put_as_the_contract_has_it() {
    let server = Server::start().await;
    let path = "PUT /delius/probation-case/X100001/referrals/7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11/appointments";
    server.on(path, [Reply::fixture("delius/put-appointment.json")]);
    let delius = server.upstreams().await.delius;
    let mut appointment = PutAppointment {
        id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a12".parse().unwrap(),
        referral_id: "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap(),
        referral_reference: ReferralReference("AB1234AC".to_owned()),
        sentence_id: Some(2_500_000_001),
        contract_type: "ACC".to_owned(),
        referral_started_at: "2026-03-02T10:15:30Z".parse().unwrap(),
        operation: Operation::Book,
        start: "2026-03-09T14:00:00Z".parse().unwrap(),
        duration_in_minutes: 60,
        notes: Some("Service Delivery Appointment".to_owned()),
        office_location_code: Some("CRSEXTL".to_owned()),
        counts_towards_rar: true,
        outcome: SessionOutcome::of(Attended::Late, Some(false), Some(NoSessionReason::Logistics), true),
        previous_id: Some("1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a10".parse().unwrap()),
        delius_id: Some(DeliusContactId(4_400_000_001)),
        reschedule_requested_by: Some("Service Provider".to_owned()),
    };
    let id = delius.put_appointment(Adapter::Integration, &trace(), &crn("X100001"), &appointment).await.unwrap();
    assert_eq!(id, DeliusContactId(4_400_000_002));
    appointment = PutAppointment {
        sentence_id: None,
        notes: None,
        office_location_code: None,
        counts_towards_rar: false,
        outcome: None,
        previous_id: None,
        delius_id: None,
        reschedule_requested_by: None,
        ..appointment
    };
    delius.put_appointment(Adapter::Integration, &trace(), &crn("X100001"), &appointment).await.unwrap();
    let seen = server.seen(path);
    assert_eq!(seen[0].json(), fixture_json("delius/put-appointment.request.json"));
    assert_eq!(seen[1].json(), fixture_json("delius/put-appointment-first.request.json"));
}
