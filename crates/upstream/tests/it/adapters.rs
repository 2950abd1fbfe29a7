//! One record asked and told through both of Delius's APIs: the same answers, and the same things done.

use crate::sandbox::{World, booking, crn, start_of};
use crate::server::trace;
use domain::effect::Adapter;
use domain::feedback::{Attended, NoSessionReason};
use serde_json::{Value, json};
use upstream::Kind;
use upstream::delius::{Adapters, CaseAccess, Manager, Operation, PutAppointment, SessionOutcome};

const CRN: &str = "X100001";
const URN: &str = "urn:hmpps:interventions-referral:7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";

fn legacy_reads() -> Adapters {
    Adapters { default: Adapter::Legacy, consumes_events: false, ..Adapters::default() }
}

/// What the older API cannot tell is left out on both sides.
fn told_by_both(manager: &Manager) -> Manager {
    Manager { username: None, office_locations: Vec::new(), ..manager.clone() }
}

#[tokio::test]
async fn every_read_gives_the_same_through_either_api() {
    let world = World::start().await;
    let (one, other) = (&world.clients.delius, &world.clients_through(legacy_reads()).await.delius);
    let trace = trace();
    let mut numbers: Vec<String> = sandbox::cast::cases().iter().map(|case| case.crn.clone()).collect();
    numbers.push("X999999".to_owned());
    for number in &numbers {
        let case = crn(number);
        let (new, old) =
            (one.case_details(&trace, &case).await.unwrap(), other.case_details(&trace, &case).await.unwrap());
        assert!(new == old, "details of {number}");
        let (new, old) =
            (one.identifiers(&trace, &case).await.unwrap(), other.identifiers(&trace, &case).await.unwrap());
        assert!(new == old, "identifiers of {number}");
        let (new, old) =
            (one.convictions(&trace, &case).await.unwrap(), other.convictions(&trace, &case).await.unwrap());
        assert!(new == old, "convictions of {number}");
        for conviction in new.iter().flatten().map(|conviction| conviction.id).chain([1]) {
            let (new, old) = (
                one.conviction(&trace, &case, conviction).await.unwrap(),
                other.conviction(&trace, &case, conviction).await.unwrap(),
            );
            assert!(new == old, "conviction {conviction} of {number}");
        }
        let (new, old) = (
            one.responsible_officer(&trace, &case).await.unwrap(),
            other.responsible_officer(&trace, &case).await.unwrap(),
        );
        assert_eq!(new.is_some(), old.is_some(), "manager of {number}");
        if let (Some(new), Some(old)) = (new, old) {
            assert!(told_by_both(&new.community_manager) == told_by_both(&old.community_manager), "{number}");
            let prison =
                |officer: &upstream::delius::ResponsibleOfficer| officer.prison_manager.as_ref().map(told_by_both);
            assert!(prison(&new) == prison(&old), "{number}");
        }
    }
    for user in ["PRACTITIONER_1", "PRACTITIONER_2", "PRACTITIONER_3", "NOBODY"] {
        let (new, old) =
            (one.user_details(&trace, user).await.unwrap(), other.user_details(&trace, user).await.unwrap());
        assert!(new == old, "details of {user}");
        let sorted = |mut cases: Vec<upstream::delius::ManagedCase>| {
            cases.sort_by(|one, other| one.crn.as_str().cmp(other.crn.as_str()));
            cases
        };
        let (new, old) =
            (one.managed_cases(&trace, user).await.unwrap(), other.managed_cases(&trace, user).await.unwrap());
        assert!(sorted(new) == sorted(old), "cases of {user}");
    }
}

#[tokio::test]
async fn access_is_the_same_through_either_api_and_the_older_one_opens_nothing_that_it_does_not_know() {
    let world = World::start().await;
    let (one, other) = (&world.clients.delius, &world.clients_through(legacy_reads()).await.delius);
    let known: Vec<_> = sandbox::cast::cases().iter().map(|case| crn(&case.crn)).collect();
    let trace = trace();
    for user in ["PRACTITIONER_1", "PRACTITIONER_2"] {
        let (new, old) = (
            one.case_access(&trace, user, &known).await.unwrap(),
            other.case_access(&trace, user, &known).await.unwrap(),
        );
        for (new, old) in new.iter().zip(&old) {
            // A merged case is "accessible" to the one and unknown to the other.
            assert!(new == old || !old.is_open(), "{} for {user}", new.crn.as_str());
        }
        assert!(new.iter().zip(&old).filter(|(new, old)| new == old).count() + 2 > known.len());
    }
    let unknown = other.case_access(&trace, "PRACTITIONER_1", &[crn("X999999")]).await.unwrap();
    assert!(!unknown.iter().any(CaseAccess::is_open), "no answer is no access");
    let nobody = other.case_access(&trace, "NOBODY", &[crn(CRN)]).await.unwrap();
    assert!(!nobody.iter().any(CaseAccess::is_open));
}

/// What Delius holds after something was told through one API, without what names the API: ids, versions, whose hand.
async fn record(world: &World) -> Value {
    let mut record = world.control(&format!("/delius/{CRN}"), None).await;
    let text = |value: &Value| value["notes"].as_str().unwrap_or_default().replace(&format!("{URN}\n"), "");
    for kind in ["nsis", "contacts"] {
        for entry in record[kind].as_array_mut().unwrap() {
            entry["notes"] = text(entry).into();
            let fields = entry.as_object_mut().unwrap();
            for own in
                ["id", "nsiId", "version", "externalReference", "createdBy", "updatedBy", "history", "linkedContactId"]
            {
                fields.remove(own);
            }
        }
    }
    json!({ "nsis": record["nsis"], "contacts": record["contacts"] })
}

