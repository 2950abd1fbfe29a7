//! Moves referrals from one contract to another. Each must carry the authority for it: a case note, left by a person,
//! that contains a phrase on which both sides have agreed. Never by schedule.

use std::collections::BTreeSet;

use app::App;
use app::change::record;
use domain::catalogue::Intervention;
use domain::{CaseNoteId, ReferralId};

use super::{Done, Hand, JobError};

/// The shortest phrase that is taken for an authority, in characters. Our choice: shorter ones occur by chance.
const PHRASE_MIN: usize = 10;

/// Which referrals go where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The reference of the contract that they leave.
    pub from: String,
    /// The reference of the contract that takes them.
    pub to: String,
    /// What a case note must contain, in capitals or not.
    pub phrase: String,
}

/// A transfer between contracts that exist and fit.
pub(super) struct Move {
    pub(super) from: String,
    pub(super) phrase: String,
    to: Intervention,
}

impl Transfer {
    pub(super) async fn prepare(&self, app: &App) -> Result<Move, JobError> {
        let refused = |reason: String| Err(JobError::Refused(reason));
        let phrase = self.phrase.trim();
        if phrase.chars().count() < PHRASE_MIN {
            return refused(format!("the phrase has fewer than {PHRASE_MIN} characters"));
        }
        if self.from == self.to {
            return refused("both contracts are the same".to_owned());
        }
        let references = BTreeSet::from([self.from.clone(), self.to.clone()]);
        let mut db = app.store().connection().await?;
        let entries = store::catalogue::entries_of_contracts(&mut db, &references).await?;
        let find = |reference: &String| {
            let mut all = entries.iter().map(|entry| &entry.intervention);
            all.find(|intervention| intervention.contract.reference == *reference)
                .ok_or_else(|| JobError::Refused(format!("there is no contract {reference} with an intervention")))
        };
        let (from, to) = (find(&self.from)?, find(&self.to)?);
        if from.contract.contract_type.id != to.contract.contract_type.id {
            return refused(format!("contracts {} and {} are of different types", self.from, self.to));
        }
        Ok(Move { from: self.from.clone(), phrase: phrase.to_owned(), to: to.clone() })
    }
}

impl Move {
    pub(super) async fn transfer(&self, hand: &Hand<'_>, id: ReferralId) -> Result<Done, app::Error> {
        let mut work = hand.app.store().begin().await?;
        let Some(referral) = store::referral::lock(&mut work, id).await? else { return Ok(Done::Unchanged) };
        if referral.intervention.contract.reference != self.from {
            return Ok(Done::Unchanged);
        }
        let note = CaseNoteId(hand.app.ids().uuid());
        let facts = referral.transfer(&self.to, note, &hand.cause.actor, hand.cause.now)?;
        if hand.dry_run {
            return Ok(Done::changed_if(!facts.is_empty()));
        }
        record(hand.app, &mut work, referral, facts, &hand.cause).await?;
        work.commit().await?;
        Ok(Done::Changed)
    }
}
