//! The checker is checked: it must notice a relay that loses, one that doubles and one that reorders, whichever system
//! suffers, and must have nothing to say of the real one.

use faults::act::People;
use faults::check::{Evidence, Verdict, Wrong, check};
use faults::client::Client;
use faults::observe::{Intent, observe};
use faults::plan::{Closed, Deed, Mode, Plan, Reader, Step, When};
use runtime::Clock;
use serde_json::json;
use testkit::{Flaw, Parts, World};

/// A whole life; the tampering happens after one of its steps.
fn life() -> Vec<Deed> {
    let referral = 0;
    vec![
        Deed::Send { referral },
        Deed::Assign { referral, to: 1 },
        Deed::BookAssessment { referral, at: When::InHours(30) },
        Deed::BookAssessment { referral, at: When::Overlapping(30) },
        Deed::BookAssessment { referral, at: When::Earlier },
        Deed::ReportAssessment { referral, attended: true },
        Deed::SubmitPlan { referral, sessions: 1 },
        Deed::BookSession { referral, number: 1, at: When::Earlier },
        Deed::ReportSession { referral, number: 1, attended: true },
        Deed::Note { referral, by_provider: true },
        Deed::SubmitReport { referral },
    ]
}

/// A flaw, the step after which it shows, and what it befalls, as the ledger calls it.
type Tampering = (Flaw, usize, &'static str);

/// What the checker says of a life that was delivered so.
async fn judged(tampering: Option<Tampering>) -> Vec<Verdict> {
    let parts = Parts { relay: false, sync_wait: std::time::Duration::from_millis(5), ..Parts::default() };
    let world = World::start_with(parts).await;
    let http = Client::plain_http().expect("it can be done");
    let client = Client::new(&http, &world.api_url, &world.sandbox_url);
    let rounds = life().into_iter().map(|deed| vec![Step { after: 0, deed }]).collect();
    let mode = Mode { reader: Reader::LegacyNsi, closed: Closed::Strict };
    let plan = Plan { seed: 1, mode, people: vec!["X100003".to_owned()], rounds };
    let people = People::new(&client, &plan, Clock::system());
    for (number, deed) in life().iter().enumerate() {
        people.act(deed, number).await.expect("it can be done");
        match tampering {
            Some((flaw, after, victim)) if after == number => {
                assert_eq!(world.deliver_badly(flaw, victim).await, 1, "nothing was there to be tampered with");
            }
            _ => {
                world.deliver().await;
            }
        }
        // Delius reads before people go on.
        world
            .eventually("Delius has read everything", async || {
                (world.look("events/queue").await["waiting"] == json!([])).then_some(())
            })
            .await;
    }
    let known = people.known().await;
    let ledger = world.ledger(known[0].id.as_ref().expect("it can be done")).await;
    let mut seen = observe(&client).await.expect("it can be done");
    seen.intents = ledger
        .iter()
        .map(|entry| Intent {
            id: entry.id.to_string(),
            referral: entry.referral_id.to_string(),
            system: entry.system.as_str().to_owned(),
            name: entry.action.name(),
            state: entry.state.as_str().to_owned(),
            reason: entry.reason.clone().unwrap_or_default(),
            last_error: entry.last_error.clone().unwrap_or_default(),
            waits_for: None,
            tried: usize::try_from(entry.attempts).expect("it can be done"),
        })
        .collect();
    world.stop().await;
    check(&Evidence { plan, known, meddled: Vec::new(), seen })
}

async fn assert_says(wrong: Wrong, tamperings: &[Tampering]) {
    for (number, tampering) in tamperings.iter().enumerate() {
        let verdicts = judged(Some(*tampering)).await;
        assert!(verdicts.iter().any(|verdict| verdict.wrong == wrong), "tampering {number}: {verdicts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_real_relay_nothing_is_said() {
    assert_eq!(judged(None).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_loses_is_noticed() {
    assert_says(
        Wrong::Lost,
        &[
            (Flaw::Loses, 0, "start of referral"),
            (Flaw::Loses, 1, "intervention.referral.assigned"),
            (Flaw::Loses, 2, "appointment"),
            (Flaw::Loses, 9, "case-note-sent-pp e-mail"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_doubles_is_noticed() {
    assert_says(
        Wrong::Doubled,
        &[
            (Flaw::Doubles, 0, "intervention.referral.sent"),
            (Flaw::Doubles, 0, "referral-sent e-mail"),
            // A move to a time that meets the old one, asked for twice and not probed.
            (Flaw::Doubles, 3, "appointment"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_reorders_is_noticed() {
    assert_says(Wrong::Reordered, &[(Flaw::Reorders, 6, "intervention.action-plan.submitted")]).await;
}
