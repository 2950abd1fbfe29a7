//! The members of every answer along a journey, compared with the contract's: all present, none more, nulls explicit,
//! instants and dates in the contract's form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::{Actor, World};

use crate::stage::{own_world, text};

/// Members by shape: name and kind, as `shapes.txt` writes them.
struct Shapes(BTreeMap<&'static str, Vec<(&'static str, &'static str)>>);

impl Shapes {
    fn read() -> Self {
        let mut shapes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut current = "";
        for line in include_str!("shapes.txt").lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(' ') {
                let members = line.split(',').map(str::trim).filter(|member| !member.is_empty());
                let members = members.map(|member| member.split_once(": ").expect("name and kind"));
                shapes.get_mut(current).expect("a shape's name comes first").extend(members);
            } else {
                current = line;
                shapes.insert(line, Vec::new());
            }
        }
        Self(shapes)
    }

    /// Asserts that a value is of a kind.
    #[track_caller]
    fn assert(&self, kind: &str, value: &Value) {
        let mut faults = Vec::new();
        self.check(kind, value, kind, &mut faults);
        assert!(faults.is_empty(), "{faults:#?}\nin {value:#}");
    }

    fn check(&self, kind: &str, value: &Value, path: &str, faults: &mut Vec<String>) {
        if let Some(kind) = kind.strip_suffix('?') {
            if !value.is_null() {
                self.check(kind, value, path, faults);
            }
            return;
        }
        if let Some(item) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let Some(items) = value.as_array() else { return faults.push(format!("{path} is not a list: {value}")) };
            for (index, entry) in items.iter().enumerate() {
                self.check(item, entry, &format!("{path}[{index}]"), faults);
            }
            return;
        }
        let Some(members) = self.0.get(kind) else {
            if !is_of(kind, value) {
                faults.push(format!("{path} is not of kind {kind}: {value}"));
            }
            return;
        };
        let Some(object) = value.as_object() else { return faults.push(format!("{path} is not an object: {value}")) };
        let given: BTreeSet<&str> = object.keys().map(String::as_str).collect();
        let named: BTreeSet<&str> = members.iter().map(|(name, _)| *name).collect();
        faults.extend(named.difference(&given).map(|name| format!("{path}.{name} is missing")));
        faults.extend(given.difference(&named).map(|name| format!("{path}.{name} is not in the contract")));
        for (name, kind) in members {
            if let Some(value) = object.get(*name) {
                self.check(kind, value, &format!("{path}.{name}"), faults);
            }
        }
    }
}

/// Whether a value is of a kind that has no members.
fn is_of(kind: &str, value: &Value) -> bool {
    let text = value.as_str();
    match kind {
        "text" => text.is_some(),
        "bool" => value.is_boolean(),
        "int" => value.is_i64(),
        "uuid" => text.is_some_and(|text| text.len() == 36 && text.parse::<uuid::Uuid>().is_ok()),
        "date" => text.is_some_and(|text| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()),
        "instant" => text.is_some_and(is_instant),
        "reference" => text.is_some_and(is_reference),
        choices => text.is_some_and(|text| choices.contains('|') && choices.split('|').any(|choice| choice == text)),
    }
}

/// UTC with `Z`, seconds always, a fraction of one to six digits that does not end in zero, or none.
fn is_instant(text: &str) -> bool {
    let Some(text) = text.strip_suffix('Z') else { return false };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let fits = |fraction: &str| {
        (1..=6).contains(&fraction.len()) && !fraction.ends_with('0') && fraction.bytes().all(|b| b.is_ascii_digit())
    };
    whole.len() == 19
        && whole.as_bytes()[10] == b'T'
        && fraction.is_none_or(fits)
        && format!("{text}Z").parse::<jiff::Timestamp>().is_ok()
}

/// Two letters but I and O, four digits, two letters.
fn is_reference(text: &str) -> bool {
    let of =
        |range: std::ops::Range<usize>, fits: fn(u8) -> bool| text.as_bytes()[range].iter().all(|byte| fits(*byte));
    text.len() == 8
        && of(0..2, |byte| byte.is_ascii_uppercase() && !b"IO".contains(&byte))
        && of(2..6, |byte| byte.is_ascii_digit())
        && of(6..8, |byte| byte.is_ascii_uppercase())
}

