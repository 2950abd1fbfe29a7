//! A referral's ledger: every effect, with its attempts and what it waits for.

use std::collections::{BTreeMap, BTreeSet};

use domain::effect::System;
use domain::operator::OperatorAction;
use domain::{EffectId, ReferralId};
use store::outbox::{Attempt, EffectState, LedgerEntry, Paused};

use super::Found;
use crate::collection::{Standing, read_standing};
use crate::{Error, OpCtx};

/// One effect with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The effect.
    pub entry: LedgerEntry,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The unfinished effect that it waits for, where there is one: of its own line, or the one that it comes after.
    pub waits_for: Option<EffectId>,
    /// Whether its system is paused while it is unfinished.
    pub is_paused: bool,
}

/// A referral and every effect of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The referral.
    pub referral: Found,
    /// Other referrals of the same person, newest first.
    pub others: Vec<Found>,
    /// How Delius stands with it.
    pub standing: Standing,
    /// Every effect, in the order of intention.
    pub lines: Vec<Line>,
    /// The systems that are paused.
    pub paused: Vec<Paused>,
}

/// Reads a referral's ledger. The look is recorded, at the referral and at the person's other ones.
///
/// # Errors
/// [`Error::NotFound`] for an id of no sent referral.
pub async fn get_ledger(ctx: &OpCtx, id: ReferralId) -> Result<Ledger, Error> {
    ctx.admit_operator(OperatorAction::ReadLedger)?;
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    let mut others = store::referral::list_by_crn(&mut db, &referral.crn).await?;
    others.retain(|other| *other != id);
    let others = store::referral::find_all(&mut db, &others).await?;
    let entries = store::outbox::ledger(&mut db, id).await?;
    let mut attempts: BTreeMap<EffectId, Vec<Attempt>> = BTreeMap::new();
    for (effect, attempt) in store::outbox::attempts_of(&mut db, id).await? {
        attempts.entry(effect).or_default().push(attempt);
    }
    let paused = store::outbox::list_paused(&mut db).await?;
    drop(db);
    let looked_at: Vec<String> =
        std::iter::once(id).chain(others.iter().map(|other| other.id)).map(|id| id.to_string()).collect();
    ctx.record_operators_looks(OperatorAction::ReadLedger, "referral", &looked_at).await?;
    let standing = read_standing(&ctx.app, id, true).await?;
    let systems: BTreeSet<System> = paused.iter().map(|one| one.system).collect();
    Ok(Ledger {
        referral: Found::of(&referral),
        others: others.iter().rev().map(Found::of).collect(),
        standing,
        lines: lines(entries, attempts, &systems),
        paused,
    })
}

fn lines(
    entries: Vec<LedgerEntry>,
    mut attempts: BTreeMap<EffectId, Vec<Attempt>>,
    paused: &BTreeSet<System>,
) -> Vec<Line> {
    let unfinished: BTreeSet<EffectId> =
        entries.iter().filter(|entry| entry.state.is_unfinished()).map(|entry| entry.id).collect();
    let mut heads: BTreeMap<System, EffectId> = BTreeMap::new();
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_unfinished = entry.state.is_unfinished();
        let may_wait = is_unfinished && entry.state != EffectState::InFlight;
        let head = if is_unfinished { *heads.entry(entry.system).or_insert(entry.id) } else { entry.id };
        let gate = entry.after.filter(|gate| unfinished.contains(gate));
        lines.push(Line {
            attempts: attempts.remove(&entry.id).unwrap_or_default(),
            waits_for: Some(head).filter(|head| *head != entry.id).or(gate).filter(|_| may_wait),
            is_paused: is_unfinished && paused.contains(&entry.system),
            entry,
        });
    }
    lines
}
