//! A pile of real messages, and how quickly a worker works it off; also when it is killed in between.

use std::time::Duration;

use domain::ReferralId;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;

use super::product::Product;
use super::say;
use crate::{Actor, Deployment};

/// The people whom referrals are about: those of the cast whom everybody may see.
const PEOPLE: [u32; 10] = [3, 5, 7, 9, 11, 13, 15, 17, 19, 21];
/// How many practitioners send at once.
const AT_ONCE: u32 = 4;
/// How long a pile may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// Referrals that were sent while no worker ran, each with the case that it is about.
pub(super) struct Pile(Vec<(String, ReferralId)>);

/// How quickly a pile was worked off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deliveries {
    /// All of them, and those to Delius.
    pub(super) effects: u32,
    pub(super) to_delius: u32,
    /// From the first outcome to the last.
    pub(super) took: Duration,
    /// Transactions that the database committed for each, those that only read included.
    pub(super) transactions: f64,
}

/// What a crash cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery {
    /// From the kill to the first delivery after it.
    pub(super) first: Duration,
    /// From the kill until what was in flight was delivered too.
    pub(super) in_flight: Duration,
    /// How many those were.
    pub(super) cut_off: u32,
    /// Referrals that Delius has no activity for, and those that it has two for.
    pub(super) lost: u32,
    pub(super) doubled: u32,
}

impl Product {
    /// Sends referrals over the REST API.
    pub(super) async fn pile_up(&mut self, count: u32) -> Pile {
        say(&format!("sending {count} referrals"));
        let practitioner = self.seen.actor("PRACTITIONER_1").await;
        let share = |part: u32| (0..count).filter(move |number| number % AT_ONCE == part);
        let parts = [share(0), share(1), share(2), share(3)].map(|numbers| send(&self.seen, &practitioner, numbers));
        let [one, two, three, four] = parts;
        let (one, two, three, four) = tokio::join!(one, two, three, four);
        Pile([one, two, three, four].concat())
    }

    /// Starts a worker, waits until nothing is left, and kills it.
    pub(super) async fn work_off(&mut self, pile: &Pile) -> Deliveries {
        say("working them off");
        let mut db = PgConnection::connect(&self.database_url).await.expect("the database answers");
        let before = commits(&mut db).await;
        self.start_worker();
        until_empty(&mut db).await;
        self.kill_worker();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let after = commits(&mut db).await;
        let ids: Vec<_> = pile.0.iter().map(|(_, id)| id.0).collect();
        let (effects, to_delius, took): (i64, i64, f64) = sqlx::query_as(
            "SELECT count(*), count(*) FILTER (WHERE system = 'delius'),
                coalesce(extract(epoch FROM max(settled_at) - min(last_attempt_at)), 0)::float8
            FROM effect_finished
            WHERE referral_id = ANY($1) AND state = 'delivered' AND cause <> 'bench'",
        )
        .bind(&ids)
        .fetch_one(&mut db)
        .await
        .expect("the ledger");
        let number = |count: i64| u32::try_from(count).unwrap_or_default();
        let transactions = f64::from(number(after - before)) / f64::from(number(effects).max(1));
        Deliveries {
            effects: number(effects),
            to_delius: number(to_delius),
            took: Duration::from_secs_f64(took),
            transactions,
        }
    }

    /// Kills service and worker in the middle of a pile and starts both again at once.
    pub(super) async fn crash(&mut self, count: u32) -> Recovery {
        let mut db = PgConnection::connect(&self.database_url).await.expect("the database answers");
        let pile = loop {
            let pile = self.pile_up(count).await;
            say("killing service and worker in the middle of it");
            let left = unfinished(&mut db).await;
            self.start_worker();
            while unfinished(&mut db).await > left - left / 4 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.kill();
            if unfinished(&mut db).await > 0 {
                break pile;
            }
            // A small pile may be worked off between two looks.
            self.start_serve();
            self.serves().await;
        };
        let killed = Instant::now();
        let cut_off: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM effect WHERE state = 'in_flight'")
            .fetch_all(&mut db)
            .await
            .expect("the outbox");
        let delivered = finished(&mut db).await;
        self.start_serve();
        self.start_worker();
        while finished(&mut db).await == delivered {
            assert!(killed.elapsed() < PATIENCE, "nothing is delivered after the crash");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let first = killed.elapsed();
        until_empty(&mut db).await;
        let in_flight = killed.elapsed();
        self.kill_worker();
        let (mut lost, mut doubled) = (0, 0);
        for person in PEOPLE {
            let record = self.seen.look(&format!("delius/X1000{person:02}")).await;
            let activities = record["nsis"].as_array().cloned().unwrap_or_default();
            for (_, id) in pile.0.iter().filter(|(crn, _)| *crn == format!("X1000{person:02}")) {
                let urn = format!("urn:hmpps:interventions-referral:{id}");
                match activities.iter().filter(|activity| activity["externalReference"] == urn).count() {
                    0 => lost += 1,
                    1 => {}
                    _ => doubled += 1,
                }
            }
        }
        let in_flight = if cut_off.is_empty() { first } else { in_flight };
        Recovery { first, in_flight, cut_off: u32::try_from(cut_off.len()).unwrap_or_default(), lost, doubled }
    }
}

impl Pile {
    /// The referrals alone.
    pub(super) fn referrals(&self) -> Vec<ReferralId> {
        self.0.iter().map(|(_, id)| *id).collect()
    }
}

async fn send(
    seen: &Deployment,
    practitioner: &Actor,
    numbers: impl Iterator<Item = u32>,
) -> Vec<(String, ReferralId)> {
    let mut sent = Vec::new();
    for number in numbers {
        let person = PEOPLE[usize::try_from(number).unwrap_or_default() % PEOPLE.len()];
        let crn = format!("X1000{person:02}");
        let id = seen.a_complete_draft(practitioner, &crn).await;
        let answer = practitioner.post(&format!("/draft-referral/{id}/send"), json!({})).await.expect(201);
        sent.push((crn, answer["id"].as_str().expect("an id").parse().expect("an id")));
    }
    sent
}

async fn until_empty(db: &mut PgConnection) {
    let begun = Instant::now();
    while any_unfinished(db).await {
        assert!(begun.elapsed() < PATIENCE, "not everything was delivered in time");
        // The figures come from the ledger: to look more often would only be more work beside what is measured.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn any_unfinished(db: &mut PgConnection) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM effect)").fetch_one(db).await.expect("the outbox")
}

async fn unfinished(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM effect").fetch_one(db).await.expect("the outbox")
}

async fn finished(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM effect_finished").fetch_one(db).await.expect("the ledger")
}

async fn commits(db: &mut PgConnection) -> i64 {
    let query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    sqlx::query_scalar(query).fetch_one(db).await.expect("the counters")
}
