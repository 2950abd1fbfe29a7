//! Amendments of a sent referral and their change log: what each answers, who may make them, and who hears of them.

use serde_json::{Value, json};
use testkit::{Actor, World};

use crate::stage::own_world;

/// An operation below `/sent-referral/{id}/`, and a body that it takes.
fn amendments(category: &str, level: &Value, outcomes: &Value) -> Vec<(String, Value)> {
    let why = "MARKER-WHY";
    [
        (
            "referral-details",
            json!({ "reasonForChange": why, "completionDeadline": "2099-05-03", "maximumEnforceableDays": 12,
                    "reasonForReferral": "Another reason.", "furtherInformation": "Call first." }),
        ),
        (
            &format!("service-category/{category}/amend-complexity-level"),
            json!({ "complexityLevelId": level, "reasonForChange": why }),
        ),
        (
            &format!("service-category/{category}/amend-desired-outcomes"),
            json!({ "desiredOutcomesIds": outcomes, "reasonForChange": why }),
        ),
        (
            "amend-needs-and-requirements/additional-responsibilities",
            json!({ "hasAdditionalResponsibilities": true, "whenUnavailable": "Tuesdays", "reasonForChange": why }),
        ),
        (
            "amend-needs-and-requirements/accessibility-needs",
            json!({ "accessibilityNeeds": "A ramp", "changesMade": true, "reasonForChange": why }),
        ),
        (
            "amend-needs-and-requirements/identify-needs",
            json!({ "additionalNeedsInformation": "Quiet", "reasonForChange": why }),
        ),
        (
            "amend-needs-and-requirements/interpreter-required",
            json!({ "needsInterpreter": true, "interpreterLanguage": "Welsh", "reasonForChange": why }),
        ),
        (
            "amend-prison-establishment",
            json!({ "personCustodyPrisonId": "MDI", "oldPrisonEstablishment": "Old Gate",
                    "newPrisonEstablishment": "New Gate", "reasonForChange": why }),
        ),
        ("amend-expected-release-date", json!({ "expectedReleaseDate": "2099-05-03" })),
        ("amend-expected-probation-office", json!({ "probationOffice": "Quay Street" })),
        ("amend-pp-probation-office", json!({ "probationOffice": "Hill Road", "preventEmailNotification": true })),
        ("amend-probation-practitioner-name", json!({ "ppName": "Sam Field" })),
        ("amend-probation-practitioner-email", json!({ "ppEmail": "sam.field@probation.example" })),
        ("amend-probation-practitioner-phone-number", json!({ "ppPhoneNumber": "01632 960001" })),
        ("amend-probation-practitioner-team-phone-number", json!({ "ppTeamPhoneNumber": "01632 960002" })),
    ]
    .map(|(path, body)| (path.to_owned(), body))
    .into()
}

/// What the referral's category offers: its id, a level and outcomes that are not chosen yet.
async fn alternatives(practitioner: &Actor, referral: &str) -> (String, Value, Value) {
    let sent = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
    let category = sent["referral"]["serviceCategoryIds"][0].as_str().unwrap().to_owned();
    let contract = sent["referral"]["dynamicFrameworkContractReference"].as_str().unwrap();
    let path = format!("/service-category/{category}/contract-reference/{contract}");
    let offered = practitioner.get(&path).await.expect(200);
    let level = offered["complexityLevels"][1]["id"].clone();
    let outcomes = json!([offered["desiredOutcomes"][1]["id"]]);
    (category, level, outcomes)
}

