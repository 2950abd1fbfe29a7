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
    let (code, said) = product.types(&["admin", "ledger", &referral]).await;
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
