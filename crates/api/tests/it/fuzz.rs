//! Random bodies to every operation that writes: whatever comes, never an answer that means a fault of ours.

use domain::access::{Operation, Side};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::stage::{Whole, own_world};

const SEED: u64 = 20_261;
const REQUESTS: usize = 330;

/// Members of requests, so that random bodies get past the reading.
const MEMBERS: &[&str] = &[
    "serviceUserCrn",
    "interventionId",
    "completionDeadline",
    "serviceCategoryIds",
    "furtherInformation",
    "needsInterpreter",
    "interpreterLanguage",
    "hasAdditionalResponsibilities",
    "whenUnavailable",
    "additionalRiskInformation",
    "maximumEnforceableDays",
    "serviceUser",
    "relevantSentenceId",
    "personCurrentLocationType",
    "personCustodyPrisonId",
    "hasExpectedReleaseDate",
    "expectedReleaseDate",
    "ppLocationType",
    "hasMainPointOfContactDetails",
    "allocatedCommunityPP",
    "serviceCategoryId",
    "complexityLevelId",
    "desiredOutcomesIds",
    "riskSummaryWhoIsAtRisk",
    "additionalInformation",
    "assignedTo",
    "code",
    "comments",
    "withdrawalState",
    "reasonCode",
    "referralId",
    "numberOfSessions",
    "activities",
    "newActivity",
    "description",
    "appointmentTime",
    "durationInMinutes",
    "appointmentDeliveryType",
    "sessionType",
    "appointmentDeliveryAddress",
    "npsOfficeCode",
    "attendanceFeedback",
    "sessionFeedback",
    "attended",
    "didSessionHappen",
    "late",
    "noSessionReasonType",
    "sessionSummary",
    "outcome",
    "achievementLevel",
    "subject",
    "body",
    "sendEmail",
    "rescheduledReason",
];

