//! What goes wrong on the way, and what the error then says may be done.

use crate::server::{Reply, Server, trace};
use domain::feedback::Attended;
use domain::{Crn, ReferralReference};
use std::time::Duration;
use tokio::net::TcpListener;
use upstream::delius::{Adapter, Operation, PutAppointment, SessionOutcome, StartReferral};
use upstream::{BreakerState, Kind, System, Trace, UpstreamError};

const DETAILS: &str = "GET /delius/probation-case/X100001/details";
const START: &str = "PUT /delius/probation-case/X100001/referrals";

fn crn() -> Crn {
    Crn("X100001".to_owned())
}

fn start() -> StartReferral {
    StartReferral {
        referral_id: "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap(),
        started_at: "2026-03-02T10:15:30Z".parse().unwrap(),
        contract_type: "ACC".to_owned(),
        sentence_id: 1,
        notes: String::new(),
    }
}

async fn read_with(reply: Reply) -> (Server, UpstreamError) {
    let server = Server::start().await;
    server.on(DETAILS, [reply]);
    let mut config = server.config();
    config.delius.timeout = Duration::from_millis(200);
    let error = server.upstreams_with(config).await.delius.case_details(&trace(), &crn()).await.unwrap_err();
    (server, error)
}

async fn write_with(reply: Reply) -> (Server, UpstreamError) {
    let server = Server::start().await;
    server.on(START, [reply]);
    let mut config = server.config();
    config.delius.write_timeout = Duration::from_millis(200);
    let error = server
        .upstreams_with(config)
        .await
        .delius
        .start_referral(Adapter::Integration, &trace(), &crn(), &start())
        .await
        .unwrap_err();
    (server, error)
}

#[tokio::test]
async fn a_read_is_tried_once_more_after_a_broken_connection_and_gateway_statuses() {
    let replies = [Reply::Reset, Reply::Truncated, Reply::status(502), Reply::status(503), Reply::status(504)];
    for reply in replies {
        let server = Server::start().await;
        server.on(DETAILS, [reply, Reply::fixture("delius/case-details.json")]);
        let details = server.upstreams().await.delius.case_details(&trace(), &crn()).await.unwrap();
        assert_eq!(details.unwrap().name.surname, "River");
        assert_eq!(server.seen(DETAILS).len(), 2);
    }
}

#[tokio::test]
async fn a_read_is_not_tried_again_after_a_time_out_or_a_refusal() {
    let (server, error) = read_with(Reply::Hang).await;
    assert!(matches!(error.kind, Kind::Timeout), "{error}");
    assert_eq!(server.seen(DETAILS).len(), 1);
    for status in [400, 403, 409, 429, 500] {
        let (server, error) = read_with(Reply::status(status)).await;
        assert_eq!(error.status(), Some(status));
        assert_eq!(server.seen(DETAILS).len(), 1);
    }
}