#[test]
fn the_checks_themselves_find_faults() {
    let shapes = Shapes::read();
    let found = |kind: &str, value: Value| {
        let mut faults = Vec::new();
        shapes.check(kind, &value, "it", &mut faults);
        faults
    };
    let user = json!({ "username": "A", "authSource": "auth", "userId": null, "more": 1 });
    assert_eq!(found("AuthUser", user), ["it.more is not in the contract", "it.userId is not of kind text: null"]);
    assert_eq!(found("AuthUser", json!({ "username": "A", "authSource": "auth" })), ["it.userId is missing"]);
    assert_eq!(found("[text]?", json!(null)), [""; 0]);
    assert_eq!(found("[text]", json!([1])), ["it[0] is not of kind text: 1"]);
    for bad in
        ["2031-02-03T04:05:06+00:00", "2031-02-03T04:05Z", "2031-02-03T04:05:06.120Z", "2031-02-03T04:05:06.1234567Z"]
    {
        assert!(!is_instant(bad), "{bad}");
    }
    assert!(is_instant("2031-02-03T04:05:06Z") && is_instant("2031-02-03T04:05:06.789012Z"));
    assert!(is_reference("KQ2846AC") && !is_reference("KI2846AC") && !is_reference("KQ284AC"));
}

/// Creates something and answers with it; its address is absolute and where it can be read.
#[track_caller]
fn created(world: &World, answer: testkit::Answer, path: &str) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text);
    let location = answer.headers.get("location").expect("a location").to_str().unwrap().to_owned();
    let id = text(&answer.body["id"]);
    assert_eq!(location, format!("{}{path}/{id}", world.api_url));
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_journey_is_of_its_shape() {
    let (world, shapes) = (own_world().await, Shapes::read());
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let intervention = catalogue(&world, &shapes, &practitioner, &provider).await;
    let referral = draft_and_send(&world, &shapes, &practitioner, &intervention).await;
    let plan = assessment_and_plan(&world, &shapes, &practitioner, &provider, &referral).await;
    sessions(&world, &shapes, &provider, &referral, &plan).await;
    notes_and_lists(&shapes, &practitioner, &provider, &referral).await;
    withdrawal_and_report(&world, &shapes, &practitioner, &provider, &referral).await;
    let machine = world.machine("delius-integration").await;
    shapes.assert("SentReferral", &machine.get(&format!("/sent-referral/{referral}")).await.expect(200));
    world.stop().await;
}

async fn catalogue(world: &World, shapes: &Shapes, practitioner: &Actor, provider: &Actor) -> Value {
    let user = practitioner.post("/intervention/user", json!({})).await.expect(200);
    shapes.assert("AuthUser", &user);
    assert_eq!(user["authSource"], "delius");
    shapes.assert("[Intervention]", &practitioner.get("/interventions").await.expect(200));
    shapes.assert("[Intervention]", &provider.get("/my-interventions").await.expect(200));
    shapes.assert("[PCCRegion]", &practitioner.get("/pcc-regions").await.expect(200));
    let reasons = practitioner.get("/referral-withdrawal-reasons").await.expect(200);
    shapes.assert("[WithdrawalReason]", &reasons);
    assert_eq!(reasons.as_array().unwrap().len(), 13);
    let reasons = practitioner.get("/referral-cancellation-reasons").await.expect(200);
    shapes.assert("[CancellationReason]", &reasons);
    assert_eq!(reasons.as_array().unwrap().len(), 10);
    let intervention = world.intervention(practitioner, "ACC").await;
    let path = format!("/intervention/{}", text(&intervention["id"]));
    assert_eq!(practitioner.get(&path).await.expect(200), intervention);
    let category = text(&intervention["serviceCategories"][0]["id"]);
    shapes.assert("ServiceCategory", &practitioner.get(&format!("/service-category/{category}")).await.expect(200));
    let offered =
        practitioner.get(&format!("/service-category/{category}/contract-reference/HT0001")).await.expect(200);
    shapes.assert("ServiceCategory", &offered);
    let titles: Vec<_> =
        offered["complexityLevels"].as_array().unwrap().iter().map(|level| text(&level["title"])).collect();
    assert!(titles[0].starts_with("Low") && titles[2].starts_with("High"), "{titles:?}");
    intervention
}

