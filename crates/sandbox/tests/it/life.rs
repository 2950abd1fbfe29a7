//! The life of a served sandbox.

use std::time::{Duration, Instant};

use sandbox::{Config, Sandbox};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::World;

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_caller_that_hangs() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let sandbox = Sandbox::open(Config { public_url: base.clone(), ..Config::default() }).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    let served = tasks.spawn(sandbox.clone().serve(listener, async move {
        let _ = stopped.await;
    }));
    let plan = serde_json::json!({ "system": "prison-register", "fault": "latency", "value": 60_000 });
    world.client.post(format!("{base}/control/faults")).json(&plan).send().await.unwrap();
    let hanging = world.client.get(format!("{base}/prison-register/prisons/names")).send();
    tasks.spawn(async move {
        let _ = hanging.await;
        std::future::pending().await
    });
    let deadline = Instant::now() + Duration::from_secs(10);
    while sandbox.read(sandbox::State::faults_struck) == 0 {
        assert!(Instant::now() < deadline, "the request never arrived");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(()).unwrap();
    let (id, ended) = tokio::time::timeout(Duration::from_secs(10), tasks.join_next_with_id())
        .await
        .expect("the shutdown ends")
        .unwrap()
        .unwrap();
    assert_eq!(id, served.id());
    ended.unwrap();
}