#[tokio::test]
async fn h03_a_write_is_sent_once_whatever_happens_and_says_whether_it_may_have_worked() {
    let cases = [
        (Reply::Hang, "timeout", true),
        (Reply::Reset, "unreachable", true),
        (Reply::Truncated, "malformed", true),
        (Reply::status(500), "refused_5xx", true),
        (Reply::status(502), "refused_5xx", true),
        (Reply::status(503), "refused_5xx", false),
        (Reply::status(504), "refused_5xx", true),
        (Reply::status(400), "refused_4xx", false),
        (Reply::status(404), "refused_4xx", false),
        (Reply::status(409), "refused_4xx", false),
        (Reply::status(302), "refused_other", false),
    ];
    for (reply, outcome, ambiguous) in cases {
        let (server, error) = write_with(reply).await;
        assert_eq!((error.outcome(), error.is_ambiguous()), (outcome, ambiguous), "{error}");
        assert!(!error.never_sent(), "{error}");
        assert_eq!(server.seen(START).len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_makes_no_sense_is_ambiguous() {
    let server = Server::start().await;
    let path = "PUT /delius/probation-case/X100001/referrals/7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11/appointments";
    server.on(path, [Reply::body(200, r#"{"appointmentId":"not a number, but X100001"}"#)]);
    let appointment = PutAppointment {
        id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a12".parse().unwrap(),
        referral_id: start().referral_id,
        referral_reference: ReferralReference("AB1234AC".to_owned()),
        sentence_id: None,
        contract_type: "ACC".to_owned(),
        referral_started_at: "2026-03-02T10:15:30Z".parse().unwrap(),
        operation: Operation::Book,
        start: start().started_at,
        duration_in_minutes: 60,
        notes: None,
        office_location_code: None,
        counts_towards_rar: true,
        outcome: SessionOutcome::of(Attended::No, None, None, false),
        previous_id: None,
        delius_id: None,
        reschedule_requested_by: None,
    };
    let error = server
        .upstreams()
        .await
        .delius
        .put_appointment(Adapter::Integration, &trace(), &crn(), &appointment)
        .await
        .unwrap_err();
    assert!(matches!(error.kind, Kind::Malformed { .. }) && error.is_ambiguous(), "{error}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("X100001"), "{shown}");
    assert_eq!(server.seen(path).len(), 1);
}

#[tokio::test]
async fn nothing_was_sent_when_nobody_listens() {
    let server = Server::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut config = server.config();
    config.delius.base_url = format!("http://{address}").parse().unwrap();
    let upstreams = server.upstreams_with(config).await;
    let error = upstreams.delius.start_referral(Adapter::Integration, &trace(), &crn(), &start()).await.unwrap_err();
    assert!(error.never_sent() && !error.is_ambiguous(), "{error}");
    assert!(matches!(error.kind, Kind::Unreachable { sent: false }), "{error:?}");
    let mut chain = format!("{error}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        chain.extend([": ", &error.to_string()]);
        cause = error.source();
    }
    assert!(!chain.contains("X100001"), "{chain}");
}

#[tokio::test]
async fn a_refusal_keeps_its_text_for_the_ledger_but_does_not_show_it() {
    let server = Server::start().await;
    let body = crate::server::fixture("delius/conflict.json");
    server.on(START, [Reply::Answer { status: 409, headers: vec![("retry-after", "7")], body: body.clone() }]);
    let error = server
        .upstreams()
        .await
        .delius
        .start_referral(Adapter::Integration, &trace(), &crn(), &start())
        .await
        .unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.status, 409);
    assert_eq!(refusal.body.reveal(), body);
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(7)));
    let message = refusal.user_message.as_ref().unwrap();
    assert_eq!(message.reveal(), "Appointment conflicts with an existing future appointment");
    assert_eq!(error.to_string(), "delius start referral refused with status 409");
    assert!(!format!("{error:?}").contains("conflicts"));
}

#[tokio::test]
async fn calls_carry_the_correlation_headers_and_a_bad_one_does_not_stop_them() {
    let server = Server::start().await;
    server.on(DETAILS, [Reply::fixture("delius/case-details.json")]);
    let upstreams = server.upstreams().await;
    upstreams.delius.case_details(&trace(), &crn()).await.unwrap();
    upstreams.delius.case_details(&Trace::correlated("two\nlines"), &crn()).await.unwrap();
    let seen = server.seen(DETAILS);
    assert_eq!(seen[0].header("x-correlation-id"), Some("effect-17"));
    assert_eq!(seen[0].header("traceparent"), trace().traceparent.as_deref());
    assert_eq!(seen[1].header("x-correlation-id"), None);
}

#[tokio::test]
async fn a_part_of_an_address_cannot_lead_elsewhere() {
    let server = Server::start().await;
    let upstreams = server.upstreams().await;
    for username in ["", ".", ".."] {
        let error = upstreams.delius.managed_cases(&trace(), username).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Unsendable { .. }) && error.never_sent(), "{error}");
    }
    let path = "GET /delius/users/a%2F..%2Fb%3Fc%23d/managed-cases";
    server.on(path, [Reply::body(200, "{}")]);
    assert_eq!(upstreams.delius.managed_cases(&trace(), "a/../b?c#d").await.unwrap(), []);
    assert_eq!(server.seen(path).len(), 1);
}

#[tokio::test]
async fn the_breaker_opens_after_failures_and_closes_after_a_trial() {
    let server = Server::start().await;
    server.on(START, [Reply::status(500)]);
    let mut config = server.config();
    config.breaker.failures = 3;
    config.breaker.open_for = Duration::from_millis(300);
    let upstreams = server.upstreams_with(config).await;
    for _ in 0..3 {
        upstreams.delius.start_referral(Adapter::Integration, &trace(), &crn(), &start()).await.unwrap_err();
    }
    let error = upstreams.delius.start_referral(Adapter::Integration, &trace(), &crn(), &start()).await.unwrap_err();
    let Kind::CircuitOpen { retry_after } = error.kind else { panic!("{error}") };
    assert!(error.never_sent() && retry_after <= Duration::from_millis(300));
    assert_eq!(server.seen(START).len(), 3, "the open breaker lets nothing through");
    let delius = upstreams.delius.breaker_state();
    assert!(matches!(delius, BreakerState::Open { tripped, .. } if tripped.failures == 3), "{delius:?}");
    assert!(upstreams.breaker_states().contains(&(System::Delius, delius)));
    assert!(upstreams.breaker_states().contains(&(System::Auth, BreakerState::Closed)), "one breaker per system");

    server.on(START, [Reply::status(204)]);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while let Err(error) = upstreams.delius.start_referral(Adapter::Integration, &trace(), &crn(), &start()).await {
        assert!(matches!(error.kind, Kind::CircuitOpen { .. }), "{error}");
        assert!(tokio::time::Instant::now() < deadline, "the trial is let through");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(upstreams.delius.breaker_state(), BreakerState::Closed);
    assert_eq!(server.seen(START).len(), 4);
}

#[tokio::test]
async fn refusals_of_single_requests_do_not_open_the_breaker() {
    let server = Server::start().await;
    server.on(START, [Reply::status(409)]);
    let mut config = server.config();
    config.breaker.failures = 2;
    let upstreams = server.upstreams_with(config).await;
    for _ in 0..5 {
        let error =
            upstreams.delius.start_referral(Adapter::Integration, &trace(), &crn(), &start()).await.unwrap_err();
        assert_eq!(error.status(), Some(409));
    }
}

#[tokio::test]
async fn a_caller_without_a_slot_gives_up_without_sending() {
    let server = Server::start().await;
    let release = std::sync::Arc::new(tokio::sync::Notify::new());
    server.on(START, [Reply::Held(release.clone(), Box::new(Reply::status(204)))]);
    server.on(DETAILS, [Reply::fixture("delius/case-details.json")]);
    let mut config = server.config();
    config.delius.max_concurrency = 1;
    config.delius.timeout = Duration::from_millis(100);
    config.delius.write_timeout = Duration::from_secs(10);
    let upstreams = server.upstreams_with(config).await;
    let (trace, crn, start) = (trace(), crn(), start());
    let slow = upstreams.delius.start_referral(Adapter::Integration, &trace, &crn, &start);
    let quick = async {
        server.wait_for(START, 1).await;
        let error = upstreams.delius.case_details(&trace, &crn).await.unwrap_err();
        release.notify_one();
        error
    };
    let (slow, error) = tokio::join!(slow, quick);
    slow.unwrap();
    assert!(matches!(error.kind, Kind::Saturated) && error.never_sent(), "{error}");
    assert_eq!(server.seen(DETAILS).len(), 0);
}

#[tokio::test]
async fn clients_of_tls_addresses_are_made_with_the_one_crypto_provider() {
    let server = Server::start().await;
    let config = upstream::Config::sandbox(&"https://systems.example.org".parse().unwrap());
    let upstreams = server.upstreams_with(config).await;
    assert_eq!(upstreams.breaker_states().len(), System::ALL.len());
}
