//! What must never be in a log line or a metric: names, case numbers, addresses, free text, tokens.

use serde_json::{Value, json};
use testkit::{Actor, World};

use crate::observed;
use crate::stage::{own_world, text};

const CRN: &str = "X100025";

/// Every text that a person wrote in this journey holds one of these.
const MARKERS: [&str; 4] = ["Zzymarkerson", "zz-marker-text", "zz.marker@probation.example", "07700900999"];

/// How a token's header begins in base64: `{"typ` or `{"alg`.
const HEADERS: [&str; 2] = ["eyJ0eX", "eyJhbG"];

const NAME: &str = MARKERS[0];
const TEXT: &str = MARKERS[1];
const EMAIL: &str = MARKERS[2];
const PHONE: &str = MARKERS[3];

async fn draft_and_send(world: &World, practitioner: &Actor) -> String {
    let id = world.a_complete_draft(practitioner, CRN).await;
    let path = format!("/draft-referral/{id}");
    let answers = json!({
        "serviceUser": {
            "crn": CRN, "title": NAME, "firstName": NAME, "lastName": NAME, "dateOfBirth": "1911-11-11",
            "gender": TEXT, "disabilities": [TEXT],
        },
        "furtherInformation": TEXT, "reasonForReferral": TEXT, "additionalNeedsInformation": TEXT,
        "accessibilityNeeds": TEXT, "needsInterpreter": true, "interpreterLanguage": TEXT,
        "hasAdditionalResponsibilities": true, "whenUnavailable": TEXT, "additionalRiskInformation": TEXT,
        "ndeliusPPName": NAME, "ndeliusPPEmailAddress": EMAIL, "ndeliusPDU": TEXT, "ndeliusPhoneNumber": PHONE,
        "hasMainPointOfContactDetails": true, "ppName": NAME, "ppEmailAddress": EMAIL, "ppPhoneNumber": PHONE,
        "ppLocationType": "probation office", "ppProbationOffice": TEXT, "roleOrJobTitle": TEXT,
    });
    practitioner.patch(&path, answers).await.expect(200);
    let risk = json!({ "riskSummaryWhoIsAtRisk": TEXT, "riskToSelfSuicide": TEXT, "additionalInformation": TEXT });
    practitioner.patch(&format!("{path}/oasys-risk-information"), risk).await.expect(200);
    practitioner.get("/draft-referrals").await.expect(200);
    practitioner.post(&format!("{path}/send"), json!({})).await.expect(201);
    id
}

async fn deliver(world: &World, practitioner: &Actor, provider: &Actor, referral: &str) {
    world.assign(provider, referral).await;
    world.hold_assessment(provider, referral).await;
    let plan = json!({ "referralId": referral, "numberOfSessions": 1, "activities": [{ "description": TEXT }] });
    let plan = text(&provider.post("/draft-action-plan", plan).await.expect(201)["id"]);
    provider.post(&format!("/draft-action-plan/{plan}/submit"), json!({})).await.expect(201);
    let mut booking = testkit::a_booking(testkit::soon());
    booking["appointmentDeliveryType"] = json!("IN_PERSON_MEETING_OTHER");
    booking["appointmentDeliveryAddress"] =
        json!({ "firstAddressLine": TEXT, "townOrCity": TEXT, "postCode": "ZZ99 9ZZ" });
    booking["rescheduledReason"] = json!(TEXT);
    let session = provider.patch(&format!("/action-plan/{plan}/appointment/1"), booking).await.expect(200);
    let base = format!("/referral/{referral}/delivery-session-appointments/{}", text(&session["appointmentId"]));
    let attendance = json!({ "attended": "yes", "didSessionHappen": true });
    world
        .eventually("the session has begun", async || {
            let answer = provider.put(&format!("{base}/attendance"), attendance.clone()).await;
            answer.status.is_success().then_some(())
        })
        .await;
    let feedback = json!({
        "late": true, "lateReason": TEXT, "futureSessionPlans": TEXT, "sessionSummary": TEXT, "sessionResponse": TEXT,
        "sessionConcerns": TEXT, "sessionBehaviour": TEXT, "notifyProbationPractitionerOfBehaviour": true,
        "notifyProbationPractitionerOfConcerns": true,
    });
    provider.put(&format!("{base}/session-feedback"), feedback).await.expect(200);
    provider.post(&format!("{base}/submit-feedback"), json!({})).await.expect(200);
    let note = json!({ "referralId": referral, "subject": TEXT, "body": TEXT });
    practitioner.post("/case-note", note).await.expect(200);
    let report = provider.post("/draft-end-of-service-report", json!({ "referralId": referral })).await.expect(201);
    let path = format!("/draft-end-of-service-report/{}", text(&report["id"]));
    provider.patch(&path, json!({ "furtherInformation": TEXT })).await.expect(200);
    for (amendment, body) in [
        ("amend-probation-practitioner-name", json!({ "ppName": NAME })),
        ("amend-probation-practitioner-email", json!({ "ppEmail": EMAIL })),
        ("amend-probation-practitioner-phone-number", json!({ "ppPhoneNumber": PHONE })),
        (
            "amend-needs-and-requirements/identify-needs",
            json!({ "reasonForChange": TEXT, "additionalNeedsInformation": TEXT }),
        ),
        ("referral-details", json!({ "reasonForChange": TEXT, "furtherInformation": format!("{TEXT} {NAME}") })),
    ] {
        let answer = practitioner.post(&format!("/sent-referral/{referral}/{amendment}"), body).await;
        assert!(answer.status.is_success(), "{amendment}: {}", answer.text);
    }
    let withdraw = json!({ "code": "MOV", "comments": TEXT, "withdrawalState": "POST_ICA_WITHDRAWAL" });
    practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), withdraw).await.expect(200);
}

