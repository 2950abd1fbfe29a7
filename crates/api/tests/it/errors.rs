//! What bad input answers: every fault named at once and in the contract's body, nothing written, never a 500.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Actor, Answer};

use crate::stage::{Stage, Whole, text};

static STAGE: LazyLock<Stage> = LazyLock::new(Stage::start);

/// One field and the rule that it broke.
type Fault<'a> = (&'a str, &'a str);

/// Asserts that an answer names exactly these faults and says nothing else.
#[track_caller]
fn assert_faults(answer: &Answer, faults: &[Fault<'_>]) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    let body = answer.body.as_object().expect("an object");
    assert_eq!(body.keys().collect::<Vec<_>>(), ["status", "error", "message", "validationErrors"], "{}", answer.text);
    assert_eq!((&body["status"], &body["error"]), (&json!(400), &json!("validation error")));
    let expected: Vec<Value> = faults.iter().map(|(field, error)| json!({ "field": field, "error": error })).collect();
    assert_eq!(body["validationErrors"], json!(expected), "{}", answer.text);
}

/// Asserts an answer of a status with a summary, and the members that every error has.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!((&answer.body["status"], &answer.body["error"]), (&json!(status), &json!(error)), "{}", answer.text);
    assert!(answer.body["message"].as_str().is_some_and(|message| !message.is_empty()), "{}", answer.text);
    assert!(answer.headers.contains_key("x-correlation-id"));
}

async fn people() -> (Actor, Actor) {
    (STAGE.world.actor("PRACTITIONER_1").await, STAGE.world.actor("PROVIDER_1").await)
}

/// The body with other members in the place of some of its own.
fn with(mut body: Value, changes: Value) -> Value {
    if let (Value::Object(members), Value::Object(changes)) = (&mut body, changes) {
        members.extend(changes);
    }
    body
}

