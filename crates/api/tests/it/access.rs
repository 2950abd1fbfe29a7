//! Who may do what, over HTTP: every operation as every kind of caller, compared with a reviewed table. A change of the
//! table is a change of access.

use std::fmt::Write as _;
use std::sync::LazyLock;

use domain::access::{Check, Operation, Side};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Actor, Answer, World};

use crate::stage::{Stage, Whole, own_world};

const CRN: &str = "X100010";

static STAGE: LazyLock<Stage> = LazyLock::new(Stage::start);

/// One kind of caller.
struct Caller {
    name: &'static str,
    is: Kind,
    actor: Actor,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Nobody,
    Practitioner,
    Outsider,
    Provider,
    Machine,
    WithoutRole,
}

/// The callers of the table, in its order.
async fn callers(world: &World) -> Vec<Caller> {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let other_signature = provider.token().rsplit_once('.').unwrap().1.to_owned();
    let (signed, _) = practitioner.token().rsplit_once('.').unwrap();
    let forged = practitioner.with_token(format!("{signed}.{other_signature}"));
    world.control("auth/skew", json!({ "seconds": -7200 })).await;
    let expired = world.actor("PRACTITIONER_1").await;
    world.control("auth/skew", json!({ "seconds": 0 })).await;
    world.control("delius/exclude", json!({ "crn": CRN, "username": "PRACTITIONER_2" })).await;
    let elsewhere = json!({ "username": "PROVIDER_2", "groups": ["INT_SP_TIDEWAY", "INT_CR_HT0002"] });
    world.control("users", elsewhere).await;
    let prison = world.actor("NOMIS_USER").await;
    world.control("users", json!({ "username": "NOMIS_USER", "roles": ["PROBATION"] })).await;
    let nameless = Kind::Outsider;
    let mut all = vec![
        Caller { name: "no token", is: Kind::Nobody, actor: practitioner.with_token("") },
        Caller { name: "garbled token", is: Kind::Nobody, actor: practitioner.with_token("not.a.token") },
        Caller { name: "wrongly signed token", is: Kind::Nobody, actor: forged },
        Caller { name: "expired token", is: Kind::Nobody, actor: expired },
        Caller { name: "practitioner", is: Kind::Practitioner, actor: practitioner },
    ];
    for (name, is, username) in [
        ("practitioner excluded from the case", Kind::Outsider, "PRACTITIONER_2"),
        ("provider of the contract", Kind::Provider, "PROVIDER_1"),
        ("subcontractor with the contract", Kind::Provider, "PROVIDER_3"),
        ("subcontractor without the contract", Kind::Outsider, "PROVIDER_2"),
        ("another prime provider", Kind::Outsider, "PROVIDER_9"),
        ("provider without an organisation", Kind::Outsider, "PROVIDER_NO_ORGANISATION"),
        ("provider without a contract", Kind::Outsider, "PROVIDER_NO_CONTRACT"),
        ("provider token without user id", nameless, "PROVIDER_MISSING_CLAIM"),
        ("prison user with the probation role", Kind::Outsider, "NOMIS_USER"),
        ("service editor", Kind::WithoutRole, "EDITOR_1"),
        ("reader", Kind::WithoutRole, "READER_1"),
        ("operator", Kind::WithoutRole, "OPERATOR_1"),
    ] {
        all.push(Caller { name, is, actor: world.actor(username).await });
    }
    all.push(Caller { name: "prison user", is: Kind::WithoutRole, actor: prison });
    for (name, client) in [
        ("machine that reads all", "delius-integration"),
        ("machine of the case list", "case-list"),
        ("machine of the accommodation service", "accommodation"),
        ("machine of subject access", "sar"),
    ] {
        all.push(Caller { name, is: Kind::Machine, actor: world.machine(client).await });
    }
    all
}

