//! What goes wrong: faults of the stand-ins, clocks, the database, processes that die, and people who act in Delius.

use anyhow::{Context, bail};
use jiff::SignedDuration;
use runtime::Clock;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::act::People;
use crate::lane::World;
use crate::plan::Deed;

/// The case into which people are merged.
pub const MERGED_INTO: &str = "X100033";

/// What somebody did in Delius, and what the activity looked like then.
#[derive(Clone, Debug)]
pub struct Meddled {
    /// The number of the referral.
    pub referral: usize,
    /// What was done.
    pub deed: Deed,
    /// The activity right after it; null where there was none.
    pub activity: Value,
}

/// Brings trouble about, and keeps what people did in Delius.
pub struct Trouble<'a> {
    world: &'a World<'a>,
    people: &'a People<'a>,
    clock: Clock,
    meddled: Mutex<Vec<Meddled>>,
}

impl<'a> Trouble<'a> {
    /// Trouble for this world.
    pub fn new(world: &'a World<'a>, people: &'a People<'a>, clock: Clock) -> Self {
        Self { world, people, clock, meddled: Mutex::default() }
    }

    /// What people did in Delius.
    pub async fn meddled(&self) -> Vec<Meddled> {
        self.meddled.lock().await.clone()
    }

    /// Brings one trouble about. An error says why it did not come about.
    pub async fn strike(&self, deed: &Deed) -> anyhow::Result<()> {
        let client = &self.world.client;
        match deed {
            Deed::Fault(fault) => client.control("faults", serde_json::to_value(fault)?).await.map(drop),
            Deed::Heal => client.heal().await,
            Deed::Clock { seconds } => {
                let now = self.clock.now().checked_add(SignedDuration::from_secs(*seconds))?;
                client.control("clock", json!({ "now": now })).await.map(drop)
            }
            Deed::ClockRuns => client.control("clock", json!({ "now": null })).await.map(drop),
            Deed::RestartDatabase => self.world.restart_database().await,
            Deed::KillService => self.world.kill_service().await,
            Deed::KillWorker => self.world.kill_worker().await,
            Deed::SecondWorker => self.world.second_worker().await,
            Deed::Compare => self.world.compare().await,
            Deed::Choose { referral, choice } => self.choose(*referral, choice).await,
            Deed::CloseActivity { referral } => {
                let urn = self.urn(*referral).await?;
                self.meddle(*referral, deed, "nsi/close", json!({ "urn": urn, "outcome": "CRS02" })).await
            }
            Deed::ReopenActivity { referral } => {
                let urn = self.urn(*referral).await?;
                self.meddle(*referral, deed, "nsi/reopen", json!({ "urn": urn })).await
            }
            Deed::DeleteActivity { referral } => {
                let urn = self.urn(*referral).await?;
                self.meddle(*referral, deed, "nsi/soft-delete", json!({ "urn": urn })).await
            }
            Deed::EraseActivity { referral } => {
                let urn = self.urn(*referral).await?;
                self.meddle(*referral, deed, "nsi/delete", json!({ "urn": urn })).await
            }
            Deed::TerminateSentence { referral } => {
                let body = json!({ "crn": self.number(*referral)?, "eventNumber": 1 });
                self.meddle(*referral, deed, "sentence/terminate", body).await
            }
            Deed::MergeCase { referral } => {
                let body = json!({ "from": self.number(*referral)?, "to": MERGED_INTO });
                self.meddle(*referral, deed, "merge", body).await
            }
            other => bail!("{other:?} is not trouble"),
        }
    }

    async fn choose(&self, referral: usize, choice: &str) -> anyhow::Result<()> {
        let id = self.people.id(referral).await.context("not sent yet")?;
        let mut words = vec!["choose", &id, choice, "--reason", "It was agreed."];
        if choice == "end-referral" {
            words.extend(["--reason-code", "SEE"]);
        }
        self.world.operator(&words).await?;
        self.people.chose(referral, choice).await;
        Ok(())
    }

    async fn meddle(&self, referral: usize, deed: &Deed, path: &str, body: Value) -> anyhow::Result<()> {
        let record = self.world.client.control(&format!("delius/{path}"), body).await?;
        let urn = self.urn(referral).await.unwrap_or_default();
        let activities = record["nsis"].as_array().cloned().unwrap_or_default();
        let activity = activities.into_iter().rfind(|one| one["externalReference"] == urn.as_str());
        let meddled = Meddled { referral, deed: deed.clone(), activity: activity.unwrap_or(Value::Null) };
        self.meddled.lock().await.push(meddled);
        Ok(())
    }

    fn number(&self, referral: usize) -> anyhow::Result<&str> {
        self.people.case_number(referral).context("no such person")
    }

    async fn urn(&self, referral: usize) -> anyhow::Result<String> {
        let id = self.people.id(referral).await.context("not sent yet")?;
        Ok(format!("urn:hmpps:interventions-referral:{id}"))
    }
}