/// The reads whose address holds a case's number.
async fn machines_read(world: &World) {
    for (client, path) in [
        ("case-list", format!("/probation-case/{CRN}/referral")),
        ("case-list", format!("/appointments-location/{CRN}")),
        ("accommodation", format!("/sas-referral-details/{CRN}")),
        ("sar", format!("/subject-access-request?crn={CRN}")),
    ] {
        let answer = world.machine(client).await.get(&path).await;
        assert!(answer.status.is_success(), "{client}: {}", answer.text);
    }
    let practitioner = world.actor("PRACTITIONER_1").await;
    practitioner.get(&format!("/intervention/prisoner/details/{CRN}")).await.expect(200);
}

/// Requests that are refused or fail, with markers wherever a caller can put text.
async fn trouble(world: &World, practitioner: &Actor, referral: &str) {
    let path = format!("/draft-referral/{}", world.a_complete_draft(practitioner, CRN).await);
    practitioner.patch(&path, json!({ "completionDeadline": TEXT, "serviceUser": { "crn": NAME } })).await.expect(400);
    practitioner.patch(&path, json!({ "ppLocationType": TEXT, TEXT: TEXT })).await.expect(400);
    let other = json!({ "serviceUserCrn": "X100038", "interventionId": referral });
    assert!(practitioner.post("/draft-referral", other).await.status.is_client_error());
    let code = json!({ "code": TEXT, "comments": TEXT, "withdrawalState": TEXT });
    assert!(practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), code).await.status == 400);
    for path in [
        format!("/sent-referral/{TEXT}"),
        format!("/{TEXT}/{CRN}?name={NAME}"),
        format!("/probation-case/{CRN}/referral"),
        format!("/sent-referrals/summaries?search={NAME}"),
        format!("/sent-referrals/summaries?sort={TEXT}&assignedTo={EMAIL}"),
        format!("/draft-referrals?search={CRN}"),
    ] {
        practitioner.get(&path).await;
    }
    let url = format!("{}{path}", world.api_url);
    let odd = world.http().get(&url).bearer_auth(TEXT).header("x-correlation-id", format!("{NAME} {TEXT}"));
    assert_eq!(odd.send().await.unwrap().status(), 401);
    let unread = world.http().patch(&url).bearer_auth(practitioner.token()).header("content-type", "application/json");
    assert_eq!(unread.body(format!("{{\"{TEXT}\": {NAME}")).send().await.unwrap().status(), 400);
    // Every other system fails in some way while somebody works.
    for system in ["arns", "manage-users", "notify", "sns"] {
        world.fault(json!({ "system": system, "fault": "status", "value": 500, "times": 2 })).await;
    }
    practitioner.post(&format!("{path}/send"), json!({})).await;
    for fault in ["malformed", "truncate", "reset"] {
        world.fault(json!({ "system": "delius", "fault": fault, "times": 2 })).await;
        world.actor("PRACTITIONER_1").await.get(&path).await;
    }
    world.heal().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_and_no_metric_holds_personal_data() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = draft_and_send(&world, &practitioner).await;
    deliver(&world, &practitioner, &provider, &referral).await;
    world.settled(&referral).await;
    machines_read(&world).await;
    trouble(&world, &practitioner, &referral).await;

    let log = observed::log();
    assert!(log.contains(&referral), "the log was not captured");
    assert!(log.lines().any(|line| line.contains("a referral changed")), "the log was not captured");
    let metrics = observed::metrics();
    assert!(metrics.contains("http_server_requests_seconds"), "metrics were not captured");
    let served = world.http().get(format!("{}/prometheus", world.api_url)).send().await.unwrap();
    assert_eq!(served.status(), 200);
    let signature = |actor: &Actor| actor.token().rsplit('.').next().unwrap().to_owned();
    let secrets = [signature(&practitioner), signature(&provider)];
    assert!(
        names_a_case("/case/X100025/referrals") && HEADERS.iter().any(|start| practitioner.token().starts_with(start))
    );
    for (what, text) in [("log", &log), ("metrics", &metrics)] {
        for line in text.lines() {
            for marker in MARKERS.iter().copied().chain(secrets.iter().map(String::as_str)) {
                assert!(!line.contains(marker), "{marker} in the {what}: {line}");
            }
            assert!(!names_a_case(line), "a case number in the {what}: {line}");
            assert!(!HEADERS.iter().any(|start| line.contains(start)), "a token in the {what}: {line}");
            for word in [
                "1911-11-11",
                "ZZ99",
                "clientsecret",
                "PRACTITIONER_1",
                "PROVIDER_1",
                "@probation.example",
                "@provider.example",
            ] {
                assert!(!line.contains(word), "{word} in the {what}: {line}");
            }
        }
    }
    assert_log_is_as_documented(&log);
    world.stop().await;
}

/// Whether a line holds a case's number: X and six digits.
fn names_a_case(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.windows(7).any(|seven| seven[0] == b'X' && seven[1..].iter().all(u8::is_ascii_digit))
}

/// One line for each request, with its id, route and status.
fn assert_log_is_as_documented(log: &str) {
    let requests = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["message"] == "request" && line.get("http.status").is_some());
    let mut seen = 0;
    for line in requests {
        seen += 1;
        assert!(line["duration_ms"].is_u64() && line["http.method"].is_string(), "{line}");
        let route = line["span"]["http.route"].as_str().expect("a route");
        assert!(route == "none" || route.starts_with('/'), "{line}");
    }
    assert!(seen > 50, "only {seen} requests were logged");
}
