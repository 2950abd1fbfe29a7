//! The operators' pages: to others they do not exist, their forms take nothing from another sign-in, and what is asked
//! for on them happens once and is kept with its reason.

use std::time::Duration;

use app::operator::CircuitState;
use jiff::SignedDuration;
use reqwest::StatusCode;
use runtime::Clock;
use serde_json::json;
use testkit::{BreakerConfig, Parts, World};

use crate::browser::{Browser, Page};

async fn world() -> World {
    World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await
}

/// The first link of a page that begins like this.
fn link(page: &Page, begins: &str) -> String {
    let (_, rest) = page.html.split_once(&format!("href=\"{begins}")).expect("the page has such a link");
    format!("{begins}{}", rest.split('"').next().unwrap())
}

/// The value of a hidden field.
fn hidden(page: &Page, name: &str) -> String {
    let (_, rest) = page.html.split_once(&format!("name=\"{name}\" value=\"")).expect("the page has such a field");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn to_everybody_else_the_pages_do_not_exist_and_no_form_of_another_sign_in_is_taken() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    let ledger = format!("/operations/referrals/{id}");
    let message = link(&operator.open(&ledger).await, &format!("{ledger}/messages/"));
    let pages = [
        "/operations".to_owned(),
        "/operations/discrepancies".to_owned(),
        "/operations/replay".to_owned(),
        "/operations/systems/delius".to_owned(),
        format!("{ledger}/access"),
        ledger,
        message,
    ];
    for page in &pages {
        assert_eq!(operator.open(page).await.status, StatusCode::OK, "{page}");
    }
    let forms =
        ["/operations/search", "/operations/replay", "/operations/systems/delius", pages[4].as_str(), &pages[6]];
    let good = [("term", "X100001"), ("why", "Because."), ("resume", "false"), ("username", "PROVIDER_1")];
    for form in forms {
        assert_eq!(operator.post(form, &good).await.status, StatusCode::FORBIDDEN, "{form}");
    }
    let nowhere = "00000000-0000-4000-8000-000000000001";
    for missing in [
        format!("/operations/referrals/{nowhere}"),
        format!("/operations/referrals/{nowhere}/access"),
        format!("/operations/discrepancies/{nowhere}"),
        "/operations/discrepancies/x".to_owned(),
        "/operations/systems/nothing".to_owned(),
    ] {
        assert_eq!(operator.open(&missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
    for other in ["PRACTITIONER_1", "PROVIDER_1"] {
        let mut browser = Browser::of(&world, other).await;
        for page in &pages {
            assert_eq!(browser.open(page).await.status, StatusCode::NOT_FOUND, "{other} {page}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn a_search_leads_to_the_one_referral_or_lists_several() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let one = world.a_sent_referral(&practitioner, "X100001").await;
    let two = world.a_sent_referral(&practitioner, "X100001").await;
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    let token = operator.open("/operations").await.token();
    let urn = format!("urn:hmpps:interventions-referral:{one}");
    let found = operator.post("/operations/search", &[("_csrf", &token), ("term", &urn)]).await;
    assert_eq!(found.location().path(), format!("/operations/referrals/{one}"));
    let found = operator.post("/operations/search", &[("_csrf", &token), ("term", "x100001")]).await;
    found.shows("Referrals that match").shows(&one).shows(&two);
    for (term, said) in [("", "Enter what was quoted"), ("X999999", "No referral matches")] {
        let refused = operator.post("/operations/search", &[("_csrf", &token), ("term", term)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        refused.shows(said).shows("href=\"#term\"");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_was_parked_is_seen_in_a_preview_and_sent_again() {
    let world = world().await;
    let starts = "/probation-case/*/referrals";
    world.fault(json!({ "system": "delius", "operation": starts, "fault": "status", "value": 403 })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100005").await;
    let ledger = format!("/operations/referrals/{id}");
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    world
        .eventually("the start is parked", async || {
            let page = operator.open(&ledger).await;
            page.html.contains("Parked").then_some(())
        })
        .await;
    world.heal().await;
    let form = operator.open("/operations/replay").await;
    form.shows("Send a window of time again");
    let token = form.token();
    let empty = operator.post("/operations/replay", &[("_csrf", &token)]).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    empty.shows("Choose the system").shows("href=\"#from\"").shows("href=\"#until\"").shows("href=\"#why\"");
    let now = Clock::system().now();
    let at = |hours| {
        let at = now.saturating_add(SignedDuration::from_hours(hours)).unwrap();
        at.to_zoned(domain::calendar::london()).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let (from, until) = (at(-2), at(2));
    let typed = [("_csrf", token.as_str()), ("system", "delius"), ("why", "It was mended there.")];
    let backwards = [typed[0], typed[1], typed[2], ("from", until.as_str()), ("until", from.as_str())];
    operator.post("/operations/replay", &backwards).await.shows("The end must be after the beginning");
    let window = [typed[0], typed[1], typed[2], ("from", from.as_str()), ("until", until.as_str())];
    let preview = operator.post("/operations/replay", &window).await;
    preview.shows("1 of 1 messages would be sent").shows("Start of referral").shows("Send these again");
    operator.open(&ledger).await.shows("Parked");
    let mut send = window.to_vec();
    send.push(("step", "send"));
    operator.post("/operations/replay", &send).await.shows("1 of 1 messages go out now");
    world.settled(&id).await;
    let again = operator.post("/operations/replay", &send).await;
    again.shows("0 of 1 messages go out now").shows("a start is never sent twice");
    assert_eq!(world.activities("X100005", &id).await.len(), 1);
    let kept = world.database.rows_containing("It was mended there.").await;
    assert!(kept.iter().any(|row| row.contains("audit_entry")), "{kept:?}");
    world.stop().await;
}

#[tokio::test]
async fn access_is_explained_without_the_name_in_an_address() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    let address = format!("/operations/referrals/{id}/access");
    let token = operator.open(&address).await.token();
    for (username, verdict) in [
        ("PROVIDER_1", "PROVIDER_1 can see it, if"),
        ("provider_9", "PROVIDER_9 cannot see it"),
        ("NOBODY", "NOBODY cannot see it"),
    ] {
        let page = operator.post(&address, &[("_csrf", &token), ("username", username)]).await;
        assert_eq!(page.status, StatusCode::OK);
        page.shows(verdict);
    }
    let empty = operator.post(&address, &[("_csrf", &token), ("username", " ")]).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    empty.shows("Enter a username").shows("href=\"#username\"");
    world.stop().await;
}

#[tokio::test]
async fn a_discrepancy_is_looked_at_and_mended_with_a_reason() {
    let world = world().await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    let urn = format!("urn:hmpps:interventions-referral:{id}");
    world.control("delius/nsi/close", json!({ "urn": urn, "outcome": "CRS01" })).await;
    let in_two_days = Clock::system().now().saturating_add(SignedDuration::from_hours(48)).unwrap();
    world.book_assessment(&provider, &id, in_two_days).await;
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    let list = world
        .eventually("it is listed", async || {
            let page = operator.open("/operations/discrepancies").await;
            page.html.contains("href=\"/operations/discrepancies/").then_some(page)
        })
        .await;
    let address = link(&list, "/operations/discrepancies/");
    operator.open("/operations/discrepancies?kind=closed_early").await.shows(&address);
    operator.open("/operations/discrepancies?kind=missing&after=x").await.shows("Nothing of this kind is open.");
    let ledger = format!("/operations/referrals/{id}");
    let shown = operator.open(&ledger).await;
    shown.shows("Where Delius and this service disagree").shows(&address);
    shown.shows("Held").shows("Whose turn it is: The practitioner’s");
    let message = operator.open(&link(&shown, &format!("{ledger}/messages/"))).await;
    message.shows("Whose turn it is").shows("Caused by").shows("PRACTITIONER_1");
    let page = operator.open(&address).await;
    page.shows("Compare with Delius now").shows("Go on without Delius").shows("CRS01");
    let (token, version) = (page.token(), hidden(&page, "version"));
    let own = [("_csrf", token.as_str()), ("version", version.as_str())];
    let empty = operator.post(&address, &own).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    empty.shows("Choose what you want to do").shows("href=\"#why\"");
    let unoffered = operator.post(&address, &[own[0], own[1], ("action", "repair"), ("why", "Because.")]).await;
    assert_eq!(unoffered.status, StatusCode::BAD_REQUEST, "there is no repair of what a person did");
    let early = [own[0], own[1], ("action", "reopened"), ("why", "They say so.")];
    operator.post(&address, &early).await.shows("This cannot be done as things stand in Delius");

    world.control("delius/nsi/reopen", json!({ "urn": urn })).await;
    let compared = [own[0], own[1], ("action", "compare"), ("why", "It was reopened, they say.")];
    let sent = operator.post(&address, &compared).await;
    assert_eq!(sent.location().path(), address, "{}", sent.html);
    operator.open(&address).await.shows("It is settled");
    world.settled(&id).await;
    let nothing = operator.open(&format!("{address}?done=nothing")).await;
    nothing.shows("Nothing was done");
    let again = operator.post(&address, &compared).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "what is settled is left alone");
    let kept = world.database.rows_containing("It was reopened, they say.").await;
    assert!(kept.iter().any(|row| row.contains("audit_entry")), "{kept:?}");
    world.stop().await;
}

#[tokio::test]
async fn what_people_chose_and_why_stays_on_the_operators_pages() {
    let world = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    world.control("delius/nsi/close", json!({ "urn": format!("urn:hmpps:interventions-referral:{id}") })).await;
    let mut pp = Browser::of(&world, "PRACTITIONER_1").await;
    let page = format!("/probation-practitioner/referrals/{id}");
    let token = pp.open(&format!("{page}/progress")).await.token();
    pp.post(&format!("{page}/check-delius"), &[("_csrf", &token)]).await;
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    let discrepancy = link(&operator.open("/operations/discrepancies").await, "/operations/discrepancies/");
    let version = hidden(&pp.open(&format!("{page}/delius")).await, "version");
    let chosen = [("_csrf", token.as_str()), ("version", version.as_str()), ("choice", "without-delius")];
    let chosen = [chosen[0], chosen[1], chosen[2], ("why", "The team there asked for it.")];
    assert_eq!(pp.post(&format!("{page}/delius"), &chosen).await.status, StatusCode::SEE_OTHER);
    let ledger = operator.open(&format!("/operations/referrals/{id}")).await;
    ledger.shows("What people chose").shows("Go on without Delius").shows("PRACTITIONER_1");
    ledger.shows("The team there asked for it.");
    operator.open(&discrepancy).await.shows("It is settled").shows("The team there asked for it.");
    world.stop().await;
}

/// The row of the queues' table that begins with this system.
fn row(page: &Page, system: &str) -> String {
    let queues = page.html.split_once("Messages to other systems</h2>").expect("the queues are shown").1;
    let rows = queues.split("<tr ").filter(|row| row.contains("scope=\"row\""));
    let found = rows.filter(|row| row.split_once('>').is_some_and(|(_, rest)| rest.contains(&format!("{system}\n"))));
    found.map(str::to_owned).next().expect("the system has a row")
}

#[tokio::test]
async fn a_system_that_is_down_shows_as_stopped_and_runs_again_once_it_answers() {
    let breaker = BreakerConfig { failures: 3, open_for: Duration::from_secs(3) };
    let parts = Parts { sync_wait: Duration::from_millis(300), breaker, ..Parts::default() };
    let world = World::start_with(parts).await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    let before = row(&operator.open("/operations").await, "Delius");
    assert!(before.contains("Less than 1 a minute") && before.contains("Running"), "{before}");
    let bookings = "/probation-case/*/referrals/*/appointments";
    world.fault(json!({ "system": "delius", "operation": bookings, "fault": "down" })).await;
    let tomorrow = Clock::system().now().saturating_add(SignedDuration::from_hours(24)).unwrap();
    let booked = world.book_assessment(&provider, &id, tomorrow).await;
    let mut seen = async |what: &str, holds: &dyn Fn(&str) -> bool| {
        world
            .eventually(what, async || {
                let page = operator.open("/operations").await;
                let delius = row(&page, "Delius");
                let other = row(&page, "Events");
                assert!(other.contains("Running") && !other.contains("in a row"), "{other}");
                holds(&delius).then_some(delius)
            })
            .await
    };
    let stopped = seen("the circuit is open", &|row| row.contains("Stopped")).await;
    assert!(stopped.contains("after 3 failures in a row; ") && stopped.contains("Less than 1 a minute"), "{stopped}");
    world.heal().await;
    seen("the circuit is closed", &|row| row.contains("Running") && !row.contains("in a row")).await;
    world.settled(&id).await;
    assert_eq!(world.contacts("X100001", &booked.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn what_a_worker_said_that_is_gone_is_not_shown_as_true() {
    let world = World::start_with(Parts { relay: false, ..Parts::default() }).await;
    let mut operator = Browser::of(&world, "OPERATOR_1").await;
    operator.open("/operations").await.shows("No worker was heard of in the last minute");
    let now = Clock::system().now();
    let before = |minutes| now.saturating_sub(SignedDuration::from_mins(minutes)).unwrap();
    let open = CircuitState::Open { failures: 7, since: before(9), until: before(-60) };
    let says = async |worker, state, minutes| world.worker_says(worker, "delius", state, before(minutes)).await;
    says(1, open, 2).await;
    operator.open("/operations").await.shows("No worker was heard of in the last minute");
    says(2, CircuitState::Closed, 0).await;
    let alone = row(&operator.open("/operations").await, "Delius");
    assert!(alone.contains("Running") && !alone.contains("in a row"), "{alone}");
    says(3, open, 0).await;
    let both = row(&operator.open("/operations").await, "Delius");
    assert!(both.contains("1 of 2 workers: Stopped for a while after 7 failures in a row; tries again at"), "{both}");
    world.stop().await;
}
