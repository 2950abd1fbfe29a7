//! What a worker says of its circuits: when one changes, and no more once it has stopped.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::circuit::{Circuit, CircuitState};
use testkit::{BreakerConfig, Parts, World};

use crate::booking::in_hours;

const CRN: &str = "X100011";

async fn said(store: &store::Store) -> Vec<Circuit> {
    let mut db = store.connection().await.unwrap();
    store::circuit::list(&mut db, Timestamp::UNIX_EPOCH).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_that_opens_and_closes_is_told_with_its_times_and_taken_back_at_the_end() {
    let breaker = BreakerConfig { failures: 2, open_for: Duration::from_secs(2) };
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(100), breaker, ..Parts::default() }).await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    let delius = async || said(&world.database.store).await.into_iter().find(|circuit| circuit.system == "delius");
    let first = world.eventually("the worker has spoken", &delius).await;
    assert_eq!(first.state, CircuitState::Closed);
    let began = in_hours(0);
    let appointments = "/probation-case/*/referrals/*/appointments";
    world.fault(json!({ "system": "delius", "operation": appointments, "fault": "down" })).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    let failures = world
        .eventually("a trial has failed too", async || match delius().await?.state {
            CircuitState::Open { failures, since, until } => {
                let second = SignedDuration::from_secs(1);
                assert!(since >= began - second && until <= in_hours(0) + second * 3, "{since} {until}");
                (failures > 2).then_some(failures)
            }
            CircuitState::Closed | CircuitState::HalfOpen { .. } => None,
        })
        .await;
    assert!(failures >= 3);
    world.heal().await;
    world.settled(&referral).await;
    world.eventually("it is closed", async || (delius().await?.state == CircuitState::Closed).then_some(())).await;
    assert_eq!(delius().await.unwrap().worker, first.worker);
    let store = world.database.store.clone();
    let all = said(&store).await;
    assert!(all.iter().all(|circuit| circuit.state == CircuitState::Closed), "{all:?}");
    world.stop().await;
    assert_eq!(said(&store).await, []);
}
