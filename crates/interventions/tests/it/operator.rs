//! `admin` as an operator types it while the product runs: the worker heeds what was typed.

use serde_json::{Value, json};
use store::outbox::EffectState;

use crate::product::Product;

const STARTS: &str = "/probation-case/*/referrals";

/// The JSON lines among what was said.
fn lines(said: &str) -> Vec<Value> {
    said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_pauses_looks_resumes_tries_again_and_explains() {
    let product = Product::start().await;
    let (code, said) = product.types(&["admin", "pause", "notify", "--reason", "templates change", "--json"]).await;
    assert_eq!(code, Some(0), "{said}");
    let paused = lines(&said).into_iter().find(|queue| queue["system"] == "notify").unwrap();
    assert_eq!((&paused["paused"]["by"], &paused["paused"]["why"]), (&json!("operator7"), &json!("templates change")));

    product.fault(json!({ "system": "delius", "operation": STARTS, "fault": "status", "value": 403 })).await;
    let practitioner = product.actor("PRACTITIONER_1").await;
    let referral = product.a_sent_referral(&practitioner, "X100005").await;
    let parked = product
        .eventually("the start is parked", async || {
            product.ledger(&referral).await.into_iter().find(|entry| entry.state == EffectState::Parked)
        })
        .await;
    product.heal().await;

    let (code, said) = product.types(&["admin", "referral", "X100005", "--json"]).await;
    assert_eq!((code, &lines(&said)[0]["id"]), (Some(0), &json!(referral)), "{said}");
    let (code, said) = product.types(&["admin", "ledger", "X100005", "--json"]).await;
    assert_eq!(code, Some(0), "{said}");
    let ledger = lines(&said).remove(0);
    let effects = ledger["effects"].as_array().unwrap();
    assert!(effects.iter().any(|effect| effect["system"] == "notify" && effect["isPaused"] == true), "{ledger}");
    let start = effects.iter().find(|effect| effect["kind"] == "start-referral").unwrap();
    assert_eq!((&start["state"], &start["attempts"][0]["status"]), (&json!("parked"), &json!(403)), "{ledger}");
    let told = ["owner", "nextTry", "actor", "wasAmbiguous", "after"].map(|name| &start[name]);
    assert_eq!(told, [&json!("operator"), &json!(null), &json!("PRACTITIONER_1"), &json!(false), &json!(null)]);
    assert!(start["occurredAt"].is_string() && start["isHeld"] == false, "{ledger}");
    let standing = &ledger["delius"];
    assert_eq!((&standing["standing"], &standing["count"]), (&json!("stuck"), &json!(1)), "{ledger}");
    assert!(standing["words"].as_str().unwrap().starts_with("1 update waiting since"), "{ledger}");
    assert_eq!((&ledger["discrepancies"], &ledger["choices"]), (&json!([]), &json!([])));
    let (code, said) = product.types(&["admin", "ledger", &referral]).await;
    assert!(said.contains("whose turn it is: operator") && said.contains("by PRACTITIONER_1"), "{said}");
    assert!(code == Some(0) && said.contains("notify is paused since") && said.contains("attempt 1 at"), "{said}");

    let window = ["--from", "2026-01-01T00:00:00Z", "--to", "2099-01-01T00:00:00Z", "--json"];
    let preview = [&["admin", "replay", "--system", "delius", "--dry-run"][..], &window[..]].concat();
    let (code, said) = product.types(&preview).await;
    assert_eq!((code, &lines(&said)[0]["plan"]), (Some(0), &json!("try-again")), "{said}");
    let id = parked.id.to_string();
    let (code, said) = product.types(&["admin", "retry", &id, "--reason", " "]).await;
    assert!(code == Some(1) && said.contains("why"), "{said}");
    let (code, said) = product.types(&["admin", "retry", &id, "--reason", "let in again", "--json"]).await;
    assert_eq!((code, &lines(&said)[0]["state"]), (Some(0), &json!("retrying")), "{said}");
    let (code, said) = product.types(&["admin", "resume", "notify", "--reason", "templates are changed"]).await;
    assert!(code == Some(0) && !said.contains("paused"), "{said}");
    let settled = product.settled(&referral).await;
    assert!(settled.iter().all(|entry| entry.state == EffectState::Delivered), "{settled:?}");
    let (code, said) = product.types(&["admin", "skip", &id, "--reason", "too late"]).await;
    assert!(code == Some(1) && said.contains("delivered"), "{said}");

    let (code, said) = product.types(&["admin", "explain", "PROVIDER_9", &referral]).await;
    assert!(code == Some(0) && said.contains("PROVIDER_9 cannot see it"), "{said}");
    let (code, said) = product.types(&["admin", "discrepancies", "--open", "--json"]).await;
    assert_eq!((code, lines(&said).len()), (Some(0), 0), "{said}");
    let (code, said) = product.types(&["admin", "choose", &referral, "reopened", "--reason", "it is"]).await;
    assert!(code == Some(1) && said.contains("not held"), "{said}");
    let (code, said) = product.types(&["admin", "pause", "weather", "--reason", "rain"]).await;
    assert!(code == Some(2) && said.contains("delius, events, notify, prisoner-search"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_reads_how_fast_each_queue_moves_and_what_stops_it() {
    let product = Product::start_with(&[("RAM_CB_FAILURES", "2"), ("RAM_CB_OPEN_FOR", "2s")]).await;
    let delius = async |said: &str| lines(said).into_iter().find(|queue| queue["system"] == "delius").unwrap();
    let queues = ["admin", "queues", "--json"];
    let practitioner = product.actor("PRACTITIONER_1").await;
    let referral = product.a_sent_referral(&practitioner, "X100005").await;
    product.settled(&referral).await;
    let (code, said) = product.types(&queues).await;
    assert_eq!(code, Some(0), "{said}");
    let queue = delius(&said).await;
    assert_eq!(
        (&queue["delivered"], &queue["workers"]),
        (&json!({ "count": 1, "inSeconds": 300 }), &json!(1)),
        "{said}"
    );
    let circuits = queue["circuits"].as_array().unwrap();
    let states: Vec<_> = circuits.iter().map(|one| (&one["calls"], &one["state"], &one["failures"])).collect();
    assert!(states.contains(&(&json!("delius"), &json!("closed"), &json!(0))), "{said}");

    let down = json!({ "system": "delius", "method": "PUT", "operation": STARTS, "fault": "down" });
    product.fault(down).await;
    for _ in 0..3 {
        product.a_sent_referral(&practitioner, "X100005").await;
    }
    let open = product
        .eventually("the worker's circuit is open", async || {
            let (_, said) = product.types(&queues).await;
            let queue = delius(&said).await;
            queue["circuits"].as_array().unwrap().iter().find(|one| one["state"] == "open").cloned()
        })
        .await;
    assert_eq!(open["calls"], "delius");
    assert!(
        open["failures"].as_u64().unwrap() >= 2 && open["until"].is_string() && open["since"].is_string(),
        "{open}"
    );
    product
        .eventually("it is said in words", async || {
            let (_, said) = product.types(&["admin", "queues"]).await;
            let words = format!("worker {} calls delius again at", open["worker"].as_str().unwrap());
            (said.contains(&words) && said.contains("failures in a row")).then_some(())
        })
        .await;
    product.heal().await;
    product
        .eventually("it is closed", async || {
            let (_, said) = product.types(&["admin", "queues"]).await;
            (!said.contains("in a row") && said.contains("4 delivered in the last 5 minutes")).then_some(())
        })
        .await;
}
