//! Which tokens let in: signature, issuer, algorithm, expiry, revocation, and what outages of sign-in change about it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{Actor, World};

use crate::stage::own_world;

/// A read that every practitioner may do.
const PATH: &str = "/referral-withdrawal-reasons";
/// An answer of the token check is believed for half a minute; this is longer.
const PATIENCE: Duration = Duration::from_mins(1);

async fn status(actor: &Actor) -> u16 {
    actor.get(PATH).await.status.as_u16()
}

/// The claims of a token, as they are written in it.
fn claims(actor: &Actor) -> Value {
    let payload = actor.token().split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn header(actor: &Actor) -> Value {
    let part = actor.token().split('.').next().expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_sign_in_did_not_make_are_refused() {
    let world = own_world().await;
    let good = world.actor("PRACTITIONER_1").await;
    assert_eq!(status(&good).await, 200);
    let (claims, kid) = (claims(&good), header(&good)["kid"].clone());
    let parts: Vec<&str> = good.token().split('.').collect();
    let none = json!({ "alg": "none", "typ": "JWT", "kid": kid });
    let keys: Value = world
        .http()
        .get(format!("{}/auth/.well-known/jwks.json", world.sandbox_url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    // The public key as a shared secret: the oldest trick.
    let modulus = URL_SAFE_NO_PAD.decode(keys["keys"][0]["n"].as_str().unwrap()).unwrap();
    let symmetric = |secret: &[u8]| {
        let header = Header { kid: kid.as_str().map(str::to_owned), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let mut promoted = claims.clone();
    promoted["authorities"] = json!(["ROLE_INTERVENTIONS_API_READ_ALL"]);
    let mut lasting = claims.clone();
    lasting["exp"] = json!(4_102_444_800_i64);
    let foreign_kid = json!({ "alg": "RS256", "typ": "JWT", "kid": "another" });
    let without_kid = json!({ "alg": "RS256", "typ": "JWT" });
    for (what, token) in [
        ("nothing", String::new()),
        ("words", "let me in".to_owned()),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("alg none", format!("{}.{}.", encoded(&none), parts[1])),
        ("alg none with a signature", format!("{}.{}.{}", encoded(&none), parts[1], parts[2])),
        ("HS256 with the public key", symmetric(&modulus)),
        ("HS256 with the key set", symmetric(keys.to_string().as_bytes())),
        ("HS256 with nothing", symmetric(b"")),
        ("other claims", format!("{}.{}.{}", parts[0], encoded(&promoted), parts[2])),
        ("another expiry", format!("{}.{}.{}", parts[0], encoded(&lasting), parts[2])),
        ("an unknown key", format!("{}.{}.{}", encoded(&foreign_kid), parts[1], parts[2])),
        ("no key named", format!("{}.{}.{}", encoded(&without_kid), parts[1], parts[2])),
    ] {
        let answer = good.with_token(token).get(PATH).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (401, ""), "{what}");
        assert!(answer.headers.contains_key("www-authenticate"), "{what}");
    }
    let url = format!("{}{PATH}", world.api_url);
    for scheme in ["Basic", "Token", ""] {
        let request = world.http().get(&url).header("authorization", format!("{scheme} {}", good.token()));
        assert_eq!(request.send().await.unwrap().status(), 401, "{scheme}");
    }
    assert_eq!(status(&good).await, 200, "the good one is still good");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_sign_in_with_the_same_keys_is_refused() {
    let (world, other) = (own_world().await, own_world().await);
    let (here, there) = (world.actor("PRACTITIONER_1").await, other.actor("PRACTITIONER_1").await);
    assert_eq!(header(&here)["kid"], header(&there)["kid"], "the same key, or this proves nothing");
    assert_ne!(claims(&here)["iss"], claims(&there)["iss"]);
    assert_eq!((status(&here).await, status(&there).await), (200, 200));
    assert_eq!(status(&here.with_token(there.token())).await, 401);
    world.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_without_anybody_noticing_until_the_old_one_is_withdrawn() {
    let world = own_world().await;
    let before = world.actor("PRACTITIONER_1").await;
    assert_eq!(status(&before).await, 200);
    world.control("auth/rotate-key", json!({})).await;
    let after = world.actor("PRACTITIONER_1").await;
    assert_ne!(header(&before)["kid"], header(&after)["kid"]);
    assert_eq!((status(&after).await, status(&before).await), (200, 200));
    world.control("auth/rotate-key", json!({ "dropOld": true })).await;
    let latest = world.actor("PRACTITIONER_1").await;
    assert_eq!(status(&latest).await, 200);
    assert_eq!((status(&before).await, status(&after).await), (401, 401));
    // Keys that are known go on being good while sign-in is away; an unknown one cannot be checked.
    world.fault(json!({ "system": "auth", "fault": "down" })).await;
    assert_eq!(status(&latest).await, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_while_sign_in_is_away_is_an_outage_and_not_a_refusal() {
    let world = own_world().await;
    world.fault(json!({ "system": "auth", "operation": "/.well-known/jwks.json", "fault": "down" })).await;
    let actor = world.actor("PRACTITIONER_1").await;
    let answer = actor.get(PATH).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.headers.contains_key("retry-after") && answer.body["userMessage"].is_string());
    world.stop().await;
}

/// Waits until a token gets this status.
async fn until(actor: &Actor, wanted: u16) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while status(actor).await != wanted {
        assert!(tokio::time::Instant::now() < deadline, "the token never got {wanted}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_is_noticed_at_once_or_soon_and_an_outage_of_the_check_is_survived() {
    let world = own_world().await;
    let (unused, used) = (world.actor("PRACTITIONER_1").await, world.actor("PRACTITIONER_1").await);
    let colleague = world.actor("PRACTITIONER_2").await;
    assert_eq!((status(&used).await, status(&colleague).await), (200, 200));
    // Signing out ends the user's tokens: one that was not seen yet at once, one that was believed a moment ago soon.
    world.control("auth/revoke", json!({ "username": "PRACTITIONER_1" })).await;
    assert_eq!(status(&unused).await, 401);
    until(&used, 401).await;
    let again = world.actor("PRACTITIONER_1").await;
    assert_eq!(status(&again).await, 200, "signing in again works");

    // The colleague's token was active a while ago: it is let in by grace. Nobody vouches for one not seen before.
    let stranger = world.actor("PRACTITIONER_2").await;
    world.fault(json!({ "system": "verification", "fault": "down" })).await;
    assert_eq!(status(&stranger).await, 503);
    assert_eq!(status(&colleague).await, 200);
    assert_eq!(status(&used).await, 503, "what was refused is not let in by grace");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_the_check_has_forgotten_are_refused() {
    let world: World = own_world().await;
    let actor = world.actor("PRACTITIONER_1").await;
    world.control("verification/forget", json!({})).await;
    assert_eq!(status(&actor).await, 401);
    let jti = world.actor("PRACTITIONER_1").await;
    world.control("auth/revoke", json!({ "jti": claims(&jti)["jti"] })).await;
    assert_eq!(status(&jti).await, 401);
    world.stop().await;
}