async fn draft_and_send(world: &World, shapes: &Shapes, practitioner: &Actor, intervention: &Value) -> String {
    let body = json!({ "serviceUserCrn": "X100003", "interventionId": intervention["id"] });
    let draft = created(world, practitioner.post("/draft-referral", body).await, "/draft-referral");
    shapes.assert("DraftReferral", &draft);
    // One category on the contract type: chosen already. Nothing else is.
    assert_eq!(draft["serviceCategoryIds"].as_array().map(Vec::len), Some(1));
    assert_eq!((&draft["complexityLevels"], &draft["desiredOutcomes"]), (&Value::Null, &Value::Null));
    shapes.assert("[DraftReferral]", &practitioner.get("/draft-referrals").await.expect(200));

    let id = world.a_complete_draft(practitioner, "X100003").await;
    let path = format!("/draft-referral/{id}");
    let more = json!({
        "serviceUser": { "crn": "X100003", "firstName": "Alex", "dateOfBirth": "1980-01-02", "disabilities": [] },
        "isReferralReleasingIn12Weeks": false, "hasExpectedReleaseDate": true, "expectedReleaseDate": "2099-01-31",
    });
    let patched = practitioner.patch(&path, more).await.expect(200);
    shapes.assert("DraftReferral", &patched);
    let user = &patched["serviceUser"];
    assert_eq!((&user["lastName"], &user["disabilities"]), (&Value::Null, &json!([])), "replaced as a whole");
    assert_eq!((&patched["hasExpectedReleaseDate"], &patched["ppLocationType"]), (&Value::Null, &Value::Null));
    let again = practitioner.get(&path).await;
    assert_eq!(again.headers["cache-control"], "no-store");
    assert_eq!(again.expect(200), patched);
    let risk = json!({ "riskSummaryWhoIsAtRisk": "Nobody.", "additionalInformation": "MARKER-RISK" });
    let risk = practitioner.patch(&format!("{path}/oasys-risk-information"), risk).await.expect(200);
    shapes.assert("DraftOasysRiskInformation", &risk);
    assert_eq!(practitioner.get(&format!("{path}/oasys-risk-information")).await.expect(200), risk);

    let sent = created(world, practitioner.post(&format!("{path}/send"), json!({})).await, "/sent-referral");
    shapes.assert("SentReferral", &sent);
    assert_eq!((&sent["id"], &sent["approvedActionPlanIds"]), (&json!(id), &Value::Null));
    assert_eq!(sent["withdrawalState"], "PRE_ICA_WITHDRAWAL");
    assert!(sent["referral"].get("additionalRiskInformation").is_none());
    let read = practitioner.get(&format!("/sent-referral/{id}")).await.expect(200);
    shapes.assert("SentReferral", &read);
    assert_eq!(read["approvedActionPlanIds"], json!([]));
    id
}

