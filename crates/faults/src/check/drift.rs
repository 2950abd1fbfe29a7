//! What comparing with Delius tells, where activities can be seen: nothing of records that agree, and everything that a
//! person changed.

use super::delius::outcomes;
use super::{Evidence, Findings, Verdict, Wrong};
use crate::observe::Referral;
use crate::plan::{Deed, Reader};

/// What the list of disagreements is wrong about, after everything was compared.
pub fn misjudged_drift(evidence: &Evidence) -> Vec<Verdict> {
    let mut found = Findings::default();
    if evidence.plan.mode.reader == Reader::Inference {
        // Where activities cannot be seen, a refusal is taken for a closing, whatever the refusal was for; the
        // documentation says so.
        return found.0;
    }
    for drift in &evidence.seen.drifts {
        let about = drift.referral.as_deref().and_then(|id| evidence.seen.referral(id));
        if !about.is_some_and(|referral| evidence.is_meddled(referral)) {
            let whose = drift.referral.as_deref().unwrap_or("no referral");
            found.add(Wrong::Invented, format!("{} of {whose}, where nobody touched anything", drift.kind));
        }
    }
    for referral in &evidence.seen.referrals {
        if let Some(deed) = stands_closed(evidence, referral)
            && !evidence.seen.drifts.iter().any(|drift| drift.referral.as_deref() == Some(&referral.id))
        {
            found.add(Wrong::Hidden, format!("{deed:?}, and comparing does not tell of {}", referral.id));
        }
        if is_open_again(evidence, referral) {
            outcomes(evidence, referral, &mut found);
        }
    }
    found.0
}

/// Whether a person closed the activity and opened it again, and did nothing else, while the referral went on: then
/// Delius is told everything that it missed.
fn is_open_again(evidence: &Evidence, referral: &Referral) -> bool {
    let number = evidence.number(referral);
    let deeds: Vec<&Deed> =
        evidence.meddled.iter().filter(|one| Some(one.referral) == number).map(|one| &one.deed).collect();
    let is_left_alone = |deed: &&Deed| matches!(deed, Deed::CloseActivity { .. } | Deed::ReopenActivity { .. });
    let goes_on = !referral.is_concluded && !referral.is_end_requested && evidence.chosen(referral).is_empty();
    goes_on && deeds.iter().all(is_left_alone) && matches!(deeds.last(), Some(Deed::ReopenActivity { .. }))
}

/// What a person did last to the activity of a referral that goes on, where it can be seen and nobody chose anything.
fn stands_closed<'a>(evidence: &'a Evidence, referral: &Referral) -> Option<&'a Deed> {
    if referral.is_concluded || referral.is_end_requested || !evidence.chosen(referral).is_empty() {
        return None;
    }
    let number = evidence.number(referral);
    let last = evidence.meddled.iter().rfind(|one| Some(one.referral) == number)?;
    matches!(last.deed, Deed::CloseActivity { .. } | Deed::DeleteActivity { .. }).then_some(&last.deed)
}
