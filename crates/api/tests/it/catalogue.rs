//! Which services are shown while their contract takes referrals, before, and after.

use serde_json::{Value, json};
use testkit::{Actor, World};

use crate::stage::{own_world, text};

/// Sets when the contract of an intervention takes referrals, in words of SQL.
async fn takes_referrals(world: &World, intervention: &str, from: &'static str, until: &'static str) {
    let mut db = world.database.store.connection().await.unwrap();
    let statement = "UPDATE dynamic_framework_contract
         SET referral_start_date = current_date + $2::interval, referral_end_at = now() + $3::interval
         WHERE id = (SELECT dynamic_framework_contract_id FROM intervention WHERE id = $1::uuid)";
    let set = sqlx::query(statement).bind(intervention).bind(from).bind(until).execute(&mut *db).await.unwrap();
    assert_eq!(set.rows_affected(), 1);
}

async fn lists(actor: &Actor, path: &str, id: &str) -> bool {
    let listed: Value = actor.get(path).await.expect(200);
    listed.as_array().unwrap().iter().any(|one| one["id"] == id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_found_while_its_contract_takes_referrals_and_read_ever_after() {
    let world = own_world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let id = text(&world.intervention(&practitioner, "MTR").await["id"]);
    let path = format!("/intervention/{id}");
    let checked = format!("{path}?checkEndDate=true");
    for (from, until, found, status) in
        [("-9 days", "1 hour", true, 200), ("9 days", "99 days", false, 200), ("-9 days", "-1 hour", false, 410)]
    {
        takes_referrals(&world, &id, from, until).await;
        assert_eq!(lists(&practitioner, "/interventions", &id).await, found, "from {from} until {until}");
        assert!(lists(&provider, "/my-interventions", &id).await, "from {from} until {until}");
        for open in [path.clone(), format!("{path}?checkEndDate=false")] {
            practitioner.get(&open).await.expect(200);
        }
        let answer = practitioner.get(&checked).await.expect(status);
        if status == 410 {
            assert_eq!((&answer["status"], &answer["error"]), (&json!(410), &json!("Gone")));
        } else {
            assert_eq!(answer["id"], id);
        }
    }
    world.stop().await;
}
