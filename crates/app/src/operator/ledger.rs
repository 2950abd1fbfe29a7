//! A referral's ledger: every effect, with its attempts and what it waits for.

use std::collections::{BTreeMap, BTreeSet};

use domain::effect::System;
use domain::operator::OperatorAction;
use domain::{EffectId, ReferralId};
use jiff::Timestamp;
use store::collection::ChoiceMade;
use store::discrepancy::Discrepancy;
use store::outbox::{Attempt, EffectState, LedgerEntry, Paused};

use super::owner::{Around, owner_of};
use super::{Found, Owner};
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
    /// Whether it waits because the referral's line to Delius is held.
    pub is_held: bool,
    /// When it is tried next, where nothing but time stands before that.
    pub next_try: Option<Timestamp>,
    /// Whose turn it is.
    pub owner: Owner,
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
    /// What Delius and this service disagree about, oldest first.
    pub discrepancies: Vec<Discrepancy>,
    /// What people chose about it, oldest first.
    pub choices: Vec<ChoiceMade>,
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
    let discrepancies = store::discrepancy::list_open_of(&mut db, id).await?;
    let choices = store::collection::list_choices(&mut db, id).await?;
    drop(db);
    let looked_at: Vec<String> =
        std::iter::once(id).chain(others.iter().map(|other| other.id)).map(|id| id.to_string()).collect();
    ctx.record_operators_looks(OperatorAction::ReadLedger, "referral", &looked_at).await?;
    let standing = read_standing(&ctx.app, id, true).await?;
    let systems: BTreeSet<System> = paused.iter().map(|one| one.system).collect();
    Ok(Ledger {
        referral: Found::of(&referral),
        others: others.iter().rev().map(Found::of).collect(),
        lines: lines(entries, attempts, &systems, held_by(&standing)),
        standing,
        paused,
        discrepancies,
        choices,
    })
}

/// Whose turn it is with a line to Delius that is held: who may choose, or who was asked to reopen the activity.
fn held_by(standing: &Standing) -> Option<Owner> {
    match standing {
        Standing::Held(held) if held.asked_at.is_some() => Some(Owner::DeliusUser),
        Standing::Held(_) => Some(Owner::Practitioner),
        _ => None,
    }
}

fn lines(
    entries: Vec<LedgerEntry>,
    mut attempts: BTreeMap<EffectId, Vec<Attempt>>,
    paused: &BTreeSet<System>,
    held_by: Option<Owner>,
) -> Vec<Line> {
    let unfinished: BTreeSet<EffectId> =
        entries.iter().filter(|entry| entry.state.is_unfinished()).map(|entry| entry.id).collect();
    let mut heads: BTreeMap<System, EffectId> = BTreeMap::new();
    // Whatever an effect waits for was intended before it.
    let mut owners: BTreeMap<EffectId, Owner> = BTreeMap::new();
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_unfinished = entry.state.is_unfinished();
        let may_wait = is_unfinished && entry.state != EffectState::InFlight;
        let head = if is_unfinished { *heads.entry(entry.system).or_insert(entry.id) } else { entry.id };
        let gate = entry.after.filter(|gate| unfinished.contains(gate));
        let before = Some(head).filter(|head| *head != entry.id && !entry.action.is_out_of_line());
        let waits_for = before.or(gate).filter(|_| may_wait);
        let is_paused = is_unfinished && paused.contains(&entry.system);
        let is_held = may_wait && held_by.is_some() && entry.action.reaches_delius();
        let around = Around {
            before: waits_for.and_then(|id| owners.get(&id).copied()),
            is_paused,
            held_by: held_by.filter(|_| is_held),
        };
        let owner = owner_of(&entry, around);
        owners.insert(entry.id, owner);
        let is_timed = matches!(entry.state, EffectState::Waiting | EffectState::Retrying);
        lines.push(Line {
            attempts: attempts.remove(&entry.id).unwrap_or_default(),
            next_try: (is_timed && waits_for.is_none() && !is_paused && !is_held).then_some(entry.not_before),
            waits_for,
            is_paused,
            is_held,
            owner,
            entry,
        });
    }
    lines
}
