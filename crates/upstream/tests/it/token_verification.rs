//! The token check: what is remembered, and what an outage does.

use crate::server::{Reply, Server, fixture, trace};
use runtime::Secret;
use std::time::Duration;
use upstream::token_verification::Verdict;

const VERIFY: &str = "POST /verification/token/verify";

fn token() -> Secret {
    Secret::new("users.access.token")
}

#[tokio::test]
async fn active_is_remembered_and_inactive_is_not() {
    let server = Server::start().await;
    server.on(VERIFY, [Reply::fixture("token-verification/active.json")]);
    let check = server.upstreams().await.token_verification.unwrap();
    for _ in 0..3 {
        assert_eq!(check.check(&trace(), "a", &token()).await.unwrap(), Verdict::Active);
    }
    assert_eq!(server.seen(VERIFY).len(), 1);
    assert_eq!(server.seen(VERIFY)[0].header("authorization"), Some("Bearer users.access.token"));
    server.on(VERIFY, [Reply::fixture("token-verification/inactive.json")]);
    for _ in 0..2 {
        let verdict = check.check(&trace(), "b", &token()).await.unwrap();
        assert!(verdict == Verdict::Inactive && !verdict.lets_in());
    }
    assert_eq!(server.seen(VERIFY).len(), 3);
    check.forget("a");
    assert_eq!(check.check(&trace(), "a", &token()).await.unwrap(), Verdict::Inactive);
}

#[tokio::test]
async fn a_token_that_is_wrong_in_itself_is_rejected() {
    let server = Server::start().await;
    server.on(VERIFY, [Reply::body(400, fixture("token-verification/expired.json")), Reply::status(401)]);
    let check = server.upstreams().await.token_verification.unwrap();
    assert_eq!(check.check(&trace(), "a", &token()).await.unwrap(), Verdict::Rejected);
    assert_eq!(check.check(&trace(), "a", &token()).await.unwrap(), Verdict::Rejected);
}

#[tokio::test]
async fn during_an_outage_only_a_recently_active_token_gets_in() {
    let server = Server::start().await;
    server.on(VERIFY, [Reply::fixture("token-verification/active.json"), Reply::status(500)]);
    let mut config = server.config();
    config.token_verification.as_mut().unwrap().cache_ttl = Duration::ZERO;
    let check = server.upstreams_with(config.clone()).await.token_verification.unwrap();
    assert_eq!(check.check(&trace(), "a", &token()).await.unwrap(), Verdict::Active);
    assert_eq!(check.check(&trace(), "a", &token()).await.unwrap(), Verdict::ActiveByGrace);
    check.check(&trace(), "b", &token()).await.unwrap_err();

    config.token_verification.as_mut().unwrap().grace = Duration::ZERO;
    server.on(VERIFY, [Reply::fixture("token-verification/active.json"), Reply::status(500)]);
    let strict = server.upstreams_with(config).await.token_verification.unwrap();
    assert_eq!(strict.check(&trace(), "a", &token()).await.unwrap(), Verdict::Active);
    strict.check(&trace(), "a", &token()).await.unwrap_err();
}
