//! The smallest history that still fails: rounds and steps are left out, ever smaller pieces at a time, and the rest is
//! run again (delta debugging).

use std::fmt::Debug;

use crate::plan::{Plan, Step};

/// Leaves out what is not needed for `fails` to hold, within `budget` runs. What is left is no larger than `plan`; where
/// it was changed at all, its last run failed.
pub async fn shrink(plan: &Plan, budget: usize, mut fails: impl AsyncFnMut(&Plan) -> bool) -> Plan {
    let flat: Vec<(usize, Step)> = plan
        .rounds
        .iter()
        .enumerate()
        .flat_map(|(round, steps)| steps.iter().map(move |step| (round, step.clone())))
        .collect();
    let build = |kept: &[(usize, Step)]| {
        let mut rounds: Vec<Vec<Step>> = vec![Vec::new(); plan.rounds.len()];
        for (round, step) in kept {
            rounds[*round].push(step.clone());
        }
        rounds.retain(|round| !round.is_empty());
        Plan { rounds, ..plan.clone() }
    };
    let mut runs = 0;
    let kept = minimise(flat, async |kept| {
        runs += 1;
        runs <= budget && fails(&build(kept)).await
    })
    .await;
    build(&kept)
}

/// The classical algorithm: halves, then quarters, and so on down to single items.
async fn minimise<T: Clone + Debug>(mut items: Vec<T>, mut fails: impl AsyncFnMut(&[T]) -> bool) -> Vec<T> {
    let mut pieces = 2;
    while items.len() > 1 {
        let size = items.len().div_ceil(pieces);
        let mut is_smaller = false;
        let mut start = 0;
        while start < items.len() {
            let end = (start + size).min(items.len());
            let rest: Vec<T> = items[..start].iter().chain(&items[end..]).cloned().collect();
            if !rest.is_empty() && fails(&rest).await {
                items = rest;
                is_smaller = true;
            } else {
                start = end;
            }
        }
        if is_smaller {
            pieces = pieces.saturating_sub(1).max(2);
        } else if size == 1 {
            break;
        } else {
            pieces = (pieces * 2).min(items.len());
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::plan;
    use crate::plan::Deed;

    #[tokio::test]
    async fn only_what_is_needed_is_left() {
        let wanted = |items: &[u32]| items.contains(&3) && items.contains(&17);
        let left = minimise((0..40).collect(), async |items| wanted(items)).await;
        assert_eq!(left, [3, 17]);
    }

    #[tokio::test]
    async fn a_history_keeps_its_rounds_in_order() {
        let whole = (0..100).map(plan).find(|plan| plan.has(|deed| matches!(deed, Deed::KillWorker))).unwrap();
        let is_needed = |deed: &Deed| matches!(deed, Deed::KillWorker) || matches!(deed, Deed::Send { referral: 0 });
        let count = whole.deeds().filter(|deed| is_needed(deed)).count();
        let left =
            shrink(&whole, 10_000, async |plan| plan.deeds().filter(|deed| is_needed(deed)).count() == count).await;
        assert_eq!(left.deeds().count(), count, "{left}");
        assert!(matches!(left.deeds().next(), Some(Deed::Send { referral: 0 })), "{left}");
    }

    #[tokio::test]
    async fn a_spent_budget_ends_it() {
        let mut runs = 0;
        let left = shrink(&plan(1), 5, async |_| {
            runs += 1;
            false
        })
        .await;
        assert_eq!((runs, left), (5, plan(1)));
    }
}
