//! The checker: what was promised (`docs/delivery.md`) against what everybody says afterwards.
//!
//! Written apart from the product. It knows the REST contract, the published events and e-mails, and what Delius holds;
//! it knows nothing of how messages are kept or sent. It allows what the documentation allows, and nothing more:
//! the topic may hold one event twice, under one id, after an answer or a worker was lost; what is parked, held or waits
//! for feedback may be missing, if operators are shown it with its cause.

mod delius;
mod drift;
mod human;
mod messages;
mod order;
mod replay;
mod told;
mod visible;

use std::fmt;

pub use self::drift::misjudged_drift;
pub use self::replay::changed_by_replay;
use crate::act::Known;
use crate::observe::{Intent, Observed, Referral};
use crate::plan::{Deed, Plan, When};
use crate::trouble::Meddled;

/// Everything that a verdict rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What was to happen.
    pub plan: Plan,
    /// What clients know of each referral.
    pub known: Vec<Known>,
    /// What people did in Delius.
    pub meddled: Vec<Meddled>,
    /// What everybody says.
    pub seen: Observed,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// Something that happened did not reach a system that it is meant for, and nobody is shown it.
    Lost,
    /// Something had an effect twice.
    Doubled,
    /// An effect came before one that it follows or depends on.
    Reordered,
    /// An effect of something that never happened, or a disagreement where everybody agrees.
    Invented,
    /// A client was told that something is done, and the service does not know it.
    Forgotten,
    /// A message stands still, and nothing of its own referral holds it.
    HeldUp,
    /// Operators are not shown why a message stands still, or that Delius holds something else.
    Hidden,
    /// What a person did in Delius was overwritten unasked.
    Overwritten,
    /// Replaying a window changed something.
    Changed,
    /// It never became quiet, or a process could not be run.
    Unfit,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Reordered => "reordered",
            Self::Invented => "invented",
            Self::Forgotten => "forgotten",
            Self::HeldUp => "held up",
            Self::Hidden => "hidden",
            Self::Overwritten => "overwritten",
            Self::Changed => "changed by a replay",
            Self::Unfit => "unfit",
        })
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What kind of wrong it is.
    pub wrong: Wrong,
    /// What it is about.
    pub what: String,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.wrong, self.what)
    }
}

/// Every verdict, the findings in the order of the guarantees.
pub fn check(evidence: &Evidence) -> Vec<Verdict> {
    let mut found = Findings::default();
    told::check(evidence, &mut found);
    messages::check(evidence, &mut found);
    delius::check(evidence, &mut found);
    order::check(evidence, &mut found);
    visible::check(evidence, &mut found);
    human::check(evidence, &mut found);
    found.0
}

/// Whether whatever is not delivered stands still for a cause of its own referral.
pub fn stands_still(evidence: &Evidence) -> bool {
    let mut found = Findings::default();
    visible::check(evidence, &mut found);
    !found.0.iter().any(|verdict| verdict.wrong == Wrong::HeldUp)
}

/// Verdicts, gathered.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Verdict>);

impl Findings {
    pub(crate) fn add(&mut self, wrong: Wrong, what: impl Into<String>) {
        self.0.push(Verdict { wrong, what: what.into() });
    }
}

impl Evidence {
    /// The number of a referral in the plan.
    pub(crate) fn number(&self, referral: &Referral) -> Option<usize> {
        self.known.iter().position(|known| known.id.as_deref() == Some(referral.id.as_str()))
    }

    pub(crate) fn known(&self, referral: &Referral) -> Option<&Known> {
        self.known.get(self.number(referral)?)
    }

    /// Whether somebody did something in Delius that concerns the referral.
    pub(crate) fn is_meddled(&self, referral: &Referral) -> bool {
        let number = self.number(referral);
        self.meddled.iter().any(|one| Some(one.referral) == number)
    }

    /// Whether somebody deleted the referral's activity for good.
    pub(crate) fn is_erased(&self, referral: &Referral) -> bool {
        let number = self.number(referral);
        let is_it = |deed: &Deed| matches!(deed, Deed::EraseActivity { referral } if Some(*referral) == number);
        self.meddled.iter().any(|one| is_it(&one.deed))
    }

    /// Whether an operator chose something for the referral.
    pub(crate) fn chosen(&self, referral: &Referral) -> Vec<&str> {
        let told = self.known(referral).map(|known| known.told.as_slice()).unwrap_or_default();
        told.iter()
            .filter_map(|told| match told {
                crate::act::Told::Chosen(choice) => Some(choice.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether somebody meant to book the referral's person twice at one time.
    pub(crate) fn is_to_clash(&self, referral: &Referral) -> bool {
        let number = self.number(referral);
        self.plan.has(|deed| match deed {
            Deed::BookAssessment { referral, at: When::Clashing(_) }
            | Deed::BookSession { referral, at: When::Clashing(_), .. } => Some(*referral) == number,
            _ => false,
        })
    }

    /// Whether the stand-ins' clock was stepped: then their instants say nothing.
    pub(crate) fn has_stepped_clock(&self) -> bool {
        self.plan.has(|deed| matches!(deed, Deed::Clock { .. }))
    }

    /// Whether an answer of a system, or a worker with it, may have been lost.
    pub(crate) fn may_lose_answers(&self, system: &str) -> bool {
        self.plan.has(|deed| match deed {
            Deed::Fault(fault) => fault.system == system && (fault.loses_answers() || fault.fault == "duplicate"),
            Deed::KillWorker | Deed::RestartDatabase => true,
            _ => false,
        })
    }

    /// The messages about a referral that are not delivered, where operators are shown why.
    pub(crate) fn excused<'a>(&'a self, referral: &'a Referral) -> impl Iterator<Item = &'a Intent> {
        self.seen.intents.iter().filter(|intent| {
            let is_given_up = matches!(intent.state.as_str(), "superseded" | "refused") && !intent.reason.is_empty();
            intent.referral == referral.id && (intent.is_unfinished() || is_given_up)
        })
    }
}
