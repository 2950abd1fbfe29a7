//! Which build this is, and what is said of what this service does not offer yet.

use serde_json::{Value, json};

use crate::stage::own_world;

#[tokio::test(flavor = "multi_thread")]
async fn the_build_tells_its_version_time_and_commit() {
    let world = own_world().await;
    let answer = world.http().get(format!("{}/info", world.api_url)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let info: Value = answer.json().await.unwrap();
    assert_eq!(info["build"]["name"], "interventions");
    assert_eq!(info["build"]["time"], "1970-01-01T00:00:00Z");
    assert!(info["build"]["version"].as_str().unwrap().starts_with("2026-01-01"));
    assert_eq!(info["git"], json!({ "commit": { "id": "0".repeat(40) } }));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_read_without_a_token_and_without_any_other_host() {
    let world = own_world().await;
    let read = async |path: &str| world.http().get(format!("{}{path}", world.api_url)).send().await.unwrap();
    let document: Value = read("/v3/api-docs").await.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let moved = read("/swagger-ui.html").await;
    assert_eq!(
        (moved.status().as_u16(), moved.headers()["location"].as_bytes()),
        (302, &b"/swagger-ui/index.html"[..])
    );
    let page = read("/swagger-ui/index.html").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let page = page.text().await.unwrap();
    let named: Vec<&str> = page.split("src=\"").chain(page.split("href=\"")).skip(1).filter_map(until_quote).collect();
    assert!(named.contains(&"swagger-ui-bundle.js") && named.contains(&"swagger-ui.css"), "{named:?}");
    for name in named.into_iter().filter(|name| !name.contains(' ')) {
        let address = if name.starts_with('/') { name.to_owned() } else { format!("/swagger-ui/{name}") };
        assert_eq!(read(&address).await.status(), 200, "{name}");
    }
    world.stop().await;
}

fn until_quote(text: &str) -> Option<&str> {
    text.split_once('"').map(|(before, _)| before)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_performance_report_is_checked_and_said_to_be_missing() {
    let world = own_world().await;
    let provider = world.actor("PROVIDER_1").await;
    let path = "/reports/service-provider/performance";
    let good = json!({ "fromDate": "2026-01-01", "toDate": "2026-01-31" });
    let answer = provider.post(path, good.clone()).await;
    assert!(answer.headers.get("retry-after").is_none(), "trying again soon does not help");
    let error = answer.expect(503);
    assert_eq!((&error["status"], &error["error"]), (&json!(503), &json!("Service Unavailable")));
    assert!(error["message"].as_str().unwrap().contains("not available yet"), "{error}");
    let faulty = |from: &str, to: &str| json!({ "fromDate": from, "toDate": to });
    for (body, field, code) in [
        (json!({ "toDate": "2026-01-31" }), "fromDate", "CANNOT_BE_EMPTY"),
        (json!({ "fromDate": "2026-01-31" }), "toDate", "CANNOT_BE_EMPTY"),
        (faulty("2026-02-30", "2026-03-01"), "fromDate", "INVALID_FORMAT"),
        (faulty("2021-05-31", "2021-06-30"), "fromDate", "INVALID_VALUE"),
        (faulty("2025-02-01", "2025-01-01"), "toDate", "INVALID_VALUE"),
        (faulty("2025-01-01", "2025-07-01"), "toDate", "INVALID_VALUE"),
        (faulty("2025-01-01", "2999-01-01"), "toDate", "INVALID_VALUE"),
    ] {
        let error = provider.post(path, body).await.expect(400);
        assert_eq!(error["validationErrors"], json!([{ "field": field, "error": code }]), "{error}");
    }
    let practitioner = world.actor("PRACTITIONER_1").await;
    practitioner.post(path, good).await.expect(403);
    world.stop().await;
}
