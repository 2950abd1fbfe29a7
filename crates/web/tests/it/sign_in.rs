//! Signing in and out.

use reqwest::StatusCode;
use testkit::World;

use crate::browser::Browser;

const SESSION: &str = "interventions-session";

#[tokio::test]
async fn whoever_signs_in_lands_on_the_page_they_asked_for() {
    let world = World::start().await;
    let mut browser = Browser::new(&world);
    let wanted = "/probation-practitioner/dashboard/completed-cases?sort=date-sent%2Cdescending";
    let page = browser.sign_in("PRACTITIONER_1", wanted).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.url.as_str().ends_with(wanted), "{}", page.url);
    page.shows("Completed cases");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("script-src 'self' 'nonce-"));
    // Signed in once, other pages follow without asking again; each side has its own home.
    browser.open("/").await.shows("See your referrals");
    let mut provider = Browser::of(&world, "PROVIDER_1").await;
    let home = provider.open("/").await;
    assert!(home.url.path().ends_with("/service-provider/dashboard"), "{}", home.url);
    assert!(home.html.contains("Harbour Trust"), "the header names the organisation");
    world.stop().await;
}

#[tokio::test]
async fn a_browser_that_was_not_sent_away_with_this_state_is_not_signed_in() {
    let world = World::start().await;
    // The thief began a sign-in and sends the victim its end, or the other way round.
    let mut thief = Browser::new(&world);
    let sent_away = thief.get("/").await;
    let state = sent_away.location().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut victim = Browser::new(&world);
    for query in [format!("code=stolen&state={state}"), "code=stolen&state=".to_owned(), format!("state={state}")] {
        let page = victim.get(&format!("/sign-in/callback?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        page.shows("We could not sign you in").shows(page.header("x-correlation-id"));
        assert_eq!(victim.cookie(SESSION), None);
    }
    // The right state with a code that the sign-in service never gave is refused without another round.
    let page = thief.get(&format!("/sign-in/callback?code=made-up&state={state}")).await;
    assert!(!page.status.is_redirection() && !page.status.is_success());
    assert_eq!(thief.cookie(SESSION), None);
    world.stop().await;
}

#[tokio::test]
async fn signing_out_takes_a_form_of_the_session_and_ends_it_everywhere() {
    let world = World::start().await;
    let mut browser = Browser::of(&world, "PRACTITIONER_1").await;
    let cookie = browser.cookie(SESSION).unwrap().to_owned();
    let refused = browser.post("/sign-out", &[("_csrf", "guessed")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.shows("Your session changed");
    let asked = browser.get("/sign-out").await;
    asked.shows("Sign out of this service");
    let token = asked.token();
    let left = browser.post("/sign-out", &[("_csrf", &token)]).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);
    assert_eq!(left.header("clear-site-data"), "\"cache\"");
    assert_eq!(browser.cookie(SESSION), None);
    let end = browser.open(left.location().as_str()).await;
    end.shows("You are signed out");
    // A copy of the cookie opens nothing any more, and the sign-in service asks for a password again.
    browser.set_cookie(SESSION, &cookie);
    let sent_away = browser.get("/").await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER);
    assert!(sent_away.location().as_str().starts_with(&world.sandbox_url), "{}", sent_away.location());
    world.stop().await;
}

#[tokio::test]
async fn every_sign_in_makes_a_new_session_and_ends_the_one_before() {
    let world = World::start().await;
    let mut browser = Browser::of(&world, "PRACTITIONER_1").await;
    let first = browser.cookie(SESSION).unwrap().to_owned();
    browser.sign_in_until_back("PRACTITIONER_2", "/sign-in").await;
    let second = browser.cookie(SESSION).unwrap().to_owned();
    assert_ne!(first, second);
    let mut copy = Browser::new(&world);
    copy.set_cookie(SESSION, &first);
    assert_eq!(copy.get("/crs-homepage").await.status, StatusCode::SEE_OTHER);
    copy.set_cookie(SESSION, &second);
    assert_eq!(copy.get("/crs-homepage").await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn accounts_that_open_no_pages_are_told_why() {
    let world = World::start().await;
    let mut reader = Browser::new(&world);
    let page = reader.sign_in("READER_1", "/").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    page.shows("You cannot use this service yet").shows("How to put this right");
    assert!(page.html.contains("name=\"_csrf\""), "they can still sign out");
    for (username, reason) in [
        ("NOMIS_USER", "neither a probation account"),
        ("PROVIDER_NO_ORGANISATION", "None of your groups names a provider"),
        ("PROVIDER_NO_CONTRACT", "None of your groups names a contract"),
        ("PROVIDER_MISMATCH", "Contract NS0001 involves none of your providers."),
    ] {
        let page = Browser::new(&world).sign_in(username, "/").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{username}");
        page.shows(reason).shows("How to put this right");
    }
    world.stop().await;
}