/// A body that can be read and that leaves a finished referral as it is, as far as there is one.
pub(crate) fn body(operation: Operation, whole: &Whole) -> Value {
    let booking = testkit::a_booking(testkit::soon());
    match operation {
        Operation::CreateDraftReferral => {
            json!({ "serviceUserCrn": whole.crn, "interventionId": whole.intervention })
        }
        Operation::SetDraftComplexityLevel => {
            json!({ "serviceCategoryId": whole.category, "complexityLevelId": whole.level })
        }
        Operation::SetDraftDesiredOutcomes => {
            json!({ "serviceCategoryId": whole.category, "desiredOutcomesIds": [whole.outcome] })
        }
        Operation::AssignSentReferral => {
            let id = "5b0e1c00-7a11-4c0d-8f00-000000000001";
            json!({ "assignedTo": { "username": "PROVIDER_1", "authSource": "auth", "userId": id } })
        }
        Operation::WithdrawReferral => {
            json!({ "code": "no such code", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL" })
        }
        Operation::EndReferralLegacy => json!({ "reasonCode": "no such code" }),
        Operation::CreateDraftActionPlan | Operation::CreateEndOfServiceReport => {
            json!({ "referralId": whole.referral })
        }
        Operation::UpdateActionPlanActivity => json!({ "description": "Look for homes." }),
        Operation::ScheduleDeliverySession
        | Operation::ScheduleSupplierAssessment
        | Operation::ScheduleSupplierAssessmentLegacy
        | Operation::RescheduleSupplierAssessment => booking,
        Operation::RecordDeliveryAttendance | Operation::RecordSupplierAssessmentAttendance => {
            json!({ "attended": "yes", "didSessionHappen": true })
        }
        Operation::CreateCaseNote => json!({ "referralId": whole.referral, "subject": "A note", "body": "Words." }),
        Operation::RequestPerformanceReport => json!({ "fromDate": "2026-01-01", "toDate": "2026-01-31" }),
        _ => json!({
            "reasonForChange": "It changed.",
            "complexityLevelId": whole.level,
            "desiredOutcomesIds": [whole.outcome],
            "personCustodyPrisonId": "MDI",
            "oldPrisonEstablishment": "One",
            "newPrisonEstablishment": "Another",
            "expectedReleaseDateMissingReason": "Not known.",
            "probationOffice": "An office",
            "ppName": "Somebody",
            "ppEmail": "somebody@probation.example",
            "ppPhoneNumber": "0",
            "ppTeamPhoneNumber": "0",
        }),
    }
}

async fn call(caller: &Caller, (method, route, operation): &(Method, &str, Operation), whole: &Whole) -> Answer {
    let body = (*method != Method::GET).then(|| body(*operation, whole));
    caller.actor.call(method.clone(), &whole.path(route), body).await
}

/// The mark of an answer, whose body must be as the contract says.
fn mark(answer: &Answer) -> char {
    let error = answer.body["error"].as_str().unwrap_or_default();
    match answer.status {
        StatusCode::UNAUTHORIZED => {
            assert_eq!((answer.text.as_str(), answer.headers["www-authenticate"].as_bytes()), ("", &b"Bearer"[..]));
            't'
        }
        StatusCode::FORBIDDEN if error == "access denied" => {
            assert!(answer.body["message"].is_string() && answer.body.get("accessErrors").is_none());
            'd'
        }
        StatusCode::FORBIDDEN => {
            assert_eq!(error, "access error");
            let reasons = answer.body["accessErrors"].as_array().expect("access errors name reasons");
            assert!(!reasons.is_empty() && reasons.iter().all(Value::is_string), "{}", answer.text);
            'e'
        }
        StatusCode::NOT_FOUND if answer.body["message"] == "there is nothing at this address" => '-',
        status => {
            // Let in, to something that this service does not offer yet.
            let is_not_offered = status == StatusCode::SERVICE_UNAVAILABLE
                && answer.body["message"].as_str().is_some_and(|message| message.contains("not available yet"));
            assert!(is_not_offered || !status.is_server_error(), "{}", answer.text);
            'y'
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_as_reviewed() {
    let world = &own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let whole = Whole::of(world, &practitioner, &provider, CRN).await;
    let callers = callers(world).await;
    let mut table = String::from(
        "# y let in, t no valid token (401), d access denied (403), e access error (403), - not answered by this service\n",
    );
    for (index, caller) in callers.iter().enumerate() {
        let _ = writeln!(table, "# {} {}", letter(index), caller.name);
    }
    let _ = writeln!(table, "{:42} {}", "", (0..callers.len()).map(letter).collect::<String>());
    for operation in Operation::ALL {
        let route = api::ROUTES.iter().find(|(_, _, routed)| routed == operation).expect("every operation is routed");
        let answers = join_all(callers.iter().map(|caller| call(caller, route, &whole))).await;
        let marks: Vec<char> = answers.iter().map(mark).collect();
        for (caller, mark) in callers.iter().zip(&marks) {
            assert_is_safe(caller, route, *mark);
        }
        let _ = writeln!(table, "{:42} {}", operation.as_str(), marks.iter().collect::<String>());
    }
    let reviewed = include_str!("access.txt");
    assert!(table == reviewed, "access differs from access.txt; if that is meant, its new text is:\n{table}");
}

/// What holds whatever the table says.
fn assert_is_safe(caller: &Caller, (method, _, operation): &(Method, &str, Operation), mark: char) {
    let rule = operation.rule();
    let is_let_in = mark == 'y';
    let about = format!("{operation} as {}", caller.name);
    let guarded = matches!(rule.check, Check::Case | Check::Referral);
    match caller.is {
        Kind::Nobody => assert!(matches!(mark, 't' | '-'), "{about}"),
        Kind::Practitioner => assert!(!is_let_in || rule.side != Side::Provider, "{about}"),
        Kind::Provider => assert!(!is_let_in || rule.side != Side::Practitioner, "{about}"),
        Kind::Outsider => assert!(!is_let_in || !guarded, "{about}"),
        Kind::Machine => assert!(!is_let_in || *method == Method::GET, "{about}"),
        Kind::WithoutRole => assert!(!is_let_in || rule.roles.is_empty(), "{about}"),
    }
}

fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index).expect("few callers"))
}

#[test]
fn the_table_names_every_operation() {
    let named: Vec<&str> = include_str!("access.txt")
        .lines()
        .filter(|line| !line.starts_with(['#', ' ']))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(named, Operation::ALL.iter().map(|operation| operation.as_str()).collect::<Vec<_>>());
}

#[test]
fn cases_that_a_practitioner_may_no_longer_see_leave_their_lists() {
    STAGE.run(async {
        let world = &STAGE.world;
        let practitioner = world.actor("PRISON_PRACTITIONER").await;
        let crn = "X100011";
        let sent = world.a_sent_referral(&practitioner, crn).await;
        let draft = world.a_complete_draft(&practitioner, crn).await;
        let listed = async || {
            let drafts = practitioner.get("/draft-referrals").await.expect(200);
            let page = practitioner.get("/sent-referrals/summaries").await.expect(200);
            (drafts.to_string().contains(&draft), page["content"].to_string().contains(&sent))
        };
        assert_eq!(listed().await, (true, true));
        let limit = json!({ "crn": crn, "username": "PRISON_PRACTITIONER", "message": "Ask the manager." });
        world.control("delius/exclude", limit).await;
        assert_eq!(listed().await, (false, false));
        let other = world.actor("PRISON_PRACTITIONER").await;
        let refused = other.get(&format!("/sent-referral/{sent}")).await.expect(403);
        assert_eq!(refused["accessErrors"], json!(["Ask the manager."]));
    });
}

#[test]
fn a_restricted_case_cannot_be_referred_by_others() {
    STAGE.run(async {
        let world = &STAGE.world;
        let practitioner = world.actor("PRACTITIONER_NO_CASES").await;
        let intervention = world.intervention(&practitioner, "ACC").await;
        for crn in ["X100038", "X999999"] {
            let body = json!({ "serviceUserCrn": crn, "interventionId": intervention["id"] });
            let refused = practitioner.post("/draft-referral", body).await.expect(403);
            assert_eq!(refused["error"], "access error", "{crn}");
        }
        assert_eq!(practitioner.get("/draft-referrals").await.expect(200), json!([]));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_case_while_delius_cannot_say_whether_they_may() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let whole = Whole::of(&world, &practitioner, &provider, CRN).await;
    world.a_complete_draft(&practitioner, CRN).await;
    let in_custody = world
        .eventually("somebody of the cast is in custody", async || {
            let paths = (1..=37).map(|case| format!("/intervention/prisoner/details/X{}", 100_000 + case));
            let answers = join_all(paths.map(async |path| (practitioner.get(&path).await, path))).await;
            answers.into_iter().find(|(answer, _)| !answer.text.is_empty()).map(|(_, path)| path)
        })
        .await;
    world.fault(json!({ "system": "delius", "operation": "/users/*/access", "fault": "down" })).await;
    // An earlier positive answer counts for the token that it was given for only.
    let later = Caller { name: "", is: Kind::Practitioner, actor: world.actor("PRACTITIONER_1").await };
    let mut tried = 0;
    for route in api::ROUTES {
        let (_, _, operation) = route;
        let rule = operation.rule();
        let asks_delius = rule.side != Side::Provider && !matches!(rule.check, Check::Open | Check::ProviderScope);
        let answer = call(&later, route, &whole).await;
        if !asks_delius || mark_is_unanswered(&answer) {
            continue;
        }
        tried += 1;
        if *operation == Operation::GetPrisonerDetails {
            // Never an error, by contract: nothing is shown.
            assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
            continue;
        }
        let error = answer.body["error"].as_str().unwrap_or_default();
        assert!(answer.status.is_server_error(), "{operation}: {}", answer.text);
        assert!(error.starts_with("Call to dependency"), "{operation}: {}", answer.text);
        assert!(!answer.text.contains(&whole.crn), "{operation}: {}", answer.text);
    }
    assert_eq!(later.actor.get(&in_custody).await.text, "");
    assert!(tried > 20, "only {tried} operations were tried");
    world.stop().await;
}

fn mark_is_unanswered(answer: &Answer) -> bool {
    answer.body["message"] == "there is nothing at this address"
}