/// Bodies that are near to good ones, for operations with members that must be there.
fn seeds(whole: &Whole) -> Vec<Value> {
    let user =
        json!({ "username": "PROVIDER_1", "authSource": "auth", "userId": "5b0e1c00-7a11-4c0d-8f00-000000000001" });
    vec![
        json!({}),
        json!({ "serviceUserCrn": whole.crn, "interventionId": whole.intervention }),
        json!({ "serviceUser": { "crn": whole.crn }, "relevantSentenceId": 2_500_000_024_i64 }),
        json!({ "serviceCategoryId": whole.category, "complexityLevelId": whole.level, "desiredOutcomesIds": [whole.outcome] }),
        json!({ "assignedTo": user }),
        json!({ "code": "MOV", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL", "reasonCode": "none" }),
        json!({ "referralId": whole.referral, "numberOfSessions": 2, "activities": [{ "description": "Look." }] }),
        testkit::a_booking(testkit::soon()),
        json!({ "attended": "yes", "didSessionHappen": false, "noSessionReasonType": "LOGISTICS" }),
        json!({ "outcome": { "desiredOutcomeId": whole.outcome, "achievementLevel": "ACHIEVED" } }),
        json!({ "referralId": whole.referral, "subject": "A note", "body": "Words." }),
        json!({ "description": "Look.", "newActivity": { "description": "Look." } }),
    ]
}

fn some_text(random: &mut ChaCha8Rng, whole: &Whole) -> String {
    let texts = [
        "",
        " ",
        "\u{0}",
        "é\u{301}😀\u{202e}",
        "'; DROP TABLE referral; --",
        "2031-02-30",
        "9999-12-31",
        "-9999-01-01",
        "2031-02-03T04:05:06Z",
        "9999-12-31T23:59:59.999999999Z",
        "-009999-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "null",
        "true",
        "CUSTODY",
        "COMMUNITY",
        "GROUP",
        "IN_PERSON_MEETING_OTHER",
        "IN_PERSON_MEETING_PROBATION_OFFICE",
        "PHONE_CALL",
        "no",
        "late",
        "..",
        "../../x",
        "%2e%2e",
        "a/b?c#d",
        "{{7*7}}",
        "\\u0000",
        "\r\nX-Header: 1",
    ];
    match random.gen_range(0..6) {
        0 => whole.referral.clone(),
        1 => whole.category.clone(),
        2 => "x".repeat(random.gen_range(0..9000)),
        3 => (0..random.gen_range(0..30)).map(|_| random.r#gen::<char>()).collect(),
        _ => (*texts.choose(random).unwrap()).to_owned(),
    }
}

fn some_value(random: &mut ChaCha8Rng, whole: &Whole, depth: u32) -> Value {
    match random.gen_range(0..if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => json!(random.r#gen::<bool>()),
        2 => json!([0, -1, 1, i64::MAX, i64::MIN, 2_147_483_648, 60, 525_600].choose(random).unwrap()),
        3 => json!([0.5, -0.0, 1e308, 12.0].choose(random).unwrap()),
        4..=6 => json!(some_text(random, whole)),
        7 => (0..random.gen_range(0..4)).map(|_| some_value(random, whole, depth - 1)).collect(),
        _ => {
            let members = (0..random.gen_range(0..5))
                .map(|_| ((*MEMBERS.choose(random).unwrap()).to_owned(), some_value(random, whole, depth - 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn some_body(random: &mut ChaCha8Rng, whole: &Whole, seeds: &[Value]) -> Value {
    if random.gen_ratio(1, 12) {
        return some_value(random, whole, 3);
    }
    let mut body = seeds.choose(random).unwrap().clone();
    let members = body.as_object_mut().unwrap();
    for _ in 0..random.gen_range(0..3) {
        let held: Vec<String> = members.keys().cloned().collect();
        let name = match held.choose(random) {
            Some(name) if random.r#gen::<bool>() => name.clone(),
            _ => (*MEMBERS.choose(random).unwrap()).to_owned(),
        };
        members.insert(name, some_value(random, whole, 3));
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bodies_never_meet_a_fault_of_ours() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let whole = Whole::of(&world, &practitioner, &provider, "X100024").await;
    // A second referral that is not finished, and a draft, for rules that come after the state has been looked at.
    let mut open = Whole { referral: world.a_complete_draft(&practitioner, "X100024").await, ..whole };
    let other = world.a_sent_referral(&practitioner, "X100024").await;
    let held = provider.get(&format!("/sent-referral/{other}/supplier-assessment")).await.expect(200);
    open.assessment = crate::stage::text(&held["id"]);
    let seeds = seeds(&open);
    let writes: Vec<_> = api::ROUTES
        .iter()
        .filter(|(method, _, operation)| *method != Method::GET && *operation != Operation::SendDraftReferral)
        .collect();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut accepted = 0;
    for n in 0..REQUESTS {
        let (method, route, operation) = writes[n % writes.len()];
        let actor = if operation.rule().side == Side::Provider { &provider } else { &practitioner };
        let body = some_body(&mut random, &open, &seeds);
        // The draft's id is no sent referral's: half of the requests go to the one, half to the other.
        let path = open.path(route);
        let path = if route.contains("draft-referral") || n.is_multiple_of(3) {
            path
        } else {
            path.replace(&open.referral, &other)
        };
        let answer = actor.call(method.clone(), &path, Some(body.clone())).await;
        let about = format!("request {n}, {operation}: {body} answered {} {}", answer.status, answer.text);
        assert!(!answer.status.is_server_error(), "{about}");
        if answer.status.is_success() {
            accepted += 1;
        } else {
            assert_eq!(answer.body["status"], answer.status.as_u16(), "{about}");
            assert!(answer.body["error"].is_string(), "{about}");
        }
    }
    assert!(
        accepted > REQUESTS / 20,
        "only {accepted} bodies were taken: the generator is too wild to reach the rules"
    );
    // What was taken can be read again.
    for path in ["/draft-referrals", "/sent-referrals/summaries"] {
        practitioner.get(path).await.expect(200);
    }
    practitioner.get(&format!("/draft-referral/{}", open.referral)).await.expect(200);
    provider.get(&format!("/sent-referral/{other}")).await.expect(200);
    world.stop().await;
}