/// Makes every amendment.
async fn amend_all(practitioner: &Actor, referral: &str) {
    let (category, level, outcomes) = alternatives(practitioner, referral).await;
    for (path, body) in amendments(&category, &level, &outcomes) {
        let answer = practitioner.post(&format!("/sent-referral/{referral}/{path}"), body).await;
        if path == "referral-details" {
            answer.expect(200);
        } else {
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""), "{path}");
        }
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn every_amendment_is_done_and_told_in_the_log() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    let (category, _, _) = alternatives(&practitioner, &referral).await;
    amend_all(&practitioner, &referral).await;

    let sent = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
    let fields = &sent["referral"];
    for (member, value) in [
        ("completionDeadline", json!("2099-05-03")),
        ("maximumEnforceableDays", json!(12)),
        ("furtherInformation", json!("Call first.")),
        ("reasonForReferral", json!("Another reason.")),
        ("whenUnavailable", json!("Tuesdays")),
        ("accessibilityNeeds", json!("A ramp")),
        ("additionalNeedsInformation", json!("Quiet")),
        ("interpreterLanguage", json!("Welsh")),
        ("personCustodyPrisonId", json!("MDI")),
        ("expectedReleaseDate", json!("2099-05-03")),
        ("expectedProbationOffice", json!("Quay Street")),
        ("ppProbationOffice", json!("Hill Road")),
        ("ppName", json!("Sam Field")),
        ("ppEmailAddress", json!("sam.field@probation.example")),
        ("ppPhoneNumber", json!("01632 960001")),
        ("ppTeamPhoneNumber", json!("01632 960002")),
    ] {
        assert_eq!(fields[member], value, "{member}");
    }

    let log = provider.get(&format!("/sent-referral/{referral}/change-log")).await.expect(200);
    let log = log.as_array().unwrap();
    let topics: Vec<&str> = log.iter().rev().map(|entry| entry["topic"].as_str().unwrap()).collect();
    assert_eq!(
        topics[3..],
        [
            "COMPLEXITY_LEVEL",
            "DESIRED_OUTCOMES",
            "NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES",
            "NEEDS_AND_REQUIREMENTS_ACCESSIBILITY_NEEDS",
            "NEEDS_AND_REQUIREMENTS_ADDITIONAL_INFORMATION",
            "NEEDS_AND_REQUIREMENTS_INTERPRETER_REQUIRED",
            "PRISON_ESTABLISHMENT",
            "EXPECTED_RELEASE_DATE",
            "EXPECTED_PROBATION_OFFICE",
            "PROBATION_PRACTITIONER_PROBATION_OFFICE",
            "PROBATION_PRACTITIONER_NAME",
            "PROBATION_PRACTITIONER_EMAIL",
            "PROBATION_PRACTITIONER_PHONE_NUMBER",
            "PROBATION_PRACTITIONER_TEAM_PHONE_NUMBER",
        ]
    );
    let mut of_details = topics[..3].to_vec();
    of_details.sort_unstable();
    assert_eq!(of_details, ["COMPLETION_DATETIME", "MAXIMUM_ENFORCEABLE_DAYS", "REASON_FOR_REFERRAL"]);
    for entry in log {
        assert_eq!(entry["referralId"], json!(referral));
        assert_eq!(entry["name"], "Maya Thornbury");
        let at = entry["changedAt"].as_str().unwrap();
        assert!(at.contains(" at ") && (at.ends_with("am") || at.ends_with("pm")), "{at}");
    }

    let levels = practitioner.get(&format!("/service-category/{category}")).await.expect(200);
    let title = levels["complexityLevels"][1]["title"].as_str().unwrap().to_uppercase();
    for (topic, old, new, reason) in [
        ("COMPLETION_DATETIME", json!(["31 Dec 2099"]), json!(["03 May 2099"]), "MARKER-WHY"),
        ("MAXIMUM_ENFORCEABLE_DAYS", json!(["5"]), json!(["12"]), "MARKER-WHY"),
        ("REASON_FOR_REFERRAL", json!(["Needs a place to live."]), json!(["Another reason."]), "MARKER-WHY"),
        (
            "NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES",
            json!(["No"]),
            json!(["Yes-Tuesdays"]),
            "MARKER-WHY",
        ),
        ("NEEDS_AND_REQUIREMENTS_ACCESSIBILITY_NEEDS", json!([]), json!(["A ramp"]), "MARKER-WHY"),
        ("NEEDS_AND_REQUIREMENTS_INTERPRETER_REQUIRED", json!(["No"]), json!(["Yes-Welsh"]), "MARKER-WHY"),
        ("PRISON_ESTABLISHMENT", json!([""]), json!(["MDI"]), "MARKER-WHY"),
        ("EXPECTED_RELEASE_DATE", json!([""]), json!(["03-May-2099"]), ""),
        ("PROBATION_PRACTITIONER_NAME", json!(["Practitioner One"]), json!(["Sam Field"]), ""),
    ] {
        let entry = log.iter().find(|entry| entry["topic"] == topic).unwrap();
        let change = detail(&provider, entry).await;
        assert_eq!(
            keys(&change),
            ["changelogId", "name", "newValue", "oldValue", "reasonForChange", "referralId", "topic"]
        );
        assert_eq!((&change["oldValue"], &change["newValue"]), (&old, &new), "{topic}");
        assert_eq!((&change["name"], &change["reasonForChange"]), (&json!("Maya Thornbury"), &json!(reason)));
    }
    let entry = log.iter().find(|entry| entry["topic"] == "COMPLEXITY_LEVEL").unwrap();
    assert_eq!(detail(&provider, entry).await["newValue"], json!([title]));
    let entry = log.iter().find(|entry| entry["topic"] == "DESIRED_OUTCOMES").unwrap();
    let outcomes = detail(&provider, entry).await;
    for side in ["oldValue", "newValue"] {
        let text = outcomes[side][0].as_str().unwrap();
        assert!(text.parse::<uuid::Uuid>().is_err() && text.contains(' '), "{text}");
    }

    amend_all(&practitioner, &referral).await;
    let again = practitioner.get(&format!("/sent-referral/{referral}/change-log")).await.expect(200);
    assert_eq!(again.as_array().unwrap().len(), log.len(), "the same values change nothing");
    world.stop().await;
}