async fn assessment_and_plan(
    world: &World,
    shapes: &Shapes,
    practitioner: &Actor,
    provider: &Actor,
    referral: &str,
) -> String {
    let me = provider.post("/intervention/user", json!({})).await.expect(200);
    let path = format!("/sent-referral/{referral}/assign");
    let assigned = provider.post(&path, json!({ "assignedTo": me })).await.expect(200);
    shapes.assert("SentReferral", &assigned);
    assert_eq!(assigned["assignedTo"], me);
    let path = format!("/sent-referral/{referral}/supplier-assessment");
    let assessment = practitioner.get(&path).await.expect(200);
    shapes.assert("SupplierAssessment", &assessment);
    assert_eq!((&assessment["appointments"], &assessment["currentAppointmentId"]), (&json!([]), &Value::Null));
    let mut booking = testkit::a_booking(testkit::soon());
    booking["appointmentDeliveryType"] = json!("IN_PERSON_MEETING_OTHER");
    booking["appointmentDeliveryAddress"] = json!({ "firstAddressLine": "1 Quay", "postCode": " ab1 2cd " });
    let schedule = format!("/supplier-assessment/{}/schedule-appointment", text(&assessment["id"]));
    let booked = provider.put(&schedule, booking).await.expect(200);
    shapes.assert("Appointment", &booked);
    let address = &booked["appointmentDeliveryAddress"];
    assert_eq!((&address["postCode"], &address["secondAddressLine"]), (&json!("AB12CD"), &Value::Null));
    let blank = &booked["appointmentFeedback"];
    assert_eq!((&blank["submitted"], &blank["submittedBy"]), (&json!(false), &Value::Null));
    world.report_on_assessment(provider, referral).await;
    let held = provider.get(&path).await.expect(200);
    shapes.assert("SupplierAssessment", &held);
    assert_eq!(held["appointments"][0]["appointmentFeedback"]["attendanceFeedback"]["attended"], "yes");

    let body = json!({ "referralId": referral });
    let plan = created(world, provider.post("/draft-action-plan", body).await, "/draft-action-plan");
    shapes.assert("ActionPlan", &plan);
    assert_eq!((&plan["activities"], &plan["numberOfSessions"]), (&json!([]), &Value::Null));
    let id = text(&plan["id"]);
    let body = json!({ "numberOfSessions": 3, "newActivity": { "description": "Look for homes." } });
    let plan = provider.patch(&format!("/draft-action-plan/{id}"), body).await.expect(200);
    shapes.assert("ActionPlan", &plan);
    let submitted = provider.post(&format!("/draft-action-plan/{id}/submit"), json!({})).await;
    let nested = format!("/draft-action-plan/{}/submit/action-plan", text(&plan["id"]));
    let plan = created(world, submitted, &nested);
    shapes.assert("ActionPlan", &plan);
    assert_eq!(plan["approvedBy"]["authSource"], "urn:hmpps:interventions");
    let activity = text(&plan["activities"][0]["id"]);
    let path = format!("/action-plan/{id}/activities/{activity}");
    shapes.assert("ActionPlan", &provider.patch(&path, json!({ "description": "Find a home." })).await.expect(200));
    shapes.assert("ActionPlan", &practitioner.get(&format!("/action-plan/{id}")).await.expect(200));
    let plans = practitioner.get(&format!("/sent-referral/{referral}/approved-action-plans")).await.expect(200);
    shapes.assert("[ActionPlanSummary]", &plans);
    assert_eq!(plans.as_array().map(Vec::len), Some(1));
    id
}

async fn sessions(world: &World, shapes: &Shapes, provider: &Actor, referral: &str, plan: &str) {
    let listed = provider.get(&format!("/action-plan/{plan}/appointments")).await.expect(200);
    shapes.assert("[DeliverySession]", &listed);
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    assert_eq!((&listed[0]["appointmentId"], &listed[0]["oldAppointments"]), (&Value::Null, &json!([])));
    let mut booking = testkit::a_booking(testkit::soon());
    booking["appointmentDeliveryType"] = json!("IN_PERSON_MEETING_OTHER");
    booking["appointmentDeliveryAddress"] = json!({ "firstAddressLine": "1 Quay", "postCode": "AB1 2CD" });
    let path = format!("/action-plan/{plan}/appointment/1");
    let later = testkit::soon() + jiff::SignedDuration::from_hours(30);
    booking["appointmentTime"] = json!(later.to_string());
    shapes.assert("DeliverySession", &provider.patch(&path, booking.clone()).await.expect(200));
    booking["appointmentTime"] = json!(testkit::soon().to_string());
    let booked = provider.patch(&path, booking).await.expect(200);
    shapes.assert("DeliverySession", &booked);
    assert_eq!(booked["appointmentDeliveryAddress"]["secondAddressLine"], "");
    assert_eq!(booked["oldAppointments"].as_array().map(Vec::len), Some(1));
    assert_ne!(booked["id"], booked["appointmentId"]);

    let appointment = text(&booked["appointmentId"]);
    let base = format!("/referral/{referral}/delivery-session-appointments/{appointment}");
    let attendance = json!({ "attended": "yes", "didSessionHappen": true });
    let recorded = world
        .eventually("the session has begun", async || {
            let answer = provider.put(&format!("{base}/attendance"), attendance.clone()).await;
            answer.status.is_success().then_some(answer.body)
        })
        .await;
    shapes.assert("DeliverySessionAppointment", &recorded);
    assert_eq!(recorded["id"], json!(appointment));
    let feedback = provider.put(&format!("{base}/session-feedback"), testkit::some_feedback()).await.expect(200);
    shapes.assert("DeliverySessionAppointment", &feedback);
    let submitted = provider.post(&format!("{base}/submit-feedback"), json!({})).await.expect(200);
    shapes.assert("DeliverySessionAppointment", &submitted);
    assert_eq!(submitted["appointmentFeedback"]["submitted"], true);
    shapes.assert("DeliverySession", &provider.get(&format!("/action-plan/{plan}/appointments/1")).await.expect(200));
    shapes.assert("DeliverySession", &provider.get(&format!("/referral/{referral}/sessions/3")).await.expect(200));
}

