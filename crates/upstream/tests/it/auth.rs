//! Sign-in: addresses, codes, keys, and the service's own tokens.

use crate::server::{Reply, Server, trace};
use domain::Crn;
use runtime::Secret;
use std::sync::Arc;
use std::time::Duration;
use upstream::Kind;
use upstream::auth::AuthoriseRequest;

const TOKEN: &str = "POST /auth/oauth/token";
const JWKS: &str = "GET /auth/.well-known/jwks.json";
const IDENTIFIERS: &str = "GET /delius/probation-case/X100001/identifiers";

fn crn() -> Crn {
    Crn("X100001".to_owned())
}

#[tokio::test]
async fn the_browser_is_sent_to_sign_in_and_out_with_encoded_parameters() {
    let server = Server::start().await;
    let auth = server.upstreams().await.auth;
    let url = auth.authorise_url(&AuthoriseRequest {
        redirect_uri: "http://localhost:3000/sign-in/callback?a=b",
        state: "s&t",
        code_challenge: "challenge",
    });
    assert_eq!(url.path(), "/auth/oauth/authorize");
    assert_eq!(
        url.query(),
        Some(
            "response_type=code&client_id=interventions-web&\
             redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fsign-in%2Fcallback%3Fa%3Db&state=s%26t&\
             code_challenge=challenge&code_challenge_method=S256"
        )
    );
    let url = auth.sign_out_url("http://localhost:3000/");
    assert_eq!(url.path(), "/auth/sign-out");
    assert_eq!(url.query(), Some("client_id=interventions-web&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2F"));
    assert!(auth.issuer().ends_with("/auth/issuer"));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_is_never_sent_twice() {
    let server = Server::start().await;
    server.on(TOKEN, [Reply::fixture("auth/token.json"), Reply::status(503)]);
    let auth = server.upstreams().await.auth;
    let verifier = Secret::new("verifier");
    let tokens = auth.exchange_code(&trace(), "the code", &verifier, "http://localhost:3000/cb").await.unwrap();
    assert_eq!(tokens.access_token.expose(), "header.payload.signature");
    assert_eq!(tokens.refresh_token.unwrap().expose(), "refresh.payload.signature");
    assert_eq!(tokens.expires_in, Duration::from_hours(1));
    assert_eq!(tokens.name.as_deref(), Some("Pat Practitioner"));
    auth.exchange_code(&trace(), "another", &verifier, "http://localhost:3000/cb").await.unwrap_err();
    let seen = server.seen(TOKEN);
    assert_eq!(seen.len(), 2);
    assert_eq!(
        seen[0].body,
        "grant_type=authorization_code&code=the+code&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb&code_verifier=verifier"
    );
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    // interventions-web:clientsecret
    assert_eq!(seen[0].header("authorization"), Some("Basic aW50ZXJ2ZW50aW9ucy13ZWI6Y2xpZW50c2VjcmV0"));
}

#[tokio::test]
async fn only_rsa_signing_keys_are_kept_and_only_asked_for_when_needed() {
    let server = Server::start().await;
    server.on(JWKS, [Reply::fixture("auth/jwks.json")]);
    let auth = server.upstreams().await.auth;
    for _ in 0..3 {
        assert_eq!(auth.signing_key(&trace(), "sign-2026").await.unwrap().unwrap().kid, "sign-2026");
    }
    assert_eq!(server.seen(JWKS).len(), 1);
    let kids: Vec<String> = auth.signing_keys(&trace()).await.unwrap().into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, ["sign-2026"]);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_but_not_without_end() {
    let server = Server::start().await;
    server.on(JWKS, [Reply::body(200, r#"{"keys":[]}"#), Reply::fixture("auth/jwks.json")]);
    let auth = server.upstreams().await.auth;
    assert!(auth.signing_key(&trace(), "sign-2026").await.unwrap().is_none());
    assert!(auth.signing_key(&trace(), "sign-2026").await.unwrap().is_some(), "keys rotate");
    for attempt in 0..50 {
        assert!(auth.signing_key(&trace(), &format!("invented-{attempt}")).await.unwrap().is_none());
    }
    assert!(server.seen(JWKS).len() <= 12, "{}", server.seen(JWKS).len());
}

#[tokio::test]
async fn aged_keys_go_on_being_used_while_sign_in_is_down() {
    let server = Server::start().await;
    let body = crate::server::fixture("auth/jwks.json");
    let short = Reply::Answer { status: 200, headers: vec![("cache-control", "max-age=0, public")], body };
    server.on(JWKS, [short, Reply::status(500)]);
    let auth = server.upstreams().await.auth;
    assert!(auth.signing_key(&trace(), "sign-2026").await.unwrap().is_some());
    assert!(auth.signing_key(&trace(), "sign-2026").await.unwrap().is_some());
    assert!(server.seen(JWKS).len() >= 2, "it was asked again");
    auth.signing_key(&trace(), "other").await.unwrap_err();
}

#[tokio::test]
async fn one_service_token_is_fetched_however_many_wait_for_it() {
    let server = Server::start().await;
    let release = Arc::new(tokio::sync::Notify::new());
    server.on(TOKEN, [Reply::Held(release.clone(), Box::new(Reply::fixture("auth/token.json")))]);
    server.on(IDENTIFIERS, [Reply::fixture("delius/identifiers.json")]);
    let upstreams = server.upstreams().await;
    let (trace, crn) = (trace(), crn());
    let call = || upstreams.delius.identifiers(&trace, &crn);
    let let_go = async {
        server.wait_for(TOKEN, 1).await;
        release.notify_one();
    };
    let (a, b, c, d, ()) = tokio::join!(call(), call(), call(), call(), let_go);
    for answer in [a, b, c, d] {
        assert_eq!(answer.unwrap().noms_number.unwrap().as_str(), "A0001ZZ");
    }
    let seen = server.seen(TOKEN);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].body, "grant_type=client_credentials");
    for request in server.seen(IDENTIFIERS) {
        assert_eq!(request.header("authorization"), Some("Bearer header.payload.signature"));
    }
}

#[tokio::test]
async fn everyone_who_waited_for_a_failed_token_hears_of_that_failure() {
    let server = Server::start().await;
    let release = Arc::new(tokio::sync::Notify::new());
    server.on(TOKEN, [Reply::Held(release.clone(), Box::new(Reply::status(401)))]);
    let upstreams = server.upstreams().await;
    let (trace, crn) = (trace(), crn());
    let call = || upstreams.delius.identifiers(&trace, &crn);
    let let_go = async {
        server.wait_for(TOKEN, 1).await;
        release.notify_one();
    };
    let (a, b, c, ()) = tokio::join!(call(), call(), call(), let_go);
    for answer in [a, b, c] {
        let error = answer.unwrap_err();
        assert!(matches!(&error.kind, Kind::NoToken(reason) if reason.status() == Some(401)), "{error}");
        assert!(error.never_sent() && !error.is_ambiguous());
    }
    assert_eq!(server.seen(TOKEN).len(), 1);
    assert_eq!(server.seen(IDENTIFIERS).len(), 0);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = Server::start().await;
    server.on(IDENTIFIERS, [Reply::status(401), Reply::fixture("delius/identifiers.json")]);
    let upstreams = server.upstreams().await;
    upstreams.delius.identifiers(&trace(), &crn()).await.unwrap();
    let bearers: Vec<_> =
        server.seen(IDENTIFIERS).iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer token-1", "Bearer token-2"]);

    server.on(IDENTIFIERS, [Reply::status(401)]);
    let error = upstreams.delius.identifiers(&trace(), &crn()).await.unwrap_err();
    assert_eq!(error.status(), Some(401), "a second 401 is the answer");
    assert_eq!(server.seen(IDENTIFIERS).len(), 4);
    assert_eq!(server.seen(TOKEN).len(), 3);
}

#[tokio::test]
async fn a_token_near_its_end_is_replaced() {
    let server = Server::start().await;
    server
        .on(TOKEN, [Reply::body(200, r#"{"access_token":"brief","expires_in":1}"#), Reply::fixture("auth/token.json")]);
    server.on(IDENTIFIERS, [Reply::fixture("delius/identifiers.json")]);
    let upstreams = server.upstreams().await;
    upstreams.delius.identifiers(&trace(), &crn()).await.unwrap();
    upstreams.delius.identifiers(&trace(), &crn()).await.unwrap();
    upstreams.delius.identifiers(&trace(), &crn()).await.unwrap();
    assert_eq!(server.seen(TOKEN).len(), 2);
    assert_eq!(server.seen(IDENTIFIERS)[2].header("authorization"), Some("Bearer header.payload.signature"));
}

#[tokio::test]
async fn fetching_a_token_is_tried_again_while_sign_in_restarts() {
    let server = Server::start().await;
    server.on(TOKEN, [Reply::status(503), Reply::Reset, Reply::fixture("auth/token.json")]);
    server.on(IDENTIFIERS, [Reply::fixture("delius/identifiers.json")]);
    let mut config = server.config();
    config.auth.endpoint.retry.pause = Duration::from_millis(1);
    let upstreams = server.upstreams_with(config).await;
    upstreams.delius.identifiers(&trace(), &crn()).await.unwrap();
    assert_eq!(server.seen(TOKEN).len(), 3);
}