#[test]
fn every_fault_of_a_draft_is_named_and_nothing_is_written() {
    STAGE.run(async {
        let (practitioner, _) = people().await;
        let id = STAGE.world.a_complete_draft(&practitioner, "X100004").await;
        let path = format!("/draft-referral/{id}");
        let before = practitioner.get(&path).await.expect(200);
        let long = "é".repeat(4001);
        let empty = "CANNOT_BE_EMPTY";
        let cases: &[(Value, Fault<'_>)] = &[
            (json!({ "completionDeadline": "2020-01-01" }), ("completionDeadline", "DATE_MUST_BE_IN_THE_FUTURE")),
            (json!({ "completionDeadline": "tomorrow" }), ("completionDeadline", "INVALID_FORMAT")),
            (json!({ "completionDeadline": "2031-02-30" }), ("completionDeadline", "INVALID_FORMAT")),
            (json!({ "needsInterpreter": true }), ("needsInterpreter", "CONDITIONAL_FIELD_MUST_BE_SET")),
            (
                json!({ "hasAdditionalResponsibilities": true, "whenUnavailable": "  " }),
                ("hasAdditionalResponsibilities", "CONDITIONAL_FIELD_MUST_BE_SET"),
            ),
            (json!({ "serviceUser": { "crn": "X100005" } }), ("serviceUser.crn", "FIELD_CANNOT_BE_CHANGED")),
            (json!({ "serviceUser": { "crn": null } }), ("serviceUser.crn", empty)),
            (json!({ "serviceUser": [] }), ("serviceUser", "INVALID_FORMAT")),
            (json!({ "serviceCategoryIds": [id] }), ("serviceCategoryIds", "INVALID_SERVICE_CATEGORY_FOR_CONTRACT")),
            (json!({ "serviceCategoryIds": [null] }), ("serviceCategoryIds[0]", empty)),
            (json!({ "hasExpectedReleaseDate": true }), ("expectedReleaseDate", "CONDITIONAL_FIELD_MUST_BE_SET")),
            (json!({ "furtherInformation": long }), ("furtherInformation", "INVALID_LENGTH")),
            (json!({ "ppName": "a\u{0}b" }), ("ppName", "INVALID_FORMAT")),
            (json!({ "personCurrentLocationType": "community" }), ("personCurrentLocationType", "INVALID_VALUE")),
            (json!({ "ppLocationType": "the moon" }), ("ppLocationType", "INVALID_VALUE")),
            (json!({ "maximumEnforceableDays": "five" }), ("maximumEnforceableDays", "INVALID_FORMAT")),
            (json!({ "maximumEnforceableDays": 4.5 }), ("maximumEnforceableDays", "INVALID_VALUE")),
            (json!({ "relevantSentenceId": 1e30 }), ("relevantSentenceId", "INVALID_VALUE")),
            (json!({ "allocatedCommunityPP": "yes" }), ("allocatedCommunityPP", "INVALID_FORMAT")),
        ];
        for (body, fault) in cases {
            let body = with(body.clone(), json!({ "reasonForReferral": "Must not be kept." }));
            assert_faults(&practitioner.patch(&path, body).await, &[*fault]);
        }
        let all = json!({
            "completionDeadline": "2020-01-01", "needsInterpreter": true, "hasAdditionalResponsibilities": true,
            "serviceUser": { "crn": "X100005" }, "hasExpectedReleaseDate": true,
        });
        assert_faults(
            &practitioner.patch(&path, all).await,
            &[
                ("completionDeadline", "DATE_MUST_BE_IN_THE_FUTURE"),
                ("needsInterpreter", "CONDITIONAL_FIELD_MUST_BE_SET"),
                ("hasAdditionalResponsibilities", "CONDITIONAL_FIELD_MUST_BE_SET"),
                ("serviceUser.crn", "FIELD_CANNOT_BE_CHANGED"),
                ("expectedReleaseDate", "CONDITIONAL_FIELD_MUST_BE_SET"),
            ],
        );
        assert_eq!(practitioner.get(&path).await.expect(200), before);
    });
}

#[test]
fn choices_of_a_draft_must_belong_together() {
    STAGE.run(async {
        let (practitioner, _) = people().await;
        let id = STAGE.world.a_complete_draft(&practitioner, "X100004").await;
        let path = format!("/draft-referral/{id}");
        let before = practitioner.get(&path).await.expect(200);
        let own = before["serviceCategoryIds"][0].clone();
        let other = STAGE.world.intervention(&practitioner, "ETE").await["serviceCategories"][0].clone();
        let (foreign, foreign_level) = (other["id"].clone(), other["complexityLevels"][0]["id"].clone());
        for (category, level) in [(&own, &foreign_level), (&foreign, &foreign_level), (&json!(id), &foreign_level)] {
            let body = json!({ "serviceCategoryId": category, "complexityLevelId": level });
            let answer = practitioner.patch(&format!("{path}/complexity-level"), body).await;
            assert_error(&answer, 400, "Bad Request");
        }
        let foreign_outcome = other["desiredOutcomes"][0]["id"].clone();
        for (category, outcomes) in
            [(&own, json!([])), (&own, json!([foreign_outcome])), (&foreign, json!([foreign_outcome]))]
        {
            let body = json!({ "serviceCategoryId": category, "desiredOutcomesIds": outcomes });
            let answer = practitioner.patch(&format!("{path}/desired-outcomes"), body).await;
            assert_error(&answer, 400, "Bad Request");
        }
        let body = json!({ "serviceCategoryId": "x" });
        let answer = practitioner.patch(&format!("{path}/complexity-level"), body).await;
        assert_faults(&answer, &[("serviceCategoryId", "INVALID_FORMAT"), ("complexityLevelId", "CANNOT_BE_EMPTY")]);
        assert_eq!(practitioner.get(&path).await.expect(200), before);

        // A draft that is not there is told before anything about what was chosen for it.
        let nowhere = format!("/draft-referral/{}", uuid::Uuid::from_u128(7));
        let level = json!({ "serviceCategoryId": id, "complexityLevelId": foreign_level });
        let outcomes = json!({ "serviceCategoryId": id, "desiredOutcomesIds": [] });
        for (choice, body) in [("complexity-level", level), ("desired-outcomes", outcomes)] {
            let answer = practitioner.patch(&format!("{nowhere}/{choice}"), body).await;
            assert_error(&answer, 404, "entity not found");
        }
    });
}

#[test]
fn a_draft_that_lacks_something_is_not_sent() {
    STAGE.run(async {
        let (practitioner, _) = people().await;
        let intervention = STAGE.world.intervention(&practitioner, "ACC").await;
        let begin = json!({ "serviceUserCrn": "X100005", "interventionId": intervention["id"] });
        let draft = practitioner.post("/draft-referral", begin.clone()).await.expect(201);
        let path = format!("/draft-referral/{}", text(&draft["id"]));
        for answers in [
            json!({}),
            json!({ "additionalRiskInformation": "Some." }),
            json!({ "relevantSentenceId": 2_500_000_005_i64 }),
            json!({ "personCurrentLocationType": "CUSTODY", "allocatedCommunityPP": false }),
        ] {
            practitioner.patch(&path, answers).await.expect(200);
            let answer = practitioner.post(&format!("{path}/send"), json!({})).await;
            assert_eq!(answer.status, 400, "{}", answer.text);
        }
        let absent = practitioner.get(&path.replace("draft", "sent")).await;
        assert_error(&absent, 404, "entity not found");
        for (crn, error) in [("", "CANNOT_BE_EMPTY"), ("..", "INVALID_FORMAT"), ("X100005/..", "INVALID_FORMAT")] {
            let body = with(begin.clone(), json!({ "serviceUserCrn": crn }));
            assert_faults(&practitioner.post("/draft-referral", body).await, &[("serviceUserCrn", error)]);
        }
        let nowhere = with(begin, json!({ "interventionId": draft["id"] }));
        assert_error(&practitioner.post("/draft-referral", nowhere).await, 400, "Bad Request");
        practitioner.patch(&path, json!({ "personCurrentLocationType": "COMMUNITY" })).await.expect(200);
        practitioner.post(&format!("{path}/send"), json!({})).await.expect(201);
    });
}

/// A booking for a day that has passed needs what happened then.
fn yesterday() -> Timestamp {
    testkit::soon() - SignedDuration::from_hours(25)
}

/// Faults of a booking whatever it is for; the referral was sent today, so an earlier day is a fault of its own.
fn booking_faults() -> Vec<(Value, Vec<Fault<'static>>)> {
    const EMPTY: &str = "CANNOT_BE_EMPTY";
    const BEFORE: Fault<'_> = ("appointmentTime", "APPOINTMENT_TIME_BEFORE_REFERRAL_START_DATE");
    let other = |address: Value| json!({ "appointmentDeliveryType": "IN_PERSON_MEETING_OTHER", "appointmentDeliveryAddress": address });
    let past = |attendance: Value, feedback: Value| {
        json!({
            "appointmentTime": yesterday().to_string(), "attendanceFeedback": attendance, "sessionFeedback": feedback,
        })
    };
    let held = json!({ "attended": "yes", "didSessionHappen": true });
    let (first, postcode) = ("appointmentDeliveryAddress.firstAddressLine", "appointmentDeliveryAddress.postCode");
    vec![
        (json!({ "appointmentTime": null }), vec![("appointmentTime", EMPTY)]),
        (json!({ "appointmentTime": "2031-07-03T10:00:00" }), vec![("appointmentTime", "INVALID_FORMAT")]),
        (json!({ "durationInMinutes": null }), vec![("durationInMinutes", EMPTY)]),
        (json!({ "durationInMinutes": 0 }), vec![("durationInMinutes", "CANNOT_BE_NEGATIVE_OR_ZERO")]),
        (json!({ "appointmentDeliveryType": "PIGEON" }), vec![("appointmentDeliveryType", "INVALID_VALUE")]),
        (json!({ "sessionType": "one_to_one" }), vec![("sessionType", "INVALID_VALUE")]),
        (json!({ "appointmentDeliveryType": "IN_PERSON_MEETING_PROBATION_OFFICE" }), vec![("npsOfficeCode", EMPTY)]),
        (other(Value::Null), vec![("appointmentDeliveryAddress", EMPTY)]),
        (other(json!({})), vec![(first, EMPTY), (postcode, EMPTY)]),
        (
            other(json!({ "firstAddressLine": " ", "postCode": "AB1" })),
            vec![(first, EMPTY), (postcode, "INVALID_FORMAT")],
        ),
        (
            json!({ "appointmentTime": (testkit::soon() + SignedDuration::from_hours(24 * 190)).to_string() }),
            vec![("appointmentTime", "APPOINTMENT_TIME_TOO_FAR_IN_FUTURE")],
        ),
        (past(Value::Null, Value::Null), vec![BEFORE, ("attendanceFeedback.didSessionHappen", EMPTY)]),
        (past(json!({}), Value::Null), vec![BEFORE, ("attendanceFeedback.attended", EMPTY)]),
        (past(json!({ "attended": "YES" }), Value::Null), vec![("attendanceFeedback.attended", "INVALID_VALUE")]),
        (
            past(json!({ "attended": "no", "didSessionHappen": true }), Value::Null),
            vec![BEFORE, ("attendanceFeedback.attended", "INVALID_VALUE")],
        ),
        (past(held.clone(), Value::Null), vec![BEFORE, ("sessionFeedback.late", EMPTY)]),
        (
            past(held.clone(), json!({ "late": true })),
            vec![
                BEFORE,
                ("sessionFeedback.lateReason", EMPTY),
                ("sessionFeedback.sessionSummary", EMPTY),
                ("sessionFeedback.sessionResponse", EMPTY),
                ("sessionFeedback.notifyProbationPractitionerOfBehaviour", EMPTY),
                ("sessionFeedback.notifyProbationPractitionerOfConcerns", EMPTY),
            ],
        ),
        (
            past(
                held,
                json!({
                    "late": false, "sessionSummary": "a", "sessionResponse": "b",
                    "notifyProbationPractitionerOfBehaviour": true, "notifyProbationPractitionerOfConcerns": true,
                }),
            ),
            vec![BEFORE, ("sessionFeedback.sessionBehaviour", EMPTY), ("sessionFeedback.sessionConcerns", EMPTY)],
        ),
        (
            past(json!({ "attended": "yes", "didSessionHappen": false }), Value::Null),
            vec![
                BEFORE,
                ("sessionFeedback.noSessionReasonType", EMPTY),
                ("sessionFeedback.notifyProbationPractitionerOfConcerns", EMPTY),
            ],
        ),
        (
            past(
                json!({ "attended": "yes", "didSessionHappen": false }),
                json!({ "noSessionReasonType": "LOGISTICS", "notifyProbationPractitionerOfConcerns": false }),
            ),
            vec![BEFORE, ("sessionFeedback.noSessionReasonLogistics", EMPTY)],
        ),
        (
            past(json!({ "attended": "no", "didSessionHappen": false }), Value::Null),
            vec![
                BEFORE,
                ("sessionFeedback.noAttendanceInformation", EMPTY),
                ("sessionFeedback.notifyProbationPractitionerOfConcerns", EMPTY),
            ],
        ),
    ]
}

#[test]
fn every_fault_of_a_booking_is_named_and_nothing_is_written() {
    STAGE.run(async {
        let (practitioner, provider) = people().await;
        let world = &STAGE.world;
        let referral = world.a_sent_referral(&practitioner, "X100006").await;
        let path = format!("/sent-referral/{referral}/supplier-assessment");
        let before = provider.get(&path).await.expect(200);
        let schedule = format!("/supplier-assessment/{}/schedule-appointment", text(&before["id"]));
        let booking = || testkit::a_booking(testkit::soon() + SignedDuration::from_hours(1));
        for (changes, faults) in booking_faults() {
            assert_faults(&provider.put(&schedule, with(booking(), changes)).await, &faults);
        }
        assert_eq!(provider.get(&path).await.expect(200), before);
        world.hold_assessment(&provider, &referral).await;
        let plan = world.submit_plan(&provider, &referral, 1).await;
        for (changes, faults) in booking_faults() {
            let path = format!("/action-plan/{plan}/appointment/1");
            assert_faults(&provider.patch(&path, with(booking(), changes)).await, &faults);
        }
        let session = provider.get(&format!("/referral/{referral}/sessions/1")).await.expect(200);
        assert_eq!(session["appointmentId"], Value::Null);
    });
}

#[test]
fn faults_of_plans_are_named_and_nothing_is_written() {
    STAGE.run(async {
        let (practitioner, provider) = people().await;
        let world = &STAGE.world;
        let referral = world.a_sent_referral(&practitioner, "X100007").await;
        let create = async |body: Value| {
            provider.post("/draft-action-plan", with(json!({ "referralId": referral }), body)).await
        };
        for sessions in [0, -1, i32::MIN] {
            let answer = create(json!({ "numberOfSessions": sessions })).await;
            assert_faults(&answer, &[("numberOfSessions", "CANNOT_BE_NEGATIVE_OR_ZERO")]);
        }
        let answer = create(json!({ "activities": null })).await;
        assert_faults(&answer, &[("activities", "CANNOT_BE_EMPTY")]);
        let answer = create(json!({ "activities": [{ "description": "Look." }, { "description": " " }, {}] })).await;
        assert_faults(&answer, &[("activities[2].description", "CANNOT_BE_EMPTY")]);
        let sent = provider.get(&format!("/sent-referral/{referral}")).await.expect(200);
        assert_eq!(sent["actionPlanId"], Value::Null);

        let plan = create(json!({})).await.expect(201);
        let path = format!("/draft-action-plan/{}", text(&plan["id"]));
        let assessment = ("supplierAssessmentAppointment", "APPOINTMENT_MUST_BE_COMPLETED");
        let submit = async || provider.post(&format!("{path}/submit"), json!({})).await;
        assert_faults(&submit().await, &[("numberOfSessions", "CANNOT_BE_EMPTY"), assessment]);
        world.book_assessment(&provider, &referral, testkit::soon()).await;
        provider.patch(&path, json!({ "numberOfSessions": 2 })).await.expect(200);
        assert_faults(&submit().await, &[assessment]);
        world.report_on_assessment(&provider, &referral).await;
        submit().await.expect(201);
        let fewer = create(json!({ "numberOfSessions": 1 })).await;
        assert_faults(&fewer, &[("numberOfSessions", "CANNOT_BE_REDUCED")]);
        let next = create(json!({ "numberOfSessions": 2 })).await.expect(201);
        let next = format!("/draft-action-plan/{}", text(&next["id"]));
        let answer = provider.patch(&next, json!({ "numberOfSessions": 1 })).await;
        assert_faults(&answer, &[("numberOfSessions", "CANNOT_BE_REDUCED")]);
        let unknown = provider.post("/draft-action-plan", json!({ "referralId": plan["id"] })).await;
        assert_error(&unknown, 400, "Bad Request");
    });
}

#[test]
fn faults_of_reports_withdrawals_assignments_and_notes_are_named_and_nothing_is_written() {
    STAGE.run(async {
        let (practitioner, provider) = people().await;
        let whole = Whole::of(&STAGE.world, &practitioner, &provider, "X100008").await;
        let read = async || provider.get(&format!("/sent-referral/{}", whole.referral)).await.expect(200);
        let before = read().await;
        let report = format!("/draft-end-of-service-report/{}", whole.report);
        let answer = provider.patch(&report, json!({ "outcome": {}, "furtherInformation": "Not kept." })).await;
        let empty = "CANNOT_BE_EMPTY";
        assert_faults(&answer, &[("outcome.desiredOutcomeId", empty), ("outcome.achievementLevel", empty)]);
        let level = json!({ "outcome": { "desiredOutcomeId": whole.outcome, "achievementLevel": "SOMEWHAT" } });
        assert_faults(&provider.patch(&report, level).await, &[("outcome.achievementLevel", "INVALID_VALUE")]);
        let unknown = json!({ "outcome": { "desiredOutcomeId": whole.referral, "achievementLevel": "ACHIEVED" } });
        assert_error(&provider.patch(&report, unknown).await, 404, "entity not found");
        assert_faults(&provider.post(&format!("{report}/submit"), json!({})).await, &[("outcomes", empty)]);

        let withdraw = format!("/sent-referral/{}/withdraw-referral", whole.referral);
        let good = json!({ "code": "MOV", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
        let answer = practitioner.post(&withdraw, json!({})).await;
        assert_faults(&answer, &[("code", empty), ("comments", empty), ("withdrawalState", empty)]);
        let long = with(good.clone(), json!({ "comments": "x".repeat(2501) }));
        assert_faults(&practitioner.post(&withdraw, long).await, &[("comments", "INVALID_LENGTH")]);
        let code = with(good.clone(), json!({ "code": "mov" }));
        assert_error(&practitioner.post(&withdraw, code).await, 400, "Bad Request");
        let answer = practitioner.post(&withdraw, with(good, json!({ "withdrawalState": "LATER" }))).await;
        assert_error(&answer, 400, "Illegal argument provided");
        assert!(answer.body["userMessage"].is_string());

        let assign = format!("/sent-referral/{}/assign", whole.referral);
        let me = before["assignedTo"].clone();
        assert_faults(&provider.post(&assign, json!({})).await, &[("assignedTo", empty)]);
        for (changes, field) in [
            (json!({ "authSource": "delius" }), "assignedTo.authSource"),
            (json!({ "username": "NOBODY" }), "assignedTo.username"),
            (json!({ "username": "PROVIDER_DISABLED" }), "assignedTo.username"),
            (json!({ "username": "PROVIDER_9", "userId": "5b0e1c00-7a11-4c0d-8f00-000000000009" }), "assignedTo"),
        ] {
            let answer = provider.post(&assign, json!({ "assignedTo": with(me.clone(), changes) })).await;
            assert_faults(&answer, &[(field, "INVALID_VALUE")]);
        }

        // The directory's word counts for who a name is.
        let mistaken = with(me.clone(), json!({ "userId": "5b0e1c00-7a11-4c0d-8f00-000000000002" }));
        let assigned = provider.post(&assign, json!({ "assignedTo": mistaken })).await.expect(200);
        assert_eq!(assigned["assignedTo"], me);

        let note = json!({ "referralId": whole.referral, "subject": "x".repeat(256), "body": " " });
        assert_faults(&provider.post("/case-note", note).await, &[("subject", "INVALID_LENGTH"), ("body", empty)]);
        let note = json!({ "referralId": whole.report, "subject": "A note", "body": "Words." });
        assert_error(&provider.post("/case-note", note).await, 400, "Bad Request");
        let page = provider.get(&format!("/sent-referral/{}/case-notes", whole.referral)).await.expect(200);
        assert_eq!((&page["totalElements"], read().await), (&json!(1), before));
    });
}

#[test]
fn faults_of_feedback_are_named_and_nothing_is_written() {
    STAGE.run(async {
        let (practitioner, provider) = people().await;
        let referral = STAGE.world.a_sent_referral(&practitioner, "X100009").await;
        let base = format!("/referral/{referral}/supplier-assessment");
        let attendance = format!("{base}/record-attendance");
        let good = json!({ "attended": "yes", "didSessionHappen": true });
        assert_error(&provider.put(&attendance, good.clone()).await, 404, "entity not found");
        let later = testkit::soon() + SignedDuration::from_hours(2);
        STAGE.world.book_assessment(&provider, &referral, later).await;
        assert_error(&provider.put(&attendance, good).await, 400, "Bad Request");
        assert_faults(&provider.put(&attendance, json!({})).await, &[("attended", "CANNOT_BE_EMPTY")]);
        let shout = json!({ "attended": "YES", "didSessionHappen": "no" });
        let answer = provider.put(&attendance, shout).await;
        assert_faults(&answer, &[("attended", "INVALID_VALUE"), ("didSessionHappen", "INVALID_FORMAT")]);
        let feedback = json!({ "sessionSummary": "x".repeat(4001), "noSessionReasonType": "WEATHER" });
        let answer = provider.put(&format!("{base}/record-session-feedback"), feedback).await;
        assert_faults(&answer, &[("noSessionReasonType", "INVALID_VALUE")]);
        let feedback = json!({ "sessionSummary": "x".repeat(4001) });
        let answer = provider.put(&format!("{base}/record-session-feedback"), feedback).await;
        assert_faults(&answer, &[("sessionSummary", "INVALID_LENGTH")]);
        let held = provider.get(&format!("/sent-referral/{referral}/supplier-assessment")).await.expect(200);
        let feedback = &held["appointments"][0]["appointmentFeedback"];
        assert_eq!(feedback["attendanceFeedback"]["attended"], Value::Null);
        assert_eq!(feedback["sessionFeedback"]["sessionSummary"], Value::Null);
    });
}

/// A request as bytes, with any media type.
async fn raw(actor: &Actor, method: Method, path: &str, media_type: Option<&str>, body: Vec<u8>) -> Answer {
    let url = format!("{}{path}", STAGE.world.api_url);
    let mut request = STAGE.world.http().request(method, url).bearer_auth(actor.token()).body(body);
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    let answer = request.send().await.expect("the API answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.expect("a body");
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, body, text }
}

#[test]
fn requests_that_cannot_be_read_are_refused_with_the_status_that_says_why() {
    STAGE.run(async {
        let (practitioner, provider) = people().await;
        let json = Some("application/json");
        let create = async |media_type, body: &[u8]| {
            raw(&practitioner, Method::POST, "/draft-referral", media_type, body.to_vec()).await
        };
        for body in ["", "{", "[]", "null", "\"text\"", "{} {}", "{\"a\":1,}", "\u{feff}{}", "{\"a\": 1e999}"] {
            assert_error(&create(json, body.as_bytes()).await, 400, "Bad Request");
        }
        assert_error(&create(json, b"{\"a\": \"\xff\xfe\"}").await, 400, "Bad Request");
        let deep = "{\"a\":".repeat(200) + "1" + &"}".repeat(200);
        assert_error(&create(json, deep.as_bytes()).await, 400, "Bad Request");
        for media_type in
            [Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data"), None]
        {
            assert_error(&create(media_type, b"{}").await, 415, "Unsupported Media Type");
        }
        let two = [("serviceUserCrn", "CANNOT_BE_EMPTY"), ("interventionId", "CANNOT_BE_EMPTY")];
        assert_faults(&create(Some("application/json; charset=utf-8"), b"{}").await, &two);
        let huge = format!("{{\"serviceUserCrn\": \"{}\"}}", "x".repeat(1024 * 1024));
        assert_error(&create(json, huge.as_bytes()).await, 413, "Payload Too Large");

        for (method, path) in [
            (Method::GET, "/draft-referral/not-a-uuid"),
            (Method::GET, "/sent-referral/7f3c1d526b0e4c359a5d2f1f8f0f2a11"),
            (Method::GET, "/sent-referral/%00"),
            (Method::GET, "/sent-referral/%ff"),
            (Method::GET, "/end-of-service-report"),
            (Method::GET, "/end-of-service-report?referralId=1"),
            (Method::GET, "/sent-referrals/summaries?completed=perhaps"),
            (Method::GET, "/sent-referrals/summaries?sort=secret,DESC"),
            (Method::GET, "/interventions?minimumAge=old"),
            (Method::GET, "/interventions?pccRegionIds=kent,%00"),
            (Method::POST, "/draft-referral/1/send"),
        ] {
            let answer = raw(&practitioner, method, path, json, b"{}".to_vec()).await;
            assert_error(&answer, 400, "invalid parameter");
        }
        let some = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";
        for path in
            ["sent-referral", "draft-referral", "intervention", "case-note", "action-plan", "end-of-service-report"]
        {
            assert_error(&practitioner.get(&format!("/{path}/{some}")).await, 404, "entity not found");
        }
        for path in ["/", "/nothing", "/sent-referral", "/draft-referral/", "/Draft-Referrals", "/v1/draft-referrals"] {
            assert_error(&practitioner.get(path).await, 404, "Not Found");
        }
        for (method, path) in
            [(Method::DELETE, "/draft-referral"), (Method::PUT, "/draft-referrals"), (Method::GET, "/case-note")]
        {
            let answer = raw(&provider, method, path, json, b"{}".to_vec()).await;
            assert_error(&answer, 405, "Method Not Allowed");
            assert!(answer.headers.contains_key("allow"));
        }
    });
}

#[test]
fn pages_and_searches_take_anything() {
    STAGE.run(async {
        let (practitioner, _) = people().await;
        for query in [
            "page=0&size=0",
            "page=-1&size=-1",
            "page=x&size=y",
            "page=2147483647&size=2000",
            "page=99999999999",
            "search=%25_%5C'%22%3B--",
            "search=%F0%9F%92%A9",
            "assignedTo=%00x",
            "unknown=1&completed=&cancelled=",
            "sort=sentAt,ASC&sort=referenceNumber,DESC&sort=",
            "search=",
            "assignedTo=",
        ] {
            let answer = practitioner.get(&format!("/sent-referrals/summaries?{query}")).await;
            assert!(answer.status == StatusCode::OK || answer.status == 400, "{query}: {}", answer.text);
        }
        let health = STAGE.world.http().get(format!("{}/health", STAGE.world.api_url)).send().await.unwrap();
        assert_eq!(health.status(), 200);
    });
}
