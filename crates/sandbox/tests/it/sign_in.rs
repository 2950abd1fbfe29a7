//! Signing in with a browser and as a client; keys, metadata and signing out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{StatusCode, header};
use sandbox::Claims;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{CALLBACK, World, json_of};

const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-believed-0123456789";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// Signs in on the page; returns the status, the place to go to and the cookie.
async fn sign_in(world: &World, username: &str, password: &str) -> (StatusCode, Option<Url>, Option<String>) {
    let challenge = challenge();
    let form = [
        ("response_type", "code"),
        ("client_id", "interventions-web"),
        ("redirect_uri", CALLBACK),
        ("state", "st&te"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("username", username),
        ("password", password),
    ];
    let response = world.post("/auth/oauth/authorize").form(&form).send().await.unwrap();
    let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let target = text(header::LOCATION).map(|location| Url::parse(&location).unwrap());
    (response.status(), target, text(header::SET_COOKIE))
}

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn exchange(world: &World, code: &str, verifier: &str) -> (StatusCode, Value) {
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
    token(world, "interventions-web", "clientsecret", &form).await
}

async fn token(world: &World, client: &str, secret: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let request = world.post("/auth/oauth/token").basic_auth(client, Some(secret)).form(form);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// Checks a token as a client of the ecosystem does: with the published key set only.
async fn checked(world: &World, access_token: &str) -> Claims {
    let keys: Value = world.get("/auth/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    let kid = decode_header(access_token).unwrap().kid.unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).expect("key is published");
    let key = DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[format!("{}/auth/issuer", world.base)]);
    rules.validate_aud = false;
    decode::<Claims>(access_token, &key, &rules).unwrap().claims
}

#[tokio::test]
async fn a_provider_signs_in_with_pkce_and_gets_a_token_with_every_claim() {
    let world = World::start().await;
    let (status, target, _) = sign_in(&world, "provider_1", "password123456").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let target = target.unwrap();
    assert!(target.as_str().starts_with(CALLBACK));
    assert_eq!(query(&target, "state").as_deref(), Some("st&te"));

    let code = query(&target, "code").unwrap();
    let (status, body) = exchange(&world, &code, VERIFIER).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["user_name"], "PROVIDER_1");
    assert_eq!(body["auth_source"], "auth");
    assert_eq!(body["expires_in"], 1200);
    assert!(body.get("id_token").is_none());

    let claims = checked(&world, body["access_token"].as_str().unwrap()).await;
    assert_eq!(claims.sub, "PROVIDER_1");
    assert_eq!(claims.name.as_deref(), Some("Dev Marchmont"));
    assert_eq!(claims.authorities, ["ROLE_CRS_PROVIDER"]);
    assert!(uuid::Uuid::parse_str(claims.user_id.as_deref().unwrap()).is_ok());
    assert!(!claims.jti.is_empty());

    let (status, body) = exchange(&world, &code, VERIFIER).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")), "a code is good once");
}

#[tokio::test]
async fn a_wrong_verifier_spends_the_code() {
    let world = World::start().await;
    let (_, target, _) = sign_in(&world, "PRACTITIONER_1", "password123456").await;
    let code = query(&target.unwrap(), "code").unwrap();
    assert_eq!(exchange(&world, &code, "another").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(exchange(&world, &code, VERIFIER).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn those_who_may_not_sign_in_stay_on_the_page() {
    let world = World::start().await;
    for (username, password) in [
        ("PROVIDER_1", "wrong"),
        ("NOBODY", "password123456"),
        ("PROVIDER_LOCKED", "password123456"),
        ("PROVIDER_DISABLED", "password123456"),
    ] {
        let (status, target, cookie) = sign_in(&world, username, password).await;
        assert_eq!((status, target, cookie), (StatusCode::UNAUTHORIZED, None, None), "{username}");
    }
}

#[tokio::test]
async fn the_page_offers_the_cast_and_refuses_unregistered_addresses() {
    let world = World::start().await;
    let path = |redirect: &str| {
        let mut url = Url::parse(&format!("{}/auth/oauth/authorize", world.base)).unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", "interventions-web")
            .append_pair("redirect_uri", redirect)
            .append_pair("state", "\"><script>");
        url
    };
    let page = world.client.get(path(CALLBACK)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let text = page.text().await.unwrap();
    for shown in ["PRACTITIONER_2", "PROVIDER_9", "OPERATOR_1", "name=\"password\"", "&quot;&gt;&lt;script&gt;"] {
        assert!(text.contains(shown), "{shown} is missing");
    }
    assert!(!text.contains("\"><script>"));
    let refused = world.client.get(path("http://elsewhere.example/")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_live_session_needs_no_second_sign_in_until_signing_out_revokes_its_tokens() {
    let world = World::start().await;
    let (_, target, cookie) = sign_in(&world, "PROVIDER_2", "password123456").await;
    let (_, body) = exchange(&world, &query(&target.unwrap(), "code").unwrap(), VERIFIER).await;
    let access = body["access_token"].as_str().unwrap().to_owned();
    let refresh = body["refresh_token"].as_str().unwrap().to_owned();
    let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
    let again = format!("/auth/oauth/authorize?response_type=code&client_id=interventions-web&redirect_uri={CALLBACK}");
    let silent = world.get(&again).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(silent.status(), StatusCode::SEE_OTHER);

    let active = async || {
        let request = world.post("/verification/token/verify").bearer_auth(&access);
        request.send().await.unwrap().json::<Value>().await.unwrap()["active"].clone()
    };
    assert_eq!(active().await, json!(true));
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let (status, renewed) = token(&world, "interventions-web", "clientsecret", &form).await;
    assert_eq!((status, &renewed["refresh_token"]), (StatusCode::OK, &json!(refresh)));

    let out = "/auth/sign-out?client_id=interventions-web&redirect_uri=http://localhost:3000/";
    let response = world.get(out).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "http://localhost:3000/");
    assert_eq!(active().await, json!(false));
    assert_eq!(token(&world, "interventions-web", "clientsecret", &form).await.0, StatusCode::BAD_REQUEST);
    let page = world.get(&again).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "the session is over");

    let stranger = "/auth/sign-out?client_id=interventions-web&redirect_uri=http://elsewhere.example/";
    let response = world.get(stranger).send().await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "/auth/sign-in");
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself() {
    let world = World::start().await;
    let form = [("grant_type", "client_credentials")];
    let (status, body) = token(&world, "delius-integration", "clientsecret", &form).await;
    assert_eq!(status, StatusCode::OK);
    let claims = checked(&world, body["access_token"].as_str().unwrap()).await;
    assert_eq!((claims.sub.as_str(), claims.client_id.as_str()), ("delius-integration", "delius-integration"));
    assert_eq!(claims.authorities, ["ROLE_INTERVENTIONS_API_READ_ALL"]);
    assert_eq!((claims.user_name, claims.user_id, claims.auth_source.as_str()), (None, None, "none"));
    assert!(body.get("refresh_token").is_none());

    assert_eq!(token(&world, "interventions", "wrong", &form).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(token(&world, "nobody", "clientsecret", &form).await.0, StatusCode::UNAUTHORIZED);
    let (status, body) = token(&world, "interventions-web", "clientsecret", &form).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("unauthorized_client")));
    let unauthenticated = world.post("/auth/oauth/token").form(&form).send().await.unwrap();
    assert_eq!(unauthenticated.status(), StatusCode::UNAUTHORIZED);

    // Scripts send no body and ask in the address.
    for (address, name) in [
        ("/auth/oauth/token?grant_type=client_credentials", None),
        ("/auth/oauth/token?grant_type=client_credentials&username=PROVIDER_1", Some("PROVIDER_1")),
    ] {
        let asked = world.post(address).basic_auth("delius-integration", Some("clientsecret")).send().await.unwrap();
        let body = json_of(asked, StatusCode::OK).await;
        let claims = checked(&world, body["access_token"].as_str().unwrap()).await;
        assert_eq!((claims.client_id.as_str(), claims.user_name.as_deref()), ("delius-integration", name));
    }
}

#[tokio::test]
async fn metadata_and_health_are_published() {
    let world = World::start().await;
    let metadata = world.get("/auth/issuer/.well-known/openid-configuration").send().await.unwrap();
    let metadata = json_of(metadata, StatusCode::OK).await;
    assert_eq!(metadata["issuer"], format!("{}/auth/issuer", world.base));
    assert_eq!(metadata["jwks_uri"], format!("{}/auth/.well-known/jwks.json", world.base));
    for system in [
        "auth",
        "manage-users",
        "verification",
        "delius",
        "community-api",
        "arns",
        "prisoner-search",
        "prison-register",
        "prison-api",
    ] {
        let ping = world.get(&format!("/{system}/health/ping")).send().await.unwrap();
        assert_eq!(json_of(ping, StatusCode::OK).await, json!({ "status": "UP" }), "{system}");
    }
}

#[tokio::test]
async fn rotated_keys_keep_or_lose_what_the_old_one_signed() {
    let world = World::start().await;
    let old = world.user("PRACTITIONER_1");
    let me = async |token: &str| world.get("/manage-users/users/me").bearer_auth(token).send().await.unwrap().status();
    world.control("/auth/rotate-key", json!({})).await;
    let new = world.user("PRACTITIONER_1");
    assert_ne!(decode_header(&old).unwrap().kid, decode_header(&new).unwrap().kid);
    checked(&world, &old).await;
    checked(&world, &new).await;
    world.control("/auth/rotate-key", json!({ "dropOld": true })).await;
    assert_eq!(me(&old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&world.user("PRACTITIONER_1")).await, StatusCode::OK);
}

#[tokio::test]
async fn skewed_times_spoil_new_tokens_and_a_missing_claim_is_missing() {
    let world = World::start().await;
    let me = async |token: &str| world.get("/manage-users/users/me").bearer_auth(token).send().await.unwrap().status();
    let before = world.user("PROVIDER_1");
    world.control("/auth/skew", json!({ "seconds": -7200 })).await;
    assert_eq!(me(&world.user("PROVIDER_1")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&before).await, StatusCode::OK);
    world.control("/auth/skew", json!({ "seconds": 0 })).await;
    let claims = checked(&world, &world.user("PROVIDER_MISSING_CLAIM")).await;
    assert_eq!((claims.user_id, claims.user_name.as_deref()), (None, Some("PROVIDER_MISSING_CLAIM")));
    assert_eq!(checked(&world, &world.user("NOMIS_USER")).await.auth_source, "nomis");
}