async fn notes_and_lists(shapes: &Shapes, practitioner: &Actor, provider: &Actor, referral: &str) {
    let note = json!({ "referralId": referral, "subject": "A note", "body": "Words.", "sendEmail": "false" });
    let note = practitioner.post("/case-note", note).await;
    assert!(note.headers.get("location").is_none());
    let note = note.expect(200);
    shapes.assert("CaseNote", &note);
    let path = format!("/case-note/{}", text(&note["id"]));
    assert_eq!(provider.get(&path).await.expect(200), note);
    let page = provider.get(&format!("/sent-referral/{referral}/case-notes?page=1&size=5&sort=sentAt,DESC")).await;
    let page = page.expect(200);
    shapes.assert("PageOfCaseNote", &page);
    assert_eq!((&page["number"], &page["size"], &page["totalElements"]), (&json!(0), &json!(5), &json!(1)));
    for caller in [practitioner, provider] {
        let page = caller.get("/sent-referrals/summaries?page=1&size=10").await.expect(200);
        shapes.assert("PageOfSentReferralSummary", &page);
        let row = &page["content"][0];
        let person = &row["serviceUser"];
        assert_eq!((&person["crn"], &person["gender"]), (&json!("X100003"), &Value::Null));
    }
}

async fn withdrawal_and_report(world: &World, shapes: &Shapes, practitioner: &Actor, provider: &Actor, referral: &str) {
    let body = json!({ "code": "MOV", "comments": "", "withdrawalState": "POST_ICA_WITHDRAWAL" });
    let withdrawn = practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await.expect(200);
    shapes.assert("SentReferralAfterWithdrawal", &withdrawn);
    assert_eq!(withdrawn["endOfServiceReportCreationRequired"], false);
    assert_eq!(withdrawn["referral"]["additionalRiskInformation"], Value::Null);
    assert!(withdrawn["concludedAt"].is_string() && withdrawn["withdrawalCode"] == "MOV");
    let read = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
    assert_eq!(read["endOfServiceReportCreationRequired"], true);

    let body = json!({ "referralId": referral });
    let report = provider.post("/draft-end-of-service-report", body.clone()).await;
    let report = created(world, report, "/draft-end-of-service-report");
    shapes.assert("EndOfServiceReport", &report);
    let again = provider.post("/draft-end-of-service-report", body).await;
    assert_eq!(created(world, again, "/draft-end-of-service-report"), report, "fetched, not made twice");
    let path = format!("/draft-end-of-service-report/{}", text(&report["id"]));
    let outcome = read["referral"]["desiredOutcomes"][0]["desiredOutcomesIds"][0].clone();
    let entry = json!({ "outcome": { "desiredOutcomeId": outcome, "achievementLevel": "PARTIALLY_ACHIEVED" } });
    shapes.assert("EndOfServiceReport", &provider.patch(&path, entry).await.expect(200));
    let submitted = provider.post(&format!("{path}/submit"), json!({})).await.expect(200);
    shapes.assert("EndOfServiceReport", &submitted);
    let path = format!("/end-of-service-report/{}", text(&report["id"]));
    assert_eq!(practitioner.get(&path).await.expect(200), submitted);
    let path = format!("/end-of-service-report?referralId={referral}");
    assert_eq!(practitioner.get(&path).await.expect(200), submitted);
}