async fn detail(reader: &Actor, entry: &Value) -> Value {
    let id = entry["changelogId"].as_str().unwrap();
    reader.get(&format!("/sent-referral/change-log/{id}")).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn details_answer_with_their_new_version() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    let path = format!("/sent-referral/{referral}/referral-details");
    let first = json!({ "reasonForChange": "first", "furtherInformation": "Call first.", "maximumEnforceableDays": 9 });
    practitioner.post(&path, first).await.expect(200);
    let second =
        json!({ "reasonForChange": "second", "completionDeadline": "2099-05-03", "expectedReleaseDate": "2099-01-01" });
    let mut answer = practitioner.post(&path, second).await.expect(200);
    let created = answer.as_object_mut().unwrap().remove("createdAt").unwrap();
    assert!(created.as_str().unwrap().ends_with('Z'));
    assert_eq!(
        answer,
        json!({
            "referralId": referral,
            "maximumEnforceableDays": 9,
            "completionDeadline": "2099-05-03",
            "furtherInformation": "Call first.",
            "reasonForChange": "second",
            "createdById": "2500011",
            "reasonForReferral": "Needs a place to live.",
            "reasonForReferralFurtherInformation": null,
            "prisonEstablishment": null,
            "probationOffice": null,
        })
    );
    let nothing =
        practitioner.post(&path, json!({ "reasonForChange": "why", "expectedReleaseDate": "2099-01-01" })).await;
    assert_eq!(nothing.expect(400)["error"], "validation error");
    let unexplained = practitioner.post(&path, json!({ "completionDeadline": "soon" })).await.expect(400);
    assert_eq!(
        unexplained["validationErrors"],
        json!([
            { "field": "reasonForChange", "error": "CANNOT_BE_EMPTY" },
            { "field": "completionDeadline", "error": "INVALID_FORMAT" },
        ])
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_practitioners_amend_and_only_what_is_theirs() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let stranger = world.actor("PROVIDER_9").await;
    let machine = world.machine("delius-integration").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    let (category, level, outcomes) = alternatives(&practitioner, &referral).await;
    let unknown = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";
    for (path, body) in amendments(&category, &level, &outcomes) {
        let refused = provider.post(&format!("/sent-referral/{referral}/{path}"), body.clone()).await.expect(403);
        assert!(refused["accessErrors"].is_array(), "{path}: {refused}");
        let refused = machine.post(&format!("/sent-referral/{referral}/{path}"), body.clone()).await;
        assert_eq!(refused.status.as_u16(), 403, "{path}");
        let missing = practitioner.post(&format!("/sent-referral/{unknown}/{path}"), body).await.expect(404);
        assert_eq!(missing["error"], "entity not found", "{path}");
    }
    let log = format!("/sent-referral/{referral}/change-log");
    assert_eq!(practitioner.get(&log).await.expect(200), json!([]), "nothing was written");

    practitioner
        .post(&format!("/sent-referral/{referral}/amend-probation-practitioner-name"), json!({ "ppName": "Sam Field" }))
        .await
        .expect(204);
    let listed = provider.get(&log).await.expect(200);
    let one = format!("/sent-referral/change-log/{}", listed[0]["changelogId"].as_str().unwrap());
    for path in [&log, &one] {
        let refused = stranger.get(path).await.expect(403);
        assert!(refused["accessErrors"].is_array(), "{refused}");
        assert_eq!(practitioner.with_token("no token").get(path).await.status.as_u16(), 401);
    }
    assert_eq!(machine.get(&one).await.expect(200)["newValue"], json!(["Sam Field"]));
    practitioner.get(&format!("/sent-referral/{unknown}/change-log")).await.expect(404);
    practitioner.get(&format!("/sent-referral/change-log/{unknown}")).await.expect(404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_amended_says_why() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    world.assign(&provider, &referral).await;
    let (category, level, outcomes) = alternatives(&practitioner, &referral).await;
    let base = format!("/sent-referral/{referral}");

    let section = format!("{base}/amend-needs-and-requirements/hobbies");
    let odd = practitioner.post(&section, json!({ "reasonForChange": "why" })).await;
    assert_eq!(odd.status.as_u16(), 400);
    assert!(odd.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert!(odd.body.is_null() && odd.text.contains("identify-needs"), "{}", odd.text);

    let blank = json!({ "ppEmail": " ", "preventEmailNotification": true });
    let refused = practitioner.post(&format!("{base}/amend-probation-practitioner-email"), blank).await.expect(400);
    assert_eq!(refused["validationErrors"], json!([{ "field": "ppEmail", "error": "CANNOT_BE_EMPTY" }]));
    let neither = practitioner.post(&format!("{base}/amend-expected-release-date"), json!({})).await.expect(400);
    assert_eq!(neither["validationErrors"][0]["field"], "expectedReleaseDate");

    let levels = format!("{base}/service-category/{category}/amend-complexity-level");
    let chosen = format!("{base}/service-category/{category}/amend-desired-outcomes");
    let foreign = practitioner.post(&levels, json!({ "complexityLevelId": category, "reasonForChange": "why" })).await;
    assert_eq!(foreign.expect(400)["error"], "Bad Request");
    let empty = practitioner.post(&chosen, json!({ "desiredOutcomesIds": [], "reasonForChange": "why" })).await;
    assert_eq!(empty.expect(400)["error"], "Bad Request");

    world.hold_assessment(&provider, &referral).await;
    world.submit_plan(&provider, &referral, 1).await;
    for (path, body) in [
        (&levels, json!({ "complexityLevelId": level, "reasonForChange": "why" })),
        (&chosen, json!({ "desiredOutcomesIds": outcomes, "reasonForChange": "why" })),
    ] {
        let refused = practitioner.post(path, body).await.expect(400);
        assert!(refused["message"].as_str().unwrap().contains("approved"), "{refused}");
    }

    let reasons = practitioner.get("/referral-withdrawal-reasons").await.expect(200);
    let withdrawal = json!({
        "code": reasons[0]["code"], "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL",
    });
    practitioner.post(&format!("{base}/withdraw-referral"), withdrawal).await.expect(200);
    for (path, body) in amendments(&category, &level, &outcomes) {
        let refused = practitioner.post(&format!("{base}/{path}"), body).await.expect(409);
        assert_eq!(refused["error"], "Conflict", "{path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caseworker_hears_of_each_change_in_the_words_of_its_template() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    world.assign(&provider, &referral).await;
    amend_all(&practitioner, &referral).await;
    world.settled(&referral).await;
    let number = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200)["referenceNumber"].clone();
    let details = format!("{}/service-provider/referrals/{referral}/details", world.web_url);

    let short = json!({ "sp_first_name": "Dev", "referral_number": number, "referral": details });
    let long = |pair: Value| {
        let mut all = json!({
            "caseWorkerFirstName": "Dev", "changedByName": "Maya", "referralDetailsURL": details,
            "referralNumber": number, "popFullName": "Alex Rivers",
        });
        all.as_object_mut().unwrap().extend(pair.as_object().unwrap().clone());
        all
    };
    for (purpose, expected) in [
        ("complexity-level-changed", vec![short.clone()]),
        ("desired-outcome-changed", vec![short.clone()]),
        ("needs-and-requirements-outcome-changed", vec![short; 4]),
        (
            "completion-deadline-updated",
            vec![json!({
                "caseworkerFirstName": "Dev", "newCompletionDeadline": "3 May 2099",
                "previousCompletionDeadline": "31 December 2099", "changedByName": "Maya", "referralDetailsUrl": details,
            })],
        ),
        (
            "enforceable-days-updated",
            vec![json!({
                "recipientFirstName": "Dev", "newMaximumEnforceableDays": "12", "previousMaximumEnforceableDays": "5",
                "changedByName": "Maya", "referralDetailsUrl": details,
            })],
        ),
        ("reason-for-referral-updated", vec![long(json!({}))]),
        (
            "prison-establishment-updated",
            vec![long(json!({ "oldPrisonEstablishment": "Old Gate", "newPrisonEstablishment": "New Gate" }))],
        ),
        (
            "expected-release-date-updated",
            vec![long(json!({
                "oldExpectedReleaseDateDetails": "Not known", "newExpectedReleaseDateDetails": "03-May-2099",
            }))],
        ),
        (
            "probation-office-updated",
            vec![long(json!({ "oldProbationOffice": "not set", "newProbationOffice": "Quay Street" }))],
        ),
        (
            "probation-practitioner-name-updated",
            vec![long(json!({
                "oldProbationPractitionerName": "Practitioner One", "newProbationPractitionerName": "Sam Field",
            }))],
        ),
        (
            "probation-practitioner-email-updated",
            vec![long(json!({
                "oldProbationPractitionerEmail": "not set",
                "newProbationPractitionerEmail": "sam.field@probation.example",
            }))],
        ),
        (
            "probation-practitioner-phone-number-updated",
            vec![long(json!({
                "oldProbationPractitionerPhoneNumber": " ", "newProbationPractitionerPhoneNumber": "01632 960001",
            }))],
        ),
        (
            "probation-practitioner-team-phone-number-updated",
            vec![long(json!({
                "oldProbationPractitionerTeamPhoneNumber": " ",
                "newProbationPractitionerTeamPhoneNumber": "01632 960002",
            }))],
        ),
    ] {
        assert_eq!(emails(&world, &referral, purpose, "provider.1@provider.example").await, expected, "{purpose}");
    }
    // The practitioner of this case is who changed the deadline.
    assert!(
        emails(&world, &referral, "completion-deadline-updated", "practitioner.1@probation.example").await.is_empty()
    );
    world.stop().await;
}

/// The personalisation of each e-mail that somebody got, oldest first.
async fn emails(world: &World, referral: &str, purpose: &str, to: &str) -> Vec<Value> {
    let name = format!("{purpose} e-mail");
    let ledger = world.ledger(referral).await;
    let ids: Vec<String> =
        ledger.iter().filter(|entry| entry.action.name() == name).map(|entry| entry.id.to_string()).collect();
    let all = world.look("emails").await;
    let wanted = |email: &&Value| email["emailAddress"] == to && ids.iter().any(|id| email["reference"] == id.as_str());
    all.as_array().unwrap().iter().filter(wanted).map(|email| email["personalisation"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_practitioner_hears_of_a_deadline_that_a_colleague_moved() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let colleague = world.actor("PRACTITIONER_2").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    world.assign(&provider, &referral).await;
    let path = format!("/sent-referral/{referral}/referral-details");
    for (who, deadline) in [(&practitioner, "2099-05-03"), (&colleague, "2099-06-04")] {
        let body = json!({ "reasonForChange": "why", "completionDeadline": deadline });
        who.post(&path, body).await.expect(200);
    }
    world.settled(&referral).await;
    let purpose = "completion-deadline-updated";
    assert_eq!(emails(&world, &referral, purpose, "provider.1@provider.example").await.len(), 2);
    let details = format!("{}/probation-practitioner/referrals/{referral}/details", world.web_url);
    assert_eq!(
        emails(&world, &referral, purpose, "practitioner.1@probation.example").await,
        [json!({
            "caseworkerFirstName": "Maya", "newCompletionDeadline": "4 June 2099",
            "previousCompletionDeadline": "3 May 2099", "changedByName": "Owen", "referralDetailsUrl": details,
        })]
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_without_the_directory() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, "X100003").await;
    let path = format!("/sent-referral/{referral}/amend-probation-practitioner-name");
    practitioner.post(&path, json!({ "ppName": "Sam Field" })).await.expect(204);
    world.fault(json!({ "system": "manage-users", "fault": "down" })).await;
    let log = practitioner.get(&format!("/sent-referral/{referral}/change-log")).await.expect(200);
    assert_eq!(log[0]["name"], "PRACTITIONER_1");
    world.heal().await;
    world.stop().await;
}