/// Tells one story through one API from its beginning: start, booking, move, move elsewhere.
async fn story(by: Adapter, steps: usize) -> Value {
    let world = World::start().await;
    let delius = &world.clients.delius;
    let (trace, case) = (trace(), crn(CRN));
    let start = start_of(&world).await;
    let first = PutAppointment { notes: Some("a note".to_owned()), ..booking(&start) };
    if steps > 0 {
        delius.start_referral(by, &trace, &case, &start).await.unwrap();
    }
    let mut held = None;
    if steps > 1 {
        held = Some(delius.put_appointment(by, &trace, &case, &first).await.unwrap());
    }
    let moved = PutAppointment {
        id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a13".parse().unwrap(),
        operation: Operation::Reschedule,
        start: "2026-03-10T09:00:00Z".parse().unwrap(),
        previous_id: Some(first.id),
        delius_id: held,
        reschedule_requested_by: Some("Service User".to_owned()),
        ..first.clone()
    };
    if steps > 2 {
        held = Some(delius.put_appointment(by, &trace, &case, &moved).await.unwrap());
    }
    let elsewhere = PutAppointment {
        id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a14".parse().unwrap(),
        operation: Operation::Relocate,
        office_location_code: Some(world.an_office().await),
        previous_id: Some(moved.id),
        delius_id: held,
        ..moved.clone()
    };
    if steps > 3 {
        let same = delius.put_appointment(by, &trace, &case, &elsewhere).await.unwrap();
        assert_eq!(Some(same), held, "the appointment stays the one it was");
    }
    record(&world).await
}

#[tokio::test]
async fn every_write_does_the_same_through_either_api() {
    for (steps, told) in ["nothing", "start", "booking", "move", "move elsewhere"].into_iter().enumerate() {
        let (new, old) = (story(Adapter::Integration, steps).await, story(Adapter::Legacy, steps).await);
        assert_eq!(new, old, "after {told}");
    }
}

#[tokio::test]
async fn an_appointment_booked_through_one_api_is_moved_through_the_other_once() {
    for (by, then) in [(Adapter::Integration, Adapter::Legacy), (Adapter::Legacy, Adapter::Integration)] {
        let world = World::start().await;
        let delius = &world.clients.delius;
        let (trace, case) = (trace(), crn(CRN));
        let start = start_of(&world).await;
        delius.start_referral(by, &trace, &case, &start).await.unwrap();
        let first = booking(&start);
        let held = delius.put_appointment(by, &trace, &case, &first).await.unwrap();
        let moved = PutAppointment {
            id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a13".parse().unwrap(),
            operation: Operation::Reschedule,
            start: "2026-03-10T09:00:00Z".parse().unwrap(),
            previous_id: Some(first.id),
            delius_id: Some(held),
            ..first.clone()
        };
        delius.put_appointment(then, &trace, &case, &moved).await.unwrap();
        let record = world.control(&format!("/delius/{CRN}"), None).await;
        let live: Vec<&Value> =
            record["contacts"].as_array().unwrap().iter().filter(|contact| contact["type"] == "CRSAPT").collect();
        let outcomes: Vec<_> = live.iter().map(|contact| contact["outcome"].as_str()).collect();
        assert_eq!(outcomes, [Some("RSSR"), None], "{by} then {then}");
        assert_eq!(record["nsis"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_the_older_api_cannot_say_is_not_said_wrongly() {
    let world = World::start().await;
    let delius = &world.clients.delius;
    let (trace, case) = (trace(), crn(CRN));
    let start = start_of(&world).await;
    delius.start_referral(Adapter::Legacy, &trace, &case, &start).await.unwrap();
    let reason = Some(NoSessionReason::PopAcceptable);
    let untold = PutAppointment {
        start: "2026-03-01T09:00:00Z".parse().unwrap(),
        outcome: SessionOutcome::of(Attended::Yes, Some(false), reason, false),
        ..booking(&start)
    };
    let before = record(&world).await;
    let error = delius.put_appointment(Adapter::Legacy, &trace, &case, &untold).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Unsendable { .. }) && error.never_sent(), "{error}");
    let blind = PutAppointment { operation: Operation::Reschedule, delius_id: None, ..booking(&start) };
    let error = delius.put_appointment(Adapter::Legacy, &trace, &case, &blind).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Unsendable { .. }), "{error}");
    assert_eq!(record(&world).await, before);
}

#[tokio::test]
async fn a_shadow_never_changes_the_answer_and_failing_it_fails_nothing() {
    let world = World::start().await;
    let shadowing = Adapters { shadow_reads: true, ..Adapters::default() };
    let clients = world.clients_through(shadowing).await.with_shadows(&world.tasks);
    let (trace, case) = (trace(), crn(CRN));
    world.control("/faults", Some(json!({"system": "community-api", "fault": "status", "value": 500}))).await;
    assert!(clients.delius.case_details(&trace, &case).await.unwrap().is_some());
    world.wait_for_request("community-api", "/secure/offenders/crn/").await;
}
