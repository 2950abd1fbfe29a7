//! The worker killed: at every step of a life, with every message, and where a repeat is most dangerous.

use serde_json::json;
use store::outbox::EffectState;
use testkit::{Actor, BookedAppointment};

use crate::gate::Side;
use crate::life::{Life, assert_all_delivered, assert_emails_agree, assert_events_agree, in_two_days, live};
use crate::process::free_port;
use crate::product::{Product, answers};

const STARTS: &str = "/delius/probation-case/*/referrals";
const APPOINTMENTS: &str = "/delius/probation-case/*/referrals/*/appointments";
const EMAILS: &str = "/notify/v2/notifications/email";
const CRN: &str = "X100005";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_every_step_of_a_life() {
    let product = Product::start().await;
    let peaceful = Life::undisturbed("X100004", &product).await;
    let life = live(CRN, &product, async || product.worker_is_replaced().await).await;
    life.assert_everybody_agrees(&product, Some(&peaceful)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_before_each_message_arrives() {
    killed_with_each_message(Side::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_each_message_was_acted_on() {
    killed_with_each_message(Side::After).await;
}

/// Every message to Delius, the topic and the e-mail service kills the worker when it is sent for the first time.
async fn killed_with_each_message(side: Side) {
    let product = Product::start().await;
    let peaceful = Life::undisturbed("X100004", &product).await;
    let mut held = product.gate.hold_each_first(side);
    let killing = async {
        loop {
            held.recv().await.expect("the gate is open");
            product.worker_is_replaced().await;
            // Whatever else was held died with the worker.
            while held.try_recv().is_ok() {}
        }
    };
    let living = async {
        let life = live(CRN, &product, async || {}).await;
        life.assert_everybody_agrees(&product, Some(&peaceful)).await;
        product.ledger(&life.referral).await.len()
    };
    let messages = tokio::select! {
        messages = living => messages,
        () = killing => unreachable!("it goes on for ever"),
    };
    let killed_with = product.gate.firsts();
    assert!(killed_with >= messages, "the worker died with only {killed_with} of {messages} messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn h01_a_start_that_delius_made_and_nobody_recorded_is_one_activity() {
    let product = Product::start().await;
    for side in [Side::Before, Side::After] {
        let held = product.gate.hold("PUT", STARTS, side);
        let referral = sent(&product).await;
        killed_at(&product, held).await;
        assert_all_delivered(&product.settled(&referral).await);
        assert_eq!(product.activities(CRN, &referral).await.len(), 1, "{side:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_nobody_ends_runs_out_by_itself() {
    let product = Product::start_with(&[("RAM_OUTBOX_LEASE", "7s")]).await;
    let mut held = product.gate.hold("PUT", STARTS, Side::After);
    let referral = sent(&product).await;
    held.here().await;
    product.worker_dies().await;
    product.worker_is_back().await;
    let ledger = product.settled(&referral).await;
    assert_all_delivered(&ledger);
    assert_eq!(
        ledger.iter().find(|entry| entry.action.name() == "start of referral").map(|entry| entry.attempts),
        Some(2)
    );
    assert_eq!(product.activities(CRN, &referral).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn h02_a_booking_that_delius_made_and_nobody_recorded_is_one_contact() {
    let product = Product::start().await;
    let provider = product.actor("PROVIDER_1").await;
    for (side, crn) in [(Side::Before, "X100003"), (Side::After, "X100004")] {
        let practitioner = product.actor("PRACTITIONER_1").await;
        let referral = product.a_sent_referral(&practitioner, crn).await;
        product.settled(&referral).await;
        let booked = killed_while_booking(&product, &provider, &referral, side).await;
        assert_all_delivered(&product.settled(&referral).await);
        assert_eq!(product.contacts(crn, &booked.id).await.len(), 1, "{side:?}");
        let shown = provider.get(&format!("/sent-referral/{referral}/supplier-assessment")).await.expect(200);
        assert_eq!(shown["currentAppointmentId"], booked.id.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_a_move_that_delius_made_and_nobody_recorded_is_not_made_again() {
    let product = Product::start().await;
    let provider = product.actor("PROVIDER_1").await;
    for (side, crn) in [(Side::Before, "X100003"), (Side::After, "X100004")] {
        let practitioner = product.actor("PRACTITIONER_1").await;
        let referral = product.a_sent_referral(&practitioner, crn).await;
        let later = in_two_days().saturating_add(jiff::SignedDuration::from_hours(24)).unwrap();
        let first = product.book_assessment(&provider, &referral, later).await;
        product.settled(&referral).await;
        let second = killed_while_booking(&product, &provider, &referral, side).await;
        assert_all_delivered(&product.settled(&referral).await);
        let (old, new) = (product.contacts(crn, &first.id).await, product.contacts(crn, &second.id).await);
        assert_eq!((old.len(), new.len()), (1, 1), "{side:?}: {old:?} {new:?}");
        assert_eq!(old[0]["outcome"], "RSSR", "{side:?}");
        assert!(new[0]["outcome"].is_null(), "{side:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h04_an_event_that_was_published_and_not_recorded_keeps_its_id_and_acts_once() {
    let product = Product::start().await;
    for side in [Side::Before, Side::After] {
        let practitioner = product.actor("PRACTITIONER_1").await;
        let referral = sent(&product).await;
        product.settled(&referral).await;
        let held = product.gate.hold("POST", "/sns/", side);
        let withdrawal = json!({ "code": "MIS", "comments": "Sent twice.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
        practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), withdrawal).await.expect(200);
        killed_at(&product, held).await;
        let ledger = product.settled(&referral).await;
        assert_all_delivered(&ledger);
        assert_events_agree(&product, &ledger, &referral).await;
        product
            .eventually("Delius has closed the only activity", async || {
                let activities = product.activities(CRN, &referral).await;
                assert_eq!(activities.len(), 1);
                (activities[0]["status"] == "COMP").then_some(())
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h16_an_email_that_was_taken_and_not_recorded_is_not_sent_again() {
    let product = Product::start().await;
    for side in [Side::Before, Side::After] {
        let held = product.gate.hold("POST", EMAILS, side);
        let referral = sent(&product).await;
        killed_at(&product, held).await;
        let ledger = product.settled(&referral).await;
        assert_all_delivered(&ledger);
        assert_emails_agree(&product, &ledger).await;
    }
}

async fn sent(product: &Product) -> String {
    let practitioner = product.actor("PRACTITIONER_1").await;
    product.a_sent_referral(&practitioner, CRN).await
}

/// The worker dies with the held call, and another takes over when the lease has ended.
async fn killed_at(product: &Product, mut held: crate::gate::Held) {
    held.here().await;
    product.worker_is_replaced().await;
}

/// Books the assessment in two days; the worker dies while it tells Delius.
async fn killed_while_booking(product: &Product, provider: &Actor, referral: &str, side: Side) -> BookedAppointment {
    let held = product.gate.hold("PUT", APPOINTMENTS, side);
    let booking = product.book_assessment(provider, referral, in_two_days());
    let (booked, ()) = tokio::join!(booking, killed_at(product, held));
    let ledger = product.settled(referral).await;
    let lost = ledger.iter().filter(|entry| entry.attempts > 1 && entry.state == EffectState::Delivered).count();
    assert!(lost >= 1, "the worker was not killed in the middle of an attempt");
    booked
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_probes_and_monitoring_how_it_stands() {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let settings =
        [("RAM_WORKER_LISTEN", listen.as_str()), ("RAM_OUTBOX_ALERT_AFTER", "30m"), ("RAM_NOTIFY_ENABLED", "false")];
    let product = Product::start_with(&settings).await;
    let practitioner = product.actor("PRACTITIONER_1").await;
    let referral = product.a_sent_referral(&practitioner, CRN).await;

    answers(&product, &format!("http://{listen}/health/readiness")).await;
    let not_put_off = "effect_attempts_total{system=\"notify\",kind=\"email\",outcome=\"later\"} 0";
    let started = "effect_attempts_total{system=\"delius\",kind=\"start-referral\",outcome=\"delivered\"} 1";
    let page = product
        .eventually("the attempts are counted", async || {
            let page = product.http().get(format!("http://{listen}/prometheus")).send().await.unwrap().text().await;
            page.ok().filter(|page| page.contains(started) && !page.contains(not_put_off))
        })
        .await;
    let wanted = [
        "effect_attempts_total{system=\"notify\",kind=\"email\",outcome=\"retry\"} 0",
        "job_runs_total{job=\"reconcile\",outcome=\"failed\"} 0",
        "upstream_malformed_total{system=\"delius\",operation=\"case details\"} 0",
        "tokens_let_in_by_grace_total 0",
        "upstream_circuit_open{system=\"arn\"} 0",
        "outbox_last_look_timestamp_seconds 1",
        "effect_late_after_seconds 1800",
        "effect_age_seconds_bucket{system=\"delius\",kind=\"start-referral\",outcome=\"delivered\",le=\"3600\"} 1",
        "effect_oldest_seconds{system=\"delius\"}",
        "effect_backlog_oldest_seconds{system=\"notify\",kind=\"email\"",
    ];
    for wanted in wanted {
        assert!(page.contains(wanted), "{wanted} is missing from\n{page}");
    }
    assert!(!page.contains(CRN) && !page.contains(&referral), "metrics name nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_page_has_no_room_delivers_all_the_same() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let product = Product::start_with(&[("RAM_WORKER_LISTEN", &listen)]).await;
    let practitioner = product.actor("PRACTITIONER_1").await;
    let referral = product.a_sent_referral(&practitioner, CRN).await;
    product.settled(&referral).await;
    assert_eq!(product.activities(CRN, &referral).await.len(), 1);
}
